"""The number of shots that a text itself asks for, where no option does: what it means, and where it cannot be had."""

from __future__ import annotations

from dataclasses import dataclass

from ..models.base import exact_fps
from .brief import Brief, Limits
from .durations import reachable, spacing
from .grouping import Group
from .script import Script


@dataclass(frozen=True)
class Wish:
    """`number`: the segments to make, None where the text asks for none or its own marks go before. `asked`: what it says."""

    number: int | None = None
    asked: int | None = None
    marked: int = 0


def wish_of(brief: Brief, script: Script, natural: list[Group]) -> Wish:
    """What the text asks for. The option `segments` goes before it, and so do scenes that the text marks one by one.

    A text that says `three scenes` and marks three has what it asks for, however many segments those take.
    """
    if brief.segments is not None or script.count is None:
        return Wish()
    asked, marked = script.count.number, sum(s.kind != "prose" for s in script.scenes)
    shown = len({g.scene for g in natural})
    if marked > 1 and (asked < shown or (script.count.scenes and asked == shown)):
        return Wish(None, asked, shown)
    return Wish(asked, asked)


def fits(limits: Limits, count: int, frames: float) -> bool:
    """Whether so many segments can make a film of about so many frames, whatever their joins."""
    fewest, most = reachable(limits, count)
    return fewest - count - spacing(limits) <= frames <= most + spacing(limits) / 2


def unmet(wish: Wish, groups: list[Group], seconds: float | None, limits: Limits) -> str:
    """Why the film has not the number of shots that its text asks for; empty where it has."""
    made = sum(g.parts for g in groups)
    if wish.asked is None or made == wish.asked:
        return ""
    if wish.number is None:
        return (
            "" if wish.asked == wish.marked else f"the text asks for {wish.asked} shots and marks {wish.marked}: those are kept."
        )
    if seconds is None:
        return f"the text asks for {wish.asked} segments: {made} are the most there are."
    rate = float(exact_fps(limits.fps))
    each = f"{limits.backend} makes {limits.shortest / rate:.2f} to {limits.longest / rate:.2f} s in one"
    many = "1 segment" if wish.asked == 1 else f"{wish.asked} segments"
    return f"the text asks for {many}; {each}, so that {seconds:g} s are {made}."
