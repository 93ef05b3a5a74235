"""What people build and travel in: lighthouse, boats, houses, towers, cars, kites. Models of one unit."""

from __future__ import annotations

from .model import Piece, box, limb, oval, poly
from .palette import Rgb, rgb, scale
from .rng import stream

WHITE, IRON, GLASS = rgb("#ece6da"), rgb("#2b2d31"), rgb("#ffe2a0")


def lighthouse(stripe: Rgb | None = None) -> list[Piece]:
    """One unit from foot to roof; the lamp is at (0, -0.87)."""
    pieces = [
        box(0.11, -0.16, 0.36, 0.0, scale(WHITE, 0.82)),
        poly([(0.09, -0.155), (0.235, -0.25), (0.385, -0.155)], rgb("#7a4a3c")),
        box(0.2, -0.1, 0.245, -0.045, rgb("#ffcf7a"), round=0, glow=0.75),
        poly([(-0.115, 0.01), (0.115, 0.01), (0.072, -0.78), (-0.072, -0.78)], WHITE, round=0.5),
    ]
    if stripe:
        for a, b in ((-0.2, -0.36), (-0.52, -0.67)):
            wa, wb = 0.115 + 0.055 * a, 0.115 + 0.055 * b
            pieces.append(poly([(-wa, a), (wa, a), (wb, b), (-wb, b)], stripe, round=0.5))
    pieces += [
        poly([(-0.022, 0.005), (0.022, 0.005), (0.02, -0.075), (-0.02, -0.075)], rgb("#4d3428"), round=0),
        box(-0.012, -0.36, 0.014, -0.31, rgb("#33343a"), round=0),
        box(-0.01, -0.6, 0.013, -0.555, rgb("#33343a"), round=0),
        poly([(-0.102, -0.78), (0.102, -0.78), (0.094, -0.808), (-0.094, -0.808)], IRON, round=0.2),
        box(-0.056, -0.925, 0.056, -0.806, GLASS, round=0, glow=0.9),
        box(-0.058, -0.925, -0.046, -0.806, IRON, round=0),
        box(0.046, -0.925, 0.058, -0.806, IRON, round=0),
        box(-0.006, -0.925, 0.006, -0.806, IRON, round=0),
        box(-0.1, -0.846, 0.1, -0.838, IRON, round=0),
        Piece([(-0.076, -0.918), (-0.05, -0.965), (0, -0.995), (0.05, -0.965), (0.076, -0.918), (0, -0.912)], rgb("#8a3b30")),
        limb([(0, -0.98), (0, -1.04)], [0.006, 0.003], IRON, round=0),
    ]
    return pieces


def trawler(hull: Rgb) -> list[Piece]:
    """A fishing boat heading right, its waterline at y = 0; 1.5 units long, one tall."""
    wood, cabin = rgb("#b58d5a"), rgb("#e9e1d0")
    return [
        limb([(-0.34, -0.3), (-0.36, -0.95)], [0.017, 0.01], rgb("#4a3b30"), round=0.4),
        limb([(-0.35, -0.5), (-0.68, -0.72)], [0.011, 0.007], rgb("#4a3b30"), round=0),
        limb([(-0.36, -0.93), (0.02, -0.62)], [0.004, 0.004], IRON, round=0),
        limb([(-0.36, -0.93), (-0.7, -0.3)], [0.004, 0.004], IRON, round=0),
        limb([(0.33, -0.3), (0.35, -1.0)], [0.016, 0.009], rgb("#4a3b30"), round=0.4),
        limb([(0.35, -0.98), (0.74, -0.38)], [0.004, 0.004], IRON, round=0),
        Piece([(-0.64, -0.3), (-0.46, -0.36), (-0.3, -0.33), (-0.3, -0.2), (-0.6, -0.2)], rgb("#5c6a55")),
        poly([(-0.15, -0.22), (-0.15, -0.62), (0.2, -0.62), (0.25, -0.22)], cabin, round=0.25),
        box(-0.19, -0.66, 0.26, -0.61, rgb("#5d4436")),
        poly([(0.03, -0.55), (0.19, -0.55), (0.2, -0.42), (0.03, -0.42)], rgb("#ffd890"), round=0, glow=0.7),
        box(-0.1, -0.55, -0.01, -0.42, rgb("#ffd890"), round=0, glow=0.6),
        box(-0.09, -0.78, -0.02, -0.65, rgb("#33363a")),
        Piece(
            [
                (-0.74, -0.29),
                (-0.4, -0.21),
                (0.1, -0.2),
                (0.5, -0.28),
                (0.82, -0.44),
                (0.74, -0.2),
                (0.62, 0.035),
                (0.1, 0.06),
                (-0.5, 0.06),
                (-0.68, 0.02),
            ],
            hull,
            round=0.4,
        ),
        limb(
            [(-0.74, -0.285), (-0.4, -0.205), (0.1, -0.195), (0.5, -0.275), (0.82, -0.435)],
            [0.014, 0.016, 0.016, 0.016, 0.012],
            wood,
            round=0.3,
        ),
        limb(
            [(-0.7, -0.06), (-0.2, 0.0), (0.3, 0.0), (0.68, -0.08)],
            [0.012, 0.014, 0.014, 0.01],
            rgb("#efe6d2"),
            round=0,
            dim=0.75,
        ),
    ]


def sailboat(sail: Rgb) -> list[Piece]:
    return [
        limb([(0.02, -0.1), (0.02, -1.0)], [0.011, 0.007], rgb("#5a4636")),
        Piece([(0.0, -0.97), (-0.1, -0.6), (-0.34, -0.17), (0.0, -0.2)], sail, round=0.25),
        Piece([(0.045, -0.9), (0.17, -0.5), (0.33, -0.18), (0.05, -0.19)], scale(sail, 0.93), round=0.25),
        Piece([(-0.4, -0.13), (0.0, -0.1), (0.46, -0.15), (0.3, 0.03), (-0.3, 0.03)], rgb("#7d4a33"), round=0.4),
    ]


def rowboat(hull: Rgb) -> list[Piece]:
    return [
        Piece([(-0.9, -0.3), (-0.4, -0.18), (0.4, -0.18), (0.95, -0.34), (0.66, 0.06), (-0.62, 0.06)], hull),
        limb([(-0.9, -0.3), (-0.4, -0.17), (0.4, -0.17), (0.95, -0.34)], [0.03, 0.035, 0.035, 0.03], scale(hull, 1.3)),
    ]


def kite(paper: Rgb) -> list[Piece]:
    """A diamond on the wind, its middle at (0, 0); half a unit to its tips, tail and string below."""
    other = scale(paper, 0.78)
    tail = limb([(0.06, 0.62), (-0.08, 0.86), (0.1, 1.1), (-0.05, 1.36)], [0.012, 0.02, 0.018, 0.006], rgb("#c9483a"), round=0)
    bows = [
        poly([(x - 0.09, y - 0.045), (x + 0.09, y + 0.045), (x + 0.09, y - 0.05), (x - 0.09, y + 0.05)], c, round=0)
        for x, y, c in ((-0.06, 0.84, rgb("#e9c53c")), (0.07, 1.07, rgb("#3f7fae")), (-0.03, 1.3, rgb("#c9483a")))
    ]
    return [
        tail, *bows,
        poly([(0, -0.62), (0.44, -0.12), (0.07, 0.64)], other, round=0.1), poly([(0, -0.62), (-0.42, -0.06),
        (0.07, 0.64)], paper, round=0.1),
        poly([(-0.42, -0.06), (0, -0.62), (0.02, -0.09)], scale(paper, 1.12), round=0),
        limb([(0, -0.62), (0.07, 0.64)], [0.012, 0.012], rgb("#5a3e2a"), round=0), limb([(-0.42, -0.06),
        (0.44, -0.12)], [0.01, 0.01], rgb("#5a3e2a"), round=0),
    ]  # fmt: skip


def house(key: object, *, lit: float, wall: Rgb | None = None, roof: Rgb | None = None, east: bool = False) -> list[Piece]:
    """A gabled house, one unit wide."""
    rng = stream("house", key)
    walls = ("#d9cfba", "#c9b59a", "#b8a896", "#e3dccb", "#a9b0ae")
    roofs = ("#7a4638", "#5c4a48", "#4d5360", "#8a5a40")
    wall = wall or rgb(walls[int(rng.integers(len(walls)))])
    roof = roof or rgb(roofs[int(rng.integers(len(roofs)))])
    tall = 0.5 + 0.3 * float(rng.random())
    pitch = 0.28 + 0.16 * float(rng.random())
    pieces = [
        box(0.24, -tall - pitch * 0.9, 0.34, -tall - 0.05, scale(wall, 0.7)),
        box(-0.46, -tall, 0.46, 0.02, wall, round=0.5),
    ]
    if east:
        pieces.append(
            Piece(
                [
                    (-0.62, -tall + 0.05),
                    (-0.3, -tall - pitch * 0.6),
                    (0, -tall - pitch),
                    (0.3, -tall - pitch * 0.6),
                    (0.62, -tall + 0.05),
                    (0, -tall - 0.06),
                ],
                roof,
                smooth=False,
            )
        )
    else:
        pieces.append(
            poly([(-0.54, -tall + 0.02), (-0.36, -tall - pitch), (0.36, -tall - pitch), (0.54, -tall + 0.02)], roof, round=0.4)
        )
    glass = rgb("#ffc766")
    for x in (-0.28, 0.02, 0.26):
        on = float(rng.random()) < lit
        pieces.append(
            box(x - 0.06, -tall * 0.72, x + 0.06, -tall * 0.4, glass if on else rgb("#3a4350"), round=0, glow=0.9 if on else 0)
        )
    return pieces


def tower() -> list[Piece]:
    stone = rgb("#8d8577")
    merlons = [box(x, -0.96, x + 0.05, -0.88, stone, round=0.2) for x in (-0.17, -0.075, 0.02, 0.115)]
    return [
        box(-0.52, -0.42, 0.5, 0.02, scale(stone, 0.85), round=0.3), *[box(x, -0.48, x + 0.07, -0.41, scale(stone, 0.85),
        round=0) for x in (-0.5, -0.36, 0.24, 0.38)],
        poly([(-0.15, 0.02), (0.16, 0.02), (0.14, -0.9), (-0.13, -0.9)], stone, round=0.5), *merlons,
        poly([(-0.44, -0.42), (-0.3, -0.42), (-0.29, -0.66), (-0.43, -0.66)], stone, round=0.4), poly([(-0.46, -0.65),
        (-0.26, -0.65), (-0.36, -0.88)], rgb("#6d4a44"), round=0.4),
        poly([(0.3, -0.42), (0.44, -0.42), (0.43, -0.58), (0.31, -0.58)], stone, round=0.4), poly([(0.28, -0.57),
        (0.46, -0.57), (0.37, -0.77)], rgb("#6d4a44"), round=0.4),
        box(-0.015, -0.7, 0.02, -0.6, rgb("#ffcf7a"), round=0, glow=0.7), oval(0.0, -0.02, 0.07, 0.13, rgb("#2b241f"), round=0),
    ]  # fmt: skip


def car(paint: Rgb) -> list[Piece]:
    """Seen from behind three quarters on, one unit tall, 2.4 wide, going right."""
    glass, tyre = rgb("#27303a"), rgb("#17171a")
    return [
        oval(-0.68, -0.2, 0.2, 0.21, tyre), oval(0.72, -0.2, 0.2, 0.21, tyre),
        Piece([(-1.2, -0.28), (-1.18, -0.56), (-0.8, -0.66), (-0.52, -0.96), (0.0, -1.02), (0.42, -0.94), (0.7, -0.64),
        (1.12, -0.54), (1.22, -0.3), (1.1, -0.18), (-1.1, -0.18)], paint, round=0.3, gloss=0.7),
        Piece([(-0.66, -0.66), (-0.45, -0.9), (-0.08, -0.94), (-0.06, -0.66)], glass, round=0.1, smooth=False, gloss=0.4),
        Piece([(0.02, -0.66), (0.02, -0.94), (0.34, -0.88), (0.54, -0.66)], glass, round=0.1, smooth=False, gloss=0.4),
        oval(-0.68, -0.18, 0.16, 0.17, tyre), oval(0.72, -0.18, 0.16, 0.17, tyre),
        oval(-0.68, -0.18, 0.075, 0.08, rgb("#8d9096")), oval(0.72, -0.18, 0.075, 0.08, rgb("#8d9096")),
        oval(1.14, -0.42, 0.06, 0.07, rgb("#fff0c0"), round=0, glow=0.9), oval(-1.16, -0.44, 0.045, 0.06, rgb("#ff4a30"),
        round=0, glow=0.8),
    ]  # fmt: skip


def balloon(silk: Rgb) -> list[Piece]:
    gores = [
        Piece(
            [
                (x * 0.05, -1.0),
                (x * 0.42, -0.78),
                (x * 0.4, -0.52),
                (x * 0.09, -0.2),
                ((x + 0.5) * 0.09, -0.2),
                ((x + 0.5) * 0.4, -0.52),
                ((x + 0.5) * 0.42, -0.78),
                ((x + 0.5) * 0.05, -1.0),
            ],
            scale(silk, 1.15 if i % 2 else 0.75),
            round=0,
        )
        for i, x in enumerate((-0.9, -0.25, 0.4))
    ]
    return [Piece([(0, -1.0), (0.3, -0.93), (0.42, -0.7), (0.34, -0.45), (0.1, -0.19), (-0.1, -0.19), (-0.34, -0.45),
    (-0.42, -0.7), (-0.3, -0.93)], silk, round=0.4), *[Piece(g.points, g.colour, round=0, dim=0.5) for g in gores],
            limb([(-0.09, -0.2), (-0.05, -0.08)], [0.004, 0.004], IRON, round=0), limb([(0.09, -0.2),
            (0.05, -0.08)], [0.004, 0.004], IRON, round=0), box(-0.06, -0.09, 0.06, 0.0, rgb("#7a5430"))]  # fmt: skip


def rocket() -> list[Piece]:
    hull = rgb("#d9dde2")
    return [Piece([(-0.1, 0.0), (-0.14, -0.3), (-0.12, -0.7), (0, -1.0), (0.12, -0.7), (0.14, -0.3),
    (0.1, 0.0)], hull, round=0.5), poly([(-0.13, -0.3), (-0.28, 0.04), (-0.1, -0.04)], rgb("#a8402f")), poly([(0.13, -0.3),
    (0.28, 0.04), (0.1, -0.04)], rgb("#a8402f")), oval(0, -0.62, 0.05, 0.05, rgb("#2a3c50"), gloss=0.6),
            Piece([(-0.07, 0.02), (0, 0.34), (0.07, 0.02)], rgb("#ffcf70"), round=0, glow=0.95, soft=0.012)]  # fmt: skip


def robot() -> list[Piece]:
    steel, dark = rgb("#8f9aa3"), rgb("#4b545c")
    return [
        limb([(-0.09, -0.4), (-0.11, -0.2), (-0.12, 0.0)], [0.05, 0.045, 0.06], dark), limb([(0.09, -0.4), (0.11, -0.2),
        (0.12, 0.0)], [0.05, 0.045, 0.06], steel),
        limb([(-0.2, -0.7), (-0.27, -0.52), (-0.22, -0.36)], [0.05, 0.045, 0.05], dark), Piece([(-0.2, -0.78),
        (0.2, -0.78), (0.17, -0.5), (0.1, -0.38), (-0.1, -0.38), (-0.17, -0.5)], steel, round=0.35, gloss=0.5),
        limb([(0.2, -0.7), (0.28, -0.52), (0.24, -0.34)], [0.05, 0.045, 0.05], steel),
        box(-0.04, -0.83, 0.04, -0.77, dark), Piece([(-0.13, -0.84), (-0.14, -1.0), (0, -1.05), (0.14, -1.0),
        (0.13, -0.84)], steel, round=0.35, gloss=0.6),
        oval(-0.05, -0.93, 0.026, 0.03, rgb("#8fe6ff"), round=0, glow=0.95),
        oval(0.065, -0.93, 0.026, 0.03, rgb("#8fe6ff"), round=0, glow=0.95), oval(0, -0.62, 0.05, 0.05, rgb("#ffb45a"),
        round=0, glow=0.7),
    ]  # fmt: skip


def train(paint: Rgb) -> list[Piece]:
    pieces = []
    for i in range(4):
        x = 1.4 - i * 1.5
        pieces += [
            box(x - 1.4, -0.12, x, 0.0, rgb("#1d1d20")),
            Piece(
                [(x - 1.42, -0.1), (x - 1.42, -0.92), (x - 0.7, -1.0), (x - 0.02, -0.92), (x + (0.28 if i == 0 else 0), -0.1)],
                paint,
                smooth=False,
                round=0.3,
                gloss=0.3,
            ),
        ]
        pieces += [
            box(x - 1.3 + k * 0.32, -0.76, x - 1.08 + k * 0.32, -0.46, rgb("#ffe0a0"), round=0, glow=0.65) for k in range(4)
        ]
    return pieces


def pagoda() -> list[Piece]:
    """Five roofs, each a little smaller than the one below."""
    wood, tiles, wall = rgb("#8f3a2c"), rgb("#3f4a50"), rgb("#e3d6bd")
    pieces = [
        box(-0.24, -0.03, 0.24, 0.02, rgb("#8d8577"), round=0.2),
        limb([(0, -0.88), (0, -1.06)], [0.012, 0.004], rgb("#b08d4c"), round=0),
    ]
    for i in range(5):
        y, w = -0.03 - 0.17 * i, 0.185 - 0.022 * i
        pieces.append(box(-w, y - 0.13, w, y, wall, round=0.3))
        pieces += [box(-w + k * w * 0.62, y - 0.13, -w + k * w * 0.62 + 0.018, y, wood, round=0) for k in range(4)]
        pieces.append(
            Piece(
                [
                    (-w * 1.85, y - 0.1),
                    (-w * 1.2, y - 0.125),
                    (-w * 0.7, y - 0.175),
                    (0, y - 0.19),
                    (w * 0.7, y - 0.175),
                    (w * 1.2, y - 0.125),
                    (w * 1.85, y - 0.1),
                    (w, y - 0.1),
                    (0, y - 0.105),
                    (-w, y - 0.1),
                ],
                tiles,
                round=0.35,
            )
        )
    return pieces
