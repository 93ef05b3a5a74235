"""What a single weight file holds, from its header: names and shapes of its tensors. Nothing else of it is read."""

from __future__ import annotations

import json
import struct
from importlib.util import find_spec
from pathlib import Path

from ..errors import MissingTool, Unreadable
from ..files import in_words
from .checks import EXTRA

SUFFIXES = (".safetensors", ".gguf")
_HEADER_LIMIT = 100_000_000
"""Bytes. The safetensors format allows no longer header."""

Shapes = dict[str, tuple[int, ...]]


def is_gguf(path: Path) -> bool:
    """Whether the file is GGUF, by its suffix."""
    return path.suffix.lower() == ".gguf"


def shapes_in(path: Path) -> Shapes:
    """Each tensor's shape by name, outermost dimension first. Unreadable where the file is neither safetensors nor GGUF."""
    try:
        return _gguf(path) if is_gguf(path) else _safetensors(path)
    except OSError as error:
        raise Unreadable(f"cannot read {path}: {in_words(error)[0]}.") from error


def _safetensors(path: Path) -> Shapes:
    """Format: https://github.com/huggingface/safetensors#format"""
    with open(path, "rb") as file:
        head = file.read(8)
        length = struct.unpack("<Q", head)[0] if len(head) == 8 else _HEADER_LIMIT + 1
        text = file.read(length) if length <= _HEADER_LIMIT else b""
    try:
        return {name: tuple(entry["shape"]) for name, entry in json.loads(text).items() if name != "__metadata__"}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        way_out = "Download it again."
        if path.suffix.lower() not in SUFFIXES:
            way_out = "Name a .safetensors or .gguf file, or the folder of a diffusers model."
        raise Unreadable(f"{path} is no safetensors file, or only its beginning.", way_out) from error


def _gguf(path: Path) -> Shapes:
    """Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md"""
    if find_spec("gguf") is None:
        raise MissingTool(f"reading {path.name} needs the package gguf, which is not installed.", f"Install it: {EXTRA}")
    from gguf import GGUFReader

    with open(path, "rb") as file:
        magic = file.read(4)
    try:
        if magic != b"GGUF":
            raise ValueError("its first four bytes are not GGUF")
        tensors = GGUFReader(str(path)).tensors
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise Unreadable(f"{path} is no GGUF file, or only its beginning.", "Download it again.") from error
    return {t.name: tuple(int(n) for n in reversed(t.shape)) for t in tensors}
