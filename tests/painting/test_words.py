"""What the painter reads out of a prompt."""

from __future__ import annotations

import pytest

from longvid_core.models.visual import VisualState
from longvid_core.painting.scene import Recipe, compose_scene
from longvid_core.painting.words import read


def scene_of(prompt: str, **visual: object):
    return compose_scene(Recipe(prompt, VisualState.model_validate(visual), 1, 320, 180), 320, 180)


@pytest.mark.parametrize(
    ("prompt", "setting"),
    [
        ("Out at sea a red trawler is rolling hard", "sea"),
        ("A lone lighthouse on a black rock", "sea"),
        ("INT. KITCHEN - NIGHT. She looks out at the sea", "kitchen"),
        ("a rice terrace at noon, wind moving over it like a hand over fur", "terraces"),
        ("the watch rests on dark velvet", "table"),
        ("a camel caravan", "desert"),
        ("neon street in the rain", "street"),
        ("灯台と海", "sea"),
        ("夜の森", "forest"),
        ("xyzzy", "abstract"),
        ("", "abstract"),
        ("🙂🙂", "abstract"),
    ],
)
def test_the_setting_comes_from_the_words(prompt, setting):
    assert scene_of(prompt).setting == setting


def test_a_style_preamble_does_not_choose_the_setting():
    assert scene_of("Style: soft gouache, forest green, city light.\nA desert road.").setting in ("desert", "road")


def test_a_similes_picture_is_not_painted():
    assert "desert" not in read("The sea moves like a desert in the wind.").settings


def test_weather_that_is_over_is_over():
    assert read("The storm has blown itself out; the sea is flat.").sky is None
    assert read("A storm is breaking.").sky == "storm"


def test_nine_years_old_is_a_child_and_not_old():
    words = read("MIRA, nine years old, short black hair, yellow raincoat")
    assert "child" in words.subjects and "old" not in words.traits
    assert words.garment == "raincoat" and words.colours["raincoat"] == "#e8c33a"
    assert "old" in read("A man of eighty years old").traits or "old" in read("an 80-years-old man").traits


def test_the_visual_state_wins_over_the_words():
    assert scene_of("noon at the sea", light={"time_of_day": "night"}).hour == "night"
    assert scene_of("a wide bay", lens={"framing": "close"}).framing == "close"
    low, high = scene_of("hills", camera={"height": "low"}), scene_of("hills", camera={"height": "aerial"})
    assert low.horizon > high.horizon + 0.3


def test_key_light_stands_where_it_is_told():
    assert scene_of("hills", light={"key_direction": "left"}).sun_x < 0.4
    assert scene_of("hills", light={"key_direction": "right"}).sun_x > 0.6
