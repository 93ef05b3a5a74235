"""What two films show where they differ: one frame of each segment, from both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import Interrupted
from .diff import FILM, Comparison, Side
from .pictures import FilmPictures
from .ranges import segment_ranges

if TYPE_CHECKING:
    from PIL.Image import Image

    from .diff import Compared


@dataclass(frozen=True)
class Still:
    """A frame of a segment as the first film has it and as the second has it, mode RGB; None: that one has no such frame.

    id: the segment's, or `diff.FILM` where nobody knows which frames are whose. at: the frame's number in each film, from 0.
    """

    id: str
    was: Image | None
    now: Image | None
    at: tuple[int, int]


def stills(
    made: Comparison, one: Side, other: Side, *, most: int, interrupted: Callable[[], bool] = lambda: False
) -> Iterator[Still]:
    """The frame that differs most of each segment whose pictures differ, or the middle one where only one film has the segment.

    Nothing where not both films are at hand. `most`: of so many segments, those that differ most; in the comparison's order. Two
    frames are in memory at a time. Unreadable and Interrupted as in `diff.compare`.
    """
    if one.film is None or other.film is None:
        return
    left, right = FilmPictures(one.film), FilmPictures(other.film)
    try:
        for id, was, now in _frames(made, one, other, most):
            if interrupted():
                raise Interrupted("taking stills: stopped.", "Run it again to do it over.")
            before, after = (film.frame(at) if at is not None else None for film, at in ((left, was), (right, now)))
            yield Still(id, before, after, (was or 0, now or 0))
    finally:
        left.close()
        right.close()


def told_apart(made: Comparison) -> list[Compared]:
    """The segments that look different in the second film, or that only one film has."""
    return [s for s in made.segments if s.state in ("added", "removed") or (s.picture is not None and not s.picture.equal)]


def _frames(made: Comparison, one: Side, other: Side, most: int) -> Iterator[tuple[str, int | None, int | None]]:
    """By segment, the number of the frame that is shown of each film; None where it has none to show."""
    own, its = (segment_ranges(side.manifest) if side.manifest else None for side in (one, other))
    if own is None or its is None:
        if made.picture is not None and made.picture.worst is not None:
            yield FILM, made.picture.worst, made.picture.worst
        return
    mine = {s.id: r for s, r in zip(one.plan.segments, own, strict=True)}
    theirs = {s.id: r for s, r in zip(other.plan.segments, its, strict=True)}
    shown = sorted(told_apart(made), key=lambda s: s.picture.mean if s.picture else 255, reverse=True)[:most]
    ids = {s.id for s in shown}
    for segment in made.segments:
        if segment.id not in ids:
            continue
        was, now = mine.get(segment.before or ""), theirs.get(segment.id) if segment.state != "removed" else None
        if was is None or now is None or segment.picture is None:
            yield segment.id, was[len(was) // 2] if was else None, now[len(now) // 2] if now else None
            continue
        worst = segment.picture.worst
        # where they are the same as far as both go, the first frame that only one of them has
        within = worst - was.start if worst is not None else min(len(was), len(now))
        at, its_at = (frames[within] if within < len(frames) else None for frames in (was, now))
        yield segment.id, at, its_at
