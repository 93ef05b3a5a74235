"""Parts of a film, and earlier clips that will do."""

from __future__ import annotations

import pytest

from longvid_core.errors import BadInput, UnknownName
from longvid_core.render.selection import chosen_segments
from longvid_core.seeds import segment_seed
from tests.films import Studio, changed, outcomes, small_plan
from tests.render.chalk import chalk


@pytest.mark.parametrize(
    "names, found",
    [("0", {0}), ("1-3", {1, 2, 3}), (" 0 , 2-3,", {0, 2, 3}), ("s01-s02", {1, 2}), ("s03", {3}), ("2-2", {2})],
)
def test_segments_are_named_by_number_id_and_range(names: str, found: set[int]) -> None:
    assert chosen_segments(small_plan(4), names) == {"only": found, "earlier": False}


def test_all_and_missing() -> None:
    assert chosen_segments(small_plan(2), "ALL") == {"only": None, "earlier": False}
    assert chosen_segments(small_plan(2), " missing ") == {"only": None, "earlier": True}


def test_an_id_with_a_dash_is_no_range() -> None:
    plan = changed(small_plan(3), 1, id="shot-2")
    assert chosen_segments(plan, "shot-2")["only"] == {1}


@pytest.mark.parametrize(
    "names, error, says",
    [
        ("4", UnknownName, "segment 4"),
        ("-1", BadInput, "either side"),
        ("1-", BadInput, "either side"),
        ("3-1", BadInput, "Write 1-3"),
        ("", BadInput, "names no segment"),
        ("first", UnknownName, "It has 0 to 3"),
    ],
)
def test_what_names_no_segment_is_refused(names: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        chosen_segments(small_plan(4), names)


@pytest.mark.parametrize("policy", ["derived", "stride", "universal"])
def test_a_part_is_a_film_of_its_own_with_the_same_clips(studio: Studio, policy: str) -> None:
    plan = changed(small_plan(5, cuts=(3,), seed_policy=policy), 2, reroll=1)
    part = studio.clips(plan, only={1, 2, 4})
    assert [o.id for o in part.outcomes] == ["s01", "s02", "s04"] == [s.id for s in part.plan.segments]
    assert [s.join for s in part.plan.segments] == ["cut", "continuous", "cut"]
    assert part.plan.film_frames == 3 * 5 - 1
    whole = studio.clips(plan)
    assert outcomes(whole) == ["rendered", "cached", "cached", "rendered", "cached"]
    seeds = [segment_seed(part.plan, s) for s in part.plan.segments]
    assert seeds == [segment_seed(plan, plan.segments[i]) for i in (1, 2, 4)]
    again = studio.clips(part.plan)
    assert outcomes(again) == ["cached"] * 3


def test_a_part_of_a_chain_begins_on_the_stored_clip_before_it(studio: Studio) -> None:
    plan = small_plan(4, mode="chaining")
    studio.clips(plan, only={0, 1})
    part = studio.clips(plan, only={2})
    assert outcomes(part) == ["rendered"]
    assert part.plan.segments[0].first_keyframe == "s02_start"
    assert outcomes(studio.clips(plan)) == ["cached", "cached", "cached", "rendered"]


def test_a_part_of_a_chain_whose_beginning_is_missing_says_which_segment_is(studio: Studio) -> None:
    part = studio.clips(small_plan(4, mode="chaining"), only={2, 3})
    assert outcomes(part) == ["failed", "failed"]
    assert "segment 1 (s01), which has no clip" in (part.outcomes[0].message or "")


def test_an_earlier_clip_will_do_where_that_is_asked(studio: Studio) -> None:
    plan = small_plan(3)
    thin, thick = chalk(1), chalk(2)
    first = studio.clips(plan, backend=thin)
    longer = changed(plan, 1, prompt="Shot 1: thunder.")
    mixed = studio.clips(longer, backend=thick, earlier=True)
    assert outcomes(mixed) == ["cached", "rendered", "cached"]
    assert [o.model.fingerprint["width"] for o in mixed.outcomes] == [1, 2, 1]
    assert [o.render_key for o in mixed.outcomes][::2] == [o.render_key for o in first.outcomes][::2]
    assert outcomes(studio.clips(longer, backend=thick)) == ["rendered", "cached", "rendered"]
    assert outcomes(studio.clips(plan, earlier=True)) == ["rendered"] * 3, "another provider's clip is no take of this one's"
