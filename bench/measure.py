"""Running a command and watching it: how long it takes, and the most memory its processes hold together."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
LONGVID = [sys.executable, "-m", "longvid_core"]
PYTHON = [sys.executable, "-I", "-c", "pass"]


@dataclass(frozen=True)
class Figure:
    """One measured value and the bound it must keep (None: for the record only)."""

    name: str
    value: float
    unit: str
    bound: float | None = None
    note: str = ""

    @property
    def passed(self) -> bool:
        return self.bound is None or self.value <= self.bound

    def json_value(self) -> dict[str, object]:
        return {**asdict(self), "passed": self.passed}


@dataclass(frozen=True)
class Run:
    """seconds: wall clock from start to end. peak: bytes, the sum of its processes' resident sets at its highest."""

    seconds: float
    peak: int


def run(command: Sequence[str], *, env: dict[str, str] | None = None, sample_s: float | None = None) -> Run:
    """Run `command` to its end; RuntimeError with its messages when it fails. Memory is sampled only when asked for."""
    start = time.perf_counter()
    process = subprocess.Popen(
        list(command), cwd=ROOT, env={**os.environ, **(env or {})}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )  # fmt: skip
    peak, stop = [0], threading.Event()
    watcher = threading.Thread(target=_watch, args=(process.pid, sample_s, peak, stop)) if sample_s else None
    if watcher is not None:
        watcher.start()
    _, errors = process.communicate()
    seconds = time.perf_counter() - start
    stop.set()
    if watcher is not None:
        watcher.join()
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)[:300]} failed:\n{errors.decode(errors='replace')[-2000:]}")
    return Run(seconds, peak[0])


def _watch(pid: int, every_s: float, peak: list[int], stop: threading.Event) -> None:
    while not stop.wait(every_s):
        peak[0] = max(peak[0], resident(pid))


def resident(pid: int) -> int:
    """Bytes of memory that a process and its descendants hold. Shared pages count once for each.

    A child that has not become its own program yet still runs in its parent's memory, and is not counted a second time.
    """
    total, waiting = 0, [(pid, b"")]
    while waiting:
        current, parents_command = waiting.pop()
        try:
            command = Path(f"/proc/{current}/cmdline").read_bytes()
            pages = Path(f"/proc/{current}/statm").read_text().split()[1]
            for task in os.listdir(f"/proc/{current}/task"):
                children = Path(f"/proc/{current}/task/{task}/children").read_text().split()
                waiting += [(int(child), command) for child in children]
        except (FileNotFoundError, ProcessLookupError, IndexError):  # it ended meanwhile
            continue
        total += 0 if command == parents_command else int(pages) * os.sysconf("SC_PAGE_SIZE")
    return total


def alternately(times: int, *runs: Callable[[], float]) -> list[float]:
    """Seconds of each, the median of several turns taken one after the other, so that a busy machine slows all alike."""
    turns: list[list[float]] = [[] for _ in runs]
    for _ in range(times):
        for turn, one in zip(turns, runs, strict=True):
            turn.append(one())
    return [median(turn) for turn in turns]
