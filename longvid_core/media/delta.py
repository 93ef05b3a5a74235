"""How two videos differ, frame by frame: what replay, diff and seed checks tell."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from ..errors import MissingTool
from ..models.base import Frozen
from .frames import iterate_frames, rgb_image
from .images import fit_image

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

_SSIM_WINDOW = 7


class Delta(Frozen):
    """The difference of two videos as people see them: RGB, 8 bits, the second brought to the first one's size."""

    frames: tuple[int, int] = Field(description="How many each has; what is beyond the shorter one is not compared")
    first: int | None = Field(None, description="The first frame that differs, from 0; None: none does")
    differing: int = Field(0, description="Frames that differ at all")
    largest: int = Field(0, ge=0, le=255, description="Largest absolute error of a sample")
    mean: float = Field(0, ge=0, description="Mean absolute error of all samples, 0 to 255")
    psnr_db: float | None = Field(None, description="Over all samples; None: no sample differs")
    ssim: float | None = Field(None, description="Mean structural similarity (Wang et al., 2004); None: not measured")
    worst: int | None = Field(None, description="The frame with the largest mean error")

    @property
    def equal(self) -> bool:
        """Whether every frame of one is in the other, sample by sample."""
        return self.first is None and self.frames[0] == self.frames[1]


def picture_delta(
    one: Path,
    other: Path,
    *,
    ssim: bool = False,
    start: int = 0,
    stop: int | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> Delta:
    """How `other` differs from `one` in the frames from `start` to `stop` (exclusive). Two frames in memory at a time.

    Unreadable where one cannot be decoded; MissingTool for `ssim` without scikit-image.
    """
    frames = (_pictures(one, start, stop), _pictures(other, start, stop))
    return delta_of(*frames, ssim=ssim, start=start, progress=progress)


def delta_of(
    one: Iterable[Image],
    other: Iterable[Image],
    *,
    ssim: bool = False,
    start: int = 0,
    progress: Callable[[int], None] = lambda done: None,
) -> Delta:
    """The same of two runs of pictures, mode RGB. `start`: the number of their first frame."""
    import numpy as np

    similar = _ssim() if ssim else None
    counts = [0, 0]
    first, worst, worst_mean = None, None, 0.0
    differing, largest, samples = 0, 0, 0
    absolute, squared, likeness = 0.0, 0.0, 0.0
    for index, (left, right) in enumerate(itertools.zip_longest(one, other), start):
        counts[0] += left is not None
        counts[1] += right is not None
        if left is None or right is None:
            continue
        if right.size != left.size:
            right = fit_image(right, left.width, left.height, "stretch")
        a, b = np.asarray(left), np.asarray(right)
        error = np.abs(a.astype(np.int16) - b)
        samples += error.size
        if similar is not None:
            likeness += similar(a, b)
        if error.any():
            differing += 1
            first = index if first is None else first
            mean = float(error.mean())
            if mean > worst_mean:
                worst, worst_mean = index, mean
            largest = max(largest, int(error.max()))
            absolute += float(error.sum())
            squared += float((error.astype(np.int32) ** 2).sum())
        progress(index - start + 1)
    compared = min(counts)
    return Delta(
        frames=(counts[0], counts[1]),
        first=first,
        differing=differing,
        largest=largest,
        mean=round(absolute / samples, 6) if samples else 0,
        psnr_db=round(10 * math.log10(255**2 * samples / squared), 3) if squared else None,
        ssim=round(likeness / compared, 6) if similar is not None and compared else None,
        worst=worst,
    )


def _pictures(path: Path, start: int, stop: int | None) -> Iterator[Image]:
    return (rgb_image(frame) for frame in itertools.islice(iterate_frames(path), start, stop))


def _ssim() -> Callable[[np.ndarray, np.ndarray], float]:
    try:
        from skimage.metrics import structural_similarity
    except ImportError as error:
        raise MissingTool("structural similarity needs scikit-image.", 'Install it: pip install "longvid[metrics]"') from error

    def similarity(one: np.ndarray, other: np.ndarray) -> float:
        if min(one.shape[:2]) < _SSIM_WINDOW:
            return float((one == other).all())
        return float(structural_similarity(one, other, channel_axis=2, data_range=255, win_size=_SSIM_WINDOW))

    return similarity
