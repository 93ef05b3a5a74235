"""Runway through its own SDK, against a server on the loopback that checks requests by the SDK's types: what is sent."""

from __future__ import annotations

import asyncio
import base64
import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from longvid_core.catalog import entry_of
from longvid_core.errors import BadInput, LongvidError
from longvid_core.media.images import asset_of
from longvid_core.providers.base import Surroundings
from longvid_core.providers.faults import Moderated, Refused, Transient
from longvid_core.providers.jobs import Lists, RemoteJob, RemoteVideo
from longvid_core.providers.runway import PROVIDER
from longvid_core.settings import Settings
from tests.fake_runway import FakeRunway
from tests.fake_video import KEY, patience, picture
from tests.runway_parts import Asks, now, said, studio

ALL = list(entry_of("runway").models)


# -- what is sent -------------------------------------------------------------------------------------------------------------


def test_it_is_a_renderer_of_remote_video_and_lists_nothing() -> None:
    assert isinstance(studio(), RemoteVideo) and not isinstance(studio(), Lists)


def test_every_field_of_a_request(runway: FakeRunway, runway_request: Asks) -> None:
    now(studio().submit("veo3.1", runway_request("veo3.1")))
    (asked,) = runway.asked
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
def test_every_model_is_asked_as_the_sdk_knows_it(runway: FakeRunway, runway_request: Asks, model: str) -> None:
    """The server refuses fields, values and positions that the SDK does not list for the model."""
    entry = entry_of("runway").models[model]
    job = now(studio().submit(model, runway_request(model)))
    (asked,) = runway.asked
    assert runway.charges == 1 and job.model == model and job.id in runway.jobs
    assert asked.fields.get("seed") == (41 if entry.seed.promise != "none" else None)
    assert ("ratio" in asked.fields) == bool(entry.sizes)


@pytest.mark.parametrize("seconds", entry_of("runway").models["veo3.1"].seconds)
@pytest.mark.parametrize("fps", [24, 16, 23.976])
def test_the_length_is_one_that_the_model_makes(runway: FakeRunway, runway_request: Asks, seconds: float, fps: float) -> None:
    legal = entry_of("runway").models["veo3.1"].legal_frames(fps)
    frames = dict(zip(entry_of("runway").models["veo3.1"].seconds, legal, strict=True))[seconds]  # type: ignore[arg-type]
    now(studio().submit("veo3.1", runway_request("veo3.1", frames=frames, fps=fps)))
    assert runway.asked[0].fields["duration"] == seconds


def test_pictures_lie_where_fitting_the_clip_puts_them_back(runway: FakeRunway, runway_request: Asks, tmp_path: Path) -> None:
    frame = np.zeros((480, 832, 3), np.uint8)
    frame[:, :416], frame[:, 416:] = (200, 30, 30), (30, 30, 200)
    Image.fromarray(frame).save(tmp_path / "halves.png")
    now(studio().submit("gen4_turbo", runway_request(first=asset_of(tmp_path / "halves.png"))))
    sent = picture(runway.asked[0].fields["promptImage"][0]["uri"]).convert("RGB")
    assert sent.size == (1280, 720)
    # 832x480 fills 1248x720 of it; cropping the clip to the plan's shape takes the bars away again
    pixels = np.asarray(sent).astype(int)
    assert np.abs(pixels[360, 320] - (200, 30, 30)).max() < 4 and np.abs(pixels[360, 960] - (30, 30, 200)).max() < 4
    back = Image.fromarray(pixels[:, 16:1264].astype(np.uint8)).resize((832, 480), Image.Resampling.LANCZOS)
    assert np.abs(np.asarray(back).astype(int) - frame).mean() < 1


def test_a_picture_too_large_for_a_data_uri_goes_as_jpeg(runway: FakeRunway, runway_request: Asks, tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (1080, 1920, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png", compress_level=0)
    noisy = asset_of(tmp_path / "noise.png")
    now(studio().submit("veo3.1", runway_request("veo3.1", first=noisy, last=None, width=1920, height=1080)))
    uri = runway.asked[0].fields["promptImage"][0]["uri"]
    assert uri.startswith("data:image/jpeg;base64,") and len(uri) < 5 * 1024 * 1024
    assert Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))).size == (1920, 1080)


def test_settings_reach_the_request_and_the_fingerprint(runway: FakeRunway, runway_request: Asks) -> None:
    plain, other = studio(), studio(audio=True, inputs={"runway:veo3.1": {"ratio": "1920:1080"}, "runway:h3_max": {"seed": 7}})
    now(other.submit("veo3.1", runway_request("veo3.1")))
    now(other.submit("h3_max", runway_request("h3_max")))
    veo, h3 = (asked.fields for asked in runway.asked)
    assert veo["audio"] is True and veo["ratio"] == "1920:1080"
    assert h3["seed"] == 7 and h3["promptExpansionMode"] == "disabled" and h3["resolution"] == "480p"
    assert plain.fingerprint("veo3.1") != other.fingerprint("veo3.1")
    assert plain.fingerprint("gen4_turbo") == other.fingerprint("gen4_turbo")
    assert other.fingerprint("h3_max")["inputs"] == {"promptExpansionMode": "disabled", "seed": 7}


def test_without_a_seed_none_is_sent(runway: FakeRunway, runway_request: Asks) -> None:
    now(studio().submit("gen4_turbo", runway_request(seed=None)))
    assert "seed" not in runway.asked[0].fields


@pytest.mark.parametrize("wrong", [{"inputs": {"runway:gen4_turbo": {"watermark": object()}}}, {}])
def test_what_cannot_be_sent_is_refused_before_it_is(runway: FakeRunway, runway_request: Asks, wrong: dict[str, Any]) -> None:
    prompt = {} if wrong else {"prompt": "a \ud800 harbour"}
    with pytest.raises(BadInput, match="JSON"):
        now(studio(**wrong).submit("gen4_turbo", runway_request(**prompt)))
    with pytest.raises(BadInput, match="first keyframe"):
        now(studio().submit("gen4_turbo", runway_request(first=None)))
    assert not runway.asked


# -- submitting goes wrong ----------------------------------------------------------------------------------------------------


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
    runway: FakeRunway, runway_request: Asks, mood: Any, kind: type, facts: dict[str, Any], charges: int
) -> None:
    runway.moods = {"submit": [mood]}
    with pytest.raises(kind) as caught:
        now(studio(timeout_s=patience(mood)).submit("gen4_turbo", runway_request()))
    assert {name: getattr(caught.value, name) for name in facts} == facts
    assert len(runway.asked) == 1 and runway.charges == charges
    assert KEY not in str(caught.value)


def test_a_field_that_runway_does_not_know_is_named(runway: FakeRunway, runway_request: Asks) -> None:
    with pytest.raises(Refused, match="watermark: unrecognized"):
        now(studio(inputs={"runway:gen4_turbo": {"watermark": False}}).submit("gen4_turbo", runway_request()))
    assert runway.charges == 0


def test_nobody_there_is_nothing_bought(runway_request: Asks, nobody: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in FakeRunway.variables.items():
        monkeypatch.setenv(name, value.format(url=nobody, key=KEY))
    with pytest.raises(Transient, match="cannot be reached") as caught:
        now(studio().submit("gen4_turbo", runway_request()))
    assert not caught.value.sent
    monkeypatch.setenv("RUNWAYML_BASE_URL", "nonsense")
    with pytest.raises(Refused, match="RUNWAYML_BASE_URL"):
        now(studio().submit("gen4_turbo", runway_request()))


def test_one_job_too_many_is_busy(runway: FakeRunway, runway_request: Asks) -> None:
    runway.limit, runway.seconds = 1, 60
    renders = studio()
    now(renders.submit("gen4_turbo", runway_request()))
    with pytest.raises(Transient) as caught:
        now(renders.submit("gen4_turbo", runway_request()))
    assert caught.value.busy and caught.value.retry_after == 1 and runway.charges == runway.at_once == 1


# -- before anything ----------------------------------------------------------------------------------------------------------


def test_what_is_missing_is_said_beforehand(runway: FakeRunway, runway_request: Asks, monkeypatch: pytest.MonkeyPatch) -> None:
    studio().ready()
    monkeypatch.delenv("RUNWAYML_API_SECRET")
    for call in (studio().ready, lambda: now(studio().submit("gen4_turbo", runway_request()))):
        with pytest.raises(BadInput, match=r"RUNWAYML_API_SECRET(.|\n)*dev\.runwayml\.com"):
            call()
    monkeypatch.setenv("RUNWAYML_API_SECRET", f"{KEY}\nX: y")
    with pytest.raises(BadInput, match="line break") as caught:
        studio().ready()
    assert KEY not in str(caught.value)
    monkeypatch.setitem(sys.modules, "runwayml", None)
    with pytest.raises(LongvidError, match=r'pip install "longvid\[runway\]"'):
        studio().ready()
    assert not runway.asked


def test_a_key_in_the_settings_file_is_taken(runway: FakeRunway, runway_request: Asks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUNWAYML_API_SECRET")
    settings = Settings(keys={"runway": KEY})  # type: ignore[dict-item]
    with PROVIDER.opened(Surroundings(settings=settings, sha256_of=str)) as renders:
        now(renders.submit("gen4_turbo", runway_request()))
    assert runway.charges == 1


def test_one_run_asks_from_several_event_loops(runway: FakeRunway, runway_request: Asks) -> None:
    renders = studio()

    async def several() -> list[RemoteJob]:
        return await asyncio.gather(*(renders.submit("gen4_turbo", runway_request()) for _ in range(4)))

    jobs = asyncio.run(several()) + asyncio.run(several())
    assert len({job.id for job in jobs}) == runway.charges == 8
