"""A job at a remote provider, as the journal has it."""

from __future__ import annotations

import datetime
from typing import Any, Literal

from pydantic import Field

from .base import Frozen, MicroUsd, Seed64, Sha256

JobStep = Literal[
    "intent", "submitted", "running", "succeeded", "downloaded", "verified",
    "unknown", "refused", "failed", "cancelled", "resubmit", "dropped",
]  # fmt: skip
"""`intent`: about to be asked for. `unknown`: asked for, and the answer is lost. `refused`: nothing was bought. `failed`: it was
taken in and gave no clip. `resubmit`: an unknown one that may be asked for again. `dropped`: an unknown one nobody wants now."""

OPEN: frozenset[JobStep] = frozenset({"intent", "submitted", "running", "succeeded", "downloaded", "unknown"})
"""What is not settled: the next run that wants this clip goes on from there."""
UNSETTLED: frozenset[JobStep] = frozenset({"intent", "unknown"})
"""What may have been bought, without our knowing its name."""


GIVEN_UP: frozenset[JobStep] = frozenset({"resubmit", "dropped"})
"""What was unknown, and nobody will ask for any more: it may have been charged for ever."""
PERHAPS_PAID: frozenset[JobStep] = frozenset({"failed", "cancelled"})
"""What a provider had taken in: unless it says what it charged, it may have charged."""


class Decision(Frozen):
    """What a person says of an unknown job. `adopt`: it is the provider's `remote_id`. `resubmit`: buy it again, whatever became
    of that one. `drop`: this take is not wanted any more."""

    what: Literal["adopt", "resubmit", "drop"]
    remote_id: str | None = None


class Job(Frozen):
    """One submit and what became of it. Times are UTC."""

    id: int
    run: str
    segment: str
    index: int = Field(ge=0)
    render_key: Sha256
    provider: str
    model: str
    state: JobStep
    remote_id: str | None = None
    extra: dict[str, Any] = Field(default_factory=dict)
    prompt: str = Field("", description="As it was sent")
    seed_sent: Seed64 | None = None
    seed_returned: Seed64 | None = None
    held_micro_usd: MicroUsd = Field(0, description="What it may cost at most, while that is not settled")
    micro_usd: MicroUsd | None = Field(None, description="What it cost; None until that is known")
    code: str | None = None
    message: str | None = None
    facts: dict[str, Any] = Field(default_factory=dict, description="What the provider said of the finished clip")
    file: str | None = Field(None, description="The clip as it came, in the store's folder of incoming files")
    file_sha256: Sha256 | None = None
    created: datetime.datetime
    submitted: datetime.datetime | None = None
    changed: datetime.datetime

    @property
    def named(self) -> str:
        """PROVIDER:MODEL."""
        return f"{self.provider}:{self.model}"

    @property
    def perhaps_paid(self) -> bool:
        """Whether up to `held_micro_usd` may have been charged for it beyond what is known: its answer is lost, or its end."""
        if self.micro_usd is not None:
            return False
        lost = self.state == "unknown" or self.state in GIVEN_UP
        return lost or (self.state in PERHAPS_PAID and self.remote_id is not None)

    @property
    def unpriced(self) -> bool:
        """Whether it gave a clip, and nobody knows what that cost."""
        return self.micro_usd is None and self.state in ("succeeded", "downloaded", "verified")


class JobNote(Frozen):
    """One line of a job's journal."""

    job: int
    state: JobStep
    message: str | None = None
    at: datetime.datetime
