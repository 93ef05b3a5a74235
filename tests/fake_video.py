"""What the loopback video services have in common: jobs with a life, moods for each step, charges, small real clips.

A service is a `FakeVideo` that says which step a request is (`step`) and answers it in its own wire format (`answer`).

Moods are used up one a request, by step: `submit`, `poll`, `fetch`, `cancel`, `find`; and `end`: how a job that is taken in will
end. For any step: a status, `[status, headers, body]`, or a word: `hang`, `reset`, `cut` (the answer breaks off), `html` (a
proxy's page). `late:MOOD`: what was asked for is done, and only then does the answer go wrong: `late:reset`, `late:504`.
For `fetch` besides: `truncate`, `garbage`, `expired` (this address; the job gives a fresh one), `gone` (for good).
For `end`: `again`, `refused`, `moderated`, `aborted`, `cancelled`, `never`, or what the service knows besides.
Any other word is for the service's own `answer`. None: as asked.
"""

from __future__ import annotations

import argparse
import base64
import dataclasses
import io
import json
import os
import socket
import struct
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from PIL import Image

from tests.fake_clips import made_clip
from tests.loopback import Server

KEY = "key-planted-7f3a9c-never-to-be-seen"
QUEUED = 0.25
"""The part of a job's life before it runs."""


@dataclass
class Asked:
    """One request as it arrived. `headers`: names in small letters."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def fields(self) -> dict[str, Any]:
        """The JSON that came with it."""
        return json.loads(self.body) if self.body else {}


@dataclass
class Answer:
    """What goes back: JSON, or bytes as they are."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Job:
    """One job that was taken in."""

    id: str
    model: str
    fields: dict[str, Any]
    """As it was asked for, as the service keeps it (JSON)."""
    width: int
    height: int
    fps: str
    frames: int
    sound: bool
    born: float
    end: Any = None
    polls: int = 0
    """How often it was looked at."""
    progress: float = 0.0
    """As the last look saw it."""
    cancelled: bool = False
    refunded: bool = False
    signature: int = 1
    """Of the one address that its clip is at; 0: it is kept no longer."""


@dataclass
class FakeVideo:
    """A video service. A job is done `seconds` after it came and once `polls` looks have seen it unfinished."""

    variables: ClassVar[dict[str, str]] = {}
    """Environment variables that point the real SDK to it; `{url}` and `{key}` stand for those."""

    moods: dict[str, list[Any]] = field(default_factory=dict)
    seconds: float = 0.0
    polls: int = 0
    limit: int | None = None
    """How many jobs may be unfinished at once; one more is answered as the service answers that."""
    size: tuple[int, int] | None = None
    """What clips come in, whatever was asked for."""
    skew_s: float = 0.0
    """How far the service's clock is off."""
    state: Path | None = None
    """Where jobs outlive the service."""
    asked: list[Asked] = field(default_factory=list)
    jobs: dict[str, Job] = field(default_factory=dict)
    at_once: int = 0
    """The most jobs that were unfinished at the same time."""
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    over: threading.Event = field(default_factory=threading.Event, repr=False)

    # -- what a service says -------------------------------------------------------------------------------------------------

    def step(self, asked: Asked) -> str:
        """Which step a request is."""
        raise NotImplementedError

    def answer(self, step: str, asked: Asked, mood: Any) -> Answer:
        """The answer to it. `mood`: a word that is the service's own, or None."""
        raise NotImplementedError

    # -- its life ------------------------------------------------------------------------------------------------------------

    def __enter__(self) -> Any:
        if self.state is not None and self.state.exists():
            self.jobs = {job["id"]: Job(**job) for job in json.loads(self.state.read_text())}
        handler = type("Bound", (_Handler,), {"fake": self})
        self.server = Server(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.over.set()
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()

    def reset(self) -> None:
        """Forget everything."""
        with self.lock:
            self.asked, self.jobs, self.moods, self.at_once = [], {}, {}, 0
            self.keep()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    @property
    def env(self) -> dict[str, str]:
        return {name: value.format(url=self.url, key=KEY) for name, value in self.variables.items()}

    @property
    def charges(self) -> int:
        """Jobs that were taken in, less those whose money was given back."""
        return sum(not job.refunded for job in self.jobs.values())

    def to(self, step: str) -> list[Asked]:
        """The requests of one step."""
        return [a for a in self.asked if _step(self, a) == step]

    # -- jobs, for services --------------------------------------------------------------------------------------------------

    def take(
        self, id: str, model: str, fields: dict[str, Any], size: tuple[int, int], fps: str, frames: int, sound: bool = False
    ) -> Job | None:
        """Take a job in; None where it is one too many."""
        with self.lock:
            busy = sum(self.status(job) in ("queued", "running") for job in self.jobs.values())
            if self.limit is not None and busy >= self.limit:
                return None
            width, height = self.size or size
            job = Job(id, model, fields, width, height, fps, frames, sound, time.time(), end=self.mood("end"))
            self.jobs[id] = job
            self.at_once = max(self.at_once, busy + 1)
            self.keep()
            return job

    def progress(self, job: Job) -> float:
        """How much of its life is over, 0 to 1."""
        lived = (time.time() - job.born) / self.seconds if self.seconds else 1.0
        seen = job.polls / self.polls if self.polls else 1.0
        return max(0.0, min(lived, seen, 1.0))

    def status(self, job: Job) -> str:
        """`queued`, `running`, `succeeded`, `cancelled` (it was asked to), or the word that it ends with."""
        if job.cancelled:
            return "cancelled"
        done = self.progress(job)
        if done < 1 or job.end == "never":
            return "queued" if done < QUEUED else "running"
        return job.end or "succeeded"

    def look(self, id: str) -> tuple[Job, str] | None:
        """A job as one poll sees it; None where there is none."""
        with self.lock:
            job = self.jobs.get(id)
            if job is None:
                return None
            status, job.progress = self.status(job), self.progress(job)
            job.polls += 1
            return job, status

    def cancel(self, id: str, *, refund: bool) -> str | None:
        """Stop a job; what it was before. `refund`: whether its money is given back; None where there is no such job."""
        with self.lock:
            job = self.jobs.get(id)
            if job is None:
                return None
            before = self.status(job)
            if before in ("queued", "running"):
                job.cancelled, job.refunded = True, refund
                self.keep()
            return before

    def clip_url(self, job: Job) -> str:
        return f"{self.url}/clips/{job.id}.mp4?signature={job.signature}"

    def clip_of(self, job: Job) -> bytes:
        """Its clip: no two jobs' are the same bytes."""
        mark = job.id.encode()
        free = struct.pack(">I4s", 8 + len(mark), b"free") + mark
        return made_clip(job.width, job.height, job.fps, job.frames, job.sound) + free

    def now(self) -> float:
        """The time on its clock."""
        return time.time() + self.skew_s

    def mood(self, step: str) -> Any:
        with self.lock:
            moods = self.moods.get(step)
            return moods.pop(0) if moods else None

    def keep(self) -> None:
        """Write the jobs down, where they are to be kept."""
        if self.state is not None:
            part = self.state.with_suffix(".part")
            part.write_text(json.dumps([dataclasses.asdict(job) for job in self.jobs.values()]))
            os.replace(part, self.state)


def _step(fake: FakeVideo, asked: Asked) -> str:
    return "fetch" if asked.path.startswith("/clips/") else fake.step(asked)


def patience(*moods: Any) -> float:
    """Seconds a client waits for an answer: few only where none will come, as a busy machine keeps others waiting, too."""
    return 2.0 if any("hang" in str(mood) or mood == "drip" for mood in moods) else 20.0


def picture(uri: str) -> Image.Image:
    """The picture in a data URI."""
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))


class _Handler(BaseHTTPRequestHandler):
    fake: FakeVideo
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        return

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(self.fake.now() if timestamp is None else timestamp)

    def do_POST(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        asked = Asked(self.command, url.path, query, {k.lower(): v for k, v in self.headers.items()}, body)
        if url.path == "/_fake":
            return self._send(Answer(_seen(self.fake)))
        with self.fake.lock:
            self.fake.asked.append(asked)
        step = _step(self.fake, asked)
        mood = self.fake.mood(step)
        late = isinstance(mood, str) and mood.startswith("late:")
        if late:
            self._answer(step, asked, None)
            mood = mood.removeprefix("late:")
        if isinstance(mood, str) and mood.isdigit():
            mood = int(mood)
        if isinstance(mood, int):
            return self._send(Answer({"error": f"status {mood}", "title": f"status {mood}"}, mood))
        if isinstance(mood, list | tuple):
            return self._send(Answer(mood[2], mood[0], mood[1]))
        if mood == "hang":
            self.fake.over.wait(30)
            return self._reset()
        if mood == "reset":
            return self._reset()
        if mood == "html":
            return self._send(Answer(b"<html>a proxy's page</html>", headers={"content-type": "text/html"}))
        if mood in ("cut", "truncate"):
            return self._send(self._answer(step, asked, None), cut=True)
        return self._send(self._answer(step, asked, mood))

    do_GET = do_DELETE = do_PUT = do_PATCH = do_POST

    def _answer(self, step: str, asked: Asked, mood: Any) -> Answer:
        return self._clip(asked, mood) if step == "fetch" else self.fake.answer(step, asked, mood)

    def _clip(self, asked: Asked, mood: Any) -> Answer:
        fake = self.fake
        with fake.lock:
            job = fake.jobs.get(asked.path.removeprefix("/clips/").removesuffix(".mp4"))
            if job is not None and mood in ("expired", "gone"):
                job.signature = job.signature + 1 if mood == "expired" else 0
                fake.keep()
        if job is None or job.signature == 0:
            return Answer({"error": "there is no such file"}, 404)
        if asked.query.get("signature") != str(job.signature):
            return Answer({"error": "this address has expired"}, 403)
        data = b"this is no clip" if mood == "garbage" else fake.clip_of(job)
        return Answer(data, headers={"content-type": "video/mp4"})

    def _send(self, answer: Answer, *, cut: bool = False) -> None:
        data = answer.body if isinstance(answer.body, bytes) else b"" if answer.body is None else json.dumps(answer.body).encode()
        self.send_response(answer.status)
        headers = {"content-type": "application/json", **answer.headers}
        if answer.status != 204:
            headers["content-length"] = str(len(data))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if cut:
            self.close_connection = True
            data = data[: len(data) // 2]
        self.wfile.write(data)

    def _reset(self) -> None:
        """Break the connection off, as a machine that dies does."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


def _seen(fake: FakeVideo) -> dict[str, Any]:
    """What `GET /_fake` tells another process."""
    with fake.lock:
        return {
            "charges": fake.charges,
            "at_once": fake.at_once,
            "asked": [[_step(fake, a), a.method, a.path] for a in fake.asked],
            "jobs": {id: fake.status(job) for id, job in fake.jobs.items()},
        }


def main(service: type[FakeVideo], arguments: Sequence[str] | None = None) -> None:
    """`python -m tests.fake_NAME`: serves until its standard input ends; its URL goes to the port file and is printed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port-file", type=Path, required=True, help="gets the URL")
    parser.add_argument("--state", type=Path, help="keeps the jobs over a restart")
    parser.add_argument("--seconds", type=float, default=0.0)
    parser.add_argument("--polls", type=int, default=0)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--size", help="WxH of all clips")
    parser.add_argument("--moods", type=json.loads, default={}, help='as JSON: {"submit": ["late:reset"]}')
    given = parser.parse_args(arguments)
    wide, _, high = (given.size or "").partition("x")
    fake = service(
        moods=given.moods, seconds=given.seconds, polls=given.polls, limit=given.limit, state=given.state,
        size=(int(wide), int(high)) if given.size else None,
    )  # fmt: skip
    with fake:
        part = given.port_file.with_suffix(".part")
        part.write_text(fake.url)
        os.replace(part, given.port_file)
        print(fake.url, flush=True)
        sys.stdin.buffer.read()
