"""What every room is built of: walls and floor in one-point perspective, a window, and the light that falls through it."""

from __future__ import annotations

import numpy as np

from .brush import blur, shape
from .noise import fbm, lattice, smooth
from .palette import Rgb, array, mix, rgb, scale, times
from .scene import Scene, blend


def paint_shell(
    scene: Scene,
    wall: Rgb,
    floor: Rgb,
    *,
    light: tuple[float, float],
    warm: Rgb,
    reach: float = 0.95,
    boards: float = 1.0,
    gloss: float = 0.0,
    floor_at: float = 0.72,
) -> None:
    """Back wall, side walls and floor, lit from the frame point `light`."""
    stage, scheme = scene.stage, scene.scheme
    width, height = stage.width, stage.height
    x, y = stage.xs, stage.ys
    mid = 0.5
    fall = 1 - smooth(stage.radius(light[0], light[1]), 0.05, reach)
    ambient = 0.16 + 0.2 * scheme.level
    plaster = fbm(scene.rng("plaster"), width, height, 5, octaves=5)
    level = np.clip(ambient + fall * (0.85 - 0.25 * ambient) + (plaster - 0.5) * 0.2, 0, 1)
    tint = mix(warm, scheme.key, 0.3)
    paint = blend(mix(scale(wall, 0.2), scheme.shade, 0.25), times(wall, tint), level)
    # Corners of the room.
    left, right = 0.08, 0.92
    side = np.maximum(smooth(x, left, left - 0.03), smooth(x, right, right + 0.03)) * np.ones_like(y)
    paint = paint * (1 - 0.3 * side[..., None])
    paint = paint * (1 - 0.35 * smooth(y, 0.24, -0.1)[..., None])
    scene.lay("walls", 0.2, paint, size=8, ratio=2.4, angle=0.6, wander=0.7, variety=0.04, keep=0.3)
    # Floor.
    edge = np.float32(floor_at) + np.maximum(0, np.maximum(left - x, x - right)) * np.float32(0.9)
    cover = np.clip((y - edge) * np.float32(stage.frame_height) + np.float32(0.5), 0, 1)
    near = np.clip((y - np.float32(floor_at)) / np.float32(1.14 - floor_at), 0.001, 1.1)
    u = (x - np.float32(mid)) / (near * 0.95 + np.float32(0.42))
    row = np.clip((1 / (near + 0.18) / 5.6) * (height - 1), 0, height - 1).astype(np.int32)
    column = np.clip((u + 1.4) / 2.8 * (width - 1), 0, width - 1).astype(np.int32)
    grain = fbm(scene.rng("boards"), width, height, 6, octaves=4, stretch=0.25)[row, column]
    seams = np.abs(((u * 11 + 50) % 1) - np.float32(0.5)) * 2
    pool = 1 - smooth(stage.radius(light[0] + (0.5 - light[0]) * 0.4, floor_at + 0.13, 0.42), 0.0, 0.75)
    shine = np.clip(
        0.2
        + 0.3 * fall
        + 0.7 * pool
        + (grain - 0.5) * 0.5 * boards
        - 0.2 * boards * smooth(seams, 0.93, 1.0)
        - 0.35 * smooth(near, 0.4, 1.1),
        0,
        1,
    )
    ground = blend(mix(scale(floor, 0.16), scheme.shade, 0.2), times(floor, tint), shine)
    if gloss:
        flip = np.clip(2 * stage.py(floor_at) - np.arange(height), 0, height - 1).astype(np.int32)
        ripple = ((fbm(scene.rng("gloss"), width, height, 24, octaves=2, stretch=2) - 0.5) * stage.unit * 0.02).astype(np.int32)
        from .water import so_far

        above = so_far(scene)
        columns = np.clip(np.arange(width)[None, :] + ripple, 0, width - 1)
        ground = blend(
            ground, above[flip[:, None], columns] * np.float32(0.9), np.full(cover.shape, gloss, np.float32) * (1 - 0.6 * near)
        )
    scene.lay("floor", 0.42, ground, cover, size=6, ratio=4, angle=0.0, wander=0.2, variety=0.05, keep=0.25)


def paint_window(
    scene: Scene, x: float, y: float, w: float, h: float, *, panes: tuple[int, int] = (2, 3), depth: float = 0.22
) -> None:
    """A window onto the sky of the hour, its frame and its glow. `x`, `y`: its middle."""
    stage, scheme = scene.stage, scene.scheme
    half_w, half_h = w / 2, h / 2
    inside = ((np.abs(stage.xs - np.float32(x)) < half_w) & (np.abs(stage.ys - np.float32(y)) < half_h)).astype(np.float32)
    t = (stage.ys - np.float32(y - half_h)) / np.float32(h)
    view = blend(scheme.zenith, mix(scheme.horizon, scheme.sun, 0.4), smooth(t, 0.0, 0.85) * np.ones_like(stage.xs))
    cloud = fbm(scene.rng("window"), stage.width, stage.height, 9, octaves=4, stretch=2)
    view = blend(view, mix(scheme.sun, (1, 1, 1), 0.2), smooth(cloud, 0.5, 0.75) * 0.4)
    hills = smooth(stage.ys + 0.05 * cloud, y + half_h * 0.78 + 0.012, y + half_h * 0.78)
    view = blend(scene.air(mix(scheme.shade, rgb("#4d6a54"), 0.4), 0.25), view, np.clip(hills * np.ones_like(cloud), 0, 1))
    if scene.words.sky in ("rain", "storm"):
        view = view * (0.8 + 0.3 * lattice(scene.rng("panes"), stage.width, stage.height, 90, 14)[..., None])
    scene.lay("window", depth - 0.1, view, inside, size=4, ratio=2, wander=0.5, variety=0.03)
    bars = np.zeros_like(inside)
    thin = 0.006
    for i in range(panes[0] + 1):
        bx = x - half_w + w * i / panes[0]
        bars = np.maximum(bars, (np.abs(stage.xs - np.float32(bx)) < thin) * (np.abs(stage.ys - np.float32(y)) < half_h + 0.012))
    for i in range(panes[1] + 1):
        by = y - half_h + h * i / panes[1]
        bars = np.maximum(
            bars, (np.abs(stage.ys - np.float32(by)) < thin * 1.5) * (np.abs(stage.xs - np.float32(x)) < half_w + 0.006)
        )
    wood = mix(rgb("#5d4634"), scheme.shade, 0.3)
    scene.lay("window frame", depth, np.array(scene.fill(wood)), blur(bars.astype(np.float32), 0.7), size=2, variety=0.08)
    glow = blur(inside, 0.09 * stage.unit) * np.float32(0.42 * scheme.level)
    stage.glow("window glow", depth + 0.01, glow[..., None] * array(mix(scheme.horizon, scheme.sun, 0.5)))


def paint_sun_patch(scene: Scene, x: float, strength: float) -> None:
    """Where the window's light falls on the floor, and the beam it falls through."""
    stage = scene.stage
    s = -1 if x > 0.5 else 1
    quad = [(x + s * 0.12, 0.78), (x + s * 0.34, 0.78), (x + s * 0.52, 0.97), (x + s * 0.22, 0.97)]
    patch = shape(stage.width, stage.height, [(stage.px(a), stage.py(b)) for a, b in quad])
    bar = shape(
        stage.width,
        stage.height,
        [
            (stage.px(x + s * 0.225), stage.py(0.775)),
            (stage.px(x + s * 0.235), stage.py(0.775)),
            (stage.px(x + s * 0.38), stage.py(0.98)),
            (stage.px(x + s * 0.36), stage.py(0.98)),
        ],
    )
    light = blur(np.clip(patch - bar, 0, 1), 0.008 * stage.unit) * np.float32(strength)
    stage.glow("sun patch", 0.43, light[..., None] * array(scene.scheme.key))
    beam = shape(
        stage.width,
        stage.height,
        [
            (stage.px(x - 0.1), stage.py(0.2)),
            (stage.px(x + 0.1), stage.py(0.2)),
            (stage.px(x + s * 0.52), stage.py(0.97)),
            (stage.px(x + s * 0.2), stage.py(0.97)),
        ],
    )
    dust = 0.6 + 0.6 * fbm(scene.rng("dust"), stage.width, stage.height, 5, octaves=4)
    stage.glow(
        "beam of dust",
        0.6,
        (blur(beam, 0.03 * stage.unit) * dust * np.float32(0.26 * strength))[..., None] * array(scene.scheme.sun),
    )


def window_side(scene: Scene) -> float:
    """Where the window or lamp is: on the side of the light."""
    return 0.5 + 0.24 * (1 if scene.side > 0 else -1)


def steam(scene: Scene, x: float, y: float, width: float, strength: float) -> None:
    stage = scene.stage
    up = np.clip((np.float32(y + 0.12) - stage.ys) / np.float32(0.5), 0, 1)
    sway = (lattice(scene.rng("steam"), 2, stage.height, 1, 5)[:, :1] - 0.5) * 0.12
    across = np.abs(stage.xs - np.float32(x) - sway * up) / (np.float32(width * 0.25) + up * np.float32(width * 0.5))
    wisps = fbm(scene.rng("wisps"), stage.width, stage.height, 8, octaves=4, stretch=0.5)
    alpha = (
        (1 - smooth(across, 0.1, 1))
        * smooth(wisps, 0.35, 0.75)
        * smooth(up, 0.0, 0.15)
        * (1 - smooth(up, 0.4, 1))
        * np.float32(strength * 2)
    )
    stage.add("steam", 0.52, np.array(scene.fill(mix(scene.scheme.key, (1, 1, 1), 0.4))), alpha, life="sway")
