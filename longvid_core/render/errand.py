"""What every step on a remote clip's way needs: the take, its provider, the journal, and words for people."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from ..errors import RenderFailed
from ..events import Notice, SegmentStarted
from ..models.job import Job, JobStep
from ..providers.jobs import RemoteJob, RemoteVideo
from ..retry import unless
from ..secrets import KEYS, hidden, key_of
from .session import Session

if TYPE_CHECKING:
    from .segment import Take

T = TypeVar("T")


@dataclass
class Errand:
    """One take at one provider."""

    take: Take
    provider: RemoteVideo
    session: Session
    _started: bool = False

    def start(self) -> None:
        """Tell the world, once, that the segment is being rendered."""
        if not self._started:
            self._started = True
            segment = self.take.segment
            self.session.emit(SegmentStarted(id=segment.id, index=segment.index, backend=str(self.take.backend)))

    @property
    def interval(self) -> float:
        """Seconds between two looks at a job."""
        return self.session.settings.poll_interval or self.take.backend.entry.poll_s

    def step(self, job: Job, state: JobStep, message: str | None = None, *, paid: int | None = None, **values: Any) -> Job:
        """Write the job's next step down, as `Journal.step` does, and tell the world."""
        done = self.session.ledger.journal.step(job.id, state, message, paid=paid, **values)
        return self.session.told_of(done, paid, values.get("priced_on"))

    async def unless_stopped(self, work: Awaitable[T]) -> T:
        """What `work` gives. Interrupted, and it is given up, as soon as the person or the host asks to stop."""
        return await unless(self.session.interrupted, work)

    def said(self, job: Job, message: str, code: str | None = None) -> str:
        """Why a job gave no clip: its number, the provider's code, the provider's words."""
        return f"job {job.id} gave no clip{f' ({code})' if code else ''}: {message.rstrip('.')}."

    def failed(self, job: Job, message: str, *way_out: str, code: str | None = None) -> RenderFailed:
        """The error that there is no clip of this job."""
        return RenderFailed(self.said(job, message, code), *way_out)

    def in_words(self, error: Exception) -> str:
        """An error that nobody expected, in words without the provider's key."""
        name, settings = self.take.backend.provider, self.session.settings
        return hidden(f"{type(error).__name__}: {error}", key_of(name, settings) if name in KEYS else None)

    def say(self, message: str, *, warning: bool = False) -> None:
        """Tell people of this segment."""
        segment = self.take.segment
        level: Literal["warning", "info"] = "warning" if warning else "info"
        self.session.emit(Notice(level=level, message=f"segment {segment.index} ({segment.id}): {message}"))


def remote_job(job: Job) -> RemoteJob:
    """The job as its provider knows it."""
    assert job.remote_id is not None
    return RemoteJob(id=job.remote_id, model=job.model, extra=job.extra)
