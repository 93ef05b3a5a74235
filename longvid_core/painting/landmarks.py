"""What stands and what floats: lighthouse and beam, villages, hulls and their broken image in the water."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from . import nature, vessels
from .model import Piece, moved, paint_glow, paint_model
from .noise import fbm, lattice, smooth
from .palette import array, mix, rgb, scale
from .people import who
from .placing import WATERY, large, tone
from .scene import Scene
from .terrain import paint_rock


def paint_lighthouse(scene: Scene) -> None:
    by_sea = scene.setting in WATERY
    s = large(scene)
    far = scene.framing == "extreme_wide" or ("pulls" in scene.words.traits and "wide" in scene.words.traits)
    if far:
        s *= 0.5
    x = scene.focus
    if scene.framing in ("medium", "close", "extreme_close") and who(scene):
        x, s = 1 - scene.focus, 0.6
    foot = scene.horizon + (0.1 * s if by_sea else 0.05)
    rock_height, rock_width = 0.15 * s, 0.46 * s / max(1.0, scene.stage.aspect / 1.5)
    size = 0.5 * s
    foot = max(foot, min(0.8, 0.09 + (size * 1.0 + rock_height * 0.72) * scene.stage.unit / scene.stage.frame_height))
    y = foot - rock_height * 0.72 if by_sea else foot
    if by_sea:
        paint_rock(scene, "rock", 0.5, x, foot, rock_width, rock_height, rgb("#4a4a4c"), flat=0.6)
        paint_rock(
            scene,
            "rock low",
            0.55,
            x + 0.14 * s * (1 if x < 0.5 else -1),
            foot + 0.02,
            rock_width * 0.5,
            rock_height * 0.4,
            rgb("#3f4145"),
            flat=0.4,
        )
    striped = "striped" in scene.words.plain or "red lighthouse" in scene.words.plain
    paint_model(
        scene,
        "lighthouse",
        0.52,
        vessels.lighthouse(rgb("#b23a30") if striped else None),
        x,
        y,
        size,
        flip=1 if x < 0.5 else -1,
        brush=2.6,
    )
    if scene.scheme.level < 0.8 or scene.weather in ("storm", "fog", "rain") or "beam" in scene.words.traits:
        lamp_y = y - 0.865 * size * scene.stage.unit / scene.stage.frame_height
        _beam(scene, x, lamp_y, 0.9 if scene.scheme.level < 0.7 else 0.45)
        paint_glow(scene, "lamp", 0.53, x, lamp_y, 0.16 + 0.1 * s, rgb("#ffd98a"), 0.85, core=0.014 * s)


def _beam(scene: Scene, x: float, y: float, strength: float) -> None:
    """Two beams turning about the lamp: the long one towards the open side, a short one behind it."""

    stage = scene.stage
    dx = (stage.xs - np.float32(x)) * np.float32(stage.aspect)
    dy = stage.ys - np.float32(y)
    side = 1 if x < 0.5 else -1
    run = np.maximum(dx * side, np.float32(1e-3))
    slope = (dy + run * np.float32(0.03)) / run
    width = np.float32(0.075)
    wedge = (1 - smooth(np.abs(slope), float(width) * 0.25, float(width))) * (dx * side > 0)
    fall = 1 - smooth(run, 0.0, 1.5)
    back = np.maximum(-dx * side, np.float32(1e-3))
    slope_back = (dy - back * np.float32(0.03)) / back
    wedge_back = (
        (1 - smooth(np.abs(slope_back), float(width) * 0.3, float(width) * 1.3))
        * (dx * side < 0)
        * (1 - smooth(back, 0.0, 0.5))
        * np.float32(0.6)
    )
    mist = 0.65 + 0.5 * fbm(scene.rng("beam mist"), stage.width, stage.height, 5, octaves=4, stretch=2)
    light = (wedge * fall * fall + wedge_back) * mist * np.float32(strength * 0.8)
    stage.glow("beam", 0.515, np.clip(light, 0, 1)[..., None] * array(rgb("#ffe6ae")), life="beam", pivot=(x, y))


def paint_village(scene: Scene) -> None:
    rng = scene.rng("village")
    side = 1 if scene.focus < 0.5 else -1
    lit = 0.8 if scene.scheme.level < 0.75 else 0.1
    east = any(word in scene.words.plain for word in ("japan", "kyoto", "tokyo", "日本", "china", "temple", "pagoda"))
    by_sea = scene.setting in WATERY
    count = (
        1
        if scene.words.has("house") and not scene.words.settings.get("village") and scene.setting != "village"
        else 11
        if not by_sea
        else 9
    )
    houses = []
    for i in range(count):
        t = (i + float(rng.random()) * 0.7) / max(1, count)
        x = 0.5 + side * (0.12 + 0.46 * t) if by_sea else (0.1 + 0.85 * t if count > 1 else 1 - scene.focus)
        rise = (0.015 + 0.1 * t * float(rng.random())) if by_sea else 0.05 * float(rng.random())
        y = scene.horizon + (0.012 - rise if by_sea else 0.12 + rise)
        size = (0.045 + 0.035 * float(rng.random())) if by_sea else (0.09 + 0.06 * float(rng.random()) if count > 1 else 0.26)
        houses.append((y, x, size * (0.7 + 0.5 * large(scene)), i))
    pieces = []
    for y, x, size, i in sorted(houses):
        one = vessels.house((scene.stage.place, i), lit=lit, east=east)
        pieces += moved(
            one,
            (x - 0.5) * scene.stage.frame_width / scene.stage.unit,
            (y - scene.horizon) * scene.stage.frame_height / scene.stage.unit,
            size,
        )
    paint_model(scene, "village", 0.3 if by_sea else 0.5, pieces, 0.5, scene.horizon, 1.0, brush=1.6, air=0.45)


def paint_afloat(scene: Scene) -> None:
    words = scene.words
    if scene.setting not in WATERY:
        return
    bust = scene.framing in ("medium", "close", "extreme_close") and bool(who(scene))
    both = words.has("lighthouse") or bust
    open_x = 1 - scene.focus if both else scene.focus
    s = min(1.2, large(scene)) * (0.62 if both else 1.0)
    y = scene.horizon + (1 - scene.horizon) * (0.34 if both else 0.4)
    flip = 1 if open_x < 0.5 else -1
    if words.has("trawler"):
        hull = tone(scene, "trawler", "boat", "ship", "ferry", default="#a8352c")
        _float(scene, "boat", vessels.trawler(hull), open_x, y, 0.3 * s, flip)
    if words.has("sailboat"):
        _float(
            scene,
            "sail",
            vessels.sailboat(tone(scene, "sail", "sails", "sailboat", default="#efe3cb")),
            open_x,
            y - 0.02,
            0.42 * s,
            flip,
        )
    if words.has("rowboat"):
        _float(
            scene,
            "rowboat",
            vessels.rowboat(tone(scene, "rowboat", "canoe", "boat", default="#6d4a33")),
            open_x,
            y + 0.08,
            0.16 * s,
            flip,
        )
    if words.has("whale"):
        _float(scene, "whale", nature.whale(), scene.focus, y, 0.3 * s, flip)


def _float(scene: Scene, name: str, pieces: Sequence[Piece], x: float, y: float, size: float, flip: float) -> None:
    """A hull and its broken image in the water."""

    stage = scene.stage
    before = len(stage.layers)
    paint_model(scene, name, 0.62, pieces, x, y, size, flip=flip, life="bob", brush=2.4)
    if len(stage.layers) == before:
        return
    hull = stage.layers[-1]
    data = np.asarray(hull.image.convert("RGBA")).astype(np.float32) / np.float32(255)
    line = int(stage.py(y)) - hull.top
    up = data[: max(1, min(line, data.shape[0]))][::-1]
    up = up[:: 2 if up.shape[0] > 8 else 1]
    h, w = up.shape[:2]
    top = int(stage.py(y)) - 1
    h = min(h, stage.height - top)
    if h < 2:
        return
    wobble = (
        (lattice(scene.rng("wobble", name), 2, h, 1, h / max(2.0, stage.unit * 0.013))[:, :1] - 0.5)
        * stage.unit
        * 0.035
        * (0.25 + np.arange(h, dtype=np.float32)[:, None] / h)
    ).astype(np.int32)
    columns = np.clip(np.arange(w)[None, :] + wobble, 0, w - 1)
    mirrored = np.take_along_axis(up[:h], columns[..., None].repeat(4, axis=2), axis=1)
    rough = {"storm": 0.35, "rain": 0.5, "wind": 0.6}.get(scene.weather, 0.85)
    colour, alpha = np.zeros((stage.height, stage.width, 3), np.float32), np.zeros((stage.height, stage.width), np.float32)
    fade = (1 - smooth(np.arange(h, dtype=np.float32)[:, None], 0, h)) * np.float32(0.62 * rough)
    colour[top : top + h, hull.left : hull.left + w] = mirrored[..., :3] * 0.72 + array(scene.scheme.shade) * 0.1
    alpha[top : top + h, hull.left : hull.left + w] = mirrored[..., 3] * fade
    stage.add(f"{name} image", 0.62, colour, alpha, life="bob")
    stage.layers[-2], stage.layers[-1] = stage.layers[-1], stage.layers[-2]
    foam = 1 - smooth(stage.radius(x, y + 0.006, 0.07), size * 0.35, size * 0.95)
    speck = lattice(scene.rng("wake", name), stage.width, stage.height, stage.width / 9, stage.height / 2.4)
    white = mix(scene.scheme.horizon, (1, 1, 1), 0.5)
    stage.add(
        f"{name} wake",
        0.63,
        np.array(scene.fill(scale(white, 0.5 + 0.5 * scene.scheme.level))),
        foam * smooth(speck, 0.42, 0.66) * np.float32(0.62),
        life="bob",
    )
