"""What a plan will cost, before it does."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from longvid_core.catalog import registry
from longvid_core.errors import CannotRender, OverBudget
from longvid_core.estimate import Estimate, check_budget, estimate, price_of
from longvid_core.render.session import open_session
from longvid_core.settings import Settings
from tests.films import Studio, changed, small_plan


@pytest.fixture(autouse=True)
def toll(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The providers with prices of tests/plugin."""

    def forget() -> None:
        for cached in (registry._outside, registry.entry_of, registry.load_provider):
            cached.cache_clear()
        sys.modules.pop("longvid_toll", None)

    monkeypatch.syspath_prepend(str(Path(__file__).parent / "plugin"))
    forget()
    yield
    forget()


def told(plan, home: Path, **who) -> Estimate:
    """The estimate within a run of the store at `home`."""
    settings = Settings().model_copy(update={"home": home})
    with open_session(settings, command="longvid estimate", emit=lambda event: None) as session:
        return estimate(plan, session, **who)


@pytest.mark.parametrize(
    ("backend", "low", "high"),
    [
        ("animatic", 0, 0),
        ("toll:seconds", 2 * 125_000, 2 * 125_000),
        ("toll:frames", 2 * 5_000, 2 * 5_000),
        ("toll:clips", 2 * 100_000, 2 * 250_000),
    ],
)
def test_every_unit_of_price(backend: str, low: int, high: int) -> None:
    found = estimate(small_plan(2, frames=5), backend=backend)
    assert (found.low_micro_usd, found.high_micro_usd, found.unpriced) == (low, high, ())
    assert [i.low_micro_usd for i in found.segments] == [low // 2, low // 2]


def test_ntsc_seconds_are_exact() -> None:
    entry = registry.find_backend("toll:seconds", "video").entry
    assert price_of(entry, 30, 29.97) == (400_400, 400_400)


def test_whole_seconds_are_charged_whatever_the_plans_rate_makes_of_them() -> None:
    entry = registry.find_backend("runway:gen4_turbo", "video").entry
    for fps in (15.1, 16, 23.976):
        assert price_of(entry, round(2 * fps), fps) == (100_000, 100_000)


def test_keyframes_cost_what_their_painter_takes_and_supplied_ones_nothing(tmp_path: Path) -> None:
    plan = small_plan(2)
    assert estimate(plan, images="tollpaint").low_micro_usd == 3 * 40_000
    supplied = Studio(tmp_path).clips(plan).plan
    found = estimate(supplied, images="tollpaint")
    assert found.low_micro_usd == 0 and [k.made_by for k in found.keyframes] == ["card:card"] * 3


@pytest.mark.parametrize("mode", ["keyframe", "chaining"])
def test_what_is_in_the_store_is_free(tmp_path: Path, mode: str) -> None:
    plan = small_plan(4, mode=mode, cuts=(2,))
    before = told(plan, tmp_path, backend="toll:clips")
    assert not any(i.cached for i in (*before.keyframes, *before.segments)) and before.low_micro_usd == 400_000
    Studio(tmp_path).clips(plan, backend="toll:clips")
    after = told(plan, tmp_path, backend="toll:clips")
    assert all(i.cached for i in (*after.keyframes, *after.segments)) and after.high_micro_usd == 0
    assert told(plan, tmp_path, backend="toll:frames").low_micro_usd == 4 * 5_000


@pytest.mark.parametrize(("mode", "again"), [("keyframe", [0, 1, 0, 0]), ("chaining", [0, 1, 1, 1])])
def test_after_a_change_only_what_must_be_rendered_again_is_counted(tmp_path: Path, mode: str, again: list[int]) -> None:
    plan = small_plan(4, mode=mode)
    Studio(tmp_path).clips(plan, backend="toll:clips")
    found = told(changed(plan, 1, prompt="Something else."), tmp_path, backend="toll:clips")
    assert [int(not i.cached) for i in found.segments] == again
    assert found.low_micro_usd == sum(again) * 100_000


def test_without_a_session_nothing_counts_as_stored(tmp_path: Path) -> None:
    plan = small_plan(2)
    Studio(tmp_path).clips(plan, backend="toll:clips")
    assert estimate(plan, backend="toll:clips").low_micro_usd == 200_000


def test_a_segments_own_backend_has_its_own_price() -> None:
    plan = changed(small_plan(3), 1, backend="toll:clips")
    assert [i.high_micro_usd for i in estimate(plan).segments] == [0, 250_000, 0]


def test_a_model_without_a_price_is_named_not_guessed() -> None:
    found = estimate(small_plan(2), backend="toll:unknown")
    assert found.unpriced == ("toll:unknown",) and not any(i.priced for i in found.segments)
    with pytest.raises(OverBudget, match="toll:unknown"):
        check_budget(found, 1000)
    check_budget(found, None)


def test_what_a_model_cannot_do_is_not_priced() -> None:
    with pytest.raises(CannotRender):
        estimate(small_plan(1, frames=1001), backend="toll")
