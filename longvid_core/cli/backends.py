"""`longvid backends`: every model one can draw and render with, and what it can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from .options import Json

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ..catalog import Backend


def backends(as_json: Json = False) -> None:
    """List every provider and model: what it takes, how long and large, its seed, its price and since when."""
    from .reporting import JsonLines, reporter

    out = reporter(as_json)
    found = {"image": _all("image"), "video": _all("video")}
    if isinstance(out, JsonLines):
        listed = [
            {"kind": kind, "name": str(b), "default": _is_default(b, kind), **b.entry.json_value()}
            for kind, entries in found.items()
            for b in entries
        ]
        out.line({"event": "done", "backends": listed})
        return
    out.show(_table(found), {})


def _all(kind: str) -> list[Backend]:
    from ..catalog import find_backend, provider_names
    from ..catalog.registry import entry_of

    names = [f"{p}:{m}" for p in provider_names(kind) for m in entry_of(p).models]  # type: ignore[arg-type]
    return [find_backend(name, kind) for name in names]  # type: ignore[arg-type]


def _is_default(backend: Backend, kind: str) -> bool:
    from ..catalog import default_backend, find_backend

    return find_backend(default_backend(kind), kind) == backend  # type: ignore[arg-type]


def _table(found: dict[str, list[Backend]]) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for name in ("backend", "takes", "length", "size", "seed", "repeats", "price"):
        table.add_column(name, overflow="fold")
    for kind, option in (("video", "--backend"), ("image", "--images")):
        table.add_row(Text(f"{'Video' if kind == 'video' else 'Keyframes'} ({option})", style="bold"))
        for backend in found[kind]:
            mark = " (default)" if _is_default(backend, kind) else ""
            table.add_row(Text(f"  {backend}", style="#4fb3bf").append(mark, style="dim"), *_facts(backend, kind))
        table.add_row()
    return table


def _facts(backend: Backend, kind: str) -> list[str]:
    entry = backend.entry
    frames = {"required": "{} frame", "optional": "{} frame, optional", "none": ""}
    takes = [frames[need].format(which) for which, need in (("first", entry.first_frame), ("last", entry.last_frame))]
    takes.append(f"{entry.references} references" if entry.references else "")
    seed = {"native": "follows", "accepted": "accepted", "none": "takes none"}[entry.seed.promise]
    size = ", ".join(entry.sizes) or f"{entry.min_side} to {entry.max_side}" + (f", multiples of {entry.size_multiple}")
    takes_text = ", ".join(t for t in takes if t) or "text"
    return [takes_text, _length(backend) if kind == "video" else "-", size, seed, entry.determinism, _price(backend)]


def _length(backend: Backend) -> str:
    entry = backend.entry
    if entry.seconds:
        return ", ".join(f"{s:g}" for s in entry.seconds) + " s"
    if entry.frames is None:
        return "any"
    rule = entry.frames
    step = f" ({rule.step}n+{rule.offset})" if rule.step > 1 else ""
    rate = "any fps" if entry.any_fps else f"{entry.native_fps:g} fps" if entry.native_fps else ""
    return f"{rule.min} to {rule.max} frames{step}, {rate}".rstrip(", ")


def _price(backend: Backend) -> str:
    from .costs import dollars

    price = backend.entry.price
    if price is None:
        return "not known"
    if price.unit == "free":
        return "free"
    low, high = (round(1e6 * usd) for usd in (price.usd, price.high_usd if price.high_usd is not None else price.usd))
    return f"{dollars(low, high)} a {price.unit} ({price.checked})"


def register(app: typer.Typer) -> None:
    app.command()(backends)
