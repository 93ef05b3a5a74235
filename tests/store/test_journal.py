"""The journal of remote jobs: each step is there after a crash, money is held before it can leave, and spent once."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from longvid_core.errors import OverBudget
from longvid_core.models.job import OPEN, Job
from longvid_core.store.journal import attempt_of
from longvid_core.store.ledger import Ledger, ledger_url

KEY = "a" * 64
PRICE = 400_000


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    ledger = Ledger(ledger_url(tmp_path))
    for run in ("r1", "r2"):
        ledger.start_run(run, "longvid make x", "/")
    return ledger


def intend(ledger: Ledger, run: str = "r1", *, hold: int = PRICE, budget: int | None = None, **more: Any) -> Job:
    fields = {"segment": "s00", "index": 0, "render_key": KEY, "provider": "runway", "model": "veo3.1", "prompt": "a boat"}
    return ledger.journal.intend(**{**fields, "run": run, "seed": 2**64 - 1, "hold": hold, "budget": budget, **more})


def spent(ledger: Ledger) -> list[tuple[str, int]]:
    return [(row["run"], row["micro_usd"]) for row in ledger.spending()]


def test_every_step_is_there_for_the_next_process(ledger: Ledger, tmp_path: Path) -> None:
    job = intend(ledger)
    ledger.journal.step(job.id, "submitted", remote_id="task-1", extra={"interface": "x"}, prompt="a boat, sent")
    ledger.journal.step(job.id, "running")
    ledger.journal.step(job.id, "succeeded", paid=200_000, facts={"version": "v1"}, seed_returned=2**64 - 2)
    ledger.journal.step(job.id, "downloaded", file="1.mp4", file_sha256="b" * 64)
    again = Ledger(ledger_url(tmp_path)).journal
    found = again.open_of(KEY)
    assert found is not None and found == again.job(job.id)
    assert (found.state, found.remote_id, found.extra) == ("downloaded", "task-1", {"interface": "x"})
    assert (found.prompt, found.facts, found.file) == ("a boat, sent", {"version": "v1"}, "1.mp4")
    assert (found.seed_sent, found.seed_returned, found.micro_usd) == (2**64 - 1, 2**64 - 2, 200_000)
    assert [note.state for note in again.notes(job.id)] == ["intent", "submitted", "running", "succeeded", "downloaded"]
    assert found.created.tzinfo is not None and found.named == "runway:veo3.1"


def test_a_job_is_paid_for_once_however_often_that_is_told(ledger: Ledger) -> None:
    job = intend(ledger)
    for _ in range(3):
        ledger.journal.step(job.id, "succeeded", paid=150_000)
    ledger.journal.step(job.id, "verified", paid=999)
    assert spent(ledger) == [("r1", 150_000)]
    assert ledger.journal.committed("r1") == 150_000, "what was held is free once it is known what it cost"


@pytest.mark.parametrize("state", ["refused", "failed", "cancelled", "resubmit", "dropped"])
def test_what_is_settled_holds_nothing(ledger: Ledger, state: Any) -> None:
    job = intend(ledger)
    assert ledger.journal.committed("r1") == PRICE
    ledger.journal.step(job.id, state)
    assert ledger.journal.held() == [] and ledger.journal.open_of(KEY) is None and spent(ledger) == []


@pytest.mark.parametrize("state", sorted(OPEN))
def test_what_is_open_is_gone_on_with_and_holds_its_price(ledger: Ledger, state: Any) -> None:
    job = intend(ledger)
    found = ledger.journal.step(job.id, state)
    assert ledger.journal.open_of(KEY) == found and ledger.journal.committed("r1") == PRICE


def test_a_step_names_only_what_a_job_has(ledger: Ledger) -> None:
    job = intend(ledger)
    with pytest.raises(TypeError, match="held_micro_usd"):
        ledger.journal.step(job.id, "running", held_micro_usd=0)
    assert [note.state for note in ledger.journal.notes(job.id)] == ["intent"]


def test_over_the_budget_nothing_is_written(ledger: Ledger) -> None:
    intend(ledger, budget=PRICE)
    with pytest.raises(OverBudget, match=r"\$0\.40, and with \$0\.40 spent .* budget of \$0\.79") as caught:
        intend(ledger, budget=2 * PRICE - 10_000, render_key="c" * 64)
    assert caught.value.exit_code == 4
    assert len(ledger.journal.jobs()) == 1 and ledger.journal.committed("r1") == PRICE
    intend(ledger, budget=2 * PRICE, render_key="c" * 64)


@pytest.mark.parametrize(
    ("state", "more", "counts"),
    [
        ("unknown", {}, True),
        ("resubmit", {}, True),
        ("dropped", {}, True),
        ("refused", {}, False),
        ("failed", {"remote_id": "theirs"}, True),
        ("failed", {"remote_id": "theirs", "paid": 0}, False),
        ("cancelled", {"remote_id": "theirs", "paid": PRICE}, True),
    ],
)
def test_what_may_have_been_charged_counts_against_the_budget(
    ledger: Ledger, state: Any, more: dict[str, Any], counts: bool
) -> None:
    job = ledger.journal.step(intend(ledger, budget=PRICE).id, state, **more)
    assert ledger.journal.committed("r1") == counts * PRICE
    assert (job.perhaps_paid or bool(job.micro_usd)) == counts
    with pytest.raises(OverBudget) if counts else contextlib.nullcontext():
        intend(ledger, budget=PRICE)


def test_the_next_run_takes_over_the_job_and_what_it_holds(ledger: Ledger) -> None:
    job = intend(ledger)
    ledger.settle_dead(lambda run: run == "r2")
    ledger.start_run("r3", "longvid make x", "/")
    assert ledger.journal.committed("r3") == 0, "a dead run's jobs are nobody's until they are gone on with"
    assert ledger.journal.take_over(job.id, "r3").run == "r3"
    assert ledger.journal.committed("r3") == PRICE and ledger.journal.open_of(KEY) == ledger.journal.job(job.id)
    ledger.journal.step(job.id, "succeeded", paid=100_000)
    assert spent(ledger) == [("r3", 100_000)]


def test_runs_beside_one_another_count_together_and_earlier_ones_do_not(ledger: Ledger) -> None:
    intend(ledger, "r1")
    intend(ledger, "r2")
    ledger.record_spend("r2", "plan", "openai:x", 5)
    assert ledger.journal.committed("r1") == ledger.journal.committed("r2") == 2 * PRICE + 5
    ledger.finish_run("r2", "done")
    assert ledger.journal.committed("r1") == 2 * PRICE + 5, "what ended since this one began was beside it"
    for run in ("r1", "r2"):
        ledger.finish_run(run, "done")
    ledger.start_run("r3", "longvid make x", "/")
    assert ledger.journal.committed("r3") == 0


def test_a_crash_between_the_store_and_the_journal_is_made_good(ledger: Ledger) -> None:
    job = intend(ledger)
    ledger.journal.step(job.id, "downloaded", paid=1)
    ledger.journal.kept(KEY)
    assert ledger.journal.open_of(KEY) is None
    assert [attempt_of(j, n).state for n, j in enumerate(ledger.journal.of(KEY), 1)] == ["rendered"]


def test_ids_are_known_by_provider_and_jobs_by_state(ledger: Ledger) -> None:
    for number, provider in enumerate(("runway", "google", "runway")):
        job = intend(ledger, provider=provider)
        if number < 2:
            ledger.journal.step(job.id, "submitted", remote_id=f"id-{number}")
    assert ledger.journal.remote_ids("runway") == {"id-0"}
    assert [job.id for job in ledger.journal.jobs(states=["submitted"])] == [2, 1]
    assert [job.id for job in ledger.journal.jobs(limit=1)] == [3]


RACER = """
import json, sys, time
from pathlib import Path
from longvid_core.errors import OverBudget
from longvid_core.store.ledger import Ledger, ledger_url

home, run, others, budget, price = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
ledger = Ledger(ledger_url(home))
ledger.start_run(run, "c", "/")
(home / run).touch()
while len(list(home.glob("race*"))) < others:
    time.sleep(0.001)
bought = refused = 0
for number in range(30):
    try:
        job = ledger.journal.intend(run=run, segment="s", index=0, render_key="d" * 64, provider="p", model="m", prompt="",
                                    seed=None, hold=price, budget=budget)
    except OverBudget:
        refused += 1
        continue
    bought += 1
    if number % 3 == 0:  # it cost less than it might have
        ledger.journal.step(job.id, "succeeded", paid=price // 2)
    elif number % 3 == 1:
        ledger.journal.step(job.id, "refused")
        bought -= 1
print(json.dumps([bought, refused]))
"""


def test_two_processes_never_promise_more_than_the_budget(ledger: Ledger, tmp_path: Path) -> None:
    """Neither ever sees room that the other has just taken: together they promise what fits, and not one more."""
    budget = 10 * PRICE
    for run in ("r1", "r2"):
        ledger.finish_run(run, "done")
    command = [sys.executable, "-c", RACER, str(tmp_path)]
    orders = [[*command, f"race{n}", "2", str(budget), str(PRICE)] for n in range(2)]
    racers = [subprocess.Popen(order, stdout=subprocess.PIPE, text=True) for order in orders]
    told = [json.loads(racer.communicate(timeout=600)[0]) for racer in racers]
    assert all(racer.returncode == 0 for racer in racers)
    committed = ledger.journal.committed("race0")
    assert budget - PRICE < committed <= budget
    jobs = ledger.journal.jobs()
    assert committed == sum(j.micro_usd if j.micro_usd is not None else j.held_micro_usd for j in jobs if j.state != "refused")
    assert sum(bought for bought, _ in told) == sum(j.state != "refused" for j in jobs) and any(refused for _, refused in told)
