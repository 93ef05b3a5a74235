"""The visual state: laid over a base, and told in words that are always the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from longvid_core.models import Camera, Lens, Light, VisualState

WORDS = st.lists(st.sampled_from(["red", "coat", "blue wool cap", "lantern"]), max_size=3, unique=True).map(tuple)
STATES = st.builds(
    VisualState,
    camera=st.builds(
        Camera,
        move=st.sampled_from([None, "push_in", "static", "handheld"]),
        height=st.sampled_from([None, "low", "aerial"]),
        speed=st.sampled_from([None, "slow"]),
    ),
    lens=st.builds(
        Lens,
        focal_length_mm=st.sampled_from([None, 35, 85]),
        framing=st.sampled_from([None, "wide"]),
        aperture=st.sampled_from([None, 2.8]),
    ),
    light=st.builds(
        Light,
        time_of_day=st.sampled_from([None, "dusk"]),
        quality=st.sampled_from([None, "soft"]),
        temperature_k=st.sampled_from([None, 3200]),
    ),
    palette=WORDS,
    wardrobe=WORDS,
    props=WORDS,
    style=st.dictionaries(st.sampled_from(["noir", "ink", "gouache"]), st.sampled_from([0.5, 1.0, 1.3]), max_size=2),
)  # fmt: skip


@given(STATES)
def test_nothing_over_a_base_is_the_base(state):
    assert VisualState().over(state) == state == state.over(VisualState()) == state.over(state)


@given(STATES, STATES, STATES)
def test_laying_over_is_associative(a, b, c):
    assert a.over(b).over(c) == a.over(b.over(c))


@given(STATES)
def test_words_are_the_same_after_json_and_in_any_order_of_styles(state):
    turned = state.model_copy(update={"style": dict(reversed(state.style.items()))})
    assert VisualState.model_validate(state.json_value()).to_prompt() == state.to_prompt() == turned.to_prompt()
    assert bool(state.to_prompt()) == (state != VisualState() and state != VisualState(camera=Camera(speed="slow")))


def test_every_field_has_its_words():
    state = VisualState(
        camera=Camera(move="push_in", height="low", speed="slow"),
        lens=Lens(focal_length_mm=35, framing="close", aperture=1.8),
        light=Light(time_of_day="dusk", key_direction="left", quality="soft", temperature_k=3600),
        palette=("slate", "copper"),
        wardrobe=("blue wool cap",),
        props=("storm lantern",),
        style={"noir": 1.0, "film grain": 0.6},
    )
    assert state.to_prompt() == (
        "close-up, low angle, slow push-in, 35 mm lens, f/1.8, dusk light, soft key light from the left, 3600 K, "
        "palette of slate, copper, wearing blue wool cap, with storm lantern, film grain (0.6), noir"
    )


@pytest.mark.parametrize(
    ("part", "field", "value"),
    [
        (Camera, "move", "swoop"),
        (Lens, "aperture", 0),
        (Lens, "focal_length_mm", 1),
        (Light, "temperature_k", 100),
        (Light, "sun", 1),
    ],
)
def test_what_no_camera_can_do_is_refused(part, field, value):
    with pytest.raises(ValidationError, match=field):
        part(**{field: value})


def test_states_compare_by_content():
    assert VisualState(style={"a": 1, "b": 2}) == VisualState(style={"b": 2, "a": 1})
    assert VisualState(palette=("red",)) != VisualState(palette=("blue",))
