"""One clip from a remote provider: submitted once, waited for, fetched, checked. Everything is journaled before the next step.

What a crash, a cancel or a lost answer leaves in the journal is gone on with: nothing that may have been bought is bought again
without a person's word (setting `on_unknown`, or `longvid jobs resolve`).
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from ..errors import Interrupted, LongvidError, MissingTool, OverBudget, RenderFailed, StoreError, Unsettled
from ..models.clip import Clip
from ..models.job import UNSETTLED, Job
from ..money import amount
from ..providers.base import VideoRequest
from ..providers.faults import Transient
from ..retry import persistently, unless
from .errand import Errand
from .fetching import clip_of
from .fitting import fit_prompt
from .lanes import Lane
from .lookup import adopted, decided, listed, taken_by_another, ways_back
from .rewording import in_other_words
from .session import Session
from .waiting import FailedInside, Lost, Waiting

if TYPE_CHECKING:
    from .segment import Take

T = TypeVar("T")

_GRACE_S = 10
"""How long an answer under way is waited for after one was told to stop: without it the job would be unknown."""


async def rendered_far_away(take: Take, lane: Lane, session: Session) -> Clip:
    """The take's clip from its provider, verified and in the store. The caller holds the take's key.

    Goes on with what the journal has of it. Raises Unsettled where only a person can say how to go on, OverBudget where the next
    submit might cost too much, Interrupted when told to stop; else RenderFailed that names the provider, its code and what was
    paid.
    """
    errand = Errand(take, session.renderers.remote(take.backend), session)
    try:
        return await _Far(errand, lane).clip()
    except (Interrupted, MissingTool, OverBudget, StoreError, Unsettled):
        raise
    except Exception as error:
        said, way_out = (error.what, error.way_out) if isinstance(error, LongvidError) else (f"{errand.in_words(error)}.", ())
        paid = sum(job.micro_usd or 0 for job in session.ledger.journal.of(take.render_key))
        raise RenderFailed(f"{take.backend}: {said} Paid for it: {amount(paid)}.", *way_out) from error


@dataclass
class _Far:
    errand: Errand
    lane: Lane
    _failed: int = 0
    """Jobs that failed by the provider's own fault."""
    _busy: int = 0
    """Times in a row that it was too much for the provider."""
    _busy_since: float = 0.0
    _crowded: bool = False
    """Whether what was held for others, when the newest submit was too much, may be more than they come to."""

    @property
    def _session(self) -> Session:
        return self.errand.session

    # -- the whole way ---------------------------------------------------------------------------------------------------------

    async def clip(self) -> Clip:
        job = self._begun()
        if job is not None and job.state in UNSETTLED:
            job = await self._settled(job)
        if job is None or job.state not in ("succeeded", "downloaded"):
            job = await self._done(job)
        return await clip_of(self.errand, job)

    def _begun(self) -> Job | None:
        """The job to go on with, now ours; None where there is none. RenderFailed for a take that was given up."""
        errand, journal = self.errand, self._session.ledger.journal
        jobs = journal.of(errand.take.render_key)
        if jobs and jobs[-1].state == "dropped":
            raise RenderFailed(f"job {jobs[-1].id} was dropped.", *ways_back(errand, jobs[-1]))
        job = journal.open_of(errand.take.render_key)
        if job is None:
            return None
        errand.start()
        errand.say(f"goes on with job {job.id} at {job.named} ({job.state}).")
        return journal.take_over(job.id, self._session.run_id)

    async def _settled(self, job: Job) -> Job | None:
        """An earlier run's job that may have been bought: known by its name, or None where it may be submitted."""
        errand = self.errand
        if job.remote_id is not None:  # it has a name, and was not known by it then: now it may be
            return errand.step(job, "submitted")
        if job.state == "intent":
            job = errand.step(job, "unknown", "the process ended before the provider's answer was written down")
        request = errand.take.request.model_copy(update={"fitted": job.prompt})
        job = await listed(errand, job, request)
        if job.state == "unknown":
            job = await decided(errand, job)
        return job if job.state == "submitted" else None

    async def _done(self, job: Job | None) -> Job:
        """The job that has a clip to fetch; refused words are put into others."""
        take = self.errand.take

        async def ask(request: VideoRequest) -> Job:
            nonlocal job
            job, before = None, job
            return await self._persisted(before, request)

        def other(request: VideoRequest, words: str) -> VideoRequest:
            fitted = fit_prompt(words, request.visual, take.backend.entry.prompt_limit).sent
            return request.model_copy(update={"prompt": words, "fitted": fitted})

        return await in_other_words(take.request, ask, other, take.segment.id, self._session, self.errand.say)

    async def _persisted(self, job: Job | None, request: VideoRequest) -> Job:
        """The job done, submitted again where nothing was bought, or where it failed by the provider's own fault."""
        errand, rules = self.errand, self._session.settings.retry

        def again(fault: Transient, attempt: int, wait_s: float) -> None:
            errand.say(f"{fault.what} It is submitted again in {wait_s:.1f} s.")

        async def once() -> Job:
            nonlocal job
            job, before = None, job
            return await self._in_lane(before, request)

        while True:
            try:
                # A call is never cut off here by an interruption: each wait inside looks for itself, and lets answers arrive
                return await persistently(once, rules, interrupted=self._session.interrupted, again=again, patient=True)
            except FailedInside as failed:
                self._failed += 1
                if self._failed > self._session.settings.remote.retries:
                    raise
                wait = self._breath(self._failed)
                errand.say(f"{failed.what} It is submitted again in {wait:.1f} s.")
                await errand.unless_stopped(asyncio.sleep(wait))

    async def _in_lane(self, job: Job | None, request: VideoRequest) -> Job:
        """One job from its submit to its end, in a place of the lane. `job`: one that is at the provider already."""
        while True:
            try:
                async with self.lane.counted() if job is not None else self.lane:
                    job = job or await self._submitted(request)
                    self._busy = 0
                    done = await Waiting(self.errand, job).done()
                    await self.lane.widen()
                    return done
            except Transient as fault:
                if not fault.busy:
                    raise
                self._busy_since = self._busy_since if self._busy else time.monotonic()
                if time.monotonic() - self._busy_since > self._session.settings.remote.deadline_s:
                    raise
                self.lane.narrow_to_those_inside()
                self._busy += 1
                wait = self._breath(self._busy, fault)
                self.errand.say(f"{fault.what} It is submitted again in {wait:.1f} s.")
                await self.errand.unless_stopped(asyncio.sleep(wait))
            except Lost as lost:  # nobody else has to wait for the person's answer
                job = await decided(self.errand, lost.job)
                if job.state != "submitted":
                    raise Transient(f"job {job.id} may have been bought.", retry_after=0) from lost
            except OverBudget:
                if not self._crowded:
                    raise
                await self.errand.unless_stopped(asyncio.sleep(self.errand.interval))
            finally:
                self._session.held_by.discard(self.errand.take.render_key)

    def _breath(self, times: int, fault: Transient | None = None) -> float:
        """Seconds to wait: as the provider says, but never none at all; else a random time whose bound doubles each time."""
        rules = self._session.settings.retry
        if fault is not None and fault.retry_after is not None:
            return min(max(fault.retry_after, rules.first_wait_s), rules.longest_wait_s)
        return random.uniform(0.5, 1) * min(rules.longest_wait_s, rules.first_wait_s * 2 ** min(times - 1, 10))

    # -- submitting -------------------------------------------------------------------------------------------------------------

    async def _submitted(self, request: VideoRequest) -> Job:
        """A new job, written down before it is asked for, and known by its name after.

        Raises what the provider answered, Transient where its list has no such job, Lost where nobody knows.
        """
        errand = self.errand
        self._session.check()
        errand.start()
        job: Job | None = None

        def sending() -> None:
            nonlocal job
            self._session.check()
            job = self._intended(request)

        try:
            remote = await self._answered(errand.provider.submit(errand.take.backend.model, request, sending))
        except Transient as fault:
            if not fault.sent:
                if job is not None:
                    errand.step(job, "refused", fault.what)
                raise
            job = errand.step(job or self._intended(request, bought=True), "unknown", fault.what)
        except Interrupted:
            if job is not None:
                errand.step(job, "unknown", "told to stop before the provider answered")
            raise
        except LongvidError as error:  # the provider's no; or a picture that cannot be read, say, before anything is sent
            if job is not None:
                errand.step(job, "refused", error.what)
            raise
        except Exception as error:
            if job is None:
                raise RenderFailed(f"{errand.take.backend} cannot be asked: {errand.in_words(error)}") from error
            job = errand.step(job, "unknown", errand.in_words(error))
        else:  # and where a provider did not say so before, it is written down all the same
            job = job or self._intended(request, bought=True)
            if not taken_by_another(errand, remote.id):
                return adopted(errand, job, remote)
            job = errand.step(job, "unknown", f"{errand.take.backend} answered with the id of another job, {remote.id}")
        lost = job.message
        job = await listed(errand, job, request)
        if job.state == "submitted":
            return job
        if job.state == "refused":
            raise Transient(f"{lost} {job.message}.")
        raise Lost(job)

    def _intended(self, request: VideoRequest, *, bought: bool = False) -> Job:
        """The job as it is about to be asked for, and what it may cost at most held for it. OverBudget where that is too much.

        bought: it was asked for already, and is only told of.
        """
        take, session = self.errand.take, self._session
        budget = None if bought else session.budget_micro_usd
        self._crowded = False
        if budget is not None and take.backend.entry.price is None:
            raise OverBudget(
                f"there is a budget, and the price of {take.backend} is not known.",
                "Choose another backend (`longvid backends`), or leave the budget out.",
            )
        self._crowded = bool(session.held_by)  # now: by the time the refusal is heard they may be done
        job = session.ledger.journal.intend(
            run=session.run_id,
            segment=take.segment.id,
            index=take.segment.index,
            render_key=take.render_key,
            provider=take.backend.provider,
            model=take.backend.model,
            prompt=request.prompt_sent,
            seed=request.seed,
            hold=take.price[1],
            budget=budget,
        )
        session.held_by.add(take.render_key)
        return session.told_of(job)

    async def _answered(self, call: Awaitable[T]) -> T:
        """What the call gives. One that is told to stop still waits a little: the answer says what was bought."""
        task = asyncio.ensure_future(call)
        with contextlib.suppress(Interrupted):
            return await unless(self._session.interrupted, asyncio.shield(task))
        done, _ = await asyncio.wait({task}, timeout=_GRACE_S)
        if done:
            return task.result()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await task
        raise Interrupted("interrupted while a provider was being asked.", "Run the same again: what it became is looked up.")
