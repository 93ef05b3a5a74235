"""A provider from an outside package: flat colour, no seed, no last frame, and moods that its prompt can set off."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np

from longvid_core.errors import RenderFailed
from longvid_core.media.encode import ClipWriter
from longvid_core.providers.base import VideoRequest, Watch


class Moody:
    name = "moody"
    catalog = Path(__file__).with_suffix(".yaml")

    def fingerprint(self, model: str) -> dict[str, Any]:
        return {"id": model, "pixels": 1}

    async def render(self, model: str, request: VideoRequest, target: Path, watch: Watch) -> None:
        if "REFUSE" in request.prompt:
            raise RenderFailed("moody: not in the mood.")
        if "CRASH" in request.prompt:
            raise ZeroDivisionError("moody fell over")
        frames = request.frames - 1 if "SHORT" in request.prompt else request.frames
        await asyncio.to_thread(self._write, request, frames, target)

    def _write(self, request: VideoRequest, frames: int, target: Path) -> None:
        with ClipWriter(target, request.width, request.height, request.fps) as clip:
            for number in range(frames):
                clip.write(np.full((request.height, request.width, 3), number % 256, np.uint8))
