"""The joined film."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .base import Fps, Frozen, Sha256
from .clip import Rendered

Codec = Literal["h264", "h265", "prores", "ffv1"]
Preset = Literal[
    "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow", "placebo"
]  # fmt: skip


Treatment = Literal["drop", "blend"]
"""What becomes of a continuous join. The later clip's first frame is left out either way, as the frame before again."""


class FilmOptions(Frozen):
    """How the film is joined and encoded."""

    codec: Codec = "h264"
    crf: int = Field(18, ge=0, le=51, description="For h264 and h265: lower is better and larger")
    preset: Preset = Field("medium", description="For h264 and h265: faster is larger")
    slate: bool = Field(False, description="Lay shot, timecode, prompt and seed over the picture")
    seam: Treatment = Field(
        "drop", description="`blend`: dissolve across each continuous join, over three frames on each side; no frame more or less"
    )


class Seam(Frozen):
    """A continuous join as it was rendered."""

    index: int = Field(ge=1, description="Of the segment that begins here")
    segment: str = Field(description="Its id")
    treatment: Treatment = Field(
        "drop", description="`drop`: its first frame was left out, as the frame before again; `blend`: that, and dissolved across"
    )
    psnr_db: float | None = Field(
        None, description="How close that frame is to the one before it, conformed to the film's size; None: they are equal"
    )


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
    seams: tuple[Seam, ...] | None = Field(None, description="None: nobody measured them")


class Release(Frozen):
    """A film together with what it was made from: enough to write its manifest."""

    film: Film
    rendered: Rendered
    options: FilmOptions | None = Field(None, description="How the film was asked to be encoded; None: not known")
