"""`kill -9` at any instant: the next run goes on, and at most the clips in flight are rendered again."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.pausing import paused, pausing

SHOTS = 4
PROMPT = "A storm over the sea. A red boat. Rain in the city at night. Snow on the hills."


class Maker:
    """`longvid make` of one small film, in a store of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.home, self.film = folder / "home", folder / "film.mp4"
        self.command = [sys.executable, "-m", "longvid_core"]
        self.order = ["make", PROMPT, "--segments", str(SHOTS), "--size", "128x80", "--seconds", "3", "--json"]
        self.order += ["-o", str(self.film), *options]
        self.environment = {**os.environ, "LONGVID_HOME": str(self.home)}

    def start(self, *command: str) -> subprocess.Popen[str]:
        whole = [*(command or self.command), *self.order]
        return subprocess.Popen(whole, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def killed_at(self, event: str, times: int = 1) -> None:
        """Run until an event of that name was seen so many times, then kill it where it stands."""
        process = self.start()
        assert process.stdout is not None
        seen = 0
        for line in process.stdout:
            seen += json.loads(line)["event"] == event
            if seen == times:
                break
        else:
            pytest.fail(f"the run ended before {times} × {event}")
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()

    def killed_after(self, seconds: float) -> None:
        """Run for a while, then kill it, unless it is done."""
        process = self.start()
        try:
            process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()

    def finish(self) -> dict:
        """Run to the end; its last line."""
        done = subprocess.run([*self.command, *self.order], env=self.environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def renders(self) -> Counter[str]:
        """How often each segment was rendered to its end."""
        with sqlite3.connect(self.home / "ledger.db") as sql:
            return Counter(s for (s,) in sql.execute("SELECT segment FROM attempts WHERE state = 'rendered'"))

    def started(self) -> int:
        with sqlite3.connect(self.home / "ledger.db") as sql:
            return sql.execute("SELECT count(*) FROM attempts").fetchone()[0]

    def scraps(self) -> list[Path]:
        """Unfinished files anywhere but in a scratch folder."""
        return list(self.home.rglob("*.part")) + list((self.home / "scratch").iterdir())


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The film of a run that nothing disturbed."""
    maker = Maker(tmp_path_factory.mktemp("whole"))
    maker.finish()
    return maker.film.read_bytes()


@pytest.mark.parametrize(
    ("event", "times"),
    [
        ("run_started", 1),
        ("keyframe_done", 3),
        ("segment_started", 1),
        ("segment_started", 3),
        ("segment_done", 2),
        ("stage_done", 2),
    ],
)
@pytest.mark.parametrize("mode", ["keyframe", "chaining"])
def test_the_next_run_goes_on_from_there(tmp_path: Path, whole: bytes, mode: str, event: str, times: int) -> None:
    if mode == "chaining" and event == "keyframe_done":
        times = 1
    maker = Maker(tmp_path, "--mode", mode)
    maker.killed_at(event, times)
    finished = set(maker.renders())
    in_flight = maker.started() - sum(maker.renders().values())
    done = maker.finish()
    assert done["event"] == "done" and len(done["segments"]) == SHOTS
    assert set(maker.renders().values()) == {1}, "a finished clip was rendered again"
    assert finished <= {s["id"] for s in done["segments"] if s["outcome"] == "cached"}
    assert maker.started() <= SHOTS + in_flight
    assert maker.scraps() == []
    if mode == "keyframe":
        assert maker.film.read_bytes() == whole


def test_killed_again_and_again_it_still_gets_there(tmp_path: Path, whole: bytes) -> None:
    maker = Maker(tmp_path)
    chance = random.Random(1)
    for _ in range(8):
        maker.killed_after(chance.uniform(0.3, 2.0))
        assert not maker.film.exists() or maker.film.read_bytes() == whole, "a half-written film has its final name"
    maker.finish()
    assert maker.film.read_bytes() == whole
    assert set(maker.renders().values()) == {1}
    assert maker.scraps() == []


def test_two_runs_at_once_on_one_store_render_each_clip_once(tmp_path: Path) -> None:
    maker = Maker(tmp_path)
    both = [maker.start(), maker.start()]
    for process in both:
        out, _ = process.communicate()
        assert process.returncode == 0 and json.loads(out.splitlines()[-1])["event"] == "done"
    assert len(maker.renders()) == SHOTS and set(maker.renders().values()) == {1}


def test_ctrl_c_ends_it_tidily_and_the_same_command_goes_on(tmp_path: Path, whole: bytes) -> None:
    maker = Maker(tmp_path)
    process = maker.start(*pausing("segment_done"))
    paused(process)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGCONT)
    out, _ = process.communicate()
    last = json.loads(out.splitlines()[-1])
    assert process.returncode == 5 and (last["event"], last["code"]) == ("failed", 5)
    assert maker.scraps() == [] and not maker.film.exists()
    maker.finish()
    assert maker.film.read_bytes() == whole
    assert set(maker.renders().values()) == {1}
