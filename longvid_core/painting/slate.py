"""The slate: shot, timecode, prompt and seed, laid over the picture when a film is joined. Clips themselves stay clean."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw

from ..models.base import exact_fps
from .fonts import REGULAR, SEMIBOLD, draw_line, fonts_used, width_of, wrap

_LEAST = 96
"""Below this height there is no room for words."""
_ALARM = (255, 176, 59)


@dataclass(frozen=True)
class SlateText:
    """What the slate of one clip says."""

    shot: str
    prompt: str
    seed: str | None
    start_frame: int
    """Where the clip's frame 0 stands in the film."""
    fps: int | float

    def fonts(self) -> tuple[str, ...]:
        """Names of the font files it is set in, for the record."""
        return fonts_used(f"{self.shot} {self.prompt} {self.seed or ''} 0123456789:")


def timecode(frame: int, fps: int | float) -> str:
    """HH:MM:SS:FF of a film frame; seconds count at the rate's whole number (non-drop)."""
    rate = max(1, round(exact_fps(fps)))
    seconds, left = divmod(max(0, frame), rate)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}:{left:02d}"


def draw_slate(text: SlateText, frame: int, width: int, height: int) -> Image.Image:
    """The overlay for the clip's frame `frame`: RGBA, width x height, clear but for the band along the bottom.

    A character that no font here has is left out; a picture too small to be read on stays clear.
    """
    base, code_at, size = _base(text, width, height)
    image = base.copy()
    if size:
        draw_line(image, code_at, timecode(text.start_frame + frame, text.fps), size, (255, 255, 255, 235), SEMIBOLD)
    return image


def draw_mark(word: str, line: str, width: int, height: int) -> Image.Image:
    """An overlay that says what a clip is, across its upper left: `word`, large, and a line below. RGBA, width x height.

    In a picture too small to be read on it is a plain bar.
    """
    image = Image.new("RGBA", (width, height))
    size = max(9, round(min(height / 12, width / 16)))
    pad = round(size * 0.6)
    if height < _LEAST or width < _LEAST:
        ImageDraw.Draw(image).rectangle((0, 0, width, max(2, height // 10)), fill=(*_ALARM, 255))
        return image
    small = max(8, round(size * 0.45))
    room = width - 4 * pad
    row = wrap(line, small, room, 1)
    wide = max(width_of(word, size, SEMIBOLD), width_of(row[0], small) if row else 0)
    high = size * 1.1 + (small * 1.7 if row else 0)
    box = (pad, pad, min(width - pad, pad * 3 + wide), pad * 3 + high)
    ImageDraw.Draw(image).rectangle(box, fill=(8, 10, 14, 200), outline=(*_ALARM, 255), width=max(1, size // 12))
    draw_line(image, (pad * 2, pad * 2 + size * 0.85), word, size, (*_ALARM, 255), SEMIBOLD)
    if row:
        draw_line(image, (pad * 2, pad * 2 + size * 1.1 + small), row[0], small, (240, 242, 246, 240))
    return image


@lru_cache(maxsize=4)
def _base(text: SlateText, width: int, height: int) -> tuple[Image.Image, tuple[float, float], int]:
    """Everything but the timecode, where that goes, and its size (0: no room)."""
    image = Image.new("RGBA", (width, height))
    if height < _LEAST or width < _LEAST:
        return image, (0, 0), 0
    size = max(9, round(min(height / 26, width / 34)))
    pad = round(size * 0.9)
    rows = 2 if height >= 240 else 1
    prompt = wrap(text.prompt, size, width - 2 * pad, rows)
    step = round(size * 1.36)
    top = height - pad - step * (1 + len(prompt))
    fade = Image.linear_gradient("L").resize((width, max(1, height - top + pad * 2)))
    band = Image.new("RGBA", fade.size, (8, 10, 14, 255))
    band.putalpha(fade.point([min(205, int(v * 2.1)) for v in range(256)]))
    image.paste(band, (0, height - band.height))
    code = "00:00:00:00"
    code_width = width_of(code, size, SEMIBOLD)
    line = top + size
    x = float(pad)
    room = width - 2 * pad - code_width - size
    for part, bold, tone in (
        (text.shot, SEMIBOLD, (255, 214, 140, 255)),
        (f"seed {text.seed}" if text.seed else "", REGULAR, (222, 226, 232, 215)),
    ):
        row = wrap(part, size, max(1.0, room - (x - pad)), 1, bold)
        if row and width_of(row[0], size, bold) <= room - (x - pad):
            x += draw_line(image, (x, line), row[0], size, tone, bold) + size * 1.2
    for i, row_text in enumerate(prompt):
        draw_line(image, (pad, line + step * (i + 1)), row_text, size, (240, 242, 246, 240))
    ImageDraw.Draw(image).line((pad, top - round(size * 0.45), width - pad, top - round(size * 0.45)), fill=(255, 255, 255, 70))
    return image, (width - pad - code_width, line), size
