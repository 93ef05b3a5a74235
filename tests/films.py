"""Small plans and runs for tests: a film of a few frames in a store of its own."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from longvid_core.catalog import Backend
from longvid_core.events import Event
from longvid_core.models import Keyframe, Plan, Rendered, Segment
from longvid_core.models.film import FilmOptions, Release
from longvid_core.render.clips import render_clips
from longvid_core.render.film import join_film
from longvid_core.render.keyframes import draw_keyframes
from longvid_core.render.session import open_session
from longvid_core.settings import Settings

PLACES = ("sea at dusk", "forest at dawn", "city at night", "desert at noon", "snowy mountains", "kitchen", "harbour", "river")


def small_plan(
    segments: int = 3,
    *,
    mode: str = "keyframe",
    cuts: tuple[int, ...] = (),
    frames: int = 5,
    size: tuple[int, int] = (64, 48),
    **more: Any,
) -> Plan:
    """A plan of `segments` shots; `cuts` lists the indexes that do not continue the one before."""
    keyframes: list[Keyframe] = []
    shots: list[Segment] = []

    def keyframe(words: str) -> str:
        keyframes.append(Keyframe(id=f"k{len(keyframes):02d}", prompt=words))
        return keyframes[-1].id

    last: str | None = None
    for i in range(segments):
        place = PLACES[i % len(PLACES)]
        cut = i == 0 or i in cuts
        if mode == "keyframe":
            first = keyframe(place) if cut else last
            last = keyframe(f"{place}, later")
        else:
            first, last = (keyframe(place) if cut else None), None
        shots.append(
            Segment(
                id=f"s{i:02d}",
                index=i,
                join="cut" if cut else "continuous",
                prompt=f"Shot {i}: the {place}, something moves.",
                frames=frames,
                first_keyframe=first,
                last_keyframe=last,
            )
        )
    return Plan(
        title="Small",
        mode=mode,
        fps=16,
        width=size[0],
        height=size[1],
        seed=7,
        keyframes=tuple(keyframes),
        segments=tuple(shots),
        **more,
    )


def changed(plan: Plan, index: int, **fields: Any) -> Plan:
    """The plan with one segment's fields changed."""
    segments = list(plan.segments)
    segments[index] = segments[index].model_copy(update=fields)
    return plan.model_copy(update={"segments": tuple(segments)})


@dataclass
class Studio:
    """A store in a folder, and films made in it."""

    home: Path
    events: list[Event] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    """Settings that are not the default, as longvid.yaml would have them."""
    budget: float | None = None
    """US dollars."""

    def make(
        self,
        plan: Plan,
        *,
        backend: str = "animatic",
        options: FilmOptions | None = None,
        interrupted: Callable[[], bool] = lambda: False,
    ) -> Release:
        """Keyframes, clips and film of a plan, as `longvid render` does it."""
        return self._run(plan, backend, options, interrupted, join=True)  # type: ignore[return-value]

    def clips(
        self,
        plan: Plan,
        *,
        backend: str | Backend = "animatic",
        interrupted: Callable[[], bool] = lambda: False,
        **choice: Any,
    ) -> Rendered:
        """Keyframes and clips only; `choice` goes to `render_clips`."""
        return self._run(plan, backend, None, interrupted, join=False, **choice)  # type: ignore[return-value]

    def _run(
        self,
        plan: Plan,
        backend: str | Backend,
        options: FilmOptions | None,
        interrupted: Callable[[], bool],
        join: bool,
        **choice: Any,
    ) -> Release | Rendered:
        self.events = []

        async def run() -> Release | Rendered:
            with open_session(
                Settings(**self.settings).model_copy(update={"home": self.home}),
                command="test",
                emit=self.events.append,
                interrupted=interrupted,
            ) as session:
                session.budget_micro_usd = None if self.budget is None else round(1e6 * self.budget)
                drawn = await draw_keyframes(plan, session)
                rendered = await render_clips(drawn, session, backend=backend, **choice)
                return await join_film(rendered, session, options) if join else rendered

        return asyncio.run(run())

    def notices(self) -> list[str]:
        """What the last run said that a person should know."""
        return [e.message for e in self.events if e.event == "notice"]  # type: ignore[attr-defined]

    def attempts(self) -> list[tuple[str, str]]:
        """(segment, state) of every attempt in the ledger, oldest first."""
        with sqlite3.connect(self.home / "ledger.db") as sql:
            return sql.execute("SELECT segment, state FROM attempts ORDER BY id").fetchall()


def outcomes(made: Release | Rendered) -> list[str]:
    """The outcome of each segment, in order."""
    rendered = made.rendered if isinstance(made, Release) else made
    return [o.outcome for o in rendered.outcomes]
