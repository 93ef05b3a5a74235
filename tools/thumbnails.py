"""The templates' thumbnails, `workflows/NAME.jpg`, 768 x 448: what ComfyUI shows beside a template's name."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from longvid_core.catalog import find_backend
from longvid_core.media.frames import iterate_frames, rgb_image
from longvid_core.painting.fonts import text_image
from longvid_core.planning.brief import Brief, Limits
from longvid_core.planning.offline import plan_offline
from tools.comfy_host import ROOT

SIZE = (768, 448)
CELL = (382, 222)
DARK, PALE, FAINT = (16, 16, 18), (236, 232, 222), (126, 128, 136)
PAPER, INK = (226, 219, 203), (44, 40, 34)
Places = list[tuple[int, int]]
QUARTERS: Places = [(0, 0), (386, 0), (0, 226), (386, 226)]


def from_film(url: str, name: str) -> None:
    """Four frames of the film that the template makes, as shipped."""
    with tempfile.TemporaryDirectory() as folder:
        _submit(url, _workflow(name), Path(folder))
        (film,) = Path(folder).glob("*.mp4")
        frames = [rgb_image(frame) for frame in iterate_frames(film)]
    _save(name, _sheet([frames[round(place / 3 * (len(frames) - 1))] for place in range(4)]))


def from_stills(url: str, name: str) -> None:
    """What goes into two of the template's segments, for a template whose models are not at hand: their stills.

    Keyframe mode: first and last. Chaining: the first, and an empty place for what the model will make of it.
    """
    whole = _workflow(name)
    with tempfile.TemporaryDirectory() as folder:
        _submit(url, _upstream(whole, "LongvidKeyframeGenerator"), Path(folder))
        stills = [Image.open(file).convert("RGB") for file in sorted(Path(folder).glob("*.png"))]
    (planner,) = (node for node in whole.values() if node["class_type"] == "LongvidSegmentPlanner")
    chained = planner["inputs"]["mode"] == "chaining"
    sheet = _sheet([stills[0], None, stills[1], None] if chained else stills[:4])
    for _, top in QUARTERS[::2]:
        _arrow(sheet, SIZE[0] // 2, top + CELL[1] // 2)
    _save(name, sheet)


def from_words(name: str) -> None:
    """What two of the template's stills are drawn from, for a template whose model is not at hand: their words."""
    (planner,) = (node for node in _workflow(name).values() if node["class_type"] == "LongvidSegmentPlanner")
    asked = Brief(**{field: planner["inputs"][field] for field in ("prompt", "mode", "seconds", "segments", "width", "height")})
    backend = find_backend(planner["inputs"]["backend"], "video")
    plan = plan_offline(asked, Limits.of(str(backend), backend.entry, None))
    words = [plan.keyframe(s.first_keyframe or "").prompt for s in plan.segments]
    sheet = Image.new("RGB", SIZE, DARK)
    for said, (left, top) in zip((words[0], words[-1]), QUARTERS[::2], strict=True):
        sheet.paste(_page(said), (left, top))
        _to_come(sheet, *QUARTERS[QUARTERS.index((left, top)) + 1], count=1)
        _arrow(sheet, SIZE[0] // 2, top + CELL[1] // 2)
    _save(name, sheet)


def _page(words: str, margin: int = 28) -> Image.Image:
    """A sheet of paper with a still's words on it."""
    page = Image.new("RGB", CELL, PAPER)
    text = text_image(words, 20, fill=(*INK, 255), width=CELL[0] - 2 * margin - 8, lines=6)
    page.paste(text, (margin, (CELL[1] - text.height) // 2), text)
    return page


def _workflow(name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((ROOT / "workflows" / "api" / f"{name}.json").read_text(encoding="utf-8"))
    return value


def _upstream(workflow: dict[str, Any], class_type: str) -> dict[str, Any]:
    """The node of that class and all that it needs."""
    (wanted,) = ([key] for key, node in workflow.items() if node["class_type"] == class_type)
    for key in wanted:
        wanted += [str(value[0]) for value in workflow[key]["inputs"].values() if isinstance(value, list)]
    return {key: workflow[key] for key in wanted}


def _submit(url: str, workflow: dict[str, Any], folder: Path) -> None:
    """Run it, and fetch what it saved, or showed, into `folder`."""
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(workflow, file)
        file.flush()
        longvid = Path(sys.executable).with_name("longvid")
        subprocess.run([longvid, "submit", file.name, "--url", url, "-o", folder], check=True)


def _sheet(pictures: Sequence[Image.Image | None]) -> Image.Image:
    """Four pictures, two by two; for none, the outline of one that is to come."""
    sheet = Image.new("RGB", SIZE, DARK)
    for (left, top), picture in zip(QUARTERS, pictures, strict=True):
        if picture is not None:
            sheet.paste(picture.resize(CELL, Image.Resampling.LANCZOS), (left, top))
        else:
            _to_come(sheet, left, top)
    return sheet


def _to_come(sheet: Image.Image, left: int, top: int, count: int = 4, step: int = 26, scale: int = 4) -> None:
    """Empty frames one behind the other, the farthest the faintest."""
    large = Image.new("RGB", (CELL[0] * scale, CELL[1] * scale), DARK)
    draw = ImageDraw.Draw(large)
    width, height = CELL[0] - 104 - step * (count - 1), CELL[1] - 50 - step // 2 * (count - 1)
    for place in reversed(range(count)):
        x, y = 64 + step * place, 25 + step // 2 * (count - 1 - place)
        tone = tuple(round(d + (f - d) * (1 - place / count)) for d, f in zip(DARK, FAINT, strict=True))
        box = tuple(scale * value for value in (x, y, x + width, y + height))
        draw.rounded_rectangle(box, 8 * scale, fill=DARK, outline=tone, width=round(1.6 * scale))
    sheet.paste(large.resize(CELL, Image.Resampling.LANCZOS), (left, top))


def _arrow(sheet: Image.Image, x: int, y: int, radius: int = 26, scale: int = 4) -> None:
    """A disc with an arrow to the right, its centre at (x, y)."""
    side, r = 2 * radius * scale, radius * scale
    disc = Image.new("RGBA", (side, side))
    draw = ImageDraw.Draw(disc)
    draw.ellipse((0, 0, side - 1, side - 1), fill=(*DARK, 255))
    draw.ellipse((0.1 * r, 0.1 * r, 1.9 * r, 1.9 * r), fill=(*PALE, 255))
    draw.line((0.5 * r, r, 1.3 * r, r), fill=(*DARK, 255), width=round(0.2 * r))
    draw.polygon(((1.1 * r, 0.55 * r), (1.1 * r, 1.45 * r), (1.6 * r, r)), fill=(*DARK, 255))
    small = disc.resize((2 * radius, 2 * radius), Image.Resampling.LANCZOS)
    sheet.paste(small, (x - radius, y - radius), small)


def _save(name: str, sheet: Image.Image) -> None:
    sheet.save(ROOT / "workflows" / f"{name}.jpg", quality=88, optimize=True)
