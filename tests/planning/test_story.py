"""What an artist would see in a plan: scenes, cuts, who is who, style, lengths as written."""

from __future__ import annotations

import pytest

from longvid_core.planning.brief import Limits
from tests.planning.scripts import BY_RULE, KITE, LIGHTHOUSE, SCREENPLAY, WATCH, plan

LOOK = "nine years old, short black hair, yellow raincoat, one missing front tooth"


def seconds(made):
    return [round(s.frames / made.fps) for s in made.segments]


def test_a_shot_list_with_lengths_style_and_a_character():
    made = plan(KITE)
    assert made.title == "Kite"
    assert seconds(made) == [4, 6, 5, 3, 8]
    assert abs(made.film_frames - 26 * 16) <= 2
    assert [(c.name, c.look) for c in made.cast] == [("Mira", LOOK)]
    for segment in made.segments:
        assert "hand-painted 2D animation, soft gouache, late-summer palette" in segment.prompt
        assert not any(mark in segment.prompt for mark in ("16:9", "24 fps", "(4s)", "CUT TO", "#", "1."))
    assert f"Mira ({LOOK}) runs uphill" in made.segments[1].prompt
    assert "Mira's grandmother" in made.segments[3].prompt
    assert f"Both Mira ({LOOK}) and her grandmother on the roof" in made.segments[4].prompt
    assert '"Higher," says the grandmother.' in made.segments[4].prompt
    assert [s.join for s in made.segments] == ["cut"] * 5


def test_scenes_inside_one_paragraph_and_a_total_in_words():
    made = plan(WATCH)
    assert len(made.segments) == 3
    assert abs(made.film_frames - 15 * 16) <= 2
    assert all(s.prompt.endswith("An ad for a luxury watch.") for s in made.segments)
    assert made.segments[1].prompt.startswith("A woman in a charcoal suit fastens the watch while walking")
    assert not any("Scene" in s.prompt or "15-second" in s.prompt or "vertical" in s.prompt for s in made.segments)


def test_prose_goes_by_beats_and_names_who_is_meant():
    made = plan(LIGHTHOUSE)
    by_text = {s.text: s for s in made.segments}
    sets_down = next(s for t, s in by_text.items() if t.startswith("He sets the lantern down"))
    assert sets_down.prompt.startswith("The keeper (old, in a mustard oilskin coat, white beard, copper-rimmed glasses) sets")
    face = next(s for t, s in by_text.items() if t.startswith("Then a single sweep"))
    assert face.prompt.startswith("A single sweep of light crosses the skipper's face.")
    assert "a young woman in a blue wool cap" in face.prompt
    assert {c.name for c in made.cast} == {"keeper", "skipper"}
    cuts = [s.text.split(",")[0].split(".")[0] for s in made.segments if s.join == "cut"]
    assert cuts == [
        "A winter storm is breaking over a small fishing village", "Inside", "Out at sea a red trawler is rolling hard", "Dawn",
        "On the gallery the keeper pours tea into two tin cups",
    ]  # fmt: skip
    assert all(3 <= s.frames / 16 <= 9 for s in made.segments)


def test_a_screenplay():
    made = plan(SCREENPLAY)
    assert [s.prompt.split(".")[0] for s in made.segments if s.join == "cut"] == [
        "Exterior: desert highway, day", "Interior: pickup", "Exterior: desert highway, night",
    ]  # fmt: skip
    speech = next(s for s in made.segments if "exploring" in s.prompt)
    assert 'Joe (quietly) says: "We are exploring."' in speech.prompt or '(quietly) says: "We are exploring."' in speech.prompt
    assert [made.visual_of(s).light.time_of_day for s in made.segments][0] == "noon"
    assert [made.visual_of(s).light.time_of_day for s in made.segments][-1] == "night"
    assert not any(mark in s.prompt for s in made.segments for mark in ("FADE", "SMASH", "INT.", "EXT."))


@pytest.mark.parametrize(
    ("prompt", "count"),
    [
        ("Scene 1: a cat.\nScene 2: a dog.\nScene 3: a cow.", 3),
        ("SCENE ONE - A cat sits.\n\nSCENE TWO - A dog runs.", 2),
        ("Shot 1 (4 seconds): Close-up of a hand. Shot 2 (6 seconds): The baker works.", 2),
        ("1) a cat 2) a dog 3) a cow", 3),
        ("A man waits at a bus stop. CUT TO a kitchen: a kettle boils. CUT TO: a burning house.", 3),
        ("[00:05-00:10] A dog runs.\n[00:10-00:12] A cat sleeps.", 2),
        ("0:00 - 0:04: Rain on a window.\n0:04 - 0:10: A dog looks out.", 2),
        ("INT. KITCHEN - NIGHT\nMira cooks.\nEXT. SEA - DAWN\nWaves.", 2),
        ("# A\n\n## Morning\nThe baker opens.\n\n## Night\nThe baker sleeps.", 2),
        ("- a red door\n- a green door\n- a blue door", 3),
        ("**Scene 1:** a cat\n**Scene 2:** a dog", 2),
        ("シーン1：朝の港。\nシーン2：昼の市場。", 2),
        ("Verse 1: She runs through the rain.\nChorus: The city melts.\nOutro: Dawn over the sea.", 3),
        ("| # | Shot | Length |\n|---|---|---|\n| 1 | A red balloon | 4s |\n| 2 | A boy looks up | 3s |", 2),
        ("A cat sleeps.\n\n---\n\nA dog runs down the road.", 2),
    ],
)
def test_marks_of_scenes(prompt, count):
    made = plan(prompt)
    assert [s.join for s in made.segments] == ["cut"] * count
    for segment in made.segments:
        assert not any(
            mark in segment.prompt for mark in ("Scene", "SCENE", "Shot", "CUT", "**", "[0", "0:0", "|", "シーン", "INT.", "---")
        )


def test_a_dissolve_flows():
    made = plan("A candle burns in a window. DISSOLVE TO: the moon over a lake.")
    assert [s.join for s in made.segments] == ["cut", "continuous"]


@pytest.mark.parametrize(
    ("second", "join"),
    [
        ("She opens the drawer and takes a key.", "continuous"),
        ("Then the lamp on the desk goes out.", "continuous"),
        ("Meanwhile, a train crosses the bridge.", "cut"),
        ("Later, the desk is empty and the chair is gone.", "cut"),
        ("Night. The desk is lit by one candle.", "cut"),
        ("Close-up: a key turns in the lock of the desk.", "cut"),
        ("Outside, a dog barks at the falling snow.", "cut"),
        ("Next to her, a clock ticks on the desk.", "continuous"),
    ],
)
def test_a_cut_is_where_the_words_say_so(second, join):
    made = plan(f"A woman sits at a desk in a quiet office and writes a letter. {second}", segments=2)
    assert made.segments[1].text == second
    assert made.segments[1].join == join


@pytest.mark.parametrize(
    ("prompt", "lengths"),
    [
        ("Scene 1 (4s): a cat. Scene 2 (6s): a dog.", [4, 6]),
        ("1. A cat sleeps, 3 seconds.\n2. (7 sec) A dog runs.", [3, 7]),
        ("[0:00-0:03] a cat\n[0:03-0:10] a dog", [3, 7]),
        ("Scene 1: a cat holds still for 6 seconds. Scene 2 (4s): a dog.", [6, 4]),
    ],
)
def test_lengths_of_scenes(prompt, lengths):
    made = plan(prompt)
    assert seconds(made) == lengths
    assert not any("4s" in s.prompt or "7 sec" in s.prompt or "0:0" in s.prompt or "seconds" in s.prompt for s in made.segments)


@pytest.mark.parametrize(
    ("prompt", "total"),
    [
        ("A 6-second loop of waves on black sand.", 6),
        ("A 30-second ad for tea. A woman pours. A man drinks. They laugh together in the garden.", 30),
        ("A short film about a fox, two minutes long. The fox wakes. It runs. It sleeps.", 120),
        ("Music video for a song, 1:30.\n\nA girl dances.\n\nA boy sings.", 90),
        ("Duration: 20 seconds\n\nScene 1: a cat.\nScene 2: a dog.", 20),
    ],
)
def test_a_films_length_in_words(prompt, total):
    made = plan(prompt)
    assert abs(made.film_frames - total * 16) <= 2
    assert plan(prompt, seconds=12).film_frames in range(12 * 16 - 2, 12 * 16 + 3)


@pytest.mark.parametrize(
    "prompt",
    [
        "She comes back ten minutes later.",
        "He soaks the beans for 8 hours.",
        "A clock shows 3:45 over a bank.",
        "A 9:16 video. A cat sleeps.",
    ],
)
def test_times_of_the_story_are_not_lengths(prompt):
    assert plan(prompt).film_frames < 8 * 16


def test_a_scene_longer_than_the_model_flows_on():
    short = Limits(backend="short", fps=16, rule=BY_RULE.rule.model_copy(update={"max": 81}))
    made = plan("Scene 1 (12s): a horse gallops along a beach, then swims, then rests. Scene 2 (4s): a bird.", short)
    assert abs(made.film_frames - 16 * 16) <= 2
    assert made.segments[-1].join == "cut" and made.segments[1].join == "continuous"
    assert max(s.frames for s in made.segments) <= 81


def test_style_said_last_reaches_the_first_shot():
    made = plan("A cat sits on a wall. A dog looks up at it and barks. Style: watercolor, muted blues")
    assert all("watercolor, muted blues" in s.prompt for s in made.segments)
    assert "watercolor" in made.visual.style
    assert "watercolor" in made.segments[-1].text


def test_what_is_not_wanted_goes_to_the_negative_prompt():
    made = plan("A cat sits on a wall.\n\nNegative: text, watermark")
    assert [s.negative for s in made.segments] == ["text, watermark"]
    assert "watermark" not in made.segments[0].prompt


def test_a_cast_list_and_a_setting():
    made = plan(
        "Title: The Clock\nCharacters:\n- Elsa: a girl of twelve, red braids\n- Herr Vogel — her father, wire spectacles\n\n"
        "Setting: a workshop in Prague.\n\nScene 1\nElsa winds a brass bird.\nScene 2\nHerr Vogel enters. He looks at it."
    )
    assert made.title == "The Clock"
    assert {c.name: c.look for c in made.cast} == {
        "Elsa": "a girl of twelve, red braids",
        "Herr Vogel": "her father, wire spectacles",
    }
    assert len(made.segments) == 2
    assert "Elsa (a girl of twelve, red braids) winds" in made.segments[0].prompt
    assert all("Setting: A workshop in Prague." in s.prompt for s in made.segments)


def test_code_quotes_and_braces_are_words():
    made = plan('Show {"scene": 1, "mood": "calm"} glowing on a terminal. He says "Mr. Fox is 3.5 m away... Run! Now!" and runs.')
    joined = " ".join(s.prompt for s in made.segments)
    assert '{"scene": 1, "mood": "calm"}' in joined
    assert any('"Mr. Fox is 3.5 m away... Run! Now!"' in s.prompt for s in made.segments)


def test_no_prompt_opens_on_a_joining_word():
    made = plan(LIGHTHOUSE, segments=22)
    assert not any(s.prompt.startswith(("And ", "But ", "Then ", "and ", "then ")) for s in made.segments)
    assert all(s.prompt[0].isupper() and s.prompt.rstrip()[-1] in '.!?"' for s in made.segments)


def test_chaining_has_one_keyframe_for_each_chain():
    made = plan(LIGHTHOUSE, mode="chaining")
    assert len(made.keyframes) == sum(s.join == "cut" for s in made.segments)
    assert made.continuous_joins > 0


# ---- keyframes ---------------------------------------------------------------------------------------------------------------


def test_keyframes_are_stills_of_the_beginning_and_the_end():
    made = plan(LIGHTHOUSE)
    opening = made.keyframe(next(s for s in made.segments if s.text.startswith("We begin")).first_keyframe)
    assert opening.prompt.startswith("High above the bay at dusk")
    assert opening.visual.camera.height == "aerial" and opening.visual.camera.move is None
    last = made.keyframe(made.segments[-1].last_keyframe)
    assert last.prompt.startswith("The lighthouse is a small white stroke on an enormous calm sea.")
    assert last.visual.light.time_of_day == "dawn"


def test_a_push_in_ends_closer_and_styles_reach_the_stills():
    made = plan("Style: ink wash.\n\nScene 1: wide shot of a house, slow push-in.\nScene 2: a door.")
    first, last = (made.keyframe(k) for k in (made.segments[0].first_keyframe, made.segments[0].last_keyframe))
    assert (first.visual.lens.framing, last.visual.lens.framing) == ("wide", "medium")
    assert "push-in" not in first.prompt and first.prompt != last.prompt
    assert all("ink wash" in k.prompt for k in made.keyframes)


def test_a_storyboard_as_assistants_write_them():
    made = plan(
        "Here's a 2-shot storyboard:\n\n**Shot 1: The Awakening** (0:00–0:05)\n*Visual:* A stone golem opens its eyes in a misty "
        "ravine.\n*Camera:* Slow dolly in, low angle.\n\n**Shot 2: The Child** (0:05–0:11)\n*Visual:* A child holds out a daisy."
    )
    assert seconds(made) == [5, 6]
    assert made.segments[0].prompt == (
        "The Awakening. A stone golem opens its eyes in a misty ravine. Camera: Slow dolly in, low angle."
    )
    assert made.visual_of(made.segments[0]).camera.move == "push_in"
    assert made.segments[1].prompt == "The Child. A child holds out a daisy."


def test_a_name_in_apposition_carries_its_look():
    made = plan(
        "A boy, Tomas, ten, in a patched blue jumper, kicks a ball. The ball rolls into the river. Tomas runs after it.",
        segments=3,
    )
    assert made.segments[2].prompt.startswith("Tomas (a boy, ten, in a patched blue jumper) runs after the ball.")


def test_german_nouns_are_not_names():
    made = plan("Nebel liegt auf dem Wasser. Das Wasser ist still. Ein Fischer sieht das Wasser und den Nebel.")
    assert made.cast == ()
