"""A finished remote job's clip: fetched byte for byte, checked whole, kept in the store."""

from __future__ import annotations

import asyncio
import os
from functools import partial

from ..errors import RenderFailed, StoreError, Unreadable
from ..files import settle, sha256_file, writing
from ..models.clip import Clip
from ..models.job import Job
from ..providers.faults import Refused, Transient
from ..retry import persistently
from .attempt import taken_in
from .errand import Errand, remote_job

SUFFIX = ".mp4"
_FETCHES = 3
_KEPT = (
    "It is paid for and kept at the provider for a while: run the same again to fetch it. Where it never comes, --reroll its "
    "segment, which buys another."
)
_ANEW = "What was paid for it is lost: the same command again buys another."


async def clip_of(errand: Errand, job: Job) -> Clip:
    """The clip of a job that is done, verified and in the store.

    RenderFailed where the provider keeps it no longer, or nothing that it sends can be used. A clip that cannot be fetched now
    is left to be fetched by the next run.
    """
    for number in range(_FETCHES):
        job = await _fetched(errand, job)
        try:
            return await _kept(errand, job)
        except (Unreadable, RenderFailed) as error:
            said = f"what came cannot be used: {error.what}"
            if number + 1 == _FETCHES or isinstance(error, RenderFailed):
                errand.step(job, "failed", said, code="unusable")
                raise errand.failed(job, said, _ANEW, code="unusable") from error
            errand.say(f"job {job.id}: {said} It is fetched again.")
            job = errand.step(job, "succeeded")
    raise AssertionError("the last round returns or raises")


async def _fetched(errand: Errand, job: Job) -> Job:
    """The job with its clip on this disk, as it came."""
    session = errand.session
    if job.state == "downloaded" and job.file and job.file_sha256:
        there = session.store.incoming(job.file)
        if there.is_file() and await asyncio.to_thread(sha256_file, there) == job.file_sha256:
            return job
    file = f"{job.id}-{job.render_key[:16]}{SUFFIX}"
    part = session.scratch / f"{file}-{os.urandom(4).hex()}.part"

    def again(fault: Transient, attempt: int, wait_s: float) -> None:
        errand.say(f"{fault.what} It is fetched again in {wait_s:.1f} s.")

    try:
        fetch = partial(errand.provider.fetch, remote_job(job), part)
        await persistently(fetch, session.settings.retry, interrupted=session.interrupted, again=again)
        sha256 = await asyncio.to_thread(sha256_file, part)
        with writing(session.store.incoming(file)):
            await asyncio.to_thread(settle, part, session.store.incoming(file))
    except StoreError as error:
        raise StoreError(error.what, *error.way_out, _KEPT) from error
    except Transient as fault:
        raise errand.failed(job, fault.what, *fault.way_out, _KEPT, code="not fetched") from fault
    except Refused as fault:
        if fault.everything:
            raise errand.failed(job, fault.what, *fault.way_out, _KEPT, code="not fetched") from fault
        errand.step(job, "failed", fault.what, code="gone")
        raise errand.failed(job, fault.what, *fault.way_out, _ANEW, code="gone") from fault
    finally:
        part.unlink(missing_ok=True)
    return errand.step(job, "downloaded", file=file, file_sha256=sha256)


async def _kept(errand: Errand, job: Job) -> Clip:
    """The clip, verified and in the store. Unreadable where it is not whole, RenderFailed where it is something else."""
    assert job.file is not None
    session, take = errand.session, errand.take
    file = session.store.incoming(job.file)
    made = {"job": job.remote_id, "prompt_sent": job.facts.get("prompt_sent", job.prompt), "received_sha256": job.file_sha256}
    if job.seed_returned is not None:
        made["seed_returned"] = str(job.seed_returned)
    try:
        clip = await asyncio.to_thread(taken_in, take, file, {**job.facts, **made}, session)
    except StoreError:
        raise  # the disk's fault: what was fetched stays
    except (Unreadable, RenderFailed):
        file.unlink(missing_ok=True)
        raise
    errand.step(job, "verified")
    asked, came = take.request.frames / float(take.request.fps), clip.frames / float(clip.fps)
    if abs(came - asked) > max(0.1, 0.05 * asked):
        errand.say(f"{take.backend} made {came:.1f} s, and was asked for {asked:.1f} s.", warning=True)
    return clip
