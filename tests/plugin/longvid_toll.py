"""Providers with prices, for estimates and budgets. A segment whose prompt says FAIL fails; one that says SLOW takes ten minutes
while there is a file `slow` in the current folder."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from longvid_core.errors import Interrupted, RenderFailed
from longvid_core.media.encode import ClipWriter
from longvid_core.providers.base import ImageRequest, VideoRequest, Watch

HERE = Path(__file__).parent


class Toll:
    name = "toll"
    catalog = HERE / "longvid_toll.yaml"

    def fingerprint(self, model: str) -> dict[str, Any]:
        return {"id": model}

    async def render(self, model: str, request: VideoRequest, target: Path, watch: Watch) -> None:
        if "FAIL" in request.prompt:
            raise RenderFailed("toll: no.")
        if "SLOW" in request.prompt:
            step = 0
            while step < 6000 and Path("slow").exists():
                watch.progress(step, 6000)
                if watch.interrupted():
                    raise Interrupted("stopped.")
                await asyncio.sleep(0.1)
                step += 1
        with ClipWriter(target, request.width, request.height, request.fps) as clip:
            for number in range(request.frames):
                clip.write(np.full((request.height, request.width, 3), number % 256, np.uint8))


class TollPaint:
    name = "tollpaint"
    catalog = HERE / "longvid_tollpaint.yaml"

    def fingerprint(self, model: str) -> dict[str, Any]:
        return {"id": model}

    async def draw(self, model: str, request: ImageRequest, target: Path, watch: Watch) -> None:
        Image.new("RGB", (request.width, request.height), (len(request.prompt) % 256, 90, 120)).save(target)
