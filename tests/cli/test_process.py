"""`longvid` as a process: stopping it, killing it, going on, pipes and terminals."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from longvid_core.cli import runs
from longvid_core.planfile import plan_json
from tests.films import changed, small_plan

from .conftest import PATIENCE_S, ROOT, SECRETS

Start = Callable[..., "subprocess.Popen[str]"]
QUICK = ("--images", "tollpaint", "--backend", "toll")


@pytest.fixture
def slow_plan(tmp_path: Path) -> str:
    """A plan whose last segment takes ten minutes, or until the file `slow` is gone."""
    (tmp_path / "plan.json").write_text(plan_json(changed(small_plan(3), 2, prompt="SLOW")))
    (tmp_path / "slow").touch()
    return "plan.json"


def until(process: subprocess.Popen[str], **fields: object) -> list[dict]:
    """Read JSON lines until one has these fields; gives all that were read."""
    lines: list[dict] = []
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(json.loads(line))
        if all(lines[-1].get(name) == value for name, value in fields.items()):
            return lines
    raise AssertionError(f"{fields} never came: {lines}")


def working(process: subprocess.Popen[str]) -> None:
    """Until the two quick segments are stored and the slow one is at work."""
    done = 0
    assert process.stdout is not None
    for line in process.stdout:
        event = json.loads(line)
        done += event["event"] == "segment_done"
        if done == 2:
            return
    raise AssertionError("the run ended early")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_it_says_so_leaves_nothing_half_made_and_goes_on_later(
    process: Start, tmp_path: Path, slow_plan: str, number: signal.Signals
) -> None:
    running = process("render", slow_plan, *QUICK, "-o", "film.mp4", "--json")
    working(running)
    running.send_signal(number)
    out, err = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 5
    last = json.loads(out.splitlines()[-1])
    assert last["event"] == "failed" and last["code"] == 5
    assert "Traceback" not in err and "run the same" in err.lower()
    home = Path(os.environ["LONGVID_HOME"])
    assert list((home / "scratch").iterdir()) == []
    assert not (tmp_path / "film.mp4").exists() and not list(tmp_path.glob(".*"))

    (tmp_path / "slow").unlink()
    listed = json.loads(process("jobs", "--json").communicate()[0])["runs"]
    assert [run["state"] for run in listed] == ["interrupted"]
    resumed = process("jobs", "resume", "--json")
    out, err = resumed.communicate(timeout=PATIENCE_S)
    assert resumed.returncode == 0, err
    done = json.loads(out.splitlines()[-1])
    assert [s["outcome"] for s in done["segments"]] == ["cached", "cached", "rendered"]
    assert (tmp_path / "film.mp4").is_file()


def test_killed_it_is_listed_as_that_and_goes_on_by_its_id(process: Start, tmp_path: Path, slow_plan: str) -> None:
    running = process("render", slow_plan, *QUICK, "-o", "film.mp4", "--json")
    run = until(running, event="run_started")[-1]["run"]
    working(running)
    assert json.loads(process("jobs", "list", "--json").communicate()[0])["runs"][0]["state"] == "running"
    running.kill()
    running.communicate()
    (tmp_path / "slow").unlink()
    assert json.loads(process("jobs", "list", "--json").communicate()[0])["runs"][0]["state"] == "killed"
    resumed = process("jobs", "resume", run, "--json")
    out, err = resumed.communicate(timeout=PATIENCE_S)
    assert resumed.returncode == 0, err
    assert [s["outcome"] for s in json.loads(out.splitlines()[-1])["segments"]] == ["cached", "cached", "rendered"]


def test_one_press_asks_and_a_second_one_ends_it_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(runs.time, "monotonic", lambda: now)
    before = signal.getsignal(signal.SIGINT)
    with runs.stoppable() as interrupted:
        assert not interrupted()
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)  # a wrapper's, sent along with it: the same wish
        assert interrupted()
        now += 2
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            signal.sigtimedwait([], 1)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_reader_that_goes_away_is_no_error(process: Start) -> None:
    running = process("schema")
    assert running.stdout is not None and running.stderr is not None
    running.stdout.read(10)
    running.stdout.close()
    assert running.stderr.read() == "" and running.wait() == 0


def test_a_run_whose_reader_goes_away_has_stopped_and_made_no_film(process: Start, tmp_path: Path, slow_plan: str) -> None:
    running = process("render", slow_plan, *QUICK, "-o", "film.mp4", "--json")
    working(running)
    assert running.stdout is not None and running.stderr is not None
    running.stdout.close()
    (tmp_path / "slow").unlink()
    said = running.stderr.read()
    assert running.wait(timeout=PATIENCE_S) == 5 and "Traceback" not in said and "went away" in said
    assert not (tmp_path / "film.mp4").exists()


def test_no_key_in_the_environment_shows_in_anything(process: Start, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(plan_json(changed(small_plan(2), 1, prompt="FAIL")))
    running = process("--debug", "render", "plan.json", *QUICK, "-o", "film.mp4", "--json")
    out, err = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 3
    kept = [p.read_bytes() for place in (tmp_path, Path(os.environ["LONGVID_HOME"])) for p in place.rglob("*") if p.is_file()]
    for secret in SECRETS.values():
        assert secret not in out + err
        assert not any(secret.encode() in data for data in kept)


# -- on a terminal ---------------------------------------------------------------------------------------------------------------


def on_a_terminal(folder: Path, *args: str, columns: int = 100, **env: str) -> str:
    """What `longvid` writes to a terminal of that width."""
    main_end, other_end = pty.openpty()
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}:{ROOT / 'tests' / 'plugin'}",
        "TERM": "xterm-256color",
        "COLUMNS": str(columns),
    }
    running = subprocess.Popen(
        [sys.executable, "-m", "longvid_core", *args],
        cwd=folder, env={**environment, **env}, stdin=other_end, stdout=other_end, stderr=other_end,
    )  # fmt: skip
    os.close(other_end)
    written = b""
    while select.select([main_end], [], [], PATIENCE_S)[0]:
        try:
            piece = os.read(main_end, 65536)
        except OSError:
            break
        if not piece:
            break
        written += piece
    running.wait()
    os.close(main_end)
    return written.decode()


def without_codes(text: str) -> list[str]:
    import re

    return re.sub(r"\x1b(\[[0-9;?]*[A-Za-z]|\][^\x1b]*\x1b\\)", "", text).replace("\r", "\n").splitlines()


def test_a_terminal_gets_colour_bars_and_a_panel(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(plan_json(small_plan(3, cuts=(2,))))
    text = on_a_terminal(tmp_path, "render", "plan.json", *QUICK, "-o", "film.mp4", COLORTERM="truecolor")
    assert "\x1b[" in text and "38;2;79;179;191" in text
    words = "\n".join(without_codes(text))
    for word in ("Small", "Keyframes", "Segments", "rendered", "film.mp4", "film.manifest.json", "╭", "took"):
        assert word in words


def test_no_color_means_no_colour(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(plan_json(small_plan(3)))
    text = on_a_terminal(tmp_path, "render", "plan.json", *QUICK, "--dry-run", NO_COLOR="1", COLORTERM="truecolor")
    assert "38;2" not in text and "38;5" not in text and "\x1b[3" not in text
    assert "38" not in on_a_terminal(tmp_path, "make", NO_COLOR="1")


def test_a_refusal_is_red_on_a_terminal(tmp_path: Path) -> None:
    assert "\x1b[1;31mlongvid: \x1b[0m" in on_a_terminal(tmp_path, "make")


@pytest.mark.parametrize("columns", [60, 100])
def test_the_storyboard_fits_the_terminal(tmp_path: Path, columns: int) -> None:
    plan = changed(small_plan(3), 1, prompt="A very long prompt, " * 30, text="長い文" * 60)
    (tmp_path / "plan.json").write_text(plan_json(plan))
    lines = without_codes(on_a_terminal(tmp_path, "render", "plan.json", *QUICK, "--dry-run", columns=columns))
    from rich.cells import cell_len

    assert max(cell_len(line) for line in lines) <= columns
    assert any("…" in line for line in lines)
