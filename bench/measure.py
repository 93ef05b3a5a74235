"""Running a command and watching it: how long it takes, and the most memory its processes hold together."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
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
    """Bytes of memory that a process and its descendants hold. Shared pages count once for each."""
    return sum(_bytes(process, "VmRSS") for process in _programs(pid))


class HighWater:
    """The most memory that a process holds while the block runs.

    own: bytes, of the process alone, as the kernel counts it: nothing is so short that it is missed. child: of the largest
    program that it started meanwhile, by the kernel's count as it stood at one of many looks.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._stop = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self.own = self.child = 0

    def __enter__(self) -> HighWater:
        Path(f"/proc/{self._pid}/clear_refs").write_text("5")  # from here on, VmHWM is the highest since now
        self._watcher.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._watcher.join()
        self.own = _bytes(self._pid, "VmHWM")

    def _watch(self) -> None:
        while not self._stop.wait(0.01):
            children = (process for process in _programs(self._pid) if process != self._pid)
            self.child = max([self.child, *(_bytes(child, "VmHWM") for child in children)])


def _programs(pid: int) -> Iterator[int]:
    """A process and its descendants. A child that is no program of its own yet still runs in its parent's memory: it is none."""
    waiting = [(pid, b"")]
    while waiting:
        current, parents_command = waiting.pop()
        try:
            command = Path(f"/proc/{current}/cmdline").read_bytes()
            for task in os.listdir(f"/proc/{current}/task"):
                children = Path(f"/proc/{current}/task/{task}/children").read_text().split()
                waiting += [(int(child), command) for child in children]
        except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            continue
        if command != parents_command:
            yield current


def _bytes(pid: int, name: str) -> int:
    """One of the kernel's counts of a process's memory; 0 once it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:")), 0)


def alternately(times: int, *runs: Callable[[], float]) -> list[float]:
    """Seconds of each, the median of several turns taken one after the other, so that a busy machine slows all alike."""
    turns: list[list[float]] = [[] for _ in runs]
    for _ in range(times):
        for turn, one in zip(turns, runs, strict=True):
            turn.append(one())
    return [median(turn) for turn in turns]
