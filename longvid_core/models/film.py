"""The joined film."""

from __future__ import annotations

from pydantic import Field

from .base import Fps, Frozen, Sha256
from .clip import Rendered


class Film(Frozen):
    """One playable file. `key` names everything its bytes depend on: clips, joins, encoder, slate."""

    key: Sha256
    path: str
    sha256: Sha256
    bytes: int = Field(ge=1)
    frames: int = Field(ge=1)
    fps: Fps
    width: int
    height: int
    frames_sha256: Sha256
    encoder: tuple[str, ...] = Field((), description="The encoder's options, as given to ffmpeg")


class Release(Frozen):
    """A film together with what it was made from: enough to write its manifest."""

    film: Film
    rendered: Rendered
