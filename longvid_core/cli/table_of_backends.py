"""The tables of `longvid backends`, as wide as the terminal is: what has less room is told by `--json`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..catalog import entry_of, is_default
from ..money import amount, dollars

if TYPE_CHECKING:
    from ..catalog import Backend
    from ..catalog.registry import Kind
    from ..estimate import Offer

_TEAL = "#4fb3bf"
_UNITS = {"second": "s", "clip": "clip", "image": "image", "frame": "frame"}
_NEEDS = {"required": "●", "optional": "○", "none": "-"}


@dataclass(frozen=True)
class Listed:
    """Every model, by kind and provider."""

    found: dict[Kind, list[Backend]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        headings: dict[Kind, str] = {"video": "--backend", "image": "--images"}
        for kind, option in headings.items():
            for columns in _COLUMNS[kind]:
                names = [option, *columns]
                rows = {
                    b: [f"  {b.model}{' *' if is_default(b, kind) else ''}", *(cell(b) for cell in columns.values())]
                    for b in self.found[kind]
                }
                widths = [max(map(len, column)) for column in zip(names, *rows.values(), strict=True)]
                if sum(widths) + 2 * len(widths) <= options.max_width + 2:
                    break
            yield _table(names, widths, header=True)
            for provider, models in groupby(self.found[kind], key=lambda b: b.provider):
                every = list(models)
                yield _heading(provider, every)
                table = _table(names, widths)
                for name, *cells in (rows[b] for b in every):
                    table.add_row(Text(name, style=_TEAL), *cells)
                yield table
            yield Text()
        yield Text("ends: first and last picture; ● needed, ○ may be given, - not taken.  * when none is named", style="dim")
        others = [p for p in dict.fromkeys(b.provider for every in self.found.values() for b in every) if entry_of(p).others]
        if own := [p for p in others if p != "replicate"]:
            where = " and ".join(own)
            yield Text(f"{where} also: a folder, a file or a Hugging Face repository after the colon.", style="dim")
        if "replicate" in others:
            yield Text("replicate also: OWNER/NAME of any other video model there.", style="dim")


@dataclass(frozen=True)
class Offered:
    """What each model would take for a plan's segments."""

    title: str
    segments: int
    offers: Sequence[Offer]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        able = [o for o in self.offers if o.wrong is None]
        count = f"{self.segments} segment{'s' * (self.segments != 1)}"
        yield Text.assemble((self.title, "bold"), (f"  {count}: {len(able)} of {len(self.offers)} models could render it", "dim"))
        costs = [dollars(o.low_micro_usd, o.high_micro_usd) if o.priced else "price not known" for o in able]
        names, there = ["--backend", "this plan", "in the store"], [str(o.cached) if o.cached else "" for o in able]
        rows = list(zip((f"  {o.backend}" for o in able), costs, there, strict=True))
        widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
        yield _table(names, widths, header=True)
        for provider, group in groupby(zip(able, rows, strict=True), key=lambda pair: pair[0].backend.partition(":")[0]):
            yield Text(provider, style="bold")
            table = _table(names, widths)
            for offer, (name, cost, cached) in group:
                table.add_row(Text(name, style=_TEAL), Text(cost, style="" if offer.priced else "yellow"), cached)
            yield table
        for wrong, offers in groupby(sorted((o for o in self.offers if o.wrong), key=_why), key=_why):
            yield Text()
            yield Text(f"cannot: {wrong}", style="dim")
            yield Padding(Text(", ".join(o.backend for o in offers), style="dim"), (0, 0, 0, 2))


def _why(offer: Offer) -> str:
    return offer.wrong or ""


def _table(names: Sequence[str], widths: Sequence[int], *, header: bool = False) -> Table:
    """A table of columns that wide, with their names or without: several of them stand below each other."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=header, header_style="dim")
    for place, (name, width) in enumerate(zip(names, widths, strict=True)):
        table.add_column(name, min_width=width if place else None, width=None if place else width, overflow="fold")
    return table


def _heading(provider: str, models: Sequence[Backend]) -> Text:
    """The provider's name, and how old its prices are."""
    dates = sorted({b.entry.price.checked for b in models if b.entry.price and b.entry.price.unit != "free"})
    since = "" if not dates else f"  prices of {dates[0]}" if dates[0] == dates[-1] else f"  prices of {dates[0]} to {dates[-1]}"
    return Text.assemble((provider, "bold"), (since, "dim"))


# -- cells ---------------------------------------------------------------------------------------------------------------------


def _length(backend: Backend) -> str:
    entry = backend.entry
    if entry.seconds:
        first, last = entry.seconds[0], entry.seconds[-1]
        steps = {round(b - a, 6) for a, b in zip(entry.seconds, entry.seconds[1:], strict=False)}
        if len(entry.seconds) > 3 and steps == {1}:
            return f"{first:g}-{last:g} s"
        return ", ".join(f"{s:g}" for s in entry.seconds) + " s"
    if entry.frames is None:
        return "any"
    rule = entry.frames
    return f"{rule.min}-{rule.max} f"


def _exact_length(backend: Backend) -> str:
    rule = backend.entry.frames
    return _length(backend) + (f" ({rule.step}n+{rule.offset})" if rule and not backend.entry.seconds and rule.step > 1 else "")


def _ends(backend: Backend) -> str:
    return f"{_NEEDS[backend.entry.first_frame]} {_NEEDS[backend.entry.last_frame]}"


def _size(backend: Backend) -> str:
    entry = backend.entry
    for listed in (entry.resolutions, entry.sizes, entry.ratios):
        if listed:
            return (
                listed[0] if len(listed) == 1 else f"{listed[0]}-{listed[-1]}" if listed is entry.resolutions else _some(listed)
            )
    return "any" if entry.any_size or entry.pixels else "as the picture"


def _some(listed: Sequence[str]) -> str:
    return f"{listed[0]} +{len(listed) - 1}"


def _fps(backend: Backend) -> str:
    entry = backend.entry
    return "any" if entry.any_fps else f"{entry.native_fps:g}" if entry.native_fps else "-"


def _sound(backend: Backend) -> str:
    return "yes" if backend.entry.audio else "-"


def _references(backend: Backend) -> str:
    return str(backend.entry.references) if backend.entry.references else "-"


def _seed(backend: Backend) -> str:
    """What a seed does: whether the same one gives the same pixels, is only taken, or is none."""
    return {"native": backend.entry.determinism, "accepted": "accepted", "none": "none"}[backend.entry.seed.promise]


def _price(backend: Backend) -> str:
    price = backend.entry.price
    if price is None:
        return "not known"
    if price.unit == "free":
        return "free"
    low, high = (round(1e6 * usd) for usd in (price.usd, price.high_usd if price.high_usd is not None else price.usd))
    ends = amount(low) if low == high else f"{amount(low)}-{amount(high).removeprefix('$')}"
    return f"{ends}/{_UNITS[price.unit]}"


_Cells = dict[str, Callable[["Backend"], str]]
_SHORT: _Cells = {"ends": _ends, "length": _length, "seed": _seed, "price": _price}
_LONG: _Cells = {"ends": _ends, "length": _exact_length, "fps": _fps, "size": _size, "seed": _seed, "price": _price}
_ALL: _Cells = {
    "ends": _ends,
    "length": _exact_length,
    "fps": _fps,
    "size": _size,
    "sound": _sound,
    "seed": _seed,
    "price": _price,
}
_COLUMNS: dict[Kind, list[_Cells]] = {
    "video": [_ALL, _LONG, _SHORT],
    "image": [
        {"pictures in": _references, "size": _size, "seed": _seed, "price": _price},
        {"pictures in": _references, "seed": _seed, "price": _price},
    ],
}
"""By kind: columns and their cells, the most that one could show first."""
