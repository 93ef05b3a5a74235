"""A language model on this machine, and planning with it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from longvid_core.catalog import find_backend
from longvid_core.events import Event
from longvid_core.models.plan import Plan
from longvid_core.planning.brief import Brief, Limits
from longvid_core.planning.choose import plan_by
from longvid_core.render.session import open_session
from longvid_core.settings import Settings
from longvid_core.store.ledger import Ledger, ledger_url
from tests.fake_openai import FakeOpenAI, fake_openai

TEXT = "A heron waits in the reeds. It lifts off over the water. Mira rows out in a red coat. Mira waves to the shore."


@pytest.fixture
def model() -> Iterator[FakeOpenAI]:
    with fake_openai() as server:
        yield server


@dataclass
class Asking:
    """Plans with the model on this machine; `told` is what was said, `events` everything."""

    server: FakeOpenAI
    settings: dict[str, Any] = field(default_factory=dict)
    planner: dict[str, Any] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    spent: int = 0
    home: Path | None = None

    def __call__(self, prompt: str = TEXT, *, replan: bool = False, budget: float | None = None, **brief: Any) -> Plan:
        planner = {"base_url": self.server.url, **self.planner}
        retry = {"attempts": 3, "first_wait_s": 0.01, "longest_wait_s": 5}
        settings = Settings(**{"retry": retry, **self.settings, "planner": planner})
        self.events = []
        backend = find_backend("animatic", "video")
        asked = Brief(prompt=prompt, **brief)
        with open_session(settings, command="longvid plan", emit=self.events.append) as session:
            self.home = session.store.home
            try:
                limits = Limits.of(str(backend), backend.entry, asked.fps)
                return asyncio.run(plan_by("openai:test-1", asked, limits, session, replan=replan, budget=budget))
            finally:
                self.spent = session.spent_micro_usd

    @contextlib.contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """The ledger of the store that was planned on."""
        assert self.home is not None
        with contextlib.closing(Ledger(ledger_url(self.home))) as ledger:
            yield ledger

    @property
    def told(self) -> list[str]:
        return [event.message for event in self.events if event.event == "notice"]  # type: ignore[attr-defined]

    @property
    def warned(self) -> str:
        found = [e for e in self.events if e.event == "notice" and e.level == "warning"]  # type: ignore[attr-defined]
        return "\n".join(e.message for e in found)  # type: ignore[attr-defined]


@pytest.fixture
def planning(model: FakeOpenAI) -> Asking:
    return Asking(model)
