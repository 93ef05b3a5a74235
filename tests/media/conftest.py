from __future__ import annotations

import os
from collections.abc import Iterator

import imageio_ffmpeg
import pytest

from longvid_core.media.ffmpeg import set_ffmpeg


@pytest.fixture(autouse=True)
def _the_systems_ffmpeg(_own_environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.environ["PATH"].partition(os.pathsep)[2])


@pytest.fixture(params=["system", "wheel"])
def each_ffmpeg(request: pytest.FixtureRequest) -> Iterator[str]:
    """Once with the system's ffmpeg and once with the one a wheel ships: their options and defaults differ."""
    set_ffmpeg("ffmpeg" if request.param == "system" else imageio_ffmpeg.get_ffmpeg_exe())
    yield request.param
    set_ffmpeg(None)
