"""Waiting for a remote job: looked at no more often than its provider allows, told of, and left resumable whatever happens."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from dataclasses import dataclass
from typing import NoReturn

from ..errors import Interrupted, LongvidError, RenderFailed
from ..events import Progress
from ..models.job import Job
from ..providers.faults import Moderated, Refused, Transient
from ..providers.jobs import Ended, Running, Succeeded
from .errand import Errand, remote_job

_JITTER = 0.1
_LOOKS = 3
"""How often a job that its provider does not know is asked for: a new one may not be known everywhere yet."""
_STOPPING_S = 5
"""How long stopping a job may take where the person wants to stop."""


class FailedInside(RenderFailed):
    """A job ended by the provider's own fault: the same may go well another time."""


class Lost(Exception):
    """What became of a job is unknown, and only a person, or a setting, can say how to go on."""

    def __init__(self, job: Job) -> None:
        super().__init__(job.id)
        self.job = job


@dataclass
class Waiting:
    """One job from its submit to its end."""

    errand: Errand
    job: Job
    _last: Running | None = None
    _silent: bool = False
    """Whether the last look had no answer: people are told once."""
    _missing: int = 0

    async def done(self) -> Job:
        """The job once it has a clip.

        FailedInside, Moderated or Refused where it gave none; Lost where its provider does not know it; RenderFailed after the
        deadline, and Interrupted when told to stop, with the job left to be gone on with.
        """
        errand, limit_s = self.errand, self.errand.session.settings.remote.deadline_s
        began = time.monotonic()
        fresh = self.job.state == "submitted" and self.job.run == errand.session.run_id
        wait = errand.interval if fresh else 0.0  # of an earlier run's job something may be known at once
        try:
            while True:
                await errand.unless_stopped(asyncio.sleep(wait * random.uniform(1, 1 + _JITTER)))
                state, wait = await self._polled()
                if isinstance(state, Succeeded):
                    return self._succeeded(state)
                if isinstance(state, Ended):
                    self._ended(state)
                if isinstance(state, Running):
                    self._running(state, time.monotonic() - began)
                if time.monotonic() - began > limit_s:
                    raise errand.failed(
                        self.job,
                        f"it was not done after {limit_s:g} s",
                        f"It goes on at the provider. Run the same again to wait on, or `longvid jobs cancel {self.job.id}`.",
                        code="deadline",
                    )
        except Interrupted:
            await self._left()
            raise

    async def _polled(self) -> tuple[Running | Succeeded | Ended | None, float]:
        """How the job is (None: no answer), and how long to wait before asking again."""
        errand = self.errand
        try:
            state = await errand.unless_stopped(errand.provider.poll(remote_job(self.job)))
        except Transient as fault:
            if not self._silent:
                errand.say(f"{fault.what} Job {self.job.id} is asked for again.")
            self._silent = True
            longest = errand.session.settings.retry.longest_wait_s
            return None, max(errand.interval, min(fault.retry_after or 0.0, longest))
        except Refused as fault:
            if fault.everything:  # the account's matter, not the job's
                raise errand.failed(self.job, fault.what, *fault.way_out, "The job goes on: run the same again.") from fault
            self._missing += 1
            if self._missing < _LOOKS:
                return None, errand.interval
            # It was bought, and is not there: another account's key, say. Buying it again is for a person to say.
            raise Lost(errand.step(self.job, "unknown", " ".join((fault.what, *fault.way_out)))) from fault
        self._silent, self._missing = False, 0
        return state, errand.interval

    def _running(self, state: Running, waited_s: float) -> None:
        """Note and tell how far it is: as the provider says, else by how long its model usually takes."""
        errand = self.errand
        self._last = state
        if self.job.state != "running" and not state.queued:
            self.job = errand.step(self.job, "running")
        done = state.progress
        if done is None:
            typical = errand.take.backend.entry.typical_s
            done = min(0.95, waited_s / typical) if typical else 0.0
        id = errand.take.segment.id
        errand.session.emit(Progress(stage="clips", id=id, unit="percent", done=round(100 * done), total=100))

    def _succeeded(self, state: Succeeded) -> Job:
        known, take = self.job.micro_usd is not None, self.errand.take
        paid, priced_on, price = state.micro_usd, state.priced_on, take.backend.entry.price
        if paid is None and price is not None:
            paid, priced_on = take.price[1], price.checked
        if paid is None and not known:
            said = f"{take.backend} does not say what it charges, and its price is not known: it is not among what was spent."
            self.errand.session.tell_once(said, "warning")
        facts = {**state.facts, **({"prompt_sent": state.prompt} if state.prompt else {})}
        paid = None if known else paid
        return self.errand.step(self.job, "succeeded", paid=paid, priced_on=priced_on, facts=facts, seed_returned=state.seed)

    def _ended(self, state: Ended) -> NoReturn:
        errand = self.errand
        now = errand.session.ledger.journal.job(self.job.id)
        if now is not None and now.state == "cancelled":  # by another process, whose word it is
            raise Refused(f"job {now.id} was cancelled.", "Run the same again to have it rendered after all.")
        self.job = errand.step(self.job, "failed", state.message, code=state.code, paid=state.micro_usd)
        said = errand.said(self.job, state.message, state.code)
        if state.kind == "moderated":
            raise Moderated(said, reason=state.message)
        raise FailedInside(said) if state.kind == "again" else Refused(said)

    async def _left(self) -> None:
        """Told to stop: what has not begun is cancelled where that saves money; all else is left to be gone on with."""
        errand, job = self.errand, self.job
        with contextlib.suppress(LongvidError, asyncio.TimeoutError):
            if await asyncio.wait_for(self._cancelled(), _STOPPING_S):
                return
        errand.say(f"job {job.id} goes on at {job.named}; run the same again to fetch it.")

    async def _cancelled(self) -> bool:
        """Whether the job was cancelled, for less than it would have cost."""
        errand, remote = self.errand, remote_job(self.job)
        if self._last is not None and not self._last.refundable:
            return False
        # The last look may be a while ago: what has begun since then would be paid for and thrown away.
        state = await errand.provider.poll(remote)
        if not (isinstance(state, Running) and state.refundable):
            return False
        refund = await errand.provider.cancel(remote)
        if refund.stopped and isinstance(await errand.provider.poll(remote), Succeeded):
            return False
        errand.say(f"job {self.job.id}: {refund.message}")
        if refund.stopped:
            errand.step(self.job, "cancelled", refund.message, paid=refund.micro_usd)
        return refund.stopped
