"""`longvid replay` of films rendered far away: what it costs is said and allowed first, and what was bought is not lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from longvid_core.manifest.build import manifest_path
from longvid_core.settings import Settings
from tests.fake_runway import FakeRunway

from .conftest import RUNWAY, Longvid


@pytest.fixture
def film(longvid: Longvid, runway: FakeRunway) -> Path:
    """Two segments, bought."""
    assert longvid("render", "plan.json", "--backend", RUNWAY).code == 0
    return Path("film.mp4").absolute()


def test_without_a_budget_nothing_is_asked(film: Path, longvid: Longvid, runway: FakeRunway) -> None:
    asked = len(runway.asked)
    ran = longvid("replay", film)
    assert ran.code == 2 and "--budget" in ran.err and "about $1.20" in ran.err
    assert longvid("replay", film, "--budget", "0.5").code == 4
    assert len(runway.asked) == asked and runway.charges == 2


def test_it_is_bought_again_within_the_budget_and_counted(film: Path, longvid: Longvid, runway: FakeRunway) -> None:
    ran = longvid("replay", film, "--budget", "2", "--json")
    assert runway.charges == 4, ran.out + ran.err
    assert ran.last["paid_micro_usd"] > 0 and len(ran.last["segments"]) == 2
    assert {s["promised"] for s in ran.last["segments"]} == {"best-effort"} and ran.code == 0
    assert any("promises no repetition" in line.get("message", "") for line in ran.lines)
    assert not list((Settings().store_home / "replays").glob("*")), "what was kept for going on is gone when all is done"


def test_what_was_bought_beside_a_failure_is_kept_for_the_same_replay(film: Path, longvid: Longvid, runway: FakeRunway) -> None:
    runway.moods["end"] = ["refused"]
    ran = longvid("replay", film, "--budget", "2", "--json")
    assert ran.code == 3 and "What was bought is kept" in ran.out + ran.err, ran.out + ran.err
    bought = runway.charges
    failed = next(line["index"] for line in ran.lines if line["event"] == "segment_done" and line["outcome"] == "failed")
    assert longvid("replay", film, "--budget", "2", "--segments", failed).code == 0
    assert longvid("replay", film, "--budget", "2").code == 0
    assert runway.charges == bought + 2, "a part is replayed for itself"
    assert not list((Settings().store_home / "replays").glob("*"))


def test_a_part_costs_its_part(film: Path, longvid: Longvid, runway: FakeRunway) -> None:
    ran = longvid("replay", film, "--segments", "1", "--budget", "2", "--json")
    assert runway.charges == 3 and [s["index"] for s in ran.last["segments"]] == [1]


def test_what_cannot_be_repeated_is_said_and_costs_nothing(
    film: Path, longvid: Longvid, runway: FakeRunway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def one_gone(value: dict[str, Any]) -> None:
        value["segments"][0]["model"]["id"] = "gen3a_nevermore"

    path = manifest_path(film)
    value = json.loads(path.read_text())
    one_gone(value)
    path.write_text(json.dumps(value))
    ran = longvid("replay", film, "--budget", "2", "--json")
    assert ran.code == 1 and runway.charges == 3
    assert [s["result"] for s in ran.last["segments"]][0] == "not repeated" and ran.last["film"] is None
    assert "no model" in ran.last["segments"][0]["message"]
    checked = longvid("replay", film, "--check", "--json")
    assert "model runway:gen3a_nevermore" in [f["what"] for f in checked.last["findings"] if f["holds"] is False]
    monkeypatch.delenv("RUNWAYML_API_SECRET")
    ran = longvid("replay", film, "--json")
    assert ran.code == 1 and "needs a key" in ran.last["segments"][1]["message"] and runway.charges == 3
