"""The canvas of one card: its frame, the margin painted around it so that a camera can move, and its layers."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageChops

from .noise import times
from .rng import stream

MARGIN = 0.14
"""Painted beyond each edge of the frame, as a share of the frame's width (or height)."""


_FREE = frozenset(
    "strokes|clouds|cover|sky drift|swell|chop|foam|broad|fine|wake|wobble|stars|wisps|edge|mottle|birds|dust|shafts|shafts fine|"
    "beam mist|hue|discs|grass|blotch".split("|")
)
"""Names of random streams that change with the seed."""


@dataclass(frozen=True)
class Layer:
    """One sheet of paint. `image` is premultiplied (RGBa) for "over" and RGB for "screen"; `left`, `top` place it on the
    overscanned canvas. `depth`: 0 at infinity, 1 at the lens. `life`: how it lives between the ends of a clip."""

    name: str
    depth: float
    image: Image.Image
    left: int = 0
    top: int = 0
    mode: str = "over"
    life: str = ""
    pivot: tuple[float, float] = (0.5, 0.5)
    """In frame coordinates: where a swinging or turning thing is held."""


@dataclass
class Stage:
    """Frame coordinates run from (0, 0) top left to (1, 1) bottom right; the canvas goes beyond on every side."""

    frame_width: int
    frame_height: int
    place: str
    """What is shown: all that has a place in the picture comes from this, so that the same words are the same place."""
    seed: int
    """What the brush does with it: strokes, clouds and waves come from this as well."""
    layers: list[Layer] = field(default_factory=list)
    saturation: float = 1.0
    """Of everything painted, local colours and lights included: 0 for black and white."""

    def __post_init__(self) -> None:
        self.key = f"{self.seed}\0{self.place}"
        self.mx = round(self.frame_width * MARGIN)
        self.my = round(self.frame_height * MARGIN)
        self.width = self.frame_width + 2 * self.mx
        self.height = self.frame_height + 2 * self.my
        self.aspect = self.frame_width / self.frame_height
        self.unit = min(self.frame_height, self.frame_width * 1.1)
        """Pixels of "one": the frame's height, less in portrait."""
        self.xs = ((np.arange(self.width, dtype=np.float32) + np.float32(0.5 - self.mx)) / np.float32(self.frame_width))[None, :]
        self.ys = ((np.arange(self.height, dtype=np.float32) + np.float32(0.5 - self.my)) / np.float32(self.frame_height))[
            :, None
        ]

    def rng(self, *names: object) -> np.random.Generator:
        return stream(self.key if str(names[0]) in _FREE else self.place, *names)

    def px(self, x: float) -> float:
        return self.mx + x * self.frame_width

    def py(self, y: float) -> float:
        return self.my + y * self.frame_height

    def radius(self, x: float, y: float, squash: float = 1.0) -> np.ndarray:
        """Distance of every canvas pixel from a frame point, in units; float32 (height, width)."""
        dx = (self.xs - np.float32(x)) * np.float32(self.frame_width / self.unit)
        dy = (self.ys - np.float32(y)) * np.float32(self.frame_height / self.unit / squash)
        return np.sqrt(dx * dx + dy * dy)

    def add(
        self,
        name: str,
        depth: float,
        colour: np.ndarray,
        alpha: np.ndarray | None = None,
        life: str = "",
        pivot: tuple[float, float] = (0.5, 0.5),
    ) -> None:
        """Adds paint: `colour` float (h, w, 3), `alpha` float (h, w) or None for opaque; cropped to what shows."""
        colour = self._graded(colour)
        if alpha is None:
            image = Image.merge(
                "RGBa", [*quantised(colour, self.key, name).split(), Image.new("L", (self.width, self.height), 255)]
            )
            self.layers.append(Layer(name, depth, image, life=life, pivot=pivot))
            return
        box = bounds(alpha)
        if box is None:
            return
        left, top, right, bottom = box
        part = np.clip(alpha[top:bottom, left:right], 0, 1)
        rgb = quantised(times(colour[top:bottom, left:right], part), self.key, name)
        mask = np.floor(part * 255 + 0.5).astype(np.uint8)
        data = np.dstack([np.minimum(np.asarray(rgb), mask[..., None]), mask])
        image = Image.frombytes("RGBa", (right - left, bottom - top), data.tobytes())
        self.layers.append(Layer(name, depth, image, left, top, life=life, pivot=pivot))

    def _graded(self, colour: np.ndarray) -> np.ndarray:
        if self.saturation == 1.0:
            return colour
        grey = (colour * np.array((0.299, 0.587, 0.114), np.float32)).sum(axis=2, keepdims=True)
        return grey + (colour - grey) * np.float32(self.saturation)

    def glow(self, name: str, depth: float, colour: np.ndarray, life: str = "", pivot: tuple[float, float] = (0.5, 0.5)) -> None:
        """Adds light: `colour` float (h, w, 3), screened over what lies below."""
        box = bounds(np.maximum(np.maximum(colour[..., 0], colour[..., 1]), colour[..., 2]), 0.006)
        if box is None:
            return
        left, top, right, bottom = box
        colour = self._graded(colour)
        image = quantised(colour[top:bottom, left:right], self.key, name)
        self.layers.append(Layer(name, depth, image, left, top, "screen", life, pivot))


def bounds(alpha: np.ndarray, least: float = 0.002) -> tuple[int, int, int, int] | None:
    """The box (left, top, right, bottom) of what is above `least`, with a pixel of room; None when nothing is."""
    rows = np.flatnonzero(alpha.max(axis=1) > least)
    columns = np.flatnonzero(alpha.max(axis=0) > least)
    if rows.size == 0 or columns.size == 0:
        return None
    height, width = alpha.shape
    return max(0, int(columns[0]) - 1), max(0, int(rows[0]) - 1), min(width, int(columns[-1]) + 2), min(height, int(rows[-1]) + 2)


def quantised(colour: np.ndarray, *key: object) -> Image.Image:
    """Float colour in [0, 1] as RGB, dithered by triangular noise so that soft gradients do not band."""
    height, width = colour.shape[:2]
    rng = stream("dither", *key)
    tile = rng.random((128, 128), dtype=np.float32) + rng.random((128, 128), dtype=np.float32) - np.float32(1)
    noise = np.tile(tile, (height // 128 + 1, width // 128 + 1))[:height, :width]
    lit = np.clip(colour, 0, 1) * np.float32(255)
    # Black stays black: a glow must not light what it does not reach.
    return Image.fromarray(np.clip(np.floor(lit + np.float32(0.5) + times(np.minimum(1, lit), noise)), 0, 255).astype(np.uint8))


def lay_over(frame: Image.Image, image: Image.Image, left: int, top: int, mode: str) -> None:
    """Lays paint (premultiplied) or light (screened) into `frame` at whole pixels, in place."""
    if mode == "over":
        frame.paste(image, (left, top), image)
        return
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(frame.width, left + image.width), min(frame.height, top + image.height)
    if x0 >= x1 or y0 >= y1:
        return
    light = image.crop((x0 - left, y0 - top, x1 - left, y1 - top))
    frame.paste(ImageChops.screen(frame.crop((x0, y0, x1, y1)), light), (x0, y0))
