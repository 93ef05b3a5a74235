"""The manifest: what makes the same film again. `NAME.manifest.json` beside `NAME.mp4` is this model and nothing else."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from .base import Fps, Frozen, Sha256
from .clip import Attempt, OutcomeKind
from .film import FilmOptions, Seam
from .plan import Plan
from .records import (
    Bound,
    Cost,
    Determinism,
    Fit,
    ModelRecord,
    PictureAttempt,
    PlannerRecord,
    ReceivedPicture,
    ReferenceRecord,
    SeedRecord,
)
from .visual import VisualState

MANIFEST_SCHEMA = "longvid.manifest/1"


class FilmRecord(Frozen):
    """The film's file and frames. `sha256` is of the file before it was signed."""

    sha256: Sha256
    frames: int = Field(ge=1)
    fps: Fps
    width: int
    height: int
    frames_sha256: Sha256
    key: Sha256 | None = Field(None, description="Everything its bytes depend on, hashed: clips, joins, encoder, slate")
    options: FilmOptions | None = Field(None, description="How it was asked to be encoded; None: not recorded")
    encoder: tuple[str, ...] = Field((), description="The options it was encoded with, as given to ffmpeg, without any path")


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
    determinism_reason: str = Field("", description="The facts that the label follows from, in words")
    bound: Bound | None = Field(None, description="How far a second rendering may be from this one; None: nobody promises")
    prompt_sent: str
    left_out: str = ""
    visual: VisualState | None = Field(None, description="The look it was rendered with, resolved over the plan's base")
    seed: SeedRecord
    model: ModelRecord
    references: tuple[ReferenceRecord, ...] = ()
    clip: ClipRecord | None = None
    made: dict[str, Any] = Field(
        default_factory=dict, description="How the clip came about, where that is no part of its key: device, libraries, sigmas"
    )
    attempts: tuple[Attempt, ...] = ()
    cost: Cost = Cost()


class DeterminismRecord(Frozen):
    """What the whole film promises: the weakest of its segments' labels, and why."""

    label: Determinism
    reason: str


class Manifest(Frozen):
    """A film's birth certificate: plan, models, seeds, references, clips, costs, environment.

    What an earlier Longvid did not record is None or empty.
    """

    schema_: Literal["longvid.manifest/1"] = Field("longvid.manifest/1", alias="schema")
    shared: bool = Field(False, description="Prompts and texts were taken out: `sha256:HEX` stands in their place")
    film: FilmRecord
    determinism: DeterminismRecord | None = None
    planner: PlannerRecord | None = Field(None, description="None: the plan was written by hand, or this was not recorded")
    plan: Plan
    keyframes: tuple[KeyframeRecord, ...] = ()
    segments: tuple[SegmentRecord, ...] = Field(min_length=1)
    seams: tuple[Seam, ...] | None = Field(None, description="Each continuous join, measured; None: nobody measured them")
    environment: dict[str, Any] = Field(
        default_factory=dict, description="Every library and file that touched a pixel, by version and, for files, by hash"
    )
