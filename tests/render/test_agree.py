"""What a run costs and lacks is said before anything is rendered."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from longvid_core.catalog import provider_names
from longvid_core.errors import BadInput, MissingTool, OverBudget, UnknownName
from longvid_core.events import Estimated, Event
from longvid_core.models import Plan
from longvid_core.render.agree import agreed, check_access
from longvid_core.render.keyframes import draw_keyframes
from longvid_core.render.session import open_session
from longvid_core.secrets import KEYS
from longvid_core.settings import Settings
from tests.fake_runway import FakeRunway
from tests.films import Studio, small_plan

HURRY = {"poll_interval": 0.1, "retry": {"first_wait_s": 0.1}}


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LONGVID_HOME", str(tmp_path))
    for variable in (*KEYS.values(), "GEMINI_API_KEY", "GOOGLE_CLOUD_PROJECT"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def runway(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeRunway]:
    with FakeRunway(size=(64, 48)) as fake:
        for name, value in fake.env.items():
            monkeypatch.setenv(name, value)
        yield fake


def ask(plan: Plan, backend: str, budget: float | None = None, **settings: Any) -> Estimated:
    """The event that `agreed` tells the world of."""
    told: list[Event] = []
    with open_session(Settings(**settings), command="test", emit=told.append) as session:
        drawn = asyncio.run(draw_keyframes(plan, session))
        session.budget_micro_usd = None if budget is None else round(1e6 * budget)
        agreed(drawn, session, backend=backend)
    (found,) = (event for event in told if isinstance(event, Estimated))
    return found


def test_the_estimate_is_told_with_the_age_of_its_prices(runway: FakeRunway) -> None:
    found = ask(small_plan(3, frames=64), "runway:veo3.1_fast", budget=1.20)
    assert (found.low_micro_usd, found.high_micro_usd) == (1_200_000, 1_800_000)
    assert (found.to_render, found.cached, found.unpriced) == (3, 0, ())
    assert found.checked is not None
    assert runway.asked == []


def test_over_budget_is_refused(runway: FakeRunway) -> None:
    with pytest.raises(OverBudget, match=r"\$1\.20 is over the budget of \$1\.19"):
        ask(small_plan(3, frames=64), "runway:veo3.1_fast", budget=1.19)


@pytest.mark.parametrize("provider", [name for name in provider_names("video") if name in KEYS])
def test_a_missing_key_is_named_with_where_to_get_one(provider: str) -> None:
    with pytest.raises(BadInput, match=KEYS[provider]) as caught:
        check_access(provider, Settings())
    assert "http" in str(caught.value) or ".com" in str(caught.value)


def test_a_missing_package_is_named_with_how_to_install_it(monkeypatch: pytest.MonkeyPatch, runway: FakeRunway) -> None:
    monkeypatch.setitem(sys.modules, "runwayml", None)
    with pytest.raises(MissingTool, match=r"longvid\[runway\]"):
        check_access("runway:gen4_turbo", Settings())


def test_what_renders_here_needs_no_key() -> None:
    check_access("animatic", Settings())
    assert ask(small_plan(2), "animatic").high_micro_usd == 0


def test_what_the_store_has_costs_nothing(tmp_path: Path, runway: FakeRunway) -> None:
    plan = small_plan(2, frames=64)
    Studio(tmp_path, settings=HURRY).make(plan, backend="runway:veo3.1")
    found = ask(plan, "runway:veo3.1", budget=0, **HURRY)
    assert (found.to_render, found.cached, found.high_micro_usd) == (0, 2, 0)


def test_there_is_no_such_provider() -> None:
    with pytest.raises(UnknownName, match="Did you mean runway"):
        check_access("runwy:gen4", Settings())
