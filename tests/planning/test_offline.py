"""What holds for every plan, whatever the prompt."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longvid_core.errors import BadInput, CannotRender, LongvidError
from longvid_core.models import Plan
from longvid_core.models.base import exact_fps
from longvid_core.planning.brief import Brief, Limits
from longvid_core.planning.offline import OfflinePlanner, plan_offline
from tests.planning.scripts import BY_LIST, BY_RULE, EVERY, HATED, LIGHTHOUSE, PROMPTS, UNEVEN, letters, plan

ALL_LIMITS = [BY_RULE, BY_LIST, UNEVEN, EVERY]
FRAGMENTS = [
    "Scene 1:", "SCENE TWO -", "CUT TO:", "INT. KITCHEN - NIGHT", "# Title", "## Style", "- ", "1. ", "2) ", "(4s)",
    "[0:01-0:04]", "Style:", "Character: MIRA, nine", "\n", "\n\n", " ", "She runs.",
    "A red fox in a coat walks; then it sleeps.", "Dawn.", "「高く！」と言う。", "犬が走る、猫が寝る。", "👩‍👩‍👧‍👦",
    "🇫🇷", "...", "Mr. X", "**bold**", "---", "```", "مرحبا، كيف؟", "\x00", "\r\n", "for 6 seconds", "a 15-second ad",
    "*", "_", "{a: [1]}", '"hi', "“quote”", "| a | 4s |", "→", "Music video, 1:30.", "JOE, 60s, grips.", "Both sleep.",
    "Five shots, 20 seconds in total.", "4 x 5s each", "[Verse 1]", "No people.", '{"shots": ["a", {"b": "c"}]}', "Hook (0-3s): ",
    "３０秒の動画", "（4秒）", "VERA (58) waits.", "Shots: 3",
]  # fmt: skip
WILD = st.one_of(
    st.text(max_size=80),
    st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=8)), max_size=14).map("".join),
    st.lists(st.sampled_from(FRAGMENTS), max_size=14).map(" ".join),
)


def check(made: Plan, prompt: str, limits: Limits) -> None:
    """The promises every plan keeps."""
    assert letters("".join(s.text for s in made.segments)) == letters(prompt)
    assert all(s.prompt.strip() for s in made.segments)
    assert [s.frames for s in made.segments] == [limits.nearest(s.frames) for s in made.segments]
    assert made.segments[0].join == "cut"
    assert Plan.model_validate(made.json_value()) == made
    names = {k.id for k in made.keyframes}
    used = {k for s in made.segments for k in (s.first_keyframe, s.last_keyframe) if k}
    assert names == used
    if made.mode == "chaining":
        assert all(s.last_keyframe is None for s in made.segments)


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    prompt=WILD,
    limits=st.sampled_from(ALL_LIMITS),
    mode=st.sampled_from(["keyframe", "chaining"]),
    segments=st.none() | st.integers(1, 25),
    seconds=st.none() | st.floats(0.1, 200),
)
def test_any_text_gives_a_sound_plan_or_a_clear_refusal(prompt, limits, mode, segments, seconds):
    brief = Brief(prompt=prompt, mode=mode, segments=segments, seconds=seconds)
    try:
        made = plan_offline(brief, limits)
    except LongvidError as error:
        assert error.way_out
        return
    check(made, prompt, limits)
    assert segments is None or len(made.segments) == segments
    assert plan_offline(brief, limits) == made


@pytest.mark.parametrize("mode", ["keyframe", "chaining"])
@pytest.mark.parametrize("name", PROMPTS)
def test_every_kind_of_prompt_keeps_the_promises(name, mode):
    for limits in (BY_RULE, BY_LIST):
        check(plan(PROMPTS[name], limits, mode=mode), PROMPTS[name], limits)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 20, 60])
@pytest.mark.parametrize("name", [n for n in PROMPTS if n != "long"])
def test_a_number_of_segments_is_met_exactly(name, count):
    made = plan(PROMPTS[name], segments=count)
    assert len(made.segments) == count
    check(made, PROMPTS[name], BY_RULE)


def test_more_segments_than_beats_are_moments_that_differ():
    made = plan("A woman in a red coat walks across the bridge.", segments=6)
    assert len({s.prompt for s in made.segments}) == 6
    assert all("red coat" in s.prompt for s in made.segments)
    assert all(s.join == "continuous" for s in made.segments[1:])
    assert len({k.prompt for k in made.keyframes}) == 7


def test_words_are_never_cut_in_two():
    made = plan(LIGHTHOUSE, segments=90)
    assert " ".join(s.text for s in made.segments).split() == LIGHTHOUSE.split()


@pytest.mark.parametrize("text", HATED["emoji"].split("➡️"))
def test_joined_emoji_and_flags_stay_whole(text):
    made = plan(text * 6, segments=9)
    whole = "".join(s.text for s in made.segments)
    assert whole == text * 6
    assert not any(s.text.startswith(("\u200d", "\ufe0f")) or s.text.endswith("\u200d") for s in made.segments)
    assert all(sum("\U0001f1e6" <= c <= "\U0001f1ff" for c in s.text) % 2 == 0 for s in made.segments)


# ---- lengths -----------------------------------------------------------------------------------------------------------------


def nearest_total(limits: Limits, count: int, joins: int, wanted: float) -> float:
    """How near any choice of `count` legal lengths comes to `wanted` frames of film, by trying all of them."""
    lengths = limits.choices or tuple(range(limits.shortest, limits.longest + 1, limits.rule.step))
    sums = {0}
    for _ in range(count):
        sums = {s + n for s, n in itertools.product(sums, lengths)}
    return min(abs(s - joins - wanted) for s in sums)


@pytest.mark.parametrize("limits", ALL_LIMITS, ids=lambda each: each.backend)
@pytest.mark.parametrize("count", [2, 3, 5])
def test_the_films_length_is_the_nearest_there_is(limits, count):
    rate = float(exact_fps(limits.fps))
    low, high = count * limits.shortest / rate, count * limits.longest / rate
    for share in (0.0, 0.21, 0.5, 0.77, 1.0):
        seconds = low + (high - low) * share
        made = plan(LIGHTHOUSE, limits, seconds=seconds, segments=count)
        miss = abs(made.film_frames - seconds * rate)
        assert miss <= nearest_total(limits, count, made.continuous_joins, seconds * rate) + 1e-6


@pytest.mark.parametrize("seconds", [3, 10, 15, 30, 61.3, 240])
@pytest.mark.parametrize("name", ["lighthouse", "kite", "watch", "one word", "japanese"])
def test_seconds_are_met_within_half_a_step(name, seconds):
    made = plan(PROMPTS[name], seconds=seconds)
    assert abs(made.film_frames - seconds * 16) <= 2


def test_what_cannot_be_is_refused_with_what_can():
    with pytest.raises(CannotRender, match=r"seconds is 600, and 2 segments of wan make 1\.\d+ to 20\.\d+ s"):
        plan(LIGHTHOUSE, seconds=600, segments=2)
    with pytest.raises(CannotRender, match="seconds is 5, and 30 segments"):
        plan(LIGHTHOUSE, seconds=5, segments=30)
    with pytest.raises(CannotRender, match="2000 segments"):
        plan(LIGHTHOUSE, seconds=80_000)


def test_a_model_without_legal_lengths_is_named():
    with pytest.raises(BadInput, match="nowhere lists no legal length"):
        plan("A cat.", Limits(backend="nowhere", fps=16), seconds=4)


@pytest.mark.parametrize("nothing", ["", "   \n\t ", "...", "---\n***", "Scene 1:\n\nScene 2:", "CUT TO:", "\x00", "#\n##"])
def test_a_prompt_without_words_is_refused(nothing):
    with pytest.raises(BadInput, match="^prompt ") as refusal:
        plan(nothing)
    assert refusal.value.way_out


# ---- the rest of the plan ----------------------------------------------------------------------------------------------------


def test_the_same_brief_is_the_same_plan_and_another_seed():
    assert plan(LIGHTHOUSE) == plan(LIGHTHOUSE)
    seeds = {plan(LIGHTHOUSE, **brief).seed for brief in ({}, {"seconds": 30}, {"segments": 4}, {"mode": "chaining"})}
    seeds.add(plan(LIGHTHOUSE + " The end of it.").seed)
    assert len(seeds) == 5
    assert plan(LIGHTHOUSE, seed=2**64 - 1).seed == 2**64 - 1
    assert plan(LIGHTHOUSE, title="Other").seed == plan(LIGHTHOUSE).seed


def test_options_go_into_the_plan_as_they_are():
    made = plan(PROMPTS["watch"], width=480, height=832, fit="pad", seed_policy="stride", seed_step=7, title="Time")
    assert (made.width, made.height, made.fit, made.seed_policy, made.seed_step, made.title, made.fps) == (
        480, 832, "pad", "stride", 7, "Time", 16,
    )  # fmt: skip


def test_vertical_in_the_text_changes_no_geometry():
    made = plan(PROMPTS["watch"])
    assert (made.width, made.height) == (832, 480)


async def test_the_planner_is_the_function():
    brief = Brief(prompt=LIGHTHOUSE)
    assert await OfflinePlanner().plan(brief, BY_RULE) == plan_offline(brief, BY_RULE)


def test_ids_sort_as_they_come():
    made = plan(HATED["long"], segments=120)
    assert [s.id for s in made.segments] == sorted(s.id for s in made.segments)
    assert made.segments[0].id == "s001"
    assert made.keyframes[0].id == "k000"


def test_neighbours_share_a_keyframe_exactly_when_the_film_flows():
    made = plan(LIGHTHOUSE)
    assert {s.join for s in made.segments[1:]} == {"cut", "continuous"}
    for before, after in itertools.pairwise(made.segments):
        assert (before.last_keyframe == after.first_keyframe) == (after.join == "continuous")


def test_controls_stay_in_the_text_and_out_of_the_prompt():
    made = plan(HATED["controls"])
    assert "\x00" in "".join(s.text for s in made.segments)
    assert not any(c in s.prompt for s in made.segments for c in "\x00\x07\u202e")


def test_beats_that_share_a_segment_get_one_each_before_any_is_shown_twice() -> None:
    plan = plan_offline(Brief(prompt="A boat at sea. It sinks. Night falls.", segments=3), BY_RULE)
    assert [s.text for s in plan.segments] == ["A boat at sea.", "It sinks.", "Night falls."]


def test_rain_does_not_follow_into_a_place_of_snow() -> None:
    plan = plan_offline(Brief(prompt="Rain in the city at night. Snow on the hills.", segments=2), BY_RULE)
    assert "rain" not in plan.segments[1].prompt.lower()
