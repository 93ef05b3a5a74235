"""Keyframes drawn in a store of their own, by image services on the loopback."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from longvid_core.events import Event
from longvid_core.models import Keyframe, Plan
from longvid_core.render.keyframes import draw_keyframes
from longvid_core.render.session import open_session
from longvid_core.settings import ImageSettings, PlannerSettings, RetrySettings, Settings
from tests.fake_images import KEY, FakeImages
from tests.films import small_plan

PICTURE = 65_000
"""What a picture of stability:sd3.5-large costs, in micro-dollars."""


@dataclass
class Easel:
    """A store of its own, in which keyframes are drawn."""

    home: Path
    images: dict[str, Any] = field(default_factory=dict)
    planner: str = "offline"
    events: list[Event] = field(default_factory=list)

    def settings(self) -> Settings:
        return Settings().model_copy(
            update={
                "home": self.home,
                "images": ImageSettings(**{"timeout_s": 20, **self.images}),
                "retry": RetrySettings(attempts=4, first_wait_s=0.01, longest_wait_s=0.3),
                "planner": PlannerSettings(name=self.planner),
            }
        )

    def within(self, work: Callable[[Any], Any], interrupted: Callable[[], bool] = lambda: False) -> Any:
        self.events = []
        with open_session(self.settings(), command="test", emit=self.events.append, interrupted=interrupted) as session:
            return work(session)

    def draw(self, plan: Plan, images: str = "stability", **more: Any) -> tuple[Keyframe, ...]:
        return self.within(lambda session: asyncio.run(draw_keyframes(plan, session, images=images)), **more).keyframes

    def notices(self, level: str = "") -> list[str]:
        return [e.message for e in self.events if e.event == "notice" and level in e.level]  # type: ignore[attr-defined]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with sqlite3.connect(self.home / "ledger.db") as sql:
            return sql.execute(query).fetchall()

    def spent(self) -> int:
        return int(self.rows("SELECT COALESCE(SUM(micro_usd), 0) FROM spend")[0][0])

    def states(self) -> list[str]:
        return [state for (state,) in self.rows("SELECT state FROM attempts ORDER BY id")]


@pytest.fixture
def easel(tmp_path: Path) -> Easel:
    return Easel(tmp_path / "home")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeImages]:
    with FakeImages() as fake:
        for name in ("OPENAI", "STABILITY"):
            monkeypatch.setenv(f"{name}_API_KEY", KEY)
        monkeypatch.setenv("OPENAI_BASE_URL", f"{fake.url}/v1")
        monkeypatch.setenv("STABILITY_BASE_URL", fake.url)
        yield fake


def one(words: str = "a harbour", **more: Any) -> Plan:
    """A plan of one chained shot: a single keyframe."""
    plan = small_plan(1, mode="chaining", **more)
    return plan.with_keyframes([plan.keyframes[0].model_copy(update={"prompt": words})])


def cuts(shots: int) -> Plan:
    """A plan whose keyframes all stand alone."""
    return small_plan(shots, mode="chaining", cuts=tuple(range(shots)))
