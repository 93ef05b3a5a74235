"""The Wan sampler against the same segments wired by hand from core nodes, and its memory over a film's length.

In a real ComfyUI, with tiny models of random weights at the true architecture: what is compared is everything around the
model. Both sides end with their clips saved: ours lossless, verified and with a preview, the hand-wired one as H.264.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.comfy.client import Client, Prompt
from tests.comfy.conftest import TINY, tiny_base, tiny_environment
from tests.comfy.wan import JOIN, MANIFEST, by_hand, wan_plan, wan_prompt, with_pictures
from tests.films import changed
from tools.comfy_host import ComfyHost, comfyui_path

from .measure import ROOT, Figure, HighWater, alternately, resident

SIZE, FRAMES, STEPS, TURNS = (128, 128), 17, 400, 3
LENGTHS = (1, 12)
MEGABYTE = 2**20
_HANDING_BACK = {"MALLOC_MMAP_THRESHOLD_": "131072", "MALLOC_TRIM_THRESHOLD_": "131072"}
"""Has glibc hand back what is freed at once, as it does when a program starts. Left alone it raises these limits to 32 and 64 MB
as it goes, and keeps that much of what is freed in each arena: more than a segment of this size needs, and more or less of it
by chance. What is held shows only where nothing else is kept."""


def figures() -> Iterator[Figure]:
    """Time over the hand-wired graph, and memory of twelve segments over that of one."""
    with tempfile.TemporaryDirectory(prefix="bench-", dir=_scratch()) as folder:
        models = Path(folder) / "models"
        subprocess.run([sys.executable, str(TINY / "make.py"), str(comfyui_path()), str(models)], check=True)
        yield _time(Path(folder), models)
        yield from _memory(Path(folder), models, "", _HANDING_BACK, 1.1)
        yield from _memory(Path(folder), models, ", with what glibc keeps", {}, None)


def _memory(folder: Path, models: Path, which: str, environment: dict[str, str], bound: float | None) -> Iterator[Figure]:
    """`bound`: of what is above an idle ComfyUI. What all of it holds is bound in any case."""
    one, many = (_peak(folder / f"film{length}{len(environment)}", models, length, environment) for length in LENGTHS)
    for length, peak in zip(LENGTHS, (one, many), strict=True):
        note = f"{peak.idle / MEGABYTE:.0f} idle; its largest encoder {peak.encoder / MEGABYTE:.0f}"
        yield Figure(f"wan sampler, {length} segments{which}: memory of ComfyUI", peak.comfyui / MEGABYTE, "MB", None, note)
    whole = (many.comfyui + many.encoder) / (one.comfyui + one.encoder)
    yield Figure(f"wan sampler{which}: memory of 12 segments over that of 1", whole, "x", 1.1, "largest encoder included")
    above = (many.comfyui - many.idle) / max(1, one.comfyui - one.idle)
    yield Figure(f"wan sampler{which}: the same, above an idle ComfyUI with the model", above, "x", bound, "ComfyUI alone")


def _time(folder: Path, models: Path) -> Figure:
    base = tiny_base(folder / "time", models)
    plan = with_pictures(wan_plan(2, size=SIZE, frames=FRAMES), folder / "cards")
    with ComfyHost(base, environment=tiny_environment(base)) as host:
        comfy = Client(host, base / "longvid")
        words = iter(f"blurred, {number}" for number in range(1000))  # a new negative: all is encoded and sampled anew

        def ours() -> float:
            return _seconds(comfy, _clips_only(wan_prompt(plan, steps=STEPS, negative=next(words))))

        def core() -> float:
            prompt = by_hand(plan, host, partial(_saved, fps=plan.fps), steps=STEPS)
            prompt["negative"]["inputs"]["text"] = next(words)
            return _seconds(comfy, prompt)

        ours(), core()  # both sides' models and texts are loaded once
        own, baseline = alternately(TURNS, ours, core)
    note = f"{own:.2f} s against {baseline:.2f} s: 2 segments of {FRAMES} frames, {SIZE[0]}x{SIZE[1]}, {STEPS} steps"
    return Figure("wan sampler: time over the same segments wired by hand", own / baseline, "x", 1.03, note)


@dataclass(frozen=True)
class Peak:
    """Bytes. idle: of ComfyUI with the model loaded, before the film. comfyui, encoder: the most it and a child of it held."""

    idle: int
    comfyui: int
    encoder: int


def _peak(base: Path, models: Path, segments: int, environment: dict[str, str]) -> Peak:
    """Of sampling a film of so many segments, in a ComfyUI that has sampled one of a few frames before."""
    tiny_base(base, models)
    plan = with_pictures(wan_plan(segments, size=SIZE, frames=FRAMES), base / "cards")
    with ComfyHost(base, environment={**tiny_environment(base), **environment}) as host:
        assert host.process is not None
        comfy = Client(host, base / "longvid")
        small = with_pictures(changed(wan_plan(1), 0, prompt="A first breath."), base / "cards")
        comfy.wait(comfy.queue(_clips_only(wan_prompt(small, steps=1))), timeout=600)
        idle = resident(host.process.pid)
        with HighWater(host.process.pid) as highest:
            comfy.wait(comfy.queue(_clips_only(wan_prompt(plan, steps=2))), timeout=1800)
    return Peak(idle, highest.own, highest.child)


def _clips_only(prompt: Prompt) -> Prompt:
    """Without the film: the hand-wired graph makes none either."""
    return {name: node for name, node in prompt.items() if name not in (JOIN, MANIFEST)}


def _saved(at: str, fps: float) -> Prompt:
    video = {"class_type": "CreateVideo", "inputs": {"images": [f"{at} decoded", 0], "fps": float(fps)}}
    file = {"video": [f"{at} video", 0], "filename_prefix": f"video/{at}", "format": "mp4", "codec": "h264"}
    return {f"{at} video": video, f"{at} saved": {"class_type": "SaveVideo", "inputs": file}}


def _seconds(comfy: Client, prompt: Prompt) -> float:
    """From ComfyUI's own record: when it started the prompt, and when it was done."""
    queued = comfy.queue(prompt)
    comfy.wait(queued, timeout=600)
    at = {kind: message["timestamp"] for kind, message in comfy.get(f"/history/{queued}")[queued]["status"]["messages"]}
    return float(at["execution_success"] - at["execution_start"]) / 1000


def _scratch() -> Path:
    folder = ROOT / "out"
    folder.mkdir(exist_ok=True)
    return folder
