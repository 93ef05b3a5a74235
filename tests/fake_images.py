"""Image services on the loopback, which speak OpenAI's and Stability's wire formats and misbehave on request."""

from __future__ import annotations

import base64
import contextlib
import email
import email.policy
import hashlib
import io
import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from PIL import Image

KEY = "sk-planted-7f3a9c-never-to-be-seen"


@dataclass
class Asked:
    """One request as it arrived."""

    path: str
    fields: dict[str, Any]
    files: dict[str, list[bytes]]
    authorization: str

    @property
    def prompt(self) -> str:
        return str(self.fields.get("prompt", ""))

    @property
    def pictures(self) -> list[Image.Image]:
        """The reference pictures, in order."""
        return [Image.open(io.BytesIO(data)) for name in ("image[]", "image") for data in self.files.get(name, [])]


@dataclass
class FakeImages:
    """The services. `moods` are used up one a request, before `refuses` and `size` are looked at: see `Handler._mood`."""

    moods: list[Any] = field(default_factory=list)
    refuses: Callable[[str], bool] = lambda prompt: False
    size: tuple[int, int] | None = None
    """What pictures come in, whatever was asked for."""
    rewording: Callable[[str], str] = lambda prompt: prompt
    chat_moods: list[Any] = field(default_factory=list)
    """Used up one a request to reword: `(status, headers, body)`, bytes that are no chat completion, or hang."""
    usage: dict[str, Any] | None = None
    hold_s: float = 0.0
    """How long each picture takes."""
    together: int = 0
    """No picture is done before it worked on so many at the same time."""
    asked: list[Asked] = field(default_factory=list)
    drawn: int = 0
    """Pictures handed over whole: what a service charges for."""
    at_once: int = 0
    """The most pictures it worked on at the same time."""
    _working: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _gathered: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> FakeImages:
        handler = type("Bound", (Handler,), {"fake": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def to(self, part: str) -> list[Asked]:
        """The requests whose path holds `part`."""
        return [a for a in self.asked if part in a.path]

    @property
    def images(self) -> list[Asked]:
        """The requests for pictures."""
        return [a for a in self.asked if "chat" not in a.path]


def assert_one_fault(
    fake: FakeImages, mood: Any, draw: Callable[[], object], kind: type[Exception], facts: dict[str, Any]
) -> None:
    """A misfortune is one call and one fault of that kind, with those attributes; it shows no key and leaves nothing behind."""
    fake.moods = [mood]
    with pytest.raises(kind) as caught:
        draw()
    assert {name: getattr(caught.value, name) for name in facts} == facts
    assert len(fake.asked) == 1 and fake.drawn == 0
    assert KEY not in str(caught.value) and caught.value.__cause__ is None


class Handler(BaseHTTPRequestHandler):
    fake: FakeImages
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        return

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        fields, files = _parsed(self.headers.get("content-type", ""), body)
        asked = Asked(self.path, fields, files, self.headers.get("authorization", ""))
        with self.fake._lock:
            self.fake.asked.append(asked)
            mood = self.fake.moods.pop(0) if self.fake.moods and "chat" not in self.path else None
        if "chat" in self.path:
            return self._chat(asked)
        with self.fake._lock:
            self.fake._working += 1
            self.fake.at_once = max(self.fake.at_once, self.fake._working)
            if self.fake.at_once >= self.fake.together:
                self.fake._gathered.set()
        try:
            self.fake._gathered.wait(15)
            time.sleep(self.fake.hold_s)
            with contextlib.suppress(ConnectionError):
                self._mood(mood, asked)
        finally:
            with self.fake._lock:
                self.fake._working -= 1

    def _mood(self, mood: Any, asked: Asked) -> None:
        """`(status, headers, body)` as said; hang, drip, reset, truncate, moderate, empty, garbage, html; None: as asked."""
        stable = "stable-image" in self.path
        if isinstance(mood, tuple):
            status, headers, body = mood
            return self._send(status, json.dumps(body).encode(), {"content-type": "application/json", **headers})
        if mood == "hang":
            return time.sleep(3)
        if mood == "reset":
            self.close_connection = True
            return self.connection.shutdown(socket.SHUT_RDWR)
        if mood == "html":
            return self._send(200, b"<html>a proxy's page</html>", {"content-type": "text/html"})
        if mood == "moderate" or self.fake.refuses(asked.prompt):
            return self._refuse(stable)
        if stable:
            data = (
                b"" if mood == "empty" else b"no picture" if mood == "garbage" else _picture(asked, self.fake.size or (1344, 768))
            )
            headers = {"content-type": "image/png", "seed": asked.fields.get("seed", "0"), "finish-reason": "SUCCESS"}
        else:
            wide, _, high = str(asked.fields.get("size", "")).partition("x")
            picture = b"no picture" if mood == "garbage" else _picture(asked, self.fake.size or (int(wide), int(high)))
            answer: dict[str, Any] = {"created": 1, "data": [{"b64_json": base64.b64encode(picture).decode()}]}
            if mood == "empty":
                answer["data"] = []
            if self.fake.usage:
                answer["usage"] = self.fake.usage
            data, headers = json.dumps(answer).encode(), {"content-type": "application/json"}
        if mood in ("truncate", "drip"):
            self.send_response(200)
            for name, value in {**headers, "content-length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.close_connection = True
            self.wfile.write(data[: len(data) // 2])
            self.wfile.flush()
            for byte in data[len(data) // 2 :][:60] if mood == "drip" else b"":
                time.sleep(0.05)
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
            return None
        with self.fake._lock:
            self.fake.drawn += mood != "empty"
        return self._send(200, data, headers)

    def _refuse(self, stable: bool) -> None:
        if stable:
            headers = {"content-type": "image/png", "finish-reason": "CONTENT_FILTERED", "seed": "7"}
            return self._send(200, _flat((64, 64), "grey"), headers)
        error = {
            "code": "moderation_blocked",
            "message": "Your request was rejected by the safety system: violence.",
            "type": "image_generation_user_error",
        }
        return self._send(400, json.dumps({"error": error}).encode(), {"content-type": "application/json"})

    def _chat(self, asked: Asked) -> None:
        mood = self.fake.chat_moods.pop(0) if self.fake.chat_moods else None
        if mood == "hang":
            return time.sleep(3)
        if isinstance(mood, bytes):
            return self._send(200, mood, {"content-type": "application/json" if mood[:1] == b"{" else "text/html"})
        if isinstance(mood, tuple):
            return self._send(mood[0], json.dumps(mood[2]).encode(), {"content-type": "application/json", **mood[1]})
        given = json.loads(asked.fields["messages"][-1]["content"])
        words = self.fake.rewording(given["prompt"])
        message = {"role": "assistant", "content": words}
        answer = {
            "id": "c", "object": "chat.completion", "created": 1, "model": asked.fields["model"],
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        }  # fmt: skip
        self._send(200, json.dumps(answer).encode(), {"content-type": "application/json"})

    def _send(self, status: int, data: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


def _parsed(kind: str, body: bytes) -> tuple[dict[str, Any], dict[str, list[bytes]]]:
    if kind.startswith("application/json"):
        return json.loads(body), {}
    message = email.message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body, policy=email.policy.HTTP)
    fields: dict[str, Any] = {}
    files: dict[str, list[bytes]] = {}
    for part in message.iter_parts():  # type: ignore[attr-defined]
        name = part.get_param("name", header="content-disposition")
        data = part.get_payload(decode=True)
        if part.get_filename():
            files.setdefault(name, []).append(data)
        else:
            fields[name] = data.decode()
    return fields, files


def _picture(asked: Asked, size: tuple[int, int]) -> bytes:
    """A flat picture whose colour depends on the prompt and the reference pictures."""
    digest = hashlib.sha256(asked.prompt.encode())
    for data in (piece for name in sorted(asked.files) for piece in asked.files[name]):
        digest.update(data)
    red, green, blue = digest.digest()[:3]
    return _flat(size, (red, green, blue))


def _flat(size: tuple[int, int], colour: Any) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, format="PNG", compress_level=1)
    return file.getvalue()
