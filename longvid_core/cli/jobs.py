"""`longvid jobs`: the store's runs and its jobs at remote providers: going on with them, stopping them, settling them."""

from __future__ import annotations

import contextlib
import datetime
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .options import Config, Json

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ..models.job import Decision, Job
    from ..providers.jobs import RemoteJob
    from .ledgers import Books
    from .standing import Standing

jobs = typer.Typer(help="List this store's runs and remote jobs, go on with them, cancel them, settle what is not known.")
_STYLES = {"done": "green", "failed": "red", "interrupted": "yellow", "killed": "yellow", "running": "cyan"}
_MOST = 100_000
_LOOK_S = 20
"""How long a job that is adopted is looked for at its provider."""

Limit = Annotated[int, typer.Option("--limit", metavar="N", min=1, max=10000, help="The newest N.")]
Every = Annotated[bool, typer.Option("--all", help="Every remote job, also those that are settled.")]
Id = Annotated[int, typer.Argument(metavar="ID", help="A remote job's number, as `longvid jobs` shows it.")]


@jobs.callback(invoke_without_command=True)
def overview(context: typer.Context, every: Every = False, as_json: Json = False, config: Config = None) -> None:
    """List this store's runs and remote jobs, go on with them, cancel them, settle what is not known.

    Without a subcommand: the list.
    """
    if context.invoked_subcommand is None:
        _list(20, every, as_json, config)


@jobs.command("list")
def list_(limit: Limit = 20, every: Every = False, as_json: Json = False, config: Config = None) -> None:
    """List the newest runs, and the remote jobs that are under way or not settled."""
    _list(limit, every, as_json, config)


@jobs.command()
def show(job: Id, as_json: Json = False, config: Config = None) -> None:
    """Show one remote job and its journal: every step, when it was taken, and why."""
    from .ledgers import looked_at
    from .reporting import reporter
    from .standing import Standing, details

    with looked_at(config) as books:
        standing = Standing.of(_found(job, books), books)
        notes = books.ledger.journal.notes(job)
        value = {"event": "done", "job": standing.value, "notes": [note.json_value() for note in notes]}
        reporter(as_json).show(details(standing, notes), value)


@jobs.command()
def resume(
    run: Annotated[
        str | None,
        typer.Argument(metavar="[RUN]", help="A run's id (default: the newest with open jobs, else that did not end well)."),
    ] = None,
    config: Config = None,
    as_json: Json = False,
) -> int:
    """Run a run's command again, in its folder. What it had finished is not rendered twice; its jobs are gone on with."""
    from ..errors import BadInput
    from .entry import main
    from .ledgers import looked_at
    from .standing import typed

    with looked_at(config) as books:
        found = _to_resume(books) if run is None else _run(run, books)
    words = typed(found["command"])
    if not words:
        raise BadInput(f"run {found['id']} was not started from the command line.", "Queue its workflow again.")
    try:
        os.chdir(found["folder"])
    except OSError as error:
        raise BadInput(
            f"the folder {found['folder']} of run {found['id']} is gone.",
            "Make it again, or run the command elsewhere: " + found["command"],
        ) from error
    args = words[1:]
    if as_json and "--json" not in args:
        args.append("--json")
    return main(args)


@jobs.command()
def cancel(job: Id, as_json: Json = False, config: Config = None) -> None:
    """Stop a remote job at its provider, and say what that means for the money."""
    from . import runs
    from .ledgers import opened

    with opened(config) as books:
        wanted = _found(job, books)
        done, said = runs.wait(_cancelled(wanted, books))
        _settled(done, said, as_json, books, cancelled=done.state == "cancelled")


@jobs.command()
def resolve(
    job: Id,
    what: Annotated[str, typer.Argument(metavar="adopt|resubmit|drop", help="What became of it, or what is to become of it.")],
    remote: Annotated[
        str | None, typer.Argument(metavar="[REMOTE]", help="With adopt: the job's id, as the provider's site shows it.")
    ] = None,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Settle a remote job that may have been bought, its answer being lost.

    adopt REMOTE: it is that job at the provider; the next run goes on with it. resubmit: the next run buys it again, whatever
    became of this one. drop: this take is given up; nothing is submitted for it any more.
    """
    from ..errors import BadInput
    from ..models.job import Decision
    from . import runs
    from .ledgers import opened

    if what not in ("adopt", "resubmit", "drop"):
        raise BadInput(f"a job is not resolved by {what!r}.", "It is adopt REMOTE, resubmit or drop.")
    id = (remote or "").strip() or None
    if (what == "adopt") != (id is not None):
        raise BadInput(
            "adopt needs the job's id at the provider." if what == "adopt" else f"{what} takes no id.",
            f"longvid jobs resolve {job} adopt REMOTE, or {job} resubmit, or {job} drop.",
        )
    decision = Decision.model_validate({"what": what, "remote_id": id})
    with opened(config) as books:
        wanted = _found(job, books)
        done, said = runs.wait(_resolved(wanted, decision, books))
        _settled(done, said, as_json, books)


# -- listing -------------------------------------------------------------------------------------------------------------------


def _list(limit: int, every: bool, as_json: bool, config: Path | None) -> None:
    from ..models.job import OPEN
    from .ledgers import looked_at
    from .reporting import reporter
    from .standing import Standing

    with looked_at(config) as books:
        found = books.runs(limit)
        listed = books.ledger.journal.jobs(states=None if every else OPEN, limit=_MOST)
        standing = [Standing.of(job, books) for job in listed]
    shown = [{**r, **{name: r[name] and r[name].isoformat() for name in ("started", "finished")}} for r in found]
    value = {"event": "done", "runs": shown, "jobs": [each.value for each in standing]}
    reporter(as_json).show(_tables(found, standing) if found else "no runs yet", value)


def _tables(found: list[dict[str, Any]], standing: list[Standing]) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    from .standing import table

    parts: list[RenderableType] = [_table(found)]
    if standing:
        parts += [Text(), Text("remote jobs", style="bold"), table(standing)]
    return Group(*parts)


def _table(found: list[dict[str, Any]]) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    from .failures import clean

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim", expand=True)
    for name in ("run", "state", "started", "segments"):
        table.add_column(name, no_wrap=name != "segments")
    table.add_column("command", overflow="ellipsis", no_wrap=True, ratio=1)
    for run in found:
        segments = ", ".join(f"{count} {outcome}" for outcome, count in sorted(run["outcomes"].items())) or "-"
        style = _STYLES.get(run["state"], "")
        started = run["started"].astimezone().strftime("%Y-%m-%d %H:%M")
        table.add_row(run["id"], Text(run["state"], style=style), started, segments, clean(" ".join(run["command"].split())))
    return table


def _found(job: int, books: Books) -> Job:
    from ..errors import UnknownName

    found = books.ledger.journal.job(job) if 0 < job < 2**63 else None
    if found is None:
        raise UnknownName(f"there is no remote job {job} in this store.", "`longvid jobs list --all` lists them.")
    return found


def _run(run: str, books: Books) -> dict[str, Any]:
    from ..errors import UnknownName

    found = books.ledger.run(run)
    if found is None:
        raise UnknownName(f"there is no run {run!r} in this store.", "`longvid jobs` lists them.")
    return found


def _to_resume(books: Books) -> dict[str, Any]:
    """The newest run with jobs under way, since these are paid; else the newest that did not end well."""
    from ..errors import BadInput
    from ..models.job import OPEN
    from .standing import typed

    known = [run for run in books.runs(_MOST) if run["state"] != "running" and typed(run["command"])]
    waiting = {job.run for job in books.ledger.journal.jobs(states=OPEN, limit=_MOST)}
    for run in known:
        if run["id"] in waiting:
            return run
    for run in known:
        if run["state"] != "done":
            return run
    raise BadInput("there is no run to go on with: every one ended well or is still at work.", "`longvid jobs` lists them.")


# -- settling ------------------------------------------------------------------------------------------------------------------


def _settled(job: Job, said: str, as_json: bool, books: Books, **more: Any) -> None:
    from .reporting import reporter
    from .standing import Standing

    value = {"event": "done", "job": Standing.of(job, books).value, "message": said, **more}
    reporter(as_json).show(said, value)


@contextlib.asynccontextmanager
async def _alone(job: Job, books: Books) -> AsyncIterator[Job]:
    """Nobody else works on the job's clip meanwhile; gives the job as it is then. BadInput where somebody does."""
    from ..errors import BadInput, Interrupted

    async with contextlib.AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(books.store.clips.lock(job.render_key, lambda: True))
        except Interrupted as busy:
            raise BadInput(
                f"a run is at work on job {job.id} at this moment.",
                "Let it end, or stop it (Ctrl-C): it cancels what that saves money on, and leaves the rest to be gone on with.",
            ) from busy
        yield books.ledger.journal.job(job.id) or job


async def _cancelled(job: Job, books: Books) -> tuple[Job, str]:
    """The job after it was asked to stop, and what came of it in words."""
    from ..errors import BadInput
    from ..models.job import OPEN

    async with _alone(job, books) as job:
        if job.state not in OPEN:
            return job, f"job {job.id} is over: {job.state}. There is nothing to cancel."
        if job.remote_id is None:
            raise BadInput(
                f"job {job.id} ({job.state}) has no id at {job.named} that it could be cancelled by.",
                f"`longvid jobs resolve {job.id} adopt REMOTE` where the provider's site shows it, then cancel it; "
                f"or `... {job.id} drop` to give it up.",
            )
        if job.state not in ("submitted", "running", "unknown"):
            return job, f"job {job.id} is done, and paid: there is nothing to cancel. `longvid jobs resume {job.run}` fetches it."
        return await _stopped(job, books)


async def _stopped(job: Job, books: Books) -> tuple[Job, str]:
    """The job after its provider was asked to stop it."""
    from ..money import amount
    from ..providers.faults import Refused
    from ..providers.jobs import Ended, RemoteVideo, Succeeded

    provider: RemoteVideo = books.renderers.named(job.provider)
    provider.ready()
    journal, remote = books.ledger.journal, _remote(job)
    try:
        state = await provider.poll(remote)  # some stop a job by deleting it, its clip with it
    except Refused as gone:
        if gone.everything:
            raise
        # It was bought, and another account's key may be why it is not there: it is for a person to say what becomes of it
        done = journal.step(job.id, "unknown", " ".join((gone.what, *gone.way_out)))
        ways = f"`longvid jobs resolve {job.id} drop` gives it up, `... {job.id} resubmit` buys it again."
        return done, f"job {job.id} is not cancelled: {' '.join((gone.what, *gone.way_out))} {ways}"
    if isinstance(state, Succeeded):
        again = f"`longvid jobs resume {job.run}` fetches it."
        return job, f"job {job.id} is done at {job.named}, and paid: there is nothing to cancel. {again}"
    if isinstance(state, Ended):
        done = journal.step(job.id, "failed", state.message, code=state.code, paid=state.micro_usd)
        return done, f"job {job.id} was over before: {state.message} ({state.code})."
    refund = await provider.cancel(remote)
    if not refund.stopped:
        return job, f"job {job.id} goes on: {refund.message}"
    done = journal.step(job.id, "cancelled", refund.message, paid=refund.micro_usd)
    paid = "" if done.micro_usd is None else f" {amount(done.micro_usd)} paid."
    return done, f"job {job.id} is cancelled. {refund.message}{paid} The next run that wants this segment submits it anew."


async def _resolved(job: Job, decision: Decision, books: Books) -> tuple[Job, str]:
    """The job as the person decided, and what that means in words."""
    from ..errors import BadInput
    from ..money import amount

    journal = books.ledger.journal
    async with _alone(job, books) as job:
        _check_resolvable(job, decision, books)
        perhaps = f" What may have been bought (up to {amount(job.held_micro_usd)}) stays in `longvid spend` as uncertain."
        again = f"`longvid jobs resume {job.run}`, or the same command"
        if decision.what == "resubmit":
            done = journal.step(job.id, "resubmit", "to be submitted again, as you said")
            return done, f"job {job.id}: {again}, submits it anew.{perhaps}"
        if decision.what == "drop":
            done = journal.step(job.id, "dropped", "given up, as you said")
            said = f"`longvid jobs resolve {job.id} resubmit` takes that back, --reroll {job.index} makes another take."
            return done, f"job {job.id} is given up: nothing is submitted for it any more. {said}{perhaps}"
        assert decision.remote_id is not None
        if decision.remote_id in journal.remote_ids(job.provider):
            raise BadInput(
                f"{decision.remote_id} is another job of this store.",
                "Look for one that `longvid jobs list --all` does not show.",
            )
        doubt = await _looked_for(decision.remote_id, job, books)
        now = datetime.datetime.now(datetime.timezone.utc)
        done = journal.step(job.id, "submitted", "adopted, as you said", remote_id=decision.remote_id, submitted=now)
        return done, f"job {job.id} is {decision.remote_id} at {job.named}: {again}, goes on with it.{doubt}"


def _check_resolvable(job: Job, decision: Decision, books: Books) -> None:
    """BadInput where the job is not in a state to be settled by a person's word."""
    from ..errors import BadInput
    from ..models.job import UNSETTLED

    if job.state == "dropped" and decision.what == "resubmit":
        return
    if job.state == "intent" and books.at_work(job):
        raise BadInput(
            f"job {job.id} is just being submitted by run {job.run}, which is at work.", "Wait for the answer, or for its end."
        )
    if job.state in UNSETTLED:
        return
    if job.state == "dropped":
        raise BadInput(f"job {job.id} was dropped: it can only be revived.", f"`longvid jobs resolve {job.id} resubmit`")
    raise BadInput(
        f"job {job.id} is {job.state}: what became of it is known, and there is nothing to resolve.",
        f"`longvid jobs show {job.id}` tells it. Only unknown jobs are resolved.",
    )


async def _looked_for(remote_id: str, job: Job, books: Books) -> str:
    """Ask the provider for the job of that id. BadInput where it knows none; where it cannot be asked, a doubt in words."""
    import asyncio

    from ..errors import BadInput, LongvidError
    from ..providers.faults import Refused
    from ..providers.jobs import RemoteJob, RemoteVideo

    try:
        provider: RemoteVideo = books.renderers.named(job.provider)
        provider.ready()
        await asyncio.wait_for(provider.poll(RemoteJob(id=remote_id, model=job.model, extra=job.extra)), _LOOK_S)
    except Refused as gone:
        if not gone.everything:
            raise BadInput(f"it is not adopted: {gone.what}", *gone.way_out) from gone
        return f" It could not be looked at now: {gone.what}"
    except asyncio.TimeoutError:
        return f" It could not be looked at now: {job.provider} does not answer."
    except LongvidError as error:
        return f" It could not be looked at now: {error.what}"
    return ""


def _remote(job: Job) -> RemoteJob:
    from ..providers.jobs import RemoteJob

    return RemoteJob(id=str(job.remote_id), model=job.model, extra=job.extra)


def register(app: typer.Typer) -> None:
    app.add_typer(jobs, name="jobs")
