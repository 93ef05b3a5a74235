"""How the pictures of two films differ, segment by segment. Each file is read once, front to back, where the order allows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import Interrupted
from ..files import sha256_file
from ..media.delta import Delta, delta_of, picture_delta
from .ranges import segment_ranges

if TYPE_CHECKING:
    from collections.abc import Generator

    import av
    from PIL.Image import Image

    from .diff import Comparison, Side


def with_pictures(made: Comparison, one: Side, other: Side, interrupted: Callable[[], bool]) -> Comparison:
    """The comparison with the pictures of each segment that both films show, and of all of them together.

    Where the manifests do not tell which frames are whose, or there is none, the films are compared as they run.
    """
    assert one.film is not None and other.film is not None

    def look(done: int) -> None:
        if interrupted():
            raise Interrupted("comparing pictures: stopped.", "Run it again to do it over.")

    own, its = (segment_ranges(side.manifest) if side.manifest else None for side in (one, other))
    if own is None or its is None:
        return made.model_copy(update={"picture": picture_delta(one.film, other.film, progress=look)})
    if sha256_file(one.film) == sha256_file(other.film):
        frames = own[-1].stop
        return made.model_copy(update={"picture": Delta(frames=(frames, frames))})
    mine = {s.id: r for s, r in zip(one.plan.segments, own, strict=True)}
    theirs = {s.id: r for s, r in zip(other.plan.segments, its, strict=True)}
    left, right = FilmPictures(one.film), FilmPictures(other.film)
    segments, deltas = [], []
    for segment in made.segments:
        if segment.before is not None and segment.state != "removed":
            was, now = mine[segment.before], theirs[segment.id]
            delta = delta_of(left.pictures(was), right.pictures(now), start=was.start, progress=look)
            deltas.append((delta, left.samples))
            segment = segment.model_copy(update={"picture": delta})
        segments.append(segment)
    left.close()
    right.close()
    return made.model_copy(update={"segments": tuple(segments), "picture": together(deltas) if deltas else None})


def together(deltas: list[tuple[Delta, int]]) -> Delta:
    """Several deltas as one. Each with the samples of one frame."""
    weights = [min(d.frames) * samples for d, samples in deltas]
    samples = sum(weights)
    squared = sum(w * 255**2 / 10 ** (d.psnr_db / 10) for (d, _), w in zip(deltas, weights, strict=True) if d.psnr_db is not None)
    means = sum(w * d.mean for (d, _), w in zip(deltas, weights, strict=True))
    every = [d for d, _ in deltas]
    worst = max(every, key=lambda d: d.mean)
    return Delta(
        frames=(sum(d.frames[0] for d in every), sum(d.frames[1] for d in every)),
        first=min((d.first for d in every if d.first is not None), default=None),
        differing=sum(d.differing for d in every),
        largest=max(d.largest for d in every),
        mean=round(means / samples, 6) if samples else 0,
        psnr_db=round(10 * math.log10(255**2 * samples / squared), 3) if squared else None,
        worst=worst.worst,
    )


class FilmPictures:
    """A film's pictures, one in memory at a time: what lies ahead is read on, what lies behind from the start again."""

    def __init__(self, path: Path) -> None:
        self.path, self.samples = path, 0
        self._at = 0
        self._frames: Generator[av.VideoFrame, None, None] | None = None

    def pictures(self, wanted: range) -> Iterator[Image]:
        """The frames of that range, mode RGB; fewer where the film ends before."""
        from ..media.frames import iterate_frames, rgb_image

        if self._frames is None or wanted.start < self._at:
            self.close()
            self._frames, self._at = (frame for frame in iterate_frames(self.path)), 0
        while self._at < wanted.stop:
            frame = next(self._frames, None)
            if frame is None:
                return
            self._at += 1
            if self._at > wanted.start:
                picture = rgb_image(frame)
                self.samples = picture.width * picture.height * 3
                yield picture

    def frame(self, number: int) -> Image | None:
        """That one; None where the film ends before."""
        return next(self.pictures(range(number, number + 1)), None)

    def close(self) -> None:
        """Let go of the file; it is opened again where more is asked for."""
        if self._frames is not None:
            self._frames.close()
