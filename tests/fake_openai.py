"""A server on 127.0.0.1 that speaks the chat-completions wire format and misbehaves when told to."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Value = dict[str, Any]


@dataclass
class Error:
    """An HTTP error, as OpenAI words one."""

    status: int
    message: str
    code: str | None = None
    param: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Raw:
    """A body as it stands; `length`: the Content-Length to claim."""

    body: str
    length: int | None = None


@dataclass
class Hang:
    """No answer for so many seconds, or while the server is there."""

    seconds: float = 30


@dataclass
class Drip:
    """An answer that comes a byte at a time, so many seconds apart."""

    every_s: float


class Reset:
    """The connection is torn down without an answer."""


@dataclass
class Refusal:
    """The model will not."""

    words: str


@dataclass
class CutOff:
    """The answer ran into the model's longest, in the middle."""


Reply = Error | Raw | Hang | Drip | Reset | Refusal | CutOff | str | Value | Callable[[Value], Any]
"""A str is what the model says, a dict its JSON, a function is asked with the request."""


class FakeOpenAI:
    """`replies` are used up one request after the other; then `plan_for` answers. `requests` and `keys`: what came in."""

    def __init__(self, usage: tuple[int, int] | None = (1000, 500)) -> None:
        self.replies: list[Reply] = []
        self.otherwise: Reply = plan_for
        self.requests: list[Value] = []
        self.keys: list[str] = []
        self.usage = usage
        self.cuts_prompts = False
        """It reads no more than `usage` says; else that is the least."""
        self.over = threading.Event()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    @property
    def calls(self) -> int:
        return len(self.requests)

    def said(self, request: int = -1) -> str:
        """Everything in the messages of a request."""
        return "\n".join(str(m.get("content") or "") for m in self.requests[request]["messages"])

    def __enter__(self) -> FakeOpenAI:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with fake._lock:
                    fake.requests.append(request)
                    fake.keys.append(self.headers.get("Authorization", ""))
                    reply = fake.replies.pop(0) if fake.replies else fake.otherwise
                with contextlib.suppress(ConnectionError):
                    self._send(reply(request) if callable(reply) else reply, request)

            def _send(self, reply: Any, request: Value) -> None:
                match reply:
                    case Hang():
                        fake.over.wait(reply.seconds)
                        self.close_connection = True
                    case Drip():
                        self._body(200, b" ", {"Connection": "close"}, 1000)
                        for _ in range(60):
                            time.sleep(reply.every_s)
                            self.wfile.write(b" ")
                            self.wfile.flush()
                        self.close_connection = True
                    case Reset():
                        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        self.connection.close()
                        self.close_connection = True
                    case Raw():
                        # a connection that ends without a word is, now and then, found dead by the next request alone
                        self._body(200, reply.body.encode(), {"Connection": "close"}, reply.length)
                    case Error():
                        value = {"error": {"message": reply.message, "code": reply.code, "param": reply.param, "type": "error"}}
                        self._body(reply.status, json.dumps(value).encode(), reply.headers)
                    case _:
                        self._body(200, json.dumps(fake.completion(reply, request)).encode(), {})

            def _body(self, status: int, body: bytes, headers: dict[str, str], length: int | None = None) -> None:
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body) if length is None else length))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                return

        return Handler

    def completion(self, reply: Any, request: Value) -> Value:
        """A chat completion that says `reply`, as a tool call where the request asks for one."""
        message: Value = {"role": "assistant", "content": None}
        finish = "stop"
        if isinstance(reply, Refusal):
            message["refusal"] = reply.words
        else:
            words = '{"title": "The' if isinstance(reply, CutOff) else reply if isinstance(reply, str) else json.dumps(reply)
            finish = "length" if isinstance(reply, CutOff) else "stop"
            if request.get("tools"):
                name = request["tools"][0]["function"]["name"]
                message["tool_calls"] = [{"id": "call_1", "type": "function", "function": {"name": name, "arguments": words}}]
            else:
                message["content"] = words
        value: Value = {"id": "chat_1", "object": "chat.completion", "created": 1, "model": request["model"]}
        value["choices"] = [{"index": 0, "message": message, "finish_reason": finish}]
        if self.usage is not None:
            low, high = self.usage
            letters = sum(len(str(m.get("content") or "")) for m in request["messages"])
            low = low if self.cuts_prompts else max(low, letters // 6)
            value["usage"] = {"prompt_tokens": low, "completion_tokens": high, "total_tokens": low + high}
        return value


def question(request: Value) -> tuple[Value, list[Value]]:
    """What a planning request asks for, and the beats it lists."""
    words = "\n".join(str(m.get("content") or "") for m in request["messages"])
    asked = json.loads(re.search(r"What is asked for:\s*\n(\{.*\})\n", words)[1])  # type: ignore[index]
    beats = json.loads(re.search(r"Its beats, in order:\s*\n(\[.*\])", words)[1])  # type: ignore[index]
    return asked, beats


def segment(beats: list[int], seconds: float = 4.0, **other: Any) -> Value:
    """A segment's answer with nothing wrong in it."""
    n = beats[0]
    return {
        "beats": beats, "seconds": seconds, "join": "cut",
        "prompt": f"A heron stands at bank {n} of a wide river under low cloud.",
        "motion": f"Reeds sway and the heron turns its head, while the camera pushes in slowly on bank {n}.",
        "opening": f"A heron at bank {n}, wide, soft light.", "ending": f"The heron's eye at bank {n}, close, soft light.",
        "visual": visual(), "complexity": 0.4, "negative": "", **other,
    }  # fmt: skip


def visual(**other: Any) -> Value:
    return {
        "camera_move": "push_in", "camera_height": "eye", "camera_speed": "slow", "framing": "wide", "focal_length_mm": 35,
        "aperture": None, "time_of_day": "dawn", "key_light": None, "light_quality": "soft", "temperature_k": None,
        "palette": [], "wardrobe": [], "props": [], **other,
    }  # fmt: skip


def plan(*segments: Value, **other: Any) -> Value:
    return {
        "title": "The Heron", "style": "Muted watercolour", "palette": ["grey", "sand"], "cast": [], "segments": list(segments),
        **other,
    }  # fmt: skip


def plan_for(request: Value) -> Value:
    """A good plan for whatever is asked: each segment a beat, or its share of them, all as long as can be agreed."""
    asked, beats = question(request)
    count = asked["segments"] if isinstance(asked["segments"], int) else max(asked["segments"]["at_least"], len(beats))
    low, high = asked["seconds_of_one_segment"]["from"], asked["seconds_of_one_segment"]["to"]
    total = asked["film_seconds"] if not isinstance(asked["film_seconds"], str) else 4.0 * count
    each = min(high, max(low, total / count))
    made = []
    for at in range(count):
        first, stop = (len(beats) * edge // count for edge in (at, at + 1))
        numbers = [b["beat"] for b in beats[first:stop]] or [beats[min(first, len(beats) - 1)]["beat"]]
        made.append(segment(numbers, each, **({"join": "continuous", "opening": None} if at % 2 else {})))
    return plan(*made)


@contextlib.contextmanager
def fake_openai(**options: Any) -> Iterator[FakeOpenAI]:
    with FakeOpenAI(**options) as server:
        yield server
