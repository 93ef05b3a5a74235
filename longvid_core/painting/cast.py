"""Who and what stands in the picture: each subject placed by thirds, sized by the framing, grounded by its shadow."""

from __future__ import annotations

from . import nature, vessels
from .landmarks import paint_afloat, paint_lighthouse, paint_village
from .model import box, limb, moved, oval, paint_glow, paint_model, paint_shadow, paint_thread
from .palette import mix, rgb
from .people import stand, who
from .placing import WATERY, ground_line, large, place, tone
from .scene import Scene

_AFLOAT = ("trawler", "sailboat", "rowboat")
_BEASTS = {"dog": "#6a5646", "cat": "#a8743e", "deer": "#8a6240", "camel": "#b98f5c", "elephant": "#7d7a78"}


def paint_cast(scene: Scene) -> None:
    """Adds the subjects, farthest first."""
    words = scene.words
    outside = not scene.inside and scene.setting not in ("space", "underwater", "table")
    ground = ground_line(scene)
    if outside:
        if words.settings.get("village") or words.has("house") or scene.setting in ("village", "harbour"):
            paint_village(scene)
        if words.has("tower"):
            place(scene, "tower", 0.4, vessels.tower(), 1 - scene.focus, scene.horizon + 0.07, 0.36)
        if words.has("pagoda"):
            place(scene, "pagoda", 0.4, vessels.pagoda(), 1 - scene.focus, scene.horizon + 0.09, 0.42 * min(1.3, large(scene)))
        if words.has("lighthouse"):
            paint_lighthouse(scene)
        if words.has("tree") and scene.setting not in ("forest",):
            leaves = rgb("#d9a0b4") if any(w in words.plain for w in ("cherry", "桜", "blossom")) else rgb("#5f7d3e")
            place(
                scene, "tree", 0.6, nature.tree(scene.stage.place, leaves), 1.04 - scene.focus, ground - 0.02, 0.62, shadow=0.12
            )
    paint_afloat(scene)
    if outside:
        _beasts(scene, ground)
        if words.has("car"):
            place(
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
            place(
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
            place(scene, "robot", 0.7, vessels.robot(), scene.focus, ground + 0.14, min(0.8, scene.size * 1.3), shadow=0.12)
    _people(scene, ground)
    if outside:
        _aloft(scene)


def _beasts(scene: Scene, ground: float) -> None:
    words = scene.words
    s = scene.size
    if words.has("horse"):
        race = any(w in words.plain for w in ("race", "racing", "jockey", "derby"))
        silks = ("#b8322a", "#e8c33a", "#34659f")
        for i in range(3 if race or "horses" in words.plain else 1):
            place(
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
                place(
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
        place(
            scene,
            "dragon",
            0.5,
            nature.dragon(tone(scene, "dragon", default="#7a2f2a")),
            scene.focus,
            scene.horizon * 0.75,
            0.4 * large(scene),
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
        if _carries_lantern(scene):
            lamp = (0.2, -0.42, 0.5, rgb("#ffb04e"))
        paint_model(
            scene,
            f"person {i}",
            0.7 + 0.01 * i,
            stand(person, tone(scene, "umbrella", default="#b8322a") if scene.words.has("umbrella") and i == 0 else None),
            x,
            foot,
            size,
            flip=face * (-1 if i else 1),
            brush=2.6,
            fade=0.35,
            lamp=lamp,
        )
    if _carries_lantern(scene):
        lx = scene.focus + 0.155 * size * face / scene.stage.aspect
        paint_lantern(scene, lx, foot - 0.36 * size, 0.14 * size)


def _carries_lantern(scene: Scene) -> bool:
    fixed = any(
        word in scene.words.plain
        for word in ("street lamp", "streetlamp", "street light", "great lamp", "paper lanterns", "floor lamp")
    )
    held = (
        any(word in scene.words.plain for word in ("storm lantern", "lantern", "torch", "candle"))
        and "paper lanterns" not in scene.words.plain
    )
    return scene.words.has("lantern") and (held or not fixed)


def paint_lantern(scene: Scene, x: float, y: float, size: float) -> None:
    """A storm lantern hanging at its handle's height, with its light."""

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

    hand_x, hand_y = scene.focus + (0.05 if scene.focus < 0.5 else -0.05), ground_line(scene) - 0.62 * scene.size
    if not who(scene):
        hand_x, hand_y = scene.focus, 1.1
    end_y = y + 0.05 * size
    sag = ((x + hand_x) / 2, (end_y + hand_y) / 2 + 0.06)
    paint_thread(scene, "string", 0.56, [(x, end_y), sag, (hand_x, hand_y)], 0.9, mix((1, 1, 1), scene.scheme.key, 0.3), 0.8)
