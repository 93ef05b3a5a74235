"""A plan as people read it: one line of facts, the film as a strip, a table of its shots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..models.base import exact_fps
from ..planning.provenance import unmet_of
from .failures import clean

if TYPE_CHECKING:
    from ..models.plan import Plan, Segment

_COLOURS = ("#4fb3bf", "#e0a458", "#b58ad6", "#7fb069", "#e0727d", "#6c9bd9", "#d99ac5", "#a9a25a")


def colour(index: int) -> str:
    """A segment's colour, everywhere it is named."""
    return _COLOURS[index % len(_COLOURS)]


def clock(seconds: float) -> str:
    """A time as a person reads it: 7.5 s is `7.5s`, 95 s is `1:35`."""
    if seconds < 60:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def storyboard(plan: Plan, console: Console) -> RenderableType:
    """The plan, fitted to the console's width."""
    return Group(_facts(plan), Text(), *_strip(plan, console), _table(plan, console))


def _facts(plan: Plan) -> Text:
    seconds = float(plan.film_frames / exact_fps(plan.fps))
    shots = f"{len(plan.segments)} segment{'s' * (len(plan.segments) != 1)}"
    facts = [shots, clock(seconds), f"{plan.width}x{plan.height}", f"{plan.fps:g} fps", plan.mode, f"seed {plan.seed}"]
    if plan.seed_policy != "derived":
        facts.append(plan.seed_policy)
    told = unmet_of(plan)
    noted = [("\n" + clean(told[:1].upper() + told[1:]), "yellow")] if told else []
    return Text.assemble((clean(plan.title), "bold"), "\n", ("  ".join(facts), "dim"), *noted)


def _strip(plan: Plan, console: Console) -> list[Text]:
    """The film as one bar, every segment as long as it is in time; cuts are gaps. Nothing without colour to tell them by."""
    if not console.is_terminal or console.no_color or len(plan.segments) < 2:
        return []
    cuts = sum(s.join == "cut" for s in plan.segments[1:])
    room = min(console.width, 120) - cuts
    total = sum(s.frames for s in plan.segments)
    if room < 2 * len(plan.segments):
        return []
    block = "▄" if _unicode(console) else "="
    strip, done, drawn = Text(), 0, 0
    for segment in plan.segments:
        if segment.index and segment.join == "cut":
            strip.append(" ")
        done += segment.frames
        until = round(room * done / total)
        strip.append(block * (until - drawn), style=f"bold {colour(segment.index)}")
        drawn = until
    return [strip, Text()]


def _table(plan: Plan, console: Console) -> Table:
    wide = console.width >= 76
    table = Table(box=None, padding=(0, 1 if not wide else 2, 0, 0), pad_edge=False, expand=True, header_style="dim")
    table.add_column("#", justify="right", no_wrap=True)
    if wide:
        table.add_column("id", no_wrap=True, max_width=12, overflow="ellipsis")
        table.add_column("at", justify="right", no_wrap=True)
    table.add_column("length", justify="right", no_wrap=True)
    table.add_column("join", no_wrap=True)
    if wide:
        table.add_column("shot", no_wrap=True, overflow="ellipsis", max_width=console.width // 5)
    table.add_column("what happens", no_wrap=True, overflow="ellipsis", ratio=1)
    rate, start = exact_fps(plan.fps), 0
    for segment in plan.segments:
        start -= segment.index > 0 and segment.join == "continuous"
        cells = [Text(f"{segment.index:02d}", style=f"bold {colour(segment.index)}")]
        if wide:
            cells += [Text(segment.id, style="dim"), Text(clock(float(start / rate)), style="dim")]
        cells += [Text(clock(float(segment.frames / rate))), _join(segment, console.width)]
        if wide:
            cells.append(Text(_shot(plan, segment) or "-", style="dim"))
        cells.append(Text(_words(plan, segment), style=colour(segment.index)))
        table.add_row(*cells)
        start += segment.frames
    return table


def _join(segment: Segment, width: int) -> Text:
    if segment.index == 0:
        return Text("-", style="dim")
    words = {"continuous": "continuous" if width >= 100 else "on", "cut": "cut"}
    return Text(words[segment.join], style="bold" if segment.join == "cut" else "dim")


def _shot(plan: Plan, segment: Segment) -> str:
    """Framing, camera and light in a few words, what differs most between shots first."""
    state = plan.visual_of(segment)
    height = state.camera.height if state.camera.height != "eye" else None  # which goes without saying
    words = (state.lens.framing, state.camera.move, height, state.light.time_of_day)
    return ", ".join(word.replace("_", " ") for word in words if word)


def _words(plan: Plan, segment: Segment) -> str:
    """What happens, without the looks beside names: they are the same in every line, and leave no room for what is not."""
    words = segment.prompt
    for member in plan.cast:
        words = words.replace(f" ({member.look})", "") if member.look else words
    return clean(" ".join(words.split()))


def _unicode(console: Console) -> bool:
    return console.encoding.lower().replace("-", "").startswith("utf")
