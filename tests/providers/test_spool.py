"""Clips inside JSON answers."""

from __future__ import annotations

import base64
import json
import random
import threading
import tracemalloc
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from longvid_core.providers.download import tls
from longvid_core.providers.spool import Call, Sieve, calling, client


def sieved(text: bytes, folder: Path, piece: int) -> tuple[Any, list[bytes]]:
    """What is seen of an answer that comes in pieces, as JSON, and the clips, in order."""
    call = Call(folder, ("data", "bytesBase64Encoded"))
    sieve = Sieve(call)
    seen = b"".join(sieve.feed(text[at : at + piece]) for at in range(0, len(text), piece))
    sieve.close()
    words = json.loads(seen)
    assert all(base64.b64encode(base64.b64decode(word)).decode() == word for word in call.files)
    return words, [file.read_bytes() for file in call.files.values()]


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 64, 4096])
def test_clips_go_to_disk_and_a_word_stands_for_each(tmp_path: Path, piece: int) -> None:
    clips = [random.Random(size).randbytes(size) for size in (0, 1, 2, 3, 1000)]
    answer = {
        "name": 'a "quoted" \\ name\\',
        "data": None,
        "say": "data",
        "list": ["data", {"data": 1}],
        "clips": [{"data": base64.b64encode(clip).decode(), "kind": "clip"} for clip in clips],
    }
    seen, found = sieved(json.dumps(answer, indent=1).encode(), tmp_path, piece)
    assert found == clips
    assert [clip["data"] for clip in seen["clips"]] == [f"clip{n:08d}" for n in range(len(clips))]
    answer["clips"] = seen["clips"] = []
    assert seen == answer


@pytest.mark.parametrize("piece", [1, 5, 4096])
@pytest.mark.parametrize(
    "spelt",
    [
        lambda text: text.replace("/", "\\/").replace("=", "\\u003d"),
        lambda text: text.replace("+", "\\u002b"),
        lambda text: text.replace("+", "-").replace("/", "_").rstrip("="),
        lambda text: "\\n".join(text[at : at + 76] for at in range(0, len(text), 76)),
    ],
)
def test_however_base64_is_spelt(tmp_path: Path, spelt: Any, piece: int) -> None:
    clip = random.Random(5).randbytes(1001)
    text = f'{{"bytesBase64Encoded" :\n "{spelt(base64.b64encode(clip).decode())}"}}'
    assert sieved(text.encode(), tmp_path, piece)[1] == [clip]


def test_what_is_no_base64_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        sieved(b'{"data": "what is this?"}', tmp_path, 64)


class Generous(BaseHTTPRequestHandler):
    """Answers with sixty megabytes of base64 inside JSON, and holds none of it."""

    BLOCK, TIMES = b"QUJD" * (1 << 14), 960

    def log_message(self, *args: object) -> None:
        return

    def do_GET(self) -> None:
        before, after = b'{"data": "', b'", "done": true}'
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(before) + len(self.BLOCK) * self.TIMES + len(after)))
        self.end_headers()
        self.wfile.write(before)
        for _ in range(self.TIMES):
            self.wfile.write(self.BLOCK)
        self.wfile.write(after)


async def test_the_clip_is_never_in_memory(tmp_path: Path) -> None:
    with HTTPServer(("127.0.0.1", 0), Generous) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        asks = client(30, tls())
        tracemalloc.start()
        try:
            with calling(Call(tmp_path, ("data",))) as call:
                answer = await asks.get(f"http://127.0.0.1:{server.server_address[1]}/")
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert answer.json() == {"data": "clip00000000", "done": True}
    assert call.files["clip00000000"].stat().st_size == 3 * (1 << 14) * Generous.TIMES
    assert peak < 4_000_000
