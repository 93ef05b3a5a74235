"""People as a painter blocks them in: a coat, a stance, a head turned away from us; never a stick."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .model import Piece, limb, moved, oval, poly
from .palette import Rgb, mix, rgb, scale
from .rng import pick
from .scene import Scene
from .words import Reading

_SKIN = ("#e3b08d", "#d09a72", "#b57d58", "#f0c8a6", "#9a6a48")
_HAIR = ("#1f1a18", "#3a2a20", "#5e432c", "#2b2523", "#7a5a38")
_COATS = ("#3f4a56", "#5f4a3c", "#7a3f34", "#46583f", "#2f4358", "#8a7350")


@dataclass(frozen=True)
class Person:
    """Who is painted. Sizes are shares of the person's height."""

    coat: Rgb
    trousers: Rgb
    skin: Rgb
    hair: Rgb
    head: str = "bare"
    """bare | cap | hat | hood"""
    headwear: Rgb = (0.2, 0.2, 0.25)
    beard: bool = False
    glasses: bool = False
    longhair: bool = False
    dress: bool = False
    long_coat: bool = True
    child: bool = False
    age: float = 0.3
    pose: str = "stand"

    @property
    def height(self) -> float:
        return 0.68 if self.child else 1.0


def who(scene: Scene) -> list[Person]:
    """The people of the scene, most important first: none, one or two; from words and wardrobe, not from the seed."""
    words = scene.words
    if (
        not any(words.subjects.get(k, 0) > 0.1 for k in ("person", "woman", "child", "couple", "crowd", "face", "hand"))
        and not scene.recipe.visual.wardrobe
    ):
        return []
    subjects = words.subjects
    # "The skipper, a young woman": a role says nothing; only a man's own words outweigh a woman's.
    man = any(f" {word} " in f" {words.plain} " for word in ("man", "boy", "he", "his", "him", "father", "grandfather", "king"))
    woman = subjects.get("woman", 0) > subjects.get("person", 0) * (0.9 if man else 0.2)
    child = subjects.get("child", 0) > 0.7 * max(subjects.get("woman", 0), subjects.get("person", 0)) or (
        words.has("couple") and "child" in subjects
    )
    first = _person(words, woman, child)
    first = replace(first, pose=_pose(words))
    people = [first]
    if words.has("couple"):
        people.append(_other(words, first, child))
    return people


def _pose(words: Reading) -> str:
    for pose in ("running", "sitting", "walking", "climbing"):
        if pose in words.traits:
            return {"running": "run", "sitting": "sit", "walking": "walk", "climbing": "climb"}[pose]
    if words.has("kite"):
        return "reach"
    return "stand"


def _person(words: Reading, woman: bool, child: bool) -> Person:
    key = f"{words.garment} {words.headwear} {woman} {child} {sorted(words.traits & {'old', 'beard', 'glasses'})}"

    def choose(table: Sequence[str], what: str) -> Rgb:
        return rgb(table[int(pick(0, len(table), what, key))])

    colours = words.colours
    coat = _worn(words, words.garment) or choose(_COATS, "coat")
    old = "old" in words.traits and not child
    hair = rgb("#d9d6d0") if old else rgb(colours["hair"]) if "hair" in colours else choose(_HAIR, "hair")
    headwear = words.headwear
    head = {
        "cap": "cap",
        "beanie": "cap",
        "beret": "cap",
        "bonnet": "cap",
        "hood": "hood",
        "helmet": "cap",
        "headscarf": "hood",
    }.get(headwear or "", "hat" if headwear else "bare")
    if words.garment in ("raincoat", "oilskin", "cloak", "parka") and head == "bare":
        head = "hood" if words.sky in ("rain", "storm", "snowfall") else "bare"
    return Person(
        coat=coat,
        trousers=scale(mix(coat, rgb("#2c3038"), 0.8), 0.9),
        skin=choose(_SKIN, "skin"),
        hair=hair,
        head=head,
        headwear=(_worn(words, headwear) or scale(coat, 0.7)) if head != "hood" else coat,
        beard="beard" in words.traits and not woman,
        glasses="glasses" in words.traits,
        longhair=woman or "longhair" in words.traits,
        dress=words.garment in ("dress", "gown", "skirt", "kimono", "sari", "robe") or (woman and old and words.garment is None),
        long_coat=words.garment in ("coat", "raincoat", "oilskin", "cloak", "robe", "trenchcoat", "kimono")
        or (not woman and not child and words.garment is None),
        child=child,
        age=1.0 if old else 0.3,
    )


def _worn(words: Reading, garment: str | None) -> Rgb | None:
    if garment is None:
        return None
    for noun in (garment, garment + "s"):
        if noun in words.colours:
            return rgb(words.colours[noun])
    return None


def _other(words: Reading, first: Person, child: bool) -> Person:
    coat = rgb("#6d5568") if not child else rgb("#6b4a52")
    return Person(
        coat,
        scale(coat, 0.6),
        first.skin,
        rgb("#d0ccc6") if child or "old" in words.traits else rgb("#2a2220"),
        longhair=child,
        dress=child,
        long_coat=True,
        pose="stand",
        age=1.0 if child else 0.3,
    )


def figure(p: Person) -> list[Piece]:
    """The person as pieces, one unit tall before `Person.height`, seen three quarters from behind, walking to the right."""
    k = 1.28 if p.child else 1.0
    r = 0.062 * k
    neck = -0.845 if not p.child else -0.80
    lean = {"run": 0.13, "walk": 0.03, "climb": 0.09}.get(p.pose, 0.0) + 0.02 * p.age
    dark, boot = p.trousers, rgb("#1d1b1c")
    hip, shoulder = -0.5, neck + 0.035
    sx = lean
    pieces: list[Piece] = []

    def leg(knee: tuple[float, float], foot: tuple[float, float], dim: float) -> None:
        pieces.append(limb([(0.0 + foot[0] * 0.12, hip + 0.04), knee, foot], [0.062, 0.047, 0.034], scale(dark, dim), round=0.4))
        pieces.append(
            poly(
                [
                    (foot[0] - 0.035, foot[1] - 0.05),
                    (foot[0] + 0.028, foot[1] - 0.055),
                    (foot[0] + 0.085, foot[1] - 0.012),
                    (foot[0] + 0.08, foot[1] + 0.006),
                    (foot[0] - 0.04, foot[1] + 0.006),
                ],
                scale(boot, dim),
                round=0.3,
            )
        )

    def arm(elbow: tuple[float, float], hand: tuple[float, float], dim: float, side: float) -> None:
        top = (sx + side, shoulder + 0.05)
        pieces.append(
            limb(
                [top, ((top[0] + elbow[0]) / 2 + side * 0.1, (top[1] + elbow[1]) / 2), elbow, hand],
                [0.047, 0.046, 0.038, 0.03],
                scale(p.coat, dim),
                round=0.4,
            )
        )
        pieces.append(oval(hand[0], hand[1] + 0.008, 0.023 * k, 0.026 * k, scale(p.skin, dim)))

    if p.pose == "run":
        leg((-0.08, -0.25), (-0.21, -0.07), 0.75)
        arm((sx + 0.13, shoulder + 0.2), (sx + 0.22, shoulder + 0.09), 0.72, 0.02)
        leg((0.15, -0.29), (0.12, -0.01), 1.0)
    elif p.pose == "walk":
        leg((-0.05, -0.26), (-0.15, -0.02), 0.72)
        arm((sx + 0.1, shoulder + 0.2), (sx + 0.16, shoulder + 0.34), 0.72, 0.05)
        leg((0.08, -0.27), (0.12, 0.0), 1.0)
    elif p.pose == "climb":
        leg((-0.03, -0.25), (-0.08, 0.0), 0.72)
        arm((sx + 0.15, shoulder + 0.13), (sx + 0.26, shoulder + 0.16), 0.72, 0.05)
        leg((0.15, -0.36), (0.14, -0.14), 1.0)
    elif p.pose == "sit":
        hip = -0.32
        leg((0.2, -0.34), (0.24, 0.0), 1.0)
    else:
        leg((-0.035, -0.25), (-0.045, 0.0), 0.75)
        leg((0.045, -0.25), (0.055, 0.005), 1.0)
    if p.pose == "sit":
        shoulder += 0.2
        neck += 0.2
    hem = (-0.2 if p.dress else -0.3 if p.long_coat else -0.46) if p.pose != "sit" else -0.28
    flare = 0.17 if p.dress else 0.135 if p.long_coat else 0.105
    swing = {"run": -0.1, "walk": -0.03}.get(p.pose, 0.0)
    wide = 0.105 + 0.015 * (k - 1)
    if not p.longhair:
        wide += 0.012
    body = [
        (sx - 0.035, neck), (sx - wide, shoulder + 0.022), (sx - wide - 0.012, shoulder + 0.12),
        (sx * 0.6 - 0.088, -0.56 if p.pose != "sit" else -0.42),
        (swing * 0.4 - 0.1, (hem + hip) / 2 - 0.04), (swing - flare, hem - 0.01), (swing * 0.4, hem + 0.022),
        (flare * 0.95 + swing * 0.2, hem - 0.004),
        (0.1, (hem + hip) / 2 - 0.04), (sx * 0.6 + 0.088, -0.56 if p.pose != "sit" else -0.42),
        (sx + wide + 0.012, shoulder + 0.12), (sx + wide, shoulder + 0.022), (sx + 0.035, neck),
    ]  # fmt: skip
    pieces.append(Piece(body, p.coat, round=0.3))
    # A fold or two, so that cloth is cloth.
    pieces.append(
        limb(
            [(sx * 0.8 + 0.02, -0.6 if p.pose != "sit" else -0.45), (swing * 0.5 + 0.03, (hem + hip) / 2), (swing + 0.05, hem)],
            [0.004, 0.012, 0.016],
            scale(p.coat, 0.68),
            soft=0.006,
            round=0,
            dim=0.8,
        )
    )
    pieces.append(
        limb(
            [
                (sx * 0.8 - 0.05, -0.58 if p.pose != "sit" else -0.43),
                (swing * 0.5 - 0.065, (hem + hip) / 2),
                (swing - 0.09, hem - 0.01),
            ],
            [0.003, 0.009, 0.013],
            scale(p.coat, 0.72),
            soft=0.006,
            round=0,
            dim=0.7,
        )
    )
    if p.pose == "reach":
        arm((sx + 0.16, shoulder - 0.07), (sx + 0.22, shoulder - 0.24), 1.0, 0.07)
        arm((sx - 0.13, shoulder + 0.18), (sx - 0.02, shoulder + 0.2), 0.95, -0.08)
    elif p.pose == "run":
        arm((sx - 0.17, shoulder + 0.15), (sx - 0.08, shoulder + 0.27), 1.0, -0.06)
    elif p.pose == "walk":
        arm((sx - 0.14, shoulder + 0.2), (sx - 0.17, shoulder + 0.36), 1.0, -0.08)
    elif p.pose == "sit":
        arm((sx + 0.1, shoulder + 0.2), (sx + 0.2, shoulder + 0.23), 1.0, 0.05)
    else:
        arm((sx - 0.135, shoulder + 0.2), (sx - 0.125, shoulder + 0.37), 0.95, -0.085)
        arm((sx + 0.14, shoulder + 0.2), (sx + 0.125, shoulder + 0.37), 1.0, 0.085)
    hx, hy = sx * 1.25 + 0.012, neck - r * 1.12
    pieces.append(limb([(sx, neck + 0.02), (hx, hy + r * 0.6)], [0.03, 0.027], scale(p.skin, 0.85)))
    pieces += head(p, hx, hy, r)
    return pieces


def head(p: Person, x: float, y: float, r: float) -> list[Piece]:
    """The head about (`x`, `y`), half `r` wide, turned to the right and a little away."""
    pieces: list[Piece] = []
    if p.longhair and p.head != "hood":
        pieces.append(
            Piece(
                [
                    (x - r * 0.9, y - r * 0.7),
                    (x - r * 1.15, y + r * 0.6),
                    (x - r * 1.0, y + r * 2.1),
                    (x - r * 0.1, y + r * 1.9),
                    (x + r * 0.3, y + r * 0.4),
                    (x + r * 0.2, y - r),
                ],
                p.hair,
            )
        )
    pieces.append(oval(x + r * 0.12, y + r * 0.08, r * 0.9, r * 1.12, p.skin))
    pieces.append(
        poly([(x + r * 0.92, y - r * 0.05), (x + r * 1.13, y + r * 0.28), (x + r * 0.9, y + r * 0.36)], p.skin, round=0)
    )
    hair = [
        (x + r * 0.62, y - r * 0.78),
        (x + r * 0.1, y - r * 1.28),
        (x - r * 0.72, y - r * 1.0),
        (x - r * 1.08, y - r * 0.1),
        (x - r * 0.8, y + r * 0.72),
        (x - r * 0.2, y + r * 0.5),
        (x + r * 0.02, y - r * 0.28),
    ]
    pieces.append(Piece(hair, p.hair))
    if p.beard:
        pieces.append(
            Piece(
                [
                    (x + r * 0.05, y + r * 0.35),
                    (x + r * 0.95, y + r * 0.4),
                    (x + r * 0.95, y + r * 1.2),
                    (x + r * 0.4, y + r * 1.75),
                    (x - r * 0.05, y + r * 1.1),
                ],
                p.hair if p.age < 0.9 else rgb("#e6e3dc"),
            )
        )
    if p.head == "cap":
        pieces.append(
            Piece(
                [
                    (x + r * 1.0, y - r * 0.38),
                    (x + r * 0.66, y - r * 1.12),
                    (x - r * 0.1, y - r * 1.42),
                    (x - r * 0.95, y - r * 0.95),
                    (x - r * 1.12, y - r * 0.22),
                    (x, y - r * 0.42),
                ],
                p.headwear,
            )
        )
    elif p.head == "hat":
        pieces.append(
            Piece([(x - r * 1.9, y - r * 0.42), (x, y - r * 0.72), (x + r * 1.9, y - r * 0.42), (x, y - r * 0.18)], p.headwear)
        )
        pieces.append(
            Piece(
                [
                    (x - r * 0.95, y - r * 0.5),
                    (x - r * 0.82, y - r * 1.4),
                    (x, y - r * 1.55),
                    (x + r * 0.82, y - r * 1.4),
                    (x + r * 0.95, y - r * 0.5),
                ],
                p.headwear,
            )
        )
    elif p.head == "hood":
        pieces.append(
            Piece(
                [
                    (x + r * 0.7, y - r * 0.9),
                    (x - r * 0.1, y - r * 1.5),
                    (x - r * 1.1, y - r * 1.0),
                    (x - r * 1.35, y + r * 0.3),
                    (x - r * 1.1, y + r * 1.4),
                    (x + r * 0.5, y + r * 1.3),
                    (x + r * 0.3, y + r * 0.2),
                ],
                p.coat,
            )
        )
    return pieces


def stand(p: Person, umbrella: Rgb | None = None) -> list[Piece]:
    """`figure` at the person's own height, under an umbrella of that colour if there is one."""
    pieces = figure(p)
    if umbrella:
        ribs = [
            (-0.3, -1.0),
            (-0.2, -1.13),
            (0.05, -1.22),
            (0.3, -1.14),
            (0.4, -1.01),
            (0.28, -1.035),
            (0.17, -1.0),
            (0.05, -1.04),
        ]
        pieces.append(limb([(0.14, -0.58), (0.06, -1.2)], [0.007, 0.006], rgb("#2a2420"), round=0))
        pieces.append(Piece([*ribs, (-0.07, -1.0), (-0.18, -1.035)], umbrella, round=0.3, gloss=0.3))
    return moved(pieces, 0, 0, p.height)
