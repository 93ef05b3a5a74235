"""What the painter reads out of a prompt."""

from __future__ import annotations

import pytest

from longvid_core.models.visual import VisualState
from longvid_core.painting.scene import Recipe, compose_scene
from longvid_core.painting.words import does, read


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
        ("A climber hangs by her fingers and climbs", "mountains"),
        ("A full moon hangs over a wheat field", "fields"),
        ("An astronaut plants a flag on the moon", "space"),
        ("Mossy stones", "forest"),
        ("A runner laces up in a dark hallway", "lobby"),
        ("The skipper climbs the last step. Location: at sea", "sea"),
        ("A sonar ping. Location: inside a rusting submarine", "room"),
        ("A violinist plays in a subway station", "lobby"),
        ("Una anciana camina por la playa", "beach"),
        ("Девочка идёт через лес", "forest"),
        ("رجل يمشي في الصحراء", "desert"),
        ("एक आदमी नदी के किनारे", "river"),
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


@pytest.mark.parametrize(
    ("prompt", "deed", "thing"),
    [
        ("An owl watches from a post", True, "A steel watch on silk"),
        ("Her father waves", True, "Tall waves break"),
        ("A car tears over a dune", True, "Tears in her eyes"),
        ("The sheriff steps out of the door", True, "Narrow steps up the cliff"),
        ("Monks ring the bell", True, "The ring on her finger"),
    ],
)
def test_deeds_and_things_of_one_name(prompt, deed, thing):
    words = {"watch", "watches", "waves", "tears", "steps", "ring"}

    def found(said: str) -> list[bool]:
        tokens = said.lower().split()
        return [does(tokens, at) for at, token in enumerate(tokens) if token in words]

    assert found(prompt) == [deed] and not any(found(thing))


def test_words_of_other_languages_are_not_read_into_english():
    assert "lake" in read("Ein See im Wald").settings
    assert "lake" not in read("They see the old man").settings


def test_a_longer_word_is_not_its_end():
    subjects = read("少年が自転車で走る").subjects
    assert "bicycle" in subjects and "car" not in subjects


def test_a_table_with_nothing_on_it_is_in_a_room():
    assert scene_of("A letter lies on the table").setting == "room"
    assert scene_of("A cup of tea on the table").setting == "table"
    assert scene_of("Hero shot of the sneaker on a pedestal").setting == "table"


def test_where_it_plays_adds_no_one():
    assert "house" not in read("She smiles. Location: a house by the sea.").subjects


def test_the_same_place_has_the_same_light():
    assert scene_of("A man sits on the hill").hour == scene_of("A woman dances on the hill").hour


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
