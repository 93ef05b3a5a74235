"""Close on a person: head and shoulders in three-quarter profile, blocked in by planes of light and shade."""

from __future__ import annotations

from .model import Piece, limb, oval, paint_model
from .palette import mix, rgb, scale
from .people import Person
from .scene import Scene


def paint_portrait(scene: Scene, people: list[Person]) -> None:
    """One bust (or two), large in the frame; the face looks across the wider half of it."""
    face = 1.0 if scene.focus < 0.5 else -1.0
    size = {"medium": 0.62, "close": 0.92, "extreme_close": 1.5}[scene.framing]
    size *= min(1.0, 1.25 * scene.stage.frame_width / scene.stage.unit)
    low = {"medium": 1.06, "close": 1.08, "extreme_close": 1.2}[scene.framing]
    if len(people) > 1 and scene.framing == "medium":
        paint_model(
            scene,
            "second",
            0.74,
            bust(people[1]),
            scene.focus + 0.36 * face,
            low + 0.03,
            size * 0.94,
            flip=-face,
            brush=3.6,
            keep=0.3,
        )
    paint_model(
        scene,
        "portrait",
        0.8,
        bust(people[0]),
        scene.focus + 0.02 * face,
        low,
        size,
        flip=face,
        brush=3.2,
        keep=0.35,
        backlight=0.22,
    )


def bust(p: Person) -> list[Piece]:
    """Head and shoulders facing right, about one unit tall from the frame's edge to the crown."""
    skin, hair = p.skin, p.hair
    deep = mix(scale(skin, 0.55), rgb("#5a2a2a"), 0.25)
    pieces: list[Piece] = []
    young = p.child
    if p.longhair and p.head != "hood":
        pieces.append(
            Piece(
                [(-0.2, -0.95), (-0.31, -0.7), (-0.33, -0.42), (-0.3, -0.2), (-0.14, -0.16), (0.02, -0.3), (0.04, -0.7)],
                scale(hair, 0.85),
                round=0.3,
            )
        )
    # Shoulders, neck, collar.
    pieces.append(
        Piece(
            [(-0.13, -0.42), (-0.34, -0.33), (-0.5, -0.14), (-0.58, 0.3), (0.52, 0.3), (0.45, -0.1), (0.3, -0.29), (0.1, -0.39)],
            p.coat,
            round=0.25,
        )
    )
    pieces.append(
        Piece([(-0.13, -0.6), (-0.15, -0.36), (-0.02, -0.27), (0.12, -0.32), (0.09, -0.5)], scale(skin, 0.84), round=0.3)
    )
    pieces.append(
        Piece([(-0.2, -0.44), (-0.24, -0.33), (-0.06, -0.16), (-0.02, -0.26), (-0.12, -0.4)], scale(p.coat, 0.82), round=0.3)
    )
    pieces.append(
        Piece([(0.14, -0.4), (0.22, -0.32), (0.06, -0.14), (-0.02, -0.24), (0.08, -0.33)], scale(p.coat, 0.95), round=0.3)
    )
    # The face in profile, a little towards us.
    brow = 0.0 if young else 0.008
    profile = [
        (-0.15, -0.88), (-0.05, -0.965), (0.08, -0.95), (0.148, -0.87), (0.158, -0.8), (0.15 + brow, -0.765),
        (0.152, -0.735), (0.182, -0.69), (0.205, -0.655),
        (0.172, -0.635), (0.165, -0.618), (0.178, -0.595), (0.162, -0.58), (0.17, -0.56), (0.15, -0.535), (0.156, -0.5),
        (0.125, -0.465), (0.05, -0.478),
        (-0.05, -0.53), (-0.11, -0.62), (-0.17, -0.74),
    ]  # fmt: skip
    pieces.append(Piece(profile, skin, round=0.28))
    # Planes: temple and cheek in half shade, eye socket, the wing of the nose, the mouth.
    pieces.append(
        Piece(
            [(-0.06, -0.78), (0.06, -0.7), (0.05, -0.58), (0.02, -0.5), (-0.07, -0.55), (-0.1, -0.66)],
            scale(skin, 0.84),
            round=0,
            soft=0.028,
            dim=0.6,
        )
    )
    pieces.append(
        Piece(
            [(0.035, -0.775), (0.1, -0.782), (0.146, -0.762), (0.136, -0.728), (0.08, -0.718), (0.036, -0.738)],
            deep,
            round=0,
            soft=0.013,
            dim=0.62,
        )
    )
    pieces.append(oval(0.072, -0.655, 0.05, 0.032, mix(skin, rgb("#d4705a"), 0.5), round=0, soft=0.022, dim=0.5))
    pieces.append(Piece([(0.064, -0.745), (0.1, -0.758), (0.134, -0.744), (0.1, -0.733)], rgb("#efe6dc"), round=0, dim=0.8))
    pieces.append(oval(0.113, -0.746, 0.0135, 0.0155, rgb("#1b1512"), round=0))
    pieces.append(limb([(0.058, -0.748), (0.096, -0.765), (0.138, -0.752)], [0.004, 0.007, 0.004], rgb("#2a1c18"), round=0))
    pieces.append(
        limb(
            [(0.046, -0.79), (0.098, -0.806), (0.148, -0.788)],
            [0.006, 0.0115, 0.005],
            scale(hair, 0.8) if p.age < 0.9 else rgb("#cfcac2"),
            round=0,
        )
    )
    pieces.append(
        limb([(0.142, -0.642), (0.156, -0.634), (0.176, -0.637)], [0.004, 0.008, 0.004], deep, round=0, soft=0.003, dim=0.85)
    )
    pieces.append(
        limb([(0.102, -0.574), (0.136, -0.582), (0.166, -0.578)], [0.003, 0.006, 0.004], mix(deep, rgb("#7a2a2a"), 0.4), round=0)
    )
    pieces.append(oval(0.143, -0.562, 0.024, 0.011, mix(skin, rgb("#a8443c"), 0.55), round=0, soft=0.004, dim=0.8))
    if p.age > 0.9:
        pieces.append(
            limb([(0.078, -0.69), (0.092, -0.64), (0.094, -0.6)], [0.003, 0.005, 0.003], deep, round=0, soft=0.004, dim=0.6)
        )
        pieces.append(limb([(0.03, -0.72), (0.0, -0.735)], [0.003, 0.002], deep, round=0, soft=0.003, dim=0.5))
    if p.beard:
        white = rgb("#e8e5de") if p.age > 0.9 else hair
        pieces.append(
            Piece(
                [
                    (-0.09, -0.66),
                    (-0.02, -0.6),
                    (0.06, -0.6),
                    (0.12, -0.625),
                    (0.186, -0.61),
                    (0.17, -0.57),
                    (0.19, -0.47),
                    (0.16, -0.36),
                    (0.08, -0.3),
                    (-0.02, -0.38),
                    (-0.09, -0.52),
                ],
                white,
                round=0.3,
            )
        )
        pieces.append(limb([(0.09, -0.585), (0.14, -0.612), (0.182, -0.6)], [0.01, 0.016, 0.007], scale(white, 1.05), round=0.3))
        pieces.append(
            limb([(0.112, -0.57), (0.14, -0.575), (0.166, -0.57)], [0.003, 0.005, 0.003], rgb("#5a2a2a"), round=0, dim=0.8)
        )
    # Ear, hair.
    pieces.append(oval(-0.062, -0.7, 0.027, 0.046, scale(skin, 0.93)))
    if p.age < 0.9 or p.longhair or p.head == "bare":
        if p.longhair:
            mass = [
                (0.13, -0.9),
                (0.06, -0.995),
                (-0.08, -1.01),
                (-0.21, -0.92),
                (-0.27, -0.74),
                (-0.27, -0.5),
                (-0.16, -0.4),
                (-0.1, -0.55),
                (-0.045, -0.72),
                (0.02, -0.84),
            ]
        else:
            mass = [
                (0.148, -0.89),
                (0.08, -0.99),
                (-0.06, -1.01),
                (-0.19, -0.92),
                (-0.23, -0.76),
                (-0.17, -0.6),
                (-0.11, -0.62),
                (-0.1, -0.72),
                (-0.05, -0.76),
                (-0.02, -0.84),
                (0.07, -0.87),
            ]
        pieces.append(Piece(mass, hair, round=0.3))
        pieces.append(
            limb(
                [(0.02, -0.93), (-0.12, -0.9), (-0.2, -0.76)],
                [0.006, 0.016, 0.006],
                mix(hair, (1, 1, 1), 0.28),
                round=0,
                soft=0.008,
                dim=0.5,
            )
        )
    else:
        pieces.append(Piece([(-0.09, -0.76), (-0.2, -0.86), (-0.22, -0.7), (-0.16, -0.56), (-0.1, -0.62)], hair, round=0.3))
    if p.glasses:
        rims = rgb("#b0673c")
        pieces.append(limb([(-0.05, -0.74), (0.06, -0.752)], [0.005, 0.005], rims, round=0))
        ring = [
            (0.062, -0.755),
            (0.075, -0.785),
            (0.12, -0.788),
            (0.15, -0.765),
            (0.148, -0.722),
            (0.115, -0.704),
            (0.075, -0.71),
            (0.062, -0.735),
            (0.062, -0.755),
        ]
        pieces.append(limb(ring, [0.0055] * len(ring), rims, round=0))
        pieces.append(Piece(ring[:-1], rgb("#ffe9c0"), round=0, dim=0.22))
    if p.head == "cap":
        pieces.append(
            Piece(
                [
                    (0.168, -0.85),
                    (0.16, -0.94),
                    (0.08, -1.05),
                    (-0.08, -1.08),
                    (-0.22, -0.99),
                    (-0.26, -0.84),
                    (-0.1, -0.83),
                    (0.04, -0.86),
                ],
                p.headwear,
                round=0.3,
            )
        )
        pieces.append(
            Piece(
                [
                    (0.178, -0.8),
                    (0.18, -0.875),
                    (0.04, -0.9),
                    (-0.12, -0.87),
                    (-0.25, -0.86),
                    (-0.265, -0.78),
                    (-0.12, -0.79),
                    (0.04, -0.825),
                ],
                scale(p.headwear, 0.84),
                round=0.3,
            )
        )
    elif p.head == "hat":
        pieces.append(Piece([(-0.2, -0.86), (-0.17, -1.06), (-0.02, -1.12), (0.13, -1.06), (0.16, -0.88)], p.headwear, round=0.3))
        pieces.append(
            Piece(
                [(-0.36, -0.82), (-0.1, -0.9), (0.18, -0.9), (0.34, -0.82), (0.1, -0.845), (-0.12, -0.83)],
                scale(p.headwear, 0.85),
                round=0.2,
            )
        )
    elif p.head == "hood":
        pieces.append(
            Piece(
                [
                    (0.12, -0.93),
                    (0.0, -1.08),
                    (-0.2, -1.04),
                    (-0.33, -0.84),
                    (-0.35, -0.55),
                    (-0.26, -0.34),
                    (-0.06, -0.3),
                    (0.05, -0.38),
                    (-0.06, -0.52),
                    (-0.09, -0.68),
                    (-0.02, -0.84),
                ],
                p.coat,
                round=0.28,
            )
        )
    return pieces
