"""Where two clips meet: whether the second begins on the frame the first ended on, and dissolving one into the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import Unreadable
from .conform import conformed_frames, raw_frames
from .encode import ClipWriter
from .frames import iterate_frames, last_frame, rgb_image
from .images import fit_image
from .probe import Probe

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

    from .shape import Shape

SAME_DB = 40.0
"""A first frame at least this close to the last one before it (PSNR, decibels) repeats it."""

BLEND_FRAMES = 3
"""Frames on each side of a seam that a blend changes; half of a clip shorter than twice that."""


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    """Peak signal-to-noise ratio of two pictures of the same size, uint8, in decibels; infinite where they are equal."""
    import numpy as np

    error = float(np.mean((one.astype(np.int32) - other.astype(np.int32)) ** 2))
    return math.inf if error == 0 else 10 * math.log10(255**2 / error)


def first_frame(clip: Probe) -> Image.Image:
    """The first frame in presentation order, mode RGB, upright, square pixels."""
    for frame in iterate_frames(clip.path):
        return rgb_image(frame, float(clip.sar))
    raise Unreadable(f"no frame of {clip.path} can be decoded.", "Make it anew.")


def closeness(before: Probe, after: Probe, shape: Shape) -> float:
    """PSNR between the frame `before` ends on and the one `after` begins on, as the film shows them; infinite where equal."""
    import numpy as np

    pictures = (last_frame(before.path), first_frame(after))
    one, other = (np.asarray(fit_image(p, shape.width, shape.height, shape.fit)) for p in pictures)
    return psnr(one, other)


def repeats(before: Probe, after: Probe, shape: Shape) -> bool:
    """Whether `after` begins on the frame `before` ends on, as the film shows them: at least 40 dB PSNR."""
    return closeness(before, after, shape) >= SAME_DB


def blend(
    clips: Sequence[Probe],
    shape: Shape,
    work: Path,
    progress: Callable[[int], None],
    interrupted: Callable[[], bool],
    *,
    seams: Sequence[bool] | None = None,
    drops: Sequence[int] | None = None,
) -> list[Path]:
    """Lossless copies of `clips`, conformed to `shape`, in which each one's end dissolves into the next one's beginning.

    seams, drops: as in `Dissolve`; a clip that meets no dissolve is its own file, as it was. progress(frames): frames written so
    far. Memory: a handful of frames; disk: the lossless film.
    """
    written, done = [], 0
    dissolve = Dissolve(clips, shape, seams, drops)
    for i, clip in enumerate(clips):
        if not dissolve.touches(i):
            written.append(Path(clip.path))
            continue
        written.append(work / f"blended{i:06d}.mkv")
        with (
            closing(dissolve.frames(i)) as frames,
            ClipWriter(written[-1], shape.width, shape.height, shape.fps, interrupted) as writer,
        ):
            for frame in frames:
                writer.write(frame)
                done += 1
                progress(done)
    return written


class Dissolve:
    """Clips as a film shows them in which one goes over into the next, each with as many frames as it has in `shape`.

    Nothing overlaps: across the last frames of one and the first of the next, the weight goes evenly from the one to the other,
    each side held on its outermost frame while the other one is on screen. seams: for each clip, whether the one before dissolves
    into it (default: all do). drops: for each, how many of its first frames the film leaves out; the dissolve is between what is
    shown.
    """

    def __init__(
        self, clips: Sequence[Probe], shape: Shape, seams: Sequence[bool] | None = None, drops: Sequence[int] | None = None
    ) -> None:
        self._clips, self._shape = clips, shape
        self._seams = [i > 0 for i in range(len(clips))] if seams is None else seams
        self._drops = [0] * len(clips) if drops is None else drops
        self._counts = [conformed_frames(clip, shape.fps) for clip in clips]
        self._reaches = [min(BLEND_FRAMES, (n - drop) // 2) for n, drop in zip(self._counts, self._drops, strict=True)]
        self._last: np.ndarray | None = None  # of the clip that was read before, as it was

    def touches(self, i: int) -> bool:
        """Whether clip `i` dissolves into another, or another into it."""
        return bool(self._seams[i]) or self._goes_over(i)

    def frames(self, i: int) -> Generator[np.ndarray, None, None]:
        """The frames of clip `i`, dropped ones first, uint8 RGB. Clips are read in order, each to its end: what one ended on is
        in the beginning of the next. Two clips are never open at once."""
        reach, drop, before = self._reaches[i], self._drops[i], self._reaches[i - 1] if i else 0
        held = self._last if self._seams[i] else None
        ahead = _opening(self._clips[i + 1], self._shape, self._drops[i + 1]) if self._goes_over(i) else None
        after = self._reaches[i + 1] if ahead is not None else 0
        with closing(raw_frames(self._clips[i], self._shape)) as frames:
            for number, frame in enumerate(frames):
                shown, to_end = number - drop, self._counts[i] - 1 - number
                if held is not None and 0 <= shown < reach:
                    yield _mix(frame, held, (reach - shown) / (before + reach + 1))
                elif ahead is not None and to_end < reach:
                    yield _mix(frame, ahead, (reach - to_end) / (reach + after + 1))
                else:
                    yield frame
        self._last = frame

    def _goes_over(self, i: int) -> bool:
        return i + 1 < len(self._clips) and bool(self._seams[i + 1])


def _opening(clip: Probe, shape: Shape, drop: int) -> np.ndarray:
    """The clip's first frame that is shown, in the film's shape."""
    with closing(raw_frames(clip, shape)) as frames:
        return next(islice(frames, drop, None))


def _mix(frame: np.ndarray, other: np.ndarray, weight: float) -> np.ndarray:
    """`frame` with that share of `other`, rounded to nearest."""
    import numpy as np

    mixed = frame.astype(np.float32) * np.float32(1 - weight) + other.astype(np.float32) * np.float32(weight)
    return np.rint(mixed).astype(np.uint8)
