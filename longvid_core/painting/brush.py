"""Brushwork: strokes laid along a direction field, shapes with soft painted edges, and the light that models a form."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from .noise import fbm, lattice

Array = np.ndarray
Points = Sequence[tuple[float, float]]

# A stroke's outline: blunt start, belly, tapered end; (along, across) in half lengths and half widths.
_OUTLINE = np.array(
    [(-1.0, -0.35), (-0.86, -0.85), (-0.3, -1.0), (0.35, -0.95), (0.85, -0.55), (1.0, 0.0),
     (0.82, 0.6), (0.3, 1.0), (-0.35, 0.95), (-0.88, 0.8), (-1.02, 0.3)], np.float32,
)  # fmt: skip


def strokes(
    reference: Array,
    rng: np.random.Generator,
    *,
    size: float,
    ratio: float = 3.2,
    angle: float | Array = 0.0,
    wander: float = 0.35,
    variety: float = 0.05,
    cover: float = 1.6,
    keep: float = 0.25,
    mask: Array | None = None,
) -> Array:
    """`reference` (h, w, 3 float) repainted with strokes of half width `size` pixels, `ratio` times as long as wide.

    `angle`: radians, a number or a field (h, w), slope of the strokes with y downwards; `wander` is its scatter. `variety`:
    how much strokes differ in
    value from what they paint. `keep`: how much of the reference shows through. Strokes off `mask` are not laid.
    """
    height, width = reference.shape[:2]
    count = int(cover * width * height / (4 * size * size * ratio))
    x = rng.random(count, dtype=np.float32) * width
    y = rng.random(count, dtype=np.float32) * height
    turn = rng.standard_normal(count, dtype=np.float32) * np.float32(wander)
    bold = (0.55 + 0.75 * rng.random(count, dtype=np.float32)) * np.float32(size)
    bend = rng.standard_normal(count, dtype=np.float32) * np.float32(0.3)
    tone = rng.standard_normal((count, 1), dtype=np.float32) * np.float32(variety)
    tint = rng.standard_normal((count, 3), dtype=np.float32) * np.float32(variety * 0.35)
    column, row = x.astype(np.int32), y.astype(np.int32)
    if mask is not None:
        chosen = mask[row, column] > 0.02
        x, y, turn, bold, bend, tone, tint, column, row = (v[chosen] for v in (x, y, turn, bold, bend, tone, tint, column, row))
        if not len(x):
            return reference
    slope = (angle[row, column] if isinstance(angle, np.ndarray) else np.float32(angle)) + turn
    cosine, sine = _turned(slope)
    along = _OUTLINE[None, :, 0] * (bold * np.float32(ratio))[:, None]
    across = _OUTLINE[None, :, 1] * bold[:, None] + (1 - _OUTLINE[None, :, 0] ** 2) * (bend * bold)[:, None]
    outline = np.empty((len(x), len(_OUTLINE), 2), np.float32)
    outline[..., 0] = (x[:, None] + along * cosine[:, None] - across * sine[:, None]) * 2
    outline[..., 1] = (y[:, None] + along * sine[:, None] + across * cosine[:, None]) * 2
    ink = reference[row, column]
    ink = np.clip((ink * (1 + tone) + tint * (0.2 + ink)) * 255, 0, 255).astype(np.uint8)
    canvas = Image.fromarray(np.clip(reference * 255, 0, 255).astype(np.uint8)).resize(
        (width * 2, height * 2), Image.Resampling.NEAREST
    )
    draw = ImageDraw.Draw(canvas)
    for points, fill in zip(outline.reshape(len(x), -1).tolist(), ink.tolist(), strict=True):
        draw.polygon(points, fill=tuple(fill))
    painted = np.asarray(canvas.reduce(2)).astype(np.float32) / np.float32(255)
    return painted * np.float32(1 - keep) + reference * np.float32(keep)


def _turned(slope: Array) -> tuple[Array, Array]:
    """cos and sin by a rational half-angle form of a folded angle: arithmetic alone, so the same on every machine."""
    turns = slope / np.float32(np.pi)
    turns = turns - np.floor(turns + np.float32(0.5))  # strokes are symmetric: half a turn is enough
    t = turns * np.float32(np.pi)
    t2 = t * t
    cosine = 1 - t2 / 2 + t2 * t2 / 24 - t2 * t2 * t2 / 720
    sine = t * (1 - t2 / 6 + t2 * t2 / 120 - t2 * t2 * t2 / 5040)
    return cosine, sine


def bristle(rng: np.random.Generator, width: int, height: int, *, pitch: float, stretch: float = 9.0) -> Array:
    """Fine streaks around 0 (about -1 .. 1), drawn out sideways: the marks of a brush's hairs."""
    return (lattice(rng, width, height, width / pitch / stretch, height / pitch) - np.float32(0.5)) * 2


def curve(points: Points, *, closed: bool = True, steps: int = 8) -> list[tuple[float, float]]:
    """A smooth (Catmull-Rom) curve through `points`."""
    n = len(points)
    result: list[tuple[float, float]] = []
    for i in range(n if closed else n - 1):
        p0 = points[(i - 1) % n] if closed or i else points[0]
        p1, p2 = points[i], points[(i + 1) % n]
        p3 = points[(i + 2) % n] if closed or i + 2 < n else points[-1]
        for s in range(steps):
            t = s / steps
            a, b, c, d = -t + 2 * t * t - t**3, 2 - 5 * t * t + 3 * t**3, t + 4 * t * t - 3 * t**3, t**3 - t * t
            x, y = ((a * p0[k] + b * p1[k] + c * p2[k] + d * p3[k]) / 2 for k in (0, 1))
            result.append((x, y))
    if not closed:
        result.append(points[-1])
    return result


def shape(width: int, height: int, *polygons: Points, ragged: float = 0.0, rng: np.random.Generator | None = None) -> Array:
    """Coverage (h, w) float32 of filled polygons in pixels, antialiased; `ragged` pixels of painterly edge."""
    mask = Image.new("L", (width * 2, height * 2))
    draw = ImageDraw.Draw(mask)
    for points in polygons:
        if len(points) > 2:
            draw.polygon([(x * 2, y * 2) for x, y in points], fill=255)
    cover = np.asarray(mask.reduce(2)).astype(np.float32) / np.float32(255)
    return roughen(cover, ragged, rng) if ragged and rng is not None else cover


def roughen(cover: Array, pixels: float, rng: np.random.Generator) -> Array:
    """`cover` with its edge made uneven by about `pixels`, as a loaded brush leaves it."""
    height, width = cover.shape
    soft = blur(cover, pixels)
    grain = fbm(rng, width, height, height / max(7.0, pixels * 16), octaves=3)
    return np.clip((soft - (0.5 + (grain - np.float32(0.5)) * np.float32(0.6))) * np.float32(2.0 + pixels) + 0.5, 0, 1)


def blur(field: Array, radius: float) -> Array:
    """Gaussian-like blur of a float field (h, w), or (h, w, c), of about `radius` pixels: two box passes, coarser where it
    is soft."""
    if radius < 0.4:
        return field
    if field.ndim == 3:
        return np.dstack([blur(np.ascontiguousarray(field[..., c]), radius) for c in range(field.shape[2])])
    height, width = field.shape
    factor = 1
    while radius / factor > 5 and min(height, width) / factor > 24:
        factor *= 2
    small = np.asarray(Image.fromarray(field.astype(np.float32)).reduce(factor)) if factor > 1 else field.astype(np.float32)
    reach = max(1, round(radius / factor * 0.9))
    for _ in range(2):
        small = _box(_box(small, reach, 0), reach, 1)
    if factor == 1:
        return small
    right, bottom = width / factor, height / factor
    return np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC, box=(0, 0, right, bottom)))


def _box(field: Array, reach: int, axis: int) -> Array:
    """Running mean over 2 * reach + 1 pixels, edges repeated."""
    first, last = np.take(field, [0], axis), np.take(field, [-1], axis)
    padded = np.concatenate([np.repeat(first, reach + 1, axis), field, np.repeat(last, reach, axis)], axis)
    sums = np.cumsum(padded, axis=axis, dtype=np.float64)
    size = 2 * reach + 1
    ends = (sums[size:], sums[:-size]) if axis == 0 else (sums[:, size:], sums[:, :-size])
    return ((ends[0] - ends[1]) / size).astype(np.float32)


def shift(field: Array, dx: int, dy: int) -> Array:
    """`field` moved by whole pixels; what comes in at the edge repeats it."""
    height, width = field.shape[:2]
    rows = np.clip(np.arange(height) - dy, 0, height - 1)
    columns = np.clip(np.arange(width) - dx, 0, width - 1)
    return field[rows][:, columns]
