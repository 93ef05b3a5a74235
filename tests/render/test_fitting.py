"""Prompts brought within a model's limit: never over it, nothing lost, nothing touched that fits."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longvid_core.catalog.models import PromptLimit
from longvid_core.models import VisualState
from longvid_core.providers.base import in_words
from longvid_core.render.fitting import fit_prompt, length_of

UNITS = ("characters", "utf16", "tokens")
LIMITS = st.builds(lambda unit, most: PromptLimit(**{unit: most}), st.sampled_from(UNITS), st.integers(12, 300))
TEXT = "a boat|the old lighthouse|3.5 metres|😀|👩‍👩‍👧|雨の中|дождь|naïve|e\u0301|𝔸𝔹|rain-soaked|" + "x" * 40
WORDS = st.sampled_from(TEXT.split("|"))
MARKS = st.sampled_from([", ", ". ", "; ", " ", "，", "。", "! ", "… ", ": ", "\n", " – "])
TEXTS = st.lists(st.tuples(WORDS, MARKS), min_size=1, max_size=40).map(lambda pairs: "".join(a + b for a, b in pairs).strip())
THINGS = st.lists(WORDS, max_size=8).map(tuple)
LOOKS = st.builds(VisualState, palette=THINGS, wardrobe=THINGS, props=THINGS)


def letters(text: str) -> str:
    """The text without what joins its clauses, and without capitals."""
    return re.sub(r"[\W_]+", "", text.casefold())


@settings(max_examples=300, deadline=None)
@given(TEXTS, LOOKS, LIMITS)
def test_it_is_never_over_the_limit_and_nothing_is_lost(prompt: str, visual: VisualState, limit: PromptLimit) -> None:
    fitted = fit_prompt(prompt, visual, limit)
    length, most = length_of(fitted.sent, limit)
    assert 0 < length <= most
    assert letters(fitted.sent + fitted.left_out) == letters(in_words(prompt, visual))


@settings(max_examples=100, deadline=None)
@given(TEXTS, LOOKS)
def test_what_fits_goes_as_it_is(prompt: str, visual: VisualState) -> None:
    whole = in_words(prompt, visual)
    assert fit_prompt(prompt, visual, None) == (whole, "")
    for unit in UNITS:
        exact = length_of(whole, PromptLimit(**{unit: 1}))[0]
        assert fit_prompt(prompt, visual, PromptLimit(**{unit: exact})) == (whole, "")


@settings(max_examples=100, deadline=None)
@given(st.text(min_size=1).filter(str.strip), LIMITS)
def test_any_text_at_all_can_be_sent(prompt: str, limit: PromptLimit) -> None:
    fitted = fit_prompt(prompt, VisualState(), limit)
    assert length_of(fitted.sent, limit)[0] <= length_of(fitted.sent, limit)[1]
    fitted.sent.encode("utf-16-le", "surrogatepass")


def test_the_look_goes_before_the_story_and_each_from_its_end() -> None:
    prompt, visual = "A boat leaves. Gulls follow it, crying.", VisualState(wardrobe=("a red coat",), props=("a lamp",))
    whole = in_words(prompt, visual)
    sent = [fit_prompt(prompt, visual, PromptLimit(characters=n)).sent for n in range(len(whole), 13, -1)]
    shorter = list(dict.fromkeys(sent))
    assert shorter[0] == whole
    assert shorter[-2:] == ["A boat leaves. Gulls follow it.", "A boat leaves."]
    assert prompt in shorter, "before a word of the story goes, all of the look has gone"
    fitted = fit_prompt(prompt, visual, PromptLimit(characters=len(prompt)))
    assert fitted.sent == prompt and "lamp" in fitted.left_out and "red coat" in fitted.left_out


@pytest.mark.parametrize(
    ("limit", "most"), [(PromptLimit(utf16=10), 5), (PromptLimit(characters=10), 10), (PromptLimit(tokens=10), 7)]
)
def test_an_emoji_counts_as_its_unit_counts_it(limit: PromptLimit, most: int) -> None:
    assert fit_prompt("😀" * 50, VisualState(), limit).sent == "😀" * most


def test_one_long_clause_ends_at_a_word() -> None:
    prompt = "the long slow river carries every boat of the town down to the sea"
    fitted = fit_prompt(prompt, VisualState(), PromptLimit(characters=30))
    assert fitted == ("the long slow river carries", "every boat of the town down to the sea")


def test_numbers_and_abbreviations_are_no_ends_of_clauses() -> None:
    fitted = fit_prompt("It moves 3.5 metres at 10:30 now, then it stops there", VisualState(), PromptLimit(characters=36))
    assert fitted == ("It moves 3.5 metres at 10:30 now.", "then it stops there")


def test_the_tightest_of_several_limits_counts() -> None:
    assert length_of("😀😀", PromptLimit(characters=100, utf16=5)) == (4, 5)
