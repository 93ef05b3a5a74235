"""Running `longvid`: in this process, where only its words and files matter, or as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from longvid_core.catalog import registry
from longvid_core.cli import main
from longvid_core.planfile import save_plan
from tests.fake_runway import FakeRunway
from tests.films import small_plan

ROOT = Path(__file__).resolve().parents[2]
SECRETS = {
    "OPENAI_API_KEY": "sk-planted-0001",
    "STABILITY_API_KEY": "planted-stability-0002",
    "RUNWAYML_API_SECRET": "key_planted_0003",
    "REPLICATE_API_TOKEN": "r8_planted_0004",
    "GOOGLE_API_KEY": "AIzaPlanted0005",
}


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """stdout as JSON lines; fails where one is none."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def last(self) -> dict[str, Any]:
        return self.lines[-1]


PATIENCE_S = 600
"""How long a process is waited for that will end: a busy machine takes ten times as long as a quiet one."""

Longvid = Callable[..., Ran]
RUNWAY = "runway:veo3.1_fast"
QUICK = "retry: {first_wait_s: 0.05, longest_wait_s: 0.2}\npoll_interval: 0.05\n"


@pytest.fixture
def longvid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Longvid:
    """`longvid("make", "a boat")` in this process, in an empty folder, with keys in the environment that must not show."""
    monkeypatch.chdir(tmp_path)
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)

    def run(*args: object) -> Ran:
        capfd.readouterr()
        code = main([str(a) for a in args])
        out, err = capfd.readouterr()
        assert not any(secret in out + err for secret in SECRETS.values())
        return Ran(code, out, err)

    return run


@pytest.fixture
def toll(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The providers with prices of tests/plugin, installed as pip would."""

    def forget() -> None:
        for cached in (registry._outside, registry.entry_of, registry.load_provider):
            cached.cache_clear()
        sys.modules.pop("longvid_toll", None)

    monkeypatch.syspath_prepend(str(ROOT / "tests" / "plugin"))
    forget()
    yield
    forget()


@pytest.fixture
def runway(longvid: Longvid, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeRunway]:
    """Runway on the loopback, quick settings, and a plan of two segments that its models can do: `plan.json`."""
    with FakeRunway(size=(64, 48)) as fake:
        for name, value in fake.env.items():
            monkeypatch.setenv(name, value)
        (tmp_path / "longvid.yaml").write_text(QUICK)
        save_plan(small_plan(2, frames=64), tmp_path / "plan.json")
        yield fake


@pytest.fixture
def process(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """`process("make", …)` starts `longvid` as a process of its own in `tmp_path`."""

    def start(*args: object, **env: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "longvid_core", *map(str, args)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests" / "plugin")]), **SECRETS, **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


def refused(ran: Ran, code: int = 2) -> str:
    """The one message of a refusal: on stderr alone, no traceback, and the code. Gives its text."""
    assert ran.code == code, ran.err
    assert ran.err.startswith("longvid: ") and ran.err.count("longvid: ") == 1, ran.err
    assert "Traceback" not in ran.err and ran.out == ""
    return ran.err
