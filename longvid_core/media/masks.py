"""Masks: which area of a picture may change."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageChops, ImageFilter, ImageOps

from ..errors import BadInput, Unreadable
from .images import fit_image, load_rgb

if TYPE_CHECKING:
    from ..models.plan import Fit

_MIDDLE = 128


def load_mask(path: str | Path, width: int, height: int, fit: Fit) -> Image.Image:
    """The mask at `path` brought to width x height as a picture is: mode L, 255 where the picture may change, else 0.

    A file with transparency names the area by where it is transparent, any other by where it is light. What padding adds may
    not change. BadInput for a mask that covers nothing or everything, Unreadable for a file that is no picture.
    """
    try:
        with Image.open(path) as opened:
            opened.load()
            upright = ImageOps.exif_transpose(opened)
            clear = (
                upright.convert("RGBA").getchannel("A") if upright.has_transparency_data else Image.new("L", upright.size, 255)
            )
            area = ImageOps.invert(clear)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Unreadable(f"cannot read the mask {path}: {error}.", "Save it again as PNG.") from error
    if not area.getbbox():  # opaque all over: many programs write a black and white mask with an alpha that says nothing
        area = load_rgb(path).convert("L")
    mask = fit_image(area.convert("RGB"), width, height, fit).convert("L").point(lambda value: 255 if value >= _MIDDLE else 0)
    covered = mask.histogram()[255]
    if covered == 0:
        raise BadInput(f"the mask {path} covers nothing.", "Make transparent, or white, what may change.")
    if covered == width * height or not sum(area.histogram()[:_MIDDLE]):
        raise BadInput(f"the mask {path} covers everything.", "Leave it out, or make opaque, or black, what is to stay.")
    return mask


def only_inside(edited: Image.Image, before: Image.Image, mask: Image.Image) -> Image.Image:
    """`edited` inside the mask, `before` outside it, pixel for pixel; all three of one size, the mask as `load_mask` gives it.

    The change sets in over about a hundredth of the picture's short side from the mask's edge inwards, so that no line is seen.
    """
    soft = mask.filter(ImageFilter.GaussianBlur(max(1.0, min(mask.size) / 200)))
    inwards = soft.point(lambda value: max(0, 2 * value - 255))
    return Image.composite(edited, before, ImageChops.darker(inwards, mask))
