"""The animatic without a last frame: a chain starts where it must and goes where its words say."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from longvid_core.media.frames import last_frame
from longvid_core.media.images import asset_of
from longvid_core.models import VisualState
from longvid_core.providers.animatic import PROVIDER
from longvid_core.providers.base import VideoRequest, Watch


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(np.linspace(0, 255, 96 * 64 * 3).reshape(64, 96, 3).astype(np.uint8)).save(path)
    return path


def end_of(first: Path, prompt: str, target: Path) -> np.ndarray:
    request = VideoRequest(
        prompt=prompt, negative="", visual=VisualState(), seed=1, frames=6, fps=16, width=96, height=64,
        first=asset_of(first), last=None,
    )  # fmt: skip
    asyncio.run(PROVIDER.render("animatic", request, target, Watch()))
    return np.asarray(last_frame(target)).astype(float)


def test_it_arrives_at_what_the_prompt_tells(photograph: Path, tmp_path: Path) -> None:
    night = end_of(photograph, "the sea on a moonless night", tmp_path / "night.mkv")
    noon = end_of(photograph, "snowy hills at noon", tmp_path / "noon.mkv")
    assert noon.mean() > night.mean() + 40


def test_it_follows_from_where_it_started(photograph: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.png"
    Image.new("RGB", (96, 64), (200, 30, 30)).save(other)
    one, two = (end_of(first, "a river at dusk", tmp_path / f"{first.stem}.mkv") for first in (photograph, other))
    assert (one != two).any()


def test_it_leaves_nothing_beside_the_clip(photograph: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    end_of(photograph, "a river at dusk", folder / "clip.mkv")
    assert [p.name for p in folder.iterdir()] == ["clip.mkv"]
