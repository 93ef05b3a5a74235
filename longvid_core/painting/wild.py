"""Sets away from the open land: forest, garden, river, cave, under water, space."""

from __future__ import annotations

import re

import numpy as np

from . import nature, vessels
from .brush import blur
from .model import Piece, limb, moved, oval, paint_glow, paint_model
from .noise import fbm, ridge_line, smooth
from .palette import Rgb, array, mix, rgb, scale
from .scene import Scene, blend
from .sky import paint_shafts, paint_sky
from .terrain import GROUND, paint_grass, paint_ground, paint_ridge
from .water import paint_water


def forest(scene: Scene) -> None:
    """Trunks in depth, light between them, ferns in front."""
    stage, scheme = scene.stage, scene.scheme
    autumn = any(w in scene.words.plain for w in ("autumn", "fall ", "maple"))
    leaf = rgb("#b8742f") if autumn else rgb("#4f7440")
    green = mix(scheme.haze, leaf, 0.35)
    x = scene.sun_x
    glow = 1 - smooth(stage.radius(x, 0.34, 1.2), 0.0, 0.95)
    base = blend(mix(scheme.shade, leaf, 0.3), mix(green, scheme.horizon, 0.45), smooth(stage.ys, 0.95, 0.1) * np.ones_like(glow))
    base = blend(base, mix(scheme.sun, scheme.horizon, 0.3), glow * glow * 0.9)
    leaves = fbm(scene.rng("leaves far"), stage.width, stage.height, 12, octaves=5)
    base = base * (1 + (leaves - 0.5)[..., None] * 0.35)
    scene.lay("depths", 0.05, base, size=8, ratio=1.6, wander=1.4, variety=0.06, keep=0.25)
    snowy = scene.weather == "snowfall" or scene.words.settings.get("snow")
    ground = GROUND["snow"] if snowy else mix(leaf, rgb("#5a5a34"), 0.4)
    for i in range(4):
        f = i / 3
        depth = 0.16 + 0.2 * i
        floor = 0.66 + 0.09 * i
        _trunks(scene, f"trunks {i}", depth, floor, int(17 - 4 * i), 0.008 + 0.02 * f * f + 0.004 * i, 1 - f)
        paint_ground(scene, f"floor {i}", depth + 0.06, floor, ground, roll=0.07, patch=0.8, rows=0.2)
        if i == 1:
            paint_shafts(scene, 0.4, 0.5, x=x, y=-0.35)
    _canopy(scene, leaf)
    paint_grass(scene, "ferns", 0.95, 0.98, mix(leaf, rgb("#6f8a3a"), 0.4), tall=0.14)


def _trunks(scene: Scene, name: str, depth: float, floor: float, count: int, width: float, far: float) -> None:
    rng = scene.rng(name)
    stage = scene.stage
    bark = mix(rgb("#57483a"), scene.scheme.shade, 0.2)
    pieces = []
    ax = stage.frame_width / stage.unit
    for i in range(count):
        x = ((i + float(rng.random())) / count * 1.3 - 0.65) * ax
        if far < 0.4 and abs(x / ax + 0.5 - scene.focus) < 0.12:
            continue
        w = width * (0.6 + 0.9 * float(rng.random()))
        lean = (float(rng.random()) - 0.5) * 0.12
        foot = 0.02 + 0.03 * float(rng.random())
        pieces.append(
            limb(
                [(x - w * 0.3, foot), (x, -0.12), (x + lean * 0.5, -0.55), (x + lean, -1.2)],
                [w * 1.7, w, w * 0.86, w * 0.6],
                scale(bark, 0.8 + 0.4 * float(rng.random())),
                round=0.45,
            )
        )
        for _ in range(2):
            y = -0.3 - 0.5 * float(rng.random())
            s = 1 if float(rng.random()) < 0.5 else -1
            pieces.append(
                limb(
                    [(x + lean * 0.4, y), (x + s * w * 5, y - 0.05), (x + s * w * 9, y - 0.14)],
                    [w * 0.3, w * 0.2, w * 0.06],
                    bark,
                    round=0.3,
                )
            )
    paint_model(scene, name, depth, pieces, 0.5, floor, stage.frame_height / stage.unit, brush=2.4, air=depth)


def _canopy(scene: Scene, leaf: Rgb) -> None:
    stage, scheme = scene.stage, scene.scheme
    line = ridge_line(scene.rng("canopy"), stage.width, 4, octaves=5) * 0.26 + 0.1 * np.abs(stage.xs[0] - 0.5)
    n = fbm(scene.rng("leaves"), stage.width, stage.height, 22, octaves=4)
    cover = smooth(line[None, :] - stage.ys + (n - 0.5) * 0.3, -0.01, 0.012)
    light = fbm(scene.rng("leaf light"), stage.width, stage.height, 16, octaves=3) * 0.7 + 0.5 * scene.toward_sun(0.8)
    paint = blend(
        mix(scheme.shade, scale(leaf, 0.3), 0.6), scheme.lit(mix(leaf, rgb("#c9c25a"), 0.35), 1.0), smooth(light, 0.45, 1.0)
    )
    scene.lay("canopy", 0.85, paint, cover, size=4.5, ratio=1.5, wander=1.5, variety=0.12, keep=0.15, life="sway")


def garden(scene: Scene) -> None:
    paint_sky(scene)
    h = scene.horizon
    blossom = any(w in scene.words.plain for w in ("blossom", "cherry", "桜", "spring"))
    paint_ridge(scene, "woods", 0.2, h + 0.02, 0.12, rgb("#5f7d58"), bumps=2, trees=0.12)
    paint_ground(scene, "lawn", 0.45, h + 0.03, GROUND["garden"], roll=0.04, rows=0.3)
    leaves = rgb("#e0a4b8") if blossom else rgb("#6d8f44")
    for i, (x, size) in enumerate(((0.1, 0.62), (0.9, 0.72), (0.3, 0.34), (0.72, 0.3))):
        paint_model(
            scene,
            f"tree {i}",
            0.55 if i < 2 else 0.32,
            nature.tree((scene.stage.place, i), leaves),
            x,
            h + (0.16 if i < 2 else 0.06),
            size,
            brush=3,
            life="",
        )
    paint_grass(scene, "border", 0.94, 0.96, rgb("#7d9a48"), tall=0.16, flowers=rgb("#e08a9a"))


def river(scene: Scene) -> None:
    paint_sky(scene)
    h = scene.horizon
    paint_ridge(scene, "mountains", 0.1, h, 0.26, rgb("#6c7f90"), bumps=2.2, sharp=0.5)
    paint_ridge(scene, "woods", 0.25, h + 0.01, 0.09, rgb("#4a6a4c"), bumps=2.4, trees=0.3, to=h + 0.012)
    paint_water(scene, top=h + 0.008, deep=rgb("#2a5a58"), rough=0.3)
    side = 1 if scene.focus < 0.5 else -1
    paint_ridge(scene, "bank", 0.5, h + 0.3, 0.13, GROUND["river"], bumps=1.4, lean=2.2 * -side, to=None)
    paint_grass(scene, "reeds", 0.94, 0.97, rgb("#7f8f48"), tall=0.2)


def cave(scene: Scene) -> None:
    """Dark rock around an opening full of light."""
    stage, scheme = scene.stage, scene.scheme
    paint_sky(scene)
    paint_ridge(scene, "outside", 0.12, scene.horizon + 0.05, 0.16, rgb("#6d8a86"), bumps=2, sharp=0.4)
    paint_ground(scene, "ground", 0.3, 0.66, rgb("#6a5f56"), roll=0.08)
    for i in range(3):
        wobble = fbm(scene.rng("mouth", i), stage.width, stage.height, 4 + i, octaves=5)
        d = stage.radius(scene.focus + (0.5 - scene.focus) * 0.3 * i, 0.5, 0.95)
        opening = 0.3 + 0.14 * i
        cover = smooth(d + (wobble - 0.5) * 0.3, opening, opening + 0.02)
        facets = fbm(scene.rng("rock", i), stage.width, stage.height, 9, octaves=5, gain=0.6)
        edge = 1 - smooth(d, opening, opening + 0.3)
        light = np.clip((facets - 0.35) * 0.9 + edge * 0.5, 0, 1) * (0.75 - 0.18 * i)
        rock = rgb("#5c5550")
        paint = blend(scale(mix(rock, scheme.shade, 0.5), 0.22), scheme.lit(rock, 0.9), light)
        scene.lay(f"rock {i}", 0.4 + 0.25 * i, paint, cover, size=6 + 2 * i, ratio=2, wander=1.2, variety=0.1, keep=0.2)
    paint_shafts(scene, 0.5, 0.55, x=scene.focus, y=-0.2)


def underwater(scene: Scene) -> None:
    """Light from the surface, blue deepening, reef and shoals."""
    stage, scheme = scene.stage, scene.scheme
    t = stage.ys * np.ones_like(stage.xs)
    top, mid, low = rgb("#7fd6dc"), rgb("#1f7fa0"), rgb("#0a2f4c")
    level = 0.45 + 0.55 * scheme.level
    water = blend(scale(top, level), scale(mid, level), smooth(t, -0.15, 0.45))
    water = blend(water, scale(low, level), smooth(t, 0.3, 1.1))
    glow = 1 - smooth(stage.radius(0.5 + 0.2 * scene.side, -0.12, 0.8), 0, 0.8)
    water = blend(water, rgb("#e8fff4"), glow * 0.7)
    scene.lay("water", 0.0, water, size=10, ratio=3, angle=0.2, wander=0.7, variety=0.04)
    for i in range(3):
        f = i / 2
        line = (
            np.float32(0.74 + 0.1 * i)
            - ridge_line(scene.rng("reef", i), stage.width, 4 - i, octaves=6, sharp=0.3, gain=0.6) * np.float32(0.26)
            - 0.16 * np.abs(stage.xs[0] - 0.5)
        )
        cover = np.clip((stage.ys - line[None, :]) * stage.frame_height, 0, 1).astype(np.float32)
        coral = fbm(scene.rng("coral", i), stage.width, stage.height, 14, octaves=4)
        hue = fbm(scene.rng("coral hue", i), stage.width, stage.height, 5, octaves=2)
        tone = blend(blend(rgb("#c85a6a"), rgb("#d99a4a"), smooth(hue, 0.3, 0.5)), rgb("#6a5a9a"), smooth(hue, 0.5, 0.7))
        shade = np.clip(coral * 1.3 - 0.1 - (stage.ys - line[None, :]) * 1.4, 0.05, 1)
        paint = tone * shade[..., None] * (0.35 + 0.45 * level)
        paint = blend(paint, scale(mid, 0.7 * level), np.full(cover.shape, 0.75 * (1 - f) ** 1.1 + 0.14, np.float32))
        scene.lay(f"reef {i}", 0.25 + 0.28 * i, paint, cover, size=3 + 2 * f, ratio=1.8, wander=1.4, variety=0.12, keep=0.2)
        if i == 1:
            rng = scene.rng("shoal")
            school = []
            for _ in range(22):
                school += moved(
                    nature.fish(rgb("#e8b04a") if float(rng.random()) < 0.7 else rgb("#f0e8d8")),
                    (float(rng.random()) - 0.5) * 0.75,
                    (float(rng.random()) - 0.5) * 0.34,
                    0.03 + 0.03 * float(rng.random()),
                    -1 if scene.focus > 0.5 else 1,
                )
            paint_model(scene, "shoal", 0.45, school, 1 - scene.focus, 0.42, 1.0, life="sway", brush=1.2, air=0.8)
    if scene.words.has("whale"):
        paint_model(
            scene, "whale", 0.4, nature.whale(), scene.focus, 0.42, 0.42, flip=1 if scene.focus < 0.5 else -1, life="bob", air=0.6
        )
    if scene.words.has("person", "woman"):
        suit = rgb("#20262c")
        diver = [
            limb([(-0.55, 0.1), (-0.3, 0.06), (0, 0)], [0.05, 0.07, 0.09], suit),
            limb([(-0.58, 0.12), (-0.85, 0.1)], [0.04, 0.09], rgb("#d9a83a")),
            limb([(-0.1, 0.05), (-0.4, 0.2), (-0.62, 0.32)], [0.08, 0.06, 0.04], suit),
            limb([(-0.62, 0.32), (-0.86, 0.4)], [0.04, 0.08], rgb("#d9a83a")),
            Piece([(-0.1, -0.1), (0.2, -0.16), (0.34, -0.06), (0.3, 0.08), (0, 0.12)], suit),
            Piece([(-0.08, -0.2), (0.16, -0.26), (0.18, -0.14), (-0.06, -0.08)], rgb("#c9b23a"), gloss=0.4),
            limb([(0.26, 0.02), (0.42, 0.14), (0.6, 0.1)], [0.05, 0.04, 0.03], suit),
            oval(0.43, -0.08, 0.1, 0.1, suit),
            oval(0.49, -0.07, 0.055, 0.06, rgb("#8fd0d8"), gloss=0.8),
        ]
        paint_model(
            scene, "diver", 0.65, diver, scene.focus, 0.45, 0.36, flip=1 if scene.focus < 0.5 else -1, life="bob", air=0.75
        )
    paint_shafts(scene, 0.6, 0.5, x=0.5 + 0.2 * scene.side, y=-0.5, colour=rgb("#d0fff0"))


def space(scene: Scene) -> None:
    """Nebula and stars, a planet with its lit limb, a craft."""
    stage, scheme = scene.stage, scene.scheme
    tint = (
        scheme.accents[0] if scheme.accents else (rgb("#5a3f8f"), rgb("#2f6a8f"), rgb("#8f4a5a"))[int(scene.pick(0, 3, "nebula"))]
    )
    cloud = fbm(scene.rng("nebula"), stage.width, stage.height, 2.6, octaves=6, gain=0.58)
    veil = fbm(scene.rng("nebula veil"), stage.width, stage.height, 3.4, octaves=6, gain=0.58)
    sky = blend(rgb("#04060f"), scale(tint, 0.75), smooth(cloud, 0.42, 0.85))
    sky = blend(sky, mix(tint, rgb("#ffb48f"), 0.6), smooth(veil, 0.58, 0.95) * smooth(cloud, 0.45, 0.8) * 0.7)
    sky = sky * (1 - 0.6 * smooth(veil, 0.5, 0.2))[..., None]
    scene.lay("nebula", 0.0, sky, size=7, ratio=2, wander=1.2, variety=0.05, keep=0.4)
    rng = scene.rng("stars")
    field = np.zeros((stage.height, stage.width), np.float32)
    for count, power in ((900, 0.55), (70, 1.0)):
        x, y = rng.integers(1, stage.width - 1, count), rng.integers(1, stage.height - 1, count)
        field[y, x] = np.maximum(field[y, x], np.float32(power) * (0.3 + 0.7 * rng.random(count, dtype=np.float32)))
    big = field * (field > 0.62)
    stage.glow("stars", 0.02, np.clip(field + blur(big, 1.6 * stage.unit / 480) * 5, 0, 1)[..., None] * array((0.95, 0.97, 1.0)))
    mars = re.search(r"\b(?:mars|martian)\b", scene.words.plain) is not None
    moonscape = scene.words.moonscape
    r = 0.3 if scene.framing in ("wide", "full") else 0.22
    px, py = 1 - scene.focus + (0.04 if scene.focus < 0.5 else -0.04), 0.4
    d = stage.radius(px, py)
    ball = 1 - smooth(d, r - 0.003, r + 0.003)
    nx = (stage.xs - np.float32(px)) * np.float32(stage.aspect * stage.frame_height / stage.unit / r)
    ny = (stage.ys - np.float32(py)) * np.float32(stage.frame_height / stage.unit / r)
    nz = np.sqrt(np.clip(1 - nx * nx - ny * ny, 0, 1))
    sun = np.clip(nx * np.float32(0.72 * (1 if scene.side > 0 else -1)) - ny * 0.42 + nz * 0.3, 0, 1)
    bands = fbm(scene.rng("bands"), stage.width, stage.height, 16, octaves=5, stretch=5)
    land = (
        mix(rgb("#c98a5a"), tint, 0.25)
        if mars or not (moonscape or any(w in scene.words.plain for w in ("earth", "blue planet")))
        else rgb("#3f78a8")
    )
    surface = (
        blend(scale(land, 0.6), mix(land, rgb("#f0dcc0"), 0.6), smooth(bands, 0.25, 0.75))
        * (np.float32(0.02) + sun**0.8)[..., None]
    )
    surface = surface + (np.clip(1 - nz, 0, 1) ** 3 * sun)[..., None] * array(rgb("#ffd9b0")) * 0.6
    scene.lay("planet", 0.15, np.clip(surface, 0, 1), ball, size=3.2, ratio=4, angle=0.15, wander=0.2, variety=0.04, keep=0.4)
    halo = (
        np.clip(1 - np.abs(d - r) / 0.06, 0, 1) ** 2
        * smooth(nx * (0.72 if scene.side > 0 else -0.72) - ny * 0.42, -0.2, 0.9)
        * 0.6
    )
    stage.glow("limb", 0.16, halo[..., None] * array(mix(rgb("#9fd0ff"), tint, 0.3)))
    flip = 1 if scene.focus < 0.5 else -1
    if scene.words.has("station") or "station" in scene.words.plain:
        steel = rgb("#c9cdd2")
        truss = [
            limb([(-0.9, 0), (0.9, 0)], [0.02, 0.02], scale(steel, 0.7)),
            *[
                Piece([(x, -0.34), (x + 0.24, -0.34), (x + 0.24, 0.34), (x, 0.34)], rgb("#3a4f8f"), 0.1, False, gloss=0.5)
                for x in (-0.9, -0.62, 0.38, 0.66)
            ],
            limb([(-0.26, 0), (0.26, 0)], [0.1, 0.1], steel, round=0.4, gloss=0.6),
            limb([(0, -0.3), (0, 0.34)], [0.075, 0.09], scale(steel, 0.9), round=0.4, gloss=0.6),
            oval(0.0, -0.05, 0.028, 0.028, rgb("#ffd890"), round=0, glow=0.9),
        ]
        paint_model(scene, "station", 0.5, truss, scene.focus, 0.5, 0.36, flip=flip, life="bob", brush=1.6)
    elif scene.words.has("person", "woman", "child") and not moonscape:
        paint_model(scene, "astronaut", 0.6, _spacesuit(), scene.focus, 0.72, 0.42, flip=flip, life="bob", brush=2)
    elif not moonscape:
        ship = [
            Piece(
                [(p[1] * -1 - 0.5, p[0]) for p in piece.points],
                piece.colour,
                piece.round,
                piece.smooth,
                piece.glow,
                piece.gloss,
                piece.soft,
            )
            for piece in vessels.rocket()
        ]
        paint_model(scene, "ship", 0.5, ship, scene.focus, 0.6, 0.34, flip=flip, life="bob", brush=1.6)
        paint_glow(scene, "engine", 0.49, scene.focus - 0.12 * flip, 0.6, 0.1, rgb("#ffb060"), 0.7)
    if moonscape:
        dust = rgb("#b8643c") if mars else rgb("#9a979a")
        paint_ridge(scene, "rim", 0.3, 0.72, 0.1, dust, bumps=2, sharp=0.4, rocky=0.4)
        paint_ground(scene, "dust", 0.6, 0.74, dust, roll=0.05, rows=0.3)
        if scene.words.has("person", "woman"):
            paint_model(scene, "walker", 0.7, _spacesuit(), scene.focus, 0.92, 0.36, flip=flip, brush=2)


def _spacesuit() -> list[Piece]:
    """An astronaut, one unit tall."""
    white = rgb("#e2e4e6")
    return [
        limb([(-0.06, -0.3), (-0.14, -0.12), (-0.1, 0.06)], [0.075, 0.06, 0.06], white),
        limb([(0.07, -0.3), (0.16, -0.18), (0.12, 0.0)], [0.075, 0.06, 0.06], scale(white, 0.85)),
        Piece([(-0.2, -0.7), (-0.22, -0.4), (0.2, -0.4), (0.22, -0.72)], scale(white, 0.7)),
        Piece([(-0.15, -0.7), (-0.16, -0.34), (0, -0.26), (0.16, -0.34), (0.16, -0.7)], white),
        limb([(-0.14, -0.64), (-0.32, -0.52), (-0.42, -0.64)], [0.06, 0.055, 0.045], white),
        limb([(0.15, -0.64), (0.3, -0.56), (0.36, -0.42)], [0.06, 0.055, 0.045], white),
        oval(0, -0.84, 0.135, 0.14, white),
        oval(0.03, -0.84, 0.095, 0.09, rgb("#2a2418"), gloss=1.0),
        oval(0.05, -0.87, 0.04, 0.03, rgb("#e0a850"), round=0, soft=0.012, dim=0.8),
    ]
