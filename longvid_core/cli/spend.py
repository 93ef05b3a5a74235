"""`longvid spend`: what was paid, what is promised, and what may have been charged besides."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator, Sequence, Sized
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from .options import Config, Json
from .spending import Way

if TYPE_CHECKING:
    from rich.console import RenderableType

    from .spending import Doubt, Sum

WAYS: tuple[Way, ...] = get_args(Way)

By = Annotated[str, typer.Option("--by", metavar="WAY", help="Add up by run, provider (PROVIDER:MODEL) or day.")]
Since = Annotated[
    str | None, typer.Option("--since", metavar="DATE", help="Only what was paid on that day (2026-11-20) or later, local time.")
]


def spend(by: By = "provider", since: Since = None, as_json: Json = False, config: Config = None) -> None:
    """Say what was spent, by run, provider or day: how much of it is billed by the provider and how much our own estimate; what
    is held now, and what may have been charged besides."""
    from ..errors import BadInput
    from .ledgers import looked_at
    from .reporting import reporter
    from .spending import added_up, doubts_of, held

    way = next((each for each in WAYS if each == by), None)
    if way is None:
        raise BadInput(f"--by {by}: money is not added up that way.", f"It is {', '.join(WAYS[:-1])} or {WAYS[-1]}.")
    start = _day(since) if since is not None else None
    with looked_at(config) as books:
        doubts = doubts_of(books, start)
        rows, total = added_up(books.ledger.spending(start), doubts, way)
        promised = held(books, doubts_of(books, None))
        runs = {name: books.ledger.run(name) for name, _ in rows} if by == "run" else {}
    commands = {name: run["command"] if run else "" for name, run in runs.items()}
    more = {name: {"command": commands[name]} for name in commands}
    value = {
        "event": "done",
        "by": by,
        "since": start.isoformat() if start else None,
        "spent": [{by: name, **row.value, **more.get(name, {})} for name, row in rows],
        **{("total_micro_usd" if name == "micro_usd" else name): each for name, each in total.value.items()},
        "held_micro_usd": promised,
        "perhaps": [doubt.value for doubt in doubts if not doubt.came],
        "unpriced": dict(Counter(doubt.provider for doubt in doubts if doubt.came)),
    }
    reporter(as_json).show(_table(rows, by, commands, total, promised, doubts), value)


def _day(text: str) -> datetime.datetime:
    """The beginning of that day, local time. BadInput for what is no day."""
    from ..errors import BadInput

    try:
        return datetime.datetime.combine(datetime.date.fromisoformat(text), datetime.time()).astimezone()
    except (ValueError, OverflowError) as error:
        raise BadInput(f"--since {text} is no day.", "Write it like this: --since 2026-11-20") from error


def _table(
    rows: Sequence[tuple[str, Sum]], by: str, commands: dict[str, str], total: Sum, promised: int, doubts: Sequence[Doubt]
) -> RenderableType:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    from ..money import amount
    from .failures import clean

    parts = [p for p in _PARTS if getattr(total, p)]
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim", expand=by == "run")
    table.add_column(by, no_wrap=by == "run", overflow="fold")
    table.add_column("spent", justify="right", no_wrap=True, style="bold")
    for part in parts:
        table.add_column(_PARTS[part], justify="right", no_wrap=True)
    if total.doubtful or total.unpriced:
        table.add_column("perhaps", justify="right", no_wrap=True, style="yellow")
    table.add_column("payments", justify="right", no_wrap=True)
    if by == "run":
        table.add_column("command", no_wrap=True, overflow="ellipsis", ratio=1)
    for name, row in rows:
        cells = [amount(row.paid), *(amount(getattr(row, part)) if getattr(row, part) else "-" for part in parts)]
        if total.doubtful or total.unpriced:
            cells.append(_perhaps(row))
        more = [clean(" ".join(commands[name].split()))] if by == "run" else []
        table.add_row(name, *cells, str(row.payments), *more)
    lines: list[RenderableType] = [table, Text()] if rows else []
    sums = Table.grid(padding=(0, 2, 0, 0))
    sums.add_column(style="dim", no_wrap=True)
    sums.add_column(justify="right", no_wrap=True, style="bold")
    sums.add_column(style="dim", overflow="fold")
    told = list(_in_parts(total))
    sums.add_row("spent", amount(total.paid) if rows else "nothing yet", told[0][2] if len(told) == 1 else "")
    for each in told if len(told) > 1 else ():
        sums.add_row(*each)
    if promised:
        sums.add_row("held", amount(promised), "for what is under way now")
    lines.append(sums)
    return Group(*lines, *(Text(line, style="yellow") for line in _besides(total, doubts)))


_PARTS = {"billed": "billed", "reckoned": "estimated", "untold": "not recorded"}
_NAMED = 8
"""Things in doubt that are named; `--json` names all."""


def _perhaps(row: Sum) -> str:
    """What may have been charged besides, in a cell."""
    from ..money import amount

    unknown = "?" if row.limitless or row.unpriced else ""
    return " + ".join(filter(None, [amount(row.perhaps) if row.perhaps else "", unknown])) or "-"


def _in_parts(total: Sum) -> Iterator[tuple[str, str, str]]:
    """The parts of a sum: what each is called, how much it is, and on whose word."""
    from ..money import amount

    days = sorted(day.isoformat() for day in total.prices)
    prices = f"price of {days[0]}" if len(days) == 1 else f"prices of {days[0]} to {days[-1]}" if days else ""
    said = {
        "billed": "as the provider says",
        "reckoned": f"by our {prices} (a range's upper end), as the provider names no amount",
        "untold": "on whose word an earlier Longvid did not write down",
    }
    for part, words in said.items():
        if getattr(total, part):
            yield f"  {_PARTS[part]}", amount(getattr(total, part)), words


def _besides(total: Sum, doubts: Sequence[Doubt]) -> Iterator[str]:
    """What may have been charged besides, and what was without our knowing how much."""
    from ..money import amount

    lost = [doubt for doubt in doubts if not doubt.came]
    if lost:
        sums = [f"up to {amount(total.perhaps)}"] if total.perhaps else []
        sums += [f"an unknown price for {total.limitless} of them"] if total.limitless else []
        named = [f"{d.job} {d.why}" for d in lost if d.job][:_NAMED]
        jobs = f"jobs {', '.join(named)}{_and_more(named, [d for d in lost if d.job])} (`longvid jobs list --all`)"
        calls = Counter(f"{d.item} at {d.provider}" for d in lost if not d.job)
        asked = [f"{count} lost answer{'s' * (count != 1)} for {name}" for name, count in calls.items()][:_NAMED]
        what = "; ".join(filter(None, [jobs if named else "", f"{', '.join(asked)}{_and_more(asked, calls)}" if asked else ""]))
        yield f"besides, {' and '.join(sums)} may have been charged: {what}"
    came = Counter(d.provider for d in doubts if d.came)
    if came:
        models = ", ".join(f"{count} by {model}" for model, count in came.items())
        yield f"besides, what was made and nobody knows the price of: {models}"


def _and_more(named: Sized, every: Sized) -> str:
    return f" and {len(every) - len(named)} more" if len(every) > len(named) else ""


def register(app: typer.Typer) -> None:
    app.command()(spend)
