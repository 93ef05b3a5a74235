"""`longvid backends`: every model one can draw and render with, and what it can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from .options import Json

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ..catalog import Backend
    from ..catalog.registry import Kind


def backends(as_json: Json = False) -> None:
    """List every provider and model: what it takes, how long and large, its seed, its price and since when."""
    from .reporting import JsonLines, reporter

    out = reporter(as_json)
    found: dict[Kind, list[Backend]] = {"image": _all("image"), "video": _all("video")}
    if isinstance(out, JsonLines):
        listed = [
            {"kind": kind, "name": str(b), "default": _is_default(b, kind), **b.entry.json_value()}
            for kind, entries in found.items()
            for b in entries
        ]
        out.line({"event": "done", "backends": listed})
        return
    out.show(_table(found), {})


def _all(kind: Kind) -> list[Backend]:
    from ..catalog import find_backend, provider_names
    from ..catalog.registry import entry_of

    names = [f"{p}:{m}" for p in provider_names(kind) for m in entry_of(p).models]
    return [find_backend(name, kind) for name in names]


def _is_default(backend: Backend, kind: Kind) -> bool:
    from ..catalog import default_backend, find_backend

    return find_backend(default_backend(kind), kind) == backend


def _table(found: dict[Kind, list[Backend]]) -> RenderableType:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    limited = any(_size(backend) != _ANY_SIZE for backends in found.values() for backend in backends)
    for name in ("", "pictures in", "frames", *(["size"] if limited else []), "seed", "price"):
        table.add_column(name, overflow="fold", no_wrap=name in ("", "pictures in", "seed", "price"))
    headings: dict[Kind, str] = {"video": "--backend", "image": "--images"}
    for kind, heading in headings.items():
        table.add_row(Text(heading, style="bold"))
        for backend in found[kind]:
            mark = " *" if _is_default(backend, kind) else ""
            length = _length(backend) if kind == "video" else "-"
            size = [_size(backend)] if limited else []
            table.add_row(
                Text(f"  {backend}{mark}", style="#4fb3bf"), _pictures(backend), length, *size, _seed(backend), _price(backend)
            )
        table.add_row()
    notes = [Text("* when none is named. In brackets: optional.", style="dim")]
    if others := list(dict.fromkeys(b.provider for backends in found.values() for b in backends if _takes_others(b))):
        where = " and ".join(others)
        notes.append(Text(f"{where} also: a folder, a file or a Hugging Face repository after the colon.", style="dim"))
    return Group(table, *notes)


def _takes_others(backend: Backend) -> bool:
    from ..catalog import entry_of

    return entry_of(backend.provider).others


def _pictures(backend: Backend) -> str:
    entry = backend.entry
    shown = {"required": "{}", "optional": "({})", "none": ""}
    takes = [shown[need].format(which) for which, need in (("first", entry.first_frame), ("last", entry.last_frame))]
    takes.append(f"({'' if entry.references == 1 else 'up to '}{entry.references})" if entry.references else "")
    return ", ".join(t for t in takes if t) or "-"


_ANY_SIZE = "16 to 8192"


def _size(backend: Backend) -> str:
    entry = backend.entry
    if entry.ratios:
        return " ".join(entry.ratios)
    multiple = "" if entry.size_multiple == 2 else f", multiples of {entry.size_multiple}"
    return " ".join(entry.sizes) or f"{entry.min_side} to {entry.max_side}{multiple}"


def _seed(backend: Backend) -> str:
    """What a seed does, and whether the same one gives the same pixels."""
    repeats = backend.entry.determinism
    return {"native": repeats, "accepted": "accepted", "none": "none"}[backend.entry.seed.promise]


def _length(backend: Backend) -> str:
    entry = backend.entry
    if entry.seconds:
        return ", ".join(f"{s:g}" for s in entry.seconds) + " s"
    if entry.frames is None:
        return "any"
    rule = entry.frames
    step = f" ({rule.step}n+{rule.offset})" if rule.step > 1 else ""
    rate = " at any fps" if entry.any_fps else f" at {entry.native_fps:g} fps" if entry.native_fps else ""
    return f"{rule.min} to {rule.max}{step}{rate}"


def _price(backend: Backend) -> str:
    from .costs import dollars

    price = backend.entry.price
    if price is None:
        return "not known"
    if price.unit == "free":
        return "free"
    low, high = (round(1e6 * usd) for usd in (price.usd, price.high_usd if price.high_usd is not None else price.usd))
    one = "an" if price.unit == "image" else "a"
    return f"{dollars(low, high)} {one} {price.unit}, {price.checked}"


def register(app: typer.Typer) -> None:
    app.command()(backends)
