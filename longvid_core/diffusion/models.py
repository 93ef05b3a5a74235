"""What a model's name stands for: a listed one, a folder, a single file or a repository; and the files of all its parts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..catalog import ModelEntry, entry_of
from ..errors import BadInput, Unreadable
from .headers import SUFFIXES, is_gguf
from .parts import Component, Kind, Part, find_part, fingerprint_of, read_json
from .settings import DiffusionSettings
from .sources import REPOSITORY, Folder, Repository, Source, open_repository, snapshot_of

if TYPE_CHECKING:
    from ..providers.base import Surroundings

TRANSFORMER = "transformer"
INDEX = "model_index.json"


@dataclass(frozen=True)
class Place:
    """Where a component is looked for: in `folder` of the folder or repository `where`."""

    component: Component
    where: str
    folder: str
    kind: Kind
    beside: bool = False
    """Whether it is what the model named lacks, and not a part of it."""

    def find(self, source: Source) -> Part | None:
        """Its files; None where it is optional and there is nothing."""
        if self.component.optional and not any(n.startswith(f"{self.folder}/") for n in source.names):
            return None
        return find_part(self.component, source, self.folder, self.kind)


@dataclass(frozen=True)
class Files:
    """All files of a model."""

    parts: Mapping[str, Part]

    @property
    def transformer(self) -> Part:
        return self.parts[TRANSFORMER]

    @property
    def single(self) -> Path | None:
        """The file that the transformer comes in, where it is a single one."""
        part = self.transformer
        return part.source.path / part.weights[0] if part.described_by and isinstance(part.source, Folder) else None

    @property
    def gguf(self) -> bool:
        """Whether that is a GGUF file."""
        return self.single is not None and is_gguf(self.single)

    @cached_property
    def index(self) -> dict[str, Any]:
        """The pipeline's own options, from the model_index.json that lies with its scheduler."""
        source = self.parts["scheduler"].source
        return read_json(source, INDEX) if INDEX in source.names else {}

    def fingerprint(self) -> dict[str, Any]:
        """The hashes of everything that is read."""
        return fingerprint_of(self.parts)


class Finder:
    """Finds the files of one provider's models. `section`: its name, and that of its settings."""

    def __init__(self, section: str, components: Iterable[Component], options: DiffusionSettings, around: Surroundings) -> None:
        self.section = section
        self.components = tuple(components)
        self.options = options
        self.around = around

    def files(self, name: str, entry: ModelEntry) -> Files:
        """The files of the model `name`, which is like `entry`; what it lacks is taken from the setting `base`, else as the
        catalog says. Unreadable where something is missing, BadInput where a name stands for nothing.
        """
        path = None if name in entry_of(self.section).models else local_path(name)
        single = path if path is not None and path.is_file() else None
        if name in entry_of(self.section).models:
            places = self._listed(entry)
        elif single is not None:
            places = self._base(entry, "config")
        elif self._is_alone(name, path):
            own = [Place(c, name, "", "weights") for c in self.components if c.name == TRANSFORMER]
            places = [*own, *(p for p in self._base(entry, "config") if not p.component.name.startswith(TRANSFORMER))]
        else:
            places = [Place(c, name, c.name, c.kind) for c in self.components]
        parts = self._found(places)
        if single is not None:
            shape = parts[TRANSFORMER]
            source = Folder(single.parent, self.around.sha256_of, title=str(single))
            parts[TRANSFORMER] = Part(shape.component, source, "", weights=(single.name,), described_by=shape)
        return Files(parts)

    def _listed(self, entry: ModelEntry) -> list[Place]:
        """Where the parts of a catalog's model are: in the repository named for each, else in that named `base`."""
        places = []
        for component in self.components:
            where = entry.repositories.get(component.name, f"{entry.repositories['base']}/{component.name}")
            owner, name, *folder = where.split("/")
            places.append(Place(component, f"{owner}/{name}", "/".join(folder), component.kind))
        return places

    def _base(self, entry: ModelEntry, transformer: Kind) -> list[Place]:
        """Where the parts beside a transformer that came alone are."""
        base = self.options.base
        if base is not None and local_path(base) is None and not looks_like_repository(base):
            raise BadInput(f"{self.section}.base: there is no folder {base}.", "Name a diffusers folder or a repository.")
        places = [Place(c, base, c.name, c.kind) for c in self.components] if base else self._listed(entry)
        places = [replace(p, beside=True) for p in places]
        first = [replace(p, kind=transformer) for p in places if p.component.name == TRANSFORMER]
        return [*first, *(p for p in places if not p.component.name.startswith(TRANSFORMER))]

    def _is_alone(self, name: str, path: Path | None) -> bool:
        """Whether a folder or repository holds a transformer and nothing else."""
        if path is not None:
            return not (path / TRANSFORMER).is_dir() and (path / "config.json").is_file()
        snapshot = snapshot_of(name)
        names = Folder(snapshot, self.around.sha256_of).names if snapshot else frozenset()
        if INDEX not in names and not self.options.offline:
            names = Repository(name, self.around, f"--backend {self.section}:FOLDER").names
        return "config.json" in names and INDEX not in names

    def _found(self, places: Iterable[Place]) -> dict[str, Part]:
        """The parts, each source opened once."""
        parts: dict[str, Part] = {}
        for where, group in groupby(sorted(places, key=lambda p: p.where), key=lambda p: p.where):
            wanted = list(group)
            source = self._source(where, wanted)
            for place in wanted:
                if part := place.find(source):
                    parts[place.component.name] = part
        return {c.name: parts[c.name] for c in self.components if c.name in parts}

    def _source(self, where: str, wanted: list[Place]) -> Source:
        if path := local_path(where):
            return Folder(path, self.around.sha256_of)
        return open_repository(
            where,
            self.around,
            self.section,
            f"{self.section}.base: FOLDER" if wanted[0].beside else f"--backend {self.section}:FOLDER",
            offline=self.options.offline,
            whole=lambda source: [place.find(source) for place in wanted],
        )


def local_path(name: str) -> Path | None:
    """The file or folder a model's name stands for; None where there is none."""
    path = Path(name).expanduser()
    return path.absolute() if path.exists() else None


def looks_like_repository(name: str) -> bool:
    """Whether a name can be a repository's."""
    return REPOSITORY.fullmatch(name) is not None and not name.lower().endswith(SUFFIXES)


def config_at(path: Path) -> dict[str, Any]:
    """The transformer's config.json in a pipeline's folder, or in one that holds a transformer alone. BadInput without one."""
    for place in (path / TRANSFORMER / "config.json", path / "config.json"):
        if place.is_file():
            return _object_in(place)
    holds = ", ".join(sorted(p.name for p in path.iterdir())[:6]) or "nothing"
    raise BadInput(
        f"{path} is no diffusers model: it has neither {INDEX} nor config.json, but {holds}.",
        "Name the folder in which transformer, vae and text_encoder lie.",
    )


def cached_config(name: str) -> dict[str, Any] | None:
    """The transformer's config.json of a repository, where it is in the Hugging Face cache."""
    snapshot = snapshot_of(name)
    if snapshot is None:
        return None
    place = next((p for p in (snapshot / TRANSFORMER / "config.json", snapshot / "config.json") if p.is_file()), None)
    return _object_in(place) if place else None


def _object_in(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise Unreadable(f"{file} cannot be read.", "Download the model again.") from error
    return found if isinstance(found, dict) else {}


def nothing_named(provider: str, name: str) -> BadInput:
    """The error for a name that stands for no model."""
    listed = ", ".join(f"{provider}:{model}" for model in entry_of(provider).models)
    return BadInput(
        f"{provider} has no model {name!r}, and there is no such file or folder.",
        f"There is: {listed}; or name a diffusers folder, a .safetensors or .gguf file, or a repository (OWNER/NAME).",
    )
