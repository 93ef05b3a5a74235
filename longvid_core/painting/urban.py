"""Streets and cities: skylines in depth, a street that runs to a vanishing point, lit windows, wet ground."""

from __future__ import annotations

import numpy as np

from .brush import blur
from .model import Piece, box, paint_glow, paint_model, paint_thread, poly
from .noise import fbm, smooth
from .palette import Rgb, array, mix, rgb, scale
from .scene import Scene, blend
from .sky import paint_sky
from .terrain import GROUND, paint_ground, paint_ridge
from .water import paint_water

NEON = ("#ff3f8e", "#35d6e8", "#ffb13c", "#9a5cff", "#4cff9a")


def skyline(
    scene: Scene, name: str, depth: float, base: float, height: float, colour: Rgb, *, lit: float, haze: float = 0.3
) -> None:
    """A row of towers with their feet at `base`; `lit`: share of windows with a light on."""
    stage, scheme = scene.stage, scene.scheme
    rng = scene.rng("skyline", name)
    tops = np.full(stage.width, 2.0, np.float32)
    face = np.zeros(stage.width, np.float32)
    phase = np.zeros(stage.width, np.float32)
    x = -0.02 * stage.width
    while x < stage.width:
        w = stage.unit * (0.03 + 0.06 * float(rng.random())) * (0.5 + depth * 1.1)
        tall = height * (0.28 + 0.72 * float(rng.random()) ** 1.7)
        centre = 1 - 0.4 * abs((x + w / 2) / stage.width - 0.5) * 2
        a, b = max(0, int(x)), max(0, min(stage.width, int(x + w)))
        if b <= a:
            x += w
            continue
        tops[a:b] = np.minimum(tops[a:b], base - tall * centre)
        face[a:b] = np.linspace(0, 1, max(0, b - a), dtype=np.float32)
        phase[a:b] = float(rng.random())
        if float(rng.random()) < 0.35:
            m = (a + b) // 2
            k = max(1, int(w * 0.06))
            tops[max(0, m - k) : m + k] -= 0.05 * height
        x += w * (0.86 + 0.3 * float(rng.random()))
    below = stage.ys - tops[None, :]
    cover = np.clip(below * stage.frame_height + 0.5, 0, 1).astype(np.float32)
    side = face if scene.side > 0 else 1 - face
    level = np.clip(
        0.2 + 0.75 * smooth(side, 0.35, 0.75)[None, :] * np.ones_like(below) + (phase[None, :] - 0.5) * 0.3 - below * 0.5, 0, 1
    )
    paint = blend(scene.air(scheme.lit(colour, 0.05), depth), scene.air(scheme.lit(colour, 0.85), depth), level)
    cell_w, cell_h = max(3.0, stage.unit * 0.0105 * (0.6 + depth)), max(4.0, stage.unit * 0.017 * (0.6 + depth))
    cx, cy = (np.arange(stage.width) / cell_w), (np.arange(stage.height) / cell_h)
    window = ((cx % 1 > 0.32) & (cx % 1 < 0.82)).astype(np.float32)[None, :] * ((cy % 1 > 0.3) & (cy % 1 < 0.74)).astype(
        np.float32
    )[:, None]
    grid = rng.random((int(cy[-1]) + 2, int(cx[-1]) + 2), dtype=np.float32)
    chance = grid[cy.astype(np.int32)][:, cx.astype(np.int32)]
    glass = scene.air(mix(scheme.middle, scheme.zenith, 0.3), depth)
    paint = blend(paint, glass, window * (chance > lit) * 0.3 * (below > 0.012))
    on = window * (chance <= lit) * (below > 0.012) * cover
    warm = np.where((chance * 97 % 1 < 0.8)[..., None], array(rgb("#ffcf85")), array(rgb("#a8e0ff")))
    paint = paint + (warm - paint) * (on * np.float32(0.4 + 0.5 * depth))[..., None]
    foot = smooth(below, height * 0.1, height * 1.1) * np.float32(haze)
    paint = blend(paint, mix(scheme.haze, scheme.horizon, 0.4), foot)
    scene.lay(name, depth, paint, cover, size=2.6 + 2 * depth, ratio=3, angle=1.5708, wander=0.1, variety=0.05, keep=0.45)
    if lit > 0.15:
        stage.glow(
            f"{name} lights", depth + 0.001, (blur(on, 0.006 * stage.unit) * np.float32(0.3))[..., None] * array(rgb("#ffb45c"))
        )


def _lit(scene: Scene) -> float:
    return {"night": 0.5, "dusk": 0.4, "dawn": 0.2, "golden_hour": 0.12}.get(scene.hour, 0.02)


def city(scene: Scene) -> None:
    paint_sky(scene)
    h = scene.horizon
    grey = rgb("#5f6874")
    skyline(scene, "towers far", 0.12, h + 0.04, 0.3, grey, lit=_lit(scene) * 0.6, haze=0.6)
    skyline(scene, "towers", 0.26, h + 0.12, 0.46, scale(grey, 0.85), lit=_lit(scene), haze=0.45)
    wet = any(scene.words.settings.get(k) for k in ("sea", "river", "lake", "harbour"))
    if wet:
        paint_water(scene, top=h + 0.12, deep=rgb("#1c3c50"), rough=0.2)
    else:
        skyline(scene, "blocks", 0.5, h + 0.34, 0.34, scale(grey, 0.68), lit=_lit(scene), haze=0.2)
        skyline(scene, "roofs", 0.75, 1.2, 0.36, scale(rgb("#4d4448"), 0.8), lit=_lit(scene) * 0.6, haze=0.0)


def roof(scene: Scene) -> None:
    """A flat roof above the town, with its parapet."""
    paint_sky(scene)
    h = min(0.62, scene.horizon)
    village = any(scene.words.settings.get(k) for k in ("terraces", "village", "hills", "fields", "kitchen"))
    if village:
        paint_ridge(scene, "hills far", 0.14, h + 0.02, 0.2, rgb("#6c8694"), bumps=2)
        paint_ridge(scene, "hills", 0.28, h + 0.08, 0.14, GROUND["hills"], bumps=1.6, trees=0.05)
        from .landmarks import paint_village

        paint_village(scene)
    else:
        skyline(scene, "towers", 0.2, h + 0.1, 0.3, rgb("#6a6a74"), lit=_lit(scene), haze=0.5)
        skyline(scene, "blocks", 0.42, h + 0.2, 0.2, rgb("#54505a"), lit=_lit(scene), haze=0.25)
    paint_ground(scene, "roof", 0.62, 0.78, rgb("#8a7468"), roll=0.0, rows=0.4)
    ax = scene.stage.aspect
    wall = [box(-ax, -0.1, ax, 0.02, rgb("#7d6a5e"), round=0.15), box(-ax, -0.125, ax, -0.095, rgb("#a08c7c"), round=0.3)]
    paint_model(scene, "parapet", 0.58, wall, 0.5, 0.79, scene.stage.frame_height / scene.stage.unit, brush=3)
    paint_thread(scene, "wire", 0.8, [(-0.14, 0.24), (0.5, 0.36), (1.14, 0.26)], 1.3, rgb("#2a2830"), 0.8)


def street(scene: Scene) -> None:
    """Two rows of houses to a vanishing point, shop lights, a road that mirrors them when it is wet."""
    paint_sky(scene)
    wet = scene.weather in ("rain", "storm") or "wet" in scene.words.traits
    neon = "neon" in scene.words.plain or "cyberpunk" in scene.words.plain
    east = any(
        w in scene.words.plain
        for w in ("japan", "tokyo", "kyoto", "osaka", "shinjuku", "日本", "東京", "京都", "hong kong", "seoul")
    )
    lit = max(_lit(scene), 0.3 if wet else 0.0)
    h = min(0.64, max(0.45, scene.horizon))
    vx = 0.5 + 0.08 * (scene.focus - 0.5) / 0.165
    skyline(scene, "end of street", 0.14, h + 0.02, 0.24, rgb("#66707c"), lit=lit * 0.7, haze=0.6)
    top = h + 0.018
    if not wet:
        paint_ground(scene, "road", 0.24, top, GROUND["street"], roll=0.0, rows=0.3, patch=0.3)
    rng = scene.rng("street")
    walls = ("#8a6a58", "#6e7078", "#9a8468", "#5c6670", "#7d5a4c", "#a0947e")
    rows = 6
    for i in range(rows):
        f = i / rows
        near, far = 0.1 + 1.05 * ((i + 1) / rows) ** 2, 0.1 + 1.05 * f**2
        for side in (-1, 1):
            _house_front(
                scene,
                f"front {i}{side}",
                0.24 + 0.5 * f,
                vx,
                h,
                side,
                far,
                near,
                rgb(walls[int(rng.integers(len(walls)))]),
                rng,
                lit,
                neon or (east and lit > 0.2),
                east,
            )
    if wet:
        _wet_road(scene, top, vx)
    if lit > 0.1:
        for i in range(4):
            f = (i + 0.4) / 4
            for side in (-1, 1):
                lx, ly = vx + side * 0.4 * (0.12 + f**2), h - 0.3 * (0.12 + f**2)
                paint_glow(
                    scene, f"lamp {i}{side}", 0.3 + 0.5 * f, lx, ly, 0.05 + 0.16 * f, rgb("#ffc070"), 0.55, core=0.003 + 0.008 * f
                )


def _house_front(
    scene: Scene,
    name: str,
    depth: float,
    vx: float,
    h: float,
    side: int,
    far: float,
    near: float,
    wall: Rgb,
    rng: np.random.Generator,
    lit: float,
    neon: bool,
    east: bool,
) -> None:
    """One house in the row, in perspective: `far` and `near` are its ends' distances from the vanishing point."""
    stage = scene.stage
    ax, ay = stage.frame_width / stage.unit, stage.frame_height / stage.unit
    tall = 0.72 + 0.5 * float(rng.random())
    out = 0.58

    def at(t: float, v: float) -> tuple[float, float]:
        """t along the street (far .. near), v up the wall (0 foot .. 1 roof)."""
        d = far + (near - far) * t
        return (side * out * d + vx - 0.5) * ax, (h + 0.3 * d - v * tall * 1.15 * d) * ay

    pieces = [Piece([at(0, 0), at(0, 1), at(1, 1), at(1, 0)], wall, 0.06, False)]
    columns, floors = 3, 4
    for c in range(columns):
        for r in range(1, floors):
            a, b = (c + 0.24) / columns, (c + 0.72) / columns
            v0, v1 = (r + 0.26) / floors, (r + 0.74) / floors
            on = float(rng.random()) < lit
            glass = rgb("#ffcd80") if on else mix(scene.scheme.middle, rgb("#2f3844"), 0.6)
            pieces.append(poly([at(a, v0), at(a, v1), at(b, v1), at(b, v0)], glass, round=0, glow=0.85 if on else 0))
    shop = lit > 0.1
    pieces.append(
        poly(
            [at(0.06, 0.02), at(0.06, 0.17), at(0.94, 0.17), at(0.94, 0.02)],
            rgb("#ffb86a") if shop else rgb("#39393f"),
            round=0,
            glow=0.75 if shop else 0,
        )
    )
    pieces.append(
        poly(
            [at(0, 0.17), at(0, 0.22), at(1, 0.22), at(1, 0.17)],
            rgb(("#8f2f2c", "#2f5a58", "#b8862f")[int(rng.integers(3))]),
            round=0,
        )
    )
    pieces.append(poly([at(0, 1), at(0, 1.03), at(1, 1.03), at(1, 1)], scale(wall, 0.55), round=0))
    paint_model(scene, name, depth, pieces, 0.5, 0.0, 1.0, brush=1.2, keep=0.5, crisp=True)
    if neon and near > 0.2:
        tone = rgb(NEON[int(rng.integers(len(NEON)))])
        a = 0.3 + 0.4 * float(rng.random())
        x0, y0 = at(a, 0.36)
        _, y1 = at(a, 0.78)
        w = 0.05 * (0.3 + near)
        sign = [
            Piece([(x0, y0), (x0, y1), (x0 - side * w, y1), (x0 - side * w, y0)], tone, 0, False, glow=0.9),
            Piece(
                [
                    (x0 - side * w * 0.25, y0 - w * 0.2),
                    (x0 - side * w * 0.25, y1 + w * 0.2),
                    (x0 - side * w * 0.75, y1 + w * 0.2),
                    (x0 - side * w * 0.75, y0 - w * 0.2),
                ],
                mix(tone, (1, 1, 1), 0.65),
                0,
                False,
                glow=0.95,
            ),
        ]
        paint_model(scene, f"{name} sign", depth + 0.01, sign, 0.5, 0.0, 1.0, brush=1.5)
        paint_glow(
            scene,
            f"{name} neon",
            depth + 0.015,
            (x0 - side * w / 2) / ax + 0.5,
            (y0 + y1) / 2 / ay,
            0.12 + 0.22 * near,
            tone,
            0.5,
            squash=1.3,
        )
    if east and near > 0.3:
        lx, ly = at(0.5, 0.24)
        size = 0.028 * (0.4 + near)
        lamp = [
            Piece(
                [
                    (lx - size, ly),
                    (lx - size * 0.7, ly - size * 1.3),
                    (lx + size * 0.7, ly - size * 1.3),
                    (lx + size, ly),
                    (lx + size * 0.7, ly + size * 1.3),
                    (lx - size * 0.7, ly + size * 1.3),
                ],
                rgb("#e2482f"),
                0.3,
                glow=0.6,
            )
        ]
        paint_model(scene, f"{name} lantern", depth + 0.01, lamp, 0.5, 0.0, 1.0, brush=1.5, life="sway")


def _wet_road(scene: Scene, top: float, vx: float) -> None:
    """Asphalt under water: the street upside down, drawn out and broken."""
    from .water import so_far

    stage, scheme = scene.stage, scene.scheme
    above = so_far(scene)
    near = np.clip((stage.ys - np.float32(top)) / np.float32(1.14 - top), 0, 1)
    half = 0.02 + near * 0.98
    inside = smooth(np.abs(stage.xs - np.float32(vx)) / half, 1.02, 0.98)
    grain = fbm(scene.rng("asphalt"), stage.width, stage.height, 22, octaves=4, stretch=2.6)
    rows = np.clip(
        2 * stage.py(top) - np.arange(stage.height)[:, None] + (grain - 0.5) * stage.unit * 0.25 * near, 0, stage.height - 1
    ).astype(np.int32)
    columns = np.clip(np.arange(stage.width)[None, :] + (grain - 0.5) * stage.unit * 0.08, 0, stage.width - 1).astype(np.int32)
    mirror = above[rows, columns]
    body = scheme.lit(rgb("#3c3e46"), 0.25)
    puddle = smooth(fbm(scene.rng("puddles"), stage.width, stage.height, 6, octaves=4, stretch=3), 0.36, 0.62)
    paint = blend(np.broadcast_to(array(body), mirror.shape), mirror, 0.3 + 0.55 * puddle)
    cover = np.clip((stage.ys - np.float32(top)) * stage.frame_height + 0.5, 0, 1) * inside
    scene.lay("road", 0.5, paint, cover.astype(np.float32), size=3.4, ratio=5, angle=0.0, wander=0.12, variety=0.05, keep=0.3)


def road(scene: Scene) -> None:
    """Open country and a road that runs away to the horizon."""
    paint_sky(scene)
    stage, scheme, h = scene.stage, scene.scheme, scene.horizon
    paint_ridge(scene, "hills far", 0.12, h + 0.012, 0.15, rgb("#72808e"), bumps=2.2, sharp=0.4)
    paint_ridge(scene, "hills", 0.25, h + 0.03, 0.06, rgb("#6f7f5a"), bumps=2)
    paint_ground(scene, "plain", 0.5, h + 0.015, GROUND["road"], rows=0.6)
    near = np.clip((stage.ys - np.float32(h + 0.02)) / np.float32(1.12 - h), 0, 1)
    bend = np.float32(0.5) + np.float32(0.1 * scene.side) * (1 - near) ** 2
    half = 0.004 + near * 0.26
    off = (stage.xs - bend) / half
    grain = fbm(scene.rng("asphalt"), stage.width, stage.height, 14, octaves=4)
    paint = blend(
        scheme.lit(rgb("#66646a"), 0.35), scheme.lit(rgb("#8d8a8a"), 0.95), np.clip(0.5 + (grain - 0.5) + 0.3 * (1 - near), 0, 1)
    )
    dash = ((1 / (near + 0.1) * 2.0) % 1 < 0.45) * smooth(np.abs(off), 0.035, 0.02)
    paint = blend(paint, scheme.lit(rgb("#efe0b0"), 0.9), (dash + smooth(np.abs(np.abs(off) - 0.9), 0.025, 0.015)) * 0.8)
    cover = smooth(np.abs(off), 1.02, 0.98) * smooth(near, 0.0, 0.004)
    scene.lay("road", 0.52, paint, cover, size=4, ratio=3, angle=1.2, wander=0.4, variety=0.05, keep=0.35)
