"""Two pictures and what differs between them, side by side on a page that needs nothing else."""

from __future__ import annotations

import base64
import io
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

_WIDTH = 480
"""Pixels of a picture on the page, at the most."""


def side_by_side(
    before: Image | None, now: Image | None, captions: tuple[str, str], otherwise: tuple[str, str] = ("", "")
) -> str:
    """Both pictures in a row, and their difference where there are both. otherwise: what stands in the place of a missing one.

    The difference is of the whole pictures, the second brought to the first one's size; on the page all three are small.
    """
    shape = before or now
    figures = [_figure(p, words, shape) for p, words in zip((before, now), otherwise, strict=True)]
    told = [caption if p is not None else "" for p, caption in zip((before, now), captions, strict=True)]
    if before is not None and now is not None:
        picture, gain = _difference(before, now)
        figures.append(_figure(picture, "", shape))
        told.append("no difference" if not gain else "their difference" + (f", {gain} times as bright" if gain > 1 else ""))
    row = "".join(f"<figure>{f}<figcaption>{escape(c)}</figcaption></figure>" for f, c in zip(figures, told, strict=True))
    return f"<div class=three>{row}</div>"


def _figure(picture: Image | None, otherwise: str, shape: Image | None) -> str:
    """A picture, or the words for its absence in the shape of another."""
    if picture is None:
        ratio = f' style="aspect-ratio:{shape.width}/{shape.height}"' if shape is not None else ""
        return f"<div class=blank{ratio}>{escape(otherwise)}</div>"
    small = picture.copy()
    small.thumbnail((_WIDTH, 4 * _WIDTH))
    file = io.BytesIO()
    small.save(file, "JPEG", quality=88, subsampling=0)
    data = base64.b64encode(file.getvalue()).decode()
    return f'<img alt="" width={small.width} height={small.height} src="data:image/jpeg;base64,{data}">'


def _difference(one: Image, other: Image) -> tuple[Image, int]:
    """The absolute difference, made brighter by a whole factor; and that factor, 0 for none.

    As bright as it goes with one sample in 200 too bright: a few strong ones would keep all others in the dark.
    """
    from PIL import ImageChops

    from ..media.images import fit_image

    if other.size != one.size:
        other = fit_image(other, one.width, one.height, "stretch")
    difference = ImageChops.difference(one.convert("RGB"), other.convert("RGB"))
    counts = difference.histogram()  # of 256 levels, for three channels, one after another
    levels = [sum(counts[level::256]) for level in range(256)]
    left, bright = sum(levels) // 200, 255
    while bright and left >= levels[bright]:
        left -= levels[bright]
        bright -= 1
    bright = bright or max(level for level, count in enumerate(levels) if count)
    gain = 255 // bright if bright else 0
    return difference.point(lambda value: min(255, value * max(gain, 1))), gain


STILLS = """
.three{display:grid;grid-template-columns:repeat(3,1fr);gap:.9rem;margin-top:.9rem}
.three img{height:auto}
@media(max-width:700px){.three{grid-template-columns:1fr}}
"""
"""The rules of style for it, besides the page's own."""
