"""Value noise in octaves, upsampled from random lattices: cheap, seeded, and the same on every machine."""

from __future__ import annotations

import numpy as np
from PIL import Image

Array = np.ndarray


def lattice(rng: np.random.Generator, width: int, height: int, cells_x: float, cells_y: float) -> Array:
    """Smooth noise in about [0, 1], float32 (height, width), with `cells_x` by `cells_y` bumps across it."""
    columns, rows = max(2, round(cells_x) + 3), max(2, round(cells_y) + 3)
    columns, rows = min(columns, width + 3), min(rows, height + 3)
    grid = Image.fromarray(rng.random((rows, columns), dtype=np.float32))
    x0, y0 = rng.random(2)
    box = (x0, y0, x0 + max(1.0, columns - 2.0), y0 + max(1.0, rows - 2.0))
    return np.asarray(grid.resize((width, height), Image.Resampling.BICUBIC, box=box))


def fbm(
    rng: np.random.Generator, width: int, height: int, cells: float, *, octaves: int = 5, stretch: float = 1.0, gain: float = 0.5
) -> Array:
    """Fractal noise in [0, 1], float32 (height, width). `cells` bumps across the height; `stretch` > 1 draws them out
    sideways."""
    total = np.zeros((height, width), np.float32)
    amplitude, norm = 1.0, 0.0
    for _ in range(octaves):
        total += np.float32(amplitude) * lattice(rng, width, height, cells * width / height / stretch, cells)
        norm += amplitude
        amplitude *= gain
        cells *= 2.03
        if cells > height / 1.5:
            break
    total /= np.float32(norm)
    return np.clip((total - 0.5) * np.float32(1.5) + 0.5, 0, 1)


def ridge_line(
    rng: np.random.Generator, width: int, bumps: float, *, octaves: int = 6, sharp: float = 0.0, gain: float = 0.5
) -> Array:
    """A skyline of heights in about [0, 1], float32 (width,). `sharp` 0 rolls, 1 makes crests."""
    total = np.zeros(width, np.float32)
    amplitude, norm = 1.0, 0.0
    for _ in range(octaves):
        wave = lattice(rng, width, 2, bumps, 1)[0]
        if sharp:
            crest = 1 - np.abs(2 * np.clip(wave, 0, 1) - 1)
            wave = wave * np.float32(1 - sharp) + crest * np.float32(sharp)
        total += wave * np.float32(amplitude)
        norm += amplitude
        amplitude *= gain
        bumps *= 2.1
        if bumps > width / 2:
            break
    return np.clip(total / np.float32(norm), 0, 1)


def times(colour: Array, field: Array) -> Array:
    """`colour` (3) or (h, w, 3) times a field (h, w), (h, 1) or (1, w).

    Channel by channel: numpy takes three times as long over a last axis that is no longer than three.
    """
    shape = np.broadcast_shapes(colour.shape, (*field.shape, 1))
    result = np.empty(shape, np.result_type(colour, field))
    for channel in range(3):
        np.multiply(colour[..., channel], field, out=result[..., channel])
    return result


def smooth(x: Array | float, low: float, high: float) -> Array:
    """Smoothstep of `x` from `low` (0) to `high` (1); falls where `high` < `low`."""
    span = np.float32(high - low) or np.float32(1e-6)  # a step where both are the same
    t = np.clip((np.asarray(x, np.float32) - np.float32(low)) / span, 0, 1)
    return t * t * (3 - 2 * t)
