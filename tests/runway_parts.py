"""What the tests of Runway share: the service, requests for it, and what renders in a run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from PIL import Image

from longvid_core.catalog import entry_of
from longvid_core.media.images import asset_of
from longvid_core.models import VisualState
from longvid_core.providers.base import Surroundings, VideoRequest
from longvid_core.providers.jobs import RemoteJob
from longvid_core.providers.runway import PROVIDER, Studio
from longvid_core.settings import RemoteSettings, Settings
from tests.fake_runway import FakeRunway
from tests.fake_video import KEY, patience


class Asks(Protocol):
    """Makes a request that the model can do."""

    def __call__(self, model: str = "gen4_turbo", **fields: Any) -> VideoRequest: ...


@pytest.fixture
def runway(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeRunway]:
    """The service, and the SDK pointed to it. Its clips are small."""
    with FakeRunway(size=(96, 64)) as fake:
        for name, value in fake.env.items():
            monkeypatch.setenv(name, value)
        yield fake


@pytest.fixture
def runway_request(tmp_path: Path) -> Asks:
    """A red picture first, and a blue one last where the model takes one."""
    for name in ("red", "blue"):
        Image.new("RGB", (832, 480), name).save(tmp_path / f"{name}.png")

    def request(model: str = "gen4_turbo", **more: Any) -> VideoRequest:
        entry = entry_of("runway").models[model]
        last = asset_of(tmp_path / "blue.png") if entry.last_frame != "none" else None
        fields = {
            "prompt": "a harbour", "negative": "rain", "visual": VisualState(), "seed": 41, "width": 832, "height": 480,
            "frames": round(24 * entry.seconds[0]), "fps": 24, "first": asset_of(tmp_path / "red.png"), "last": last,
        }  # fmt: skip
        return VideoRequest(**{**fields, **more})

    return request


def studio(**remote: Any) -> Studio:
    """What renders in a run with these settings."""
    settings = Settings().model_copy(update={"remote": RemoteSettings(**{"timeout_s": 20.0, **remote})})
    with PROVIDER.opened(Surroundings(settings=settings, sha256_of=str)) as opened:
        return opened


def now(call: Awaitable[Any]) -> Any:
    """What it gives, in an event loop of its own."""

    async def run() -> Any:
        return await call

    return asyncio.run(run())


def submitted(fake: FakeRunway, request: VideoRequest, model: str = "gen4_turbo", **moods: Any) -> tuple[Studio, RemoteJob]:
    """A job taken in, where each of the other steps has this mood once, and what renders with a patience that goes by them."""
    fake.moods = {step: [mood] for step, mood in moods.items()}
    job = now(studio().submit(model, request))
    return studio(timeout_s=patience(*moods.values())), job


def said(status: int, **headers: str) -> list[Any]:
    """An answer that repeats the key."""
    return [status, headers, {"error": f"no, says {KEY}"}]
