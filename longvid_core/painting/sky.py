"""Skies: gradients, clouds lit from the sun's side, sun and moon with their glow, stars, shafts of light."""

from __future__ import annotations

import numpy as np

from .brush import blur, shift
from .noise import fbm, lattice, smooth
from .palette import Rgb, array, mix, scale
from .scene import Scene, blend

COVER = {"clear": 0.36, "wind": 0.46, "cloudy": 0.66, "storm": 0.86, "rain": 0.78, "snowfall": 0.6, "fog": 0.2}


def paint_sky(scene: Scene) -> np.ndarray:
    """Adds sky, stars, sun or moon and clouds; returns the open sky's colours (h, w, 3) for reflections."""
    stage, scheme = scene.stage, scene.scheme
    top = -stage.my / stage.frame_height
    t = (stage.ys - np.float32(top)) / np.float32(max(0.15, scene.horizon - top))
    colour = blend(scheme.zenith, scheme.middle, smooth(t, 0.0, 0.72) * np.ones_like(stage.xs))
    colour = blend(colour, scheme.horizon, smooth(t, 0.42, 1.02) * np.ones_like(stage.xs))
    drift = (lattice(scene.rng("sky drift"), stage.width, stage.height, 3, 2) - 0.5)[..., None]
    colour = colour * (1 + drift * np.float32(0.14))
    clear = scene.weather in ("clear", "wind", "snowfall", "cloudy")
    if scene.weather in ("storm", "rain"):  # a slash of light under the clouds
        gap = smooth(stage.ys, scene.horizon - 0.2, scene.horizon - 0.01) * (
            1 - 0.6 * smooth(np.abs(stage.xs - np.float32(scene.sun_x)), 0.0, 0.7)
        )
        colour = blend(colour, mix(scheme.sun, scheme.horizon, 0.45), gap * np.float32(0.55 if scene.weather == "storm" else 0.3))
    near = scene.toward_sun(1.15 if not scene.night else 0.7) * (0.85 if clear else 0.4)
    colour = blend(colour, scheme.sun, np.clip(near * near * near * (0.9 if not scene.night else 0.34), 0, 1))
    scene.lay("sky", 0.0, colour, size=13, ratio=3.0, angle=-0.1 * scene.side, wander=0.5, variety=0.028, keep=0.45, cover=1.3)
    if scene.night:
        _stars(scene)
    if scene.weather not in ("storm", "rain", "fog"):
        _orb(scene)
    _clouds(scene)
    return colour


def _orb(scene: Scene) -> None:
    stage, scheme = scene.stage, scene.scheme
    if scene.recipe.visual.light.key_direction == "front":
        return
    size = 0.036 if scene.night else 0.04
    low = scene.hour in ("dawn", "golden_hour", "dusk") or scene.night
    distance = stage.radius(scene.sun_x, scene.sun_y)
    # A low sun or the moon is a disc; a high sun is only too bright to look at.
    disc = 1 - (smooth(distance, size * 0.92, size * 1.08) if low else smooth(distance, 0.0, size * 2.6))
    halo = 1 - smooth(distance, 0, 0.55)
    light = halo * halo * halo * np.float32(0.5 if not scene.night else 0.3)
    colour = blend(scale(scheme.sun, 1.0), (1.0, 1.0, 0.97), disc)
    if scene.night:
        seas = fbm(scene.rng("moon"), stage.width, stage.height, 26, octaves=3)
        disc = disc * (0.74 + 0.26 * smooth(seas, 0.36, 0.6))
    stage.glow("sun", 0.0, colour * np.clip(disc + light, 0, 1)[..., None])


def _stars(scene: Scene) -> None:
    stage = scene.stage
    rng = scene.rng("stars")
    field = np.zeros((stage.height, stage.width), np.float32)
    count = 420
    x, y = rng.integers(1, stage.width - 1, count), rng.integers(1, max(2, int(stage.py(scene.horizon))), count)
    bright = rng.random(count, dtype=np.float32) ** 3
    field[y, x] = bright * 1.1
    size = max(0.5, stage.unit / 900)
    field = np.clip(blur(field, size) * (1 if size < 0.5 else 5), 0, 1) if size > 0.5 else field
    fade = 1 - smooth(stage.ys, scene.horizon - 0.45, scene.horizon - 0.04)
    cover = 0.25 if scene.weather in ("storm", "rain", "fog", "snowfall", "cloudy") else 1.0
    stage.glow("stars", 0.0, (field * fade * np.float32(cover))[..., None] * array((0.95, 0.96, 1.0)))


def _clouds(scene: Scene) -> None:
    stage, scheme = scene.stage, scene.scheme
    cover = COVER.get(scene.weather, 0.4) + scene.pick(-0.06, 0.06, "cover")
    height, width = stage.height, stage.width
    # Drawn on a flat ceiling: bands get lower and longer towards the horizon.
    up = np.clip((np.float32(scene.horizon) - stage.ys[:, 0]) / np.float32(max(0.2, scene.horizon + 0.14)), 0.0, 1.0)
    tall = fbm(scene.rng("clouds"), width, height, 5.0, octaves=6, stretch=1.5, gain=0.52)
    rows = np.clip((1 / (0.28 + up * 1.15)) / (1 / 0.28), 0, 1)
    index = np.clip((1 - rows) * (height - 1) * 1.02, 0, height - 1).astype(np.int32)
    n = tall[index]
    step = max(2, round(stage.unit * 0.022))
    toward = n - blur(
        shift(n, round(-scene.side * step), round(step * (0.5 if scene.hour in ("dawn", "golden_hour", "dusk") else -0.9))),
        step * 0.4,
    )
    threshold = np.float32(1 - cover) * 0.78 + 0.1
    body = smooth(n, float(threshold), float(threshold) + (0.2 if cover < 0.6 else 0.3))
    body = body * smooth(stage.ys, scene.horizon + 0.005, scene.horizon - (0.09 if cover < 0.7 else 0.2))
    light = np.clip(0.5 + toward * np.float32(3.6), 0, 1)
    thick = smooth(n, float(threshold) + 0.1, float(threshold) + 0.5)
    glow = scene.toward_sun(0.9)
    heavy = scene.weather in ("storm", "rain")
    lit = mix(scheme.sun, scheme.key, 0.4) if not heavy else mix(scheme.horizon, (1, 1, 1), 0.08)
    dim = mix(scheme.middle, scheme.shade, 0.42 if not heavy else 0.6)
    if scene.night:
        lit, dim = mix(scheme.middle, scheme.key, 0.34), mix(scheme.zenith, scheme.middle, 0.5)
    colour = blend(dim, lit, np.clip(light * (1 - 0.5 * thick) + glow * 0.28, 0, 1))
    if heavy:
        colour = colour * (1 - 0.3 * thick[..., None] * smooth(up, 0.2, 0.9)[:, None, None])
    far = smooth(stage.ys, scene.horizon - 0.3, scene.horizon)
    colour = blend(colour, scheme.horizon, far * np.ones_like(body) * 0.5)
    opaque = 0.94 if cover > 0.5 else 0.86
    scene.lay(
        "clouds",
        0.05,
        colour,
        body * np.float32(opaque),
        size=7.5,
        ratio=2.6,
        angle=-0.14 * scene.side,
        wander=0.55,
        variety=0.035,
        keep=0.3,
        life="drift",
    )


def paint_shafts(
    scene: Scene, depth: float, strength: float, *, x: float | None = None, y: float | None = None, colour: Rgb | None = None
) -> None:
    """Light falling in beams from the sun (or from `x`, `y`), screened over what is there."""
    stage = scene.stage
    ox, oy = scene.sun_x if x is None else x, min(scene.sun_y, 0.1) - 0.25 if y is None else y
    dx = (stage.xs - np.float32(ox)) * np.float32(stage.aspect)
    dy = np.maximum(stage.ys - np.float32(oy), np.float32(0.02))
    slope = np.clip((dx / dy + 2.2) / 4.4, 0, 0.999)
    comb = (
        lattice(scene.rng("shafts", depth), 2048, 2, 30, 1)[0] * 0.6
        + lattice(scene.rng("shafts fine", depth), 2048, 2, 75, 1)[0] * 0.4
    )
    beams = smooth(comb[(slope * 2047).astype(np.int32)], 0.52, 0.82)
    fall = (1 - smooth(stage.ys, oy + 0.2, oy + 1.35)) * (1 - smooth(np.abs(dx) / dy, 0.5, 1.5))
    light = beams * fall * np.float32(strength)
    stage.glow("shafts", depth, light[..., None] * array(colour or scene.scheme.sun))
