"""Rooms people live in: a living room, a kitchen, a stair in a tower."""

from __future__ import annotations

import math

import numpy as np

from .model import Piece, box, limb, moved, oval, paint_glow, paint_model, poly
from .noise import fbm, smooth
from .palette import mix, rgb, scale, times
from .scene import Scene, blend
from .walls import paint_shell, paint_sun_patch, paint_window, steam, window_side


def room(scene: Scene) -> None:
    x = window_side(scene)
    warm = rgb("#ffd9a8") if scene.scheme.level < 0.7 else rgb("#fff0d8")
    tone = (
        scene.scheme.accents[0]
        if scene.scheme.accents
        else (rgb("#b89f84"), rgb("#8fa08c"), rgb("#a88f86"), rgb("#8d98a8"))[int(scene.pick(0, 4, "wall"))]
    )
    paint_shell(scene, tone, rgb("#8a6242"), light=(x, 0.4), warm=warm)
    if any(word in scene.words.plain for word in _MACHINES):
        paint_machine(scene, 1 - scene.focus + 0.05 * (1 if scene.focus > 0.5 else -1))
        return
    if not scene.words.has("campfire"):
        paint_window(scene, x, 0.36, 0.2, 0.42)
        paint_sun_patch(scene, x, 0.55 * scene.scheme.level)
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
    x = window_side(scene)
    other = 1 - x
    paint_shell(scene, rgb("#c2a684"), rgb("#94603f"), light=(x, 0.38), warm=rgb("#ffe2b0"), floor_at=0.76)
    paint_window(scene, x, 0.32, 0.22, 0.34, panes=(2, 2))
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
    paint_sun_patch(scene, x, 0.4 * scene.scheme.level)
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
        blend(mix(scale(grey, 0.12), scheme.shade, 0.3), times(grey, warm), level),
        size=6,
        ratio=2,
        wander=0.8,
        variety=0.07,
    )
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
            exposure=0.42,
            lamp=((light[0] - 0.5) * stage.frame_width / stage.unit, light[1] * stage.frame_height / stage.unit, 0.62, warm),
        )


_MACHINES = ("gear", "crank", "machine", "engine", "great lamp", "clockwork", "turbine")


def paint_machine(scene: Scene, x: float) -> None:
    """Brass wheels in an iron frame, teeth in teeth, and the great lamp they turn."""
    brass, iron, glass = rgb("#b98a3e"), rgb("#3a3a3e"), rgb("#ffe0a0")
    pieces: list[Piece] = []
    for cx, cy, r, teeth, turn in ((0.0, -0.36, 0.3, 22, 0.0), (0.43, -0.2, 0.165, 12, 0.13), (-0.37, -0.15, 0.13, 10, 0.2)):
        ring: list[tuple[float, float]] = []
        for i in range(teeth * 4):
            a = (i + turn) * math.pi / (teeth * 2)
            out = r * (1.0 if i % 4 in (0, 1) else 0.87)
            ring.append((cx + out * math.cos(a), cy + out * math.sin(a)))
        pieces.append(poly(ring, brass, round=0.3, gloss=0.4))
        pieces.append(oval(cx, cy, r * 0.68, r * 0.68, scale(brass, 0.42), round=0.1))
        for i in range(5):
            a = i * 2 * math.pi / 5 + turn
            spoke = [(cx, cy), (cx + r * 0.74 * math.cos(a), cy + r * 0.74 * math.sin(a))]
            pieces.append(limb(spoke, [r * 0.09, r * 0.07], brass, round=0.3))
        pieces.append(oval(cx, cy, r * 0.17, r * 0.17, scale(brass, 1.15), gloss=0.8))
    frame = [box(-0.6, -0.03, 0.66, 0.03, iron, round=0.2), box(-0.03, -0.42, 0.03, 0.0, iron, round=0.2)]
    crank = [
        limb([(0.43, -0.2), (0.62, -0.34)], [0.02, 0.02], iron),
        limb([(0.62, -0.34), (0.72, -0.34)], [0.026, 0.026], rgb("#6a4630")),
    ]
    lamp = [box(-0.05, -0.74, 0.05, -0.6, iron, round=0.3), box(-0.2, -0.78, 0.2, -0.73, brass, round=0.3)]
    for i in range(7):
        w = (0.13, 0.17, 0.195, 0.2, 0.195, 0.17, 0.13)[i]
        y = -0.78 - 0.052 * i
        lamp.append(
            Piece(
                [(-w, y), (-w * 1.03, y - 0.026), (-w, y - 0.048), (w, y - 0.048), (w * 1.03, y - 0.026), (w, y)],
                glass,
                0.3,
                glow=0.42,
                gloss=0.6,
            )
        )
    lamp.append(Piece([(-0.17, -1.14), (-0.1, -1.2), (0.1, -1.2), (0.17, -1.14)], brass, round=0.4, gloss=0.5))
    paint_model(scene, "machine", 0.5, [*frame, *lamp, *pieces, *crank], x, 0.86, 0.66, brush=1.6, keep=0.45, crisp=True)
    paint_glow(scene, "machine lamp", 0.51, x, 0.22, 0.5, rgb("#ffc873"), 0.55, core=0.0)
