"""What left, on whose word, and what may have left besides: also in a ledger that an earlier Longvid began."""

from __future__ import annotations

import datetime
import sqlite3
from pathlib import Path

import pytest

from longvid_core.errors import OverBudget
from longvid_core.store import Store
from longvid_core.store.ledger import Ledger, ledger_url

DAY = datetime.date(2026, 11, 20)
OLDER = Path(__file__).with_name("older_ledger.sql")
"""What the Longvid before this one made: a payment for a picture and one for a clip, a job whose answer is lost, and a picture's
call that its process did not live to see answered."""
RUN = "20261101-101010-aaaaaa"


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    ledger = Ledger(ledger_url(tmp_path))
    ledger.start_run("r1", "longvid make x", "/")
    return ledger


def test_a_payment_says_on_whose_word_it_is_and_frees_what_was_held(ledger: Ledger) -> None:
    hold = ledger.journal.hold("r1", "k00", "stability:sd", 65_000, None)
    ledger.payments.pay("r1", "k00", "stability:sd", 60_000, priced_on=DAY, hold=hold)
    ledger.payments.pay("r1", "k01", "stability:sd", 50_000)
    said = [(row["segment"], row["micro_usd"], row["told"], row["priced_on"]) for row in ledger.spending()]
    assert said == [("k00", 60_000, True, DAY), ("k01", 50_000, True, None)]
    assert ledger.journal.held() == [] and ledger.journal.committed("r1") == 110_000


def test_what_may_have_been_charged_for_a_call_counts_against_the_budget(ledger: Ledger) -> None:
    lost = ledger.journal.hold("r1", "k00", "stability:sd", 65_000, 100_000)
    ledger.payments.doubt(lost, "lost", "no answer came")
    ledger.payments.doubt(ledger.journal.hold("r1", "k01", "x:y", 0, None), "unpriced", "")
    assert [(d["item"], d["kind"], d["micro_usd"]) for d in ledger.payments.doubts()] == [
        ("k00", "lost", 65_000),
        ("k01", "unpriced", None),
    ]
    with pytest.raises(OverBudget):
        ledger.journal.hold("r1", "k00", "stability:sd", 65_000, 100_000)


def test_what_a_job_cost_by_our_own_price_is_told_with_its_day(ledger: Ledger) -> None:
    key = "a" * 64
    for number, priced_on in enumerate((DAY, None)):
        job = ledger.journal.intend(
            run="r1", segment=f"s{number}", index=0, render_key=key, provider="google", model="veo", prompt="a boat",
            seed=None, hold=400_000, budget=None,
        )  # fmt: skip
        ledger.journal.step(job.id, "submitted", remote_id=f"job-{number}")
        ledger.journal.step(job.id, "succeeded", paid=400_000, priced_on=priced_on)
    lost = ledger.journal.step(
        ledger.journal.intend(
            run="r1", segment="s2", index=0, render_key=key, provider="google", model="veo", prompt="a boat",
            seed=None, hold=400_000, budget=None,
        ).id, "unknown",
    )  # fmt: skip
    assert lost.perhaps_paid
    assert [(a.paid, a.priced_on, a.perhaps) for a in ledger.attempts(key)] == [
        (400_000, DAY, 0),
        (400_000, None, 0),
        (0, None, 400_000),
    ]


def test_a_replay_that_was_killed_holds_no_budget_back_and_one_at_work_does(tmp_path: Path, ledger: Ledger) -> None:
    store = Store(tmp_path)
    replay = Store(store.replays / "replay-1")
    for run in ("killed", "works"):
        (replay.home / "runs" / run).mkdir()
        ledger.start_run(run, "longvid replay film.mp4", "/")
        ledger.journal.hold(run, "k00", "stability:sd", 65_000, None)
        ledger.record_spend(run, "s00", "google:veo", 500_000)
    with replay.scratch("works"):
        ledger.settle_dead(store.at_work)
        ledger.start_run("r2", "longvid make y", "/")
        assert [row["run"] for row in ledger.journal.held()] == ["works"] and ledger.journal.committed("r2") == 565_000


def test_a_ledger_of_before_is_read_and_gone_on_with(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        connection.executescript(OLDER.read_text())
    connection.close()
    url = ledger_url(tmp_path)
    looking = Ledger(url, look=True)
    assert [(row["micro_usd"], row["told"]) for row in looking.spending()] == [(40_000, False), (500_000, False)]
    assert looking.payments.doubts() == [] and [a.paid for a in looking.attempts("1" * 64)] == [500_000]
    looking.close()
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    connection.close()
    assert "bills" not in tables, "who looks changes nothing"

    ledger = Ledger(url)
    ledger.settle_dead(lambda run: False)
    assert [(d["item"], d["micro_usd"]) for d in ledger.payments.doubts()] == [("k01", 50_000)], "in flight when it was killed"
    assert [hold["item"] for hold in ledger.journal.held()] == ["s02"], "a job goes on without its process"
    ledger.record_spend(RUN, "k02", "openai:gpt-image-2", 30_000, priced_on=DAY)
    assert [row["told"] for row in ledger.spending()] == [False, False, True]
    found = ledger.journal.open_of("2" * 64)
    assert found is not None and ledger.journal.take_over(found.id, RUN).state == "unknown"
    ledger.close()
