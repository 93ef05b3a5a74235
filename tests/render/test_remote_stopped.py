"""A run that is told to stop: what costs less when it is cancelled is cancelled, everything else is gone on with."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from longvid_core.errors import Interrupted
from tests.fake_runway import FakeRunway
from tests.remote_parts import CHARGE, STEPS, VEO, FarStudio, far, runway

__all__ = ["far", "runway"]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long a person waits for what is stopped is not what is tested."""
    monkeypatch.setattr("longvid_core.render.waiting._STOPPING_S", 60)
    monkeypatch.setattr("longvid_core.render.remote._GRACE_S", 60)


def stop_when(far: FarStudio, wish: Callable[[], bool]) -> None:
    """Run a film of one shot and stop it once the wish is there."""
    wished = threading.Event()

    def interrupted() -> bool:
        if not wished.is_set() and wish():
            wished.set()
        return wished.is_set()

    with pytest.raises(Interrupted) as caught:
        far.clips(far.plan(1), backend=VEO, interrupted=interrupted)
    assert caught.value.exit_code == 5 and far.scraps() == []


def rendered_next(far: FarStudio) -> None:
    assert far.clips(far.plan(1), backend=VEO).outcomes[0].outcome == "rendered"
    assert far.held() == 0 and far.scraps() == []


def polled(runway: FakeRunway, times: int = 1) -> Callable[[], bool]:
    return lambda: any(job.polls >= times for job in runway.jobs.values())


def test_what_has_not_begun_is_cancelled_and_given_back(far: FarStudio, runway: FakeRunway) -> None:
    runway.polls = 1000
    stop_when(far, polled(runway))
    assert far.states() == ["cancelled"] and len(runway.to("cancel")) == 1
    assert runway.charges == far.spent() == far.held() == 0
    assert far.told("Runway charges nothing") == 1
    runway.polls = 0
    rendered_next(far)
    assert runway.charges == 1 and far.states() == ["cancelled", "verified"]


def test_what_was_only_just_submitted_is_cancelled_too(far: FarStudio, runway: FakeRunway) -> None:
    runway.polls = 1000
    far.settings = {**far.settings, "poll_interval": 30}
    stop_when(far, lambda: bool(runway.jobs))
    assert far.states() == ["cancelled"] and runway.charges == 0


def test_what_runs_is_left_running_and_gone_on_with(far: FarStudio, runway: FakeRunway) -> None:
    runway.moods = {"end": ["never"]}
    stop_when(far, polled(runway))
    assert runway.to("cancel") == [] and far.told("goes on at runway:veo3.1; run the same again") == 1
    (job,) = runway.jobs.values()
    job.end = None
    rendered_next(far)
    assert runway.charges == 1 and far.spent() == CHARGE and far.states() == ["verified"]


def test_what_began_since_the_last_look_is_not_paid_and_thrown_away(far: FarStudio, runway: FakeRunway) -> None:
    runway.moods, runway.polls = {"end": ["never"]}, 1000
    far.settings = {**far.settings, "poll_interval": 1}

    def begins() -> bool:
        if polled(runway)():
            runway.polls = 0
        return runway.polls == 0

    stop_when(far, begins)
    assert runway.to("cancel") == [] and runway.charges == 1
    next(iter(runway.jobs.values())).end = None
    rendered_next(far)
    assert runway.charges == 1


def test_what_is_done_by_the_time_it_is_cancelled_is_fetched(
    far: FarStudio, runway: FakeRunway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look that found it waiting and the request to stop it, it went through."""
    cancel = runway.cancel

    def too_late(id: str, *, refund: bool) -> str | None:
        runway.polls = 0
        return "queued"

    runway.polls = 1000
    monkeypatch.setattr(runway, "cancel", too_late)
    stop_when(far, polled(runway))
    monkeypatch.setattr(runway, "cancel", cancel)
    assert len(runway.to("cancel")) == 1 and far.states() == ["submitted"]
    rendered_next(far)
    assert runway.charges == 1 and far.states() == ["verified"]


def test_an_answer_under_way_is_waited_for(far: FarStudio, runway: FakeRunway, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it nobody could tell whether the job was bought."""
    stop, answer = threading.Event(), runway.answer

    def slowly(step: str, asked: Any, mood: Any) -> Any:
        if step == "submit":
            stop.set()
            threading.Event().wait(0.5)
        return answer(step, asked, mood)

    monkeypatch.setattr(runway, "answer", slowly)
    runway.moods = {"end": ["never"]}
    stop_when(far, stop.is_set)
    assert far.states() == ["submitted"] and runway.charges == 1
    next(iter(runway.jobs.values())).end = None
    rendered_next(far)
    assert len(runway.to("submit")) == 1


def test_one_that_does_not_come_leaves_the_job_unknown(
    far: FarStudio, runway: FakeRunway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("longvid_core.render.remote._GRACE_S", 0.2)
    runway.moods = {"submit": ["hang"]}
    stop_when(far, lambda: bool(runway.to("submit")))
    assert far.states() == ["unknown"] and far.held() > 0
    assert far.clips(far.plan(1), backend=VEO).outcomes[0].outcome == "unknown" and len(runway.to("submit")) == 1


def test_a_download_that_was_stopped_costs_nothing_more(far: FarStudio, runway: FakeRunway) -> None:
    runway.moods = {"fetch": ["hang"]}
    stop_when(far, lambda: bool(runway.to("fetch")))
    assert far.states() == ["succeeded"] and far.spent() == CHARGE
    rendered_next(far)
    assert runway.charges == 1 and far.spent() == CHARGE


def test_a_stop_between_the_download_and_the_store_loses_nothing(
    far: FarStudio, runway: FakeRunway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clip lies where it was fetched to, and is not fetched again, even where the provider keeps it no longer."""
    from longvid_core.errors import StoreError
    from longvid_core.render import fetching

    def full(*args: Any) -> None:
        raise StoreError("the disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(fetching, "taken_in", full)
        with pytest.raises(StoreError):
            far.clips(far.plan(1), backend=VEO)
    assert far.states() == ["downloaded"] and len(far.scraps()) == 1
    next(iter(runway.jobs.values())).signature = 0
    rendered_next(far)
    assert len(runway.to("fetch")) == 1 and far.steps() in (STEPS, [s for s in STEPS if s != "running"])


def test_a_download_that_rotted_is_fetched_again(far: FarStudio, runway: FakeRunway, monkeypatch: pytest.MonkeyPatch) -> None:
    runway.moods = {"fetch": ["hang"]}
    stop_when(far, lambda: bool(runway.to("fetch")))
    far.resolve(1, "downloaded", file="1-half.mp4", file_sha256="0" * 64)
    (far.home / "incoming" / "1-half.mp4").write_bytes(b"half a clip")
    assert far.clips(far.plan(1), backend=VEO).outcomes[0].outcome == "rendered" and runway.charges == 1


def test_waiting_for_a_place_ends_with_the_run(far: FarStudio, runway: FakeRunway) -> None:
    far.remote(concurrency={"runway": 1})
    runway.moods = {"end": ["never"]}
    stop = polled(runway)
    with pytest.raises(Interrupted):
        far.clips(far.plan(3), backend=VEO, interrupted=stop)
    assert len(runway.to("submit")) == 1 and runway.charges == 1
