"""Cards: the same recipe is the same picture, another recipe is another one, and the light is what was asked for."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from longvid_core.models.visual import VisualState
from longvid_core.painting.card import CHUNK, card_of, save_card
from longvid_core.painting.compose import flatten, paint
from longvid_core.painting.scene import Recipe

SIZE = (320, 184)


def picture(prompt: str, seed: int = 1, size: tuple[int, int] = SIZE, **visual: object) -> np.ndarray:
    return np.asarray(flatten(paint(Recipe(prompt, VisualState.model_validate(visual), seed, *size)))).astype(np.float32)


def test_the_same_recipe_gives_the_same_bytes_in_another_process(tmp_path):
    prompt = "a lighthouse in a storm at dusk, an old keeper in a mustard coat"
    save_card(Recipe(prompt, VisualState(), 5, *SIZE), tmp_path / "here.png")
    code = (
        "import sys; from pathlib import Path; from longvid_core.painting.card import *; "
        f"save_card(Recipe({prompt!r}, VisualState(), 5, {SIZE[0]}, {SIZE[1]}), Path(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "there.png")], check=True)
    here, there = (hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in ("here.png", "there.png"))
    assert here == there


def test_night_is_darker_than_noon_and_candle_light_warmer_than_shade():
    night, noon = (picture("hills", light={"time_of_day": hour}) for hour in ("night", "noon"))
    assert night.mean() < 0.6 * noon.mean()
    warm, cold = (picture("hills", light={"time_of_day": "noon", "temperature_k": k}) for k in (2500, 10000))
    assert (warm[..., 0] - warm[..., 2]).mean() > (cold[..., 0] - cold[..., 2]).mean() + 25


def test_key_light_from_the_left_lights_the_left():
    left, right = (picture("the sea at dusk", light={"key_direction": side}) for side in ("left", "right"))
    half = SIZE[0] // 2
    assert left[:, :half].mean() > left[:, half:].mean()
    assert right[:, half:].mean() > right[:, :half].mean()


def test_palette_words_tint_the_picture():
    red, teal = (picture("hills in the afternoon", palette=(name,)) for name in ("crimson", "teal"))
    assert (red[..., 0] - red[..., 2]).mean() > (teal[..., 0] - teal[..., 2]).mean() + 10


def test_noir_has_next_to_no_colour():
    plain, noir = picture("a street in the rain"), picture("a street in the rain", style={"noir": 1.0})
    chroma = [(p.max(axis=2) - p.min(axis=2)).mean() for p in (plain, noir)]
    assert chroma[1] < 0.5 * chroma[0]


def test_other_words_other_seeds_other_pictures():
    base = picture("a boat on the sea at dawn")
    assert np.abs(base - picture("a boat on the sea at dawn", seed=2)).mean() > 3
    assert np.abs(base - picture("a desert at dawn")).mean() > 8


def test_a_yellow_raincoat_is_yellow_whatever_the_seed():
    for seed in (1, 2, 3):
        close = picture("a girl in a yellow raincoat on the road, morning", seed=seed, lens={"framing": "close"})
        yellow = (close[..., 0] > 110) & (close[..., 1] > 85) & (close[..., 2] < 0.62 * close[..., 0])
        assert yellow.mean() > 0.05


PROMPTS = [
    "desert caravan", "neon city street in rain", "space station", "forest at dawn, a deer", "kitchen", "portrait of a woman",
    "snowy pass",     "theatre stage", "underwater reef, a diver", "the stairs, a lantern", "a glass lobby", "a watch on velvet",
    "a cave", "garden with a house",
    "two friends on a roof with a kite", "a river and a canoe in fog", "horse race",
    "a harbour village, gulls", "a red car on the road",
    "a dragon over the mountains", "hot air balloons", "love", "a room with a fireplace", "a phone",
    "a bottle", "a robot in the snow",
]  # fmt: skip


@pytest.mark.parametrize("prompt", PROMPTS)
def test_every_set_paints_a_whole_picture_with_light_and_dark(prompt):
    card = picture(prompt, size=(208, 120))
    assert card.shape == (120, 208, 3)
    grey = card.mean(axis=2)
    assert np.percentile(grey, 97) - np.percentile(grey, 3) > 25
    assert 8 < grey.mean() < 245


@pytest.mark.parametrize("size", [(16, 16), (64, 1024), (1024, 64), (180, 320), (1600, 1000)])
def test_any_size_is_that_size(size):
    assert picture("a man on a boat at sea, lighthouse, rain", size=size).shape == (size[1], size[0], 3)


@pytest.mark.parametrize("size", [(40, 130), (130, 40), (33, 47)])
@pytest.mark.parametrize("framing", ["extreme_wide", "extreme_close"])
def test_every_set_survives_every_shape_and_framing(size, framing):
    for prompt in (*PROMPTS, "a machine room, gears", "snow mountains", "rice terraces", "a pagoda, an elephant, a camel, a cat"):
        visual = {"lens": {"framing": framing}, "camera": {"height": "aerial" if size[0] > size[1] else "ground"}}
        assert picture(prompt, size=size, **visual).shape == (size[1], size[0], 3)


def test_the_layers_come_back_from_the_file(tmp_path):
    path = tmp_path / "card.png"
    save_card(Recipe('quotes "and" ünïcödé 灯台', VisualState(palette=("teal",)), 2**64 - 1, *SIZE), path)
    image, painting = card_of(path)
    assert painting is not None and flatten(painting).tobytes() == image.tobytes()
    assert json.loads(Image.open(path).info[CHUNK])["seed"] == str(2**64 - 1)


def test_an_edited_card_is_a_picture_like_any_other(tmp_path):
    path = tmp_path / "card.png"
    save_card(Recipe("the sea", VisualState(), 1, *SIZE), path)
    opened = Image.open(path)
    from PIL import PngImagePlugin

    info = PngImagePlugin.PngInfo()
    info.add_text(CHUNK, opened.info[CHUNK])
    pixels = opened.convert("RGB")
    pixels.putpixel((5, 5), (255, 0, 255))
    pixels.save(path, pnginfo=info)
    image, painting = card_of(path)
    assert painting is None and image.getpixel((5, 5)) == (255, 0, 255)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"version": 1}',
        '{"version": 1, "prompt": "x", "visual": {"nope": 1}, "seed": "1", "width": 320, "height": 184}',
    ],
)
def test_a_strange_recipe_is_no_recipe(tmp_path, text):
    from PIL import PngImagePlugin

    info = PngImagePlugin.PngInfo()
    info.add_text(CHUNK, text)
    Image.new("RGB", SIZE, (10, 20, 30)).save(tmp_path / "x.png", pnginfo=info)
    assert card_of(tmp_path / "x.png")[1] is None
