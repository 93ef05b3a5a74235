"""The protocol of providers that render far away: four small verbs, and the values that go between them and the journal.

Such a provider makes one call to its vendor for each verb and repeats nothing by itself: the journal, retries, lanes, the
budget and resuming live in `render/`, once for all of them. Every verb may be called in another process than the one that
submitted: a `RemoteJob` is all that there is to find a job by.

What every verb raises is a fault of `providers.faults`: Transient (`sent=True` where the request may have been taken in and only
its answer is missing), Moderated, Refused; or another LongvidError. No fault's text holds a key.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from pydantic import Field

from ..models.base import Frozen, MicroUsd, Seed64
from .base import VideoRequest


class RemoteJob(Frozen):
    """A job at a provider: what it needs to be found again, by another process, next week."""

    id: str = Field(min_length=1, description="As the provider calls it")
    model: str
    extra: dict[str, Any] = Field(default_factory=dict, description="What else it takes to ask for it; no key, no address")
    prompt_sent: str | None = Field(None, description="What was sent, where that is not the request's `prompt_sent`")


class Running(Frozen):
    """Not done yet. `progress`: 0 to 1, where the provider says."""

    progress: float | None = Field(None, ge=0, le=1)
    queued: bool = Field(False, description="It has not begun")
    refundable: bool = Field(False, description="Cancelling it now costs nothing, or less than letting it run")


class Succeeded(Frozen):
    """Its clip can be fetched."""

    micro_usd: MicroUsd | None = Field(None, description="As charged, where the provider says")
    priced_on: datetime.date | None = Field(
        None, description="Where it only says what was used: the day of the price in the catalog that `micro_usd` is reckoned by"
    )
    seed: Seed64 | None = Field(None, description="As used, where the provider says")
    prompt: str | None = Field(None, description="What the provider made of the prompt, where it rewrites and says so")
    facts: dict[str, Any] = Field(default_factory=dict, description="Recorded with the clip: the model's version, say")


class Ended(Frozen):
    """It gave no clip.

    `again`: the same job may go well another time (a fault inside, a job that ended cancelled or aborted without our asking).
    `moderated`: it will not be made in these words.
    """

    code: str = Field(description="The provider's own code or status")
    message: str
    kind: Literal["again", "moderated", "refused"]
    micro_usd: MicroUsd | None = Field(None, description="As charged all the same, where the provider says")


JobState = Running | Succeeded | Ended


class Refund(Frozen):
    """What came of cancelling. `stopped`: whether the job will do nothing more."""

    stopped: bool
    message: str = Field(description="What it means for the money, in words")
    micro_usd: MicroUsd | None = Field(None, description="What is charged all the same, where that is known")


Sending = Callable[[], None]


def nothing() -> None:
    """For who has nothing to write down."""


@runtime_checkable
class RemoteVideo(Protocol):
    """Renders clips far away. Its catalog entries say `remote: true`."""

    name: str

    def fingerprint(self, model: str) -> dict[str, Any]:
        """Everything about the model and how it is asked that changes pixels, as JSON; part of the clip's render key."""
        ...

    def ready(self) -> None:
        """MissingTool without the SDK, BadInput without a key: which variable to set, and where to get one."""
        ...

    async def submit(self, model: str, request: VideoRequest, sending: Sending = nothing) -> RemoteJob:
        """Ask for one clip, with one call. Whoever calls writes the answer down after.

        `sending` is called once everything is built (pictures packed and uploaded, the SDK loaded), immediately before that
        call: there the job is written down. What is raised before it bought nothing; what it raises itself goes on, and nothing
        is sent.
        """
        ...

    async def poll(self, job: RemoteJob) -> JobState:
        """How it is now. One call."""
        ...

    async def fetch(self, job: RemoteJob, target: Path) -> None:
        """Stream the clip to `target`, byte for byte, whole: Transient (not `sent`) where it ends short. An address that has
        expired is asked for anew, through the job. Refused where the provider keeps the clip no longer."""
        ...

    async def cancel(self, job: RemoteJob) -> Refund:
        """Ask the provider to stop. Never raises for a job that is already over: it says so."""
        ...


@runtime_checkable
class Lists(Protocol):
    """A provider that can tell which jobs it has: what settles whether a request without an answer was taken in."""

    async def find(self, model: str, request: VideoRequest, since: datetime.datetime, known: Collection[str]) -> RemoteJob | None:
        """The job that this request became, submitted at about `since` or later; None where there is none.

        `known`: ids that are other jobs of ours. The provider's clock may be minutes off ours: what was asked decides, and the
        time only how far back to look.
        """
        ...


class Difference(Frozen):
    """One thing that a model's published interface and its catalog entry tell differently."""

    field: str = Field(description="Of the catalog entry: `seconds`, `inputs.last`, `seed.range`")
    listed: str = Field(description="What the entry says, in words; empty: nothing")
    live: str = Field(description="What the interface says now, in words; empty: nothing")


@runtime_checkable
class Checks(Protocol):
    """A provider whose models publish their interface: the object that works in a run can compare it with the catalog."""

    async def check(self, model: str) -> tuple[Difference, ...]:
        """Where the two differ; empty where they agree. It costs nothing. UnknownName for a model that is not there."""
        ...
