"""What the tests of Replicate share: the server, requests, and an opened provider."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from longvid_core.catalog import entry_of
from longvid_core.media.images import asset_of
from longvid_core.models import VisualState
from longvid_core.providers.base import Surroundings, VideoRequest
from longvid_core.providers.jobs import RemoteJob
from longvid_core.providers.replicate import PROVIDER, Jobs
from longvid_core.settings import RemoteSettings, Settings
from tests.fake_replicate import FakeReplicate
from tests.fake_video import patience

LISTED = entry_of("replicate").models
PRO, KLING, WAN = "bytedance/seedance-1-pro", "kwaivgi/kling-v2.1", "wan-video/wan-2.2-i2v-a14b"
Wanted = Callable[..., VideoRequest]


@pytest.fixture
def replicate(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeReplicate]:
    """The service, and the SDK pointed to it. What a server before it published is forgotten: ports are given out again."""
    monkeypatch.setattr(PROVIDER, "_schemas", {})
    with FakeReplicate(size=(96, 64)) as fake:
        for name, value in fake.env.items():
            monkeypatch.setenv(name, value)
        yield fake


@pytest.fixture
def replicate_request(tmp_path: Path) -> Wanted:
    """A request: a red picture first and, where the model takes one, a blue one last."""
    for name in ("red", "blue"):
        Image.new("RGB", (832, 480), name).save(tmp_path / f"{name}.png")

    def wanted(model: str = PRO, **more: Any) -> VideoRequest:
        entry = LISTED.get(model, LISTED[PRO])
        fps = entry.native_fps or 24
        frames = entry.legal_frames(fps)
        fields = {
            "prompt": "a harbour", "negative": "rain", "visual": VisualState(), "seed": 41, "width": 832, "height": 480,
            "frames": frames[0] if isinstance(frames, tuple) else frames.min if frames else 81, "fps": fps,
            "first": asset_of(tmp_path / "red.png"),
            "last": asset_of(tmp_path / "blue.png") if entry.last_frame != "none" else None,
        }  # fmt: skip
        return VideoRequest(**{**fields, **more})

    return wanted


def opened(**remote: Any) -> Jobs:
    settings = Settings().model_copy(update={"remote": RemoteSettings(**{"timeout_s": 20.0, **remote})})
    with PROVIDER.opened(Surroundings(settings=settings, sha256_of=str)) as jobs:
        return jobs


def now(call: Awaitable[Any]) -> Any:
    async def run() -> Any:
        return await call

    return asyncio.run(run())


def submitted(fake: FakeReplicate, request: VideoRequest, model: str = PRO, **moods: Any) -> tuple[Jobs, RemoteJob]:
    """A job taken in, where each of the other steps has this mood once, and what renders with a patience that goes by them."""
    fake.moods = {step: [mood] for step, mood in moods.items()}
    job = now(opened().submit(model, request))
    return opened(timeout_s=patience(*moods.values())), job


def given(fake: FakeReplicate) -> dict[str, Any]:
    """The input of the one job."""
    (asked,) = fake.to("submit")
    return dict(asked.fields["input"])
