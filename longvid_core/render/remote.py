"""One clip from a remote provider: submitted once, waited for, fetched, checked. Everything is journaled before the next step.

What a crash, a cancel or a lost answer leaves in the journal is gone on with: nothing that may have been bought is bought again
without a person's word (setting `on_unknown`, or `longvid jobs resolve`).
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import os
import random
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeVar

from ..errors import Interrupted, LongvidError, RenderFailed, Unreadable, Unsettled
from ..events import Notice, Progress, SegmentStarted
from ..files import settle, sha256_file, writing
from ..models.clip import Clip
from ..models.job import UNSETTLED, Job, JobStep
from ..providers.base import VideoRequest
from ..providers.faults import Moderated, ProviderFault, Refused, Transient
from ..providers.jobs import Ended, Lists, RemoteJob, RemoteVideo, Running, Succeeded
from ..retry import persistently, unless
from .attempt import taken_in
from .fitting import fit_prompt
from .lanes import Lane
from .rewording import in_other_words
from .session import Session

if TYPE_CHECKING:
    from .segment import Take

T = TypeVar("T")

SUFFIX = ".mp4"
_JITTER = 0.1
_GRACE_S = 10
"""How long an answer under way is waited for after one was told to stop: without it the job would be unknown."""
_CANCEL_S = 5
_LOOKS = 3
_FETCHES = 3


async def rendered_far_away(take: Take, lane: Lane, session: Session) -> Clip:
    """The take's clip from its provider, verified and in the store. The caller holds the take's key.

    Goes on with what the journal has of it. Raises Unsettled where only a person can say how to go on, OverBudget where the next
    submit might cost too much, Interrupted when told to stop; else a LongvidError that names code and cost.
    """
    return await _Far(take, session.renderers.remote(take.backend), lane, session).clip()


@dataclass
class _Far:
    take: Take
    provider: RemoteVideo
    lane: Lane
    session: Session
    _again: int = 0
    """Jobs that failed by the provider's own fault."""
    _busy: int = 0
    """Times in a row that it was too much for the provider."""
    _last: Running = field(default_factory=Running)
    _started: bool = False

    # -- the whole way ---------------------------------------------------------------------------------------------------------

    async def clip(self) -> Clip:
        job = self._begun()
        for number in range(_FETCHES):
            if job is None or job.state not in ("succeeded", "downloaded"):
                job = await self._done(job)
            job = await self._fetched(job)
            try:
                return await self._kept(job)
            except Unreadable as error:
                if number + 1 == _FETCHES:
                    self._step(job, "failed", f"what came cannot be used: {error.what}", code="unreadable")
                    raise RenderFailed(self._said(job, f"what came cannot be used: {error.what}", "unreadable")) from error
                self._say(f"what came cannot be used ({error.what}) It is fetched again.")
                job = self._step(job, "succeeded")
        raise AssertionError("the last round returns or raises")

    def _begun(self) -> Job | None:
        """The job to go on with, now ours; None where there is none. RenderFailed for a take that was given up."""
        journal = self.session.ledger.journal
        jobs = journal.of(self.take.render_key)
        if jobs and jobs[-1].state == "dropped":
            last = jobs[-1].id
            raise RenderFailed(
                f"its job {last} at {self.take.backend} was dropped.",
                f"`longvid jobs resolve {last} resubmit` asks for it anew, --reroll {self.take.segment.index} for another take.",
            )
        job = journal.open_of(self.take.render_key)
        if job is None:
            return None
        self._start()
        self._say(f"goes on with job {job.id} at {job.named} ({job.state}).")
        return journal.take_over(job.id, self.session.run_id)

    async def _done(self, job: Job | None) -> Job:
        """The job that has a clip to fetch; refused words are put into others."""

        async def ask(request: VideoRequest) -> Job:
            nonlocal job
            job, before = None, job
            return await self._persisted(before, request)

        def other(request: VideoRequest, words: str) -> VideoRequest:
            fitted = fit_prompt(words, request.visual, self.take.backend.entry.prompt_limit).sent
            return request.model_copy(update={"prompt": words, "fitted": fitted})

        return await in_other_words(self.take.request, ask, other, self.take.segment.id, self.session, self._say)

    async def _persisted(self, job: Job | None, request: VideoRequest) -> Job:
        """The job done, submitted again where nothing was bought, or where it failed by the provider's own fault."""
        rules = self.session.settings.retry

        def again(fault: Transient, attempt: int, wait_s: float) -> None:
            self._say(f"{fault.what} It is submitted again in {wait_s:.1f} s.")

        async def once() -> Job:
            nonlocal job
            job, before = None, job
            return await self._in_lane(before, request)

        # A call is never cut off here by an interruption: each wait inside looks for itself, and lets answers arrive
        return await persistently(once, rules, interrupted=self.session.interrupted, again=again, patient=True)

    async def _in_lane(self, job: Job | None, request: VideoRequest) -> Job:
        """One job from its submit to its end, in a place of the lane. `job`: one that is under way already."""
        until = time.monotonic() + self.session.settings.remote.deadline_s
        while True:
            async with self.lane:
                try:
                    job = await self._settled(job, request) if job else await self._submitted(request)
                except Transient as fault:
                    if not fault.busy or time.monotonic() > until:
                        raise
                    wait = self._breath(fault)
                    self._say(f"{fault.what} It is submitted again in {wait:.1f} s.")
                else:
                    self._busy = 0
                    done = await self._waited(job)
                    await self.lane.widen()
                    return done
            self.lane.narrow_to_those_inside()
            job = None
            await self._unless_stopped(asyncio.sleep(wait))

    def _breath(self, fault: Transient) -> float:
        """How long to wait after too much was asked: as the provider says, else a random time whose bound doubles."""
        rules = self.session.settings.retry
        self._busy += 1
        if fault.retry_after is not None:
            return min(fault.retry_after, rules.longest_wait_s)
        return random.uniform(0.5, 1) * min(rules.longest_wait_s, rules.first_wait_s * 2 ** min(self._busy, 10))

    # -- submitting -------------------------------------------------------------------------------------------------------------

    async def _submitted(self, request: VideoRequest) -> Job:
        """A new job, written down before it is asked for. Raises what the provider answered, and Unsettled."""
        take, session = self.take, self.session
        session.check()
        job = session.told_of(
            session.ledger.journal.intend(
                run=session.run_id,
                segment=take.segment.id,
                index=take.segment.index,
                render_key=take.render_key,
                provider=take.backend.provider,
                model=take.backend.model,
                prompt=request.prompt_sent,
                seed=request.seed,
                hold=take.price[1],
                budget=session.budget_micro_usd,
            )
        )
        self._start()
        try:
            remote = await self._answered(self.provider.submit(take.backend.model, request))
        except Transient as fault:
            if fault.sent:
                self._step(job, "unknown", fault.what)
                return await self._looked_up(job, request)
            self._step(job, "refused", fault.what)
            raise
        except ProviderFault as fault:
            self._step(job, "refused", fault.what)
            raise
        except Interrupted:
            self._step(job, "unknown", "told to stop before the provider answered")
            raise
        except LongvidError as error:  # a picture that cannot be read, say: nothing was sent
            self._step(job, "refused", error.what)
            raise
        except Exception as error:
            self._step(job, "unknown", f"{type(error).__name__}: {error}")
            return await self._looked_up(job, request)
        return self._adopted(job, remote)

    async def _answered(self, call: Awaitable[T]) -> T:
        """What the call gives. One that is told to stop still waits a little: the answer says what was bought."""
        task = asyncio.ensure_future(call)
        with contextlib.suppress(Interrupted):
            return await unless(self.session.interrupted, asyncio.shield(task))
        done, _ = await asyncio.wait({task}, timeout=_GRACE_S)
        if done:
            return task.result()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await task
        raise Interrupted("interrupted while a provider was being asked.", "Run the same again: what it became is looked up.")

    def _adopted(self, job: Job, remote: RemoteJob) -> Job:
        """The job, known by the provider's name for it."""
        return self._step(
            job,
            "submitted",
            remote_id=remote.id,
            extra=remote.extra,
            submitted=datetime.datetime.now(datetime.timezone.utc),
            prompt=remote.prompt_sent or job.prompt,
        )

    async def _settled(self, job: Job, request: VideoRequest) -> Job:
        """A job of an earlier run, known by its id: one that may have been bought is looked up."""
        if job.state not in UNSETTLED:
            return job
        if job.state == "intent":
            job = self._step(job, "unknown", "the process ended before the provider's answer was written down")
        return await self._looked_up(job, request.model_copy(update={"fitted": job.prompt}))

    async def _looked_up(self, job: Job, request: VideoRequest) -> Job:
        """What an unknown job became: by listing at the provider, by the setting, by asking the person. Else Unsettled.

        Transient where it is settled that it may be submitted (again).
        """
        if isinstance(self.provider, Lists):
            if found := await self._found(self.provider, job, request):
                self._say(f"job {job.id} was taken in: {self.take.backend} lists it as {found.id}.")
                return self._adopted(job, found)
        elif self.session.settings.on_unknown == "resubmit":
            self._say(f"job {job.id} may have been bought; it is submitted again (on_unknown: resubmit).", warning=True)
            self._step(job, "resubmit", "submitted again, as on_unknown says")
            self._may_submit(job)
        decision = await asyncio.to_thread(self.session.ask, job)
        if decision is not None and decision.what == "adopt" and decision.remote_id:
            return self._adopted(job, RemoteJob(id=decision.remote_id, model=job.model))
        if decision is not None and decision.what == "resubmit":
            self._step(job, "resubmit", "submitted again, as you said")
            self._may_submit(job)
        if decision is not None and decision.what == "drop":
            self._step(job, "dropped", "given up, as you said")
            raise RenderFailed(f"its job {job.id} at {self.take.backend} was dropped.")
        raise Unsettled(
            f"job {job.id} at {self.take.backend} may have been bought (up to ${job.held_micro_usd / 1e6:.2f}): {job.message}",
            f"`longvid jobs resolve {job.id} adopt ID` where the provider's site shows it under an ID; "
            f"`longvid jobs resolve {job.id} resubmit` to buy it again; `... drop` to give it up.",
        )

    async def _found(self, provider: Lists, job: Job, request: VideoRequest) -> RemoteJob | None:
        """The job in the provider's list. Where that was read, more than once, and has it not, nothing was bought: Transient."""
        known = self.session.ledger.journal.remote_ids(job.provider)
        read = 0
        for look in range(_LOOKS):
            if look:
                await self._unless_stopped(asyncio.sleep(self._interval))
            try:
                found = await self._unless_stopped(provider.find(job.model, request, job.created, known))
            except Transient as fault:
                self._say(f"{fault.what} It is looked up again.")
                continue
            if found:
                return found
            read += 1
        if read < 2:
            return None
        self._step(job, "refused", f"{self.take.backend} has no such job in its list")
        self._may_submit(job)

    def _may_submit(self, job: Job) -> NoReturn:
        raise Transient(f"job {job.id} is out of the way.", retry_after=0)

    # -- waiting ----------------------------------------------------------------------------------------------------------------

    async def _waited(self, job: Job) -> Job:
        """The job once it has a clip. Raises Transient, Moderated or Refused where it gave none."""
        limit_s = self.session.settings.remote.deadline_s
        began = time.monotonic()
        fresh = job.state == "submitted" and job.run == self.session.run_id
        wait = self._interval if fresh else 0.0  # of an earlier run's job something may be known at once
        try:
            while True:
                await self._unless_stopped(asyncio.sleep(wait * random.uniform(1, 1 + _JITTER)))
                state, wait = await self._polled(job)
                if isinstance(state, Succeeded):
                    return self._succeeded(job, state)
                if isinstance(state, Ended):
                    self._ended(job, state)
                if isinstance(state, Running):
                    self._last = state
                    if job.state != "running" and not state.queued:
                        job = self._step(job, "running")
                    self._tell(state, time.monotonic() - began)
                if time.monotonic() - began > limit_s:
                    raise RenderFailed(
                        self._said(job, f"it was not done after {limit_s:g} s", "deadline"),
                        f"It goes on at the provider. Run the same again to go on waiting, or `longvid jobs cancel {job.id}`.",
                    )
        except Interrupted:
            await self._left(job)
            raise

    async def _polled(self, job: Job) -> tuple[Running | Succeeded | Ended | None, float]:
        """How the job is (None: no answer), and how long to wait before asking again."""
        try:
            return await self._unless_stopped(self.provider.poll(_remote(job))), self._interval
        except Transient as fault:
            self._say(fault.what)
            return None, max(self._interval, min(fault.retry_after or 0.0, self.session.settings.retry.longest_wait_s))
        except Refused as fault:
            if not fault.everything:  # it is not there any more
                self._step(job, "failed", fault.what, code="gone")
            raise

    def _succeeded(self, job: Job, state: Succeeded) -> Job:
        paid = state.micro_usd if state.micro_usd is not None else self.take.price[1]
        facts = {**state.facts, **({"prompt_sent": state.prompt} if state.prompt else {})}
        paid_now = None if job.micro_usd is not None else paid
        return self._step(job, "succeeded", paid=paid_now, facts=facts, seed_returned=state.seed)

    def _ended(self, job: Job, state: Ended) -> NoReturn:
        job = self._step(job, "failed", state.message, code=state.code, paid=state.micro_usd or 0)
        said = self._said(job, state.message, state.code)
        if state.kind == "moderated":
            raise Moderated(said, reason=state.message)
        self._again += 1
        if state.kind == "again" and self._again <= self.session.settings.remote.retries:
            raise Transient(said)
        raise Refused(said)

    async def _left(self, job: Job) -> None:
        """Told to stop: what costs less when it is cancelled is; everything else is left to be gone on with."""
        if not self._last.refundable:
            self._say(f"job {job.id} goes on at {job.named}; run the same again to fetch it.")
            return
        with contextlib.suppress(LongvidError, asyncio.TimeoutError):
            refund = await asyncio.wait_for(self.provider.cancel(_remote(job)), _CANCEL_S)
            if refund.stopped:
                self._step(job, "cancelled", refund.message, paid=refund.micro_usd or 0)
            self._say(f"job {job.id}: {refund.message}")

    def _tell(self, state: Running, waited_s: float) -> None:
        """How far the job is: as the provider says, else by how long its model usually takes."""
        done = state.progress
        if done is None:
            typical = self.take.backend.entry.typical_s
            done = min(0.95, waited_s / typical) if typical else 0.0
        self.session.emit(Progress(stage="clips", id=self.take.segment.id, unit="percent", done=round(100 * done), total=100))

    # -- fetching ---------------------------------------------------------------------------------------------------------------

    async def _fetched(self, job: Job) -> Job:
        """The job's clip on this disk, byte for byte as it came."""
        session = self.session
        if job.state == "downloaded" and job.file and job.file_sha256:
            there = session.store.incoming(job.file)
            if there.is_file() and await asyncio.to_thread(sha256_file, there) == job.file_sha256:
                return job
        file = f"{job.id}-{job.render_key[:16]}{SUFFIX}"
        part = session.scratch / f"{file}-{os.urandom(4).hex()}.part"

        def again(fault: Transient, attempt: int, wait_s: float) -> None:
            self._say(f"{fault.what} It is fetched again in {wait_s:.1f} s.")

        try:
            fetch = partial(self.provider.fetch, _remote(job), part)
            await persistently(fetch, session.settings.retry, interrupted=session.interrupted, again=again)
            sha256 = await asyncio.to_thread(sha256_file, part)
            with writing(session.store.incoming(file)):
                settle(part, session.store.incoming(file))
        except Refused as fault:
            if fault.everything:
                raise
            self._step(job, "failed", fault.what, code="gone")
            raise RenderFailed(self._said(job, fault.what, "gone"), *fault.way_out) from fault
        finally:
            part.unlink(missing_ok=True)
        return self._step(job, "downloaded", file=file, file_sha256=sha256)

    async def _kept(self, job: Job) -> Clip:
        """The clip, verified and in the store. Unreadable where it is not whole."""
        assert job.file is not None
        file = self.session.store.incoming(job.file)
        made = {"job": job.remote_id, "prompt_sent": job.facts.get("prompt_sent", job.prompt), "received_sha256": job.file_sha256}
        if job.seed_returned is not None:
            made["seed_returned"] = str(job.seed_returned)
        try:
            clip = await asyncio.to_thread(taken_in, self.take, file, {**job.facts, **made}, self.session)
        except (Unreadable, RenderFailed):
            file.unlink(missing_ok=True)
            raise
        self._step(job, "verified")
        asked, came = self.take.request.frames / float(self.take.request.fps), clip.frames / float(clip.fps)
        if abs(came - asked) > max(0.1, 0.05 * asked):
            self._say(f"{self.take.backend} made {came:.1f} s, and was asked for {asked:.1f} s.", warning=True)
        return clip

    # -- plumbing ----------------------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        if not self._started:
            self._started = True
            segment = self.take.segment
            self.session.emit(SegmentStarted(id=segment.id, index=segment.index, backend=str(self.take.backend)))

    @property
    def _interval(self) -> float:
        """Seconds between two looks at a job."""
        return self.session.settings.poll_interval or self.take.backend.entry.poll_s

    def _step(self, job: Job, state: JobStep, message: str | None = None, *, paid: int | None = None, **values: Any) -> Job:
        return self.session.told_of(self.session.ledger.journal.step(job.id, state, message, paid=paid, **values), paid)

    async def _unless_stopped(self, work: Awaitable[T]) -> T:
        return await unless(self.session.interrupted, work)

    def _said(self, job: Job, message: str, code: str) -> str:
        """Why there is no clip: provider, code, what was paid."""
        found = self.session.ledger.journal.job(job.id)
        paid = (found.micro_usd if found else None) or 0
        return f"{job.named}: {message.rstrip('.')} ({code}; job {job.id}; paid ${paid / 1e6:.2f})."

    def _say(self, message: str, *, warning: bool = False) -> None:
        segment = self.take.segment
        level: Literal["warning", "info"] = "warning" if warning else "info"
        self.session.emit(Notice(level=level, message=f"segment {segment.index} ({segment.id}): {message}"))


def _remote(job: Job) -> RemoteJob:
    assert job.remote_id is not None
    return RemoteJob(id=job.remote_id, model=job.model, extra=job.extra)
