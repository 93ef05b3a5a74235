"""`longvid spend`: what was paid, what is held, what may have been charged besides."""

from __future__ import annotations

import datetime
import json
import sqlite3
from pathlib import Path

import pytest

from longvid_core.catalog import entry_of
from longvid_core.planfile import save_plan
from longvid_core.settings import Settings
from tests.fake_replicate import FakeReplicate
from tests.fake_runway import FakeRunway
from tests.films import small_plan

from .conftest import QUICK, RUNWAY, Longvid, refused

OLDER = Path(__file__).parents[1] / "store" / "older_ledger.sql"
OLDER_RUN = "20261101-101010-aaaaaa"
SEEDANCE = "replicate:bytedance/seedance-1-lite"
RENDER = ("render", "plan.json", "--backend", RUNWAY)


def test_nothing_was_spent_in_a_store_that_is_not_there(longvid: Longvid) -> None:
    ran = longvid("spend", "--json")
    assert ran.code == 0 and ran.last["spent"] == [] and ran.last["total_micro_usd"] == 0
    assert "nothing yet" in longvid("spend").out and not Settings().store_home.exists()


def test_spending_by_provider_run_and_day(longvid: Longvid, runway: FakeRunway) -> None:
    before = datetime.datetime.now().date()
    assert longvid(*RENDER).code == 0
    assert longvid(*RENDER, "--reroll", "0").code == 0
    today = datetime.datetime.now().date()  # or two days, at midnight
    by = {way: longvid("spend", "--by", way, "--json").last for way in ("provider", "run", "day")}
    assert all(told["total_micro_usd"] == 600_000 and told["held_micro_usd"] == 0 for told in by.values())
    (only,) = by["provider"]["spent"]
    assert (only["provider"], only["payments"], only["micro_usd"]) == (RUNWAY, 3, 600_000)
    assert only["billed_micro_usd"] == 600_000 and only["estimated_micro_usd"] == only["perhaps"] == 0
    second, first = by["run"]["spent"]
    assert (first["micro_usd"], second["micro_usd"]) == (400_000, 200_000) and "--reroll 0" in second["command"]
    days = [(row["day"], row["payments"]) for row in by["day"]["spent"]]
    assert {day for day, _ in days} <= {before.isoformat(), today.isoformat()} and sum(paid for _, paid in days) == 3
    assert days == [(today.isoformat(), 3)] or before != today
    shown = " ".join(longvid("spend").out.split())
    assert RUNWAY in shown and "$0.60 as the provider says" in shown and "besides" not in shown and "estimated" not in shown
    tomorrow = (today + datetime.timedelta(days=1)).isoformat()
    assert longvid("spend", "--since", before.isoformat(), "--json").last["total_micro_usd"] == 600_000
    assert longvid("spend", "--since", tomorrow, "--json").last["total_micro_usd"] == 0


def test_what_is_held_and_what_may_have_been_charged(longvid: Longvid, runway: FakeRunway, tmp_path: Path) -> None:
    runway.seconds = 600
    runway.moods["submit"] = ["late:reset"]
    (tmp_path / "longvid.yaml").write_text(QUICK + "remote: {deadline_s: 0.3}\n")
    assert longvid(*RENDER).code == 3
    told = longvid("spend", "--json").last
    assert (told["total_micro_usd"], told["held_micro_usd"], told["perhaps_micro_usd"]) == (0, 600_000, 600_000)
    assert [doubt["state"] for doubt in told["perhaps"]] == ["unknown"]
    shown = " ".join(longvid("spend").out.split())
    assert "held $0.60" in shown and "up to $0.60 may have been charged" in shown


@pytest.mark.parametrize(("args", "words"), [(("--by", "moon"), "run, provider or day"), (("--since", "soon"), "--since soon")])
def test_what_cannot_be_is_refused(longvid: Longvid, args: tuple[str, str], words: str) -> None:
    assert words in refused(longvid("spend", *args))


def test_a_clip_whose_price_nobody_knows_is_not_free(longvid: Longvid, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "longvid.yaml").write_text(QUICK)
    save_plan(small_plan(1, frames=80), tmp_path / "plan.json")
    with FakeReplicate(size=(64, 48)) as fake:
        for name, value in fake.env.items():
            monkeypatch.setenv(name, value)
        ran = longvid("render", "plan.json", "--backend", "replicate:acme/tides")
    assert ran.code == 0 and "free" not in ran.out + ran.err and "does not say what it charges" in ran.err + ran.out
    told = longvid("spend", "--json").last
    assert told["total_micro_usd"] == 0 and told["unpriced"] == {"replicate:acme/tides": 1}
    assert "1 by replicate:acme/tides" in longvid("spend").out and "not known" in longvid("jobs", "--all").out


def test_what_nobody_billed_is_marked_with_the_day_of_the_price(
    longvid: Longvid, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "longvid.yaml").write_text(QUICK)
    save_plan(small_plan(1, frames=80), tmp_path / "plan.json")
    with FakeReplicate(size=(64, 48)) as fake:
        for name, value in fake.env.items():
            monkeypatch.setenv(name, value)
        assert longvid("render", "plan.json", "--backend", SEEDANCE, "-o", "film.mp4").code == 0
    price = entry_of("replicate").models[SEEDANCE.partition(":")[2]].price
    assert price is not None
    (row,) = longvid("spend", "--json").last["spent"]
    assert row["billed_micro_usd"] == 0 and row["estimated_micro_usd"] == row["micro_usd"] > 0
    assert row["prices_of"] == [price.checked.isoformat()]
    shown = " ".join(longvid("spend", "--by", "run").out.split())
    assert "estimated" in shown and f"by our price of {price.checked}" in shown
    cost = json.loads((tmp_path / "film.manifest.json").read_text())["segments"][0]["cost"]
    assert (cost["reckoned"], cost["priced_on"]) == (cost["paid"], price.checked.isoformat()) and cost["paid"] == row["micro_usd"]


def test_a_ledger_of_before_says_what_it_did_not_record(longvid: Longvid) -> None:
    """A picture was being drawn, too, when its process was killed: that is seen without another run's taking note of it."""
    home = Settings().store_home
    (home / "runs" / OLDER_RUN).mkdir(parents=True)
    with sqlite3.connect(home / "ledger.db") as connection:
        connection.executescript(OLDER.read_text())
    connection.close()
    told = longvid("spend", "--json").last
    assert (told["total_micro_usd"], told["not_recorded_micro_usd"], told["billed_micro_usd"]) == (540_000, 540_000, 0)
    assert told["perhaps_micro_usd"] == 650_000 and told["held_micro_usd"] == 0
    assert {(d["item"], d["job"], d["micro_usd"]) for d in told["perhaps"]} == {("s02", 2, 600_000), ("k01", None, 50_000)}
    shown = " ".join(longvid("spend", "--by", "day").out.split())
    assert "not recorded" in shown and "2026-11-01" in shown and "1 lost answer for k01 at openai:gpt-image-2" in shown
    assert longvid("spend", "--since", "2026-11-03", "--json").last["spent"] == []
