"""Encoded texts and pictures, on disk until they are needed: a film has hundreds, and each takes megabytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Encoded:
    """Values of a run by name. What is no plain tensors (hooks, say) stays in memory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[str, Any] = {}

    def get(self, name: str, encode: Callable[[], Any]) -> Any:
        """The value of that name, encoded the first time."""
        import torch

        if name in self._held:
            return self._held[name]
        file = self._folder / f"{hashlib.sha256(name.encode()).hexdigest()}.pt"
        if file.is_file():
            return torch.load(file, weights_only=True)
        value = encode()
        if _plain(value):
            torch.save(value, file)
        else:
            self._held[name] = value
        return value


def _plain(value: Any) -> bool:
    import torch

    if isinstance(value, (list, tuple)):
        return all(map(_plain, value))
    if isinstance(value, dict):
        return all(map(_plain, value.values()))
    return value is None or isinstance(value, (torch.Tensor, str, int, float))
