"""Places, datelines, weather and hours that last through a scene; openings that are shots."""

from __future__ import annotations

import pytest

from longvid_core.planning.visual_words import states_time, visual_of
from longvid_core.planning.whereabouts import dateline, names_place, place_in, weather_in

from .scripts import plan


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("A nurse walks down a long hospital corridor at night.", "a long hospital corridor"),
        ("He bursts out of the door onto a wet city street.", "a wet city street"),
        ("Far below, the village sleeps.", "the village"),
        ("A knight rides toward a burning castle.", ""),
        ("The moon crosses the sky.", ""),
        ("Footprints on the moon.", "the moon"),
        ("A rowboat comes around the church tower.", ""),
        ("The crew waits inside a rusting submarine.", "inside a rusting submarine"),
        ("Out at sea a boat is rolling.", "at sea"),
        ("The village elder stages a play.", ""),
    ],
)
def test_where_a_beat_is(said, place):
    assert place_in(said) == place


def test_places_last_until_another_one_is_named():
    made = plan(
        "A waitress wipes tables in an empty diner. She looks at her watch and sighs deeply. Outside, a truck honks twice."
    )
    prompts = [s.prompt for s in made.segments]
    assert "Location" not in prompts[0]
    assert prompts[1].endswith("Location: an empty diner.")
    assert "diner" not in prompts[2]
    assert any("Location: an empty diner." in k.prompt for k in made.keyframes)


def test_places_do_not_cross_into_marked_scenes():
    made = plan("Scene 1: A girl reads in the library.\nScene 2: A horse gallops past, its mane flying.")
    assert "library" not in made.segments[1].prompt
    made = plan("INT. KITCHEN - NIGHT\nShe cooks in silence for a long time. He watches her from the table.")
    assert all("Location" not in s.prompt for s in made.segments)


def test_datelines_hold_until_another():
    assert dateline("Rome, 44 BC. Senators gather.") == "Rome, 44 BC"
    assert dateline("1944. A trench.") == "1944"
    assert dateline("In 1944 he left home.") == ""
    made = plan("Rome, 44 BC. Senators in white togas gather. Caesar walks slowly through the waiting crowd. A dagger glints.")
    assert all("Rome, 44 BC" in s.prompt for s in made.segments)


def test_bad_weather_lasts_until_it_is_over():
    assert weather_in("Rain falls on the roof.") == "in the rain"
    assert weather_in("She wears a raincoat.") is None
    assert weather_in("The storm has passed.") == ""
    made = plan(
        "Heavy rain falls on a long neon street full of taxis. A courier in red boots stops at a noodle stall and pays. "
        "The rain stops at last over the city. She looks up at the stars and counts them."
    )
    assert made.segments[1].prompt.endswith("In the rain.")
    assert "in the rain" not in made.segments[-1].prompt.lower()


@pytest.mark.parametrize(
    ("said", "states"),
    [
        ("It is still early morning and mist lies over the water.", True),
        ("The evening light turns gold.", False),
        ("Night falls.", False),
        ("In the cold dawn a man waits.", True),
        ("He waits until morning.", False),
    ],
)
def test_hours_that_are_and_hours_that_come(said, states):
    assert states_time(said) is states


def test_an_hour_said_a_beat_later_is_the_openings_too():
    made = plan(
        "Fishermen mend their nets on the quay. It is still early morning and mist lies over the water. A boy brings bread."
    )
    assert made.visual_of(made.segments[0]).light.time_of_day == "morning"
    made = plan("Fishermen mend their torn nets on the long quay. Night falls over the quay and the lamps are lit one by one.")
    assert made.visual_of(made.segments[0]).light.time_of_day is None


def test_words_before_the_first_cut_are_a_shot():
    made = plan("A lighthouse on a cliff in heavy fog.\n\nCUT TO: A sailor clutching a rope.\n\nCUT TO: A child asleep.")
    assert [s.prompt.split(".")[0] for s in made.segments] == [
        "A lighthouse on a cliff in heavy fog", "A sailor clutching a rope", "A child asleep",
    ]  # fmt: skip


def test_what_a_film_shows_after_a_colon_is_story():
    made = plan("Coffee commercial: green hills at sunrise, wide and still. A farmer picks ripe red cherries from a low branch.")
    assert "green hills" in made.segments[0].prompt.lower() and "Coffee commercial." in made.segments[-1].prompt
    made = plan(
        "Time-lapse of a city: day turns to night, traffic becomes ribbons of light. The moon crosses between skyscrapers."
    )
    assert made.segments[0].prompt.startswith("Time-lapse of a city")


def test_a_truck_that_pulls_in_is_no_camera():
    made = plan("A truck pulls into the parking lot, headlights on.")
    assert made.keyframes[0].prompt.startswith("A truck pulls into the parking lot")


def test_a_poem_in_one_line():
    prompt = plan("I wandered lonely as a cloud / That floats on high / Over hills and vales.").segments[0].prompt
    assert "/" not in prompt and "cloud, That floats" in prompt


def test_deeds_are_no_things_and_stuffs_no_colours():
    assert visual_of("An owl watches from a fence post.").props == ()
    assert "ring" not in str(visual_of("On the shore monks ring the bell.").props)
    assert visual_of("Workers carry baskets down the hill.").props == ("baskets",)
    assert visual_of("Garlic in olive oil, sand spraying behind a car.").palette == ()
    assert visual_of("A steel watch and a sand scarf.").palette == ("sand",)


def test_names_of_places_and_things_beside_them():
    assert names_place("He waits in the castle") and not names_place("The castle burns")
    assert not names_place("The church tower leans")
