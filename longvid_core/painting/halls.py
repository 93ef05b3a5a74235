"""Great rooms: a lobby of glass and stone, a theatre."""

from __future__ import annotations

import numpy as np

from .model import Piece, box, oval, paint_model
from .noise import fbm, lattice, smooth
from .palette import array, mix, rgb, scale
from .scene import Scene, blend
from .sky import paint_shafts
from .water import so_far


def lobby(scene: Scene) -> None:
    """Glass and stone: tall windows on the city, columns in rank, a floor that mirrors them."""
    stage, scheme = scene.stage, scene.scheme
    from .urban import skyline

    t = smooth(stage.ys, -0.1, 0.75) * np.ones_like(stage.xs)
    sky = blend(scheme.middle, mix(scheme.horizon, scheme.sun, 0.35), t)
    glow = scene.toward_sun(1.0)
    scene.lay("light", 0.0, blend(sky, scheme.sun, glow * 0.6), size=10, variety=0.02)
    skyline(scene, "city", 0.1, 0.66, 0.34, mix(scheme.haze, scheme.middle, 0.4), lit=0.0, haze=0.6)
    pieces = []
    ax = stage.aspect
    steel = rgb("#3f464d")
    for i in range(9):
        px = (-0.2 + i * 0.175 - 0.5) * ax
        pieces.append(box(px - 0.008, -0.2, px + 0.008, 0.72, steel, round=0.2))
    for py in (0.16, 0.42):
        pieces.append(box(-1.5, py - 0.006, 1.5, py + 0.006, steel, round=0))
    pieces.append(box(-1.6, -0.3, 1.6, 0.02, rgb("#c9c2b6"), round=0.05))
    paint_model(scene, "mullions", 0.2, pieces, 0.5, 0.0, stage.frame_height / stage.unit, brush=2)
    _shell_floor(scene)
    for i, (cx, w) in enumerate(((1.02, 0.1), (0.86, 0.06), (-0.02, 0.1), (0.14, 0.06))):
        column = [
            box(-w * ax / 2, -1.2, w * ax / 2, 0, rgb("#b8b0a4"), round=0.45),
            box(-w * ax * 0.6, -0.04, w * ax * 0.6, 0, rgb("#8f887e"), round=0.2),
        ]
        paint_model(
            scene,
            f"column {i}",
            0.62 if i % 2 == 0 else 0.45,
            column,
            cx,
            0.98 if i % 2 == 0 else 0.84,
            stage.frame_height / stage.unit,
            brush=3,
        )
    paint_shafts(scene, 0.5, 0.32)


def _shell_floor(scene: Scene) -> None:

    stage, scheme = scene.stage, scene.scheme
    top = 0.72
    above = so_far(scene)
    rows = np.clip(2 * stage.py(top) - np.arange(stage.height), 0, stage.height - 1).astype(np.int32)
    mirror = above[rows]
    near = np.clip((stage.ys - top) / 0.42, 0, 1)
    joint = np.abs((((stage.xs - 0.5) / (near + 0.35) * 5 + 50) % 1) - 0.5) * 2
    line = np.abs((1 / (near + 0.2) * 2.2 % 1) - 0.5) * 2
    marble = fbm(scene.rng("marble"), stage.width, stage.height, 6, octaves=5, stretch=2)
    body = blend(scheme.lit(rgb("#c4bcb0"), 0.3), scheme.lit(rgb("#d8d0c4"), 0.9), np.clip(marble * 0.8 + 0.2, 0, 1))
    paint = blend(body, mirror, np.clip(0.62 - 0.42 * near, 0, 1) * np.ones_like(marble))
    paint = paint * (1 - 0.14 * np.maximum(smooth(joint, 0.97, 1), smooth(line, 0.96, 1) * np.ones_like(joint))[..., None])
    cover = np.clip((stage.ys - top) * stage.frame_height + 0.5, 0, 1) * np.ones_like(marble)
    scene.lay("floor", 0.4, paint, cover.astype(np.float32), size=4, ratio=3, angle=1.57, wander=0.15, variety=0.03, keep=0.4)


def stage_set(scene: Scene) -> None:
    """A theatre: curtains, boards, one spotlight, heads in the dark."""
    stage, scheme = scene.stage, scene.scheme
    red = scene.scheme.accents[0] if scheme.accents else rgb("#8a2028")
    x, y = stage.xs, stage.ys
    pool = 1 - smooth(stage.radius(scene.focus, 0.6), 0.1, 0.9)
    back = blend(scale(rgb("#1a1420"), 0.6), rgb("#4a2c34"), pool * 0.9)
    scene.lay("backdrop", 0.1, back, size=9, variety=0.05, angle=1.5, wander=0.2)
    _shell_boards(scene, 0.7)
    cone = np.abs(x - np.float32(scene.focus) - (y - 0.8) * np.float32(0.12 * scene.side)) / (
        np.float32(0.02) + np.clip(y + 0.25, 0, 2) * np.float32(0.17)
    )
    mist = 0.7 + 0.4 * fbm(scene.rng("smoke"), stage.width, stage.height, 4, octaves=4)
    light = (1 - smooth(cone, 0.4, 1.0)) * (1 - smooth(y, 0.78, 0.84)) * mist * 0.4
    stage.glow("spotlight", 0.5, light[..., None] * array(rgb("#ffeac0")))
    for side, name in ((-1, "left"), (1, "right")):
        edge = 0.5 + side * (0.335 + 0.02 * lattice(scene.rng("drape", name), 2, stage.height, 1, 4)[:, :1])
        cover = smooth((x - edge) * side, 0.0, 0.006)
        folds = lattice(scene.rng("folds", name), stage.width, 2, 30 * stage.aspect / 1.7, 1)[0][None, :] * np.ones_like(y)
        shine = np.clip((folds - 0.25) * 1.5, 0, 1) * (0.25 + 0.75 * (1 - smooth((x - 0.5) * side, 0.3, 0.62)))
        scene.lay(
            f"curtain {name}",
            0.72,
            blend(scale(red, 0.14), scale(red, 1.15), shine * (0.5 + 0.5 * smooth(y, -0.1, 0.7))),
            cover,
            size=5,
            ratio=5,
            angle=1.5708,
            wander=0.08,
            variety=0.06,
        )
    swag = 0.12 + 0.05 * np.abs(((x * 3.5 + 10) % 1) - 0.5) * 2
    cover = smooth(swag - y, 0.0, 0.006)
    folds = lattice(scene.rng("swag"), stage.width, stage.height, 26, 3)
    scene.lay(
        "valance",
        0.76,
        blend(scale(red, 0.14), scale(red, 0.9), np.clip((folds - 0.2) * 1.2, 0, 1)),
        cover,
        size=5,
        ratio=3,
        angle=1.3,
        wander=0.3,
        variety=0.06,
    )
    rng = scene.rng("audience")
    heads = []
    for i in range(17):
        hx = (i / 16 - 0.5) * 1.36 * stage.aspect + (float(rng.random()) - 0.5) * 0.05
        r = 0.05 + 0.012 * float(rng.random())
        heads += [
            Piece(
                [
                    (hx - r * 2.2, 0.3),
                    (hx - r * 1.6, 0.07),
                    (hx - r * 0.5, 0.045),
                    (hx + r * 0.5, 0.045),
                    (hx + r * 1.6, 0.07),
                    (hx + r * 2.2, 0.3),
                ],
                rgb("#181218"),
            ),
            oval(hx, 0.0, r * 0.85, r * 1.05, rgb("#1a1418")),
        ]
    paint_model(scene, "audience", 0.95, heads, 0.5, 0.97, stage.frame_height / stage.unit, brush=3, backlight=0.7)


def _shell_boards(scene: Scene, top: float) -> None:
    stage = scene.stage
    near = np.clip((stage.ys - np.float32(top)) / np.float32(0.44), 0, 1)
    u = (stage.xs - 0.5) / (near * 0.8 + 0.5)
    seams = np.abs(((u * 14 + 50) % 1) - 0.5) * 2
    pool = 1 - smooth(stage.radius(scene.focus - 0.01, top + 0.13, 0.34), 0.12, 0.42)
    wood = rgb("#9a6a40")
    shine = np.clip(0.12 + 0.85 * pool - 0.15 * smooth(seams, 0.9, 1.0), 0, 1)
    cover = np.clip((stage.ys - np.float32(top)) * stage.frame_height + 0.5, 0, 1) * np.ones_like(stage.xs)
    scene.lay(
        "boards",
        0.45,
        blend(scale(wood, 0.15), scale(wood, 1.25), shine),
        cover.astype(np.float32),
        size=4,
        ratio=5,
        wander=0.1,
        variety=0.06,
    )
