from __future__ import annotations

from collections.abc import Iterator

import imageio_ffmpeg
import pytest

from longvid_core.media.ffmpeg import set_ffmpeg


@pytest.fixture(params=["system", "wheel"])
def each_ffmpeg(request: pytest.FixtureRequest) -> Iterator[str]:
    """Once with the system's ffmpeg and once with the one a wheel ships: their options and defaults differ."""
    set_ffmpeg("ffmpeg" if request.param == "system" else imageio_ffmpeg.get_ffmpeg_exe())
    yield request.param
    set_ffmpeg(None)
