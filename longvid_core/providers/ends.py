"""The pictures a remote clip starts and ends on, as bytes to send."""

from __future__ import annotations

import base64
import io

from ..media.images import fit_image, load_rgb
from ..models.asset import Asset
from .base import VideoRequest
from .pictures import UNDONE, png

_QUALITIES = (95, 90, 80, 70, 50)


def end_png(image: Asset, size: tuple[int, int], request: VideoRequest) -> bytes:
    """A segment's end on a canvas of `size`, as PNG, so that fitting the clip to the plan's frame puts it where it was."""
    frame = fit_image(load_rgb(image.path), request.width, request.height, request.fit)
    return png(fit_image(frame, *size, UNDONE[request.fit]))


def data_uri(picture: bytes, most: int | None = None) -> str:
    """A PNG as a data URI of at most `most` characters: where it is longer, as the best JPEG that is not."""
    from PIL import Image

    uri = _uri("png", picture)
    for quality in _QUALITIES:
        if most is None or len(uri) <= most:
            break
        file = io.BytesIO()
        Image.open(io.BytesIO(picture)).convert("RGB").save(file, format="JPEG", quality=quality, subsampling=0)
        uri = _uri("jpeg", file.getvalue())
    return uri


def _uri(kind: str, data: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
