"""Which set belongs to which setting, and what each is built of, back to front."""

from __future__ import annotations

from collections.abc import Callable

from . import halls, indoor, tabletop, urban, wild
from .palette import mix, rgb, scale
from .peaks import paint_peaks
from .scene import Scene
from .sky import paint_shafts, paint_sky
from .terrain import GROUND, paint_dunes, paint_grass, paint_ground, paint_ridge, paint_terraces
from .water import paint_water

_ROUGH = {"storm": 0.95, "rain": 0.5, "wind": 0.55, "fog": 0.12, "snowfall": 0.3}


def paint_set(scene: Scene) -> None:
    """Paints everything `scene` shows, as layers on its stage."""
    SETS.get(scene.setting, abstract)(scene)
    from .cast import paint_cast
    from .weather import paint_weather

    paint_cast(scene)
    paint_weather(scene)


def _rough(scene: Scene) -> float:
    if "anchor" in scene.words.traits and scene.weather not in ("storm",):
        return 0.08
    return min(1.0, _ROUGH.get(scene.weather, 0.28) + (0.15 if "torn" in scene.words.traits else 0))


def sea(scene: Scene) -> None:
    paint_sky(scene)
    h = scene.horizon
    stone = rgb("#5d6a70")
    paint_ridge(scene, "headland far", 0.12, h + 0.004, 0.07, stone, bumps=1.4, lean=0.7 * scene.side, to=h + 0.003)
    if scene.words.has("lighthouse") or scene.words.settings.get("village") or scene.setting in ("harbour", "beach"):
        paint_ridge(
            scene,
            "headland",
            0.24,
            h + 0.01,
            0.15,
            stone,
            bumps=1.1,
            lean=1.5 * (1 if scene.focus < 0.5 else -1),
            sharp=0.3,
            to=h + 0.006,
            rocky=0.5,
        )
    deep = mix(rgb("#1f5a6e"), scene.scheme.zenith, 0.35)
    paint_water(scene, top=h, deep=deep, rough=_rough(scene), depth=0.42)


def beach(scene: Scene) -> None:
    sea(scene)
    paint_ground(scene, "sand", 0.75, scene.horizon + (1 - scene.horizon) * 0.52, GROUND["beach"], roll=0.1, wet=0.4)


def lake(scene: Scene) -> None:
    paint_sky(scene)
    h = scene.horizon
    paint_peaks(scene, "mountains", 0.12, h, 0.36, rgb("#5f7086"), count=5, snow=0.45, to=h + 0.004)
    paint_ridge(scene, "woods far", 0.26, h, 0.1, rgb("#3f5c48"), bumps=2.0, lean=0.5, trees=0.3, to=h + 0.003)
    paint_water(scene, top=h, deep=rgb("#1d4a52"), rough=0.06 if scene.weather in ("clear", "fog") else 0.3, depth=0.45)
    paint_grass(scene, "reeds", 0.92, 0.98, rgb("#6f8a46"), tall=0.16)


def hills(scene: Scene) -> None:
    paint_sky(scene)
    h, ground = scene.horizon, GROUND["hills"]
    paint_ridge(scene, "mountains", 0.1, h + 0.02, 0.24, rgb("#6a7f93"), bumps=2.2, sharp=0.5)
    paint_ridge(scene, "hills far", 0.26, h + 0.06, 0.17, mix(ground, rgb("#5f7a5c"), 0.5), bumps=2.0)
    paint_ridge(scene, "hills", 0.45, h + 0.15, 0.17, ground, bumps=1.5, lean=0.5 * scene.side)
    if scene.words.settings.get("snow"):
        ground = GROUND["snow"]
    paint_ground(scene, "meadow", 0.66, h + 0.18, ground, roll=0.12, rows=0.3)
    paint_grass(scene, "grass", 0.95, 0.96, rgb("#7d9a48"), tall=0.13)


def fields(scene: Scene) -> None:
    paint_sky(scene)
    h = scene.horizon
    paint_ridge(scene, "hills far", 0.14, h + 0.01, 0.08, rgb("#6d8479"), bumps=1.8)
    paint_ridge(scene, "woods", 0.26, h + 0.02, 0.045, rgb("#4b6544"), bumps=3, trees=0.5)
    paint_ground(
        scene, "field", 0.55, h + 0.01, GROUND["fields"] if "wheat" not in scene.words.plain else rgb("#d3ab53"), rows=1.0
    )
    paint_grass(
        scene, "grass", 0.95, 0.97, rgb("#9a9c4c"), tall=0.16, flowers=rgb("#d9705c") if scene.words.has("flowers") else None
    )


def terraces(scene: Scene) -> None:
    paint_sky(scene)
    h = scene.horizon
    paint_ridge(scene, "mountains", 0.1, h, 0.26, rgb("#6c8694"), bumps=1.8, sharp=0.25)
    paint_ridge(scene, "hills far", 0.22, h + 0.06, 0.2, rgb("#5f8560"), bumps=1.6, lean=0.6 * -scene.side)
    paint_terraces(scene)
    paint_grass(scene, "grass", 0.96, 1.0, rgb("#7f9a40"), tall=0.12)


def mountains(scene: Scene) -> None:
    paint_sky(scene)
    h = scene.horizon
    snowy = scene.weather == "snowfall" or bool(scene.words.settings.get("snow"))
    white = 0.8 if snowy else 0.55
    paint_peaks(scene, "range far", 0.1, h + 0.03, 0.36, rgb("#6b7c94"), count=6, snow=white)
    paint_peaks(scene, "range", 0.26, h + 0.1, 0.52, rgb("#56627a"), count=3, snow=white * 0.8)
    paint_ridge(
        scene,
        "shoulder",
        0.42,
        h + 0.18,
        0.2,
        rgb("#4d5f58"),
        bumps=1.6,
        sharp=0.4,
        trees=0.12,
        rocky=0.4,
        snow=0.25 if snowy else 0,
    )
    paint_ground(
        scene,
        "meadow",
        0.62,
        h + 0.2,
        GROUND["snow"] if snowy else GROUND["mountains"],
        roll=0.16,
        rows=0.3,
    )


def desert(scene: Scene) -> None:
    paint_sky(scene)
    paint_ridge(scene, "mesa", 0.1, scene.horizon + 0.02, 0.09, rgb("#a8785c"), bumps=2.0, sharp=0.3)
    paint_dunes(scene)


def snow(scene: Scene) -> None:
    paint_sky(scene)
    h = scene.horizon
    paint_peaks(scene, "range", 0.12, h + 0.02, 0.28, rgb("#6a7c96"), count=5, snow=0.8)
    paint_ridge(scene, "woods", 0.3, h + 0.05, 0.07, rgb("#4c6270"), bumps=2.4, trees=0.5, lean=0.5 * scene.side)
    paint_ground(scene, "snow", 0.58, h + 0.03, GROUND["snow"], roll=0.08, rows=0.7, patch=0.25)


def village(scene: Scene) -> None:
    hills(scene)


def abstract(scene: Scene) -> None:
    """No word the painter knows: weather and light over layered land, all from the text's own seed."""
    paint_sky(scene)
    h = scene.horizon
    a, b = rgb("#5f7c8c"), rgb("#8c6f6a")
    tone = mix(a, b, scene.pick(0, 1, "tone"))
    for i in range(4):
        f = i / 3
        paint_ridge(
            scene,
            f"veil {i}",
            0.1 + 0.24 * i,
            h + 0.02 + 0.13 * i,
            0.24 - 0.03 * i,
            scale(tone, 1.05 - 0.2 * f),
            bumps=scene.pick(1.0, 2.4, "bumps", i),
            lean=scene.pick(-0.8, 0.8, "lean", i),
        )
    paint_ground(scene, "ground", 0.8, h + 0.36, scale(tone, 0.7), roll=0.2)
    if scene.weather not in ("rain", "storm", "fog") and not scene.night:
        paint_shafts(scene, 0.5, 0.35)


SETS: dict[str, Callable[[Scene], None]] = {
    "forest": wild.forest, "garden": wild.garden, "river": wild.river, "cave": wild.cave, "underwater": wild.underwater,
    "space": wild.space,
    "city": urban.city, "street": urban.street, "road": urban.road, "roof": urban.roof, "harbour": sea,
    "room": indoor.room, "kitchen": indoor.kitchen, "stairs": indoor.stairs, "lobby": halls.lobby,
    "stage": halls.stage_set, "table": tabletop.table,
    "sea": sea, "beach": beach, "lake": lake, "hills": hills, "fields": fields, "terraces": terraces, "mountains": mountains,
    "desert": desert, "snow": snow, "village": village, "abstract": abstract,
}  # fmt: skip
