"""Replicate through its own SDK, against a server on the loopback that checks inputs by each model's schema."""

from __future__ import annotations

import datetime
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from longvid_core.errors import BadInput, MissingTool
from longvid_core.media.images import asset_of
from longvid_core.media.probe import probe
from longvid_core.providers.faults import Moderated, Refused, Transient
from longvid_core.providers.jobs import Checks, Ended, Lists, RemoteJob, RemoteVideo, Running, Succeeded
from longvid_core.providers.replicate import DATA_URI_LIMIT
from tests.fake_replicate import FakeReplicate
from tests.fake_video import KEY, patience
from tests.replicate_parts import KLING, LISTED, PRO, WAN, Wanted, given, now, opened, submitted

# -- what is sent -------------------------------------------------------------------------------------------------------------


def test_it_renders_far_away_lists_its_jobs_and_checks_its_models() -> None:
    assert all(isinstance(opened(), protocol) for protocol in (RemoteVideo, Lists, Checks))


def test_every_field_of_a_request(replicate: FakeReplicate, replicate_request: Wanted) -> None:
    job = now(opened().submit(PRO, replicate_request()))
    (asked,) = replicate.asked
    assert (asked.method, asked.path) == ("POST", "/v1/models/bytedance/seedance-1-pro/predictions")
    assert asked.headers["authorization"] == f"Bearer {KEY}" and list(asked.fields) == ["input"]
    input = given(replicate)
    assert {name: value for name, value in input.items() if not name.endswith("image")} == {
        "prompt": "a harbour", "duration": 2, "aspect_ratio": "16:9", "resolution": "480p", "seed": 41,
    }  # fmt: skip
    assert isinstance(input["duration"], int) and job.id in replicate.jobs and job.model == PRO and not job.extra


@pytest.mark.parametrize("model", LISTED)
def test_every_listed_model_is_asked_as_its_schema_says(replicate: FakeReplicate, replicate_request: Wanted, model: str) -> None:
    """The server refuses inputs and values that the model's published schema does not have."""
    entry = LISTED[model]
    now(opened().submit(model, replicate_request(model)))
    input = given(replicate)
    assert replicate.charges == 1 and input["prompt"] == "a harbour"
    assert input.get("seed") == (41 if entry.seed.promise != "none" else None)
    assert ("negative_prompt" in input) == entry.negative_prompt
    pictures = [replicate.sent(value).getpixel((400, 200)) for name, value in input.items() if "image" in name]
    assert sorted(pictures) == [(0, 0, 255), (255, 0, 0)][-len(pictures) :] and pictures


@pytest.mark.parametrize(
    ("model", "fps", "seconds"), [(m, fps, s) for m in (PRO, KLING) for fps in (24, 16, 23.976) for s in LISTED[m].seconds]
)
def test_the_length_is_one_that_the_model_makes(
    replicate: FakeReplicate, replicate_request: Wanted, model: str, fps: float, seconds: float
) -> None:
    legal = dict(zip(LISTED[model].seconds, LISTED[model].legal_frames(fps), strict=True))  # type: ignore[arg-type]
    now(opened().submit(model, replicate_request(model, fps=fps, frames=legal[seconds])))
    assert given(replicate)["duration"] == seconds


def test_a_model_that_counts_frames_is_told_frames_and_rate(replicate: FakeReplicate, replicate_request: Wanted) -> None:
    _, job = submitted(replicate, replicate_request(WAN, frames=85, fps=24), WAN)
    assert (given(replicate)["num_frames"], given(replicate)["frames_per_second"]) == (85, 24)
    assert (replicate.jobs[job.id].frames, replicate.jobs[job.id].fps) == (85, "24")


@pytest.mark.parametrize(
    ("frame", "ratio", "tier"),
    [((832, 480), "16:9", "480p"), ((480, 832), "9:16", "480p"), ((1280, 720), "16:9", "720p"), ((960, 960), "1:1", "1080p")],
)
def test_shape_and_tier_follow_from_the_frame(
    replicate: FakeReplicate, replicate_request: Wanted, frame: tuple[int, int], ratio: str, tier: str
) -> None:
    now(opened().submit(PRO, replicate_request(width=frame[0], height=frame[1])))
    assert (given(replicate)["aspect_ratio"], given(replicate)["resolution"]) == (ratio, tier)


def test_pictures_lie_where_fitting_the_clip_puts_them_back(
    replicate: FakeReplicate, replicate_request: Wanted, tmp_path: Path
) -> None:
    frame = np.zeros((480, 832, 3), np.uint8)
    frame[:, :416], frame[:, 416:] = (200, 30, 30), (30, 30, 200)
    Image.fromarray(frame).save(tmp_path / "halves.png")
    now(opened().submit(PRO, replicate_request(first=asset_of(tmp_path / "halves.png"))))
    sent = replicate.sent(given(replicate)["image"]).convert("RGB")
    assert sent.size == (854, 480)
    # cropping the clip to the plan's shape takes the 11 columns at each side away again
    assert np.array_equal(np.asarray(sent)[:, 11:843], frame)


def test_a_picture_too_large_for_a_data_uri_is_uploaded_whole(
    replicate: FakeReplicate, replicate_request: Wanted, tmp_path: Path
) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (480, 832, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    now(opened().submit(KLING, replicate_request(KLING, first=asset_of(tmp_path / "noise.png"))))
    input = given(replicate)
    assert [replicate.step(a) for a in replicate.asked] == ["upload", "submit"]
    assert input["start_image"].startswith(f"{replicate.url}/v1/files/") and input["end_image"].startswith(
        "data:image/png;base64,"
    )
    assert np.array_equal(np.asarray(replicate.sent(input["start_image"])), noise) and len(input["end_image"]) < DATA_URI_LIMIT


@pytest.mark.parametrize("mood", [500, 504, "hang", "reset", "late:reset", "html", "cut"])
def test_an_upload_that_fails_has_bought_nothing(
    replicate: FakeReplicate, replicate_request: Wanted, tmp_path: Path, mood: Any
) -> None:
    Image.effect_noise((832, 480), 90).save(tmp_path / "noise.png")
    replicate.moods = {"upload": [mood]}
    with pytest.raises(Transient) as caught:
        now(opened(timeout_s=patience(mood)).submit(PRO, replicate_request(first=asset_of(tmp_path / "noise.png"))))
    assert not caught.value.sent and not replicate.to("submit") and len(replicate.asked) == 1


def test_settings_reach_the_request_and_the_fingerprint(replicate: FakeReplicate, replicate_request: Wanted) -> None:
    fast = "bytedance/seedance-2.0-fast"
    plain, other = opened(), opened(audio=True, inputs={f"replicate:{fast}": {"resolution": "480p", "duration": 9}})
    now(other.submit(fast, replicate_request(fast, width=1280, height=720)))
    assert (
        given(replicate)["resolution"] == "480p"
        and given(replicate)["duration"] == 9
        and given(replicate)["generate_audio"] is True
    )
    assert plain.fingerprint(fast) != other.fingerprint(fast) and plain.fingerprint(PRO) == other.fingerprint(PRO)
    assert len(replicate.asked) == 1  # a listed model's fingerprint asks nobody


def test_sound_is_refused_in_words_where_nobody_asked_for_it(replicate: FakeReplicate, replicate_request: Wanted) -> None:
    now(opened().submit("bytedance/seedance-2.0", replicate_request("bytedance/seedance-2.0")))
    assert given(replicate)["generate_audio"] is False


def test_without_a_seed_none_is_sent(replicate: FakeReplicate, replicate_request: Wanted) -> None:
    now(opened().submit(PRO, replicate_request(seed=None)))
    assert "seed" not in given(replicate)


def test_what_cannot_be_sent_is_refused_before_it_is(replicate: FakeReplicate, replicate_request: Wanted) -> None:
    for jobs, prompt in ((opened(inputs={f"replicate:{PRO}": {"a": datetime.date.today()}}), "x"), (opened(), "a \ud800 b")):
        with pytest.raises(BadInput, match="JSON"):
            now(jobs.submit(PRO, replicate_request(prompt=prompt)))
    assert not replicate.asked


# -- submitting goes wrong ----------------------------------------------------------------------------------------------------


def said(status: int, **headers: str) -> list[Any]:
    return [status, headers, {"title": "No", "detail": f"says {KEY}"}]


@pytest.mark.parametrize(
    ("mood", "kind", "facts", "charges"),
    [
        (said(400), Refused, {"everything": False}, 0),
        (said(401), Refused, {"everything": True}, 0),
        ("no_credit", Refused, {"everything": True}, 0),
        (said(403), Refused, {"everything": True}, 0),
        (said(404), Refused, {"everything": False}, 0),
        (said(422), Refused, {"everything": False}, 0),
        ("moderated", Moderated, {}, 0),
        (said(302, Location="/elsewhere"), Refused, {"everything": False}, 0),
        (said(429, **{"Retry-After": "3"}), Transient, {"retry_after": 3.0, "busy": True, "sent": False}, 0),
        (said(500), Transient, {"sent": False, "busy": False}, 0),
        (said(503, **{"Retry-After": "2"}), Transient, {"sent": False, "retry_after": 2.0}, 0),
        (said(408), Transient, {"sent": True}, 0),
        (said(502), Transient, {"sent": True}, 0),
        (said(504), Transient, {"sent": True}, 0),
        (said(524), Transient, {"sent": True}, 0),
        ("hang", Transient, {"sent": True}, 0),
        ("reset", Transient, {"sent": True}, 0),
        ("late:reset", Transient, {"sent": True}, 1),
        ("late:504", Transient, {"sent": True}, 1),
        ("late:hang", Transient, {"sent": True}, 1),
        ("cut", Transient, {"sent": True}, 1),
        ("html", Transient, {"sent": True}, 0),
        ([200, {}, {}], Transient, {"sent": True}, 0),
        ([200, {}, {"id": "", "status": "starting"}], Transient, {"sent": True}, 0),
        ([200, {}, [1]], Transient, {"sent": True}, 0),
    ],
)
def test_each_misfortune_is_one_call_and_one_fault(
    replicate: FakeReplicate, replicate_request: Wanted, mood: Any, kind: type, facts: dict[str, Any], charges: int
) -> None:
    replicate.moods = {"submit": [mood]}
    with pytest.raises(kind) as caught:
        now(opened(timeout_s=patience(mood)).submit(PRO, replicate_request()))
    assert {name: getattr(caught.value, name) for name in facts} == facts
    assert len(replicate.asked) == 1 and replicate.charges == charges
    assert KEY not in f"{caught.value} {getattr(caught.value, 'reason', '')}"


def test_nobody_there_is_nothing_bought(replicate_request: Wanted, nobody: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in FakeReplicate.variables.items():
        monkeypatch.setenv(name, value.format(url=nobody, key=KEY))
    with pytest.raises(Transient, match="cannot be reached") as caught:
        now(opened().submit(PRO, replicate_request()))
    assert not caught.value.sent
    monkeypatch.setenv("REPLICATE_BASE_URL", "nonsense")
    with pytest.raises(Refused, match="REPLICATE_BASE_URL"):
        now(opened().submit(PRO, replicate_request()))


def test_one_job_too_many_is_busy_and_the_wait_is_read_from_its_words(
    replicate: FakeReplicate, replicate_request: Wanted
) -> None:
    replicate.limit, replicate.seconds = 1, 60
    jobs = opened()
    now(jobs.submit(PRO, replicate_request()))
    with pytest.raises(Transient) as caught:
        now(jobs.submit(PRO, replicate_request()))
    assert caught.value.busy and caught.value.retry_after == 1 and replicate.charges == replicate.at_once == 1


# -- waiting ------------------------------------------------------------------------------------------------------------------


def test_a_job_is_queued_then_runs_then_is_done(replicate: FakeReplicate, replicate_request: Wanted) -> None:
    replicate.polls, replicate.skew_s = 8, -7 * 3600
    jobs, job = submitted(replicate, replicate_request())
    seen = [now(jobs.poll(job)) for _ in range(9)]
    assert seen[:2] == [Running(queued=True, refundable=True)] * 2
    assert [state.progress for state in seen[2:8]] == [round(n / 8 * 100) / 100 for n in range(2, 8)]
    assert not any(state.queued or state.refundable for state in seen[2:8])
    assert seen[8] == Succeeded(seed=41, facts={"predict_time": 12.5, "video_output_duration_seconds": 5})


@pytest.mark.parametrize(
    ("end", "kind", "code", "paid"),
    [
        ("again", "again", "failed", None),
        ("Service is temporarily unavailable due to high demand (E003)", "again", "E003", None),
        ("refused", "refused", "E006", None),
        ("moderated", "moderated", "E005", None),
        ("NSFW content detected", "moderated", "failed", None),
        (f"CUDA error, {KEY}", "again", "failed", None),
        ("aborted", "again", "aborted", 0),
        ("cancelled", "again", "canceled", None),
    ],
)
def test_how_jobs_end(
    replicate: FakeReplicate, replicate_request: Wanted, end: str, kind: str, code: str, paid: int | None
) -> None:
    jobs, job = submitted(replicate, replicate_request(), end=end)
    state = now(jobs.poll(job))
    assert isinstance(state, Ended) and (state.kind, state.code, state.micro_usd) == (kind, code, paid)
    assert KEY not in state.message and state.message


def test_a_state_that_the_sdk_does_not_know_is_waited_out(replicate: FakeReplicate, replicate_request: Wanted) -> None:
    jobs, job = submitted(replicate, replicate_request())
    replicate.moods["poll"] = [
        [200, {}, {"id": job.id, "status": "dreaming", "error": {"a": 1}, "model": None, "urls": {"web": None}}]
    ]
    assert now(jobs.poll(job)) == Running()


@pytest.mark.parametrize("mood", [said(429), said(500), said(503), said(408), said(504), "hang", "reset", "cut", "html"])
def test_a_look_that_fails_is_one_call_and_nothing_was_bought(
    replicate: FakeReplicate, replicate_request: Wanted, mood: Any
) -> None:
    """The SDK alone would look ten times."""
    jobs, job = submitted(replicate, replicate_request(), poll=mood)
    with pytest.raises(Transient) as caught:
        now(jobs.poll(job))
    assert not caught.value.sent and KEY not in str(caught.value) and len(replicate.to("poll")) == 1
    assert isinstance(now(jobs.poll(job)), Succeeded)


# -- fetching -----------------------------------------------------------------------------------------------------------------


def test_the_clip_arrives_byte_for_byte_and_without_the_key(
    replicate: FakeReplicate, replicate_request: Wanted, tmp_path: Path
) -> None:
    _, job = submitted(replicate, replicate_request())
    # by another process, a week later
    now(opened().fetch(RemoteJob.model_validate_json(job.model_dump_json()), tmp_path / "clip.mp4"))
    assert (tmp_path / "clip.mp4").read_bytes() == replicate.clip_of(replicate.jobs[job.id])
    found = probe(tmp_path / "clip.mp4")
    assert (found.frames, found.width, found.height) == (48, 96, 64)
    (fetch,) = replicate.to("fetch")
    assert KEY not in json.dumps(fetch.headers)


def test_an_expired_address_is_asked_for_anew(replicate: FakeReplicate, replicate_request: Wanted, tmp_path: Path) -> None:
    jobs, job = submitted(replicate, replicate_request(), fetch="expired")
    now(jobs.fetch(job, tmp_path / "clip.mp4"))
    assert (tmp_path / "clip.mp4").read_bytes() == replicate.clip_of(replicate.jobs[job.id])
    assert len(replicate.to("fetch")) == len(replicate.to("poll")) == 2


@pytest.mark.parametrize("forgets", [False, True])
def test_a_clip_that_is_gone_is_gone(replicate: FakeReplicate, replicate_request: Wanted, tmp_path: Path, forgets: bool) -> None:
    jobs, job = submitted(replicate, replicate_request(), fetch="gone")
    replicate.forgets = forgets
    with pytest.raises(Refused, match="no longer"):
        now(jobs.fetch(job, tmp_path / "clip.mp4"))
    assert not (tmp_path / "clip.mp4").exists()
    assert isinstance(now(jobs.poll(job)), Succeeded)


@pytest.mark.parametrize("mood", ["truncate", "reset", "hang", 500, 503, 429, 502])
def test_a_fetch_that_breaks_off_leaves_nothing_and_is_tried_again(
    replicate: FakeReplicate, replicate_request: Wanted, tmp_path: Path, mood: Any
) -> None:
    jobs, job = submitted(replicate, replicate_request(), fetch=mood)
    replicate.clip_of(replicate.jobs[job.id])  # made beforehand
    with pytest.raises(Transient) as caught:
        now(jobs.fetch(job, tmp_path / "clip.mp4"))
    assert not caught.value.sent and not (tmp_path / "clip.mp4").exists() and "signature" not in str(caught.value)
    now(jobs.fetch(job, tmp_path / "clip.mp4"))
    assert (tmp_path / "clip.mp4").read_bytes() == replicate.clip_of(replicate.jobs[job.id])


def test_nothing_is_fetched_of_a_job_that_is_not_done_or_failed(
    replicate: FakeReplicate, replicate_request: Wanted, tmp_path: Path
) -> None:
    replicate.polls = 1
    jobs, job = submitted(replicate, replicate_request(), end="refused")
    with pytest.raises(Transient, match="not done"):
        now(jobs.fetch(job, tmp_path / "clip.mp4"))
    with pytest.raises(Refused, match="gave no clip: failed"):
        now(jobs.fetch(job, tmp_path / "clip.mp4"))


# -- before anything ------------------------------------------------------------------------------------------------------------


def test_without_a_key_or_the_sdk_it_says_what_to_do(
    replicate: FakeReplicate, replicate_request: Wanted, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened().ready()
    monkeypatch.delenv("REPLICATE_API_TOKEN")
    for ask in (lambda: opened().ready(), lambda: now(opened().submit(PRO, replicate_request()))):
        with pytest.raises(BadInput, match="REPLICATE_API_TOKEN") as caught:
            ask()
        assert "replicate.com/account/api-tokens" in str(caught.value)
    monkeypatch.setitem(sys.modules, "replicate", None)
    monkeypatch.delitem(sys.modules, "longvid_core.providers.replicate_wire")
    monkeypatch.delattr("longvid_core.providers.replicate_wire")
    with pytest.raises(MissingTool, match=r"longvid\[replicate\]"):
        opened().ready()
    assert not replicate.asked
