"""`longvid plan` and `longvid keyframes`: the stages before rendering, each leaving a file one can edit."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import options as o
from . import runs
from .brief import asked, asks_a_model, backend_named, check_folder, check_output, planned, read_prompt, seed_of

if TYPE_CHECKING:
    from ..models.plan import Plan
    from ..render.session import Session
    from ..settings import Settings
    from .brief import Asked
    from .reporting import Reporter

PlanOutput = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="PLAN.json", help="The plan's file (default: stdout).")
]
Folder = Annotated[
    Path, typer.Option("-o", "--output", metavar="FOLDER", help="Gets segment_00.png … and a plan.json that points at them.")
]

Html = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", help="Write the storyboard as one page of HTML, pictures included.")
]
Revise = Annotated[
    str | None,
    typer.Option("--revise", metavar="WISH", help="Change the plan PLAN.json as said in words; locked segments never change."),
]


def plan(
    prompt: o.Prompt = None,
    file: o.PromptFile = None,
    output: PlanOutput = None,
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
    backend: o.Backend = None,
    html: Html = None,
    revise: Revise = None,
    replan: o.Replan = False,
    budget: o.Budget = None,
    config: o.Config = None,
    as_json: o.Json = False,
) -> None:
    """Turn a prompt into a plan, and show its storyboard.

    The plan is made for what the backend can do. It is plain JSON: edit it, then `longvid render PLAN.json`. A language model
    (--planner openai:MODEL) is asked once for the same prompt and settings; what it costs goes into the ledger.

    With --revise the argument is a plan: what is asked changes, all else stays, and the differences are shown.
    """
    from ..settings import load_settings
    from .revision import leave
    from .revision import revise as revise_plan

    settings = load_settings(config)
    limit = runs.budget_of(budget, settings)
    if revise is not None:
        film = {
            "--file": file, "--mode": mode, "--seconds": seconds, "--segments": segments, "--seed": seed, "--size": size,
            "--seed-policy": seed_policy, "--seed-step": seed_step, "--generation-id": generation_id, "--fps": fps, "--fit": fit,
            "--title": title,
        }  # fmt: skip
        revise_plan(
            prompt, revise, settings, output=output, planner=planner, backend=backend, replan=replan, budget=limit, html=html,
            as_json=as_json, given=[name for name, value in film.items() if value is not None],
        )  # fmt: skip
        return
    pages = html_target(html)
    text = read_prompt(prompt, file)
    base_seed, policy = seed_of(seed, seed_policy, generation_id)
    what = asked(
        settings, text, size=size, seed=base_seed, planner=planner, images=None, backend=backend, mode=mode, seconds=seconds,
        segments=segments, seed_policy=policy, seed_step=seed_step, fps=fps, fit=fit, title=title,
    )  # fmt: skip
    target = check_output(output, (".json",), "plan") if output else None
    settled = {"seed": str(base_seed)} if seed == "random" else {}
    with _planning(what, settings, as_json, aside=target is None, **settled) as (session, out):
        made = runs.wait(planned(what, session, replan=replan, budget=limit))
        if seed == "random":
            out.say(f"seed {base_seed}")
        out.plan(made)
        leave(made, out, target=target, pages=pages, output=output, html=html)


def html_target(html: Path | None) -> Path | None:
    """The page's file, checked before any work."""
    return check_output(html, (".html", ".htm"), "page") if html is not None else None


@contextlib.contextmanager
def _planning(
    what: Asked, settings: Settings, as_json: bool, *, aside: bool, **settled: str
) -> Iterator[tuple[Session | None, Reporter]]:
    """A reporter, and a run in the store where a language model plans: the rules need none and leave none."""
    from .reporting import reporter

    if asks_a_model(what):
        with runs.run(settings, as_json, command=runs.command_line(**settled), aside=aside) as (session, out):
            yield session, out
    else:
        yield None, reporter(as_json, aside=aside)


def keyframes(
    plan_file: Annotated[Path, typer.Argument(metavar="PLAN.json", help="A plan, from `longvid plan`.")],
    output: Folder,
    images: o.Images = None,
    first_image: o.FirstImage = None,
    html: Html = None,
    budget: o.Budget = None,
    config: o.Config = None,
    as_json: o.Json = False,
) -> int:
    """Draw the keyframes that a plan lacks, and put all of them into a folder.

    Replace any picture there, delete its two hashes in plan.json, and render that. Where a storyboard card stands in for a
    picture that was refused, it ends with 3.
    """
    from ..planfile import load_plan
    from ..render.keyframes import draw_keyframes, stands_in, with_first
    from ..settings import load_settings
    from .page import save_page

    settings = load_settings(config)
    wanted = load_plan(plan_file)
    draws = backend_named(images or settings.images.backend, "image", "--images").asked
    limit = runs.budget_of(budget, settings)
    folder = output.expanduser().absolute()
    check_folder(folder if folder.exists() else folder.parent)
    pages = html_target(html)
    with runs.run(settings, as_json, command=runs.command_line()) as (session, out):
        if first_image is not None:
            wanted = with_first(wanted, first_image)
        runs.agree_on_cost(wanted, session, out, images=draws, backend=None, budget=limit)
        drawn = runs.wait(draw_keyframes(wanted, session, images=draws))
        saved = save_pictures(drawn, folder)
        pictures = [
            {"index": i, "id": k.id, "path": k.image.path, "source": k.source} for i, k in enumerate(saved.keyframes) if k.image
        ]
        cards = sum(stands_in(k) for k in drawn.keyframes)
        stand_in = "a storyboard card" if cards == 1 else "storyboard cards"
        instead = f", {cards} of them {stand_in} in place of what was asked for" if cards else ""
        said = [f"{len(pictures)} keyframes and plan.json in {output}{instead}"]
        done = {"event": "done", "plan": str(folder / "plan.json"), "keyframes": pictures}
        if pages is not None:
            save_page(saved, pages)
            said.append(f"page {html}")
            done["html"] = str(pages)
        out.show("\n".join(said), done)
        return runs.INCOMPLETE if cards else 0


def save_pictures(plan: Plan, folder: Path) -> Plan:
    """Write every keyframe's picture into `folder` as segment_NN.png, in order, and plan.json beside them; gives that plan."""
    from ..files import copy_file, writing
    from ..media.images import asset_of
    from ..planfile import save_plan

    with writing(folder):
        folder.mkdir(exist_ok=True)
    saved = []
    for index, keyframe in enumerate(plan.keyframes):
        assert keyframe.image is not None
        source = Path(keyframe.image.path)
        if source.suffix.lower() == ".png":
            target = folder / f"segment_{index:02d}.png"
            copy_file(source, target)
        else:
            target = _as_png(source, folder / f"segment_{index:02d}.png")
        saved.append(keyframe.model_copy(update={"image": asset_of(target)}))
    result = plan.with_keyframes(saved)
    save_plan(result, folder / "plan.json")
    return result


def _as_png(source: Path, target: Path) -> Path:
    """A person's picture of another format, with the same pixels."""
    from ..media.images import load_rgb, save_png

    save_png(load_rgb(source), target)
    return target


def register(app: typer.Typer) -> None:
    app.command()(plan)
    app.command()(keyframes)
