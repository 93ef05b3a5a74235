"""Veo and Gemini Omni through Google's own SDK, against a server on the loopback: what is sent."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from longvid_core.catalog import entry_of, find_backend
from longvid_core.media.images import asset_of
from longvid_core.models import Reference
from longvid_core.providers.jobs import Lists, RemoteVideo
from tests.fake_google import FakeGoogle
from tests.fake_video import KEY
from tests.google_parts import OMNI, VEO, Asks, Opens

MODELS = entry_of("google").models


def shown(data: str) -> tuple[tuple[int, int], Any]:
    """Size and middle pixel of a picture that was sent."""
    picture = Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")
    return picture.size, picture.getpixel((picture.width // 2, picture.height // 2))


RED, BLUE, GREEN = (255, 0, 0), (0, 0, 255), (0, 128, 0)


def test_it_is_remote_video_and_lists_nothing(google_video: Opens) -> None:
    assert isinstance(google_video(), RemoteVideo) and not isinstance(google_video(), Lists)


async def test_every_field_to_veo(google: FakeGoogle, google_video: Opens, google_request: Asks) -> None:
    job = await google_video().submit(VEO, google_request())
    (asked,) = google.asked
    assert asked.path == f"/v1beta1/publishers/google/models/{VEO}:predictLongRunning"
    assert asked.headers["x-goog-api-key"] == KEY and "authorization" not in asked.headers
    (instance,) = asked.fields["instances"]
    assert asked.fields["parameters"] == {
        "sampleCount": 1, "durationSeconds": 4, "aspectRatio": "16:9", "resolution": "720p", "generateAudio": False, "seed": 41,
        "negativePrompt": "rain",
    }  # fmt: skip
    assert instance["prompt"] == "a harbour" and instance["image"]["mimeType"] == instance["lastFrame"]["mimeType"] == "image/png"
    assert shown(instance["image"]["bytesBase64Encoded"]) == ((1280, 720), RED)
    assert shown(instance["lastFrame"]["bytesBase64Encoded"]) == ((1280, 720), BLUE)
    assert job.id in google.jobs and job.model == VEO and KEY not in str(job.json_value())


async def test_every_field_to_omni(google: FakeGoogle, google_video: Opens, google_request: Asks) -> None:
    job = await google_video().submit(OMNI, google_request())
    (asked,) = google.asked
    assert asked.path == "/v1/interactions" and asked.headers["x-goog-api-key"] == KEY
    fields = asked.fields
    (turn,) = fields.pop("input")
    assert fields == {
        "model": OMNI,
        "background": True,
        "response_format": {"type": "video", "delivery": "uri", "duration": "4s", "aspect_ratio": "16:9", "resolution": "720p"},
        "generation_config": {"seed": 41, "video_config": {"task": "image_to_video"}},
    }
    *pictures, text = turn["content"]
    assert [shown(p["data"]) for p in pictures] == [((1280, 720), RED), ((1280, 720), BLUE)]
    assert text["text"] == job.prompt_sent
    assert text["text"].startswith("[# Sources <FIRST_FRAME>@Image1 <LAST_FRAME>@Image2] a harbour ")


async def test_less_is_sent_where_there_is_less(google: FakeGoogle, google_video: Opens, google_request: Asks) -> None:
    nothing = google_request(first=None, last=None, negative="", seed=None)
    await google_video().submit(VEO, nothing)
    await google_video().submit(OMNI, nothing)
    veo, omni = (asked.fields for asked in google.asked)
    assert set(veo["instances"][0]) == {"prompt"} and not {"seed", "negativePrompt"} & set(veo["parameters"])
    assert omni["generation_config"] == {} and [part["type"] for part in omni["input"][0]["content"]] == ["text"]
    assert "[#" not in omni["input"][0]["content"][0]["text"]


async def test_omni_sees_the_cast(google: FakeGoogle, google_video: Opens, google_request: Asks, tmp_path: Path) -> None:
    cast = Reference(role="cast:Ada", image=asset_of(tmp_path / "green.png"))
    await google_video().submit(OMNI, google_request(references=(cast,), last=None))
    *pictures, text = google.asked[0].fields["input"][0]["content"]
    assert [shown(p["data"])[1] for p in pictures] == [RED, GREEN]
    assert text["text"].startswith("[# Sources <FIRST_FRAME>@Image1] [# References <IMAGE_REF_0>@Image2] a harbour ")
    assert "video_config" not in google.asked[0].fields["generation_config"]


@pytest.mark.parametrize(
    ("frame", "ratio", "resolution", "size"),
    [
        ((1920, 1080), "16:9", "1080p", (1920, 1080)),
        ((480, 832), "9:16", "720p", (720, 1280)),
        ((96, 64), "16:9", "720p", (1280, 720)),
    ],
)
async def test_shape_and_tier_follow_the_frame(
    google: FakeGoogle, google_video: Opens, google_request: Asks, frame: Any, ratio: str, resolution: str, size: Any
) -> None:  # fmt: skip
    request = google_request(width=frame[0], height=frame[1])
    await google_video().submit(VEO, request)
    await google_video().submit(OMNI, request)
    veo, omni = (asked.fields for asked in google.asked)
    assert (veo["parameters"]["aspectRatio"], veo["parameters"]["resolution"]) == (ratio, resolution)
    assert (omni["response_format"]["aspect_ratio"], omni["response_format"]["resolution"]) == (ratio, resolution)
    assert shown(veo["instances"][0]["image"]["bytesBase64Encoded"])[0] == size
    assert shown(omni["input"][0]["content"][0]["data"])[0] == size


@pytest.mark.parametrize("fps", [24, 16, 23.976])
async def test_each_legal_length_is_asked_for_exactly(
    google: FakeGoogle, google_video: Opens, google_request: Asks, fps: float
) -> None:
    renders = google_video()
    legal = MODELS[VEO].legal_frames(fps)
    assert isinstance(legal, tuple)
    for frames in legal:
        await renders.submit(VEO, google_request(frames=frames, fps=fps, first=None, last=None))
    assert [asked.fields["parameters"]["durationSeconds"] for asked in google.asked] == list(MODELS[VEO].seconds)


async def test_a_picture_too_large_goes_as_jpeg(
    google: FakeGoogle, google_video: Opens, google_request: Asks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr("longvid_core.providers.google._PICTURE", 1_000_000)
    noise = np.random.default_rng(1).integers(0, 256, (720, 1280, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png", compress_level=0)
    noisy = asset_of(tmp_path / "noise.png")
    await google_video().submit(VEO, google_request(first=noisy, last=None, width=1280, height=720))
    image = google.asked[0].fields["instances"][0]["image"]
    assert image["mimeType"] == "image/jpeg" and shown(image["bytesBase64Encoded"])[0] == (1280, 720)


async def test_settings_reach_the_request_and_the_fingerprint(
    google: FakeGoogle, google_video: Opens, google_request: Asks
) -> None:
    inputs = {
        f"google:{VEO}": {"personGeneration": "allow_adult", "resolution": "1080p"},
        f"google:{OMNI}": {"response_format": {"resolution": "1080p"}, "service_tier": "priority"},
    }
    plain, other = google_video(), google_video(audio=True, inputs=inputs)
    await other.submit(VEO, google_request())
    await other.submit(OMNI, google_request())
    veo, omni = (asked.fields for asked in google.asked)
    assert (veo["parameters"]["personGeneration"], veo["parameters"]["resolution"]) == ("allow_adult", "1080p")
    assert veo["parameters"]["generateAudio"] is True
    assert omni["service_tier"] == "priority" and omni["response_format"]["resolution"] == "1080p"
    assert omni["response_format"]["duration"] == "4s"
    assert plain.fingerprint(VEO) == {"provider": "google", "model": VEO, "request": 1, "audio": False}
    assert other.fingerprint(VEO) == {**plain.fingerprint(VEO), "audio": True, "inputs": inputs[f"google:{VEO}"]}
    assert "audio" not in plain.fingerprint(OMNI)  # it cannot be asked for
    assert other.fingerprint(OMNI) != plain.fingerprint(OMNI)


def test_models_that_ended_have_successors() -> None:
    assert find_backend("google:veo-3.0-fast-generate-001", "video").model == "veo-3.1-fast-generate-001"
    assert {entry.interface for entry in MODELS.values()} == {"vertex", "interactions"}
