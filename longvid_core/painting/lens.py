"""What the lens does to the layers: a fast or long one keeps the subject sharp and lets the rest go soft."""

from __future__ import annotations

from dataclasses import replace

from PIL import Image, ImageFilter

from ..models.visual import Lens
from .stage import Layer

_FOCUS = 0.65
"""Depth that is sharp when no portrait is nearer."""
_SHARP = 0.1
"""How far from the focus a layer may lie and still be sharp."""
_SOFTEST = 0.022
"""The largest blur, as a share of the frame's height."""
_FALLING = ("rain", "snow")


def focused(layers: tuple[Layer, ...], lens: Lens, frame_height: int) -> tuple[Layer, ...]:
    """The layers as this lens sees them; the same ones where it says nothing of focus.

    The blur of a point grows with the focal length squared and with the opening (the thin-lens circle of confusion, as in
    any textbook on optics), and here with the distance in depth from what is in focus.
    """
    if lens.aperture is None and (lens.focal_length_mm or 0) < 70:
        return layers
    focal, aperture = lens.focal_length_mm or 50, lens.aperture or 4.0
    strength = min(2.5, (focal / 50) ** 2 * (2.0 / aperture))
    focus = max((layer.depth for layer in layers if layer.name == "portrait"), default=_FOCUS)
    seen = []
    for layer in layers:
        away = max(0.0, abs(layer.depth - focus) - _SHARP)
        radius = round(frame_height * min(_SOFTEST, 0.016 * strength * away), 1)
        seen.append(layer if radius < 0.4 or layer.life in _FALLING else _softened(layer, radius))
    return tuple(seen)


def _softened(layer: Layer, radius: float) -> Layer:
    """The layer blurred, with room around it for what the blur spreads."""
    opaque = layer.mode == "over" and layer.image.getchannel("a").getextrema() == (255, 255)
    room = 0 if opaque else int(radius * 3) + 1
    width, height = layer.image.size
    sheet = Image.new(layer.image.mode, (width + 2 * room, height + 2 * room))
    sheet.paste(layer.image, (room, room))
    soft = sheet.filter(ImageFilter.GaussianBlur(radius))
    return replace(layer, image=soft, left=layer.left - room, top=layer.top - room)
