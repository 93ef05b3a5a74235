"""Telling ComfyUI when a cached output is worth nothing any more, because the files it names are gone from the store."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

_files: dict[str, list[str]] = {}
_losses: dict[str, int] = {}


def remember(node_id: str, files: Iterable[str]) -> None:
    """Note which files a node's output names."""
    _files[node_id] = list(files)


def losses(node_id: str) -> int:
    """How often files of this node went missing so far: a fingerprint that changes, and runs the node again, when they do."""
    if not all(Path(file).is_file() for file in _files.get(node_id, ())):
        _losses[node_id] = _losses.get(node_id, 0) + 1
        del _files[node_id]
    return _losses.get(node_id, 0)
