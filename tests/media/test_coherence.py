"""How alike pictures look, as numbers: each number sees its own kind of change and no other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from longvid_core.media.coherence import apart, coherence, look_of, sampled
from longvid_core.media.encode import ClipWriter

GRAIN = np.random.default_rng(3).normal(0, 14, (96, 192, 1))
PLAIN = Image.fromarray((GRAIN + (150, 110, 80)).clip(0, 255).astype(np.uint8))


def test_the_same_picture_is_no_distance_from_itself() -> None:
    assert apart(look_of([PLAIN]), look_of([PLAIN])) == (0, 0, 0)


def test_another_colour_is_another_palette() -> None:
    from skimage.color import lab2rgb, rgb2lab

    lab = rgb2lab(np.asarray(PLAIN))
    lab[..., 1] -= 30
    greener = Image.fromarray((lab2rgb(lab) * 255).round().astype(np.uint8))
    palette, light, _ = apart(look_of([PLAIN]), look_of([greener]))
    assert palette == pytest.approx(15, abs=1.5)  # a* moves by 30 and b* does not
    assert light < 1.5


def test_less_light_is_a_distance_in_light() -> None:
    palette, light, texture = apart(look_of([PLAIN]), look_of([PLAIN.point(lambda v: v * 0.6)]))
    assert light > 15 > palette
    assert texture < 0.05


def test_less_contrast_is_a_distance_in_light_too() -> None:
    flat = Image.blend(PLAIN, Image.new("RGB", PLAIN.size, (150, 110, 80)), 0.8)
    assert apart(look_of([PLAIN]), look_of([flat]))[1] > 1


def test_blur_is_a_distance_in_texture() -> None:
    palette, light, texture = apart(look_of([PLAIN]), look_of([PLAIN.filter(ImageFilter.GaussianBlur(3))]))
    assert texture > 0.1
    assert palette < 6 and light < 6


def test_a_film_is_as_coherent_as_its_neighbours() -> None:
    dark = PLAIN.point(lambda v: v // 2)
    alternating = coherence([[PLAIN], [dark], [PLAIN], [dark]])
    halves = coherence([[PLAIN], [PLAIN], [dark], [dark]])
    assert halves.light == pytest.approx(alternating.light / 3, abs=1e-5)  # one change at three joins
    assert halves.light_all == alternating.light_all
    assert alternating.clip is None and alternating.dino is None


def test_frames_are_taken_from_end_to_end(tmp_path: Path) -> None:
    with ClipWriter(tmp_path / "a.mkv", 32, 16, 16) as clip:
        for number in range(11):
            clip.write(np.full((16, 32, 3), 20 * number, np.uint8))
    assert [p.getpixel((0, 0))[0] for p in sampled(tmp_path / "a.mkv", 11)] == [0, 40, 100, 160, 200]  # type: ignore[index]
