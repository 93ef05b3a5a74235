"""What remote image providers share: references as bytes to send, and answers as files."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from ..models.asset import Reference
from ..models.plan import Fit
from .base import ImageRequest

if TYPE_CHECKING:
    from PIL.Image import Image

LONGEST_SIDE = 2048
"""Larger references are made smaller before they are sent: models look at no more of them."""

UNDONE: dict[Fit, Fit] = {"crop": "pad", "pad": "crop", "stretch": "stretch"}


def pictures_and_mask(request: ImageRequest) -> tuple[list[Reference], Reference | None]:
    """The references that are pictures, in order, and the mask."""
    masks = [r for r in request.references if r.role == "mask"]
    return [r for r in request.references if r.role != "mask"], masks[0] if masks else None


def reference_png(reference: Reference) -> bytes:
    """A reference as PNG, at most 2048 pixels long."""
    from PIL import Image

    from ..media.images import load_rgb

    picture = load_rgb(reference.image.path)
    if max(picture.size) > LONGEST_SIDE:
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    return png(picture)


def placed_png(reference: Reference, size: tuple[int, int], request: ImageRequest) -> bytes:
    """A reference on a canvas of `size`, so that fitting the canvas to the frame puts it where it was: as PNG."""
    return png(_placed(reference, size, request))


def mask_png(mask: Reference, size: tuple[int, int], request: ImageRequest) -> bytes:
    """The mask on the same canvas as PNG with alpha: 0 where the picture may change, opaque where it may not."""
    from PIL import Image

    area = _placed(mask, size, request).convert("L").point(lambda value: 0 if value >= 128 else 255)
    picture = Image.new("RGBA", size, (0, 0, 0, 255))
    picture.putalpha(area)
    return png(picture)


def _placed(reference: Reference, size: tuple[int, int], request: ImageRequest) -> Image:
    from ..media.images import fit_image, load_rgb

    frame = fit_image(load_rgb(reference.image.path), request.width, request.height, request.fit)
    return fit_image(frame, *size, UNDONE[request.fit])


def png(picture: Image) -> bytes:
    """A picture as the bytes of a PNG file."""
    file = io.BytesIO()
    picture.save(file, format="PNG", compress_level=3)  # half the time of 6, and 2 % larger
    return file.getvalue()


def write_answer(data: bytes, target: Path) -> None:
    """What came over the wire, byte for byte. StoreError where it cannot be written."""
    from ..files import writing

    with writing(target):
        target.write_bytes(data)
