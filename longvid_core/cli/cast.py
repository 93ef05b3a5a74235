"""`longvid cast`: a reference sheet for everyone and every place that recurs, before any keyframe is drawn."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import options as o
from . import runs
from .brief import backend_named, check_output

if TYPE_CHECKING:
    from ..models.plan import Plan


def cast(
    plan_file: Annotated[Path, typer.Argument(metavar="PLAN.json", help="A plan, from `longvid plan`.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="PLAN2.json", help="The plan with the sheets; they go into PLAN2.cast/.")
    ],
    images: o.Images = None,
    budget: o.Budget = None,
    config: o.Config = None,
    as_json: o.Json = False,
) -> int:
    """Draw a reference sheet for each cast member that has no picture, and put them into the plan.

    Keyframes that name a member are then drawn with its sheet before the model's eyes. Each sheet is drawn once, and kept.
    """
    from ..planfile import load_plan, save_plan
    from ..render.cast import draw_cast, sheets_of
    from ..settings import load_settings

    settings = load_settings(config)
    plan = load_plan(plan_file)
    sheets = sheets_of(plan)
    draws = backend_named(images or settings.images.backend, "image", "--images").asked
    limit = runs.budget_of(budget, settings)
    target = check_output(output, (".json",), "plan")
    with runs.run(settings, as_json, command=runs.command_line()) as (session, out):
        runs.agree_on_cost(sheets, session, out, images=draws, backend=None, budget=limit)
        drawn = runs.wait(draw_cast(plan, session, images=draws))
        saved = _beside(drawn, plan, target)
        save_plan(saved, target)
        without = [m.name for m in saved.cast if not m.references]
        out.show(f"{len(saved.cast) - len(without)} of {len(saved.cast)} cast members have pictures, in {output}", {
            "event": "done", "plan": str(target),
            "cast": [{"name": m.name, "references": [r.image.path for r in m.references]} for m in saved.cast],
        })  # fmt: skip
        return runs.INCOMPLETE if without else 0


def _beside(drawn: Plan, before: Plan, target: Path) -> Plan:
    """The plan with copies of its new sheets in a folder beside its file, so that the two can be moved together."""
    from ..files import copy_file, writing
    from ..media.images import asset_of
    from ..render.cast import with_sheets

    new = [m for m, old in zip(drawn.cast, before.cast, strict=True) if m.references and not old.references]
    folder = target.with_suffix(".cast")
    if new:
        with writing(folder):
            folder.mkdir(exist_ok=True)
    sheets = {}
    for number, member in enumerate(new):
        name = re.sub(r"[^a-z0-9]+", "-", member.name.lower()).strip("-")
        picture = folder / f"{number:02d}-{name or 'member'}.png"
        copy_file(Path(member.references[0].image.path), picture)
        sheets[member.name] = asset_of(picture)
    return with_sheets(drawn, sheets)


def register(app: typer.Typer) -> None:
    app.command()(cast)
