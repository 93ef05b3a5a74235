"""Clips streamed from wherever a provider keeps them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from longvid_core.errors import StoreError
from longvid_core.providers.download import Expired, download
from longvid_core.providers.faults import Refused, Transient, retry_after

SECRET = "key-planted-41b-never-to-travel"
CLIP = bytes(range(256)) * 9000


class Site(BaseHTTPRequestHandler):
    """`/N/clip` sends on N times before it gives the clip; `localhost` is another host than 127.0.0.1."""

    seen: list[tuple[str, bool]]

    def log_message(self, *args: object) -> None:
        return

    def do_GET(self) -> None:
        self.seen.append((self.headers["host"].partition(":")[0], SECRET in str(self.headers)))
        _, times, name = self.path.split("/")
        if int(times):
            host = "localhost" if name == "away" else "127.0.0.1"
            self.send_response(302)
            self.send_header("location", f"http://{host}:{self.server.server_address[1]}/{int(times) - 1}/{name}")
            self.end_headers()
            return
        status = int(name) if name.isdigit() else 200
        self.send_response(status)
        if name != "endless":
            self.send_header("content-length", str(len(CLIP) + (name == "short")))
        self.end_headers()
        self.wfile.write(b"" if name == "empty" else CLIP)


@pytest.fixture
def site() -> Iterator[str]:
    Site.seen = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def get(url: str, target: Path) -> None:
    asyncio.run(download("Somebody", url, target, 20.0, {"x-goog-api-key": SECRET}))


@pytest.mark.parametrize("way", ["0/clip", "0/endless", "3/clip"])
def test_a_clip_comes_whole(site: str, tmp_path: Path, way: str) -> None:
    get(f"{site}/{way}", tmp_path / "clip.mp4")
    assert (tmp_path / "clip.mp4").read_bytes() == CLIP
    assert Site.seen == [("127.0.0.1", True)] * (int(way[0]) + 1)


def test_a_key_does_not_travel_to_another_host(site: str, tmp_path: Path) -> None:
    get(f"{site}/2/away", tmp_path / "clip.mp4")
    assert (tmp_path / "clip.mp4").read_bytes() == CLIP
    assert Site.seen == [("127.0.0.1", True), ("localhost", False), ("localhost", False)]


@pytest.mark.parametrize(
    ("way", "error"),
    [
        ("0/short", Transient),
        ("0/empty", Transient),
        ("9/clip", Transient),
        ("0/403", Expired),
        ("0/410", Expired),
        ("0/400", Expired),
        ("0/503", Transient),
        ("0/504", Transient),
    ],
)
def test_what_goes_wrong_leaves_nothing(site: str, tmp_path: Path, way: str, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        get(f"{site}/{way}", tmp_path / "clip.mp4")
    assert not list(tmp_path.iterdir()) and site not in str(caught.value)
    assert not getattr(caught.value, "sent", False)


@pytest.mark.parametrize("url", ["data:video/mp4;base64,AAAA", "ftp://x/y.mp4", "http://[::1", "clip.mp4"])
def test_an_address_that_is_none(tmp_path: Path, url: str) -> None:
    with pytest.raises(Refused, match="address"):
        get(url, tmp_path / "clip.mp4")


def test_a_disk_that_refuses_is_named(site: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot write"):
        get(f"{site}/0/clip", tmp_path / "missing" / "clip.mp4")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:30 GMT"}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:30 GMT", "date": "Wed, 21 Oct 2015 07:28:00 GMT"}, 30.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:30 GMT", "date": "today"}, None),
    ],
)
def test_a_wait_is_by_the_providers_clock_and_none_at_all_is_no_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds
