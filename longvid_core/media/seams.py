"""Where two clips meet: whether the second begins on the frame the first ended on, and dissolving one into the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import closing
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
) -> list[Path]:
    """Lossless copies of `clips`, conformed to `shape`, in which each one's end dissolves into the next one's beginning.

    Nothing overlaps, so every clip keeps its number of frames: across the last frames of one and the first of the next, the
    weight goes evenly from the one to the other, each side held on its outermost frame while the other one is on screen.
    progress(frames): frames written so far. Memory: a handful of frames; disk: the lossless film.
    """
    written, done = [], 0
    counts = [conformed_frames(clip, shape.fps) for clip in clips]
    reaches = [min(BLEND_FRAMES, count // 2) for count in counts]
    held: np.ndarray | None = None  # the last frame of the clip before, as it was
    for i, clip in enumerate(clips):
        # Read and closed before the clip itself is opened: one decoder and one encoder at a time
        ahead = _opening(clips[i + 1], shape) if i + 1 < len(clips) else None
        written.append(work / f"blended{i:06d}.mkv")
        with (
            closing(raw_frames(clip, shape)) as frames,
            ClipWriter(written[-1], shape.width, shape.height, shape.fps, interrupted) as writer,
        ):
            for number, frame in enumerate(frames):
                to_end = counts[i] - 1 - number
                if held is not None and number < reaches[i]:
                    out = _mix(frame, held, (reaches[i] - number) / (reaches[i - 1] + reaches[i] + 1))
                elif ahead is not None and to_end < reaches[i]:
                    out = _mix(frame, ahead, (reaches[i] - to_end) / (reaches[i] + reaches[i + 1] + 1))
                else:
                    out = frame
                writer.write(out)
                progress(done + number + 1)
        held = frame
        done += counts[i]
    return written


def _opening(clip: Probe, shape: Shape) -> np.ndarray:
    """The clip's first frame in the film's shape."""
    with closing(raw_frames(clip, shape)) as frames:
        return next(frames)


def _mix(frame: np.ndarray, other: np.ndarray, weight: float) -> np.ndarray:
    """`frame` with that share of `other`, rounded to nearest."""
    import numpy as np

    mixed = frame.astype(np.float32) * np.float32(1 - weight) + other.astype(np.float32) * np.float32(weight)
    return np.rint(mixed).astype(np.uint8)
