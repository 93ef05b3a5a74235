"""Runway through its own SDK, against a server on the loopback that checks requests by the SDK's types."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from longvid_core.catalog import entry_of
from longvid_core.errors import BadInput, LongvidError
from longvid_core.media.images import asset_of
from longvid_core.media.probe import probe
from longvid_core.models import VisualState
from longvid_core.providers.base import Surroundings, VideoRequest
from longvid_core.providers.faults import Moderated, Refused, Transient
from longvid_core.providers.jobs import Ended, Lists, RemoteJob, RemoteVideo, Running, Succeeded
from longvid_core.providers.runway import PROVIDER, Studio
from longvid_core.settings import RemoteSettings, Settings
from tests.fake_runway import FakeRunway
from tests.fake_video import KEY, picture

ALL = list(entry_of("runway").models)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeRunway]:
    with FakeRunway(size=(96, 64)) as fake:
        for name, value in fake.env.items():
            monkeypatch.setenv(name, value)
        yield fake


@pytest.fixture
def request_for(tmp_path: Path) -> Callable[..., VideoRequest]:
    """A request the model can do: a red picture first and, where it takes one, a blue one last."""
    for name in ("red", "blue"):
        Image.new("RGB", (832, 480), name).save(tmp_path / f"{name}.png")

    def wanted(model: str, **more: Any) -> VideoRequest:
        entry = entry_of("runway").models[model]
        last = asset_of(tmp_path / "blue.png") if entry.last_frame != "none" else None
        fields = {
            "prompt": "a harbour", "negative": "rain", "visual": VisualState(), "seed": 41, "width": 832, "height": 480,
            "frames": round(24 * entry.seconds[0]), "fps": 24, "first": asset_of(tmp_path / "red.png"), "last": last,
        }  # fmt: skip
        return VideoRequest(**{**fields, **more})

    return wanted


def studio(**remote: Any) -> Studio:
    settings = Settings().model_copy(update={"remote": RemoteSettings(**{"timeout_s": 1.0, **remote})})
    with PROVIDER.opened(Surroundings(settings=settings, sha256_of=str)) as opened:
        return opened


def now(call: Awaitable[Any]) -> Any:
    async def run() -> Any:
        return await call

    return asyncio.run(run())


def submitted(fake: FakeRunway, wanted: VideoRequest, model: str = "gen4_turbo", **moods: Any) -> tuple[Studio, RemoteJob]:
    fake.moods = {step: [mood] for step, mood in moods.items()}
    renders = studio()
    return renders, now(renders.submit(model, wanted))


# -- what is sent -------------------------------------------------------------------------------------------------------------


def test_it_is_a_renderer_of_remote_video_and_lists_nothing() -> None:
    assert isinstance(studio(), RemoteVideo) and not isinstance(studio(), Lists)


def test_every_field_of_a_request(fake: FakeRunway, request_for: Callable[..., VideoRequest]) -> None:
    now(studio().submit("veo3.1", request_for("veo3.1")))
    (asked,) = fake.asked
    assert (asked.method, asked.path) == ("POST", "/v1/image_to_video")
    assert asked.headers["authorization"] == f"Bearer {KEY}" and asked.headers["x-runway-version"] == "2024-11-06"
    pictures = asked.fields["promptImage"]
    assert [p["position"] for p in pictures] == ["first", "last"]
    assert {k: v for k, v in asked.fields.items() if k != "promptImage"} == {
        "model": "veo3.1", "promptText": "a harbour", "duration": 4, "ratio": "1280:720", "seed": 41, "negativePrompt": "rain",
        "audio": False,
    }  # fmt: skip
    assert isinstance(asked.fields["duration"], int)


@pytest.mark.parametrize("model", ALL)
def test_every_model_is_asked_as_the_sdk_knows_it(fake: FakeRunway, request_for: Callable[..., VideoRequest], model: str) -> None:
    """The server refuses fields, values and positions that the SDK does not list for the model."""
    entry = entry_of("runway").models[model]
    job = now(studio().submit(model, request_for(model)))
    (asked,) = fake.asked
    assert fake.charges == 1 and job.model == model and job.id in fake.jobs
    assert asked.fields.get("seed") == (41 if entry.seed.promise != "none" else None)
    assert ("ratio" in asked.fields) == bool(entry.sizes)


@pytest.mark.parametrize("seconds", entry_of("runway").models["veo3.1"].seconds)
@pytest.mark.parametrize("fps", [24, 16, 23.976])
def test_the_length_is_one_that_the_model_makes(
    fake: FakeRunway, request_for: Callable[..., VideoRequest], seconds: float, fps: float
) -> None:
    legal = entry_of("runway").models["veo3.1"].legal_frames(fps)
    frames = dict(zip(entry_of("runway").models["veo3.1"].seconds, legal, strict=True))[seconds]  # type: ignore[arg-type]
    now(studio().submit("veo3.1", request_for("veo3.1", frames=frames, fps=fps)))
    assert fake.asked[0].fields["duration"] == seconds


def test_pictures_lie_where_fitting_the_clip_puts_them_back(
    fake: FakeRunway, request_for: Callable[..., VideoRequest], tmp_path: Path
) -> None:
    frame = np.zeros((480, 832, 3), np.uint8)
    frame[:, :416], frame[:, 416:] = (200, 30, 30), (30, 30, 200)
    Image.fromarray(frame).save(tmp_path / "halves.png")
    now(studio().submit("gen4_turbo", request_for("gen4_turbo", first=asset_of(tmp_path / "halves.png"))))
    sent = picture(fake.asked[0].fields["promptImage"][0]["uri"]).convert("RGB")
    assert sent.size == (1280, 720)
    # 832x480 fills 1248x720 of it; cropping the clip to the plan's shape takes the bars away again
    pixels = np.asarray(sent).astype(int)
    assert np.abs(pixels[360, 320] - (200, 30, 30)).max() < 4 and np.abs(pixels[360, 960] - (30, 30, 200)).max() < 4
    back = Image.fromarray(pixels[:, 16:1264].astype(np.uint8)).resize((832, 480), Image.Resampling.LANCZOS)
    assert np.abs(np.asarray(back).astype(int) - frame).mean() < 1


def test_a_picture_too_large_for_a_data_uri_goes_as_jpeg(
    fake: FakeRunway, request_for: Callable[..., VideoRequest], tmp_path: Path
) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (1080, 1920, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png", compress_level=0)
    noisy = asset_of(tmp_path / "noise.png")
    now(studio().submit("veo3.1", request_for("veo3.1", first=noisy, last=None, width=1920, height=1080)))
    uri = fake.asked[0].fields["promptImage"][0]["uri"]
    assert uri.startswith("data:image/jpeg;base64,") and len(uri) < 5 * 1024 * 1024
    assert Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))).size == (1920, 1080)


def test_settings_reach_the_request_and_the_fingerprint(fake: FakeRunway, request_for: Callable[..., VideoRequest]) -> None:
    plain, other = studio(), studio(audio=True, inputs={"runway:veo3.1": {"ratio": "1920:1080"}, "runway:h3_max": {"seed": 7}})
    now(other.submit("veo3.1", request_for("veo3.1")))
    now(other.submit("h3_max", request_for("h3_max")))
    veo, h3 = (asked.fields for asked in fake.asked)
    assert veo["audio"] is True and veo["ratio"] == "1920:1080"
    assert h3["seed"] == 7 and h3["promptExpansionMode"] == "disabled" and h3["resolution"] == "480p"
    assert plain.fingerprint("veo3.1") != other.fingerprint("veo3.1")
    assert plain.fingerprint("gen4_turbo") == other.fingerprint("gen4_turbo")
    assert other.fingerprint("h3_max")["inputs"] == {"promptExpansionMode": "disabled", "seed": 7}


def test_without_a_seed_none_is_sent(fake: FakeRunway, request_for: Callable[..., VideoRequest]) -> None:
    now(studio().submit("gen4_turbo", request_for("gen4_turbo", seed=None)))
    assert "seed" not in fake.asked[0].fields


@pytest.mark.parametrize("wrong", [{"inputs": {"runway:gen4_turbo": {"watermark": object()}}}, {}])
def test_what_cannot_be_sent_is_refused_before_it_is(
    fake: FakeRunway, request_for: Callable[..., VideoRequest], wrong: dict[str, Any]
) -> None:
    prompt = {} if wrong else {"prompt": "a \ud800 harbour"}
    with pytest.raises(BadInput, match="JSON"):
        now(studio(**wrong).submit("gen4_turbo", request_for("gen4_turbo", **prompt)))
    with pytest.raises(BadInput, match="first keyframe"):
        now(studio().submit("gen4_turbo", request_for("gen4_turbo", first=None)))
    assert not fake.asked


# -- submitting goes wrong ----------------------------------------------------------------------------------------------------


def said(status: int, **headers: str) -> list[Any]:
    return [status, headers, {"error": f"no, says {KEY}"}]


@pytest.mark.parametrize(
    ("mood", "kind", "facts", "charges"),
    [
        (said(400), Refused, {"everything": False}, 0),
        (said(401), Refused, {"everything": True}, 0),
        (said(402), Refused, {"everything": True}, 0),
        (said(403), Refused, {"everything": True}, 0),
        (said(404), Refused, {"everything": False}, 0),
        (said(422), Refused, {"everything": False}, 0),
        ("moderated", Moderated, {"reason": "This prompt did not pass content moderation."}, 0),
        ("no_credit", Refused, {"everything": True}, 0),
        (said(429, **{"Retry-After": "3"}), Transient, {"retry_after": 3.0, "busy": True, "sent": False}, 0),
        (said(500), Transient, {"sent": False, "busy": False}, 0),
        (said(503, **{"Retry-After": "2"}), Transient, {"sent": False, "retry_after": 2.0}, 0),
        (said(408), Transient, {"sent": True}, 0),
        (said(502), Transient, {"sent": True}, 0),
        (said(504), Transient, {"sent": True}, 0),
        ("hang", Transient, {"sent": True}, 0),
        ("reset", Transient, {"sent": True}, 0),
        ("late:reset", Transient, {"sent": True}, 1),
        ("late:504", Transient, {"sent": True}, 1),
        ("late:hang", Transient, {"sent": True}, 1),
        ("cut", Transient, {"sent": True}, 1),
        ("html", Transient, {"sent": True}, 0),
        ([200, {}, {}], Transient, {"sent": True}, 0),
        ([200, {}, "nothing"], Transient, {"sent": True}, 0),
    ],
)
def test_each_misfortune_is_one_call_and_one_fault(
    fake: FakeRunway, request_for: Callable[..., VideoRequest], mood: Any, kind: type, facts: dict[str, Any], charges: int
) -> None:
    fake.moods = {"submit": [mood]}
    with pytest.raises(kind) as caught:
        now(studio().submit("gen4_turbo", request_for("gen4_turbo")))
    assert {name: getattr(caught.value, name) for name in facts} == facts
    assert len(fake.asked) == 1 and fake.charges == charges
    assert KEY not in str(caught.value)


def test_nobody_there_is_nothing_bought(request_for: Callable[..., VideoRequest], monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeRunway() as gone:
        env = gone.env
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Transient, match="cannot be reached") as caught:
        now(studio().submit("gen4_turbo", request_for("gen4_turbo")))
    assert not caught.value.sent
    monkeypatch.setenv("RUNWAYML_BASE_URL", "nonsense")
    with pytest.raises(Refused, match="RUNWAYML_BASE_URL"):
        now(studio().submit("gen4_turbo", request_for("gen4_turbo")))


def test_one_job_too_many_is_busy(fake: FakeRunway, request_for: Callable[..., VideoRequest]) -> None:
    fake.limit, fake.seconds = 1, 60
    renders = studio()
    now(renders.submit("gen4_turbo", request_for("gen4_turbo")))
    with pytest.raises(Transient) as caught:
        now(renders.submit("gen4_turbo", request_for("gen4_turbo")))
    assert caught.value.busy and caught.value.retry_after == 1 and fake.charges == fake.at_once == 1


# -- waiting ------------------------------------------------------------------------------------------------------------------


def test_a_job_is_queued_then_runs_then_is_done(fake: FakeRunway, request_for: Callable[..., VideoRequest]) -> None:
    fake.polls = 8
    fake.skew_s = -7 * 3600
    renders, job = submitted(fake, request_for("gen4_turbo", frames=120))
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
def test_how_jobs_end(
    fake: FakeRunway, request_for: Callable[..., VideoRequest], end: str, kind: str, code: str, paid: int
) -> None:
    renders, job = submitted(fake, request_for("gen4_turbo", frames=120), end=end)
    state = now(renders.poll(job))
    assert isinstance(state, Ended) and (state.kind, state.code, state.micro_usd) == (kind, code, paid)
    assert KEY not in state.message and state.message


@pytest.mark.parametrize("answer", [{"status": "SUCCEEDED", "output": []}, {"status": "SUCCEEDED"}])
def test_done_without_a_clip_is_not_bought_again(
    fake: FakeRunway, request_for: Callable[..., VideoRequest], answer: dict[str, Any]
) -> None:
    renders, job = submitted(fake, request_for("gen4_turbo"))
    fake.moods["poll"] = [[200, {}, {"id": job.id, "createdAt": "2026-11-20T00:00:00Z", "cost": {"credits": 3}, **answer}]]
    assert now(renders.poll(job)) == Ended(
        code="SUCCEEDED", message="it is done, and has no clip", kind="refused", micro_usd=30_000
    )


def test_a_state_that_is_not_known_is_waited_out(fake: FakeRunway, request_for: Callable[..., VideoRequest]) -> None:
    renders, job = submitted(fake, request_for("gen4_turbo"))
    fake.moods["poll"] = [[200, {}, {"id": job.id, "status": "DREAMING", "createdAt": "2026-11-20T00:00:00Z"}]]
    assert now(renders.poll(job)) == Running()


@pytest.mark.parametrize("mood", [said(429), said(500), said(503), said(408), said(504), "hang", "reset", "cut", "html"])
def test_a_look_that_fails_is_looked_again_and_nothing_was_bought(
    fake: FakeRunway, request_for: Callable[..., VideoRequest], mood: Any
) -> None:
    renders, job = submitted(fake, request_for("gen4_turbo"))
    fake.moods["poll"] = [mood]
    with pytest.raises(Transient) as caught:
        now(renders.poll(job))
    assert not caught.value.sent and KEY not in str(caught.value) and len(fake.to("poll")) == 1
    assert isinstance(now(renders.poll(job)), Succeeded)


def test_a_job_that_runway_does_not_know(fake: FakeRunway) -> None:
    lost = RemoteJob(id="00000000-0000-0000-0000-000000000000", model="gen4_turbo")
    with pytest.raises(Refused, match="knows no job"):
        now(studio().poll(lost))
    with pytest.raises(Refused, match="no longer"):
        now(studio().fetch(lost, Path("never")))
    assert now(studio().cancel(lost)).stopped


# -- fetching -----------------------------------------------------------------------------------------------------------------


def test_the_clip_arrives_byte_for_byte_and_without_the_key(
    fake: FakeRunway, request_for: Callable[..., VideoRequest], tmp_path: Path
) -> None:
    renders, job = submitted(fake, request_for("veo3.1"), "veo3.1")
    now(renders.poll(job))
    now(renders.fetch(job, tmp_path / "clip.mp4"))
    assert (tmp_path / "clip.mp4").read_bytes() == fake.clip_of(fake.jobs[job.id])
    found = probe(tmp_path / "clip.mp4")
    assert (found.frames, found.width, found.height) == (96, 96, 64)
    (fetch,) = fake.to("fetch")
    assert "authorization" not in fetch.headers and KEY not in json.dumps(fetch.headers)
    assert len(fake.to("poll")) == 1


def test_another_process_fetches_it_too(fake: FakeRunway, request_for: Callable[..., VideoRequest], tmp_path: Path) -> None:
    _, job = submitted(fake, request_for("gen4_turbo"))
    now(studio().fetch(RemoteJob.model_validate(job.json_value()), tmp_path / "clip.mp4"))
    assert (tmp_path / "clip.mp4").read_bytes() == fake.clip_of(fake.jobs[job.id])


@pytest.mark.parametrize("looked", [True, False])
def test_an_expired_address_is_asked_for_anew(
    fake: FakeRunway, request_for: Callable[..., VideoRequest], tmp_path: Path, looked: bool
) -> None:
    renders, job = submitted(fake, request_for("gen4_turbo"), fetch="expired")
    if looked:
        now(renders.poll(job))
    now(renders.fetch(job, tmp_path / "clip.mp4"))
    assert (tmp_path / "clip.mp4").read_bytes() == fake.clip_of(fake.jobs[job.id])
    assert len(fake.to("fetch")) == 2


def test_a_clip_that_is_gone_is_gone(fake: FakeRunway, request_for: Callable[..., VideoRequest], tmp_path: Path) -> None:
    renders, job = submitted(fake, request_for("gen4_turbo"), fetch="gone")
    with pytest.raises(Refused, match="no longer"):
        now(renders.fetch(job, tmp_path / "clip.mp4"))
    assert not (tmp_path / "clip.mp4").exists() and len(fake.to("fetch")) == 2


@pytest.mark.parametrize("mood", ["truncate", "reset", "hang", 500, 503, 429, 502])
def test_a_fetch_that_breaks_off_leaves_nothing_and_is_tried_again(
    fake: FakeRunway, request_for: Callable[..., VideoRequest], tmp_path: Path, mood: Any
) -> None:
    renders, job = submitted(fake, request_for("gen4_turbo"), fetch=mood)
    with pytest.raises(Transient) as caught:
        now(renders.fetch(job, tmp_path / "clip.mp4"))
    assert not caught.value.sent and not (tmp_path / "clip.mp4").exists()
    assert "signature" not in str(caught.value)
    now(renders.fetch(job, tmp_path / "clip.mp4"))
    assert (tmp_path / "clip.mp4").read_bytes() == fake.clip_of(fake.jobs[job.id])


def test_nothing_is_fetched_of_a_job_that_is_not_done_or_failed(
    fake: FakeRunway, request_for: Callable[..., VideoRequest], tmp_path: Path
) -> None:
    fake.polls = 1
    renders, job = submitted(fake, request_for("gen4_turbo"), end="refused")
    with pytest.raises(Transient, match="not done"):
        now(renders.fetch(job, tmp_path / "clip.mp4"))
    with pytest.raises(Refused, match="had failed"):
        now(renders.fetch(job, tmp_path / "clip.mp4"))


# -- cancelling ---------------------------------------------------------------------------------------------------------------


def test_a_job_in_the_queue_costs_nothing(fake: FakeRunway, request_for: Callable[..., VideoRequest]) -> None:
    fake.polls = 100
    renders, job = submitted(fake, request_for("gen4_turbo", frames=120))
    refund = now(renders.cancel(job))
    assert refund.stopped and refund.micro_usd == 0 and fake.charges == 0
    state = now(renders.poll(job))
    assert isinstance(state, Ended) and state.micro_usd == 0


def test_a_job_that_runs_is_paid(fake: FakeRunway, request_for: Callable[..., VideoRequest]) -> None:
    fake.seconds = 60
    renders, job = submitted(fake, request_for("gen4_turbo", frames=120))
    fake.jobs[job.id].born -= 30
    refund = now(renders.cancel(job))
    assert refund.stopped and refund.micro_usd == 250_000 and "nothing back" in refund.message and fake.charges == 1


def test_a_job_that_is_done_keeps_its_clip(fake: FakeRunway, request_for: Callable[..., VideoRequest], tmp_path: Path) -> None:
    """Runway deletes what is done when it is asked to cancel it."""
    renders, job = submitted(fake, request_for("gen4_turbo", frames=120))
    refund = now(renders.cancel(job))
    assert refund.stopped and refund.micro_usd == 250_000 and not fake.to("cancel")
    now(renders.fetch(job, tmp_path / "clip.mp4"))


def test_cancelling_may_fail_and_says_so(fake: FakeRunway, request_for: Callable[..., VideoRequest]) -> None:
    fake.seconds = 60
    renders, job = submitted(fake, request_for("gen4_turbo"))
    fake.moods["cancel"] = [503]
    with pytest.raises(Transient):
        now(renders.cancel(job))
    assert now(renders.cancel(job)).stopped


# -- before anything ----------------------------------------------------------------------------------------------------------


def test_what_is_missing_is_said_beforehand(
    fake: FakeRunway, request_for: Callable[..., VideoRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    studio().ready()
    monkeypatch.delenv("RUNWAYML_API_SECRET")
    for call in (studio().ready, lambda: now(studio().submit("gen4_turbo", request_for("gen4_turbo")))):
        with pytest.raises(BadInput, match=r"RUNWAYML_API_SECRET(.|\n)*dev\.runwayml\.com"):
            call()
    monkeypatch.setenv("RUNWAYML_API_SECRET", f"{KEY}\nX: y")
    with pytest.raises(BadInput, match="line break") as caught:
        studio().ready()
    assert KEY not in str(caught.value)
    monkeypatch.setitem(sys.modules, "runwayml", None)
    with pytest.raises(LongvidError, match=r'pip install "longvid\[runway\]"'):
        studio().ready()
    assert not fake.asked


def test_a_key_in_the_settings_file_is_taken(
    fake: FakeRunway, request_for: Callable[..., VideoRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RUNWAYML_API_SECRET")
    settings = Settings(keys={"runway": KEY})  # type: ignore[dict-item]
    with PROVIDER.opened(Surroundings(settings=settings, sha256_of=str)) as renders:
        now(renders.submit("gen4_turbo", request_for("gen4_turbo")))
    assert fake.charges == 1


def test_one_run_asks_from_several_event_loops(fake: FakeRunway, request_for: Callable[..., VideoRequest]) -> None:
    renders = studio()

    async def several() -> list[RemoteJob]:
        return await asyncio.gather(*(renders.submit("gen4_turbo", request_for("gen4_turbo")) for _ in range(4)))

    jobs = asyncio.run(several()) + asyncio.run(several())
    assert len({job.id for job in jobs}) == fake.charges == 8


# -- the server as a process of its own ---------------------------------------------------------------------------------------


def test_the_server_forgets_no_job_when_it_is_restarted(
    request_for: Callable[..., VideoRequest], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    port, state = tmp_path / "port", tmp_path / "state.json"
    command = [sys.executable, "-m", "tests.fake_runway", "--port-file", str(port), "--state", str(state), "--size", "96x64"]
    monkeypatch.setenv("RUNWAYML_API_SECRET", KEY)
    job = None
    for _ in range(2):
        port.unlink(missing_ok=True)
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as server:
            until = time.monotonic() + 30
            while not port.exists() and time.monotonic() < until:
                time.sleep(0.02)
            url = port.read_text()
            monkeypatch.setenv("RUNWAYML_BASE_URL", url)
            job = job or now(studio().submit("gen4_turbo", request_for("gen4_turbo")))
            assert isinstance(now(studio().poll(job)), Succeeded)
            with urllib.request.urlopen(f"{url}/_fake") as answer:
                assert json.load(answer)["charges"] == 1
            assert server.stdin is not None
            server.stdin.close()
            assert server.wait(10) == 0
