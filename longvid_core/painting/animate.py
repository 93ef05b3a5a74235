"""A shot: from one picture to the next, the camera moving through the layers of both."""

from __future__ import annotations

from pathlib import Path as FilePath

import numpy as np
from PIL import Image, ImageChops

from ..errors import BadInput
from ..models.visual import VisualState
from .brush import strokes
from .card import card_of
from .compose import Painting
from .life import Life
from .motion import REST, Path, Pose, ease, soft
from .noise import fbm
from .rng import stream
from .stage import Layer, lay_over

_SUBJECT = 0.62
"""Depth at which an orbiting camera keeps still."""


class PaintedTake:
    """One card, seen from any pose of the camera."""

    def __init__(self, painting: Painting, life: Life) -> None:
        self.painting = painting
        self.layers = _planes(painting.layers)
        self.life = life

    def frame(self, pose: Pose, when: float) -> Image.Image:
        painting = self.painting
        picture = Image.new("RGB", (painting.width, painting.height))
        for layer in self.layers:
            state = self.life.of(layer, when, painting)
            if state is None:
                continue
            image, dx, dy, moved = state
            x, y, scale = pose.seen(layer.depth, _SUBJECT)
            _lay(picture, painting, layer, image, x + dx, y + dy, scale, moved)
        return ImageChops.multiply(picture, painting.varnish)

    def nearness(self) -> Image.Image:
        """Depth at rest, L: 0 the sky .. 255 the lens."""
        painting = self.painting
        depth = Image.new("L", (painting.width, painting.height))
        for layer in self.layers:
            if layer.mode == "over":
                alpha = layer.image.getchannel("a")
                depth.paste(int(255 * min(1.0, layer.depth)), (layer.left - painting.left, layer.top - painting.top), alpha)
        return depth


class PictureTake:
    """A picture without layers: pan and zoom inside its own edges."""

    def __init__(self, picture: Image.Image) -> None:
        self.picture = picture

    def frame(self, pose: Pose, when: float) -> Image.Image:
        x, y, scale = pose.seen(0.6, _SUBJECT)
        move = max(abs(x), abs(y))
        # There is nothing beyond the edges: any move needs room, which a little enlargement gives.
        zoom = max(scale if scale >= 1 else 1 / scale**0.5, 1 + 2.0 * move)
        width, height = self.picture.size
        w, h = width / zoom, height / zoom
        left = min(max(0.0, (width - w) / 2 + x * width), width - w)
        top = min(max(0.0, (height - h) / 2 + y * height), height - h)
        return self.picture.resize((width, height), Image.Resampling.BICUBIC, box=(left, top, left + w, top + h))

    def nearness(self) -> Image.Image:
        return Image.new("L", self.picture.size, 128)


class Shot:
    """All frames of a clip, each computed on its own: `frame(i)` for i in 0 .. frames - 1."""

    def __init__(
        self,
        first: FilePath,
        last: FilePath | None,
        *,
        visual: VisualState,
        seed: int,
        frames: int,
        fps: float,
        width: int,
        height: int,
    ) -> None:
        self.frames, self.fps = frames, fps
        self.seconds = max(0.001, (frames - 1) / fps)
        self.first, painted = _load(first, width, height, "first")
        self.path = Path(visual.camera, self.seconds, seed)
        same = False
        self.last: Image.Image | None = None
        if last is not None:
            self.last, painted_last = _load(last, width, height, "last")
            same = self.last.tobytes() == self.first.tobytes()
        self.life = Life(self.seconds, seed, out_and_back=same, open_end=last is None)
        self.a = PaintedTake(painted, self.life) if painted else PictureTake(self.first)
        self.b: PaintedTake | PictureTake | None = None
        if self.last is not None and not same:
            self.b = PaintedTake(painted_last, self.life) if painted_last else PictureTake(self.last)
        self.same = same
        self.wipe = _wipe(self.a, self.b, seed) if self.b else None

    def frame(self, index: int) -> Image.Image:
        """Frame `index`, RGB. The ends are the pictures themselves."""
        if index == 0:
            return self.first
        if index == self.frames - 1 and self.last is not None:
            return self.last
        t = index / (self.frames - 1)
        clock = t * self.seconds
        u = ease(t)
        breath = self.life.breath(t)
        if self.same:
            return self.a.frame(self.path.at(2.2 * u * (1 - u), clock, breath), t)
        out = self.a.frame(self.path.at(u, clock, breath), t) if self.b is None or t < 0.76 else None
        if self.b is None or t <= 0.24:
            assert out is not None
            return out
        into = self.b.frame(self.path.at(u - 1, clock, breath), t - 1)
        if out is None:
            return into
        assert self.wipe is not None
        out.paste(into, (0, 0), self.wipe.point(_threshold((t - 0.24) / 0.52)))
        return out


def _load(path: FilePath, width: int, height: int, which: str) -> tuple[Image.Image, Painting | None]:
    picture, painting = card_of(path)
    if picture.size != (width, height):
        raise BadInput(
            f"the {which} frame {path.name} is {picture.width}x{picture.height}, and the clip is {width}x{height}.",
            "Fit the picture to the plan's size first.",
        )
    return picture, painting


def _threshold(p: float, edge: float = 0.55) -> list[int]:
    """What share of the new picture shows where the wipe holds 0 .. 255, at progress `p`."""
    reach = p * (1 + edge)
    return [int(255 * soft((reach - v / 255) / edge) + 0.5) for v in range(256)]


def _wipe(a: PaintedTake | PictureTake, b: PaintedTake | PictureTake, seed: int) -> Image.Image:
    """When each place changes, 0 first .. 255 last: the far before the near, in brush strokes."""
    near_a, near_b = a.nearness(), b.nearness()
    width, height = near_a.size
    w, h = max(16, width // 2), max(16, height // 2)
    depth = (
        np.asarray(near_b.resize((w, h), Image.Resampling.BOX)).astype(np.float32) * 0.6
        + np.asarray(near_a.resize((w, h), Image.Resampling.BOX)) * np.float32(0.4)
    ) / np.float32(255)
    rng = stream("wipe", seed)
    field = depth * 0.5 + fbm(rng, w, h, 3.5, octaves=3) * 0.5
    field = (field - field.min()) / max(1e-3, float(field.max() - field.min()))
    grey = np.repeat(field[..., None], 3, axis=2)
    painted = strokes(grey, rng, size=max(1.5, h / 46), ratio=4.5, angle=-0.3, wander=0.35, variety=0.1, cover=2.4, keep=0.4)[
        ..., 0
    ]
    image = Image.fromarray(np.clip(painted * 255, 0, 255).astype(np.uint8))
    return image.resize((width, height), Image.Resampling.BICUBIC)


def _planes(layers: tuple[Layer, ...]) -> list[Layer]:
    """Neighbouring layers at nearly one depth, laid into one sheet: fewer to move."""
    planes: list[Layer] = []
    start = 0.0
    for layer in layers:
        last = planes[-1] if planes else None
        if last and last.mode == layer.mode == "over" and not last.life and not layer.life and abs(layer.depth - start) < 0.07:
            planes[-1] = _merged(last, layer)
        else:
            planes.append(layer)
            start = layer.depth
    return planes


def _merged(below: Layer, above: Layer) -> Layer:
    left, top = min(below.left, above.left), min(below.top, above.top)
    right = max(below.left + below.image.width, above.left + above.image.width)
    bottom = max(below.top + below.image.height, above.top + above.image.height)
    sheet = Image.new("RGBa", (right - left, bottom - top))
    for layer in (below, above):
        sheet.paste(layer.image, (layer.left - left, layer.top - top), layer.image)
    return Layer(below.name, (below.depth + above.depth) / 2, sheet, left, top)


def _lay(
    picture: Image.Image, painting: Painting, layer: Layer, image: Image.Image, x: float, y: float, scale: float, moved: float
) -> None:
    """Lays the layer as the camera sees it: shifted by (`x`, `y`) frames, scaled about the frame's middle."""
    width, height = painting.width, painting.height
    # Canvas coordinates of the frame's corner as this layer shows them.
    seen_w, seen_h = width / scale, height / scale
    left = painting.left + (width - seen_w) / 2 + x * width
    top = painting.top + (height - seen_h) / 2 + y * height
    if layer.life in ("rain", "snow"):  # falls too fast for parallax to show in its size
        lay_over(
            picture,
            image,
            layer.left - round(painting.left + x * width),
            layer.top - round(painting.top + y * height),
            layer.mode,
        )
        return
    if x == 0 and y == 0 and scale == 1 and moved == 0:
        lay_over(picture, image, layer.left - painting.left, layer.top - painting.top, layer.mode)
        return
    # Stay on the canvas: what was painted ends there.
    left = min(max(0.0, left), width + 2 * painting.left - seen_w)
    top = min(max(0.0, top), height + 2 * painting.top - seen_h)
    x0, y0 = (layer.left + moved - left) * scale, (layer.top - top) * scale
    x1, y1 = x0 + image.width * scale, y0 + image.height * scale
    d0, d1 = max(0, -int(-x0 // 1)), max(0, -int(-y0 // 1))
    e0, e1 = min(width, int(x1 // 1)), min(height, int(y1 // 1))
    if e0 <= d0 or e1 <= d1:
        return
    limit_w, limit_h = image.size
    box = (
        min(max(0.0, (d0 - x0) / scale), limit_w - 0.01), min(max(0.0, (d1 - y0) / scale), limit_h - 0.01),
        min(float(limit_w), (e0 - x0) / scale), min(float(limit_h), (e1 - y0) / scale),
    )  # fmt: skip
    if box[2] - box[0] < 0.02 or box[3] - box[1] < 0.02:
        return
    lay_over(picture, image.resize((e0 - d0, e1 - d1), Image.Resampling.BILINEAR, box=box), d0, d1, layer.mode)


__all__ = ["REST", "PaintedTake", "PictureTake", "Shot"]
