"""Twenty jobs far away at once: how much longer a film takes than its jobs do.

Runway's own SDK against the service on the loopback, in a process of its own. The same film is made of jobs that take a second
and of jobs that are done at once: the difference is the waiting, and what is left is the work on this machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from unittest import mock

from tests.fake_runway import FakeRunway
from tests.fake_video import KEY
from tests.remote_parts import FarStudio

from .measure import ROOT, Figure, alternately

JOBS, SECONDS, INTERVAL, TURNS = 20, 1.0, 0.2, 3
BACKEND, FRAMES = "runway:gen4_turbo", 32
SETTINGS = {"poll_interval": INTERVAL, "remote": {"concurrency": {BACKEND: JOBS}}}


def figures() -> Iterator[Figure]:
    """Seconds of twenty clips of one-second jobs over those of jobs that take no time, and the latter."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, _served(folder, SECONDS) as slow, _served(folder, 0) as fast:
        runs = [partial(_seconds, Path(folder), where) for where in (slow, fast)]
        for run in runs:  # what is loaded once, and the service's one clip
            run()
        waited, own = alternately(TURNS, *runs)
    name = f"{JOBS} jobs of {SECONDS:g} s at once, looked at every {INTERVAL} s"
    yield Figure(f"{name}: above those of 0 s", waited - own, "s", 1.3, f"{waited:.2f} s in all")
    yield Figure(f"{JOBS} jobs of 0 s: the overhead", own, "s", None, "pictures packed, clips fetched, decoded, previewed")


@contextmanager
def _served(folder: str, seconds: float) -> Iterator[str]:
    """The service in a process of its own; gives its address."""
    port = Path(folder) / f"port-{seconds:g}"
    command = [sys.executable, "-m", "tests.fake_runway", "--port-file", str(port), "--seconds", str(seconds), "--size", "64x48"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdin is not None
        url = process.stdout.readline().strip()
        try:
            yield url
        finally:
            process.stdin.close()  # which ends it


def _seconds(folder: Path, url: str) -> float:
    """Seconds that the clips of a film take, in a new store."""
    home = Path(tempfile.mkdtemp(dir=folder))
    studio = FarStudio(home / "store", settings=SETTINGS, pictures=folder / "pictures")
    plan = studio.plan(JOBS, mode="chaining", cuts=tuple(range(JOBS)), frames=FRAMES)
    variables = {name: value.format(url=url, key=KEY) for name, value in FakeRunway.variables.items()}
    with mock.patch.dict(os.environ, variables):
        start = time.perf_counter()
        made = studio.clips(plan, backend=BACKEND)
        seconds = time.perf_counter() - start
    assert [outcome.outcome for outcome in made.outcomes] == ["rendered"] * JOBS
    return seconds
