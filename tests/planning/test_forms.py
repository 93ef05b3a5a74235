"""Texts of many forms: what is a title, a wish or a note is not filmed, and what is story is."""

from __future__ import annotations

import re

import pytest

from longvid_core.errors import BadInput

from .scripts import letters, plan


def prompts(made):
    return [s.prompt for s in made.segments]


def test_a_shooting_script_with_a_title_numbers_at_both_ends_and_looks_in_brackets():
    made = plan(
        "THE LAST TRAM\n\nFADE IN:\n\n1  EXT. DEPOT - DAWN  1\n\nVERA (58, grey bun) unlocks the gate.\n\nCUT TO:\n\n"
        "2  INT. TRAM 17 - DAY  2\n\nVera wipes the windscreen. She sits down."
    )
    assert made.title == "THE LAST TRAM"
    assert [(c.name, c.look) for c in made.cast] == [("Vera", "58, grey bun")]
    assert prompts(made) == [
        "Exterior: depot, dawn. Vera (58, grey bun) unlocks the gate.",
        "Interior: tram 17, day. Vera (58, grey bun) wipes the windscreen. She sits down.",
    ]


def test_a_line_on_top_is_a_title_only_where_it_reads_like_one():
    assert plan("The Owl\n\nAn owl wakes in the barn. It flies out over the field.").title == "The Owl"
    for opening in ("A lighthouse in fog\n\nCUT TO: a sailor asleep.", "Dawn\n\nA boat leaves the harbour."):
        assert plan(opening).segments[0].prompt.startswith(opening.split("\n")[0])


def test_a_bible_goes_by_its_scenes_and_knows_everyone_it_names():
    made = plan(
        "# Keepers\n\n## Characters\n**Ines**: 34, long ochre coat.\n**The Warden** — tall, faceless, a cloak of wet wool.\n\n"
        "## Episode 1: The Pass\n\n### Scene 1\nInes climbs.\n\n### Scene 2\nThe Warden waits. He holds out a hand."
    )
    assert [c.name for c in made.cast] == ["Ines", "The Warden"]
    assert prompts(made) == [
        "The Pass. Ines (34, long ochre coat) climbs.",
        "The Pass. The Warden (tall, faceless, a cloak of wet wool) waits. He holds out a hand.",
    ]


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ("No people, no text.", "people, text"),
        ("Do not show the sky.", "sky"),
        ("Don't add subtitles or logos.", "subtitles, logos"),
        ("Avoid any modern cars.", "modern cars"),
    ],
)
def test_what_a_sentence_forbids_is_negative_and_not_filmed(said, refused):
    made = plan(f"An empty park at dawn. {said} The carousel turns by itself. A crow lands on it.")
    assert {s.negative for s in made.segments} == {refused}
    assert all(s.prompt.endswith(f"No {refused.replace(', ', ', no ')}.") for s in made.segments)
    assert not any(said in s.prompt for s in made.segments if said[0] != "N")


@pytest.mark.parametrize(
    "said", ["No wind.", "Never again.", "He avoids the puddle.", "Don't look back, she says.", "No people know it."]
)
def test_a_no_of_the_story_is_story(said):
    made = plan(f"An empty park at dawn. {said} The carousel turns by itself.")
    assert said.rstrip(".") in " ".join(prompts(made)) and not made.segments[0].negative


def test_lines_that_open_with_a_name_and_a_time():
    made = plan(
        "VIDEO PROMPT — 15s, 9:16\nHook (0–3s): A runner ties her shoe.\nProblem (3–7s): She slips on the stairs.\n"
        "The Leap (7–15s): She jumps.\nLighting: neon, rainy night. Camera: handheld."
    )
    assert [round(s.frames / 16) for s in made.segments] == [3, 4, 8]
    tail = " Lighting: Neon, rainy night. Camera: Handheld."
    assert [p.removesuffix(tail) for p in prompts(made)] == [
        "A runner ties her shoe.", "The runner slips on the stairs.", "The Leap. The runner jumps.",
    ]  # fmt: skip


def test_a_song_goes_by_its_verses():
    made = plan("[Verse 1]\nStreetlights hum in July\nYou on the hood of a car\n\n[Chorus]\nWe were gold\nRunning in our clothes")
    assert [s.join for s in made.segments] == ["cut", "cut"]
    assert prompts(made)[0] == "Streetlights hum in July, You on the hood of a car."
    assert "Verse" not in made.title and "[" not in "".join(prompts(made))


def test_a_verse_line_that_leans_on_the_one_before_stays_with_it():
    made = plan("A woman counts the boats as they come in\nand, one boat short, begins to count again.\nThe tide turns.")
    assert prompts(made)[0].startswith("A woman counts the boats as they come in and, one boat short, begins")


def test_camera_notes_in_brackets_are_whole_and_nobody():
    made = plan("A man drinks. [CUT TO: CLOSE UP] Water runs down his beard. [DRONE, RISING] The lake has no edges.")
    assert prompts(made)[1].startswith("CLOSE UP: Water runs down")
    assert made.visual_of(made.segments[1]).lens.framing == "close"
    assert all(c.name != "Drone" for c in made.cast)


def test_sounds_in_the_midst_of_a_story_swallow_none_of_it():
    made = plan("A page turns by itself. SFX: thunder, far away. The librarian does not wake. A moth lands on her hand.")
    said = " ".join(prompts(made))
    assert said.count("thunder") == 1 and "The librarian does not wake." in said and "moth lands" in said


def test_a_length_label_leaves_the_rest_of_its_line_to_the_story():
    made = plan("Duration: 20 seconds. A cat sits on a wall. A dog barks at it.")
    assert "A cat sits on a wall." in made.segments[0].prompt and abs(made.film_frames - 320) <= 2


def test_notes_below_a_film_are_its_own_and_no_shot():
    made = plan(
        "# Market\n*A 6-second film*\n\n**Style:** felt puppets\n\n### The Stall\nA fox opens a stall.\n\n---\nNotes:\n- no logos"
    )
    assert prompts(made) == ["The Stall. A fox opens a stall. Style: felt puppets. No logos."]
    made = plan("Scene 1: A boat.\nScene 2: A gull.\nStyle: watercolour. Duration: 12 seconds.")
    assert len(made.segments) == 2 and abs(made.film_frames - 192) <= 2
    assert all(p.endswith("Style: watercolour.") for p in prompts(made))


def test_wishes_for_one_character_and_a_look():
    made = plan(
        "Use a consistent character: a beekeeper named Odile, about sixty, white veil. First we see her walking through "
        "lavender. She opens a hive. Make it look like a Kodak Portra photograph."
    )
    assert [(c.name, c.look) for c in made.cast] == [("Odile", "a beekeeper, about sixty, white veil")]
    assert prompts(made)[0].startswith("First we see Odile (a beekeeper, about sixty, white veil) walking")
    assert all("ooks like a Kodak Portra photograph" in p for p in prompts(made)) and "Make it" not in "".join(prompts(made))


def test_rows_of_a_table_with_times():
    text = "| Time | Visual |\n|---|---|\n| 0-4s | A cat watches rain |\n| 4-9s | The cat sees a moth and follows it |"
    made = plan(text)
    assert [round(s.frames / 16) for s in made.segments] == [4, 5]
    assert prompts(made) == ["A cat watches rain.", "The cat sees a moth and follows it."]
    assert letters("".join(s.text for s in made.segments)) == letters(text)


def test_vowel_signs_belong_to_their_words():
    made = plan("एक लड़की मुस्कुराती है। ट्रेन गुज़रती है।")
    assert made.visual.light.time_of_day is None and all(s.visual.light.time_of_day is None for s in made.segments)


def test_times_before_the_beats_of_one_line():
    made = plan("0-3s: a match is struck. 3-6s: the flame lights a face. 6-10s: she lights a lantern.")
    assert [round(s.frames / 16) for s in made.segments] == [3, 3, 4]
    assert prompts(made)[1] == "The flame lights a face."


def test_who_says_farewell_below_a_storyboard_is_not_filmed():
    made = plan("Here's a 2-shot storyboard:\n\nShot 1: A boat.\n\nShot 2: A gull.\n\nLet me know if you'd like any changes!")
    assert prompts(made) == ["A boat.", "A gull."]


def test_a_question_for_a_film_is_the_film_and_ages_pass_in_cuts():
    made = plan("Can you make me a video of bread? Start with a woman grinding grain. Then Egyptian bakers with clay moulds.")
    assert prompts(made) == ["A woman grinding grain. A video of bread.", "Egyptian bakers with clay moulds. A video of bread."]
    assert made.segments[1].join == "cut"


def test_people_told_of_first_are_known_by_name_and_once():
    made = plan(
        "Maya is a tall woman with silver braids. Theo is her son, eight, in dinosaur pyjamas. She runs down the street. "
        "He laughs."
    )
    assert [(c.name, c.look) for c in made.cast] == [
        ("Maya", "a tall woman with silver braids"), ("Theo", "her son, eight, in dinosaur pyjamas"),
    ]  # fmt: skip


def test_days_of_a_diary_and_scenes_in_arabic_are_cuts():
    made = plan("Monday, 3 March. I found a letter. Tuesday, 4 March. I opened it.")
    assert [s.text.split(",")[0] for s in made.segments if s.join == "cut"] == ["Monday", "Tuesday"]
    made = plan("المشهد ١: صحراء عند الغروب.\nالمشهد ٢: طفل يركض.\nالمدة: ١٤ ثانية")
    assert [s.join for s in made.segments] == ["cut", "cut"] and abs(made.film_frames - 224) <= 2
    assert prompts(made)[1] == "طفل يركض."


def test_a_length_after_a_full_stop_is_no_sentence():
    made = plan("镜头一：木门打开。（4秒）\n镜头二：老人闭眼。（3秒）")
    assert prompts(made) == ["木门打开。", "老人闭眼。"] and [round(s.frames / 16) for s in made.segments] == [4, 3]


def test_a_long_sentence_is_not_cut_before_its_noun():
    made = plan(
        "In a city where every clock has stopped a young repairwoman with a leather apron climbs from rooftop to rooftop "
        "carrying a single golden gear past pigeons and sleeping cats until she reaches the tower and the whole city inhales.",
        segments=2,
    )  # fmt: skip
    assert made.segments[0].text.split()[-1] not in ("a", "single", "golden", "the", "sleeping")


def test_json_goes_by_its_shots_and_its_keys_say_what_is_what():
    text = """```json
{"title": "Salt", "visual_style": "35mm film, dusty", "aspectRatio": "16:9",
 "characters": [{"name": "Amara", "description": "tall, blue robe"}],
 "shots": [
  {"id": 1, "timestamp": "0:00-0:04", "visual": "Amara walks along a ridge. \\"Nearly,\\" she says.", "camera": "static"},
  {"id": 2, "seconds": 6, "location": "a well", "description": "She drinks.", "sfx": "wind"}
 ], "negative_prompt": "text"}
```"""
    made = plan(text)
    assert made.title == "Salt" and [round(s.frames / 16) for s in made.segments] == [4, 6]
    assert prompts(made) == [
        'Amara (tall, blue robe) walks along a ridge. "Nearly," she says. Camera: static. Style: 35mm film, dusty.',
        "A well. Amara (tall, blue robe) drinks. Sfx: wind. Style: 35mm film, dusty.",
    ]
    assert [s.join for s in made.segments] == ["cut", "cut"] and made.segments[0].negative == "text"
    assert made.visual_of(made.segments[0]).camera.move == "static"
    assert letters("".join(s.text for s in made.segments)) == letters(text)


def test_json_of_one_shot_is_one_and_braces_that_are_none_are_words():
    made = plan('{"subject": {"description": "A potter in an indigo apron"}, "action": "He lifts a bowl.", "duration": "8s"}')
    assert len(made.segments) == 1 and round(made.segments[0].frames / 16) == 8
    assert made.segments[0].prompt == "The potter (A potter in an indigo apron) lifts a bowl."
    assert plan('{"whatever": "whatever"}').segments[0].prompt == "Whatever."
    assert plan("{a: [1]} blinks on a screen.").segments[0].prompt.startswith("{a: [1]}")


def test_more_marks_of_parts_and_settings_of_other_tools():
    for text in (
        "Verse 1\nI left my shoes.\n\nChorus\nCarry me.",
        "1/ A city.\n2/ A baker.",
        "Image 1: a globe.\nImage 2: a woman.",
    ):
        made = plan(text)
        assert [s.join for s in made.segments] == ["cut", "cut"] and not set("1/2") & set("".join(prompts(made)))
    assert prompts(plan("A neon koi swims through a street --ar 16:9 --v 6")) == ["A neon koi swims through a street."]
    made = plan("シーン1（5秒）：海辺の駅。\nシーン2（7秒）：少女が電車を降りる。\n禁止：文字")
    assert made.segments[0].negative == "文字" and "禁止" not in "".join(prompts(made))


@pytest.mark.parametrize(
    "story",
    [
        "Avoid the red house, the old man warns. She nods.",
        "Don't use the front stairs. She creeps through the cellar.",
        "Don't show this to Mother. Tom seals the letter.",
        "Make it look like an accident, he whispered. She takes the rope.",
        "Notes: she pins them to the wall. The wall is full.",
        "Where: nobody knows. A bell rings.",
        "Talent: none. He sings anyway.",
        "Name: nobody knows it. The child shrugs.",
        "Title: two boxers circle each other in the ring.\nThe bell rings.",
        "Duration: unknown. The ship drifts.",
        "Länge: drei Meter. Die Schlange schläft.",
        "Vermeiden: das rote Haus, sagt der Alte. Das Kind nickt.",
        "I want five scenes painted on the wall, says the queen. The painter bows.",
        "No music, no light, only the sea. A boat drifts.",
        "Shot in the leg, the soldier crawls. A dog licks him.",
        "5:30 - the bakery opens.\n6:15 - the first customer comes.",
        "5:30. The bakery opens. 6:15. The first customer comes.",
        "0:59 left on the clock. The striker shoots.",
        "Resolution: he quits. The sea takes the cigarettes.",
        "避免：战争，老人说。孩子点头。",
        "1. A boy stirs soup.\n2. A tramp eats. If you'd like more soup, ring the bell.",
    ],
)
def test_story_in_the_form_of_a_note_is_filmed(story):
    made = plan(story)
    shown = " ".join(prompts(made))
    assert all(word in shown for word in re.findall(r"[^\W\d_]{4,}", story)) and len(made.segments) < 5
    assert not any(s.negative for s in made.segments) and not {"Style:", "Setting:"} & set(shown.split())


def test_labels_in_the_midst_of_prose_take_their_own_sentence_only():
    made = plan("A boat leaves. Avoid: gulls, ropes. The harbour wakes.")
    assert made.segments[0].negative == "gulls, ropes" and "The harbour wakes." in prompts(made)[-1]
    assert len(plan("Two minutes long, the train passes. The children wave.").segments) == 1
    made = plan("[10:02] Ana: are you there?\n[10:03] Ben: look, a whale!")
    assert len(made.segments) == 2 and all(s.frames < 100 for s in made.segments)


@pytest.mark.parametrize("said", ["Style: x\n" * 200, "x" + " " * 2000 + "y", "INT. " * 500, "0:00-0:05\n" * 300])
def test_texts_of_little_but_marks_are_planned_whole_or_refused(said):
    try:
        assert letters("".join(s.text for s in plan(said).segments)) == letters(said)
    except BadInput as refused:
        assert "no words to film" in str(refused)
