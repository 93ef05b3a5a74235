"""The animatic provider, as the clip stage calls it: lossless files, exact to the pixel."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from PIL import Image

from longvid_core.errors import BadInput, Interrupted
from longvid_core.media.frames import iterate_frames
from longvid_core.media.images import asset_of
from longvid_core.models.visual import VisualState
from longvid_core.painting.card import save_card
from longvid_core.painting.scene import Recipe
from longvid_core.providers.animatic import PROVIDER
from longvid_core.providers.base import VideoRequest, Watch

W, H = 208, 120


@pytest.fixture(scope="module")
def ends(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ends")
    for name, prompt in (("a", "a lighthouse at night, rain"), ("b", "a village at dawn")):
        save_card(Recipe(prompt, VisualState(), 1, W, H), folder / f"{name}.png")
    return asset_of(folder / "a.png"), asset_of(folder / "b.png")


def request(first, last, frames=9) -> VideoRequest:
    visual = VisualState()
    return VideoRequest(
        prompt="x", negative="", visual=visual, seed=3, frames=frames, fps=16, width=W, height=H, first=first, last=last
    )  # fmt: skip


def frames_of(path):
    return [frame.to_ndarray(format="rgb24") for frame in iterate_frames(path)]


def test_the_decoded_ends_are_the_keyframes_and_bytes_repeat(tmp_path, ends):
    done = []
    for name in ("a.mkv", "b.mkv"):
        asyncio.run(
            PROVIDER.render("animatic", request(*ends), tmp_path / name, Watch(progress=lambda d, t: done.append((d, t))))
        )
    frames = frames_of(tmp_path / "a.mkv")
    assert len(frames) == 9
    for frame, asset in ((frames[0], ends[0]), (frames[-1], ends[1])):
        assert (frame == np.asarray(Image.open(asset.path))).all()
    assert (tmp_path / "a.mkv").read_bytes() == (tmp_path / "b.mkv").read_bytes()
    assert done[:9] == [(i + 1, 9) for i in range(9)]


def test_interrupted_half_way_leaves_no_file(tmp_path, ends):
    count = []
    watch = Watch(progress=lambda d, t: count.append(d), interrupted=lambda: len(count) >= 3)
    with pytest.raises(Interrupted):
        asyncio.run(PROVIDER.render("animatic", request(*ends, frames=40), tmp_path / "x.mkv", watch))
    assert list(tmp_path.iterdir()) == []


def test_no_first_frame_is_refused(tmp_path):
    with pytest.raises(BadInput, match="first frame"):
        asyncio.run(PROVIDER.render("animatic", request(None, None), tmp_path / "x.mkv", Watch()))
