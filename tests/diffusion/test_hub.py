"""Repositories on the Hugging Face Hub: a Hub on this machine, asked by the real client."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import huggingface_hub.constants as constants
import pytest

from longvid_core.errors import BadInput, Interrupted, Unreadable
from longvid_core.providers.wan import PROVIDER
from tests.films import Studio, outcomes, small_plan
from tests.local_models import Samplings, around

NAME = "someone/Wan-FLF2V-tiny"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub:
    """Serves one folder as one repository, as the Hub's HTTP interface does, and notes what is asked of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.got: list[str] = []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: Any) -> None:
                return

            def do_HEAD(self) -> None:
                self.answer(body=False)

            def do_GET(self) -> None:
                self.answer(body=True)

            def answer(self, body: bool) -> None:
                path = self.path.partition("?")[0]
                if path == f"/api/models/{NAME}":
                    return self.send(200, json.dumps(hub.info()).encode(), {}, body)
                name = path.removeprefix(f"/{NAME}/resolve/main/")
                file = hub.folder / name
                if name == path or not file.is_file():
                    return self.send(404, b"{}", {"X-Error-Code": "RepoNotFound"}, body)
                if body:
                    hub.got.append(name)
                content = file.read_bytes()
                etag = f'"{hashlib.sha256(content).hexdigest()}"'
                self.send(200, content, {"ETag": etag, "X-Repo-Commit": COMMIT, "X-Linked-Size": str(len(content))}, body)

            def send(self, code: int, content: bytes, headers: dict[str, str], body: bool) -> None:
                self.send_response(code)
                for name, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                if body:
                    self.wfile.write(content)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def info(self) -> dict[str, Any]:
        files = []
        for file in sorted(f for f in self.folder.rglob("*") if f.is_file()):
            entry: dict[str, Any] = {"rfilename": file.relative_to(self.folder).as_posix(), "size": file.stat().st_size}
            if file.suffix == ".safetensors":
                content = file.read_bytes()
                entry["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
            files.append(entry)
        return {"id": NAME, "sha": COMMIT, "siblings": files}

    @property
    def weights_fetched(self) -> list[str]:
        return [name for name in self.got if name.endswith(".safetensors")]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def hub(flf2v: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """The only Hub there is, and an empty cache."""
    served = Hub(flf2v)
    monkeypatch.setattr(constants, "ENDPOINT", served.url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", served.url + "/{repo_id}/resolve/{revision}/{filename}")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    yield served
    served.close()


def fingerprint(**wan: Any) -> dict[str, Any]:
    with PROVIDER.opened(around(wan)) as run:
        return run.fingerprint(NAME)


def test_a_key_costs_no_download_of_weights(hub: Hub, flf2v: Path) -> None:
    """The Hub states the hashes. They are those of a folder with the same files: the store is shared between the two."""
    with PROVIDER.opened(around()) as run:
        assert run.fingerprint(NAME) == run.fingerprint(str(flf2v))
    assert hub.got and not hub.weights_fetched


def test_what_is_missing_is_fetched_once(hub: Hub, studio: Studio, flf2v: Path, samplings: Samplings) -> None:
    plan = small_plan(1, frames=9)
    made = studio.clips(plan, backend=f"wan:{NAME}")
    assert outcomes(made) == ["rendered"] and len(hub.weights_fetched) == 4
    assert [NAME in n for n in studio.notices() if "Downloading" in n] == [True]
    arriving = [e for e in studio.events if e.event == "progress" and e.stage == "weights" and e.id is None]
    assert arriving and arriving[0].unit == "byte"

    hub.close()
    assert outcomes(studio.clips(plan, backend=f"wan:{NAME}")) == ["cached"]
    assert outcomes(studio.clips(plan, backend=f"wan:{flf2v}")) == ["cached"]
    again = plan.model_copy(update={"seed": 8})
    assert outcomes(studio.clips(again, backend=f"wan:{NAME}")) == ["rendered"]


def test_a_download_that_was_cut_goes_on(hub: Hub, tmp_path: Path) -> None:
    with PROVIDER.opened(around()) as run:
        run.fingerprint(NAME)
    (snapshot,) = (tmp_path / "hub").glob("models--*/snapshots/*")
    assert (snapshot / "vae" / "config.json").exists() and not list(snapshot.rglob("*.safetensors"))
    with pytest.raises(Unreadable) as refused:
        fingerprint(offline=True)
    assert f"{NAME} is only partly on this machine" in str(refused.value) and "hf download" in str(refused.value)
    assert fingerprint()


def test_stopped_while_downloading(hub: Hub, studio: Studio, tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        studio.clips(small_plan(1, frames=9), backend=f"wan:{NAME}", interrupted=lambda: len(hub.weights_fetched) > 1)
    assert len(hub.weights_fetched) == 2


def test_no_network_and_no_copy(hub: Hub) -> None:
    hub.close()
    with pytest.raises(Unreadable) as refused:
        fingerprint()
    assert "cannot be reached" in str(refused.value) and f"hf download {NAME}" in str(refused.value)
    with pytest.raises(Unreadable, match="wan.offline forbids downloads"):
        fingerprint(offline=True)


def test_no_such_repository(hub: Hub) -> None:
    with PROVIDER.opened(around()) as run, pytest.raises(BadInput, match="has no model someone/flf2v-of-mine"):
        run.fingerprint("someone/flf2v-of-mine")


def test_a_listed_model_is_looked_for_where_the_catalog_says(hub: Hub) -> None:
    with PROVIDER.opened(around({"offline": True})) as run, pytest.raises(Unreadable) as refused:
        run.fingerprint("flf2v-14b-720p")
    assert "hf download Wan-AI/Wan2.1-FLF2V-14B-720P-diffusers" in str(refused.value)
