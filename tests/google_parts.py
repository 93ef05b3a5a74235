"""Google's provider opened against its loopback service, for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from longvid_core.media.images import asset_of
from longvid_core.models import VisualState
from longvid_core.providers.base import Surroundings, VideoRequest
from longvid_core.providers.google import PROVIDER, Video
from longvid_core.settings import RemoteSettings, Settings
from tests.fake_google import FakeGoogle

VEO, OMNI = "veo-3.1-generate-001", "gemini-omni-1.2-flash"
BOTH = [VEO, OMNI]

Opens = Callable[..., Video]
Asks = Callable[..., VideoRequest]


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGoogle]:
    """The service, with a key for it and no other way in."""
    for name in ("GEMINI_API_KEY", "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION", "GOOGLE_APPLICATION_CREDENTIALS"):
        monkeypatch.delenv(name, raising=False)
    with FakeGoogle(size=(96, 64)) as fake:
        for name, value in fake.env.items():
            monkeypatch.setenv(name, value)
        yield fake


@pytest.fixture
def google_video(tmp_path: Path) -> Iterator[Opens]:
    """Opens the provider with these remote settings; nothing is left behind at the end."""
    with ExitStack() as stack:

        def open_with(settings: Settings | None = None, **remote: Any) -> Video:
            changed = {"remote": RemoteSettings(**{"timeout_s": 20.0, **remote})}
            around = Surroundings(settings=(settings or Settings()).model_copy(update=changed), sha256_of=str, scratch=tmp_path)
            return stack.enter_context(PROVIDER.opened(around))

        yield open_with
    assert not list(tmp_path.glob("google-*"))


@pytest.fixture
def google_request(tmp_path: Path) -> Asks:
    """Four seconds at 832x480 from red to blue."""
    for name in ("red", "blue", "green"):
        Image.new("RGB", (832, 480), name).save(tmp_path / f"{name}.png")

    def request(**more: Any) -> VideoRequest:
        first, last = asset_of(tmp_path / "red.png"), asset_of(tmp_path / "blue.png")
        fields = {
            "prompt": "a harbour", "negative": "rain", "visual": VisualState(), "seed": 41, "width": 832, "height": 480,
            "frames": 96, "fps": 24, "first": first, "last": last,
        }  # fmt: skip
        return VideoRequest(**{**fields, **more})

    return request
