"""Twenty jobs at once, none looked at more often than it may be; and lanes by themselves."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict

import pytest

from longvid_core.catalog import find_backend
from longvid_core.render.lanes import Lane, Lanes
from longvid_core.settings import Settings
from tests.fake_runway import FakeRunway
from tests.fake_video import Asked
from tests.films import outcomes
from tests.remote_parts import FarStudio, far, held_until, runway

__all__ = ["far", "runway"]

TURBO = "runway:gen4_turbo"
INTERVAL = 0.2


@pytest.mark.parametrize(("places", "segments"), [(20, 20), (4, 8)])
def test_so_many_at_once_as_there_are_places_and_no_look_too_soon(
    far: FarStudio, runway: FakeRunway, monkeypatch: pytest.MonkeyPatch, places: int, segments: int
) -> None:
    """No job ends before every place is taken, nor before it was looked at twice."""
    runway.polls = 1
    looks: dict[str, list[float]] = defaultdict(list)
    look = runway.look
    monkeypatch.setattr(runway, "look", lambda id: looks[id].append(time.monotonic()) or look(id))
    held_until(runway, lambda: len(runway.jobs) == places, monkeypatch)
    far.settings = {**far.settings, "poll_interval": INTERVAL}
    far.remote(concurrency={TURBO: places})
    made = far.clips(far.plan(segments, mode="chaining", cuts=tuple(range(segments)), frames=32), backend=TURBO)
    assert outcomes(made) == ["rendered"] * segments and runway.charges == segments == len(runway.to("submit"))
    assert runway.at_once == places
    gaps = [later - earlier for times in looks.values() for earlier, later in zip(times, times[1:], strict=False)]
    assert len(looks) == segments and gaps and min(gaps) > INTERVAL - 0.02, "which is how far two clocks' ticks may differ"


def test_a_job_under_way_is_not_kept_waiting_for_a_place(far: FarStudio, runway: FakeRunway) -> None:
    """It is paid for, and its clip is kept for a while only. While it is waited for, it counts."""
    runway.moods = {"end": ["never"]}
    far.remote(concurrency={TURBO: 1}, deadline_s=0.3)
    plan = far.plan(3, mode="chaining", cuts=(1, 2), frames=32)
    assert outcomes(far.clips(plan, backend=TURBO, only={2})) == ["failed"]
    order: list[str] = []
    answer = runway.answer

    def noted(step: str, asked: Asked, mood: object) -> object:
        order.append(f"{step} {asked.path}" if step == "poll" else step)
        if f"poll /v1/tasks/{old.id}" in order:
            runway.seconds = 0
        return answer(step, asked, mood)

    runway.answer = noted  # type: ignore[method-assign,assignment]
    (old,) = runway.jobs.values()
    old.end, runway.seconds = None, 1e6  # no job ends before the old one is looked at
    far.remote(deadline_s=60)
    assert outcomes(far.clips(plan, backend=TURBO)) == ["rendered"] * 3 and runway.charges == 3
    second = [n for n, step in enumerate(order) if step == "submit"][1]
    assert f"poll /v1/tasks/{old.id}" in order[:second], "it was looked at while the first new one had the only place"


async def test_a_lane_narrows_to_those_inside_and_widens_by_one() -> None:
    lane = Lane(8)
    async with lane, lane, lane:
        lane.narrow_to_those_inside()
        assert lane.width == 3
    lane.narrow_to_those_inside()
    assert lane.width == 1, "one may always try"
    for _ in range(20):
        await lane.widen()
    assert lane.width == 8


async def test_what_is_counted_leaves_one_place_less() -> None:
    lane, entered = Lane(1), asyncio.Event()

    async def enter() -> None:
        async with lane:
            entered.set()

    async with lane.counted(), lane.counted():
        waiting = asyncio.ensure_future(enter())
        await asyncio.sleep(0.01)
        assert not entered.is_set()
    await waiting
    assert entered.is_set()


def test_a_lane_is_a_models_or_where_the_settings_say_so_an_accounts() -> None:
    fast, slow = find_backend("runway:veo3.1_fast", "video"), find_backend("runway:veo3.1", "video")
    own = Lanes(Settings())
    assert own.of(fast) is own.of(fast) is not own.of(slow) and own.of(fast).width == 20
    account = Lanes(Settings.model_validate({"remote": {"concurrency": {"runway": 3}}}))
    assert account.of(fast) is account.of(slow) and account.of(fast).width == 3
    named = Lanes(Settings.model_validate({"remote": {"concurrency": {"runway": 3, "runway:veo3.1": 2}}}))
    assert named.of(slow).width == 2 and named.of(fast).width == 3
