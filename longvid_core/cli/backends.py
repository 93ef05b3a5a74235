"""`longvid backends`: every model one can draw and render with, what it can do, and what a plan would cost there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .options import Config, Json

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ..catalog import Backend
    from ..catalog.registry import Kind
    from ..estimate import Offer
    from ..providers.jobs import Difference

PlanFile = Annotated[
    Path | None,
    typer.Argument(metavar="[PLAN.json]", help="A plan: say which models could render it, and for how much.", show_default=False),
]
Check = Annotated[
    str | None,
    typer.Option(
        "--check", metavar="MODEL", help="Compare what a model publishes of itself with the catalog; 1 where they differ."
    ),
]


def backends(plan_file: PlanFile = None, check: Check = None, as_json: Json = False, config: Config = None) -> int:
    """List every provider and model: what it takes, how long and large, its seed, its price and since when.

    With a plan: what could render it, for how much, and what stands in the way elsewhere. What the store has costs nothing.
    """
    from ..catalog import is_default
    from ..errors import BadInput
    from .reporting import reporter
    from .table_of_backends import Listed, Offered

    if check is not None and plan_file is not None:
        raise BadInput("--check compares a model, and a plan was given, too.", "Leave one of them out.")
    if check is not None:
        return _check(check, as_json, config)
    out = reporter(as_json)
    if plan_file is not None:
        title, count, offers = _offered(plan_file, config)
        value: dict[str, Any] = {"event": "done", "plan": title, "segments": count, "offers": [o.json_value() for o in offers]}
        out.show(Offered(title, count, offers), value)
        return 0
    found: dict[Kind, list[Backend]] = {"video": _all("video"), "image": _all("image")}
    listed = [
        {"kind": kind, "name": str(b), "default": is_default(b, kind), **b.entry.json_value()}
        for kind, entries in reversed(found.items())
        for b in entries
    ]
    out.show(Listed(found), {"event": "done", "backends": listed})
    return 0


def _all(kind: Kind) -> list[Backend]:
    from ..catalog import find_backend, provider_names
    from ..catalog.registry import entry_of

    names = [f"{p}:{m}" for p in provider_names(kind) for m in entry_of(p).models]
    return [find_backend(name, kind) for name in names]


def _offered(plan_file: Path, config: Path | None) -> tuple[str, int, list[Offer]]:
    """The plan's title, how many of its segments name no backend of their own, and what each model would take for those."""
    from ..estimate import offers
    from ..planfile import load_plan
    from ..render.looking import look
    from ..settings import load_settings
    from . import runs

    plan, settings = load_plan(plan_file), load_settings(config)
    with runs.stoppable() as interrupted, look(settings, emit=lambda event: None, interrupted=interrupted) as session:
        found = offers(plan, _all("video"), session, images=settings.images.backend)
    return plan.title, sum(segment.backend is None for segment in plan.segments), found


def _check(name: str, as_json: bool, config: Path | None) -> int:
    """Show where a model's published interface and its catalog entry differ; gives the exit code."""
    from ..errors import BadInput
    from ..providers.jobs import Checks
    from . import runs
    from .ledgers import looked_at
    from .reporting import reporter

    with looked_at(config) as books:
        provider, model = _named(name)
        renderer = books.renderers.named(provider)
        if not isinstance(renderer, Checks):
            raise BadInput(f"{provider} publishes nothing that its catalog could be compared with.", "Replicate's models do.")
        differences = runs.wait(renderer.check(model))
    found = [d.json_value() for d in differences]
    value = {"event": "done", "model": f"{provider}:{model}", "differences": found}
    reporter(as_json).show(_differences(f"{provider}:{model}", differences), value)
    return 1 if differences else 0


def _named(name: str) -> tuple[str, str]:
    """Provider and model of PROVIDER[:MODEL], or of a Replicate model's own name (OWNER/NAME)."""
    from ..catalog import entry_of, provider_names

    provider, _, model = name.partition(":")
    if provider not in provider_names("video") and "/" in provider:
        return "replicate", name
    return provider, model or entry_of(provider).default


def _differences(model: str, differences: tuple[Difference, ...]) -> RenderableType:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    if not differences:
        return f"{model}: the catalog says what the model publishes"
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for column in ("field", "catalog", "published now"):
        table.add_column(column, no_wrap=column == "field", overflow="fold")
    for each in differences:
        table.add_row(each.field, Text(each.listed or "-"), Text(each.live or "-", style="yellow"))
    return Group(Text(f"{model}: the catalog differs from what the model publishes", style="bold"), table)


def register(app: typer.Typer) -> None:
    app.command()(backends)
