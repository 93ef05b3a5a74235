"""`longvid seeds`: what a seed does at a backend, and which policy gives the more coherent film."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import options as o
from . import runs
from .brief import backend_named

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ..estimate import Estimate
    from ..media.coherence import Coherence, Viewer
    from ..models.records import SeedPolicy
    from ..render.seedcheck import Compared, SeedFinding
    from ..render.session import Session
    from .reporting import Reporter

seeds = typer.Typer(help="What a seed does at a backend: check it, and compare policies.", no_args_is_help=True)
_POLICIES = "universal,stride,derived"
_MODELS = {"clip": "openai/clip-vit-base-patch32", "dino": "facebook/dinov2-base"}


@seeds.command()
def check(
    backend: o.Backend = None,
    spend: Annotated[bool, typer.Option("--spend", help="Render the same short segment twice, and pay for it.")] = False,
    budget: o.Budget = None,
    config: o.Config = None,
    as_json: o.Json = False,
) -> int:
    """Find out what a model does with a seed: by asking, and with --spend by rendering one segment twice."""
    from ..render.seedcheck import asked, cost_of_twice, rendered_twice
    from ..settings import load_settings

    settings = load_settings(config)
    video = backend_named(backend or settings.backend, "video", "--backend")
    limit = runs.budget_of(budget, settings)
    with runs.run(settings, as_json, command=runs.command_line() if spend else None) as (session, out):
        found = runs.wait(asked(video, session))
        if spend:
            _agree(cost_of_twice(video, session), limit, session, out)
            found = runs.wait(rendered_twice(found, video, session))
        out.close()
        out.show(_finding(found), {"event": "done", "seed": found.json_value()})
        return 0 if found.holds else 1


@seeds.command()
def compare(
    plan_file: Annotated[Path, typer.Argument(metavar="PLAN.json", help="A plan of two segments or more.")],
    backend: o.Backend = None,
    images: o.Images = None,
    policies: Annotated[str, typer.Option("--policies", metavar="P,P", help="Which to compare.")] = _POLICIES,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FOLDER", help="Gets compare.png and compare.json.")] = Path(
        "seeds"
    ),
    clip: Annotated[
        str | None, typer.Option("--clip", metavar="MODEL", help="CLIP's weights: a folder (default: what is here).")
    ] = None,
    dino: Annotated[
        str | None, typer.Option("--dino", metavar="MODEL", help="DINO's weights: a folder (default: what is here).")
    ] = None,
    budget: o.Budget = None,
    config: o.Config = None,
    as_json: o.Json = False,
) -> int:
    """Render a plan under several seed policies, and say which film holds together best: as numbers, and as one picture."""
    from ..files import write_bytes, writing
    from ..media.coherence import coherence, sampled
    from ..painting.contact import Row, contact_sheet
    from ..planfile import load_plan
    from ..render.seedcheck import cost_under_policies, under_policies
    from ..settings import load_settings

    settings = load_settings(config)
    plan = load_plan(plan_file)
    video = backend_named(backend or settings.backend, "video", "--backend")
    draws = backend_named(images or settings.images.backend, "image", "--images").asked
    wanted = _policies(policies)
    limit = runs.budget_of(budget, settings)
    with writing(output):
        output.mkdir(parents=True, exist_ok=True)
    with runs.run(settings, as_json, command=runs.command_line()) as (session, out):
        viewers = _viewers({"clip": clip, "dino": dino}, session)
        _agree(cost_under_policies(plan, video, wanted, session, images=draws), limit, session, out)
        found = runs.wait(under_policies(plan, video, wanted, session, images=draws))
        rows, numbers = [], {}
        for each in found:
            pictures = [sampled(c.path, c.frames) for c in each.clips]
            numbers[each.policy] = coherence(pictures, viewers)
            middles = [p[len(p) // 2] for p in pictures]
            rows.append(Row(each.policy, _line(numbers[each.policy]), middles, [str(seed) for seed in each.seeds]))
        sheet = output / "compare.png"
        with writing(sheet):
            contact_sheet(f"{plan.title}: seed policies at {video}", rows).save(sheet)
        report = {
            "backend": str(video),
            "title": plan.title,
            "policies": [_reported(each, numbers[each.policy]) for each in found],
        }
        write_bytes(output / "compare.json", (json.dumps(report, indent=2, ensure_ascii=False) + "\n").encode())
        out.close()
        out.show(_table(numbers, sheet), {"event": "done", "picture": str(sheet), **report})
    return 0


def _agree(costs: Estimate, limit: float | None, session: Session, out: Reporter) -> None:
    """Show what it costs, and hold the run to its budget. OverBudget, before anything is spent, where it cannot do."""
    from ..estimate import check_budget

    session.budget_micro_usd = None if limit is None else round(1e6 * limit)
    out.estimate(costs, False)
    check_budget(costs, limit)


def _policies(text: str) -> list[SeedPolicy]:
    from ..errors import UnknownName

    names = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    for name in names or [text]:
        if name not in o.POLICIES:
            raise UnknownName(f"--policies {text}: there is no seed policy {name!r}.", f"There is: {', '.join(o.POLICIES)}.")
    return names  # type: ignore[return-value]


def _viewers(named: dict[str, str | None], session: Session) -> dict[str, Viewer]:
    """The vision models that are here. One that was asked for and is not is an error; the others are only missing."""
    from ..errors import MissingTool
    from ..events import Notice
    from ..media.coherence import viewer_of

    found: dict[str, Viewer] = {}
    for kind, model in named.items():
        try:
            found[kind] = viewer_of(kind, model or _MODELS[kind])
        except MissingTool as error:
            if model:
                raise
            session.emit(Notice(message=f"compared without {kind.upper()}: {error.what} --{kind} names their folder."))
    return found


def _reported(each: Compared, numbers: Coherence) -> dict[str, Any]:
    return {
        "policy": each.policy,
        "seeds": [str(seed) for seed in each.seeds],
        "clips": [clip.sha256 for clip in each.clips],
        **numbers.json_value(),
    }


def _line(numbers: Coherence) -> str:
    """The numbers in one line, for the picture."""
    parts = [f"palette {numbers.palette:.2f}", f"light {numbers.light:.2f}", f"texture {numbers.texture:.3f}"]
    parts += [
        f"{name.upper()} {value:.3f}" for name, value in (("clip", numbers.clip), ("dino", numbers.dino)) if value is not None
    ]
    return "   ".join(parts)


def _finding(found: SeedFinding) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    low, high = found.range
    takes = f"{found.parameter}, {low} to {high}" if found.parameter else "none"
    table.add_row("backend", found.backend)
    table.add_row("seed", takes)
    table.add_row("promise", f"{found.promise}; clips are {found.determinism}")
    table.add_row("source", f"{found.source}, {found.checked}")
    asked = "it publishes none" if found.live is None else "agrees" if not found.live else "differs"
    table.add_row("interface", asked)
    if found.repeats:
        table.add_row("twice", found.repeats)
    table.add_row("so", Text(found.verdict, style="" if found.holds else "red"))
    return table


def _table(numbers: dict[SeedPolicy, Coherence], sheet: Path) -> RenderableType:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("policy", no_wrap=True)
    names = [
        n for n in ("palette", "light", "texture", "clip", "dino") if any(getattr(c, n) is not None for c in numbers.values())
    ]
    for name in names:
        table.add_column(name, justify="right")
    for policy, found in numbers.items():
        table.add_row(policy, *(f"{getattr(found, name):.3f}" for name in names))
    how = "Between neighbours, mean. Palette, light, texture: lower is closer."
    return Group(table, Text(how, style="dim"), Text(f"picture  {sheet}"))


def register(app: typer.Typer) -> None:
    app.add_typer(seeds, name="seeds")
