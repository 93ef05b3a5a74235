"""How two videos differ, as numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from longvid_core.media.delta import Delta, delta_of, picture_delta
from longvid_core.media.encode import ClipWriter

NOISE = np.random.default_rng(7).integers(0, 200, (32, 48, 3), dtype=np.uint8)


def pictures(*changes: int) -> list[Image.Image]:
    """One picture a change: the noise, brightened by it."""
    return [Image.fromarray(NOISE + np.uint8(change)) for change in changes]


def clip(path: Path, *changes: int) -> Path:
    with ClipWriter(path, 48, 32, 16) as file:
        for picture in pictures(*changes):
            file.write(np.asarray(picture))
    return path


def test_the_same_pictures_do_not_differ() -> None:
    delta = delta_of(pictures(0, 5), pictures(0, 5), ssim=True)
    assert delta.equal and delta.ssim == 1 and delta.psnr_db is None
    assert delta == Delta(frames=(2, 2), ssim=1.0)


def test_the_first_and_the_worst_frame_are_named() -> None:
    delta = delta_of(pictures(0, 0, 0, 0), pictures(0, 2, 10, 0), ssim=True)
    assert (delta.first, delta.worst, delta.differing, delta.largest) == (1, 2, 2, 10)
    assert delta.mean == pytest.approx((2 + 10) / 4)
    assert delta.psnr_db == pytest.approx(10 * np.log10(255**2 / ((2**2 + 10**2) / 4)), abs=1e-3)
    assert delta.ssim is not None and 0.9 < delta.ssim < 1


def test_what_is_beyond_the_shorter_one_is_told_and_not_compared() -> None:
    delta = delta_of(pictures(0, 0, 0), pictures(0, 0))
    assert delta.frames == (3, 2) and delta.first is None and not delta.equal


def test_another_size_is_compared_at_the_first_ones() -> None:
    larger = [Image.fromarray(np.full((64, 96, 3), 90, np.uint8))]
    assert delta_of([Image.fromarray(np.full((32, 48, 3), 90, np.uint8))], larger).equal


def test_files_are_compared_from_frame_to_frame(tmp_path: Path) -> None:
    one, other = clip(tmp_path / "a.mkv", 0, 1, 2, 3), clip(tmp_path / "b.mkv", 0, 1, 2, 9)
    assert picture_delta(one, other).first == 3
    assert picture_delta(one, other, stop=3).equal
    part = picture_delta(one, other, start=2)
    assert (part.first, part.frames, part.largest) == (3, (2, 2), 6)
