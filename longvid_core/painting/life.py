"""What moves by itself: clouds, glitter, rain, snow, beams, boats, flames. All of it stands at rest on both ends of a clip."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageChops

from .compose import Painting
from .motion import soft
from .noise import lattice
from .rng import pick, stream
from .stage import Layer

State = tuple[Image.Image, float, float, float]
"""A layer's image at one moment, its shift in frames, and by how many pixels its left edge moved on the canvas."""


class Life:
    """The clock of one clip. `when` is 0 .. 1 along the clip for its first picture, -1 .. 0 for its last."""

    def __init__(self, seconds: float, seed: int, *, out_and_back: bool, open_end: bool) -> None:
        self.seconds = seconds
        self.seed = seed
        self.out_and_back = out_and_back
        self.open_end = open_end
        self.wind = 1 if pick(0, 1, "wind", seed) < 0.5 else -1
        self._tiles: dict[tuple[int, int], Image.Image] = {}

    def breath(self, t: float) -> float:
        """How much life shows `t` of the way: 0 at exact ends, 1 in between."""
        ramp = max(0.05, min(0.3, 0.9 / self.seconds))
        begin = soft(t / ramp)
        return begin if self.open_end else begin * soft((1 - t) / ramp)

    def _turns(self, every: float) -> int:
        """Whole cycles in this clip, about one each `every` seconds."""
        return max(1, round(self.seconds / every))

    def of(self, layer: Layer, when: float, painting: Painting) -> State | None:
        """`layer` as it stands at `when`."""
        if not layer.life or when == 0:
            return layer.image, 0.0, 0.0, 0
        t = when if when > 0 else 1 + when
        breath = self.breath(t)

        def wave(every: float, shift: float = 0.0) -> float:
            return math.sin(2 * math.pi * (t * self._turns(every) + shift)) - math.sin(2 * math.pi * shift)

        kind = layer.life
        if kind == "drift":
            clock = (when if not self.out_and_back else 2 * t * (1 - t)) * self.seconds
            return layer.image, max(-0.1, min(0.1, -self.wind * 0.0055 * clock)), 0.0, 0
        if kind == "water":
            return layer.image, 0.0025 * breath * wave(5.0), 0.0, 0
        if kind == "bob":
            return layer.image, 0.003 * breath * wave(4.2, 0.2), 0.0085 * breath * wave(2.9), 0
        if kind == "sway":
            return layer.image, 0.004 * breath * wave(3.1), 0.001 * breath * wave(2.3), 0
        if kind == "flicker":
            pulse = 0.13 + 0.09 * math.sin(19.7 * t * self.seconds) + 0.06 * math.sin(31.3 * t * self.seconds + 1)
            return _dimmed(layer.image, 1 - breath * pulse), 0.0, 0.0, 0
        if kind == "shimmer":
            return self._shimmer(layer, t, breath), 0.0, 0.0, 0
        if kind in ("rain", "snow"):
            return self._fall(layer, t, breath), 0.0, 0.0, 0
        if kind == "beam":
            return self._sweep(layer, t, painting)
        return layer.image, 0.0, 0.0, 0

    def _shimmer(self, layer: Layer, t: float, breath: float) -> Image.Image:
        width, height = layer.image.size
        key = (width, height)
        if key not in self._tiles:
            rng = stream("shimmer", self.seed, width, height)
            field = lattice(rng, width * 2, height, width * 2 / max(6.0, height * 0.09), height / max(2.0, height * 0.018))
            self._tiles[key] = Image.fromarray(np.clip((field - 0.22) * 560, 0, 255).astype(np.uint8))
        tile = self._tiles[key]
        slide = round((t * self._turns(7.0)) * width) % width
        lift = round(t * self.seconds * height * 0.02) % height
        window = ImageChops.offset(tile, 0, lift).crop((slide, 0, slide + width, height))
        window = window.point([int(255 - breath * 0.8 * (255 - v)) for v in range(256)])
        return ImageChops.multiply(layer.image, Image.merge("RGB", (window, window, window)))

    def _fall(self, layer: Layer, t: float, breath: float) -> Image.Image:
        width, height = layer.image.size
        rain = layer.life == "rain"
        near = 0.5 + layer.depth
        falls = max(1, round(self.seconds * (1.5 if rain else 0.16) * near))
        sway = 0 if rain else round(width * 0.012 * breath * math.sin(2 * math.pi * t * self._turns(4.0)))
        return ImageChops.offset(layer.image, sway, round(falls * height * t) % height)

    def _sweep(self, layer: Layer, t: float, painting: Painting) -> State | None:
        """The lamp turns: its beam shortens, swings through our eyes and points the other way."""
        turn = math.cos(2 * math.pi * t * self._turns(7.0))
        width, height = layer.image.size
        pivot = painting.left + layer.pivot[0] * painting.width - layer.left
        wide = round(width * abs(turn))
        if wide < 2:
            return None
        image = layer.image.resize((wide, height), Image.Resampling.BILINEAR)
        at = pivot * wide / width
        if turn < 0:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            at = wide - at
        return _dimmed(image, 0.72 + 0.28 * abs(turn)), 0.0, 0.0, pivot - at


def _dimmed(image: Image.Image, factor: float) -> Image.Image:
    """`image` with every channel times `factor`."""
    table = [min(255, max(0, int(v * factor + 0.5))) for v in range(256)]
    return image.point(table * len(image.getbands()))
