"""Who and what stands in the picture: each subject placed by thirds, sized by the framing, grounded by its shadow."""

from __future__ import annotations

from . import nature, vessels
from .model import moved, paint_glow, paint_model, paint_shadow
from .palette import Rgb, array, mix, rgb, scale
from .people import stand, who
from .scene import Scene
from .terrain import paint_rock

WATERY = ("sea", "beach", "harbour", "lake", "river")
_AFLOAT = ("trawler", "sailboat", "rowboat")
_BEASTS = {"dog": "#6a5646", "cat": "#a8743e", "deer": "#8a6240", "camel": "#b98f5c", "elephant": "#7d7a78"}


def tone(scene: Scene, *nouns: str, default: str) -> Rgb:
    """The colour the words give one of `nouns`, or the default."""
    for noun in nouns:
        if noun in scene.words.colours:
            return rgb(scene.words.colours[noun])
    return rgb(default)


def paint_cast(scene: Scene) -> None:
    """Adds the subjects, farthest first."""
    words = scene.words
    outside = not scene.inside and scene.setting not in ("space", "underwater", "table")
    ground = _ground(scene)
    if outside:
        if words.settings.get("village") or words.has("house") or scene.setting in ("village", "harbour"):
            _village(scene)
        if words.has("tower"):
            _place(scene, "tower", 0.4, vessels.tower(), 1 - scene.focus, scene.horizon + 0.07, 0.36)
        if words.has("lighthouse"):
            _lighthouse(scene)
        if words.has("tree") and scene.setting not in ("forest",):
            leaves = rgb("#d9a0b4") if any(w in words.plain for w in ("cherry", "桜", "blossom")) else rgb("#5f7d3e")
            _place(scene, "tree", 0.6, nature.tree(scene.stage.key, leaves), 1.04 - scene.focus, ground - 0.02, 0.62, shadow=0.12)
    _afloat(scene)
    if outside:
        _beasts(scene, ground)
        if words.has("car"):
            _place(
                scene,
                "car",
                0.72,
                vessels.car(tone(scene, "car", "taxi", "truck", "van", "bus", default="#9c3b32")),
                scene.focus,
                ground + 0.1,
                0.19,
                shadow=0.2,
            )
        if words.has("train"):
            _place(
                scene,
                "train",
                0.6,
                vessels.train(tone(scene, "train", default="#2f5a4c")),
                scene.focus,
                ground + 0.03,
                0.15,
                shadow=0.3,
            )
        if words.has("robot"):
            _place(scene, "robot", 0.7, vessels.robot(), scene.focus, ground + 0.14, min(0.8, scene.size * 1.3), shadow=0.12)
    _people(scene, ground)
    if outside:
        _aloft(scene)


def _ground(scene: Scene) -> float:
    """Where the subject's feet stand, in frame heights."""
    low = {"extreme_wide": 0.34, "wide": 0.5, "full": 0.74}.get(scene.framing, 0.9)
    return scene.horizon + (1 - scene.horizon) * low


def _place(
    scene: Scene,
    name: str,
    depth: float,
    pieces,
    x: float,
    y: float,
    size: float,
    *,
    shadow: float = 0.0,
    flip: float | None = None,
    life: str = "",
) -> None:  # type: ignore[no-untyped-def]
    if shadow and scene.weather not in ("storm", "rain", "fog"):
        paint_shadow(scene, f"{name} shadow", depth - 0.01, x, y, shadow * size, size * 0.9, 0.55)
    paint_model(
        scene, name, depth, pieces, x, y, size, flip=(1 if scene.focus < 0.5 else -1) if flip is None else flip, life=life
    )


def _scale(scene: Scene) -> float:
    """How large the large things are drawn: by framing, gently."""
    return {"extreme_wide": 0.5, "wide": 0.85, "full": 1.15, "medium": 1.4, "close": 1.6, "extreme_close": 1.9}[scene.framing]


def _lighthouse(scene: Scene) -> None:
    by_sea = scene.setting in WATERY
    s = _scale(scene)
    far = scene.framing == "extreme_wide" or ("pulls" in scene.words.traits and "wide" in scene.words.traits)
    if far:
        s *= 0.5
    x = scene.focus
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
    import numpy as np

    from .noise import fbm, smooth

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


def _village(scene: Scene) -> None:
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
        houses.append((y, x, size * (0.7 + 0.5 * _scale(scene)), i))
    pieces = []
    for y, x, size, i in sorted(houses):
        one = vessels.house((scene.stage.key, i), lit=lit, east=east)
        pieces += moved(
            one,
            (x - 0.5) * scene.stage.frame_width / scene.stage.unit,
            (y - scene.horizon) * scene.stage.frame_height / scene.stage.unit,
            size,
        )
    paint_model(scene, "village", 0.3 if by_sea else 0.5, pieces, 0.5, scene.horizon, 1.0, brush=1.6, air=0.45)


def _afloat(scene: Scene) -> None:
    words = scene.words
    if scene.setting not in WATERY:
        return
    open_x = 1 - scene.focus if words.has("lighthouse") else scene.focus
    both = words.has("lighthouse")
    s = _scale(scene) * (0.62 if both else 1.0)
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


def _float(scene: Scene, name: str, pieces, x: float, y: float, size: float, flip: float) -> None:  # type: ignore[no-untyped-def]
    """A hull and its broken image in the water."""
    import numpy as np

    from .noise import lattice, smooth

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


def _beasts(scene: Scene, ground: float) -> None:
    words = scene.words
    s = scene.size
    if words.has("horse"):
        race = any(w in words.plain for w in ("race", "racing", "jockey", "derby"))
        silks = ("#b8322a", "#e8c33a", "#34659f")
        for i in range(3 if race or "horses" in words.plain else 1):
            _place(
                scene,
                f"horse {i}",
                0.6 + 0.04 * i,
                nature.horse(
                    rgb(("#6d4630", "#3c2a22", "#8d8378")[i]), rider=race or words.has("person", "woman"), silks=rgb(silks[i])
                ),
                scene.focus + (i - (1 if race else 0)) * 0.17 * (-1 if scene.focus < 0.5 else 1) * -1,
                ground + 0.035 * i,
                0.17 + 0.25 * s,
                shadow=0.5,
            )
    for kind, coat in _BEASTS.items():
        if words.has(kind):
            herd = 4 if kind == "camel" else 1
            for i in range(herd):
                size = {"dog": 0.34, "cat": 0.24, "deer": 0.6, "camel": 0.55, "elephant": 1.0}[kind] * max(0.2, s)
                _place(
                    scene,
                    f"{kind} {i}",
                    0.58 + 0.02 * i,
                    nature.quadruped(tone(scene, kind, default=coat), kind),
                    scene.focus + (0.16 * (i - 1) * (1 + 0.12 * i) if herd > 1 else 0.1),
                    ground - 0.012 * i * (herd > 1) + 0.02,
                    size * (1 - 0.07 * i),
                    shadow=0.4,
                    flip=1 if herd > 1 else None,
                )
    if words.has("dragon"):
        _place(
            scene,
            "dragon",
            0.5,
            nature.dragon(tone(scene, "dragon", default="#7a2f2a")),
            scene.focus,
            scene.horizon * 0.75,
            0.4 * _scale(scene),
            life="sway",
        )


def _people(scene: Scene, ground: float) -> None:
    from .portrait import paint_portrait

    people = who(scene)
    if not people or scene.setting in ("space", "underwater"):
        return
    if scene.framing in ("medium", "close", "extreme_close") and scene.setting != "table":
        paint_portrait(scene, people)
        return
    if scene.setting == "table":
        return
    afloat = scene.setting in ("sea", "lake", "river") and any(scene.words.has(k) for k in _AFLOAT)
    if scene.setting in WATERY and (afloat or (scene.words.has("lighthouse") and scene.framing not in ("full",))):
        return
    if scene.words.has("horse"):
        return
    size = scene.size if not scene.inside else max(0.62, scene.size)
    foot = ground + (0.05 if not scene.inside else 0.08)
    if scene.inside:
        foot = 0.93
    face = 1.0 if scene.focus < 0.5 else -1.0
    for i, person in enumerate(people):
        x = scene.focus + i * 0.17 * size / max(0.5, scene.stage.aspect / 1.7) * face
        if scene.weather not in ("storm", "rain", "fog") or scene.inside:
            paint_shadow(scene, f"person {i} shadow", 0.68, x, foot, 0.12 * size, size * 0.6, 0.5)
        lamp = None
        if scene.words.has("lantern"):
            lamp = (0.2, -0.42, 0.5, rgb("#ffb04e"))
        paint_model(
            scene,
            f"person {i}",
            0.7 + 0.01 * i,
            stand(person),
            x,
            foot,
            size,
            flip=face * (-1 if i else 1),
            brush=2.6,
            fade=0.35,
            lamp=lamp,
        )
    if scene.words.has("lantern"):
        lx = scene.focus + 0.155 * size * face / scene.stage.aspect
        paint_lantern(scene, lx, foot - 0.36 * size, 0.14 * size)


def paint_lantern(scene: Scene, x: float, y: float, size: float) -> None:
    """A storm lantern hanging at its handle's height, with its light."""
    from .model import box, limb, oval

    brass = rgb("#9a7434")
    pieces = [
        limb([(-0.3, -0.6), (-0.2, -1.0), (0.2, -1.0), (0.3, -0.6)], [0.03, 0.03, 0.03, 0.03], brass),
        box(-0.34, 0.36, 0.34, 0.56, brass),
        oval(0, 0, 0.3, 0.42, rgb("#ffd27a"), glow=0.92, round=0),
        box(-0.24, -0.58, 0.24, -0.36, brass),
    ]
    paint_glow(scene, "lantern light", 0.72, x, y, 0.62, rgb("#ff9c38"), 0.62)
    paint_model(scene, "lantern", 0.73, pieces, x, y, size, life="sway")
    paint_glow(scene, "lantern core", 0.74, x, y, size * 1.9, rgb("#ffd890"), 0.9, core=size * 0.2)


def _aloft(scene: Scene) -> None:
    words = scene.words
    if words.has("kite") and scene.setting != "kitchen":
        close = "snaps" in words.plain or scene.recipe.visual.camera.height in ("low", "ground")
        x, y = (1 - scene.focus, 0.27 * min(1.0, scene.horizon / 0.5))
        size = 0.2 if close else 0.1 + 0.05 * scene.size
        _string(scene, x, y, size)
        paint_model(
            scene,
            "kite",
            0.55,
            vessels.kite(tone(scene, "kite", default="#d8452f")),
            x,
            y,
            size,
            flip=1 if x > 0.5 else -1,
            life="sway",
            brush=2.0,
        )
    if words.has("balloon"):
        for i, (dx, y, size) in enumerate(((0, 0.46, 0.36), (0.36, 0.3, 0.15), (-0.26, 0.24, 0.1))):
            silk = ("#c8452f", "#e0a83c", "#3f6f8f")[i]
            paint_model(
                scene,
                f"balloon {i}",
                0.42 - 0.1 * i,
                vessels.balloon(tone(scene, "balloon", default=silk) if i == 0 else rgb(silk)),
                scene.focus + dx * (1 if scene.focus < 0.5 else -1),
                y + 0.06,
                size,
                life="sway",
                brush=2.0,
            )
    if words.has("birds") and not words.has("face"):
        rng = scene.rng("birds")
        white = (
            mix((1, 1, 1), scene.scheme.key, 0.3) if any(w in words.plain for w in ("gull", "dove", "swan")) else rgb("#2a2a30")
        )
        flock = []
        for _ in range(9):
            size = 0.012 + 0.02 * float(rng.random()) ** 2
            flock += moved(nature.bird(rng, white), (float(rng.random()) - 0.5) * 0.7, (float(rng.random()) - 0.5) * 0.34, size)
        paint_model(
            scene, "birds", 0.45, flock, 1 - scene.focus, max(0.12, scene.horizon * 0.46), 1.0, life="sway", brush=1.0, air=0.7
        )


def _string(scene: Scene, x: float, y: float, size: float) -> None:
    from .model import limb

    stage = scene.stage
    hand_x, hand_y = scene.focus + (0.05 if scene.focus < 0.5 else -0.05), _ground(scene) - 0.62 * scene.size
    if not who(scene):
        hand_x, hand_y = scene.focus, 1.1
    a = ((x - 0.5) * stage.frame_width / stage.unit, (y + 0.05 * size) * stage.frame_height / stage.unit)
    b = ((hand_x - 0.5) * stage.frame_width / stage.unit, hand_y * stage.frame_height / stage.unit)
    sag = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2 + 0.07)
    thin = max(0.0011, 0.7 / stage.unit)
    paint_model(
        scene,
        "string",
        0.56,
        [limb([a, sag, b], [thin, thin, thin], mix((1, 1, 1), scene.scheme.key, 0.3), round=0, glow=0.5)],
        0.5,
        0.0,
        1.0,
        brush=0.5,
        keep=1.0,
    )
