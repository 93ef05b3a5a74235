"""Encoded texts and pictures, on disk until they are needed: a film has hundreds, and each takes megabytes."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any


class Encoded:
    """Values of one run by name. What is no plain tensors (hooks, say), or has no folder to go to, stays in memory."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._held: dict[str, Any] = {}
        self._files: dict[str, Path] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._held or name in self._files

    def __len__(self) -> int:
        return len(self._held) + len(self._files)

    def __getitem__(self, name: str) -> Any:
        if name in self._held:
            return self._held[name]
        import torch

        return torch.load(self._files[name], weights_only=True)

    def __setitem__(self, name: str, value: Any) -> None:
        if self._folder is None or not _plain(value):
            self._held[name] = value
            return
        import torch

        file = self._folder / f"{hashlib.sha256(name.encode()).hexdigest()[:32]}-{os.urandom(4).hex()}.pt"
        torch.save(value, file)
        self._files[name] = file

    def clear(self) -> None:
        """Forget everything, and remove its files."""
        for file in self._files.values():
            file.unlink(missing_ok=True)
        self._held.clear()
        self._files.clear()


def _plain(value: Any) -> bool:
    import torch

    if isinstance(value, (list, tuple)):
        return all(map(_plain, value))
    if isinstance(value, dict):
        return all(map(_plain, value.values()))
    return value is None or isinstance(value, (torch.Tensor, str, int, float))
