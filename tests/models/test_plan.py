"""Plans as values: frozen, exact in JSON, refused with a field's name when they contradict themselves."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from longvid_core.models import Keyframe, Plan, Segment, VisualState
from longvid_core.models.base import SEED_LIMIT, exact_fps

SEEDS = st.integers(0, SEED_LIMIT - 1)


def segment(index, first, last, join="continuous", **rest):
    return Segment(
        id=f"s{index + 1:02d}",
        index=index,
        join=join,
        prompt="a cat",
        frames=33,
        first_keyframe=first,
        last_keyframe=last,
        **rest,
    )


def make(*segments, mode="keyframe", keyframes=("k0", "k1", "k2", "k3"), **rest):
    frames = tuple(Keyframe(id=k, prompt="a cat") for k in keyframes)
    plan = {"title": "Cat", "mode": mode, "fps": 16, "width": 64, "height": 64, "seed": 7, **rest}
    return Plan(keyframes=frames, segments=segments, **plan)


def sound(**rest):
    return make(segment(0, "k0", "k1", "cut"), segment(1, "k1", "k2"), segment(2, "k3", None, "cut"), **rest)


@given(base=SEEDS, own=SEEDS)
def test_seeds_survive_json_as_decimal_strings(base, own):
    plan = make(segment(0, "k0", "k1", "cut", seed=own), seed=base)
    text = json.dumps(plan.json_value())
    assert f'"seed": "{base}"' in text and f'"seed": "{own}"' in text
    back = Plan.model_validate_json(text)
    assert (back.seed, back.segments[0].seed) == (base, own)
    assert back == plan


@pytest.mark.parametrize("seed", [-1, SEED_LIMIT, 1.0, True, "0x10", "", "-3", "١٢", " 7"])
def test_what_is_not_a_seed_is_refused(seed):
    with pytest.raises(ValidationError, match="seed"):
        sound(seed=seed)


def test_the_schema_says_that_seeds_are_strings():
    assert Plan.model_json_schema()["properties"]["seed"]["type"] == "string"


def test_plans_are_frozen_and_refuse_unknown_fields():
    plan = sound()
    with pytest.raises(ValidationError, match="frozen"):
        plan.title = "Dog"
    with pytest.raises(ValidationError, match="camrea"):
        Plan.model_validate({**plan.json_value(), "camrea": 1})
    with pytest.raises(ValidationError, match=r"segments\.1\.promt"):
        Plan.model_validate({**plan.json_value(), "segments": [plan.json_value()["segments"][0], {"promt": "x"}]})
    with pytest.raises(ValidationError, match="schema"):
        Plan.model_validate({**plan.json_value(), "schema": "longvid.plan/2"})


def test_frames_of_the_film_leave_out_the_shared_ones():
    plan = sound()
    assert plan.continuous_joins == 1
    assert plan.film_frames == 3 * 33 - 1


@pytest.mark.parametrize(
    ("segments", "message"),
    [
        ([segment(0, "k0", "k1", "cut"), segment(2, "k1", "k2")], r"segments\[1\] \(s03\)\.index is 2; it must be 1"),
        ([segment(0, "k0", "k9", "cut")], r"segments\[0\] \(s01\)\.last_keyframe names keyframe 'k9', which is not in keyframes"),
        ([segment(0, None, "k1", "cut")], r"segments\[0\] \(s01\)\.first_keyframe is null; keyframe mode needs one"),
        ([segment(0, "k0", "k1", "cut"), segment(1, "k2", "k3")], r"join is continuous, but it does not share a keyframe"),
        ([segment(0, "k0", "k1", "cut"), segment(1, "k1", "k2", "cut")], r"join is cut, but it shares a keyframe"),
        (
            [segment(0, "k0", "k1", "cut"), segment(1, "k1", "k2").model_copy(update={"id": "s01"})],
            "segments: id s01 is used more than once",
        ),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused_by_name(segments, message):
    with pytest.raises(ValidationError, match=message):
        make(*segments)


@pytest.mark.parametrize(
    ("segments", "message"),
    [
        ([segment(0, None, None, "cut")], "the first segment of a chain needs a first frame"),
        (
            [segment(0, "k0", None, "cut"), segment(1, None, None, "cut")],
            "in chaining mode a continuous join has first_keyframe null",
        ),
        ([segment(0, "k0", None, "cut"), segment(1, "k1", None)], r"segments\[1\] \(s02\)\.join is continuous"),
    ],
)
def test_a_chain_that_contradicts_itself_is_refused_by_name(segments, message):
    with pytest.raises(ValidationError, match=message):
        make(*segments, mode="chaining")


def test_two_keyframes_of_one_id_are_refused():
    with pytest.raises(ValidationError, match="keyframes: id k0 is used more than once"):
        make(segment(0, "k0", None, "cut"), keyframes=("k0", "k0"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("width", 63), ("height", 8), ("width", 9000), ("mode", "both"),
        ("fps", 0), ("fps", True), ("fps", None), ("fps", [16]), ("fps", "fast"), ("fps", 1e-9), ("fps", 10**400),
        ("fps", float("nan")), ("seed_step", 2**60), ("title", "a\0b"),
    ],
)  # fmt: skip
def test_impossible_settings_name_their_field(field, value):
    with pytest.raises(ValidationError, match=field):
        sound(**{field: value})


@pytest.mark.parametrize(("field", "value"), [("prompt", " \n"), ("reroll", 10**20), ("frames", 10**20)])
def test_what_no_key_could_be_made_of_names_its_field(field, value):
    with pytest.raises(ValidationError, match=field):
        Segment(**{**segment(0, "k0", "k1", "cut").model_dump(), field: value})


@pytest.mark.parametrize("weight", [float("nan"), float("inf")])
def test_a_style_weighs_something(weight):
    with pytest.raises(ValidationError, match="style"):
        VisualState(style={"ink": weight})


def test_keyframes_are_replaced_by_id():
    plan = sound()
    new = plan.with_keyframes([Keyframe(id="k2", prompt="a dog")])
    assert [k.prompt for k in new.keyframes] == ["a cat", "a cat", "a dog", "a cat"]
    assert new.keyframe("k2").prompt == "a dog"
    with pytest.raises((KeyError, StopIteration)):
        plan.keyframe("none")


def test_ntsc_rates_are_exact():
    assert exact_fps(29.97) == exact_fps(30000 / 1001) != 30
    assert (exact_fps(23.976).denominator, exact_fps(24), exact_fps(12.5)) == (1001, 24, 12.5)


def test_a_segments_state_lies_over_the_plans():
    plan = sound(visual=VisualState(palette=("red",), style={"noir": 1.0}))
    over = plan.segments[0].model_copy(update={"visual": VisualState(style={"ink": 0.5})})
    assert plan.visual_of(over) == VisualState(palette=("red",), style={"noir": 1.0, "ink": 0.5})
