"""A contact sheet: rows of pictures with their names, notes and colours, to compare films at one look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from .fonts import REGULAR, SEMIBOLD, draw_line, wrap

_WIDEST = 2400
_GROUND, _INK, _QUIET = (16, 18, 22), (238, 240, 244), (150, 156, 166)
_COLOURS = 6


@dataclass(frozen=True)
class Row:
    """One film. pictures: RGB, of one size; notes: a line under each."""

    name: str
    line: str
    pictures: Sequence[Image.Image]
    notes: Sequence[str]


def contact_sheet(title: str, rows: Sequence[Row]) -> Image.Image:
    """The sheet, RGB, at most 2400 pixels wide: a row for each film, under each picture a strip of its main colours."""
    most = max(len(row.pictures) for row in rows)
    pad, gap = 40, 10
    first = rows[0].pictures[0]
    wide = max(48, min(320, (_WIDEST - 2 * pad - gap * (most - 1)) // most))
    high = max(16, round(wide * first.height / first.width))
    strip = max(8, high // 12)
    small = max(11, min(15, wide // 16))
    step = 66 + high + strip + small * 2
    width = max(760, 2 * pad + most * wide + gap * (most - 1))
    sheet = Image.new("RGB", (width, 96 + step * len(rows)), _GROUND)
    heading = wrap(title, 26, width - 2 * pad, 1, SEMIBOLD)
    draw_line(sheet, (pad, 56), heading[0] if heading else "", 26, _INK, SEMIBOLD)
    for number, row in enumerate(rows):
        top = 96 + step * number
        reach = draw_line(sheet, (pad, top + 20), row.name, 19, _INK, SEMIBOLD)
        draw_line(sheet, (pad + reach + 24, top + 20), row.line, 17, _QUIET, REGULAR)
        for index, picture in enumerate(row.pictures):
            x, y = pad + index * (wide + gap), top + 34
            sheet.paste(picture.convert("RGB").resize((wide, high), Image.Resampling.LANCZOS), (x, y))
            _strip(sheet, picture, (x, y + high, wide, strip))
            note = wrap(row.notes[index], small, wide, 1) if index < len(row.notes) else []
            if note:
                draw_line(sheet, (x, y + high + strip + small + 5), note[0], small, _QUIET, REGULAR)
    return sheet


def _strip(sheet: Image.Image, picture: Image.Image, box: tuple[int, int, int, int]) -> None:
    """The picture's main colours side by side, each as wide as it is common, from dark to light."""
    x, y, wide, high = box
    small = picture.convert("RGB").resize((96, 54), Image.Resampling.BOX)
    reduced = small.quantize(_COLOURS, Image.Quantize.MEDIANCUT)
    palette, counts = reduced.getpalette() or [], reduced.histogram()
    colours = [(counts[i], (palette[3 * i], palette[3 * i + 1], palette[3 * i + 2])) for i in range(_COLOURS) if counts[i]]
    counted = sorted(colours, key=lambda pair: sum(pair[1]))
    draw, left, total = ImageDraw.Draw(sheet), float(x), sum(n for n, _ in counted)
    for n, colour in counted:
        right = left + wide * n / total
        draw.rectangle((round(left), y, max(round(left), round(right) - 1), y + high - 1), fill=colour)
        left = right
