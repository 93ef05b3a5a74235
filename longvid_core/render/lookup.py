"""A job that may have been bought, its answer lost: found in the provider's list, or settled by a person's word, never else."""

from __future__ import annotations

import asyncio
import contextlib
import datetime

from ..errors import Interrupted, LongvidError, RenderFailed, StoreError, Unsettled
from ..models.job import Job
from ..money import amount
from ..providers.base import VideoRequest
from ..providers.faults import Transient
from ..providers.jobs import Lists, RemoteJob
from .errand import Errand

LOOKS = 3
"""How often a list is read before what it lacks is taken to be nowhere."""


def adopted(errand: Errand, job: Job, remote: RemoteJob) -> Job:
    """The job, known from now on by the provider's name for it. Where that cannot be written down, people are told it."""
    try:
        return errand.step(
            job,
            "submitted",
            remote_id=remote.id,
            extra=remote.extra,
            submitted=datetime.datetime.now(datetime.timezone.utc),
            prompt=remote.prompt_sent or job.prompt,
        )
    except StoreError:
        with contextlib.suppress(StoreError):
            errand.say(
                f"job {job.id} is {remote.id} at {job.named}, which cannot be written down. Once the store can be written again: "
                f"`longvid jobs resolve {job.id} adopt {remote.id}`",
                warning=True,
            )
        raise


def taken_by_another(errand: Errand, remote_id: str) -> bool:
    """Whether that is the provider's name for a job of another clip: both would be given the same one."""
    jobs = errand.session.ledger.journal.called(errand.take.backend.provider, remote_id)
    return any(job.render_key != errand.take.render_key for job in jobs)


async def listed(errand: Errand, job: Job, request: VideoRequest) -> Job:
    """The unknown job by the provider's list: `submitted` where that has it, `refused` where it was read more than once and has
    it not. Still `unknown` where there is no list, or none that can be read."""
    provider, session, backend = errand.provider, errand.session, errand.take.backend
    if not isinstance(provider, Lists):
        return job
    known = session.ledger.journal.remote_ids(job.provider)
    read = 0
    for look in range(LOOKS):
        if look:
            await errand.unless_stopped(asyncio.sleep(errand.interval))
        try:
            found = await errand.unless_stopped(provider.find(job.model, request, job.created, known))
        except Transient as fault:
            errand.say(f"{fault.what} Job {job.id} is looked up again.")
            continue
        except (Interrupted, StoreError):
            raise
        except LongvidError as error:  # it has a list, and cannot tell from it
            return errand.step(job, "unknown", f"{job.message} {error.what}")
        if found:
            errand.say(f"job {job.id} was taken in: {backend} lists it as {found.id}.")
            return adopted(errand, job, found)
        read += 1
    return errand.step(job, "refused", f"{backend} has no such job in its list") if read > 1 else job


async def decided(errand: Errand, job: Job) -> Job:
    """The unknown job as the setting `on_unknown` or the person decides: `submitted`, or `resubmit`.

    RenderFailed where it is dropped, Unsettled where nobody decides.
    """
    session, backend = errand.session, errand.take.backend
    if session.settings.on_unknown == "resubmit":
        errand.say(f"job {job.id} may have been bought; it is submitted again (on_unknown: resubmit).", warning=True)
        return errand.step(job, "resubmit", "submitted again, as on_unknown says")
    decision = await asyncio.to_thread(session.decide, job)
    while decision is not None and decision.remote_id and taken_by_another(errand, decision.remote_id):
        errand.say(f"{decision.remote_id} is another job of this store.", warning=True)
        decision = await asyncio.to_thread(session.decide, job)
    if decision is not None and decision.what == "adopt" and decision.remote_id:
        return adopted(errand, job, RemoteJob(id=decision.remote_id, model=job.model))
    if decision is not None and decision.what == "resubmit":
        return errand.step(job, "resubmit", "submitted again, as you said")
    if decision is not None and decision.what == "drop":
        errand.step(job, "dropped", "given up, as you said")
        raise RenderFailed(f"job {job.id} was dropped.", *ways_back(errand, job))
    raise Unsettled(
        f"job {job.id} at {backend} may have been bought (up to {amount(job.held_micro_usd)}): {job.message}",
        f"`longvid jobs resolve {job.id} adopt ID` where the provider's site shows it under an ID; "
        f"`longvid jobs resolve {job.id} resubmit` to buy it again; `longvid jobs resolve {job.id} drop` to give it up.",
    )


def ways_back(errand: Errand, job: Job) -> tuple[str, ...]:
    """What to do about a job that was given up."""
    index = errand.take.segment.index
    return (f"`longvid jobs resolve {job.id} resubmit` asks for it anew, --reroll {index} for another take.",)
