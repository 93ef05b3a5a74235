"""What every command that works on a film shares: its run in the store, how it is stopped, how it ends."""

from __future__ import annotations

import contextlib
import hashlib
import shlex
import signal
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from . import failures
from .reporting import Reporter, reporter

if TYPE_CHECKING:
    from ..estimate import Estimate
    from ..models.clip import Rendered
    from ..models.film import FilmOptions, Release
    from ..models.plan import Plan
    from ..planning.choose import Foreseen
    from ..render.session import Session
    from ..settings import Settings

INCOMPLETE = 3
"""Exit code of a film whose every segment has a clip, though not each the one that was asked for."""


_ONE_PRESS_S = 0.7
"""Signals this close together are one wish: wrappers such as `timeout` send theirs to the process and to its group."""


@contextlib.contextmanager
def stoppable() -> Iterator[Callable[[], bool]]:
    """Inside the block Ctrl-C, SIGTERM and SIGHUP ask to stop (the given function then answers True); a second one stops at once.

    Work that is under way ends between two frames, its children with it, and nothing half-written stays.
    """
    asked: list[float] = []

    def ask(signum: int, frame: FrameType | None) -> None:
        asked.append(time.monotonic())
        if asked[-1] - asked[0] > _ONE_PRESS_S:
            raise KeyboardInterrupt

    before = {}
    try:
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)  # not every system has every one
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
                before[number] = signal.signal(number, ask)
    except ValueError:
        pass  # not in the main thread: the host decides what stops us
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def run(settings: Settings, as_json: bool, *, command: str | None, aside: bool = False) -> Iterator[tuple[Session, Reporter]]:
    """A run of the store with its events shown: gives session and reporter, and leaves the terminal clean whatever happens.

    `command`: what to type to do it again; None only looks: no run begins, and the store stays as it is. `aside`: stdout carries
    a file, and what is said goes to stderr.
    """
    from ..render.looking import look
    from ..render.session import open_session
    from .asking import asker

    with stoppable() as interrupted:
        out = reporter(as_json, aside=aside, interrupted=interrupted)
        try:
            if command is None:
                with look(settings, emit=out.emit, interrupted=interrupted) as session:
                    yield session, out
                return
            with open_session(settings, command=command, emit=out.emit, interrupted=interrupted) as session:
                failures.remember_log(str(session.store.home / "runs" / session.run_id / "events.jsonl"))
                failures.remember_resume(_way_on(command, session.run_id))
                if not as_json and (ask := asker(out, interrupted)) is not None:
                    session.ask = ask
                try:
                    yield session, out
                except (KeyboardInterrupt, Exception) as error:
                    _log_failure(session, error)
                    raise
        finally:
            out.close()


def _log_failure(session: Session, error: BaseException) -> None:
    """The run's log ends with why there is no film. On the screen `failures.report` says it."""
    from ..errors import StoreError
    from ..events import Failed

    with contextlib.suppress(StoreError):  # the disk that cannot be written is what the error under way tells of
        session.emit(Failed(**failures.explain(error)._asdict()))


def wait(work: Coroutine[Any, Any, Any]) -> Any:
    """The result of asynchronous work, from here."""
    import asyncio

    return asyncio.run(work)


_typed: list[str] = []


def remember_typed(args: list[str]) -> None:
    """Keep the command line of this process: what `command_line` is made from."""
    _typed[:] = args


def command_line(**settled: str) -> str:
    """What to type to do the same again, for `longvid jobs resume`: with the answer that --replan got, not with another one.

    `settled` replaces options whose words would not mean the same a second time: a drawn seed, a prompt from stdin.
    """
    args = [word for word in _typed if word != "--replan"]
    for option, value in settled.items():
        names = {"seed": ("--seed",), "file": ("-f", "--file")}[option]
        for position, word in enumerate(args):
            if word in names and position + 1 < len(args):
                args[position + 1] = value
            elif any(word.startswith(f"{name}=") for name in names if name.startswith("--")):
                args[position] = f"{word.partition('=')[0]}={value}"
    return shlex.join(["longvid", *args])


def _way_on(command: str, run: str) -> str | None:
    """How to go on with a run, where what was typed, typed again, would begin another: with another seed, or another plan."""
    options = _typed[: _typed.index("--")] if "--" in _typed else _typed
    changes = []
    if "--seed=random" in options or ("--seed", "random") in zip(options, options[1:], strict=False):
        settled = shlex.split(command)
        at = next((n for n, word in enumerate(settled) if word.partition("=")[0] == "--seed"), None)
        if at is not None:
            seed = settled[at].partition("=")[2] or settled[at + 1]
            changes.append(f"--seed {seed} in place of random")
    if "--replan" in options:
        changes.append("no --replan")
    if not changes:
        return None
    return f"Go on by `longvid jobs resume {run}`, or with {' and '.join(changes)}: as it was typed it begins another film."


def keep_prompt(settings: Settings, prompt: str) -> str:
    """Keep a prompt that came over stdin in the store; gives the file's path."""
    from ..files import write_bytes, writing

    folder = settings.store_home / "assets" / "prompts"
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{hashlib.sha256(prompt.encode()).hexdigest()[:16]}.txt"
    write_bytes(file, prompt.encode())
    return str(file)


def budget_of(option: float | None, settings: Settings) -> float | None:
    """The budget in US dollars: the option's, else the settings'. BadInput for what is no amount."""
    from ..errors import BadInput

    budget = option if option is not None else settings.budget
    if budget is not None and not 0 <= budget < 1e9:
        raise BadInput(f"--budget {budget:g} is no budget.", "It is an amount in US dollars, 0 or more.")
    return budget


def policy_over(
    settings: Settings, fallback: list[str] | None, on_unknown: str | None = None, on_failure: str | None = None
) -> Settings:
    """The settings with what the options say of segments that their backend does not render. Each is checked before any work.

    BadInput or UnknownName for what is no such choice, in the options and in the settings.
    """
    from ..errors import BadInput
    from .brief import backend_named

    given: dict[str, Any] = {}
    for option, value, ways in (
        ("--on-unknown", on_unknown, ("ask", "resubmit")),
        ("--on-failure", on_failure, ("stop", "placeholder")),
    ):
        if value is not None and value not in ways:
            raise BadInput(f"{option} {value} is no such way.", f"It is {' or '.join(ways)}.")
        if value is not None:
            given[option.removeprefix("--").replace("-", "_")] = value
    if fallback:
        given["fallback"] = tuple(fallback)
    settings = settings.model_copy(update=given)
    for name in settings.fallback:
        backend_named(name, "video", "--fallback" if fallback else "fallback in longvid.yaml:")
    return settings


def agree_on_cost(
    plan: Plan,
    session: Session,
    out: Reporter,
    *,
    images: str,
    backend: str | None,
    budget: float | None,
    every: bool = False,
    planning: Foreseen | None = None,
) -> Estimate:
    """Show what the plan will cost (`backend` None: its keyframes alone; `planning`: what the plan itself will, where there is
    none yet), and hold the run to its budget (US dollars; what it has spent already counts).

    Before anything is spent it raises OverBudget, or what `check_access` raises; where one only looks that is said, and no more.
    """
    from ..estimate import check_budget, estimate

    session.budget_micro_usd = None if budget is None else round(1e6 * budget)
    costs = estimate(plan, session, backend=backend, images=images)
    costs = costs.with_planning(planning) if planning is not None and not planning.cached else costs
    out.estimate(costs, every)
    drawn = dict.fromkeys(item.made_by for item in costs.keyframes if not item.cached)
    rendered = dict.fromkeys(item.made_by for item in costs.segments if not item.cached)
    settings = session.settings
    check_access((*drawn, *rendered, *(settings.images.fallback if drawn else ())), session)
    check_access(settings.fallback if rendered else (), session, only_said=True)
    check_budget(costs, None if budget is None else max(0.0, budget - session.spent_micro_usd / 1e6))
    return costs


def check_access(names: Iterable[str], session: Session, *, only_said: bool = False) -> None:
    """Raise what one of these models (PROVIDER[:MODEL]) lacks, a key or a package: BadInput or MissingTool.

    `only_said`, and where one only looks: it is said as a warning. Nothing is asked over the network.
    """
    from ..errors import LongvidError
    from ..events import Notice
    from ..providers.base import Ready

    for provider in dict.fromkeys(name.partition(":")[0] for name in names):
        try:
            renderer = session.renderers.named(provider)
            if isinstance(renderer, Ready):
                renderer.ready()
        except LongvidError as error:
            if session.run_id and not only_said:
                raise
            session.emit(Notice(level="warning", message=str(error)))


# -- from a plan with costs agreed to a film ------------------------------------------------------------------------------------


def film_options(
    settings: Settings,
    codec: str | None,
    crf: int | None,
    preset: str | None,
    slate: bool | None,
    seam: str | None = None,
    *,
    shared: bool = False,
) -> FilmOptions:
    """Options over settings. BadInput names the option that cannot be. shared: nor may the film show its prompts."""
    from pydantic import ValidationError

    from ..errors import BadInput
    from ..manifest.wordless import check_wordless
    from ..models.film import FilmOptions

    given = {"codec": codec, "crf": crf, "preset": preset, "slate": slate, "seam": seam}
    values = {**settings.film.model_dump(), **{name: value for name, value in given.items() if value is not None}}
    try:
        options = FilmOptions(**values)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        option = f"--{fault['loc'][0]}"
        message = fault["msg"].removeprefix("Input should be ")
        raise BadInput(f"{option} {fault['input']}: it must be {message}.", "See --help.") from error
    if shared:
        check_wordless(options)
    return options


def target_of(output: Path | None, codec: str) -> Path:
    """The film's file, checked before any work. Without -o: film.mp4 (or what the codec goes into) here."""
    from ..files import check_folder
    from ..manifest.build import manifest_path
    from ..render.film import SUFFIXES
    from .brief import check_output

    suffix = SUFFIXES[codec]
    others = [f"--codec {c} for {s}" for c, s in SUFFIXES.items() if output and s == output.suffix.lower() != suffix]
    target = check_output(output or Path(f"film{suffix}"), (suffix,), f"{codec} film", *others[:1])
    check_folder(manifest_path(target))
    return target


async def make_film(
    plan: Plan, session: Session, *, images: str, backend: str, options: FilmOptions, target: Path, shared: bool = False
) -> Release:
    """Everything after the plan: keyframes, clips, film and manifest, the latter two at `target` and beside it.

    shared: the manifest without prompts and texts, the film without its title.
    """
    from ..events import StageDone, StageStarted
    from ..manifest.build import manifest_path, write_manifest
    from ..manifest.wordless import without_title
    from ..media.ffmpeg import ask_ahead, ffmpeg_binary
    from ..render.clips import render_clips
    from ..render.film import export_film, join_film
    from ..render.keyframes import draw_keyframes

    ffmpeg_binary()  # said now, where it is missing, and not after the keyframes are paid for
    ask_ahead()  # for the manifest
    plan = await draw_keyframes(plan, session, images=images)
    rendered = await render_clips(plan, session, backend=backend)
    joined = await join_film(rendered, session, options)
    release = export_film(without_title(joined, session.scratch) if shared else joined, target)
    session.emit(StageStarted(stage="manifest", total=1))
    write_manifest(release, manifest_path(target), session.store.hashes.sha256, shared=shared)
    session.emit(StageDone(stage="manifest"))
    return release


def finish(release: Release, session: Session, out: Reporter, started: float) -> int:
    """Say that the film is there: the last event, and for people a panel. Gives the exit code."""
    from ..events import Done, SegmentSummary
    from ..manifest.build import manifest_path
    from .panel import finished

    film, rendered = release.film, release.rendered
    manifest = manifest_path(Path(film.path))
    summary = tuple(
        SegmentSummary(
            index=o.index, id=o.id, outcome=o.outcome, render_key=o.render_key, clip_sha256=o.clip.sha256 if o.clip else None
        )
        for o in rendered.outcomes
    )
    out.close()
    if not is_json(out):
        out.show(finished(release, manifest, time.monotonic() - started), {})
    session.emit(Done(film=film.path, manifest=str(manifest), segments=summary))
    return 0 if all_as_asked(rendered) else INCOMPLETE


def all_as_asked(rendered: Rendered) -> bool:
    """Whether every segment is what was asked for: no placeholder among them, and no card that stands in for a keyframe."""
    from ..render.keyframes import stands_in

    rendered_all = all(o.outcome in ("rendered", "cached") for o in rendered.outcomes)
    return rendered_all and not any(stands_in(k) for k in rendered.plan.keyframes)


def is_json(out: Reporter) -> bool:
    """Whether only machines read stdout."""
    from .reporting import JsonLines

    return isinstance(out, JsonLines)
