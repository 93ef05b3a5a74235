"""Noticing that ComfyUI still holds the weights of a file that has changed since: its loaders do not look again."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from longvid_core.errors import BadInput

_seen: weakref.WeakKeyDictionary[Any, dict[Path, str]] = weakref.WeakKeyDictionary()
"""For each set of weights in memory: the hashes of the files it was made from, as they were when it first came by."""


def refuse_stale(values: Mapping[str, Any], files: Mapping[str, Mapping[Path, str]]) -> None:
    """Raise BadInput where a file's content changed since the model made from it first came by.

    values: what is wired to each input, files: what the graph upstream of it names, by sha256.
    """
    for name, value in values.items():
        if value is None:
            continue
        noted = _seen.setdefault(_weights(value), {})
        for file, now in sorted(files.get(name, {}).items()):
            if noted.setdefault(file, now) != now:
                raise BadInput(
                    f"{file.name} changed on disk, and ComfyUI still holds what was in it before (input `{name}`).",
                    "Unload it: in ComfyUI's menu Unload Models and Node Cache, or restart ComfyUI; then queue again.",
                )


def _weights(value: Any) -> Any:
    """The one object that all patched copies of a MODEL, CLIP, VAE or CLIP_VISION share."""
    for name in ("model", "cond_stage_model", "first_stage_model"):
        if (inner := getattr(value, name, None)) is not None:
            return inner
    return value
