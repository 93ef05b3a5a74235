"""The Wan sampler against the same segments wired by hand from core nodes, and its memory over a film's length.

In a real ComfyUI, with tiny models of random weights at the true architecture: what is compared is everything around the
model. Both sides end with their clips saved: ours lossless, verified and with a preview, the hand-wired one as H.264.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.comfy.client import Client, Prompt
from tests.comfy.conftest import TINY, tiny_base, tiny_environment
from tests.comfy.wan import JOIN, MANIFEST, by_hand, wan_plan, wan_prompt, with_pictures
from tests.films import changed
from tools.comfy_host import ComfyHost, comfyui_path

from .measure import ROOT, Figure, alternately, resident

SIZE, FRAMES, STEPS, TURNS = (128, 128), 17, 400, 3
LENGTHS = (1, 12)
MEGABYTE = 2**20


def figures() -> Iterator[Figure]:
    """Time over the hand-wired graph, and memory of twelve segments over that of one."""
    with tempfile.TemporaryDirectory(prefix="bench-", dir=_scratch()) as folder:
        models = Path(folder) / "models"
        subprocess.run([sys.executable, str(TINY / "make.py"), str(comfyui_path()), str(models)], check=True)
        yield _time(Path(folder), models)
        peaks = [_peak(Path(folder) / f"film{length}", models, length) for length in LENGTHS]
        for length, (idle, peak) in zip(LENGTHS, peaks, strict=True):
            yield Figure(
                f"wan sampler, {length} segments: memory of all processes",
                peak / MEGABYTE,
                "MB",
                None,
                f"{idle / MEGABYTE:.0f} idle",
            )
        (one_idle, one), (many_idle, many) = peaks
        yield Figure("wan sampler: memory of 12 segments over that of 1", many / one, "x", 1.1)
        above = (many - many_idle) / max(1, one - one_idle)
        yield Figure("wan sampler: the same, above an idle ComfyUI with the model", above, "x", 1.1, "clips' encoders included")


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


def _peak(base: Path, models: Path, segments: int) -> tuple[int, int]:
    """Bytes of memory of ComfyUI and its children: with the model loaded and idle, and at the highest of the film."""
    tiny_base(base, models)
    plan = wan_plan(segments, size=SIZE, frames=FRAMES)
    with ComfyHost(base, environment=tiny_environment(base)) as host:
        assert host.process is not None
        comfy = Client(host, base / "longvid")
        comfy.run(_clips_only(wan_prompt(changed(wan_plan(1), 0, prompt="A first breath."), steps=1)))
        idle = resident(host.process.pid)
        peak, stop = [0], threading.Event()
        watcher = threading.Thread(target=_watch, args=(host.process.pid, peak, stop))
        watcher.start()
        try:
            comfy.wait(comfy.queue(_clips_only(wan_prompt(plan, steps=2))), timeout=600)
        finally:
            stop.set()
            watcher.join()
    return idle, peak[0]


def _watch(pid: int, peak: list[int], stop: threading.Event) -> None:
    while not stop.wait(0.02):
        peak[0] = max(peak[0], resident(pid))


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
