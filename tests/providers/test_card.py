"""The card provider, as the keyframe stage calls it."""

from __future__ import annotations

import asyncio

import pytest
from PIL import Image

from longvid_core.errors import Interrupted
from longvid_core.models.visual import VisualState
from longvid_core.providers.base import ImageRequest, Watch
from longvid_core.providers.card import PROVIDER

REQUEST = ImageRequest(prompt="a boat at dawn", visual=VisualState(), seed=9, width=320, height=184)


def test_a_card_is_drawn_and_drawn_the_same_again(tmp_path):
    seen = []
    for name in ("a.png", "b.png"):
        asyncio.run(
            PROVIDER.draw("card", REQUEST, tmp_path / name, Watch(progress=lambda done, total: seen.append((done, total))))
        )
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert Image.open(tmp_path / "a.png").size == (320, 184)
    assert seen[-1] == (1, 1)


def test_the_fingerprint_names_the_pixel_version():
    assert PROVIDER.fingerprint("card")["pixels"] >= 1


def test_interrupted_before_it_begins_leaves_nothing(tmp_path):
    with pytest.raises(Interrupted):
        asyncio.run(PROVIDER.draw("card", REQUEST, tmp_path / "x.png", Watch(interrupted=lambda: True)))
    assert list(tmp_path.iterdir()) == []
