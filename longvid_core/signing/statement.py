"""The manifest as it is signed: what it says, in the one form that has only one spelling."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from ..canonical import canonical_json
from ..errors import BadInput
from ..manifest.load import read_value
from ..models.base import Sha256
from ..models.manifest import MANIFEST_SCHEMA
from ..validation import describe


class _Film(BaseModel):
    sha256: Sha256
    frames: int
    frames_sha256: Sha256


class _Picture(BaseModel):
    pixels_sha256: Sha256


class _Keyframe(BaseModel):
    id: str
    image: _Picture | None = None


class _Plan(BaseModel):
    title: str = ""


class _Said(BaseModel):
    """What signing reads of a manifest. The rest is signed as it stands, whatever version it is of."""

    film: _Film
    plan: _Plan = _Plan()
    keyframes: tuple[_Keyframe, ...] = ()


@dataclass(frozen=True)
class Statement:
    """A manifest, ready to be signed or checked.

    canonical: its RFC 8785 bytes, which are what is signed; the same for any indentation, order of keys and Python version.
    sha256: of those bytes. keyframes: ids by the pixels_sha256 of their pictures.
    """

    path: Path
    canonical: bytes
    film_sha256: str
    frames: int
    frames_sha256: str
    title: str
    keyframes: dict[str, str]

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.canonical).hexdigest()


def read_statement(path: Path) -> Statement:
    """The manifest at `path`. BadInput where it is missing, no manifest, or could be read in two ways (a name given twice)."""
    value = read_value(path, f"the manifest {path}")
    try:
        canonical = canonical_json(value)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{path} is not a manifest: {error}.", "Restore it, or make the film again.") from error
    schema = str(value.get("schema"))
    if not schema.startswith(MANIFEST_SCHEMA.rpartition("/")[0] + "/"):
        raise BadInput(f"{path} is not a manifest: its schema is {schema!r}, not {MANIFEST_SCHEMA!r}.", "Name another file.")
    try:
        said = _Said.model_validate(value)
    except ValidationError as error:
        raise BadInput(f"the manifest {path} does not hold:", *describe(error)) from error
    return Statement(
        path=path,
        canonical=canonical,
        film_sha256=said.film.sha256,
        frames=said.film.frames,
        frames_sha256=said.film.frames_sha256,
        title=said.plan.title,
        keyframes={k.image.pixels_sha256: k.id for k in said.keyframes if k.image},
    )
