"""`longvid jobs`: remote jobs shown, stopped, settled by a person's word, and gone on with."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from longvid_core.render.session import open_session
from longvid_core.settings import Settings
from longvid_core.store import Store
from tests.fake_runway import FakeRunway

from .conftest import QUICK, RUNWAY, Longvid, Ran, refused

RENDER = ("render", "plan.json", "--backend", RUNWAY)


def jobs(longvid: Longvid, *args: str) -> list[dict[str, Any]]:
    return longvid("jobs", "list", *args, "--json").last["jobs"]


def lost(longvid: Longvid, runway: FakeRunway) -> dict[str, Any]:
    """The one job whose answer was lost on the way, in a run of two."""
    runway.moods["submit"] = ["late:reset"]
    ran = longvid(*RENDER)
    assert ran.code == 3 and "jobs resolve" in ran.err
    (job,) = jobs(longvid)
    assert (job["state"], job["remote_id"], job["at_work"]) == ("unknown", None, False)
    assert runway.charges == 2
    return job


def waiting(longvid: Longvid, runway: FakeRunway, folder: Path) -> list[dict[str, Any]]:
    """Jobs that a run stopped waiting for."""
    (folder / "longvid.yaml").write_text(QUICK + "remote: {deadline_s: 0.3}\n")
    assert longvid(*RENDER).code == 3
    (folder / "longvid.yaml").write_text(QUICK)
    return jobs(longvid)


def resumed(longvid: Longvid) -> Ran:
    ran = longvid("jobs", "resume", "--json")
    assert ran.code == 0, ran.err
    return ran


def test_a_lost_job_is_adopted_and_paid_once(longvid: Longvid, runway: FakeRunway) -> None:
    job = lost(longvid, runway)
    assert job["next"] == f"longvid jobs resolve {job['id']} adopt REMOTE|resubmit|drop"
    known = {other["remote_id"] for other in jobs(longvid, "--all")}
    (theirs,) = set(runway.jobs) - known
    ran = longvid("jobs", "resolve", job["id"], "adopt", theirs, "--json")
    assert ran.code == 0 and (ran.last["job"]["state"], ran.last["job"]["remote_id"]) == ("submitted", theirs)
    assert f"jobs resume {job['run']}" in ran.last["message"]
    outcomes = [s["outcome"] for s in resumed(longvid).last["segments"]]
    assert sorted(outcomes) == ["cached", "rendered"] and runway.charges == 2
    assert jobs(longvid) == [] and longvid("spend", "--json").last["perhaps_micro_usd"] == 0


def test_a_wrong_id_is_not_adopted(longvid: Longvid, runway: FakeRunway) -> None:
    job = lost(longvid, runway)
    assert "nowhere" in refused(longvid("jobs", "resolve", job["id"], "adopt", "nowhere"))
    (other,) = [j for j in jobs(longvid, "--all") if j["state"] == "verified"]
    assert "another job" in refused(longvid("jobs", "resolve", job["id"], "adopt", other["remote_id"]))
    assert jobs(longvid)[0]["state"] == "unknown"


def test_an_id_that_cannot_be_looked_at_is_adopted_all_the_same(
    longvid: Longvid, runway: FakeRunway, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = lost(longvid, runway)
    monkeypatch.delenv("RUNWAYML_API_SECRET")
    ran = longvid("jobs", "resolve", job["id"], "adopt", "task-1")
    assert ran.code == 0 and "could not be looked at" in ran.out and "RUNWAYML_API_SECRET" not in ran.err


def test_resubmit_buys_it_again_and_says_what_may_be_lost(longvid: Longvid, runway: FakeRunway) -> None:
    job = lost(longvid, runway)
    ran = longvid("jobs", "resolve", job["id"], "resubmit")
    assert ran.code == 0 and "$0.60" in ran.out and "spend" in ran.out
    assert runway.charges == 2, "nothing is bought by that word alone"
    resumed(longvid)
    assert runway.charges == 3
    (told,) = longvid("spend", "--json").last["perhaps"]
    assert (told["job"], told["provider"], told["state"], told["micro_usd"]) == (job["id"], RUNWAY, "resubmit", 600_000)


def test_a_dropped_take_is_given_up_until_it_is_revived(longvid: Longvid, runway: FakeRunway) -> None:
    job = lost(longvid, runway)
    assert longvid("jobs", "resolve", job["id"], "drop", "--json").last["job"]["state"] == "dropped"
    again = longvid("jobs", "resume")
    assert again.code == 3 and "dropped" in again.err and runway.charges == 2
    assert "only be revived" in refused(longvid("jobs", "resolve", job["id"], "drop"))
    assert longvid("jobs", "resolve", job["id"], "resubmit").code == 0
    resumed(longvid)
    assert runway.charges == 3


def test_jobs_under_way_are_listed_and_resumed_without_paying(
    longvid: Longvid, runway: FakeRunway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runway.seconds = 600
    listed = waiting(longvid, runway, tmp_path)
    assert [j["provider"] for j in listed] == ["runway", "runway"] and all(j["remote_id"] in runway.jobs for j in listed)
    assert all(j["next"] == f"longvid jobs resume {j['run']}" for j in listed)
    monkeypatch.setenv("COLUMNS", "80")
    shown = longvid("jobs")
    for words in ("remote jobs", "$0.60 held", listed[0]["next"], "00 s00", "veo3.1_fast"):
        assert words in shown.out, shown.out
    assert max(map(len, shown.out.splitlines())) <= 80
    runway.seconds = 0
    resumed(longvid)
    assert runway.charges == 2


def test_the_journal_is_shown(longvid: Longvid, runway: FakeRunway) -> None:
    assert longvid(*RENDER).code == 0
    job = jobs(longvid, "--all")[0]
    ran = longvid("jobs", "show", job["id"], "--json")
    steps = [note["state"] for note in ran.last["notes"]]
    assert steps[:2] == ["intent", "submitted"] and steps[-3:] == ["succeeded", "downloaded", "verified"]
    shown = longvid("jobs", "show", job["id"]).out
    assert job["remote_id"] in shown and "verified" in shown and "$0.20 paid" in shown


def test_cancelling_tells_what_it_saves(longvid: Longvid, runway: FakeRunway, tmp_path: Path) -> None:
    runway.seconds = 600
    first, second = waiting(longvid, runway, tmp_path)
    ran = longvid("jobs", "cancel", first["id"], "--json")
    assert ran.code == 0 and ran.last["cancelled"] and "charges nothing" in ran.last["message"]
    assert ran.last["job"]["state"] == "cancelled" and runway.jobs[first["remote_id"]].refunded
    assert ran.last["job"]["micro_usd"] == 0
    again = longvid("jobs", "cancel", first["id"])
    assert again.code == 0 and "is over: cancelled" in again.out
    runway.seconds = 0
    done = longvid("jobs", "cancel", second["id"])
    assert done.code == 0 and "paid" in done.out and "fetches it" in done.out
    assert not runway.jobs[second["remote_id"]].cancelled and len(runway.to("cancel")) == 1
    resumed(longvid)
    assert len(runway.jobs) == 3 and runway.charges == 2


def test_a_job_that_is_not_known_there_is_not_taken_for_cancelled(longvid: Longvid, runway: FakeRunway, tmp_path: Path) -> None:
    runway.seconds = 600
    first, _ = waiting(longvid, runway, tmp_path)
    runway.moods["poll"] = [404]
    ran = longvid("jobs", "cancel", first["id"], "--json")
    assert not ran.last["cancelled"] and ran.last["job"]["state"] == "unknown" and "not of the account" in ran.last["message"]
    assert longvid("jobs", "cancel", first["id"], "--json").last["cancelled"] and runway.jobs[first["remote_id"]].refunded


def test_a_job_without_a_name_there_cannot_be_cancelled(longvid: Longvid, runway: FakeRunway) -> None:
    job = lost(longvid, runway)
    said = refused(longvid("jobs", "cancel", job["id"]))
    assert f"jobs resolve {job['id']} adopt" in said and "drop" in said and not runway.to("cancel")


@pytest.mark.parametrize("command", [["cancel"], ["resolve", "resubmit"], ["resolve", "drop"]], ids=" ".join)
def test_nothing_is_settled_under_a_run_at_work(longvid: Longvid, runway: FakeRunway, command: list[str]) -> None:
    job = lost(longvid, runway)
    settings = Settings()

    async def meanwhile() -> Ran:
        async with Store(settings.store_home).clips.lock(job["render_key"], lambda: False):
            return await asyncio.to_thread(longvid, "jobs", command[0], job["id"], *command[1:])

    assert "at work" in refused(asyncio.run(meanwhile()))
    assert jobs(longvid)[0]["state"] == "unknown"


def test_an_intent_is_settled_only_once_its_run_is_gone(longvid: Longvid) -> None:
    with open_session(Settings(), command="longvid make", emit=lambda event: None) as session:
        job = session.ledger.journal.intend(
            run=session.run_id, segment="s00", index=0, render_key="a" * 64, provider="runway", model="veo3.1", prompt="A boat.",
            seed=None, hold=100_000, budget=None,
        )  # fmt: skip
        assert session.run_id in refused(longvid("jobs", "resolve", job.id, "resubmit"))
        assert jobs(longvid)[0]["next"] is None
        assert longvid("spend", "--json").last["held_micro_usd"] == 100_000
    told = longvid("spend", "--json").last
    assert (told["held_micro_usd"], told["perhaps_micro_usd"]) == (0, 100_000)
    assert longvid("jobs", "resolve", job.id, "drop").code == 0


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["resolve", "1", "dance"], "dance"),
        (["resolve", "1", "adopt"], "needs the job's id"),
        (["resolve", "1", "drop", "task-1"], "takes no id"),
        (["resolve", "1", "drop"], "no remote job 1"),
        (["cancel", "7"], "no remote job 7"),
        (["show", "99999999999999999999"], "no remote job"),
    ],
)
def test_what_cannot_be_is_refused(longvid: Longvid, args: list[str], words: str) -> None:
    assert words in refused(longvid("jobs", *args))


def test_a_settled_job_is_not_resolved(longvid: Longvid, runway: FakeRunway) -> None:
    assert longvid(*RENDER).code == 0
    job = jobs(longvid, "--all")[0]
    assert "verified" in refused(longvid("jobs", "resolve", job["id"], "resubmit"))
