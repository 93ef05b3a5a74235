"""Jobs at Runway, through its own SDK: waiting for them, fetching their clips, stopping them."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from longvid_core.media.probe import probe
from longvid_core.providers.faults import Refused, Transient
from longvid_core.providers.jobs import Ended, RemoteJob, Running, Succeeded
from tests.fake_runway import FakeRunway
from tests.fake_video import KEY
from tests.runway_parts import Asks, now, said, studio, submitted

# -- waiting ------------------------------------------------------------------------------------------------------------------


def test_a_job_is_queued_then_runs_then_is_done(runway: FakeRunway, runway_request: Asks) -> None:
    runway.polls = 8
    runway.skew_s = -7 * 3600
    renders, job = submitted(runway, runway_request(frames=120))
    seen = [now(renders.poll(job)) for _ in range(9)]
    assert seen[:2] == [Running(queued=True, refundable=True)] * 2
    assert seen[2:8] == [Running(progress=n / 8) for n in range(2, 8)]
    assert seen[8] == Succeeded(micro_usd=250_000)


@pytest.mark.parametrize(
    ("end", "kind", "code", "paid"),
    [
        ("again", "again", "INTERNAL.BAD_OUTPUT.CODE01", 0),
        ("INTERNAL", "again", "INTERNAL", 0),
        ("INPUT_PREPROCESSING.INTERNAL", "again", "INPUT_PREPROCESSING.INTERNAL", 0),
        ("THIRD_PARTY.UNAVAILABLE", "again", "THIRD_PARTY.UNAVAILABLE", 0),
        ("none", "again", "FAILED", 0),
        ("aborted", "again", "CANCELLED", 250_000),
        ("cancelled", "again", "CANCELLED", 250_000),
        ("moderated", "moderated", "SAFETY.INPUT.TEXT", 250_000),
        ("SAFETY.OUTPUT.VIDEO", "moderated", "SAFETY.OUTPUT.VIDEO", 250_000),
        ("INPUT_PREPROCESSING.SAFETY.THIRD_PARTY", "moderated", "INPUT_PREPROCESSING.SAFETY.THIRD_PARTY", 250_000),
        ("refused", "refused", "ASSET.INVALID", 0),
        ("THIRD_PARTY.INPUT_VALIDATION", "refused", "THIRD_PARTY.INPUT_VALIDATION", 0),
        ("SOMETHING.NEW", "refused", "SOMETHING.NEW", 0),
    ],
)
def test_how_jobs_end(runway: FakeRunway, runway_request: Asks, end: str, kind: str, code: str, paid: int) -> None:
    renders, job = submitted(runway, runway_request(frames=120), end=end)
    state = now(renders.poll(job))
    assert isinstance(state, Ended) and (state.kind, state.code, state.micro_usd) == (kind, code, paid)
    assert KEY not in state.message and state.message


@pytest.mark.parametrize("answer", [{"status": "SUCCEEDED", "output": []}, {"status": "SUCCEEDED"}])
def test_done_without_a_clip_is_not_bought_again(runway: FakeRunway, runway_request: Asks, answer: dict[str, Any]) -> None:
    renders, job = submitted(runway, runway_request())
    runway.moods["poll"] = [[200, {}, {"id": job.id, "createdAt": "2026-11-20T00:00:00Z", "cost": {"credits": 3}, **answer}]]
    assert now(renders.poll(job)) == Ended(
        code="SUCCEEDED", message="it is done, and has no clip", kind="refused", micro_usd=30_000
    )


def test_a_state_that_is_not_known_is_waited_out(runway: FakeRunway, runway_request: Asks) -> None:
    renders, job = submitted(runway, runway_request())
    runway.moods["poll"] = [[200, {}, {"id": job.id, "status": "DREAMING", "createdAt": "2026-11-20T00:00:00Z"}]]
    assert now(renders.poll(job)) == Running()


@pytest.mark.parametrize("mood", [said(429), said(500), said(503), said(408), said(504), "hang", "reset", "cut", "html"])
def test_a_look_that_fails_is_looked_again_and_nothing_was_bought(runway: FakeRunway, runway_request: Asks, mood: Any) -> None:
    renders, job = submitted(runway, runway_request(), poll=mood)
    with pytest.raises(Transient) as caught:
        now(renders.poll(job))
    assert not caught.value.sent and KEY not in str(caught.value) and len(runway.to("poll")) == 1
    assert isinstance(now(renders.poll(job)), Succeeded)


def test_a_job_that_runway_does_not_know(runway: FakeRunway) -> None:
    lost = RemoteJob(id="00000000-0000-0000-0000-000000000000", model="gen4_turbo")
    with pytest.raises(Refused, match="knows no job"):
        now(studio().poll(lost))
    with pytest.raises(Refused, match="no longer"):
        now(studio().fetch(lost, Path("never")))
    assert now(studio().cancel(lost)).stopped


# -- fetching -----------------------------------------------------------------------------------------------------------------


def test_the_clip_arrives_byte_for_byte_and_without_the_key(runway: FakeRunway, runway_request: Asks, tmp_path: Path) -> None:
    renders, job = submitted(runway, runway_request("veo3.1"), "veo3.1")
    now(renders.poll(job))
    now(renders.fetch(job, tmp_path / "clip.mp4"))
    assert (tmp_path / "clip.mp4").read_bytes() == runway.clip_of(runway.jobs[job.id])
    found = probe(tmp_path / "clip.mp4")
    assert (found.frames, found.width, found.height) == (96, 96, 64)
    (fetch,) = runway.to("fetch")
    assert "authorization" not in fetch.headers and KEY not in json.dumps(fetch.headers)
    assert len(runway.to("poll")) == 1


def test_another_process_fetches_it_too(runway: FakeRunway, runway_request: Asks, tmp_path: Path) -> None:
    _, job = submitted(runway, runway_request())
    now(studio().fetch(RemoteJob.model_validate(job.json_value()), tmp_path / "clip.mp4"))
    assert (tmp_path / "clip.mp4").read_bytes() == runway.clip_of(runway.jobs[job.id])


@pytest.mark.parametrize("looked", [True, False])
def test_an_expired_address_is_asked_for_anew(runway: FakeRunway, runway_request: Asks, tmp_path: Path, looked: bool) -> None:
    renders, job = submitted(runway, runway_request(), fetch="expired")
    if looked:
        now(renders.poll(job))
    now(renders.fetch(job, tmp_path / "clip.mp4"))
    assert (tmp_path / "clip.mp4").read_bytes() == runway.clip_of(runway.jobs[job.id])
    assert len(runway.to("fetch")) == 2


def test_a_clip_that_is_gone_is_gone(runway: FakeRunway, runway_request: Asks, tmp_path: Path) -> None:
    renders, job = submitted(runway, runway_request(), fetch="gone")
    with pytest.raises(Refused, match="no longer"):
        now(renders.fetch(job, tmp_path / "clip.mp4"))
    assert not (tmp_path / "clip.mp4").exists() and len(runway.to("fetch")) == 2


@pytest.mark.parametrize("mood", ["truncate", "reset", "hang", 500, 503, 429, 502])
def test_a_fetch_that_breaks_off_leaves_nothing_and_is_tried_again(
    runway: FakeRunway, runway_request: Asks, tmp_path: Path, mood: Any
) -> None:
    renders, job = submitted(runway, runway_request(), fetch=mood)
    runway.clip_of(runway.jobs[job.id])  # made beforehand
    with pytest.raises(Transient) as caught:
        now(renders.fetch(job, tmp_path / "clip.mp4"))
    assert not caught.value.sent and not (tmp_path / "clip.mp4").exists()
    assert "signature" not in str(caught.value)
    now(renders.fetch(job, tmp_path / "clip.mp4"))
    assert (tmp_path / "clip.mp4").read_bytes() == runway.clip_of(runway.jobs[job.id])


def test_nothing_is_fetched_of_a_job_that_is_not_done_or_failed(runway: FakeRunway, runway_request: Asks, tmp_path: Path) -> None:
    runway.polls = 1
    renders, job = submitted(runway, runway_request(), end="refused")
    with pytest.raises(Transient, match="not done"):
        now(renders.fetch(job, tmp_path / "clip.mp4"))
    with pytest.raises(Refused, match="had failed"):
        now(renders.fetch(job, tmp_path / "clip.mp4"))


# -- cancelling ---------------------------------------------------------------------------------------------------------------


def test_a_job_in_the_queue_costs_nothing(runway: FakeRunway, runway_request: Asks) -> None:
    runway.polls = 100
    renders, job = submitted(runway, runway_request(frames=120))
    refund = now(renders.cancel(job))
    assert refund.stopped and refund.micro_usd == 0 and runway.charges == 0
    state = now(renders.poll(job))
    assert isinstance(state, Ended) and state.micro_usd == 0


def test_a_job_that_runs_is_paid(runway: FakeRunway, runway_request: Asks) -> None:
    runway.seconds = 60
    renders, job = submitted(runway, runway_request(frames=120))
    runway.jobs[job.id].born -= 30
    refund = now(renders.cancel(job))
    assert refund.stopped and refund.micro_usd == 250_000 and "nothing back" in refund.message and runway.charges == 1


def test_a_job_that_is_done_keeps_its_clip(runway: FakeRunway, runway_request: Asks, tmp_path: Path) -> None:
    """Runway deletes what is done when it is asked to cancel it."""
    renders, job = submitted(runway, runway_request(frames=120))
    refund = now(renders.cancel(job))
    assert refund.stopped and refund.micro_usd == 250_000 and not runway.to("cancel")
    now(renders.fetch(job, tmp_path / "clip.mp4"))


def test_cancelling_may_fail_and_says_so(runway: FakeRunway, runway_request: Asks) -> None:
    runway.seconds = 60
    renders, job = submitted(runway, runway_request())
    runway.moods["cancel"] = [503]
    with pytest.raises(Transient):
        now(renders.cancel(job))
    assert now(renders.cancel(job)).stopped


# -- the server as a process of its own ---------------------------------------------------------------------------------------


def test_the_server_forgets_no_job_when_it_is_restarted(
    runway_request: Asks, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    port, state = tmp_path / "port", tmp_path / "state.json"
    command = [sys.executable, "-m", "tests.fake_runway", "--port-file", str(port), "--state", str(state), "--size", "96x64"]
    monkeypatch.setenv("RUNWAYML_API_SECRET", KEY)
    job = None
    for _ in range(2):
        port.unlink(missing_ok=True)
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdin is not None and server.stdout is not None
            url = server.stdout.readline().strip()
            assert port.read_text() == url
            monkeypatch.setenv("RUNWAYML_BASE_URL", url)
            job = job or now(studio().submit("gen4_turbo", runway_request()))
            assert isinstance(now(studio().poll(job)), Succeeded)
            with urllib.request.urlopen(f"{url}/_fake") as answer:
                assert json.load(answer)["charges"] == 1
            server.stdin.close()
            assert server.wait() == 0
