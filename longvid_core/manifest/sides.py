"""Reading what people name: a manifest, a film with one beside it, or a plan."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from ..errors import BadInput
from ..models.manifest import Manifest
from ..models.plan import PLAN_SCHEMA, Plan
from ..planfile import load_plan
from .build import manifest_path
from .diff import Side
from .load import load_manifest, read_value

BUNDLE_SUFFIXES = (".zip", ".longvid")
FILM_SUFFIXES = (".mp4", ".mov", ".mkv", ".m4v")
_ENDING = ".manifest.json"


def read_side(path: Path, film: Path | None = None) -> Side:
    """The plan or manifest in that file, or the manifest beside that film. film: its film, where that lies elsewhere.

    A film beside its manifest is found by its name. BadInput where nothing of the kind is there, or it does not hold.
    """
    if film is not None and not film.is_file():
        raise BadInput(f"there is no film {film}.", "Check the path.")
    if path.suffix.lower() != ".json":
        manifest, own = read_manifest_of(path)
        return Side(manifest.plan, manifest, film or own)
    if read_value(path).get("schema") == PLAN_SCHEMA:
        return Side(_plan(path), None, film)
    return Side((manifest := load_manifest(path)).plan, manifest, film or film_beside(path))


def read_manifest_of(path: Path) -> tuple[Manifest, Path | None]:
    """The manifest in a file, or beside the film that is named; and the film, where it is there. Errors as in `load_manifest`."""
    manifest = manifest_of(path)
    film = path if path != manifest and path.is_file() else film_beside(manifest)
    return load_manifest(manifest), film


def manifest_of(path: Path) -> Path:
    """The manifest that is meant: the file itself, or the one beside a film. BadInput for a folder or a bundle."""
    if path.is_dir():
        raise BadInput(f"{path} is a folder.", "Name a film in it, or its manifest.")
    if path.suffix.lower() in BUNDLE_SUFFIXES:
        raise BadInput(f"{path} is a bundle.", "Name a film or its manifest: `longvid replay BUNDLE -o FOLDER` makes both again.")
    return path if path.suffix.lower() == ".json" else manifest_path(path)


def film_beside(manifest: Path) -> Path | None:
    """The film of NAME.manifest.json: NAME.mp4 or what else it may be; None where there is none."""
    if not manifest.name.endswith(_ENDING):
        return None
    stem = manifest.name.removesuffix(_ENDING)
    return next((f for f in (manifest.with_name(stem + s) for s in FILM_SUFFIXES) if f.is_file()), None)


def _plan(path: Path) -> Plan:
    """The plan in a file, its pictures looked at only where their hashes are not in it: they may lie elsewhere by now."""
    value = read_value(path)
    try:
        return Plan.model_validate(value)
    except ValidationError:
        return load_plan(path)  # which fills in what is missing, or says what does not hold
