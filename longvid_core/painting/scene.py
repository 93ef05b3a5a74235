"""What is to be painted: the recipe of a card, read and composed, with the tools every set and subject paints with."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np

from ..models.visual import VisualState
from .brush import blur, strokes
from .lexicon import INTERIORS
from .noise import smooth, times
from .palette import HOURS, Rgb, Scheme, array, bend, colour_of, mix
from .rng import pick
from .stage import Stage, bounds
from .words import Reading, read

Array = np.ndarray

_HORIZON = {"ground": 0.80, "low": 0.72, "eye": 0.60, "high": 0.37, "aerial": 0.2}
_SIZE = {"extreme_wide": 0.17, "wide": 0.32, "full": 0.62, "medium": 1.0, "close": 1.5, "extreme_close": 2.3}


_LATER = re.compile(r"the same shot[^.]*later[^.]*\.", re.IGNORECASE)
"""A keyframe that closes the shot another one opened: the same place."""
_GREY = ("noir", "black and white", "black-and-white", "monochrome", "b&w")


@dataclass(frozen=True)
class Recipe:
    """All that a card is painted from."""

    prompt: str
    visual: VisualState
    seed: int
    width: int
    height: int


@dataclass
class Scene:
    """A recipe, composed: where the horizon lies, where the light stands, what is shown, how large, in which colours."""

    recipe: Recipe
    stage: Stage
    words: Reading
    scheme: Scheme
    setting: str
    weather: str
    hour: str
    horizon: float
    sun_x: float
    sun_y: float
    side: float
    """Where the light comes from: -1 left .. 1 right."""
    behind: float
    """How much of it comes from behind the subject, 0 .. 1."""
    focus: float
    """The subject's place across the frame, on a third."""
    framing: str
    size: float
    """Height of a grown person in units (see `Stage.unit`)."""
    contrast: float
    edge: float
    """How rough edges are: 0.5 crisp (anime) .. 2 (loose watercolour)."""
    stroke: float
    """Size of the brush, relative."""

    @property
    def inside(self) -> bool:
        return self.setting in INTERIORS

    @property
    def night(self) -> bool:
        return self.hour == "night"

    def rng(self, *names: object) -> np.random.Generator:
        return self.stage.rng(*names)

    def pick(self, low: float, high: float, *names: object) -> float:
        return pick(low, high, self.stage.key if str(names[0]) == "cover" else self.stage.place, *names)

    def lay(
        self,
        name: str,
        depth: float,
        colour: Array,
        alpha: Array | None = None,
        *,
        size: float = 5.0,
        ratio: float = 3.2,
        angle: float | Array = 0.0,
        wander: float = 0.35,
        variety: float = 0.045,
        cover: float = 1.5,
        keep: float = 0.3,
        life: str = "",
        pivot: tuple[float, float] = (0.5, 0.5),
    ) -> None:
        """Brushes `colour` over `alpha` and adds it as a layer. `size`: the brush, in 480ths of a unit."""
        stage = self.stage
        pixels = max(0.8, size * self.stroke * stage.unit / 480)
        box = (0, 0, stage.width, stage.height) if alpha is None else bounds(alpha)
        if box is None:
            return
        left, top, right, bottom = box
        part = colour[top:bottom, left:right]
        field = angle[top:bottom, left:right] if isinstance(angle, np.ndarray) else angle
        mask = None if alpha is None else alpha[top:bottom, left:right]
        painted = np.array(colour)
        painted[top:bottom, left:right] = strokes(
            part, self.rng("strokes", name),
            size=pixels, ratio=ratio, angle=field, wander=wander, variety=variety * self.contrast,
            cover=cover, keep=keep, mask=mask,
        )  # fmt: skip
        stage.add(name, depth, painted, alpha, life=life, pivot=pivot)

    def air(self, colour: Rgb, depth: float) -> Rgb:
        """`colour` at `depth` of the layer (1 near): the farther, the more air lies over it."""
        return self.scheme.air(colour, (1 - depth) ** 1.3)

    def fill(self, colour: Rgb | Array) -> Array:
        """A canvas of one colour."""
        return np.broadcast_to(array(colour) if isinstance(colour, tuple) else colour, (self.stage.height, self.stage.width, 3))

    def toward_sun(self, reach: float = 0.5) -> Array:
        """1 at the sun, falling to 0 over `reach` units."""
        return 1 - smooth(self.stage.radius(self.sun_x, self.sun_y), 0, reach)


def blend(a: Array | Rgb, b: Array | Rgb, t: Array) -> Array:
    """Colour `a` to `b` by a field (h, w) or (h, 1)."""
    first = array(a) if isinstance(a, tuple) else a
    second = array(b) if isinstance(b, tuple) else b
    result = times(second - first, t)
    for channel in range(3):
        result[..., channel] += first[..., channel]
    return result


def form(mask: Array, radius: float, side: float, up: float = 0.6) -> Array:
    """Light on a rounded form under `mask`: 0 in the core shadow .. 1 towards the light at (`side`, `up`)."""
    soft = blur(mask, radius)
    d = max(1.0, radius * 0.8)
    dx, dy = round(side * d), round(-up * d)
    lit = 1 - _moved(soft, -dx, -dy)
    dark = 1 - _moved(soft, dx, dy)
    return np.clip(0.5 + 0.62 * (lit - dark), 0, 1)


def rim(mask: Array, radius: float, side: float, up: float = 0.7) -> Array:
    """A thin edge of light on the side turned to the light."""
    dx, dy = round(side * radius), round(-up * radius)
    return np.clip(mask - _moved(blur(mask, max(0.5, radius * 0.5)), -dx, -dy), 0, 1)


def _moved(field: Array, dx: int, dy: int) -> Array:
    height, width = field.shape
    result = np.zeros_like(field)
    if abs(dx) >= width or abs(dy) >= height:
        return result
    result[max(0, dy) : height + min(0, dy), max(0, dx) : width + min(0, dx)] = field[
        max(0, -dy) : height + min(0, -dy), max(0, -dx) : width + min(0, -dx)
    ]
    return result


def compose_scene(recipe: Recipe, width: int, height: int) -> Scene:
    """Reads the recipe and makes the picture's decisions; paints nothing. `width`, `height`: the size painted at."""
    visual = recipe.visual
    props = ", ".join(visual.props)
    wardrobe = ", ".join(visual.wardrobe)
    prompt = _LATER.sub(" ", recipe.prompt)
    words = read(prompt + (f"\nnote: {props}." if props else "") + (f"\nnote: {wardrobe}." if wardrobe else ""))
    base = " ".join(prompt.lower().split()) or "nothing"
    stage = Stage(width, height, base, recipe.seed)
    setting = _setting(words, base)
    weather = words.sky or ("clear" if setting not in ("mountains",) else "cloudy")
    if weather == "snowfall" and setting in INTERIORS:
        weather = "clear"
    hour = visual.light.time_of_day or words.hour or _hour(setting, words)
    if setting == "space":
        hour = "night"
    accents = tuple(c for c in (colour_of(word) for word in visual.palette) if c is not None)
    scheme = bend(
        HOURS[hour],
        weather=None if setting in INTERIORS else weather,
        temperature=visual.light.temperature_k,
        accents=accents,
        style=dict(visual.style),
    )
    if setting in INTERIORS and setting not in ("table", "lobby") and scheme.level < 0.7:  # lamps are lit
        warm = (1.0, 0.76, 0.48)
        scheme = replace(
            scheme,
            key=mix(scheme.key, warm, 0.75),
            sun=mix(scheme.sun, (1.0, 0.84, 0.6), 0.7),
            shade=mix(scheme.shade, (0.16, 0.12, 0.14), 0.6),
        )
    if setting == "space":  # the sun's plain light, and black beside it
        scheme = replace(scheme, key=(1.0, 0.95, 0.87), shade=(0.13, 0.15, 0.26), sun=(1.0, 0.97, 0.9), level=0.9)
    quality = visual.light.quality
    if quality == "hard":
        scheme = replace(scheme, haze_amount=scheme.haze_amount * 0.7, shade=mix(scheme.shade, (0, 0, 0), 0.25))
    elif quality in ("soft", "diffuse"):
        weight = 0.18 if quality == "soft" else 0.34
        scheme = replace(scheme, shade=mix(scheme.shade, scheme.haze, weight), key=mix(scheme.key, (1, 1, 1), weight * 0.5))
    framing = visual.lens.framing or _framing(words)
    afloat = any(key in words.subjects for key in ("trawler", "sailboat", "rowboat", "whale", "lighthouse"))
    someone = any(words.subjects.get(key, 0) > 0.3 for key in ("person", "woman", "child", "couple"))
    if setting in ("sea", "lake", "river") and someone and not afloat and framing in ("wide", "full", "extreme_wide"):
        framing = "medium"  # nobody stands on water: go closer
    horizon = _HORIZON.get(visual.camera.height or ("high" if "aerial" in words.traits else ""), 0.6)
    horizon += pick(-0.03, 0.03, base, "horizon")
    first = 1 if pick(0, 1, base, "third") < 0.55 else -1
    key = visual.light.key_direction
    side = {"left": -1.0, "right": 1.0, "back": 0.35 * -first, "front": 0.25 * first, "top": 0.15, "below": 0.15}.get(
        key or "", -float(first) * 0.9
    )
    if key in ("left", "right"):
        first = -int(side)
    focus = 0.5 + first * 0.165
    behind = {"back": 1.0, "front": 0.0, "left": 0.4, "right": 0.4, "top": 0.3, "below": 0.0}.get(key or "", 0.6)
    sun_x = 0.5 + side * 0.3 if key != "back" else focus - first * 0.16
    sun_y = horizon - scheme.sun_height * min(0.62, horizon) if key != "top" else 0.02
    style = " ".join(name.lower() for name in visual.style)
    edge = (
        0.55 if any(w in style for w in ("anime", "cel", "flat", "vector", "pixar", "3d")) else 1.7 if "water" in style else 1.0
    )
    noir = max((w for name, w in visual.style.items() if any(k in name.lower() for k in _GREY)), default=0.0)
    if any(k in base for k in _GREY):
        noir = max(noir, 1.0)
    stage.saturation = 1 - 0.94 * min(1.0, max(0.0, noir))
    stroke = 1.25 if any(w in style for w in ("gouache", "oil", "impasto", "painterly")) else 0.8 if edge < 0.6 else 1.0
    contrast = {"hard": 1.25, "soft": 0.9, "diffuse": 0.75}.get(quality or "", 1.0) * (1.3 if noir > 0.3 else 1.0)
    return Scene(
        recipe, stage, words, scheme, setting, weather, hour, horizon, sun_x, sun_y, side, behind, focus, framing,
        _SIZE[framing], contrast, edge, stroke,
    )  # fmt: skip


_IMPLIED: dict[str, dict[str, float]] = {
    "sea": {"lighthouse": 0.9, "trawler": 0.9, "sailboat": 0.9, "whale": 0.9},
    "lake": {"rowboat": 0.7},
    "underwater": {"fish": 0.6},
    "fields": {"train": 0.4, "house": 0.3, "horse": 0.6, "kite": 0.4, "flowers": 0.4, "balloon": 0.4, "elephant": 0.5},
    "desert": {"camel": 0.9},
    "space": {"rocket": 0.7, "planet": 0.7, "station": 1.0},
    "road": {"car": 0.5, "bicycle": 0.5},
    "table": {"watch": 0.8, "bottle": 0.7, "product": 0.5, "phone": 0.6, "cup": 0.3},
    "mountains": {"dragon": 0.5, "plane": 0.3},
    "kitchen": {"pot": 0.4},
    "forest": {"deer": 0.5, "campfire": 0.3},
    "hills": {"pagoda": 0.6, "tower": 0.5},
}
"""Where a subject is at home when the words do not say."""


def _setting(words: Reading, base: str) -> str:
    scores = dict(words.settings)
    subjects = words.subjects
    named = [key for key in INTERIORS if key != "room" and scores.get(key, 0) >= 0.35]
    if named and "room" in scores:  # "inside", "interior" say less than "stairs"
        best = max(named, key=lambda key: scores[key])
        scores[best] += scores.pop("room")
    someone = any(key in subjects for key in ("person", "woman", "child", "couple", "crowd"))
    for setting, hints in _IMPLIED.items():
        if setting == "table" and someone:  # what people wear and carry is no still life
            setting, hints = "room", {"cup": hints["cup"]}
        for subject, weight in hints.items():
            if subject in subjects:
                scores[setting] = scores.get(setting, 0) + weight * min(1.0, subjects[subject])
    if not scores:
        if "beam" in words.traits:
            words.subjects["lighthouse"] = 1.0
            return "sea"
        if words.sky == "snowfall":
            return "snow"
        if words.homes:
            return max(words.homes, key=lambda key: words.homes[key])
        if not subjects and words.sky in ("rain", "storm"):
            return "sea" if words.sky == "storm" else "hills"
        if "lantern" in subjects or "lit" in words.traits:
            return "room"
        if subjects:
            return ("hills", "fields", "fields", "hills")[sum(map(ord, base)) % 4]
        return "abstract"
    if scores.get("village", 0) and scores.get("sea", 0):
        scores["sea"] += 0.6 * scores.pop("village")
    goods = any(key in subjects for key in ("watch", "bottle", "product", "phone"))
    if "table" in scores and not goods and any(key in subjects for key in ("person", "woman", "child", "couple")):
        scores["room"] = scores.get("room", 0) + scores.pop("table")  # people sit at tables
    order = list(scores)
    best = max(order, key=lambda key: (scores[key], -order.index(key)))
    if best == "table" and not goods and not any(key in subjects for key in ("cup", "pot")):
        return "room"  # nothing on it that we could paint by itself
    return best


def _hour(setting: str, words: Reading) -> str:
    if "lit" in words.traits and setting in INTERIORS:
        return "dusk"
    if setting in ("table", "stage", "cave"):
        return "night" if setting != "table" else "dusk"
    if words.sky == "storm":
        return "dusk"
    if words.sky in ("rain", "fog"):
        return "morning"
    return ("golden_hour", "afternoon", "morning", "golden_hour")[sum(map(ord, setting)) % 4]  # the same place, the same light


def _framing(words: Reading) -> str:
    if "closeup" in words.traits or words.subjects.get("face", 0) > 0.9 or "portrait" in words.traits:
        return "close"
    if "wide" in words.traits:
        return "wide"
    return "full" if words.setting in INTERIORS else "wide"
