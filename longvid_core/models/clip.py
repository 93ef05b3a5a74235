"""A rendered take, and what became of each segment."""

from __future__ import annotations

import datetime
from typing import Any, Literal

from pydantic import Field

from .base import Fps, Frozen, MicroUsd, Seed64, Sha256
from .plan import Plan
from .records import Bound, Cost, Determinism, ModelRecord, ReferenceRecord, SeedRecord

__all__ = [
    "Attempt", "Bound", "Clip", "Cost", "Determinism", "ModelRecord", "Outcome", "OutcomeKind", "ReferenceRecord", "Rendered",
    "SeedRecord",
]  # fmt: skip

OutcomeKind = Literal["rendered", "cached", "failed", "placeholder", "unknown"]


class Clip(Frozen):
    """One render of a segment, on disk and verified.

    `frames_sha256` is over pixel format, size and every decoded frame's planes, in the stream's own format.
    """

    render_key: Sha256
    path: str
    sha256: Sha256
    bytes: int = Field(ge=1)
    frames: int = Field(ge=1)
    fps: Fps
    width: int
    height: int
    frames_sha256: Sha256
    has_audio: bool = False
    proxy: str | None = Field(None, description="An H.264 copy that browsers play")
    made_by: ModelRecord | None = Field(None, description="None for clips Longvid did not render")
    made: dict[str, Any] = Field(
        default_factory=dict, description="How it came about, where that is no part of its key: device, libraries, sigmas"
    )


class Attempt(Frozen):
    """One try at one segment."""

    number: int = Field(ge=1)
    provider: str
    model: str
    state: Literal["rendered", "cached", "failed", "placeholder", "unknown", "interrupted"]
    message: str | None = None
    code: str | None = Field(None, description="The provider's own name for what went wrong")
    remote_id: str | None = Field(None, description="The job, as the provider calls it")
    prompt: str | None = Field(None, description="The words that were sent, reworded or not, where a job was submitted")
    seed_sent: Seed64 | None = None
    seed_returned: Seed64 | None = None
    paid: MicroUsd = 0
    priced_on: datetime.date | None = Field(
        None, description="The day of our price that `paid` is reckoned by; None: the provider's own figure, or not recorded"
    )
    perhaps: MicroUsd = Field(0, description="What may have been charged besides, at most: its answer is lost, or no bill came")


class Outcome(Frozen):
    """What became of one segment, with everything the manifest says about it."""

    index: int = Field(ge=0)
    id: str
    render_key: Sha256
    outcome: OutcomeKind
    determinism: Determinism
    determinism_reason: str = Field("", description="The facts that the label follows from, in words")
    bound: Bound | None = Field(None, description="What the label promises of a second rendering; None: nothing")
    prompt_sent: str
    left_out: str = Field("", description="Clauses the model's prompt limit left no room for")
    seed: SeedRecord
    model: ModelRecord
    references: tuple[ReferenceRecord, ...] = ()
    clip: Clip | None = None
    attempts: tuple[Attempt, ...] = ()
    cost: Cost = Cost()
    message: str | None = None


class Rendered(Frozen):
    """A plan and what became of its segments, in order: what the canvas passes on as clips."""

    plan: Plan
    outcomes: tuple[Outcome, ...] = Field(min_length=1)

    @property
    def clips(self) -> tuple[Clip, ...]:
        """The clips that exist, in the film's order."""
        return tuple(o.clip for o in self.outcomes if o.clip is not None)
