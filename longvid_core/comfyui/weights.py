"""Finding model files by their hashes among a ComfyUI's folders: the manifest tells no names."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path

from ..errors import BadInput, Unreadable
from .installed import Installed
from .recorded import Wanted

_KINDS = {
    "unet_name": ("diffusion_models", "unet", "unet_gguf"),
    "ckpt_name": ("checkpoints",),
    "lora_name": ("loras",),
    "vae_name": ("vae", "vae_approx"),
    "clip_name": ("text_encoders", "clip", "clip_gguf", "clip_vision"),
    "image": ("input",),
}
"""Where the files lie that an input of this name takes, as the loaders of ComfyUI and of most packs call theirs."""
_WEIGHTS = (".safetensors", ".sft", ".ckpt", ".pt", ".pth", ".bin", ".gguf", ".onnx")
"""Endings of model files: some packs keep their own beside their code."""


class Weights:
    """The files a ComfyUI has. Each is read once at most, and none where the one that is wanted is known already."""

    def __init__(self, at: Installed, sha256_of: Callable[[Path], str], known: Callable[[Path], str | None]) -> None:
        self._at, self._sha256_of, self._known = at, sha256_of, known

    def find(self, wanted: Wanted) -> list[Path]:
        """A file for each of the hashes. BadInput, naming the input, for one that is not here."""
        return [self._one(wanted, sha256) for sha256 in wanted.sha256]

    def sha256_of(self, file: Path) -> str:
        """A file's hash."""
        return self._sha256_of(file)

    def _one(self, wanted: Wanted, sha256: str) -> Path:
        likely = self._likely(wanted)
        for _, file in (*likely, *self._files):
            if self._known(file) == sha256:
                return file
        for _, file in likely:
            try:
                if self._sha256_of(file) == sha256:
                    return file
            except Unreadable:
                continue  # gone meanwhile, or not ours to read
        where = ", ".join(dict.fromkeys(kind for kind, _ in likely)) or "its folders"
        raise BadInput(
            f"{wanted.where} names a file that is not in this ComfyUI: none of the {len(likely)} in {where} has the sha256 "
            f"{sha256[:12]}… of the manifest. It is gone, or was changed"
        )

    def _likely(self, wanted: Wanted) -> list[tuple[str, Path]]:
        """Files of the kinds that such an input takes; all, where its name tells nothing, or several go by one name."""
        kinds = _KINDS.get(wanted.input.rstrip("_0123456789"))
        if kinds is None or len(wanted.sha256) > 1:
            return self._files
        return [pair for pair in self._files if pair[0] in kinds] or self._files

    @cached_property
    def _files(self) -> list[tuple[str, Path]]:
        models = [(kind, file) for kind, folder in self._at.models for file in files_in(folder)]
        inputs = [("input", file) for file in files_in(self._at.input)]
        own = [("custom_nodes", f) for folder in self._at.custom_nodes for f in files_in(folder) if f.suffix.lower() in _WEIGHTS]
        return list(dict.fromkeys((*models, *inputs, *own)))


def files_in(folder: Path) -> Iterator[Path]:
    """Every file in a folder and those below it, links followed as ComfyUI does, in order; what is hidden is left aside."""
    been: set[str] = set()
    for at, folders, names in os.walk(folder, followlinks=True):
        if (real := os.path.realpath(at)) in been:  # a link to a folder above it
            folders.clear()
            continue
        been.add(real)
        folders[:] = _shown(folders)
        yield from (Path(at, name) for name in _shown(names))


def _shown(names: Iterable[str]) -> list[str]:
    return sorted(name for name in names if not name.startswith("."))
