"""The ledger: what was told to it is there after a crash, and a broken one is named."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from longvid_core.errors import StoreError
from longvid_core.store.ledger import Ledger, ledger_url
from longvid_core.store.looking import looked_at_ledger


def test_a_run_and_its_attempts_are_remembered(tmp_path: Path) -> None:
    ledger = Ledger(ledger_url(tmp_path))
    ledger.start_run("r1", "longvid make x", "/")
    first = ledger.start_attempt("r1", "s01", "k" * 64, "animatic", "animatic")
    ledger.finish_attempt(first, "failed", "no disk")
    second = ledger.start_attempt("r1", "s01", "k" * 64, "animatic", "animatic")
    ledger.finish_attempt(second, "rendered")
    ledger.finish_run("r1", "done")
    again = Ledger(ledger_url(tmp_path))
    assert [(a.number, a.state, a.message) for a in again.attempts("k" * 64)] == [(1, "failed", "no disk"), (2, "rendered", None)]
    assert again.runs()[0]["state"] == "done"


def test_an_attempt_of_a_killed_process_is_settled_by_the_next(tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from longvid_core.store.ledger import Ledger, ledger_url\n"
        "ledger = Ledger(ledger_url(Path(sys.argv[1]))); ledger.start_run('r1', 'c', '/')\n"
        "ledger.start_attempt('r1', 's01', 'k' * 64, 'a', 'b'); os.kill(os.getpid(), 9)\n"
    )
    assert subprocess.run([sys.executable, "-c", script, str(tmp_path)]).returncode == -9
    ledger = Ledger(ledger_url(tmp_path))
    ledger.start_run("r2", "c", "/")
    ledger.finish_attempt(ledger.start_attempt("r2", "s01", "k" * 64, "a", "b"), "rendered")
    assert [a.state for a in ledger.attempts("k" * 64)] == ["interrupted", "rendered"]


def test_many_processes_may_begin_one_ledger_at_once(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from longvid_core.store.ledger import Ledger, ledger_url\n"
        "home = Path(sys.argv[1]); name = sys.argv[2]; (home / name).touch()\n"
        "while len(list(home.glob('w*'))) < 4: time.sleep(0.001)\n"
        "Ledger(ledger_url(home)).start_run(name, 'c', '/')\n"
    )
    workers = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path), f"w{n}"]) for n in range(4)]
    assert [w.wait(600) for w in workers] == [0, 0, 0, 0]
    assert len(Ledger(ledger_url(tmp_path)).runs()) == 4


def test_sqlite_is_in_wal_so_that_readers_go_on(tmp_path: Path) -> None:
    Ledger(ledger_url(tmp_path))
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_damaged_ledger_is_named_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(StoreError, match=r"ledger\.db.* is damaged") as caught:
        Ledger(ledger_url(tmp_path))
    assert "Move that file away" in str(caught.value) and "bought again" in str(caught.value)
    (tmp_path / "aside").mkdir()
    with pytest.raises(StoreError) as looked:
        looked_at_ledger(tmp_path, None, tmp_path / "aside").runs()
    assert str(looked.value) == str(caught.value), "the file itself, and not the copy that is looked at"


def test_a_ledger_of_another_shape_is_not_blamed_on_the_disk(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        connection.execute("CREATE TABLE runs (id TEXT)")
    with pytest.raises(StoreError, match="another version of Longvid") as caught:
        Ledger(ledger_url(tmp_path)).start_run("r", "longvid make x", "/")
    assert "LONGVID_LEDGER_URL" in str(caught.value)


def test_a_job_in_a_state_of_another_version_is_not_guessed_at(tmp_path: Path) -> None:
    ledger = Ledger(ledger_url(tmp_path))
    ledger.start_run("r", "longvid make x", "/")
    ledger.journal.intend(
        run="r", segment="s00", index=0, render_key="0" * 64, provider="p", model="m", prompt="", seed=None, hold=1, budget=None
    )
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        connection.execute("UPDATE jobs SET state = 'archived'")
    with pytest.raises(StoreError, match="job 1 .* another version of Longvid: state 'archived'"):
        ledger.journal.jobs()


def test_a_password_in_the_url_is_not_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        Ledger(f"sqlite://user:hunter2@/{tmp_path}/no/such/folder/x.db")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("url", ["nonsense", "mysterious://x"])
def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(StoreError):
        Ledger(url)
