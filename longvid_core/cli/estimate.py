"""`longvid estimate`: what a film will cost, before it does."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import options as o
from . import runs
from .brief import asked, backend_named, foreseen, read_prompt, seed_of


def estimate(
    what: Annotated[
        str | None, typer.Argument(metavar="[PLAN.json|PROMPT]", help="A plan's file, or a prompt.", show_default=False)
    ] = None,
    file: o.PromptFile = None,
    mode: o.Mode = None,
    seconds: o.Seconds = None,
    segments: o.Segments = None,
    seed: o.Seed = None,
    seed_policy: o.SeedPolicy = None,
    size: o.Size = None,
    fps: o.Fps = None,
    fit: o.Fit = None,
    planner: o.PlannerName = None,
    images: o.Images = None,
    backend: o.Backend = None,
    budget: o.Budget = None,
    config: o.Config = None,
    as_json: o.Json = False,
) -> None:
    """Say what a film would cost, item by item. What the store has costs nothing."""
    from ..planfile import load_plan
    from ..render.check import check_plan
    from ..settings import load_settings

    settings = load_settings(config)
    limit = runs.budget_of(budget, settings)
    wanted, takes = None, None
    if what is not None and what.lower().endswith(".json"):
        plan = load_plan(Path(what))
        draws = backend_named(images or settings.images.backend, "image", "--images").asked
        video = backend_named(backend or settings.backend, "video", "--backend")
        check_plan(plan, video)
        renders = str(video)
    else:
        base_seed, policy = seed_of(seed, seed_policy, None)
        wanted = asked(
            settings, read_prompt(what, file), size=size, seed=base_seed, planner=planner, images=images, backend=backend,
            mode=mode, seconds=seconds, segments=segments, seed_policy=policy, fps=fps, fit=fit,
        )  # fmt: skip
        draws, renders = wanted.images, wanted.backend
    with runs.run(settings, as_json, command=None) as (session, out):
        if wanted is not None:
            plan, takes = foreseen(wanted, session, out)
        found = runs.agree_on_cost(plan, session, out, images=draws, backend=renders, budget=limit, every=True, planning=takes)
        if runs.is_json(out):
            out.show("", {"event": "done", "low_micro_usd": found.low_micro_usd, "high_micro_usd": found.high_micro_usd})


def register(app: typer.Typer) -> None:
    app.command()(estimate)
