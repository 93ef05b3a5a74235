"""The product shot: cloth in folds, a pool of light, and one thing to look at."""

from __future__ import annotations

import math

import numpy as np

from .model import Piece, box, limb, oval, paint_glow, paint_model, poly
from .noise import fbm, smooth, times
from .palette import Rgb, array, mix, rgb, scale
from .scene import Scene, blend


def table(scene: Scene) -> None:
    """Dark cloth, soft discs of light out of focus behind, the product in front."""
    stage, scheme = scene.stage, scene.scheme
    words = scene.words
    cloth = next(
        (rgb(words.colours[k]) for k in ("velvet", "cloth", "silk", "marble", "table") if k in words.colours),
        scheme.accents[0] if scheme.accents else rgb("#2c2c4c"),
    )
    if sum(cloth) < 0.9:
        cloth = mix(cloth, rgb("#5a3f7c"), 0.6)
    close = scene.framing == "extreme_close"
    top = 0.5
    pool = 1 - smooth(stage.radius(0.5 + 0.08 * scene.side, 0.66, 0.75), 0.05, 0.95)
    back = blend(
        scale(cloth, 0.16),
        scale(mix(cloth, scheme.key, 0.3), 0.8),
        (1 - smooth(stage.radius(0.5 + 0.22 * scene.side, 0.22), 0.0, 0.9)) * 0.8,
    )
    scene.lay("backdrop", 0.05, back, size=11, ratio=2, wander=0.8, variety=0.03)
    _discs(scene)
    x, y = stage.xs, stage.ys
    warp = fbm(scene.rng("cloth"), stage.width, stage.height, 2.2, octaves=3)
    wave = (x * 2.1 * stage.aspect / 1.7 + (y - 0.5) * 1.3 + warp * 2.6) % 1
    fold = np.abs(wave - 0.5) * 2
    fine = (x * 5.2 - y * 1.2 + warp * 4.4) % 1
    fold = fold * 0.75 + np.abs(fine - 0.5) * 0.5
    sheen = smooth(fold, 0.6, 1.1) * (0.15 + 0.85 * pool)
    paint = blend(scale(cloth, 0.3), scale(cloth, 1.35), np.clip(0.12 + 1.0 * pool * smooth(fold, 0.1, 0.9), 0, 1))
    paint = blend(paint, mix(scale(cloth, 2.0), scheme.key, 0.4), sheen * 0.8)
    line = top + 0.06 * (warp - 0.5)
    cover = smooth(y - line, -0.012, 0.012)
    tilt = np.gradient(warp, axis=0).astype(np.float32) * np.float32(stage.height * -0.3)
    scene.lay(
        "cloth", 0.4, paint, cover, size=6.5, ratio=4, angle=np.clip(tilt + 0.5, -1.3, 1.3), wander=0.2, variety=0.04, keep=0.3
    )
    _product(scene, close)
    beam = np.abs(x - 0.5 - (y - 0.7) * np.float32(-0.3 * scene.side)) / (0.05 + np.clip(y + 0.2, 0, 2) * 0.28)
    light = (1 - smooth(beam, 0.2, 1.0)) * (1 - smooth(y, 0.3, 0.9)) * 0.14
    stage.glow("light", 0.8, light[..., None] * array(scheme.key))


def _discs(scene: Scene) -> None:
    stage = scene.stage
    rng = scene.rng("discs")
    light = np.zeros((stage.height, stage.width, 3), np.float32)
    tones = [mix(scene.scheme.key, rgb(c), 0.5) for c in ("#ffb45c", "#ffd9a0", "#8fa8ff", "#ff8f70")]
    for i in range(16):
        cx, cy, r = float(rng.random()) * 1.2 - 0.1, float(rng.random()) * 0.5 - 0.05, 0.02 + 0.05 * float(rng.random())
        d = stage.radius(cx, cy)
        disc = (1 - smooth(d, r * 0.86, r)) * 0.75 + np.clip(1 - np.abs(d - r * 0.9) / (r * 0.12), 0, 1) * 0.3
        light += times(array(tones[i % 4]), disc * np.float32(0.1 + 0.16 * float(rng.random())))
    stage.glow("discs", 0.08, np.clip(light, 0, 1))


def _product(scene: Scene, close: bool) -> None:
    words = scene.words
    size = {"extreme_wide": 0.3, "wide": 0.46, "full": 0.56, "medium": 0.66, "close": 0.86}.get(scene.framing, 1.5)
    size = max(size, 0.5) if not close else size
    y = 0.56 if not close else 0.5
    x = 0.5 if close else 0.5 + (scene.focus - 0.5) * 0.3
    if words.has("bottle"):
        glass = next((rgb(words.colours[k]) for k in ("bottle", "perfume", "wine") if k in words.colours), rgb("#b0703a"))
        pieces = [
            Piece(
                [
                    (-0.17, 0),
                    (-0.19, -0.5),
                    (-0.15, -0.62),
                    (-0.06, -0.68),
                    (-0.055, -0.86),
                    (0.055, -0.86),
                    (0.06, -0.68),
                    (0.15, -0.62),
                    (0.19, -0.5),
                    (0.17, 0),
                ],
                glass,
                round=0.4,
                gloss=0.9,
                smooth=False,
            ),
            Piece(
                [(-0.14, -0.08), (-0.155, -0.44), (-0.09, -0.5), (-0.08, -0.08)],
                mix(glass, (1, 0.9, 0.7), 0.5),
                round=0,
                soft=0.02,
                dim=0.6,
            ),
            Piece(
                [(-0.07, -0.85), (-0.07, -1.0), (0.07, -1.0), (0.07, -0.85)], rgb("#c9a55c"), round=0.4, gloss=0.8, smooth=False
            ),
        ]
        paint_model(scene, "product", 0.6, pieces, x, 0.84, size * 1.1, brush=2)
    elif words.has("phone"):
        pieces = [
            Piece(
                [
                    (-0.25, 0),
                    (-0.27, -0.04),
                    (-0.27, -0.96),
                    (-0.25, -1.0),
                    (0.25, -1.0),
                    (0.27, -0.96),
                    (0.27, -0.04),
                    (0.25, 0),
                ],
                rgb("#1c1e22"),
                smooth=False,
                gloss=0.7,
            ),
            Piece(
                [(-0.24, -0.05), (-0.24, -0.95), (0.24, -0.95), (0.24, -0.05)],
                mix(scene.scheme.middle, scene.scheme.horizon, 0.5),
                smooth=False,
                round=0.3,
                glow=0.5,
            ),
        ]
        paint_model(scene, "product", 0.6, pieces, x, 0.86, size * 1.1, brush=2)
    elif words.has("cup") and not words.has("watch"):
        pieces = [
            oval(0, 0, 0.5, 0.12, rgb("#d9d0c0")),
            Piece(
                [(-0.3, -0.5), (-0.27, -0.12), (-0.14, 0), (0.14, 0), (0.27, -0.12), (0.3, -0.5)],
                rgb("#e8e0d0"),
                round=0.4,
                gloss=0.5,
            ),
            limb([(0.28, -0.4), (0.44, -0.36), (0.42, -0.16), (0.26, -0.14)], [0.03, 0.03, 0.03, 0.03], rgb("#e0d8c8")),
            oval(0, -0.49, 0.29, 0.06, rgb("#5a3320"), round=0),
        ]
        paint_model(scene, "product", 0.6, pieces, x, 0.8, size, brush=2)
        from .walls import steam

        steam(scene, x, 0.45, 0.22, 0.3)
    elif words.has("watch"):
        metal = next((rgb(words.colours[k]) for k in ("watch", "case") if k in words.colours), rgb("#cdb27a"))
        _shadow(scene, x, y, size)
        paint_model(scene, "product", 0.6, watch(metal), x, y, size, brush=1.1, keep=0.6, crisp=True)
    elif any(word in words.plain for word in ("jewel", "diamond", "gem", "necklace", "earring", "crown", "trophy")):
        gem = [
            Piece(
                [(-0.5, -0.45), (-0.3, -0.66), (0.3, -0.66), (0.5, -0.45), (0, 0.1)],
                rgb("#bcd4e6"),
                smooth=False,
                round=0.3,
                gloss=0.9,
            ),
            poly([(-0.5, -0.45), (-0.18, -0.45), (0, 0.1)], rgb("#8fb4d6"), round=0),
            poly([(0.18, -0.45), (0.5, -0.45), (0, 0.1)], rgb("#6f98c0"), round=0),
            poly([(-0.3, -0.66), (-0.18, -0.45), (0.18, -0.45), (0.3, -0.66)], rgb("#e6f2fa"), round=0, glow=0.3),
        ]
        paint_model(scene, "product", 0.6, gem, x, 0.74, size * 0.8, brush=1.6)
    else:  # something we have no picture of: its box, on a plinth
        card = next((rgb(words.colours[k]) for k in ("box", "product", "package") if k in words.colours), rgb("#d8cdb8"))
        stone = rgb("#9a948c")
        package = [
            box(-0.62, -0.2, 0.62, 0.2, stone, round=0.15),
            box(-0.36, -0.72, 0.36, -0.2, card, round=0.2),
            box(-0.4, -0.84, 0.4, -0.68, mix(card, (1.0, 1.0, 1.0), 0.25), round=0.2),
            box(-0.18, -0.54, 0.18, -0.4, scale(card, 0.62), round=0),
        ]
        _shadow(scene, x, 0.84, size)
        paint_model(scene, "product", 0.6, package, x, 0.8, size * 0.9, brush=2)
    paint_glow(
        scene,
        "glint",
        0.65,
        x + 0.1 * scene.side * size,
        y - 0.16 * size,
        0.22 * size,
        scene.scheme.sun,
        0.75,
        core=0.008 * size,
        life="flicker",
    )


def _shadow(scene: Scene, x: float, y: float, size: float) -> None:
    stage = scene.stage
    d = stage.radius(x - 0.05 * scene.side * size, y + 0.08 * size, 1.3)
    alpha = (1 - smooth(d, 0.2 * size, 0.62 * size)) * np.float32(0.62)
    stage.add("product shadow", 0.59, np.zeros((stage.height, stage.width, 3), np.float32), alpha)


def watch(metal: Rgb) -> list[Piece]:
    """A wristwatch seen from above, its dial's middle at (0, 0), the case 0.72 wide; ten past ten."""
    leather, dial, hand = rgb("#4a2f22"), rgb("#1d2430"), rgb("#efe6d2")
    pieces = [
        Piece([(-0.19, -0.24), (-0.17, -0.66), (-0.14, -1.05), (0.14, -1.05), (0.17, -0.66), (0.19, -0.24)], leather, round=0.4),
        Piece([(-0.19, 0.24), (-0.17, 0.66), (-0.14, 1.05), (0.14, 1.05), (0.17, 0.66), (0.19, 0.24)], leather, round=0.4),
    ]
    for side in (-1, 1):
        pieces.append(
            limb(
                [(side * 0.145, -0.3), (side * 0.13, -0.66), (side * 0.112, -1.0)],
                [0.006, 0.006, 0.005],
                rgb("#b98f5c"),
                round=0,
                dim=0.7,
            )
        )
        pieces.append(
            limb(
                [(side * 0.145, 0.3), (side * 0.13, 0.66), (side * 0.112, 1.0)],
                [0.006, 0.006, 0.005],
                rgb("#b98f5c"),
                round=0,
                dim=0.7,
            )
        )
        for up in (-1, 1):
            pieces.append(
                Piece(
                    [(side * 0.13, up * 0.3), (side * 0.16, up * 0.42), (side * 0.235, up * 0.41), (side * 0.29, up * 0.22)],
                    metal,
                    round=0.4,
                    gloss=0.7,
                )
            )
    pieces += [
        Piece(
            [(0.34, -0.05), (0.42, -0.055), (0.43, 0), (0.42, 0.055), (0.34, 0.05)],
            scale(metal, 0.9),
            round=0.4,
            gloss=0.8,
            smooth=False,
        )
    ]

    def ring(r: float, colour: Rgb, **how: float) -> Piece:
        points = [(r * math.cos(a * math.pi / 8), r * math.sin(a * math.pi / 8)) for a in range(16)]
        return Piece(points, colour, smooth=True, **how)

    pieces += [ring(0.365, metal, round=0.3, gloss=0.8), ring(0.325, scale(metal, 0.55), round=0.1), ring(0.31, dial, round=0.5)]
    pieces.append(
        Piece(
            [(-0.29, -0.09), (-0.2, -0.22), (0.02, -0.295), (0.12, -0.27), (-0.06, -0.1), (-0.2, 0.1)],
            mix(dial, (1, 1, 1), 0.35),
            round=0,
            soft=0.03,
            dim=0.5,
        )
    )
    for i in range(12):
        a = i * math.pi / 6
        s, c = math.sin(a), -math.cos(a)
        w = 0.011 if i % 3 == 0 else 0.006
        pieces.append(
            limb(
                [(s * 0.285, c * 0.285), (s * (0.225 if i % 3 == 0 else 0.25), c * (0.225 if i % 3 == 0 else 0.25))],
                [w, w],
                scale(metal, 1.25),
                round=0,
                glow=0.25,
            )
        )
    pieces.append(ring(0.075, scale(dial, 1.7), round=0.4))
    pieces[-1] = Piece([(x, y + 0.15) for x, y in pieces[-1].points], pieces[-1].colour, 0.4)
    for angle, long, w in ((305, 0.165, 0.014), (60, 0.245, 0.0105)):
        a = math.radians(angle)
        s, c = math.sin(a), -math.cos(a)
        pieces.append(
            limb(
                [(-s * 0.03, -c * 0.03), (s * long * 0.5, c * long * 0.5), (s * long, c * long)],
                [w, w * 1.15, 0.002],
                hand,
                round=0,
                glow=0.35,
            )
        )
    a = math.radians(192)
    pieces.append(
        limb(
            [(-math.sin(a) * 0.06, math.cos(a) * 0.06), (math.sin(a) * 0.27, -math.cos(a) * 0.27)],
            [0.0035, 0.002],
            rgb("#d0563c"),
            round=0,
        )
    )
    pieces += [
        oval(0, 0, 0.017, 0.017, metal, gloss=0.8),
        Piece(
            [(-0.25, -0.14), (-0.12, -0.26), (0.06, -0.3), (-0.02, -0.22), (-0.16, -0.12), (-0.24, 0.02)],
            (1.0, 1.0, 1.0),
            round=0,
            soft=0.012,
            dim=0.16,
        ),
    ]
    return pieces


__all__ = ["table", "watch"]
