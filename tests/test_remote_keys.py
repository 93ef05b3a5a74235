"""A provider's key appears nowhere: not in the store, the manifest, the film, the log, nor on the screen, whatever goes wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from longvid_core.errors import LongvidError
from longvid_core.manifest.build import build_manifest, manifest_json
from longvid_core.planfile import save_plan
from tests.fake_google import TOKEN, FakeGoogle
from tests.fake_replicate import FakeReplicate
from tests.fake_runway import FakeRunway
from tests.fake_video import KEY, FakeVideo
from tests.films import changed
from tests.remote_parts import QUICK, FarStudio

SERVICES: dict[str, tuple[type[FakeVideo], str]] = {
    "runway": (FakeRunway, "runway:veo3.1"),
    "veo": (FakeGoogle, "google:veo-3.1-generate-001"),
    "omni": (FakeGoogle, "google:gemini-omni-1.2-flash"),
    "replicate": (FakeReplicate, "replicate:bytedance/seedance-1-pro"),
}


def said(status: int, **headers: str) -> list[Any]:
    """A server that repeats the key it was given, in every field that one of the services has for words."""
    words = f"no, not with {KEY} (Bearer {KEY})"
    error = {"code": status, "message": words, "status": words, "details": [{"reason": words}]}
    return [status, {"x-request-id": KEY, **headers}, {"error": error, "title": words, "detail": words, "issues": [words]}]


MISFORTUNES: list[dict[str, list[Any]]] = [
    {"submit": [said(500), said(429, **{"retry-after": "0"}), said(503)], "poll": [said(500), said(404), "cut", "html"]},
    {"end": ["again", "aborted"], "fetch": [said(500), "garbage", said(403), "truncate"]},
    {"submit": [said(400)]},
    {"submit": [said(401)]},
    {"submit": [said(422)]},
    {"submit": [said(504)]},
    {"submit": ["late:html"], "find": [said(500), said(401), "cut"]},
    {"submit": ["moderated"]},
    {"end": ["refused"]},
    {"end": ["moderated"]},
    {"poll": [said(401)]},
    {"poll": [said(404), said(404), said(404)]},
    {"fetch": ["gone"]},
]


@pytest.fixture
def service(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[FakeVideo, str]]:
    kind, backend = SERVICES[request.param]
    with kind(size=(64, 48)) as fake:
        for name, value in fake.env.items():
            monkeypatch.setenv(name, value)
        yield fake, backend


def files_under(*folders: Path) -> dict[Path, bytes]:
    found = [Path(place) / name for folder in folders for place, _, names in os.walk(folder) for name in names]
    return {file: file.read_bytes() for file in found}


def assert_nowhere(seen: dict[Any, bytes]) -> None:
    for secret in (KEY, TOKEN):
        assert [place for place, data in seen.items() if secret.encode() in data] == []


@pytest.mark.parametrize("service", SERVICES, indirect=True)
def test_whatever_goes_wrong_the_key_is_written_nowhere(service: tuple[FakeVideo, str], tmp_path: Path) -> None:
    fake, backend = service
    far = FarStudio(tmp_path / "home", settings=QUICK, pictures=tmp_path / "pictures")
    seen: dict[Any, bytes] = {}
    kinds = set()
    for number, moods in enumerate(MISFORTUNES):
        fake.moods = {step: list(of) for step, of in moods.items()}
        plan = changed(far.plan(1), 0, prompt=f"Misfortune {number}.")
        try:
            made = far.clips(plan, backend=backend)
            kinds.add(made.outcomes[0].outcome)
            seen[number, "outcome"] = made.model_dump_json().encode()
        except LongvidError as error:
            kinds.add(type(error).__name__)
            seen[number, "error"] = f"{error!r} {error}".encode()
        seen[number, "events"] = json.dumps([event.json_value() for event in far.events]).encode()
    assert kinds >= {"rendered", "failed", "unknown"} and any(KEY in str(asked.headers) for asked in fake.asked)
    film = far.make(changed(far.plan(1), 0, prompt="Misfortune 1."), backend=backend)
    seen["manifest"] = manifest_json(build_manifest(film)).encode()
    files = files_under(tmp_path)
    assert {file.suffix for file in files} >= {".db", ".jsonl", ".json", ".mp4", ".png"}
    assert_nowhere({**seen, **files})


@pytest.mark.parametrize("service", ["runway"], indirect=True)
@pytest.mark.parametrize("options", [["--json"], ["--debug"]], ids=lambda options: options[0])
def test_nor_is_it_on_the_screen(service: tuple[FakeVideo, str], tmp_path: Path, options: list[str]) -> None:
    fake, backend = service
    far = FarStudio(tmp_path / "home", settings=QUICK, pictures=tmp_path / "pictures")
    save_plan(far.plan(3), tmp_path / "plan.json")
    fake.moods = {"submit": [said(500), said(401)], "end": ["again", "refused"], "poll": [said(503)], "fetch": [said(500)]}
    debug = [option for option in options if option == "--debug"]
    order = [*debug, "render", str(tmp_path / "plan.json"), "--backend", backend, "-o", str(tmp_path / "film.mp4")]
    order += [option for option in options if option not in debug]
    quick = {"LONGVID_POLL_INTERVAL": "0.05", "LONGVID_RETRY__FIRST_WAIT_S": "0.02"}
    environment = {**os.environ, **quick, "LONGVID_HOME": str(far.home)}
    done = subprocess.run([sys.executable, "-m", "longvid_core", *order], env=environment, capture_output=True, timeout=200)
    assert done.returncode == 3 and b"***" in done.stdout + done.stderr, "what stands for the key"
    assert_nowhere({"stdout": done.stdout, "stderr": done.stderr, **files_under(tmp_path)})
