"""`longvid make` and `longvid render`: from a prompt, or from a plan, to a film with its manifest."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import options as o
from . import runs
from .brief import asked, asks_a_model, backend_named, foreseen, planned, read_prompt, seed_of

if TYPE_CHECKING:
    from ..models.film import FilmOptions
    from ..models.plan import Plan
    from ..planning.choose import Foreseen
    from ..render.session import Session
    from .brief import Asked
    from .reporting import Reporter


def make(
    prompt: o.Prompt = None,
    file: o.PromptFile = None,
    mode: o.Mode = None,
    seconds: o.Seconds = None,
    segments: o.Segments = None,
    seed: o.Seed = None,
    seed_policy: o.SeedPolicy = None,
    seed_step: o.SeedStep = None,
    generation_id: o.GenerationId = None,
    size: o.Size = None,
    fps: o.Fps = None,
    fit: o.Fit = None,
    title: o.Title = None,
    planner: o.PlannerName = None,
    replan: o.Replan = False,
    images: o.Images = None,
    backend: o.Backend = None,
    fallback: o.Fallback = None,
    on_unknown: o.OnUnknown = None,
    on_failure: o.OnFailure = None,
    first_image: o.FirstImage = None,
    output: o.MadeFilm = None,
    codec: o.Codec = None,
    crf: o.Crf = None,
    preset: o.Preset = None,
    slate: o.Slate = None,
    seam: o.Seam = None,
    share: o.Share = False,
    budget: o.Budget = None,
    dry_run: o.DryRun = False,
    config: o.Config = None,
    as_json: o.Json = False,
) -> int:
    """Make a film from a prompt.

    Everything finished is kept: the same command again goes on where this one stopped, and renders nothing twice.
    """
    from ..settings import load_settings

    started = time.monotonic()
    settings = runs.policy_over(load_settings(config), fallback, on_unknown, on_failure)
    text = read_prompt(prompt, file)
    base_seed, policy = seed_of(seed, seed_policy, generation_id)
    what = asked(
        settings, text, size=size, seed=base_seed, planner=planner, images=images, backend=backend, mode=mode, seconds=seconds,
        segments=segments, seed_policy=policy, seed_step=seed_step, fps=fps, fit=fit, title=title,
    )  # fmt: skip
    encoding = runs.film_options(settings, codec, crf, preset, slate, seam, shared=share)
    target = runs.target_of(output, encoding.codec)
    limit = runs.budget_of(budget, settings)
    if first_image is not None:
        from ..media.images import asset_of

        asset_of(first_image)  # a picture that cannot be read is refused before a run begins
    settled = {"seed": str(base_seed)} if seed == "random" else {}
    if str(file) == "-" and not dry_run:
        settled["file"] = runs.keep_prompt(settings, text)
    with runs.run(settings, as_json, command=None if dry_run else runs.command_line(**settled)) as (session, out):
        if seed == "random":
            out.say(f"seed {base_seed}")
        takes = None
        if dry_run:
            plan, takes = foreseen(what, session, out, replan=replan)
        else:
            _check_before_planning(what, session, replan)
            plan = runs.wait(_planned(what, session, limit, replan))
        return _film(
            plan, session, out, images=what.images, backend=what.backend, first_image=first_image, budget=limit, options=encoding,
            target=target, share=share, dry_run=dry_run, started=started, planning=takes,
        )  # fmt: skip


def render(
    plan_file: Annotated[Path, typer.Argument(metavar="PLAN.json", help="A plan, from `longvid plan` or `longvid keyframes`.")],
    images: o.Images = None,
    backend: o.Backend = None,
    fallback: o.Fallback = None,
    on_unknown: o.OnUnknown = None,
    on_failure: o.OnFailure = None,
    reroll: o.Reroll = None,
    output: o.MadeFilm = None,
    codec: o.Codec = None,
    crf: o.Crf = None,
    preset: o.Preset = None,
    slate: o.Slate = None,
    seam: o.Seam = None,
    share: o.Share = False,
    budget: o.Budget = None,
    dry_run: o.DryRun = False,
    config: o.Config = None,
    as_json: o.Json = False,
) -> int:
    """Make a film from a plan. Only missing keyframes are drawn, only missing segments rendered."""
    from ..events import Notice
    from ..planfile import load_plan
    from ..render.check import check_plan
    from ..settings import load_settings
    from .takes import rerolled

    started = time.monotonic()
    settings = runs.policy_over(load_settings(config), fallback, on_unknown, on_failure)
    left: list[str] = []
    plan = rerolled(load_plan(plan_file), reroll, left.append)
    encoding = runs.film_options(settings, codec, crf, preset, slate, seam, shared=share)
    target = runs.target_of(output, encoding.codec)
    limit = runs.budget_of(budget, settings)
    draws = backend_named(images or settings.images.backend, "image", "--images").asked
    video = backend_named(backend or settings.backend, "video", "--backend")
    check_plan(plan, video)
    with runs.run(settings, as_json, command=None if dry_run else runs.command_line()) as (session, out):
        for line in left:
            session.emit(Notice(level="warning", message=line))
        return _film(
            plan, session, out, images=draws, backend=str(video), first_image=None, budget=limit, options=encoding, target=target,
            share=share, dry_run=dry_run, started=started,
        )  # fmt: skip


def _check_before_planning(what: Asked, session: Session, replan: bool) -> None:
    """Where the plan will be paid for: whoever draws and renders it can. BadInput or MissingTool."""
    from ..planning.choose import foresee

    if asks_a_model(what) and not foresee(what.planner, what.brief, what.limits, session, replan=replan)[1].cached:
        runs.check_access((what.images, what.backend), session)


async def _planned(what: Asked, session: Session, budget: float | None, replan: bool) -> Plan:
    from ..events import StageDone, StageStarted

    session.emit(StageStarted(stage="plan", total=1))
    plan = await planned(what, session, replan=replan, budget=budget)
    session.emit(StageDone(stage="plan"))
    return plan


def _film(
    plan: Plan,
    session: Session,
    out: Reporter,
    *,
    images: str,
    backend: str,
    first_image: Path | None,
    budget: float | None,
    options: FilmOptions,
    target: Path,
    share: bool,
    dry_run: bool,
    started: float,
    planning: Foreseen | None = None,
) -> int:
    from ..approval import outdated
    from ..events import Notice
    from ..render.keyframes import with_first

    if first_image is not None:
        plan = with_first(plan, first_image)
    out.plan(plan)
    runs.agree_on_cost(plan, session, out, images=images, backend=backend, budget=budget, planning=planning)
    if dry_run:
        if runs.is_json(out):
            out.show("", {"event": "done", "film": None, "manifest": None, "segments": []})
        return 0
    release = runs.wait(
        runs.make_film(plan, session, images=images, backend=backend, options=options, target=target, shared=share)
    )
    for line in outdated(release.rendered):
        session.emit(Notice(level="warning", message=line))
    return runs.finish(release, session, out, started)


def register(app: typer.Typer) -> None:
    app.command()(make)
    app.command()(render)
