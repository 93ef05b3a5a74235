"""Single questions: what do these words say about camera, light, lengths, sentences, graphemes?"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longvid_core.planning.beats import Unit, leading_subject, sentences, split_clauses
from longvid_core.planning.durations import beat_length, film_length, seconds_of, without_lengths
from longvid_core.planning.textkit import clusters, pieces, shortened, word_count
from longvid_core.planning.visual_words import style_line, visual_of
from tests.planning.scripts import KITE, LIGHTHOUSE, letters, plan


@pytest.mark.parametrize(
    ("words", "move"),
    [
        ("The watch rests on velvet, a slow push-in.", "push_in"),
        ("We begin high above the bay and drift down towards a rock.", "crane_down"),
        ("Snow drifts down over the roofs.", None),
        ("The camera pulls away until the house is small.", "pull_out"),
        ("She pulls away from him.", None),
        ("They pull out their swords and push into the crowd.", None),
        ("Slow pull-out from the window.", "pull_out"),
        ("Tracking shot: a stag runs.", "follow"),
        ("The camera orbits the statue.", "orbit_right"),
        ("A satellite orbits the planet.", None),
        ("Handheld, she runs.", "handheld"),
        ("A frying pan on the stove.", None),
        ("The camera slowly pans left.", "pan_left"),
        ("Locked-off: an empty street.", "static"),
        ("The camera never moves.", "static"),
        ("No zoom in, only a still street.", None),
        ("The camera rises over the wall.", "crane_up"),
        ("Bread rises in the oven.", None),
        ("カメラはゆっくり引いていく。", "pull_out"),
    ],
)
def test_camera_moves(words, move):
    assert visual_of(words).camera.move == move


@pytest.mark.parametrize(
    ("words", "time", "kelvin"),
    [
        ("A boat at dusk.", "dusk", 3600),
        ("High noon in the desert.", "noon", 5600),
        ("A moonlit lake.", "night", 7500),
        ("Dawn breaks over the hills.", "dawn", 4200),
        ("A table lit by candlelight at night.", "night", 1900),
        ("A storm lantern throws gold light over stone.", None, 2200),
        ("Golden hour on the beach.", "golden_hour", 3400),
        ("Key light at 4300K.", None, 4300),
        ("It is not night yet.", None, None),
        ("Dawn walks her dog.", None, None),
        ("A nightclub and a nightgown.", None, None),
        ("At the dawn of time a fish crawls.", None, None),
        ("夕暮れの海", "dusk", 3600),
        ("في الفجر", "dawn", 4200),
        ("al amanecer", "dawn", 4200),
    ],
)
def test_time_of_day_and_colour_of_light(words, time, kelvin):
    light = visual_of(words).light
    assert (light.time_of_day, light.temperature_k) == (time, kelvin)


@pytest.mark.parametrize(
    ("words", "quality", "key"),
    [
        ("A storm breaks over the village.", "diffuse", None),
        ("An old man carries a storm lantern.", None, None),
        ("A brainstorm in a raincoat under a rainbow.", None, None),
        ("The storm has blown itself out.", None, None),
        ("Harsh sun on white walls.", "hard", None),
        ("Soft light falls on her face.", "soft", None),
        ("He is silhouetted against the sun.", None, "back"),
        ("Sunlight comes from the left.", None, "left"),
        ("Shafts of light in the dust.", None, "top"),
    ],
)
def test_light_quality_and_direction(words, quality, key):
    light = visual_of(words).light
    assert (light.quality, light.key_direction) == (quality, key)


@pytest.mark.parametrize(
    ("words", "framing", "height"),
    [
        ("Wide: a rice terrace.", "wide", None),
        ("Extreme close-up of the dial.", "extreme_close", None),
        ("Close on a stag.", "close", None),
        ("The shops close up for the night.", None, None),
        ("Low angle, lens flare.", None, "low"),
        ("Drone shot over a forest.", None, "aerial"),
        ("High above the bay, gulls turn.", None, "aerial"),
        ("An eagle circles high above the valley.", None, None),
        ("The view is seen from above.", None, "high"),
    ],
)
def test_framing_and_height(words, framing, height):
    visual = visual_of(words)
    assert (visual.lens.framing, visual.camera.height) == (framing, height)


def test_lens_numbers_and_film_stock():
    lens = visual_of("A portrait, 85mm, f/1.8.").lens
    assert (lens.focal_length_mm, lens.aperture) == (85, 1.8)
    assert visual_of("Shot on 35mm, anamorphic.").lens.focal_length_mm is None
    assert visual_of("Shot on 35mm, anamorphic.").style == {"35mm film": 1.0, "anamorphic": 1.0}


def test_colours_are_those_one_would_see():
    assert visual_of("Slate-grey water, a mustard coat and copper-rimmed glasses.").palette == ("slate-grey", "mustard", "copper")
    assert visual_of("A man with a white beard and black hair at the blue hour on the red carpet.").palette == ()
    assert visual_of("Red doors, yellow taxis, a #00FF7f sky, not purple.").palette == ("#00ff7f", "red", "yellow")
    assert visual_of("Teal and orange colour grade.").palette[:2] == ("teal", "orange")


def test_clothes_and_things_carry_their_adjectives():
    visual = visual_of(
        "An old keeper in a mustard oilskin coat pours tea from a dented thermos into two tin cups; they watch the gulls."
    )
    assert visual.wardrobe == ("mustard oilskin coat",)
    assert visual.props == ("dented thermos", "tin cups")
    assert visual_of("A coat of paint on the wall. She isn't wearing a hat.").wardrobe == ()


def test_style_lines_weigh_each_phrase():
    assert style_line(["hand-painted 2D animation, soft gouache, late-summer palette. 16:9, 24 fps."]) == {
        "hand-painted 2d animation": 1.0,
        "soft gouache": 1.0,
    }
    assert style_line(["(gouache:1.3), very painterly, slightly grainy"]) == {
        "gouache": 1.3,
        "very painterly": 1.3,
        "slightly grainy": 0.6,
    }


def test_time_of_day_lasts_until_the_film_names_another():
    made = plan(LIGHTHOUSE)
    times = [made.visual_of(s).light.time_of_day for s in made.segments]
    assert times[0] is None and times[1] == "dusk" and times[-1] == "dawn"
    assert times[1:].count("dusk") + times.count("dawn") == len(times) - 1


def test_the_base_holds_what_all_share_and_segments_only_what_differs():
    made = plan(KITE)
    assert made.visual.style == {"hand-painted 2d animation": 1.0, "soft gouache": 1.0}
    assert all("soft gouache" not in s.visual.style for s in made.segments)
    assert made.segments[2].visual.camera.height == "low"
    assert made.visual_of(made.segments[2]).style["lens flare"] == 1.0


def test_more_happening_is_more_complex():
    calm, busy = (
        plan("A stone."),
        plan("Handheld: two men run, jump, shout and fight in the rain while a horse gallops past them, kicking."),
    )
    assert 0 <= calm.segments[0].complexity < busy.segments[0].complexity <= 1


# ---- lengths, sentences, graphemes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("4s", 4), ("1:30", 90), ("two minutes", 120), ("1m 20s", 80), ("2.5 sec", 2.5), ("forty-five seconds", 45),
        ("1:00:01", 3601), ("30秒", 30), ("soon", None),
    ],
)  # fmt: skip
def test_lengths_are_read(said, seconds):
    assert seconds_of(said) == seconds


def test_which_lengths_are_whose():
    assert film_length("A 15-second vertical ad for a watch.") == 15
    assert film_length("A 9:16 video about a cat.") is None
    assert film_length("He waits fifteen seconds.") is None
    assert beat_length("He waits for six seconds.") == 6
    assert beat_length("He returns two seconds later.") is None
    assert beat_length("For ten minutes nothing moves.") is None
    assert without_lengths("He waits for six seconds (6s) and goes.").split() == ["He", "waits", "and", "goes."]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Mr. Smith ran 3.5 km. He fell.", 2),
        ('"Run! Go now!" Mira shouts. She runs.', 2),
        ('"Run!" "Where?" he asks.', 2),
        ("He waits... and goes. He waits… Then he goes.", 3),
        ("J. R. Ewing, e.g. the man, left.", 1),
        ("「高く！」とおばあさんが言う。犬が走る。", 2),
        ("يقف الرجل؟ نعم.", 2),
        ("वह चलता है। वह रुकता है।", 2),
        ("a fox wakes. it runs.", 2),
        ("no end at all", 1),
    ],
)
def test_sentences(text, count):
    spans = sentences(text, 0, len(text))
    assert "".join(text[a:b] for a, b in spans) == text
    assert len(spans) == count


def test_clauses_keep_their_subject():
    text = "He sets the lantern down, rolls up his sleeves, and begins to turn the crank; the brass gears shudder."
    units = split_clauses(text, Unit(0, len(text), 3))
    assert [(u.subject, text[u.start : u.end].strip()) for u in units] == [
        ("", "He sets the lantern down,"),
        ("He", "rolls up his sleeves,"),
        ("He", "and begins to turn the crank;"),
        ("", "the brass gears shudder."),
    ]
    described = "An old keeper in an oilskin coat, white beard, climbs the stairs."
    assert len(split_clauses(described, Unit(0, len(described), 3))) == 1


@pytest.mark.parametrize(
    ("words", "subject"),
    [
        ("On the gallery the keeper pours tea.", "the keeper"),
        ("At the top he finds a lamp.", "he"),
        ("A single sweep of light crosses her.", "A single sweep of light"),
        ("Nothing.", ""),
    ],
)
def test_subjects(words, subject):
    assert leading_subject(words) == subject


@given(st.text(max_size=60), st.integers(1, 12))
@settings(max_examples=150, deadline=None)
def test_shares_are_the_text_and_cut_no_grapheme(text, count):
    edges = [*pieces(text, count), len(text)]
    assert edges == sorted(edges) and edges[0] == 0 and len(edges) <= count + 1
    starts, at = set(), 0
    for cluster in clusters(text):
        starts.add(at)
        at += len(cluster)
    assert at == len(text)
    assert set(edges[:-1]) <= starts | {0}


def test_graphemes():
    text = "e\u0301👩‍👩‍👧‍👦🇫🇷🇯🇵👍🏽क्षि각"
    assert len(clusters(text)) == 7
    assert "".join(clusters(text)) == text


def test_words_in_scripts_without_spaces_count():
    assert 4 < word_count("雨の夜、東京の路地を赤い傘の少女が歩いている。") < 20
    assert word_count("one two three") == 3


def test_titles_are_short_and_whole():
    assert shortened("one two three four five", 14) == "one two three…"
    assert shortened("👩‍👩‍👧‍👦" * 30, 20).count("👩‍👩‍👧‍👦") * len("👩‍👩‍👧‍👦") + 1 == len(shortened("👩‍👩‍👧‍👦" * 30, 20))


@pytest.mark.parametrize(
    "said", ["Five shots, twenty seconds in total.", "Make it one minute long.", "Please, four scenes, 20s overall."]
)
def test_a_sentence_that_only_says_how_long_or_how_many_is_no_story(said: str) -> None:
    made = plan(f"{said} A fox wakes. It runs.")
    assert made.segments[0].prompt.startswith("A fox wakes.") and made.title.startswith("A fox")
    assert letters("".join(s.text for s in made.segments)) == letters(f"{said} A fox wakes. It runs.")


@pytest.mark.parametrize("said", ["Three shots.", "He drinks five shots of rum.", "Thirty seconds."])
def test_a_number_in_the_story_is_story(said: str) -> None:
    assert said in plan(f"{said} A door falls shut.").segments[0].prompt
