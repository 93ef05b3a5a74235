"""The README's pictures, made from what `make demo` left and from the real canvas.

    make demo && .venv/bin/python -m tools.pictures

docs/demo.webp: the film, small. docs/storyboard.jpg: the first frame of every segment. docs/canvas.jpg: the keyframe template
in ComfyUI's own frontend after a run.
"""

from __future__ import annotations

import io
import json
import shutil
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from PIL import Image

from longvid_core.media.frames import iterate_frames
from tools.browser import open_canvas
from tools.comfy_host import ROOT, ComfyHost

OUT, DOCS = ROOT / "out", ROOT / "docs"
SMALL = (480, 277)
"""Of the moving picture; 832x480 made smaller."""
EVERY = 2
"""One frame in so many is shown in it."""


def main() -> int:
    """Makes all three."""
    DOCS.mkdir(exist_ok=True)
    manifest = json.loads((OUT / "demo.manifest.json").read_text(encoding="utf-8"))
    moving(OUT / "demo.mp4", Fraction(str(manifest["film"]["fps"])))
    storyboard(OUT / "demo.mp4", first_frames(manifest))
    canvas()
    for picture in sorted(DOCS.iterdir()):
        print(f"{picture.relative_to(ROOT)}  {picture.stat().st_size / 1e3:.0f} kB")
    return 0


def first_frames(manifest: dict[str, Any]) -> list[int]:
    """The film's frame on which each segment begins."""
    starts: list[int] = []
    at = 0
    for record, segment in zip(manifest["segments"], manifest["plan"]["segments"], strict=True):
        shared = int(bool(starts) and segment["join"] == "continuous")
        starts.append(at - shared)
        at += record["clip"]["frames"] - shared
    return starts


def moving(film: Path, fps: Fraction) -> None:
    """docs/demo.webp."""
    frames = [
        frame.to_image().resize(SMALL, Image.Resampling.LANCZOS)
        for number, frame in enumerate(iterate_frames(film))
        if number % EVERY == 0
    ]
    frames[0].save(
        DOCS / "demo.webp",
        save_all=True,
        append_images=frames[1:],
        duration=round(1000 * EVERY / fps),
        loop=0,
        quality=55,
        method=6,
        minimize_size=True,
    )


def storyboard(film: Path, wanted: list[int], columns: int = 3, width: int = 560, gap: int = 6) -> None:
    """docs/storyboard.jpg: these frames in rows."""
    pictures = [frame.to_image() for number, frame in enumerate(iterate_frames(film)) if number in set(wanted)]
    height = round(width * pictures[0].height / pictures[0].width)
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * (width + gap) - gap, rows * (height + gap) - gap), "white")
    for number, picture in enumerate(pictures):
        row, column = divmod(number, columns)
        sheet.paste(picture.resize((width, height), Image.Resampling.LANCZOS), (column * (width + gap), row * (height + gap)))
    sheet.save(DOCS / "storyboard.jpg", quality=84, optimize=True, progressive=True)


def canvas() -> None:
    """docs/canvas.jpg: the keyframe template after its first run, in a real Chromium."""
    workflow = json.loads((ROOT / "workflows" / "keyframe_mode.json").read_text(encoding="utf-8"))
    base = ROOT / ".host" / "pictures"
    settings = base / "user" / "default" / "comfy.settings.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(json.dumps({"Comfy.TutorialCompleted": True, "Comfy.Minimap.Visible": False}))
    shutil.rmtree(base / "longvid", ignore_errors=True)
    environment = {"LONGVID_HOME": str(base / "longvid")}
    with ComfyHost(base, environment=environment) as host, open_canvas(host.url, 1760, 860) as view:
        view.load(workflow)
        view.page.evaluate("async () => { await window.app.queuePrompt(0) }")
        while not (history := json.loads(urlopen(f"{host.url}/history").read())):
            view.settle(1000)
        (job,) = history.values()
        if job["status"]["status_str"] != "success":
            raise RuntimeError(f"the template did not run: {job['status']['messages'][-1]}")
        view.settle(3000)
        view.fit()
        view.settle(2000)
        shot = view.page.screenshot()
    Image.open(io.BytesIO(shot)).convert("RGB").save(DOCS / "canvas.jpg", quality=84, optimize=True, progressive=True)


if __name__ == "__main__":
    sys.exit(main())
