"""Mountains: peaks with a lit and a shaded face, buttresses that run down from each summit, snow in the heights."""

from __future__ import annotations

import numpy as np

from .noise import fbm, lattice, ridge_line, smooth
from .palette import Rgb, mix
from .scene import Scene, blend


def paint_peaks(
    scene: Scene,
    name: str,
    depth: float,
    base: float,
    height: float,
    colour: Rgb,
    *,
    count: int = 5,
    snow: float = 0.5,
    to: float | None = None,
) -> None:
    """A range of `count` peaks on frame height `base`, the highest `height` frames tall; `snow` reaches that share down."""
    stage, scheme = scene.stage, scene.scheme
    rng = scene.rng("peaks", name)
    x = stage.xs[0]
    line: np.ndarray = np.full(stage.width, -1.0, np.float32)
    summit: np.ndarray = np.zeros(stage.width, np.float32)
    for i in range(count):
        at = (i + 0.15 + 0.7 * float(rng.random())) / count * 1.5 - 0.25
        tall = 0.5 + 0.5 * float(rng.random())
        wide = (0.55 + 0.5 * float(rng.random())) * tall * 1.9 / count * (5 / max(3, count)) ** 0.2
        side = np.where(x < at, wide * (0.8 + 0.5 * float(rng.random())), wide * (0.8 + 0.5 * float(rng.random()))).astype(
            np.float32
        )
        slope = np.float32(tall) * (1 - np.abs(x - np.float32(at)) / side)
        summit = np.where(slope > line, np.float32(at), summit)
        line = np.maximum(line, slope)
    line = np.maximum(line, np.float32(0.12) * ridge_line(scene.rng("foot", name), stage.width, 4))
    line = line + (ridge_line(scene.rng("jag", name), stage.width, 9, octaves=5, sharp=0.6) - np.float32(0.5)) * np.float32(0.13)
    crest = np.float32(base) - line * np.float32(height)
    cover = np.clip((stage.ys - crest[None, :]) * np.float32(stage.frame_height) + np.float32(0.5), 0, 1)
    if to is not None:
        cover = cover * (1 - smooth(stage.ys, to - 0.004, to + 0.004))
    down = np.clip((stage.ys - crest[None, :]) / np.float32(height), 0, 2)
    grain = fbm(scene.rng("relief", name), stage.width, stage.height, 9, octaves=4)
    # The spine wanders down from the summit and parts light from shade.
    wander = (lattice(scene.rng("spine", name), 2, stage.height, 1, 9)[:, :1] - 0.5) * 0.16 + (grain - 0.5) * 0.06
    # Where two peaks meet, the nearer flank overlaps the other along a slant, not along a plumb line.
    column = np.arange(stage.width)[None, :] + (grain - np.float32(0.42)) * np.float32(0.4 * stage.width) * down * np.float32(
        height
    )
    top_of = summit[np.clip(column, 0, stage.width - 1).astype(np.int32)]
    across = (stage.xs - top_of) - wander * np.minimum(1, down * 2.2)
    face = smooth(across * np.float32(1 if scene.side > 0 else -1), -0.006, 0.014)
    # Buttresses: bands of a bearing seen from the summit.
    bearing = np.clip((across / (down * np.float32(height) + 0.035) + 3) / 6, 0, 0.999)
    bands = lattice(scene.rng("bands", name), 1024, 2, 34, 1)[0][(bearing * 1023).astype(np.int32)]
    light = np.clip(0.1 + 0.62 * face + (bands - 0.5) * (0.55 + 0.35 * face) + (grain - 0.5) * 0.35, 0, 1)
    lit, shade = scheme.lit(colour, 1.0), scheme.lit(colour, 0.0)
    paint = blend(scene.air(shade, depth), scene.air(lit, depth), light)
    white = scene.air(mix((1, 1, 1), scheme.key, 0.55), depth * 0.6 + 0.4)
    blue = scene.air(mix(scheme.shade, (0.62, 0.7, 0.86), 0.42), depth)
    level = 1.0 if scheme.level > 0.5 else 0.5
    cap = smooth(down + (bands - 0.5) * 0.5 + (grain - 0.5) * 0.25, snow + 0.04, snow - 0.04)
    paint = blend(paint, blend(blue, white, smooth(light, 0.3, 0.62)) * np.float32(level), cap)
    foot = smooth(down, 0.35, 1.15) * np.float32(min(0.8, 0.85 * (1 - depth) * (0.35 + scheme.haze_amount)))
    paint = blend(paint, scheme.haze, foot)
    lean = np.where(across < 0, np.float32(-0.95), np.float32(0.95)) * np.ones_like(cover)
    scene.lay(name, depth, paint, cover, size=2.6 + 3 * depth, ratio=3, angle=lean, wander=0.3, variety=0.04, keep=0.3)
