"""`longvid make --backend wan:FOLDER`, as typed: its film, its manifest, and a process killed on the way."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from longvid_core.cli import main
from tests.pausing import paused, pausing

PROMPT = "A storm over the sea. CUT TO: A red boat. CUT TO: Rain in the city at night. CUT TO: Snow on the hills."
SMALL = ["--segments", "4", "--seconds", "3", "--size", "64x48", "--json"]


def longvid(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, dict, str]:
    """The exit code, the last line of stdout, and stderr."""
    capsys.readouterr()
    code = main([str(a) for a in args])
    out, err = capsys.readouterr()
    return code, json.loads(out.splitlines()[-1]) if out else {}, err


def test_a_film_and_its_manifest(
    flf2v: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "longvid.yaml").write_text(f"backend: wan:{flf2v}\nwan: {{steps: 2, guidance: 1}}\n")
    code, done, err = longvid(capsys, "make", PROMPT, *SMALL, "-o", "film.mp4")
    assert code == 0, err
    assert [s["outcome"] for s in done["segments"]] == ["rendered"] * 4
    manifest = json.loads((tmp_path / "film.manifest.json").read_text())
    assert manifest["film"]["frames"] == sum(s["clip"]["frames"] for s in manifest["segments"])
    assert all((s["clip"]["frames"] - 1) % 4 == 0 for s in manifest["segments"])
    assert {s["model"]["id"] for s in manifest["segments"]} == {"wan2.1-flf2v"}
    assert str(flf2v) not in json.dumps(manifest)

    code, costs, err = longvid(capsys, "estimate", PROMPT, *SMALL)
    assert code == 0 and costs["high_micro_usd"] == 0, err
    code, again, err = longvid(capsys, "make", PROMPT, *SMALL, "-o", "again.mp4")
    assert code == 0 and [s["outcome"] for s in again["segments"]] == ["cached"] * 4, err

    code, done, err = longvid(capsys, "make", PROMPT, *SMALL, "--seed", "5", "--backend", f"wan:{tmp_path}", "-o", "film.mp4")
    assert code == 2 and "no diffusers model" in err


def test_killed_in_the_second_segment(flf2v: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    order = ["make", PROMPT, *SMALL, "--backend", f"wan:{flf2v}", "-o", str(tmp_path / "film.mp4")]
    environment = {**os.environ, "LONGVID_HOME": str(home), "LONGVID_WAN__STEPS": "2", "OMP_NUM_THREADS": "1"}
    command = [*pausing("segment_done step"), *order]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    paused(process)
    process.send_signal(signal.SIGKILL)
    out, _ = process.communicate()
    assert [json.loads(line)["event"] for line in out.splitlines()].count("segment_done") == 1

    command = [sys.executable, "-m", "longvid_core", *order]
    again = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    outcomes = [s["outcome"] for s in json.loads(again.stdout.splitlines()[-1])["segments"]]
    assert Counter(outcomes) == {"cached": 1, "rendered": 3}
    with sqlite3.connect(home / "ledger.db") as sql:
        renders = Counter(s for (s,) in sql.execute("SELECT segment FROM attempts WHERE state = 'rendered'"))
    assert set(renders.values()) == {1} and len(renders) == 4
    assert "Traceback" not in again.stderr and not list(home.rglob("*.part"))
