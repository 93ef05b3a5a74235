"""Seed policies, as someone who rerolls and inserts shots would notice them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longvid_core.errors import BadInput, UnknownName
from longvid_core.models import Keyframe, Plan, Segment
from longvid_core.models.base import SEED_LIMIT
from longvid_core.seeds import draw_seed, hashed_seed, keyframe_seed, lock_seed, map_seed, seed_from_id, segment_seed

SEEDS = st.integers(0, SEED_LIMIT - 1)


def film(*ids, seed=7, policy="derived", step=1):
    segments = tuple(
        Segment(
            id=name, index=n, join="continuous" if n else "cut", prompt="a cat", frames=33, first_keyframe="k0" if not n else None
        )
        for n, name in enumerate(ids)
    )
    keyframes = (Keyframe(id="k0", prompt="a cat"), Keyframe(id="k1", prompt="a dog"))
    return Plan(
        title="Cat", mode="chaining", fps=16, width=64, height=64, seed=seed, seed_policy=policy, seed_step=step,
        keyframes=keyframes, segments=segments,
    )  # fmt: skip


def seeds(plan):
    return {s.id: segment_seed(plan, s) for s in plan.segments}


def rerolled(plan, name):
    changed = tuple(s.model_copy(update={"reroll": s.reroll + 1}) if s.id == name else s for s in plan.segments)
    return plan.model_copy(update={"segments": changed})


@given(SEEDS)
def test_inserting_a_segment_leaves_the_derived_seeds_of_the_others(seed):
    before, after = seeds(film("s01", "s02", "s03", seed=seed)), seeds(film("s01", "new", "s02", "s03", seed=seed))
    assert {name: after[name] for name in before} == before
    assert len(set(after.values())) == 4


@pytest.mark.parametrize("policy", ["derived", "stride", "universal", "from_id"])
def test_a_reroll_changes_that_segment_alone_and_each_time_anew(policy):
    plan = film("s01", "s02", "s03", policy=policy)
    once, twice = rerolled(plan, "s02"), rerolled(rerolled(plan, "s02"), "s02")
    for other in (once, twice):
        assert {k: v for k, v in seeds(other).items() if k != "s02"} == {k: v for k, v in seeds(plan).items() if k != "s02"}
    assert len({seeds(p)["s02"] for p in (plan, once, twice)}) == 3


def test_stride_counts_up_and_wraps():
    assert seeds(film("a", "b", "c", seed=10, policy="stride", step=5)) == {"a": 10, "b": 15, "c": 20}
    assert seeds(film("a", "b", "c", seed=SEED_LIMIT - 1, policy="stride")) == {"a": SEED_LIMIT - 1, "b": 0, "c": 1}
    assert seeds(film("a", "b", seed=0, policy="stride", step=-1)) == {"a": 0, "b": SEED_LIMIT - 1}


@pytest.mark.parametrize("policy", ["universal", "from_id"])
def test_one_seed_for_all(policy):
    assert set(seeds(film("a", "b", "c", seed=99, policy=policy)).values()) == {99}


@pytest.mark.parametrize("policy", ["derived", "stride", "universal", "from_id"])
def test_a_seed_set_on_a_segment_wins(policy):
    plan = film("a", "b", policy=policy)
    own = plan.segments[1].model_copy(update={"seed": 2**60 + 1})
    assert segment_seed(plan, own) == 2**60 + 1
    assert segment_seed(plan, own.model_copy(update={"reroll": 1})) != 2**60 + 1


def test_keyframes_have_their_own_seed_only_where_segments_do():
    derived, universal = film("a"), film("a", policy="universal")
    assert len({keyframe_seed(derived, k) for k in derived.keyframes} | set(seeds(derived).values())) == 3
    assert {keyframe_seed(universal, k) for k in universal.keyframes} == {7}


@given(SEEDS, st.integers(-(2**31), 2**32), st.integers(0, 2**33))
def test_mapping_stays_in_the_providers_range_and_moves_only_what_must(seed, low, size):
    high = low + size
    mapped = map_seed(seed, low, high)
    assert low <= mapped <= high
    assert mapped == seed or not low <= seed <= high
    assert map_seed(mapped, low, high) == mapped


def test_hashes_are_fixed_for_good():
    assert hashed_seed("segment", 7, "s01", 0) == segment_seed(film("s01"), film("s01").segments[0])
    assert hashed_seed("a", "bc") != hashed_seed("ab", "c")
    assert hashed_seed("a") == 0xCA978112CA1BBDCA
    assert seed_from_id("x") == hashed_seed("generation", "x")


def test_drawn_seeds_differ_and_fit():
    drawn = {draw_seed() for _ in range(20)}
    assert len(drawn) == 20
    assert all(0 <= seed < SEED_LIMIT for seed in drawn)


def test_locking():
    plan = lock_seed(film("a", "b"), str(SEED_LIMIT - 1), "stride", step=2)
    assert (plan.seed, plan.seed_policy, plan.seed_step) == (SEED_LIMIT - 1, "stride", 2)
    assert lock_seed(plan, 0, "from_id", generation_id=" take 5 ").seed == seed_from_id("take 5")
    with pytest.raises(UnknownName, match="universal, stride, derived, from_id"):
        lock_seed(plan, 1, "random")
    with pytest.raises(BadInput, match="generation_id"):
        lock_seed(plan, 1, "from_id")
    for wrong in (-1, SEED_LIMIT, "seven", "1.5"):
        with pytest.raises(BadInput, match="is not a seed"):
            lock_seed(plan, wrong, "universal")
