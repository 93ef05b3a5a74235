"""What falls and what hangs in the air: rain, snow, fog banks, spray."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from .brush import blur
from .noise import fbm, smooth
from .palette import array, mix
from .scene import Scene


def paint_weather(scene: Scene) -> None:
    """Adds the weather in front of the set. None indoors."""
    if scene.inside or scene.setting in ("space", "underwater", "cave", "table"):
        return
    if scene.weather == "fog":
        for i, depth in enumerate((0.5, 0.9)):
            _bank(scene, f"fog {i}", depth, (0.42, 0.14)[i])
    if scene.weather in ("rain", "storm"):
        _bank(scene, "veil", 0.6, 0.2)
        for depth, count, long in ((0.55, 900, 0.05), (0.95, 260, 0.12)):
            _falling(scene, f"rain {depth}", depth, count, long, "rain", 0.2 if scene.weather == "rain" else 0.17)
    if scene.weather == "snowfall":
        for depth, count, size in ((0.45, 700, 0.003), (0.9, 220, 0.0065)):
            _falling(scene, f"snow {depth}", depth, count, size, "snow", 0.75)


def _bank(scene: Scene, name: str, depth: float, strength: float) -> None:
    stage = scene.stage
    drift = fbm(scene.rng(name), stage.width, stage.height, 2.6, octaves=4, stretch=3.2)
    band = 1 - smooth(np.abs(stage.ys - np.float32(scene.horizon + 0.05 + 0.2 * depth)), 0.0, 0.42)
    alpha = smooth(drift, 0.3, 0.75) * band * np.float32(strength) + band * np.float32(strength * 0.5)
    stage.add(name, depth, np.array(scene.fill(mix(scene.scheme.haze, scene.scheme.horizon, 0.4))), alpha, life="drift")


def _falling(scene: Scene, name: str, depth: float, count: int, size: float, life: str, strength: float) -> None:
    """Streaks or flakes on a sheet that repeats, so that it can fall for ever."""
    stage = scene.stage
    rng = scene.rng(name)
    width, height = stage.width, stage.height
    sheet = Image.new("L", (width, height))
    draw = ImageDraw.Draw(sheet)
    slant = -0.16 * scene.side if scene.weather != "storm" else -0.42 * scene.side
    for _ in range(count):
        x, y, v = float(rng.random()) * width, float(rng.random()) * height, float(rng.random())
        tone = int(70 + 185 * v)
        for oy in (-height, 0):
            for ox in (-width, 0, width):
                if life == "rain":
                    run = size * stage.unit * (0.6 + v)
                    if -run < x + ox < width + run and -run < y + oy + run:
                        draw.line(
                            (x + ox, y + oy, x + ox + slant * run, y + oy + run),
                            fill=tone,
                            width=max(1, round(stage.unit / 480 * (1 + depth * 0.8))),
                        )
                else:
                    r = max(0.6, size * stage.unit * (0.5 + v))
                    if -r <= x + ox <= width + r and -r <= y + oy:
                        draw.ellipse((x + ox - r, y + oy - r, x + ox + r, y + oy + r), fill=tone)
    soft = blur(
        np.asarray(sheet).astype(np.float32) / np.float32(255), 0.6 if life == "rain" else max(0.6, size * stage.unit * 0.35)
    )
    light = soft * np.float32(strength * (0.45 + 0.55 * scene.scheme.level) * 1.5)
    colour = np.clip(light, 0, 1)[..., None] * array(mix(scene.scheme.horizon, (1, 1, 1), 0.5))
    image = Image.fromarray(np.clip(colour * 255 + np.float32(0.5), 0, 255).astype(np.uint8))
    from .stage import Layer

    stage.layers.append(Layer(name, depth, image, 0, 0, "screen", life))
