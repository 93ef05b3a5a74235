"""What a pipeline is made of: which files each component reads, and what they hash to. No torch, no diffusers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Literal

from ..canonical import sha256_of
from ..errors import Unreadable
from .sources import Source

Kind = Literal["weights", "config", "files"]
WEIGHTS = ("diffusion_pytorch_model", "model")
"""What diffusers and transformers call a component's weights."""
_READ = (".json", ".txt", ".model")
_VOLATILE = ("_name_or_path", "name_or_path", "_diffusers_version", "transformers_version")
"""Fields of a configuration that say where and with what it was written."""


@dataclass(frozen=True)
class Component:
    """One of a pipeline's parts. kind: `weights` for a model, `files` for a tokenizer, a processor or a scheduler."""

    name: str
    kind: Kind
    library: str
    cls: str
    optional: bool = False
    text: bool = False
    """Whether it turns prompts into embeddings, and can go when that is done."""


@dataclass(frozen=True)
class Part:
    """A component's files. `folder`: where in its source they lie; empty: at its top."""

    component: Component
    source: Source
    folder: str
    weights: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    described_by: Part | None = None
    """What has the configuration of weights that are a single file, under whatever name."""

    @property
    def config(self) -> dict[str, Any]:
        """The component's config.json."""
        if self.described_by is not None:
            return self.described_by.config
        return read_json(self.source, join(self.folder, "config.json"))

    @property
    def size(self) -> int:
        """Bytes of its weights."""
        return sum(self.source.size(name) for name in self.weights)

    def hashes(self) -> dict[str, str]:
        """The sha256 of each weight file, by a name that says where in the model it belongs and not where on the disk."""
        name = self.component.name
        if self.described_by is not None:
            return {name: self.source.sha256(self.weights[0])}
        return {f"{name}/{PurePosixPath(file).name}": self.source.sha256(file) for file in self.weights}

    def settings_hash(self) -> str:
        """One sha256 over its configuration and vocabulary; not over where and with what version they were written."""
        if self.described_by is not None:
            return self.described_by.settings_hash()
        return sha256_of({PurePosixPath(file).name: _meaning(self.source, file) for file in self.others})


def join(folder: str, name: str) -> str:
    """A name inside a folder of a source."""
    return f"{folder}/{name}" if folder else name


def read_json(source: Source, name: str) -> dict[str, Any]:
    """A JSON object in a source. Unreadable where it is none."""
    try:
        value = json.loads(source.read(name))
    except ValueError as error:
        raise Unreadable(f"{name} in {source.title} is not JSON.", "Download the model again.") from error
    if not isinstance(value, dict):
        raise Unreadable(f"{name} in {source.title} holds no JSON object.", "Download the model again.")
    return value


def find_part(component: Component, source: Source, folder: str, kind: Kind) -> Part:
    """The files of a component in `folder` of a source. Unreadable where some are missing."""
    here = {PurePosixPath(n).name for n in source.names if str(PurePosixPath(n).parent) == (folder or ".")}
    where = f"{source.title}/{folder}" if folder else source.title
    weights: Iterable[str] = ()
    if kind != "files":
        if "config.json" not in here:
            raise Unreadable(f"{where} has no config.json.", "Download the model again, whole.")
        others = ["config.json"]
        if kind == "weights":
            weights = _weights(source, folder, here, where)
    else:
        others = sorted(n for n in here if n.endswith(_READ))
        if not others:
            raise Unreadable(f"{where} is empty or missing.", "Download the model again, whole.")
    return Part(component, source, folder, tuple(join(folder, n) for n in weights), tuple(join(folder, n) for n in others))


def _weights(source: Source, folder: str, here: set[str], where: str) -> list[str]:
    for stem in WEIGHTS:
        index = f"{stem}.safetensors.index.json"
        if index in here:
            listed = sorted(set(read_json(source, join(folder, index)).get("weight_map", {}).values()))
            missing = [name for name in listed if name not in here]
            if missing or not listed:
                raise Unreadable(f"{where} lacks {len(missing)} of {len(listed)} weight files.", "Download it again, whole.")
            return [*listed, index]
        if f"{stem}.safetensors" in here:
            return [f"{stem}.safetensors"]
    if found := sorted(n for n in here if n.endswith((".bin", ".pt", ".pth", ".ckpt"))):
        raise Unreadable(
            f"{where} has its weights as {found[0]}, and only .safetensors is read: other kinds can run code.",
            "Get the model as safetensors.",
        )
    raise Unreadable(f"{where} has no weights (*.safetensors).", "Download the model again, whole.")


def _meaning(source: Source, name: str) -> str:
    """The hash of what a small file says: of a configuration without its volatile fields, else of its bytes."""
    content = source.read(name)
    try:
        value = json.loads(content) if name.endswith("config.json") else None
    except ValueError:
        value = None
    if isinstance(value, dict):
        kept = {k: v for k, v in value.items() if k not in _VOLATILE}
        content = json.dumps(kept, sort_keys=True).encode()  # a tokenizer's numbers are too long for canonical JSON
    return hashlib.sha256(content).hexdigest()


def fingerprint_of(parts: Mapping[str, Part]) -> dict[str, Any]:
    """The hashes of all parts, as JSON."""
    weights: dict[str, str] = {}
    for part in parts.values():
        weights |= part.hashes()
    return {"weights": weights, "configs": {name: part.settings_hash() for name, part in parts.items()}}
