"""Text in pictures: the bundled font for Latin, Greek and Cyrillic, a system font for what it lacks, and never a box.

A character that no outline font on this machine has is left out; so is a script that needs shaping where Pillow was built
without Raqm.
"""

from __future__ import annotations

import os
import sys
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, features

from .cmap import has

HERE = Path(__file__).parent / "fonts"
REGULAR, SEMIBOLD = str(HERE / "IBMPlexSans-Regular.ttf"), str(HERE / "IBMPlexSans-SemiBold.ttf")

# Scripts whose letters join, stack or reorder: without a shaping engine they would be wrong, not only plain.
_SHAPED = (
    (0x0590, 0x08FF),
    (0x0900, 0x0DFF),
    (0x0E00, 0x0EFF),
    (0x0F00, 0x109F),
    (0x1780, 0x18AF),
    (0xFB1D, 0xFDFF),
    (0xFE70, 0xFEFF),
)
_RIGHT_TO_LEFT = ("R", "AL")


@dataclass(frozen=True)
class Run:
    """Neighbouring characters set in one font."""

    text: str
    font: str


def shaping() -> bool:
    """Whether this Pillow can shape complex scripts (Raqm)."""
    return bool(features.check("raqm"))


@lru_cache(maxsize=1)
def system_fonts() -> tuple[str, ...]:
    """Outline fonts in the system's folders, plain sans serifs first, in an order that does not depend on the file system."""
    if sys.platform == "win32":
        folders = [Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts"]
    elif sys.platform == "darwin":
        folders = [Path("/System/Library/Fonts"), Path("/Library/Fonts"), Path.home() / "Library/Fonts"]
    else:
        folders = [
            Path("/usr/share/fonts"),
            Path("/usr/local/share/fonts"),
            Path.home() / ".local/share/fonts",
            Path.home() / ".fonts",
        ]
    found = [
        p for folder in folders if folder.is_dir() for p in folder.rglob("*") if p.suffix.lower() in (".ttf", ".otf", ".ttc")
    ]

    def order(path: Path) -> tuple[int, str]:
        name = path.name.lower()
        plain = (
            0
            if "regular" in name
            else 2
            if any(w in name for w in ("bold", "italic", "oblique", "light", "thin", "black"))
            else 1
        )
        family = 0 if "sans" in name and "mono" not in name else 3 if "mono" in name else 2
        return plain + family, str(path)

    return tuple(
        str(p)
        for p in sorted(found, key=order)
        if not any(w in p.name.lower() for w in ("lastresort", "blank", "fallback", "emoji"))
    )


@lru_cache(maxsize=4096)
def font_for(char: str, preferred: str = REGULAR) -> str | None:
    """The file of a font that has `char`: the bundled one, else a system one, else None."""
    if _needs_shaping(char) and not shaping():
        return None
    if has(preferred, char):
        return preferred
    return next((path for path in system_fonts() if has(path, char)), None)


def _needs_shaping(char: str) -> bool:
    code = ord(char)
    return any(low <= code <= high for low, high in _SHAPED)


def runs(text: str, preferred: str = REGULAR) -> list[Run]:
    """`text` as runs that can be drawn; what no font covers is gone."""
    result: list[Run] = []
    for char in unicodedata.normalize("NFC", text):
        if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn") or "\ufe00" <= char <= "\ufe0f":
            continue
        last = result[-1] if result else None
        if char == " " or unicodedata.combining(char):
            font = (
                last.font
                if last and (char == " " or has(last.font, char))
                else None
                if unicodedata.combining(char)
                else preferred
            )
        else:
            font = font_for(char, preferred)
        if font is None:
            continue
        if last and last.font == font:
            result[-1] = Run(last.text + char, font)
        else:
            result.append(Run(char, font))
    return result


def fonts_used(text: str) -> tuple[str, ...]:
    """Names of the font files `text` is set in, for the record."""
    return tuple(sorted({Path(run.font).name for run in runs(text) if run.text.strip()}))


@lru_cache(maxsize=128)
def _face(path: str, size: int) -> ImageFont.FreeTypeFont:
    engine = ImageFont.Layout.RAQM if shaping() else ImageFont.Layout.BASIC
    return ImageFont.truetype(path, size, layout_engine=engine)


def width_of(text: str, size: int, preferred: str = REGULAR) -> float:
    """Pixels `text` takes on one line."""
    return sum(_face(run.font, size).getlength(run.text) for run in runs(text, preferred))


def wrap(text: str, size: int, width: float, lines: int, preferred: str = REGULAR) -> list[str]:
    """`text` in at most `lines` lines of `width` pixels, cut with an ellipsis; breaks at spaces, or anywhere in scripts
    without."""
    clean = "".join(run.text for run in runs(" ".join(text.split()), preferred))
    result: list[str] = []
    line = ""
    for piece in _pieces(clean):
        if width_of((line + piece).rstrip(), size, preferred) <= width or not line:
            line += piece
            continue
        result.append(line.strip())
        line = piece.lstrip()
        if len(result) == lines:
            break
    else:
        if line.strip():
            result.append(line.strip())
        line = ""
    if line or len(result) > lines:
        result = result[:lines]
        result[-1] = _shortened(result[-1] + "…", size, width, preferred)
    return [_shortened(entry, size, width, preferred) for entry in result]


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    for char in text:
        wide = ord(char) >= 0x2E80
        if not pieces or wide or pieces[-1].endswith(" ") or ord(pieces[-1][-1]) >= 0x2E80:
            if char == " " and pieces:
                pieces[-1] += char
            else:
                pieces.append(char)
        else:
            pieces[-1] += char
    return pieces


def _shortened(line: str, size: int, width: float, preferred: str) -> str:
    if width_of(line, size, preferred) <= width:
        return line
    body = line.rstrip("…")
    while body and width_of(body.rstrip() + "…", size, preferred) > width:
        body = body[:-1]
    return body.rstrip() + "…" if body else ""


def draw_line(
    image: Image.Image, xy: tuple[float, float], text: str, size: int, fill: tuple[int, ...], preferred: str = REGULAR
) -> float:
    """Draws one line with its baseline at `xy`; returns its width. Right-to-left lines run from the right edge of that width."""
    draw = ImageDraw.Draw(image)
    parts = runs(text, preferred)
    strong = next(
        (
            unicodedata.bidirectional(c)
            for run in parts
            for c in run.text
            if unicodedata.bidirectional(c) in ("L", *_RIGHT_TO_LEFT)
        ),
        "L",
    )
    if strong in _RIGHT_TO_LEFT:
        parts = parts[::-1]
    x, y = xy
    for run in parts:
        face = _face(run.font, size)
        draw.text((x, y), run.text, font=face, fill=fill, anchor="ls")
        x += face.getlength(run.text)
    return x - xy[0]


def text_image(
    text: str,
    size: int,
    *,
    fill: tuple[int, int, int, int] = (255, 255, 255, 255),
    width: int | None = None,
    lines: int = 1,
    bold: bool = False,
) -> Image.Image:
    """`text` as a tight RGBA picture with a clear ground; at most `lines` lines of `width` pixels. Empty text: one clear
    pixel."""
    preferred = SEMIBOLD if bold else REGULAR
    rows = (
        wrap(text, size, width, lines, preferred)
        if width
        else ["".join(run.text for run in runs(" ".join(text.split()), preferred))]
    )
    rows = [row for row in rows if row]
    if not rows:
        return Image.new("RGBA", (1, 1))
    step = round(size * 1.32)
    wide = max(1, int(max(width_of(row, size, preferred) for row in rows) + 2))
    image = Image.new("RGBA", (wide, step * len(rows) + round(size * 0.2)), (*fill[:3], 0))
    for i, row in enumerate(rows):
        right_to_left = next(
            (
                unicodedata.bidirectional(c) in _RIGHT_TO_LEFT
                for c in row
                if unicodedata.bidirectional(c) in ("L", *_RIGHT_TO_LEFT)
            ),
            False,
        )
        x = wide - 1 - width_of(row, size, preferred) if right_to_left else 0
        draw_line(image, (x, round(size * 1.04) + i * step), row, size, fill, preferred)
    return image
