"""What happens while a film is made, as typed values. The CLI, the nodes and `--json` are three renderers of this stream."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Literal

from pydantic import Field

from .models.base import Frozen, MicroUsd
from .models.clip import OutcomeKind
from .models.job import JobStep

Stage = Literal["plan", "keyframes", "weights", "prepare", "clips", "join", "manifest", "frames"]


class Event(Frozen):
    """Base of all events; `event` names the kind on the wire."""

    event: str


class RunStarted(Event):
    """A run begins. `runs/<run>/events.jsonl` in the store holds everything after this."""

    event: Literal["run_started"] = "run_started"
    run: str
    command: str


class StageStarted(Event):
    """A stage begins, with the number of things it will make."""

    event: Literal["stage_started"] = "stage_started"
    stage: Stage
    total: int


class StageDone(Event):
    event: Literal["stage_done"] = "stage_done"
    stage: Stage


class KeyframeDone(Event):
    """A keyframe exists at `path`. `cached`: it already did."""

    event: Literal["keyframe_done"] = "keyframe_done"
    id: str
    index: int
    path: str
    source: str
    cached: bool


class Estimated(Event):
    """What the segments of this run will cost, in micro-dollars: told before anything is spent."""

    event: Literal["estimated"] = "estimated"
    low_micro_usd: MicroUsd
    high_micro_usd: MicroUsd
    to_render: int
    cached: int
    unpriced: tuple[str, ...] = ()
    checked: datetime.date | None = None
    """When the oldest of the prices was looked up."""


class SegmentStarted(Event):
    event: Literal["segment_started"] = "segment_started"
    id: str
    index: int
    backend: str


class Progress(Event):
    """`done` of `total` frames or sampler steps of one segment, percent of a job far away, frames of the join, bytes of a
    model's file, or texts."""

    event: Literal["progress"] = "progress"
    stage: Stage
    id: str | None = None
    unit: Literal["frame", "step", "byte", "text", "percent"] = "frame"
    done: int
    total: int


class JobChanged(Event):
    """A job at a remote provider took a step. `state`: see `models.job.JobStep`."""

    event: Literal["job"] = "job"
    job: int
    id: str
    index: int
    provider: str
    state: JobStep
    remote_id: str | None = None


class Preview(Event):
    """A file one can look at now: a finished clip's H.264 proxy."""

    event: Literal["preview"] = "preview"
    id: str
    index: int
    path: str


class SegmentDone(Event):
    event: Literal["segment_done"] = "segment_done"
    id: str
    index: int
    outcome: OutcomeKind
    render_key: str
    clip_sha256: str | None = None
    message: str | None = None


class Spent(Event):
    """Money left, on one segment, one keyframe, or the plan (`id` is `plan`)."""

    event: Literal["spent"] = "spent"
    id: str
    provider: str
    micro_usd: MicroUsd
    priced_on: datetime.date | None = Field(
        None, description="The day of our price that it is reckoned by; None: the provider says so"
    )


class Notice(Event):
    """Something a person should know and need not act on at once: a fallback, a repaired file, a dropped seed."""

    event: Literal["notice"] = "notice"
    level: Literal["info", "warning"] = "info"
    message: str


class SegmentSummary(Frozen):
    index: int
    id: str
    outcome: OutcomeKind
    render_key: str
    clip_sha256: str | None


class Done(Event):
    """The film exists. The last event of a run that made one."""

    event: Literal["done"] = "done"
    film: str
    manifest: str | None
    segments: tuple[SegmentSummary, ...]


class Failed(Event):
    """No film was made. The last event of such a run; `code` is the exit code."""

    event: Literal["failed"] = "failed"
    code: int
    message: str


Emit = Callable[[Event], None]
