"""Where two clips meet: whether the second begins on the frame the first ended on, and dissolving one into the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
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


def repeats(before: Probe, after: Probe, shape: Shape) -> bool:
    """Whether `after` begins on the frame `before` ends on, as the film shows them: at least 40 dB PSNR."""
    import numpy as np

    pictures = (last_frame(before.path), first_frame(after))
    one, other = (np.asarray(fit_image(p, shape.width, shape.height, shape.fit)) for p in pictures)
    return psnr(one, other) >= SAME_DB


def blend(
    clips: Sequence[Probe],
    shape: Shape,
    work: Path,
    progress: Callable[[int], None],
    interrupted: Callable[[], bool],
) -> list[Path]:
    """Lossless copies of `clips`, conformed to `shape`, in which each one's end dissolves into the next one's beginning.

    Nothing overlaps, so every clip keeps its number of frames: across the last frames of one and the first of the next, the
    weight goes evenly from the one to the other, each side held on its outermost frame while the other one is on screen.
    progress(frames): frames written so far. Memory: a handful of frames; disk: the lossless film.
    """
    written, done = [], 0
    reaches = [min(BLEND_FRAMES, conformed_frames(clip, shape.fps) // 2) for clip in clips]
    streams: list[_Stream | None] = [_Stream(clips[0], shape)]
    held: np.ndarray | None = None  # the last frame of the clip before, as it was
    try:
        for i in range(len(clips)):
            stream = streams[i]
            assert stream is not None
            streams.append(_Stream(clips[i + 1], shape) if i + 1 < len(clips) else None)
            after = streams[i + 1]
            written.append(work / f"blended{i:06d}.mkv")
            with ClipWriter(written[-1], shape.width, shape.height, shape.fps, interrupted) as writer:
                for number, frame in enumerate(stream):
                    to_end = stream.frames - 1 - number
                    if held is not None and number < reaches[i]:
                        out = _mix(frame, held, (reaches[i] - number) / (reaches[i - 1] + reaches[i] + 1))
                    elif after is not None and to_end < reaches[i]:
                        out = _mix(frame, after.first, (reaches[i] - to_end) / (reaches[i] + reaches[i + 1] + 1))
                    else:
                        out = frame
                    writer.write(out)
                    if to_end == 0:
                        held = frame
                    progress(done + number + 1)
            done += stream.frames
            streams[i] = None
    finally:
        for left in streams:
            if left is not None:
                left.close()
    return written


class _Stream:
    """A clip's frames in the film's shape, read once, from the start of ffmpeg on first use; `first` looks ahead."""

    def __init__(self, clip: Probe, shape: Shape) -> None:
        self.frames = conformed_frames(clip, shape.fps)
        self._frames = raw_frames(clip, shape)
        self._first: np.ndarray | None = None

    @property
    def first(self) -> np.ndarray:
        if self._first is None:
            self._first = next(self._frames)
        return self._first

    def __iter__(self) -> Iterator[np.ndarray]:
        yield self.first
        yield from self._frames

    def close(self) -> None:
        self._frames.close()


def _mix(frame: np.ndarray, other: np.ndarray, weight: float) -> np.ndarray:
    """`frame` with that share of `other`, rounded to nearest."""
    import numpy as np

    mixed = frame.astype(np.float32) * np.float32(1 - weight) + other.astype(np.float32) * np.float32(weight)
    return np.rint(mixed).astype(np.uint8)
