"""A renderer that a host brings along: flat grey, told what comes, with facts to record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from longvid_core.catalog import Backend, entry_of
from longvid_core.media.encode import ClipWriter
from longvid_core.providers.base import VideoRequest, Watch


@dataclass
class Chalk:
    """`width` is a setting that changes pixels. `told` and `drawn`: the prompts it heard of, and rendered, in order."""

    width: int
    name: str = "chalk"
    told: list[str] = field(default_factory=list)
    drawn: list[str] = field(default_factory=list)

    def fingerprint(self, model: str) -> dict[str, Any]:
        return {"width": self.width}

    async def prepare(self, model: str, requests: Sequence[VideoRequest], watch: Watch) -> None:
        self.told += [request.prompt for request in requests]
        watch.progress(len(requests), len(requests))

    async def render(self, model: str, request: VideoRequest, target: Path, watch: Watch) -> Mapping[str, Any]:
        self.drawn.append(request.prompt)
        with ClipWriter(target, request.width, request.height, request.fps) as clip:
            for number in range(request.frames):
                clip.write(np.full((request.height, request.width, 3), 40 * self.width + number, np.uint8))
                watch.steps(number + 1, request.frames)
        return {"device": "cpu", "sticks": self.width}


def chalk(width: int) -> Backend:
    """It as a backend, able to do what the canvas sampler is."""
    return Backend("chalk", "stick", entry_of("comfyui").models["wan"], Chalk(width))
