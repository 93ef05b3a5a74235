"""From recipe to picture: the layers at the wanted size, laid over each other, under one coat of varnish."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops

from .lens import focused
from .noise import fbm, lattice
from .rng import stream
from .scene import Recipe, Scene, compose_scene
from .sets import paint_set
from .stage import MARGIN, Layer, lay_over

_LEAST, _MOST, _FINER = 200_000, 1_500_000, 3
"""A card is painted on so many pixels, at least and at most, and scaled; a small one no finer than so many times each way."""


@dataclass(frozen=True)
class Painting:
    """A card before it is flattened. The frame's own corner lies at (`left`, `top`) on the overscanned canvas."""

    width: int
    height: int
    left: int
    top: int
    layers: tuple[Layer, ...]
    varnish: Image.Image
    """RGB, the frame's size, multiplied over everything: grain of the paper, vignette."""
    aspect: float
    depth: Image.Image | None = None


def paint(recipe: Recipe) -> Painting:
    """Paints `recipe`. The same recipe gives the same pixels."""
    area = recipe.width * recipe.height
    painted = min(max(area, min(_LEAST, area * _FINER**2)), _MOST)
    factor = (painted / area) ** 0.5
    width, height = (max(32, round(v * factor)) for v in (recipe.width, recipe.height))
    scene = compose_scene(recipe, width, height)
    paint_set(scene)
    stage = scene.stage
    layers = tuple(stage.layers)
    left, top = stage.mx, stage.my
    if factor != 1.0:
        left, top = round(recipe.width * MARGIN), round(recipe.height * MARGIN)
        layers = tuple(
            _resized(layer, recipe.width / width, recipe.height / height, stage.mx, stage.my, left, top) for layer in layers
        )
        layers = tuple(layer for layer in layers if layer.image.width and layer.image.height)
    layers = focused(layers, recipe.visual.lens, recipe.height)
    return Painting(recipe.width, recipe.height, left, top, layers, _varnish(scene, recipe.width, recipe.height), stage.aspect)


def _resized(layer: Layer, sx: float, sy: float, mx: int, my: int, left: int, top: int) -> Layer:
    """The layer as it lies on a canvas `sx`, `sy` times as large, whose frame begins at whole pixels (`left`, `top`)."""
    x0, y0 = (layer.left - mx) * sx + left, (layer.top - my) * sy + top
    x1, y1 = x0 + layer.image.width * sx, y0 + layer.image.height * sy
    outer = layer.mode == "over" and layer.image.getchannel("a").getextrema() == (255, 255)
    low = (max(0, -int(-x0 // 1)), max(0, -int(-y0 // 1))) if not outer else (max(0, int(x0)), max(0, int(y0)))
    columns, rows = int(x1) - low[0], int(y1) - low[1]
    if columns < 1 or rows < 1:
        return Layer(
            layer.name, layer.depth, Image.new(layer.image.mode, (1, 1)), low[0], low[1], layer.mode, layer.life, layer.pivot
        )
    box = (max(0.0, (low[0] - x0) / sx), max(0.0, (low[1] - y0) / sy))
    far = (min(layer.image.width, box[0] + columns / sx), min(layer.image.height, box[1] + rows / sy))
    image = layer.image.resize((columns, rows), Image.Resampling.BILINEAR, box=(*box, *far))
    return Layer(layer.name, layer.depth, image, low[0], low[1], layer.mode, layer.life, layer.pivot)


def _varnish(scene: Scene, width: int, height: int) -> Image.Image:
    """Paper tooth and a vignette, as a factor a pixel."""
    style = " ".join(scene.recipe.visual.style).lower()
    rng = stream("paper", style)
    tooth = 0.034 if "water" in style or "gouache" in style or "paper" in style else 0.022
    pitch = max(1.6, min(width, height) / 300)
    paper = fbm(rng, width, height, height / pitch / 1.6, octaves=2)
    weave = lattice(rng, width, height, width / pitch, height / (pitch * 2.4)) - 0.5
    grain = rng.standard_normal((height, width), dtype=np.float32) * np.float32(0.055 if "grain" in style else 0.007)
    x = (np.arange(width, dtype=np.float32) + np.float32(0.5)) / np.float32(width) * 2 - 1
    y = (np.arange(height, dtype=np.float32) + np.float32(0.5)) / np.float32(height) * 2 - 1
    focal = scene.recipe.visual.lens.focal_length_mm or 35
    aperture = scene.recipe.visual.lens.aperture or 5.6
    dark = 0.2 + (0.1 if focal < 24 else 0) + (0.08 if aperture < 2.8 else 0) + (0.12 if "noir" in style else 0)
    corner = (x * x)[None, :] + (y * y)[:, None]
    vignette = 1 - np.float32(dark) * np.clip(corner * corner / 4, 0, 1)
    field = vignette * (1 - np.float32(tooth) + (paper - 0.5 + weave * 0.35) * np.float32(tooth * 1.6) + grain)
    grey = Image.fromarray(np.clip(np.floor(field * 255 + 0.5), 0, 255).astype(np.uint8))
    return Image.merge("RGB", (grey, grey, grey))


def flatten(painting: Painting) -> Image.Image:
    """The painting at rest, RGB of exactly its size."""
    frame = Image.new("RGB", (painting.width, painting.height))
    for layer in painting.layers:
        lay_over(frame, layer.image, layer.left - painting.left, layer.top - painting.top, layer.mode)
    return ImageChops.multiply(frame, painting.varnish)
