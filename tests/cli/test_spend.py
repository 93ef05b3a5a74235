"""`longvid spend`: what was paid, what is held, what may have been charged besides."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from longvid_core.planfile import save_plan
from longvid_core.settings import Settings
from tests.fake_replicate import FakeReplicate
from tests.fake_runway import FakeRunway
from tests.films import small_plan

from .conftest import QUICK, RUNWAY, Longvid, refused

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
    assert by["provider"]["spent"] == [{"provider": RUNWAY, "payments": 3, "micro_usd": 600_000}]
    second, first = by["run"]["spent"]
    assert (first["micro_usd"], second["micro_usd"]) == (400_000, 200_000) and "--reroll 0" in second["command"]
    days = [(row["day"], row["payments"]) for row in by["day"]["spent"]]
    assert {day for day, _ in days} <= {before.isoformat(), today.isoformat()} and sum(paid for _, paid in days) == 3
    assert days == [(today.isoformat(), 3)] or before != today
    shown = longvid("spend").out
    assert RUNWAY in shown and "$0.60" in shown and "besides" not in shown
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
