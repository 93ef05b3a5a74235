"""The ways in to Google: keys, credentials, and what goes wrong when a job is submitted; against a server on the loopback."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from longvid_core.errors import BadInput, MissingTool
from longvid_core.providers import google_sdk
from longvid_core.providers.faults import Moderated, Refused, Transient
from longvid_core.providers.jobs import Succeeded
from longvid_core.settings import Settings
from tests.fake_google import LOCATION, PROJECT, TOKEN, FakeGoogle
from tests.fake_video import KEY, patience
from tests.google_parts import BOTH, OMNI, VEO, Asks, Opens

OTHER = "another-planted-key-never-to-be-seen"


def service_account(google: FakeGoogle) -> dict[str, Any]:
    """A key file with a key made just now."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    how = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return {
        "type": "service_account", "project_id": PROJECT, "private_key_id": "1", "private_key": key.private_bytes(*how).decode(),
        "client_email": f"tests@{PROJECT}.iam.gserviceaccount.com", "token_uri": f"{google.url}/token",
    }  # fmt: skip


def authorized_user(google: FakeGoogle) -> dict[str, Any]:
    """What signing in with gcloud leaves. It names no token endpoint: there is one, Google's."""
    return {
        "type": "authorized_user", "client_id": "longvid", "client_secret": OTHER, "refresh_token": OTHER,
        "quota_project_id": "who-pays",
    }  # fmt: skip


@pytest.fixture
def project(google: FakeGoogle, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A Google Cloud project instead of a key; returns where its credentials are to lie."""
    monkeypatch.delenv("GOOGLE_API_KEY")
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", PROJECT)
    monkeypatch.setenv("GOOGLE_CLOUD_LOCATION", LOCATION)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "credentials.json"))
    monkeypatch.setattr("google.oauth2.credentials._GOOGLE_OAUTH2_TOKEN_ENDPOINT", f"{google.url}/token")
    return tmp_path / "credentials.json"


# -- credentials --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [service_account, authorized_user])
async def test_veo_with_credentials(
    google: FakeGoogle, google_video: Opens, google_request: Asks, project: Path, kind: Any, tmp_path: Path
) -> None:
    project.write_text(json.dumps(kind(google)))
    renders = google_video()
    renders.ready()
    job = await renders.submit(VEO, google_request())
    assert isinstance(await renders.poll(job), Succeeded)
    await renders.fetch(job, tmp_path / "clip.mp4")
    assert (tmp_path / "clip.mp4").read_bytes() == google.clip_of(google.jobs[job.id])
    assert len(google.to("token")) == 1  # one token is enough for all
    submit, poll = google.to("submit")[0], google.to("poll")[0]
    owner = f"projects/{PROJECT}/locations/{LOCATION}/publishers/google/models/{VEO}"
    assert submit.path == f"/v1beta1/{owner}:predictLongRunning" and job.id.startswith(f"{owner}/operations/")
    for asked in (submit, poll):
        assert asked.headers["authorization"] == f"Bearer {TOKEN}" and "x-goog-api-key" not in asked.headers
        assert asked.headers.get("x-goog-user-project") == ("who-pays" if kind is authorized_user else None)


async def test_a_project_goes_before_a_key(
    google: FakeGoogle, google_video: Opens, google_request: Asks, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Express mode is the key alone. Gemini Omni takes the key all the same."""
    project.write_text(json.dumps(authorized_user(google)))
    monkeypatch.setenv("GOOGLE_API_KEY", KEY)
    renders = google_video()
    await renders.submit(VEO, google_request())
    await renders.submit(OMNI, google_request())
    veo, omni = google.to("submit")
    assert "x-goog-api-key" not in veo.headers and omni.headers["x-goog-api-key"] == KEY


async def test_a_job_is_asked_for_in_the_region_it_is_in(
    google: FakeGoogle, google_video: Opens, google_request: Asks, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write_text(json.dumps(authorized_user(google)))
    job = await google_video().submit(VEO, google_request())
    monkeypatch.setenv("GOOGLE_CLOUD_LOCATION", "europe-west4")
    renders = google_video()
    assert isinstance(await renders.poll(job), Succeeded)
    monkeypatch.delenv("GOOGLE_VERTEX_BASE_URL")
    client = await renders._access.client("vertex", job.id)
    assert client._api_client.location == LOCATION


async def test_a_clip_in_a_bucket(
    google: FakeGoogle, google_video: Opens, google_request: Asks, project: Path, tmp_path: Path
) -> None:
    project.write_text(json.dumps(service_account(google)))
    renders = google_video(inputs={f"google:{VEO}": {"storageUri": "gs://our-bucket/clips"}})
    job = await renders.submit(VEO, google_request())
    assert isinstance(await renders.poll(job), Succeeded)
    google.moods["fetch"] = ["truncate", "expired"]
    with pytest.raises(Transient):
        await renders.fetch(job, tmp_path / "clip.mp4")
    assert not (tmp_path / "clip.mp4").exists()
    await renders.fetch(job, tmp_path / "clip.mp4")
    assert (tmp_path / "clip.mp4").read_bytes() == google.clip_of(google.jobs[job.id])
    stored = google.to("storage")[-1]
    assert stored.path.startswith("/storage/v1/b/our-bucket/o/clips%2F") and stored.query == {"alt": "media"}
    assert stored.headers["authorization"] == f"Bearer {TOKEN}"
    google.moods["fetch"] = ["gone"]
    with pytest.raises(Refused, match="no longer"):
        await renders.fetch(job, tmp_path / "again.mp4")


@pytest.mark.parametrize(
    ("mood", "kind", "facts"),
    [
        ([400, {}, {"error": "invalid_grant", "error_description": f"no, says {OTHER}"}], Refused, {"everything": True}),
        ("reset", Transient, {"sent": False}),
    ],
)
async def test_credentials_that_are_not_taken(
    google: FakeGoogle, google_video: Opens, google_request: Asks, project: Path, mood: Any, kind: type, facts: dict[str, Any]
) -> None:
    project.write_text(json.dumps(authorized_user(google)))
    google.moods["token"] = [mood] * 9
    with pytest.raises(kind) as caught:
        await google_video().submit(VEO, google_request())
    assert {name: getattr(caught.value, name) for name in facts} == facts
    assert not google.to("submit") and google.charges == 0


# -- what is missing ----------------------------------------------------------------------------------------------------------


def test_with_nothing_it_says_what_to_set(google: FakeGoogle, google_video: Opens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOOGLE_API_KEY")
    with pytest.raises(BadInput) as caught:
        google_video().ready()
    for said in ("GOOGLE_API_KEY", "GEMINI_API_KEY", "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION", "gcloud auth", "aistudio"):
        assert said in str(caught.value)


def test_a_project_without_credentials(google_video: Opens, project: Path) -> None:
    with pytest.raises(BadInput, match="gcloud auth application-default login"):
        google_video().ready()


async def test_each_interface_says_what_it_lacks(
    google: FakeGoogle, google_video: Opens, google_request: Asks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GOOGLE_API_KEY")
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    renders = google_video()
    renders.ready()
    await renders.submit(OMNI, google_request())
    with pytest.raises(BadInput, match="for Veo"):  # a key of the Gemini API is none for Vertex
        await renders.submit(VEO, google_request())
    assert [asked.path for asked in google.asked] == ["/v1/interactions"]
    monkeypatch.delenv("GEMINI_API_KEY")
    with pytest.raises(BadInput, match="for Gemini Omni"):
        await google_video().submit(OMNI, google_request())


async def test_which_key_wins(
    google: FakeGoogle, google_video: Opens, google_request: Asks, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = Settings().model_copy(update={"keys": {"google": SecretStr(OTHER)}})
    monkeypatch.setenv("GEMINI_API_KEY", OTHER)
    await google_video(file).submit(OMNI, google_request())  # GOOGLE_API_KEY over the others
    monkeypatch.delenv("GOOGLE_API_KEY")
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    await google_video(file).submit(OMNI, google_request())  # the environment over the file
    monkeypatch.delenv("GEMINI_API_KEY")
    for model in BOTH:
        with pytest.raises(Refused):
            await google_video(file).submit(model, google_request())
    assert [asked.headers["x-goog-api-key"] for asked in google.asked] == [KEY, KEY, OTHER, OTHER]
    monkeypatch.setenv("GOOGLE_API_KEY", "a key\nwith a line break")
    with pytest.raises(BadInput, match="line break"):
        await google_video().submit(VEO, google_request())


def test_without_the_package(google: FakeGoogle, google_video: Opens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "google.genai", None)
    with pytest.raises(MissingTool, match=r'pip install "longvid\[google\]"'):
        google_video().ready()
    monkeypatch.setattr(google_sdk.sys, "version_info", (3, 10, 14))
    with pytest.raises(MissingTool, match=r"needs Python 3\.11 or newer, and this is 3\.10"):
        google_video().ready()


def test_with_a_package_of_old(google: FakeGoogle, google_video: Opens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("google.genai.__version__", "1.47.0")
    with pytest.raises(MissingTool, match=r"1\.47\.0 is installed"):
        google_video().ready()


# -- submitting goes wrong ----------------------------------------------------------------------------------------------------


def said(status: int, name: str = "", *details: Any, **headers: str) -> list[Any]:
    error = {"code": status, "status": name, "message": f"no, says {KEY}", "details": list(details)}
    return [status, headers, {"error": error}]


DELAY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"}
BAD_KEY = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}


@pytest.mark.parametrize("model", BOTH)
@pytest.mark.parametrize(
    ("mood", "kind", "facts", "charges"),
    [
        (said(400, "INVALID_ARGUMENT"), Refused, {"everything": False}, 0),
        (said(400, "INVALID_ARGUMENT", BAD_KEY), Refused, {"everything": True}, 0),
        (said(400, "FAILED_PRECONDITION"), Refused, {"everything": True}, 0),
        (said(401), Refused, {"everything": True}, 0),
        (said(403, "PERMISSION_DENIED"), Refused, {"everything": True}, 0),
        (said(404, "NOT_FOUND"), Refused, {"everything": False}, 0),
        ("moderated", Moderated, {}, 0),
        (said(429, **{"Retry-After": "3"}), Transient, {"retry_after": 3.0, "busy": True, "sent": False}, 0),
        (said(429, "RESOURCE_EXHAUSTED", DELAY), Transient, {"retry_after": 34.5, "busy": True, "sent": False}, 0),
        (said(500), Transient, {"sent": False, "busy": False}, 0),
        (said(503), Transient, {"sent": False}, 0),
        (said(408), Transient, {"sent": True}, 0),
        (said(502), Transient, {"sent": True}, 0),
        (said(504), Transient, {"sent": True}, 0),
        (500, Transient, {"sent": False}, 0),
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
async def test_each_misfortune_is_one_call_and_one_fault(
    google: FakeGoogle, google_video: Opens, google_request: Asks, model: str, mood: Any, kind: type, facts: Any, charges: int
) -> None:
    google.moods = {"submit": [mood]}
    renders = google_video(timeout_s=patience(mood))
    with pytest.raises(kind) as caught:
        await renders.submit(model, google_request())
    assert {name: getattr(caught.value, name) for name in facts} == facts
    assert len(google.asked) == 1 and google.charges == charges
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("model", BOTH)
async def test_nobody_there_is_nothing_bought(
    google_video: Opens, google_request: Asks, nobody: str, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    for name, value in FakeGoogle.variables.items():
        monkeypatch.setenv(name, value.format(url=nobody, key=KEY))
    with pytest.raises(Transient, match="cannot be reached") as caught:
        await google_video().submit(model, google_request())
    assert not caught.value.sent
    for name in ("GOOGLE_VERTEX_BASE_URL", "GOOGLE_GEMINI_BASE_URL"):
        monkeypatch.setenv(name, "nonsense")
    with pytest.raises(Refused, match="cannot be asked"):
        await google_video().submit(model, google_request())


@pytest.mark.parametrize("model", BOTH)
async def test_one_job_too_many_is_busy(google: FakeGoogle, google_video: Opens, google_request: Asks, model: str) -> None:
    google.limit, google.polls = 1, 9
    renders = google_video()
    await renders.submit(model, google_request())
    with pytest.raises(Transient) as caught:
        await renders.submit(model, google_request())
    assert caught.value.busy and caught.value.retry_after == 0.2 and google.charges == google.at_once == 1


@pytest.mark.parametrize("model", BOTH)
async def test_what_cannot_be_sent_is_refused_before_it_is(
    google: FakeGoogle, google_video: Opens, google_request: Asks, model: str
) -> None:
    with pytest.raises(Refused, match="cannot be asked"):
        await google_video(inputs={f"google:{model}": {"what": object()}}).submit(model, google_request())
    assert not google.asked
