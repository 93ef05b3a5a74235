"""Solid things: pieces with smooth outlines, modelled by the light, put together back to front."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from .brush import blur, curve, roughen, shape, strokes
from .noise import fbm, smooth, times
from .palette import Rgb, array, mix, scale
from .scene import Scene, blend, form, rim

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Piece:
    """One outline in the model's own units: (0, 0) at its foot, y downwards, so that the top is at negative y."""

    points: Points
    colour: Rgb
    round: float = 0.35
    """How far the modelling reaches in, as a share of the piece's narrower side; 0 is flat."""
    smooth: bool = True
    glow: float = 0.0
    """How much it shines by itself."""
    gloss: float = 0.0
    soft: float = 0.0
    """Blur of its edge, in model units."""
    dim: float = 1.0


def oval(x: float, y: float, rx: float, ry: float | None = None, colour: Rgb = (0.5, 0.5, 0.5), **how: float) -> Piece:
    ry = rx if ry is None else ry
    k = 0.7071
    ring = [
        (x + rx, y),
        (x + rx * k, y + ry * k),
        (x, y + ry),
        (x - rx * k, y + ry * k),
        (x - rx, y),
        (x - rx * k, y - ry * k),
        (x, y - ry),
        (x + rx * k, y - ry * k),
    ]
    return Piece(ring, colour, smooth=True, **how)


def box(x0: float, y0: float, x1: float, y1: float, colour: Rgb, **how: float) -> Piece:
    return Piece([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], colour, smooth=False, **how)


def poly(points: Points, colour: Rgb, **how: float) -> Piece:
    return Piece(points, colour, smooth=False, **how)


def limb(points: Points, widths: Sequence[float], colour: Rgb, **how: float) -> Piece:
    """A tapering, bending tube along `points` with half `widths` at each."""
    left, right = [], []
    for i, (x, y) in enumerate(points):
        ax, ay = points[max(0, i - 1)]
        bx, by = points[min(len(points) - 1, i + 1)]
        length = math.sqrt((bx - ax) ** 2 + (by - ay) ** 2) or 1.0
        nx, ny = -(by - ay) / length, (bx - ax) / length
        left.append((x + nx * widths[i], y + ny * widths[i]))
        right.append((x - nx * widths[i], y - ny * widths[i]))
    return Piece([*left, *reversed(right)], colour, smooth=True, **how)


def moved(pieces: Iterable[Piece], dx: float, dy: float, size: float = 1.0, flip: float = 1.0) -> list[Piece]:
    """The pieces shifted and scaled about the foot."""
    return [
        Piece(
            [(x * size * flip + dx, y * size + dy) for x, y in p.points],
            p.colour,
            p.round,
            p.smooth,
            p.glow,
            p.gloss,
            p.soft * size,
            p.dim,
        )
        for p in pieces
    ]


def paint_model(
    scene: Scene,
    name: str,
    depth: float,
    pieces: Sequence[Piece],
    x: float,
    y: float,
    size: float,
    *,
    flip: float = 1.0,
    life: str = "",
    air: float | None = None,
    brush: float = 3.0,
    keep: float = 0.35,
    backlight: float | None = None,
    fade: float = 0.0,
    crisp: bool = False,
    exposure: float = 1.0,
    lamp: tuple[float, float, float, Rgb] | None = None,
) -> None:
    """Paints `pieces` with their foot at the frame point (`x`, `y`), `size` units a model unit.

    `exposure`: how much of the scene's light reaches it, before its own lamp.
    `crisp`: clean edges, for made things seen close. `fade`: how much the lower part sinks into shade. `lamp`: (x, y, reach,
    colour) of a light of its own, in model units.
    """
    stage, scheme = scene.stage, scene.scheme
    one = size * stage.unit
    ox, oy = stage.px(x), stage.py(y)
    every = [[(ox + px * one * flip, oy + py * one) for px, py in (curve(p.points) if p.smooth else p.points)] for p in pieces]
    xs = [q[0] for points in every for q in points]
    ys = [q[1] for points in every for q in points]
    pad = 6 + 0.03 * one
    left, top = max(0, int(min(xs) - pad)), max(0, int(min(ys) - pad))
    right, bottom = min(stage.width, int(max(xs) + pad) + 1), min(stage.height, int(max(ys) + pad) + 1)
    if right - left < 2 or bottom - top < 2:
        return
    w, h = right - left, bottom - top
    colour: np.ndarray = np.zeros((h, w, 3), np.float32)
    alpha: np.ndarray = np.zeros((h, w), np.float32)
    edges: np.ndarray = np.zeros((h, w), np.float32)
    lift = scene.air
    depth_air = depth if air is None else air
    back = scene.behind if backlight is None else backlight
    up = 0.75 if scene.recipe.visual.light.key_direction != "below" else -0.7
    for index, (piece, points) in enumerate(zip(pieces, every, strict=True)):
        l0, t0 = max(left, int(min(q[0] for q in points) - pad)), max(top, int(min(q[1] for q in points) - pad))
        r0, b0 = min(right, int(max(q[0] for q in points) + pad) + 1), min(bottom, int(max(q[1] for q in points) + pad) + 1)
        if r0 - l0 < 2 or b0 - t0 < 2:
            continue
        mask = shape(r0 - l0, b0 - t0, [(qx - l0, qy - t0) for qx, qy in points])
        narrow = max(
            1.0, min(max(q[0] for q in points) - min(q[0] for q in points), max(q[1] for q in points) - min(q[1] for q in points))
        )
        if piece.soft:
            mask = blur(mask, piece.soft * one)
        elif not crisp and narrow > 40 * stage.unit / 480 and scene.edge > 0.6:
            mask = roughen(mask, 0.6 * scene.edge * stage.unit / 480, scene.rng("edge", name, index))
        if piece.round and narrow > 3:
            light = form(mask, max(1.0, min(narrow * piece.round, one * 0.2)), scene.side, up)
            light = np.clip(0.5 + (light - 0.5) * np.float32(1.3 * scene.contrast), 0, 1)
        else:
            light = np.full(mask.shape, 0.62, np.float32)
        key_share = 1 - 0.55 * back
        shade, lit = scheme.lit(piece.colour, 0.02), scheme.lit(piece.colour, key_share)
        paint = blend(lift(shade, depth_air), lift(lit, depth_air), light)
        if narrow > 11:
            glow_edge = rim(mask, max(1.0, min(narrow * 0.1, 3.2 * stage.unit / 480)), scene.side, up)
            strength = (0.3 + 0.75 * back) * (1 if not scene.inside else 0.8)
            edge_light = np.clip(glow_edge * np.float32(strength), 0, 0.92)
        else:
            edge_light = np.zeros_like(mask)
        if piece.gloss:
            spot = form(mask, max(1.0, narrow * 0.12), scene.side, 1.0)
            paint = blend(paint, scheme.sun, smooth(spot, 0.8, 1.0) * np.float32(piece.gloss) * mask)
        if piece.glow:
            paint = blend(paint, array(piece.colour), np.full(mask.shape, piece.glow, np.float32))
        part = np.s_[t0 - top : b0 - top, l0 - left : r0 - left]
        mask = mask * np.float32(piece.dim)
        colour[part] += times(paint - colour[part], mask)
        edges[part] = edges[part] * (1 - mask) + edge_light * mask
        alpha[part] = alpha[part] + (1 - alpha[part]) * mask
    # Paint spreads a little beyond its own edge so that strokes find colour there.
    solid = np.maximum(alpha, np.float32(1e-3))[..., None]
    colour = np.where(alpha[..., None] > 0.02, colour / solid, colour)
    colour = np.where(alpha[..., None] > 0.02, np.clip(colour, 0, 1), np.float32(0))
    if fade:
        rows = (np.arange(h, dtype=np.float32)[:, None] + top - oy) / np.float32(one)
        colour = blend(
            colour, lift(scale(scheme.shade, 0.5), depth_air), smooth(rows, -0.5, 0.0) * np.float32(fade) * np.ones_like(alpha)
        )
    if exposure != 1.0:
        colour, edges = colour * np.float32(exposure), edges * np.float32(exposure)
    if lamp:
        lx, ly, reach, tone = lamp
        dx = (np.arange(w, dtype=np.float32)[None, :] + left - ox) / np.float32(one * flip) - np.float32(lx)
        dy = (np.arange(h, dtype=np.float32)[:, None] + top - oy) / np.float32(one) - np.float32(ly)
        fall = 1 - smooth(np.sqrt(dx * dx + dy * dy), 0, reach)
        colour = np.asarray(
            colour + colour * array(tone) * (fall * 1.9)[..., None] + array(tone) * (fall * fall * 0.16)[..., None], np.float32
        ).clip(0, 1)
    mottle = fbm(scene.rng("mottle", name), w, h, max(4.0, h / (one * 0.12)), octaves=3)
    colour = times(colour, 1 + (mottle - 0.5) * 0.16)
    pixels = max(0.7, brush * stage.unit / 480 * min(1.5, 0.15 + size))
    brushed = strokes(
        colour,
        scene.rng("strokes", name),
        size=pixels,
        ratio=2.6,
        angle=1.1,
        wander=0.7,
        variety=0.05,
        cover=1.7,
        keep=keep,
        mask=(alpha > 0.6) * alpha,
    )
    lively = smooth(mottle, 0.25, 0.6) * np.float32(0.75) + np.float32(0.25)
    brushed = blend(brushed, lift(mix(scheme.key, scheme.sun, 0.6), depth_air), edges * lively)
    canvas, cover = np.zeros((stage.height, stage.width, 3), np.float32), np.zeros((stage.height, stage.width), np.float32)
    canvas[top:bottom, left:right] = brushed
    cover[top:bottom, left:right] = alpha
    stage.add(name, depth, canvas, cover, life=life, pivot=(x, y))


def paint_glow(
    scene: Scene,
    name: str,
    depth: float,
    x: float,
    y: float,
    reach: float,
    colour: Rgb,
    strength: float,
    *,
    core: float = 0.0,
    life: str = "flicker",
    squash: float = 1.0,
) -> None:
    """Light around a lamp: a bright core and a long soft fall-off, `reach` units wide."""
    distance = scene.stage.radius(x, y, squash)
    fall = 1 - smooth(distance, 0, reach)
    light = fall**3 * np.float32(strength)
    if core:
        light = light + (1 - smooth(distance, core * 0.6, core * 1.5)) * np.float32(0.9)
    tone = blend(colour, (1.0, 0.97, 0.88), np.clip(light - 0.5, 0, 1))
    scene.stage.glow(name, depth, np.clip(light, 0, 1)[..., None] * tone, life=life, pivot=(x, y))


def paint_shadow(
    scene: Scene, name: str, depth: float, x: float, y: float, width: float, length: float, strength: float = 0.5
) -> None:
    """The shadow a thing standing at (`x`, `y`) casts on the ground: a soft, flat streak away from the light."""
    stage = scene.stage
    away = -scene.side
    reach = length * away * (0.35 + 0.65 * abs(scene.side)) / stage.aspect
    points = [
        (-width, 0.0),
        (0.0, width * 0.22),
        (width, 0.02),
        (reach + width * 0.5, 0.05 * length + 0.01),
        (reach - width * 0.4, 0.055 * length),
        (-width * 0.8, 0.012),
    ]
    outline = curve(
        [(stage.px(x + px / (1 if abs(px) > abs(reach) * 0.3 and reach else 1)), stage.py(y + py)) for px, py in points]
    )
    mask = blur(shape(stage.width, stage.height, outline), max(1.0, 0.006 * stage.unit))
    stage.add(
        name,
        depth,
        np.array(scene.fill(scale(scene.scheme.shade, 0.35))),
        mask * np.float32(strength * min(1.0, 0.4 + 0.6 * scene.scheme.level)),
    )


def paint_thread(
    scene: Scene, name: str, depth: float, points: Points, width: float, colour: Rgb, strength: float = 1.0, life: str = ""
) -> None:
    """A string or wire through frame `points`, `width` 480ths of a unit thick (never less than a pixel)."""
    stage = scene.stage
    path = curve([(stage.px(x) * 3, stage.py(y) * 3) for x, y in points], closed=False, steps=24)
    sheet = Image.new("L", (stage.width * 3, stage.height * 3))
    ImageDraw.Draw(sheet).line(path, fill=255, width=max(3, round(width * 3 * stage.unit / 480)))
    cover = np.asarray(sheet.reduce(3)).astype(np.float32) * np.float32(strength / 255)
    stage.add(name, depth, np.array(scene.fill(colour)), cover, life=life)
