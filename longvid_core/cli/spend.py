"""`longvid spend`: what was paid, what is promised, and what may have been charged besides."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .options import Config, Json

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ..models.job import Job
    from .ledgers import Books

WAYS = ("run", "provider", "day")
_MOST = 100_000

By = Annotated[str, typer.Option("--by", metavar="WAY", help="Add up by run, provider (PROVIDER:MODEL) or day.")]
Since = Annotated[
    str | None, typer.Option("--since", metavar="DATE", help="Only what was paid on that day (2026-11-20) or later, local time.")
]


def spend(by: By = "provider", since: Since = None, as_json: Json = False, config: Config = None) -> None:
    """Say what was spent, by run, provider or day; what is held now, and what may have been charged besides."""
    from ..errors import BadInput
    from .ledgers import looked_at
    from .reporting import reporter

    if by not in WAYS:
        raise BadInput(f"--by {by}: money is not added up that way.", f"It is {', '.join(WAYS[:-1])} or {WAYS[-1]}.")
    start = _day(since) if since is not None else None
    with looked_at(config) as books:
        paid = books.ledger.spending(start)
        rows = _added_up(paid, by, books)
        held = _held(books)
        doubtful, unpriced = _doubtful(books), _unpriced(start, books)
    total = sum(row["micro_usd"] for row in rows)
    value = {
        "event": "done",
        "by": by,
        "since": start.isoformat() if start else None,
        "spent": rows,
        "total_micro_usd": total,
        "held_micro_usd": held,
        "perhaps_micro_usd": sum(job.held_micro_usd for job in doubtful),
        "perhaps": [{"job": j.id, "provider": j.named, "state": j.state, "micro_usd": j.held_micro_usd} for j in doubtful],
        "unpriced": dict(unpriced),
    }
    reporter(as_json).show(_table(rows, by, total, held, doubtful, unpriced), value)


def _day(text: str) -> datetime.datetime:
    """The beginning of that day, local time. BadInput for what is no day."""
    from ..errors import BadInput

    try:
        return datetime.datetime.combine(datetime.date.fromisoformat(text), datetime.time()).astimezone()
    except (ValueError, OverflowError) as error:
        raise BadInput(f"--since {text} is no day.", "Write it like this: --since 2026-11-20") from error


def _added_up(paid: Sequence[dict[str, Any]], by: str, books: Books) -> list[dict[str, Any]]:
    """One row for each run, provider or day: runs and days with the newest first, providers with the dearest."""
    found: dict[str, dict[str, Any]] = {}
    for each in paid:
        name = {"run": each["run"], "provider": each["provider"], "day": each["at"].astimezone().date().isoformat()}[by]
        row = found.setdefault(name, {by: name, "payments": 0, "micro_usd": 0})
        row["payments"] += 1
        row["micro_usd"] += each["micro_usd"]
    if by == "run":
        for name, row in found.items():
            run = books.ledger.run(name)
            row["command"] = run["command"] if run else ""
    newest = list(reversed(found.values()))  # `paid` begins with the oldest; ids of runs begun in one second follow no order
    return sorted(newest, key=lambda row: -row["micro_usd"]) if by == "provider" else newest


def _doubtful(books: Books) -> list[Job]:
    """Jobs that may have been charged beyond what is known, oldest first."""
    jobs = books.ledger.journal.jobs(states=("intent", "unknown", "resubmit", "dropped", "failed", "cancelled"), limit=_MOST)
    return [j for j in reversed(jobs) if j.held_micro_usd and (j.perhaps_paid or (j.state == "intent" and not books.at_work(j)))]


def _unpriced(since: datetime.datetime | None, books: Books) -> Counter[str]:
    """How many clips each model gave since then that nobody knows the cost of."""
    jobs = books.ledger.journal.jobs(states=("succeeded", "downloaded", "verified"), limit=_MOST)
    return Counter(j.named for j in reversed(jobs) if j.unpriced and (since is None or j.created >= since))


def _held(books: Books) -> int:
    """Micro-dollars held for jobs under way and for calls being made; of those that are doubtful nothing."""
    doubtful = {job.id for job in _doubtful(books)}
    alive: dict[str, bool] = {}
    held = 0
    for each in books.ledger.journal.held():
        run = each["run"]
        if each["job"] is None and run not in alive:
            found = books.ledger.run(run)
            alive[run] = found is not None and found["state"] == "running" and books.store.at_work(run)
        if each["job"] not in doubtful and (each["job"] is not None or alive[run]):
            held += each["micro_usd"]
    return held


def _table(
    rows: Sequence[dict[str, Any]], by: str, total: int, held: int, doubtful: Sequence[Job], unpriced: Counter[str]
) -> RenderableType:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    from ..money import amount
    from .failures import clean

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim", expand=by == "run")
    table.add_column(by, no_wrap=by == "run", overflow="fold")
    table.add_column("spent", justify="right", no_wrap=True, style="bold")
    table.add_column("payments", justify="right", no_wrap=True)
    if by == "run":
        table.add_column("command", no_wrap=True, overflow="ellipsis", ratio=1)
    for row in rows:
        more = [clean(" ".join(row["command"].split()))] if by == "run" else []
        table.add_row(row[by], amount(row["micro_usd"]), str(row["payments"]), *more)
    lines: list[RenderableType] = [table, Text()] if rows else []
    lines.append(Text.assemble(("spent  ", "dim"), (amount(total), "bold") if rows else "nothing yet"))
    if held:
        lines.append(Text.assemble(("held   ", "dim"), (amount(held), "bold"), ("  for what is under way now", "dim")))
    if doubtful:
        most = sum(job.held_micro_usd for job in doubtful)
        ids = ", ".join(f"{job.id} {job.state}" for job in doubtful)
        lines.append(
            Text(f"besides, up to {amount(most)} may have been charged: jobs {ids} (`longvid jobs list --all`)", style="yellow")
        )
    if unpriced:
        clips = ", ".join(f"{count} by {model}" for model, count in unpriced.items())
        lines.append(Text(f"besides, what clips cost whose price nobody knows: {clips}", style="yellow"))
    return Group(*lines)


def register(app: typer.Typer) -> None:
    app.command()(spend)
