"""The size, shape or length a model is asked for: the nearest legal one at or above what is needed, where there is one."""

from __future__ import annotations

import math

from ..models.base import exact_fps
from .models import ModelEntry


def size_to_ask(entry: ModelEntry, width: int, height: int) -> tuple[int, int]:
    """(width, height) to ask of this model for a frame of that size, in pixels.

    One that covers the frame, if the model has one; of those the nearest in shape, then the smallest. Where the model's sizes
    all end below the frame, the nearest in shape, as large as can be.
    """
    if entry.sizes:
        listed = [_pair(size, "x") for size in entry.sizes]
        return min(listed, key=lambda size: (enlarged(size, width, height) > 1, _apart(size, width, height), size[0] * size[1]))
    wide, high = float(width), float(height)
    if entry.max_ratio is not None:  # the short side grows until the shape is legal
        wide, high = max(wide, high / entry.max_ratio), max(high, wide / entry.max_ratio)
    fewest, most = entry.pixels or (0, entry.max_side**2)
    grow = max(1.0, math.sqrt(fewest / (wide * high)), entry.min_side / min(wide, high))
    step = entry.size_multiple
    asked = (math.ceil(wide * grow / step) * step, math.ceil(high * grow / step) * step)
    if max(asked) <= entry.max_side and asked[0] * asked[1] <= most:
        return _within_ratio(asked, entry)
    shrink = min(entry.max_side / max(wide, high), math.sqrt(most / (wide * high)))
    return _within_ratio((int(wide * shrink // step) * step, int(high * shrink // step) * step), entry)


def ratio_to_ask(entry: ModelEntry, width: int, height: int) -> str:
    """The one of the model's shapes (`16:9`) that is nearest to that of a frame."""
    return min(entry.ratios, key=lambda ratio: _apart(_pair(ratio, ":"), width, height))


def resolution_to_ask(entry: ModelEntry, width: int, height: int) -> str:
    """The smallest of the model's tiers (`720p`) that the short side of a frame needs; the largest where none is enough."""
    tiers = sorted(entry.resolutions, key=_lines)
    return next((tier for tier in tiers if _lines(tier) >= min(width, height)), tiers[-1])


def seconds_to_ask(entry: ModelEntry, frames: int, fps: float) -> float:
    """The one of the model's lengths that is nearest to so many frames; an int where it is whole. Without a list: as it is."""
    wanted = frames / exact_fps(fps)
    seconds = min(entry.seconds, key=lambda s: abs(s - wanted)) if entry.seconds else float(wanted)
    return int(seconds) if seconds == int(seconds) else seconds


def canvas(entry: ModelEntry, width: int, height: int) -> tuple[int, int]:
    """The size to send pictures in, of a model that is asked for a shape: the smallest of that shape that covers the frame."""
    if entry.sizes:
        return size_to_ask(entry, width, height)
    if not entry.ratios:
        return width, height
    wide, high = _pair(ratio_to_ask(entry, width, height), ":")
    tall = max(height, width * high / wide)
    return _even(tall * wide / high), _even(tall)


def enlarged(size: tuple[int, int], width: int, height: int, *, whole: bool = False) -> float:
    """By what factor a picture of that size is enlarged to fill a frame (`whole`: to lie in it); 1 or less: it is not."""
    factors = width / size[0], height / size[1]
    return min(factors) if whole else max(factors)


def _within_ratio(size: tuple[int, int], entry: ModelEntry) -> tuple[int, int]:
    """Rounding to multiples may have made it longer than the model allows: then the long side loses a step."""
    wide, high = size
    while entry.max_ratio is not None and max(wide, high) > entry.max_ratio * min(wide, high):
        wide, high = (wide - entry.size_multiple, high) if wide > high else (wide, high - entry.size_multiple)
    return wide, high


def _apart(size: tuple[int, int], width: int, height: int) -> float:
    return round(abs(math.log(size[0] * height / (size[1] * width))), 6)


def _even(side: float) -> int:
    return 2 * math.ceil(round(side / 2, 6))


def _lines(tier: str) -> int:
    """`720p`: 720; `4k`: 2160."""
    digits = int("".join(c for c in tier if c.isdigit()))
    return digits * 540 if tier.lower().endswith("k") else digits


def _pair(text: str, between: str) -> tuple[int, int]:
    first, _, second = text.partition(between)
    return int(first), int(second)
