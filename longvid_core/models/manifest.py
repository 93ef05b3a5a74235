"""The manifest: what makes the same film again. `NAME.manifest.json` beside `NAME.mp4` is this model and nothing else."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from .base import Fps, Frozen, Sha256
from .clip import Attempt, Determinism, OutcomeKind
from .plan import Plan
from .records import Cost, Fit, ModelRecord, PictureAttempt, ReceivedPicture, ReferenceRecord, SeedRecord

MANIFEST_SCHEMA = "longvid.manifest/1"


class FilmRecord(Frozen):
    """The film's file and frames."""

    sha256: Sha256
    frames: int = Field(ge=1)
    fps: Fps
    width: int
    height: int
    frames_sha256: Sha256
    encoder: tuple[str, ...] = ()


class ClipRecord(Frozen):
    """A clip by content."""

    sha256: Sha256
    frames: int = Field(ge=1)
    frames_sha256: Sha256


class PictureRecord(Frozen):
    """A picture by content."""

    sha256: Sha256
    pixels_sha256: Sha256


class KeyframeRecord(Frozen):
    """One keyframe and where its picture came from. What is None or empty does not apply: a supplied picture has no model."""

    id: str
    source: str | None = Field(description="`user`, or PROVIDER:MODEL")
    image: PictureRecord | None = None
    key: Sha256 | None = None
    model: ModelRecord | None = None
    prompt_sent: str = ""
    negative: str = ""
    seed: SeedRecord = SeedRecord()
    references: tuple[ReferenceRecord, ...] = ()
    received: ReceivedPicture | None = None
    fit: Fit | None = None
    attempts: tuple[PictureAttempt, ...] = ()
    fallback: str | None = Field(None, description="Why its source drew it and not the one that was asked for")
    cost: Cost = Cost()


class SegmentRecord(Frozen):
    """One segment as it was rendered."""

    index: int = Field(ge=0)
    id: str
    render_key: Sha256
    outcome: OutcomeKind
    determinism: Determinism
    prompt_sent: str
    left_out: str = ""
    seed: SeedRecord
    model: ModelRecord
    references: tuple[ReferenceRecord, ...] = ()
    clip: ClipRecord | None = None
    made: dict[str, Any] = Field(
        default_factory=dict, description="How the clip came about, where that is no part of its key: device, libraries, sigmas"
    )
    attempts: tuple[Attempt, ...] = ()
    cost: Cost = Cost()


class Manifest(Frozen):
    """A film's birth certificate: plan, models, seeds, references, clips, costs, environment."""

    schema_: Literal["longvid.manifest/1"] = Field("longvid.manifest/1", alias="schema")
    film: FilmRecord
    plan: Plan
    keyframes: tuple[KeyframeRecord, ...] = ()
    segments: tuple[SegmentRecord, ...] = Field(min_length=1)
    environment: dict[str, Any] = Field(default_factory=dict)
