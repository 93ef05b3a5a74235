"""An estimate as people read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..money import dollars as dollars
from .storyboard import colour

if TYPE_CHECKING:
    from ..estimate import Estimate, Item


def costs(estimate: Estimate, *, every: bool = False) -> RenderableType:
    """A line of totals, and before it a line for each model that wants money; with `every`, one for each item."""
    items = (*estimate.keyframes, *estimate.segments)
    cached = sum(item.cached for item in items)
    known = dollars(estimate.low_micro_usd, estimate.high_micro_usd)
    if estimate.unpriced:
        known = f"{known} and more" if estimate.high_micro_usd else "not known"
    line = Text.assemble(("estimate  ", "dim"), (known, "bold"))
    draw = sum(not item.cached for item in estimate.keyframes)
    render = sum(not item.cached and not item.under_way for item in estimate.segments)
    under_way = sum(item.under_way for item in items)
    todo = [f"{_count(draw, 'keyframe')} to draw", f"{_count(render, 'segment')} to render"]
    todo += [f"{under_way} under way"] if under_way else []
    line.append(f"  {', '.join(todo)}, {cached} in the store", style="dim")
    if estimate.unpriced:
        line.append(f"  no price known: {', '.join(estimate.unpriced)}", style="yellow")
    if every:
        return Group(_every(estimate), Text(), line)
    return Group(_models(items), line) if estimate.high_micro_usd else line


def _models(items: tuple[Item, ...]) -> Table:
    table = _plain()
    paid = [item for item in items if item.high_micro_usd]
    for name in dict.fromkeys(item.made_by for item in paid):
        own = [item for item in paid if item.made_by == name]
        cost = dollars(sum(i.low_micro_usd for i in own), sum(i.high_micro_usd for i in own))
        table.add_row(" " * 8, cost, f"{len(own)} by {name}", f"price of {own[0].checked}")
    return table


def _plain() -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(style="bold")
    table.add_column()
    table.add_column(style="dim")
    return table


def _every(estimate: Estimate) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for name in ("", "id", "made by", "cost", "price of"):
        table.add_column(
            name, justify="right" if name == "cost" else "left", no_wrap=name not in ("made by", "cost"), overflow="fold"
        )
    for item in estimate.keyframes:
        table.add_row(*_row(item, f"keyframe {item.index:02d}"))
    for item in estimate.segments:
        table.add_row(*_row(item, f"segment {item.index:02d}"), style=colour(item.index))
    return table


def _row(item: Item, name: str) -> list[str]:
    cost = dollars(item.low_micro_usd, item.high_micro_usd) if item.priced else "no price known"
    if item.cached:
        cost = "in the store"
    elif item.under_way:
        cost = f"under way{f', or {dollars(item.high_micro_usd)} again' if item.high_micro_usd else ''}"
    return [name, item.id, item.made_by, cost, str(item.checked) if item.checked and not item.cached else ""]


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
