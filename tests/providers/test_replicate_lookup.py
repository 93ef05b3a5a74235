"""Jobs at Replicate that are to be stopped, or found again after their answer was lost."""

from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from longvid_core.media.images import asset_of
from longvid_core.providers.base import VideoRequest
from longvid_core.providers.faults import Refused, Transient
from longvid_core.providers.jobs import Ended
from tests.fake_replicate import FakeReplicate
from tests.fake_video import KEY, patience
from tests.replicate_models import COMMUNITY
from tests.replicate_parts import KLING, PRO, Wanted, now, opened, submitted

# -- cancelling ---------------------------------------------------------------------------------------------------------------


def test_a_job_that_has_not_begun_costs_nothing(replicate: FakeReplicate, replicate_request: Wanted) -> None:
    replicate.polls = 100
    jobs, job = submitted(replicate, replicate_request())
    refund = now(jobs.cancel(job))
    assert refund.stopped and refund.micro_usd == 0 and "nothing is charged" in refund.message
    assert replicate.charges == 0 and now(jobs.poll(job)).code == "canceled"


def test_a_job_that_runs_may_be_charged(replicate: FakeReplicate, replicate_request: Wanted) -> None:
    replicate.polls = 2
    jobs, job = submitted(replicate, replicate_request())
    now(jobs.poll(job))
    refund = now(jobs.cancel(job))
    assert refund.stopped and refund.micro_usd is None and "may be charged" in refund.message
    assert replicate.charges == 1 and isinstance(now(jobs.poll(job)), Ended)


@pytest.mark.parametrize("end", [None, "again", "aborted"])
@pytest.mark.parametrize("answer", [None, [404, {}, {}], [409, {}, {}]])
def test_a_job_that_is_over_is_told_to_be(
    replicate: FakeReplicate, replicate_request: Wanted, end: str | None, answer: Any
) -> None:
    jobs, job = submitted(replicate, replicate_request(), end=end, cancel=answer)
    refund = now(jobs.cancel(job))
    assert refund.stopped and "was over before" in refund.message and refund.micro_usd is None


def test_a_cancel_that_fails_is_a_fault(replicate: FakeReplicate, replicate_request: Wanted) -> None:
    replicate.polls = 100
    jobs, job = submitted(replicate, replicate_request(), cancel=500)
    with pytest.raises(Transient) as caught:
        now(jobs.cancel(job))
    assert not caught.value.sent and len(replicate.to("cancel")) == 1


# -- finding ------------------------------------------------------------------------------------------------------------------


def lost(replicate: FakeReplicate, request: VideoRequest, model: str = PRO) -> datetime.datetime:
    """Submit, and lose the answer. When it was submitted, by our clock."""
    replicate.moods = {"submit": ["late:reset"]}
    with pytest.raises(Transient) as caught:
        now(opened().submit(model, request))
    assert caught.value.sent
    return datetime.datetime.now(datetime.timezone.utc)


def found(
    request: VideoRequest, since: datetime.datetime, model: str = PRO, known: tuple[str, ...] = (), **remote: Any
) -> str | None:
    job = now(opened(**remote).find(model, request, since, known))
    return job.id if job else None


@pytest.mark.parametrize("skew_h", [0, -7, 9])
@pytest.mark.parametrize("terse", [False, True])
def test_a_job_whose_answer_was_lost_is_found(
    replicate: FakeReplicate, replicate_request: Wanted, skew_h: int, terse: bool
) -> None:
    replicate.skew_s, replicate.terse, replicate.page = skew_h * 3600, terse, 2
    since = lost(replicate, replicate_request())
    (mine,) = replicate.jobs
    for number in range(5):  # newer ones, which are something else
        now(opened().submit(PRO, replicate_request(prompt=f"other {number}")))
    assert found(replicate_request(), since) == mine
    # the key went to the server that was named and to no other, whatever the pages say of where the next one is
    assert len(replicate.to("find")) == 3 and all(a.headers["authorization"] == f"Bearer {KEY}" for a in replicate.asked)


def test_a_job_that_was_never_taken_in_is_not_found(replicate: FakeReplicate, replicate_request: Wanted) -> None:
    since = datetime.datetime.now(datetime.timezone.utc)
    _, other = submitted(replicate, replicate_request(seed=42))
    assert found(replicate_request(), since) is None
    assert found(replicate_request(seed=42), since) == other.id
    assert found(replicate_request(seed=42), since, known=(other.id,)) is None
    assert found(replicate_request(seed=42), since, "bytedance/seedance-1-lite") is None
    assert found(replicate_request(seed=42), since - datetime.timedelta(hours=13)) is None


def test_of_two_that_are_alike_the_nearest_in_time_is_taken(replicate: FakeReplicate, replicate_request: Wanted) -> None:
    _, first = submitted(replicate, replicate_request())
    _, second = submitted(replicate, replicate_request())
    replicate.jobs[first.id].born -= 3600
    at = datetime.datetime.fromtimestamp(replicate.jobs[first.id].born, datetime.timezone.utc)
    assert found(replicate_request(), at) == first.id
    assert found(replicate_request(), at, known=(first.id,)) == second.id


@pytest.mark.parametrize("uploaded", [False, True])
def test_pictures_tell_jobs_apart_where_words_and_seeds_do_not(
    replicate: FakeReplicate, replicate_request: Wanted, tmp_path: Path, uploaded: bool
) -> None:
    def end(seed: int) -> Any:
        name = tmp_path / f"{seed}.png"
        picture = Image.effect_noise((832, 480), 50 + seed) if uploaded else Image.new("RGB", (832, 480), (seed, 0, 0))
        picture.convert("RGB").save(name)
        return asset_of(name)

    here, there = (replicate_request(KLING, first=end(seed)) for seed in (1, 9))
    ids = [now(opened().submit(KLING, request)).id for request in (here, there)]
    assert len(replicate.to("upload")) == 2 * uploaded
    since = datetime.datetime.now(datetime.timezone.utc)
    assert [found(request, since, KLING) for request in (here, there)] == ids


def test_what_replicate_has_forgotten_is_not_taken_for_nothing(replicate: FakeReplicate, replicate_request: Wanted) -> None:
    since = lost(replicate, replicate_request())
    replicate.forgets = True
    with pytest.raises(Refused, match="forgotten what they were asked for") as caught:
        found(replicate_request(), since)
    assert "longvid jobs resolve" in str(caught.value)
    assert found(replicate_request(), since, known=tuple(replicate.jobs)) is None


def test_foreign_and_aborted_jobs_in_the_list_are_no_hindrance(replicate: FakeReplicate, replicate_request: Wanted) -> None:
    """The SDK alone breaks on a list with one aborted job in it."""
    submitted(replicate, replicate_request(prompt="another"), end="aborted")
    since = lost(replicate, replicate_request())
    now(opened().submit("amateur/drift", replicate_request(frames=97, last=None)))
    mine = next(id for id, job in replicate.jobs.items() if job.model == PRO and job.fields["input"]["prompt"] == "a harbour")
    assert found(replicate_request(), since) == mine


def test_a_job_of_a_pinned_version_is_found_by_it(replicate: FakeReplicate, replicate_request: Wanted) -> None:
    request = replicate_request(frames=97, last=None)
    since = lost(replicate, request, "amateur/drift")
    job = now(opened().find("amateur/drift", request, since, ()))
    assert job.id in replicate.jobs and job.extra == {"version": COMMUNITY}


@pytest.mark.parametrize("mood", [500, "hang", "html"])
def test_a_list_that_does_not_come_is_a_fault(replicate: FakeReplicate, replicate_request: Wanted, mood: Any) -> None:
    since = lost(replicate, replicate_request())
    replicate.moods = {"find": [mood]}
    with pytest.raises(Transient):
        found(replicate_request(), since, timeout_s=patience(mood))
    assert found(replicate_request(), since) in replicate.jobs


# -- as a process of its own ----------------------------------------------------------------------------------------------------


def test_the_server_outlives_a_kill(replicate_request: Wanted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What tests that kill -9 run on: it serves until its standard input ends, and keeps its jobs in a file."""
    command = [sys.executable, "-m", "tests.fake_replicate", "--port-file", str(tmp_path / "url"), "--size", "96x64"]
    command += ["--state", str(tmp_path / "state.json"), "--moods", json.dumps({"submit": ["late:reset"]})]
    root = Path(__file__).resolve().parents[2]
    monkeypatch.setenv("REPLICATE_API_TOKEN", KEY)
    seen = {}
    for number in range(2):
        served = subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ})
        assert served.stdin is not None and served.stdout is not None
        url = served.stdout.readline().decode().strip()
        monkeypatch.setenv("REPLICATE_BASE_URL", url)
        if number == 0:
            with pytest.raises(Transient):
                now(opened().submit(PRO, replicate_request()))
        else:
            since = datetime.datetime.fromtimestamp(time.time(), datetime.timezone.utc)
            assert found(replicate_request(), since) in seen["jobs"]
        with urllib.request.urlopen(f"{url}/_fake") as answer:
            seen = json.load(answer)
        assert seen["charges"] == 1
        served.stdin.close()
        assert served.wait() == 0
        served.stdout.close()
