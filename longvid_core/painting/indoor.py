"""Rooms: walls in one-point perspective, a window or a lamp to light them, and what stands about."""

from __future__ import annotations

import numpy as np

from .brush import blur, shape
from .model import Piece, box, limb, moved, oval, paint_glow, paint_model, poly
from .noise import fbm, lattice, smooth
from .palette import Rgb, array, mix, rgb, scale
from .scene import Scene, blend
from .sky import paint_shafts


def _shell(
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
    paint = blend(mix(scale(wall, 0.2), scheme.shade, 0.25), tuple(w * t for w, t in zip(wall, tint, strict=True)), level)  # type: ignore[arg-type]
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
    ground = blend(mix(scale(floor, 0.16), scheme.shade, 0.2), tuple(f * t for f, t in zip(floor, tint, strict=True)), shine)  # type: ignore[arg-type]
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


def _window(
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
    hills = smooth(stage.ys, y + half_h * 0.55 + 0.02, y + half_h * 0.6 + 0.02 - 0.04 * cloud)
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


def _sun_patch(scene: Scene, x: float, strength: float) -> None:
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


def _wx(scene: Scene) -> float:
    """Where the window or lamp is: on the side of the light."""
    return 0.5 + 0.24 * (1 if scene.side > 0 else -1)


def room(scene: Scene) -> None:
    x = _wx(scene)
    warm = rgb("#ffd9a8") if scene.scheme.level < 0.7 else rgb("#fff0d8")
    tone = (
        scene.scheme.accents[0]
        if scene.scheme.accents
        else (rgb("#b89f84"), rgb("#8fa08c"), rgb("#a88f86"), rgb("#8d98a8"))[int(scene.pick(0, 4, "wall"))]
    )
    _shell(scene, tone, rgb("#8a6242"), light=(x, 0.4), warm=warm)
    if not scene.words.has("campfire"):
        _window(scene, x, 0.36, 0.2, 0.42)
        _sun_patch(scene, x, 0.55 * scene.scheme.level)
    other = 1 - x
    wood = rgb("#5a3d2a")
    shelf = [box(-0.26, -0.02, 0.26, 0.0, wood, round=0)]
    rng = scene.rng("books")
    bx = -0.24
    while bx < 0.22:
        w, h = 0.014 + 0.02 * float(rng.random()), 0.06 + 0.05 * float(rng.random())
        book = (rgb("#7a3b34"), rgb("#3f5a58"), rgb("#b08a4c"), rgb("#4a4a60"), rgb("#c9b894"))[int(rng.integers(5))]
        shelf.append(box(bx, -0.02 - h, bx + w, -0.02, book, round=0.2))
        bx += w + 0.003
    for i in range(3):
        paint_model(scene, f"shelf {i}", 0.28, shelf, other, 0.26 + 0.15 * i, 0.78, flip=1 if i % 2 else -1, brush=1.6)
    if scene.words.has("campfire") or "fireplace" in scene.words.plain:
        paint_glow(scene, "fire", 0.4, x, 0.66, 0.8, rgb("#ff8a34"), 0.8, core=0.05)
    chair = [
        limb([(-0.3, 0), (-0.28, -0.35)], [0.03, 0.03], wood),
        limb([(0.3, 0), (0.28, -0.35)], [0.03, 0.03], wood),
        Piece(
            [(-0.44, -0.2), (-0.42, -0.52), (0.0, -0.46), (0.42, -0.52), (0.44, -0.2), (0.3, -0.1), (-0.3, -0.1)],
            rgb("#7a4638"),
            round=0.4,
        ),
        Piece([(-0.36, -0.4), (-0.38, -0.92), (0, -1.02), (0.38, -0.92), (0.36, -0.4)], rgb("#8a5040"), round=0.35),
    ]
    paint_model(scene, "chair", 0.5, chair, other + 0.06, 0.86, 0.36, brush=2.6)
    lamp = [
        limb([(0, 0), (0, -0.72)], [0.015, 0.012], rgb("#3a2e28"), round=0),
        oval(0, 0, 0.1, 0.02, rgb("#3a2e28")),
        poly(
            [(-0.1, -0.95), (0.1, -0.95), (0.17, -0.7), (-0.17, -0.7)],
            rgb("#ffd898"),
            round=0,
            glow=0.8 if scene.scheme.level < 0.8 else 0.25,
        ),
    ]
    paint_model(scene, "lamp", 0.48, lamp, other - 0.12, 0.82, 0.55, brush=2)
    if scene.scheme.level < 0.8 or "lit" in scene.words.traits:
        paint_glow(scene, "lamp light", 0.49, other - 0.12, 0.36, 0.55, rgb("#ffa850"), 0.5)
    table = [poly([(-1.2, -0.34), (1.3, -0.3), (1.5, 0.4), (-1.4, 0.4)], wood, round=0.05)]
    paint_model(scene, "table", 0.9, table, 0.5, 1.12, 0.42, brush=4)


def kitchen(scene: Scene) -> None:
    x = _wx(scene)
    other = 1 - x
    _shell(scene, rgb("#c2a684"), rgb("#94603f"), light=(x, 0.38), warm=rgb("#ffe2b0"), floor_at=0.76)
    _window(scene, x, 0.32, 0.22, 0.34, panes=(2, 2))
    steel, wood, tile = rgb("#4a4e54"), rgb("#7d5638"), rgb("#d9cbb0")
    counter = [box(-1.6, -0.3, 1.6, 0.05, wood, round=0.05), box(-1.65, -0.335, 1.65, -0.295, rgb("#c9ae86"), round=0.2)]
    counter += [box(-1.6 + i * 0.32, -0.26, -1.32 + i * 0.32, 0.0, scale(wood, 0.86), round=0.12) for i in range(10)]
    paint_model(scene, "counter", 0.4, counter, 0.5, 0.8, 0.66, brush=2.6)
    stove = [
        box(-0.24, -0.42, 0.24, 0.04, steel, round=0.2),
        box(-0.19, -0.28, 0.19, -0.05, rgb("#22201f"), round=0),
        box(-0.16, -0.24, 0.16, -0.09, rgb("#ff8a3c"), round=0, glow=0.45),
        box(-0.26, -0.45, 0.26, -0.415, rgb("#2c2e31"), round=0),
    ]
    paint_model(scene, "stove", 0.45, stove, other, 0.82, 0.66, brush=2)
    pot = [
        Piece(
            [(-0.2, -0.28), (-0.21, -0.06), (-0.16, 0), (0.16, 0), (0.21, -0.06), (0.2, -0.28)],
            rgb("#9a4632"),
            round=0.4,
            gloss=0.5,
            smooth=False,
        ),
        oval(0, -0.28, 0.2, 0.035, rgb("#5c2a20"), round=0),
        limb([(-0.2, -0.2), (-0.28, -0.2)], [0.02, 0.02], steel),
        limb([(0.2, -0.2), (0.28, -0.2)], [0.02, 0.02], steel),
    ]
    paint_model(scene, "pot", 0.5, pot, other, 0.545, 0.5, brush=2)
    rail = [limb([(-0.5, 0), (0.5, 0)], [0.008, 0.008], rgb("#3a3430"), round=0)]
    for i, px in enumerate((-0.4, -0.2, 0.02, 0.24, 0.42)):
        r = 0.075 - 0.008 * (i % 3)
        rail += [
            limb([(px, 0), (px, 0.12)], [0.007, 0.009], rgb("#3a3430"), round=0),
            oval(px, 0.12 + r, r, r * 1.05, (rgb("#b0673c"), rgb("#5a5e64"), rgb("#a8552f"))[i % 3], gloss=0.5),
        ]
    paint_model(scene, "pans", 0.32, rail, other, 0.17, 0.46, brush=1.6)
    jars = []
    for i in range(7):
        jx = -0.42 + i * 0.14
        jars += [
            box(
                jx - 0.04,
                -0.13 - 0.03 * (i % 3),
                jx + 0.04,
                0,
                (tile, rgb("#8a9a6c"), rgb("#b8743c"))[i % 3],
                round=0.4,
                gloss=0.3,
            ),
            box(jx - 0.03, -0.16 - 0.03 * (i % 3), jx + 0.03, -0.13 - 0.03 * (i % 3), wood, round=0.2),
        ]
    paint_model(scene, "jars", 0.36, jars, x, 0.575, 0.5, brush=1.6)
    steam(scene, other, 0.4, 0.3, 0.26)
    paint_glow(scene, "stove light", 0.46, other, 0.72, 0.42, rgb("#ff9440"), 0.5)
    _sun_patch(scene, x, 0.4 * scene.scheme.level)
    bowl = [
        Piece([(-0.34, -0.2), (-0.22, 0), (0.22, 0), (0.34, -0.2)], rgb("#dcd0b8"), round=0.4, smooth=False),
        oval(0, -0.2, 0.34, 0.06, rgb("#b98a4c"), round=0),
    ]
    edge = [poly([(-2, -0.12), (2, -0.12), (2, 0.5), (-2, 0.5)], scale(wood, 0.7), round=0.04)]
    paint_model(
        scene,
        "near table",
        0.9,
        [
            *edge,
            *moved(bowl, 0.55, -0.1, 0.5),
            *moved([oval(0, -0.1, 0.1, 0.1, rgb("#c8503a")), oval(0.17, -0.08, 0.09, 0.09, rgb("#d98a3a"))], 0.95, -0.06),
        ],
        0.3,
        1.02,
        0.5,
        brush=3.4,
    )


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


def stairs(scene: Scene) -> None:
    """A spiral stair in a stone tower, seen from below its turn, lit by whoever climbs."""
    stage, scheme = scene.stage, scene.scheme
    x, y = stage.xs, stage.ys
    light = (scene.focus, 0.5)
    warm = rgb("#ffb45c")
    fall = 1 - smooth(stage.radius(*light), 0.02, 0.95)
    rows = ((y * 11) // 1).astype(np.int32)
    course = np.abs(((y * 11) % 1) - 0.5) * 2
    joint = np.abs(((x * 7 + (rows % 2) * 0.5 + 20) % 1) - 0.5) * 2
    stone = fbm(scene.rng("stone"), stage.width, stage.height, 9, octaves=5)
    seam = np.maximum(smooth(course, 0.86, 0.99) * np.ones_like(x), smooth(joint, 0.93, 1.0))
    level = np.clip(0.1 + 0.16 * scheme.level + fall * 0.8 + (stone - 0.5) * 0.42 - seam * 0.22 - np.abs(x - 0.5) * 0.3, 0, 1)
    grey = rgb("#8d857c")
    scene.lay(
        "wall",
        0.2,
        blend(mix(scale(grey, 0.12), scheme.shade, 0.3), tuple(g * w for g, w in zip(grey, warm, strict=True)), level),
        size=6,
        ratio=2,
        wander=0.8,
        variety=0.07,
    )  # type: ignore[arg-type]
    slit = [
        Piece(
            [(-0.03, 0.0), (-0.03, -0.2), (0, -0.25), (0.03, -0.2), (0.03, 0.0)],
            mix(scheme.middle, scheme.horizon, 0.5),
            round=0,
            glow=0.8,
        )
    ]
    paint_model(scene, "slit", 0.22, slit, 1 - scene.focus + 0.04, 0.36, 1.0)
    paint_glow(scene, "slit light", 0.23, 1 - scene.focus + 0.04, 0.24, 0.26, scheme.horizon, 0.35, life="")
    side = 1 if scene.focus < 0.5 else -1
    steps: list[tuple[int, list[Piece]]] = []
    for i in range(12):
        f = i / 11
        near = 1 - f
        top = 0.98 - 0.086 * i
        cx = 0.5 - side * (0.30 - 0.56 * f * (1.1 - 0.35 * f)) * 0.9
        half = 0.46 * (0.62 + 0.38 * near)
        rise = 0.085
        tilt = 0.035 * side
        tread = poly(
            [
                (cx - half, top + tilt),
                (cx + half, top - tilt),
                (cx + half * 0.94, top - 0.045 - tilt),
                (cx - half * 0.94, top - 0.045 + tilt),
            ],
            rgb("#a39a8e"),
            round=0.12,
        )
        riser = poly(
            [(cx - half, top + tilt), (cx + half, top - tilt), (cx + half, top + rise - tilt), (cx - half, top + rise + tilt)],
            rgb("#655d57"),
            round=0.1,
        )
        ax = stage.frame_width / stage.unit
        pieces = [
            Piece([((px - 0.5) * ax, py * stage.frame_height / stage.unit) for px, py in p.points], p.colour, p.round, False)
            for p in (riser, tread)
        ]
        steps.append((i, pieces))
    # From the top of the stair down, so that the nearest step lies over the rest.
    for i, pieces in reversed(steps):
        paint_model(
            scene,
            f"step {i}",
            0.3 + 0.035 * (11 - i),
            pieces,
            0.5,
            0.0,
            1.0,
            brush=2.4,
            lamp=((light[0] - 0.5) * stage.frame_width / stage.unit, light[1] * stage.frame_height / stage.unit, 0.75, warm),
        )


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
    from .water import so_far

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
