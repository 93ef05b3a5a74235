"""`longvid approve`, and what rerolls leave alone because of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from longvid_core.cli.takes import rerolled
from longvid_core.planfile import load_plan, plan_json
from tests.films import changed, small_plan

from .conftest import Longvid, refused

QUICK = ("--images", "tollpaint", "--backend", "toll")


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    file = tmp_path / "plan.json"
    file.write_text(plan_json(small_plan(3, cuts=(2,))))
    return file


def told(ran, words: str) -> list[str]:
    """What was said that has these words."""
    return [line["message"] for line in ran.lines if line["event"] == "notice" and words in line["message"]]


def test_an_approved_take_is_left_alone_by_rerolls_and_they_say_so(
    longvid: Longvid, toll: None, tmp_path: Path, plan_file: Path
) -> None:
    longvid("render", plan_file, *QUICK, "--reroll", "1", "-o", "a.mp4")
    ran = longvid("approve", "plan.json", "--segment", "1", "--by", "Ann", "--note", "lovely", "--film", "a.mp4")
    assert ran.code == 0 and ran.out == "segment 1 (s01, take 1) approved by Ann: lovely; locked in plan.json\n"
    ran = longvid("render", plan_file, *QUICK, "--reroll", "0,1", "-o", "b.mp4", "--json")
    assert ran.code == 0 and [s["outcome"] for s in ran.last["segments"]] == ["rendered", "cached", "cached"]
    assert told(ran, "reroll") == ["segment 1 (s01) is not rerolled: it is locked, approved by Ann."]
    assert told(ran, "approved by Ann") and not told(ran, "is not the take")
    (said,) = json.loads((tmp_path / "b.manifest.json").read_text())["plan"]["approvals"]
    assert (said["by"], said["note"], said["segment"]) == ("Ann", "lovely", "s01")
    assert said["render_key"] == ran.last["segments"][1]["render_key"]


def test_a_film_is_approved_in_its_manifest(longvid: Longvid, toll: None, tmp_path: Path, plan_file: Path) -> None:
    longvid("render", plan_file, *QUICK, "-o", "a.mp4")
    film = (tmp_path / "a.mp4").read_bytes()
    for file in ("a.mp4", "a.manifest.json"):
        assert longvid("approve", file, "--segment", "0,s02", "--by", "Ann", "--json").last["event"] == "done"
    plan = json.loads((tmp_path / "a.manifest.json").read_text())["plan"]
    assert [a["segment"] for a in plan["approvals"]] == ["s00", "s02"] * 2
    assert [s["locked"] for s in plan["segments"]] == [True, False, True]
    assert (tmp_path / "a.mp4").read_bytes() == film


def test_an_approved_take_that_changed_is_told(longvid: Longvid, toll: None, plan_file: Path) -> None:
    longvid("render", plan_file, *QUICK, "-o", "a.mp4")
    longvid("approve", "plan.json", "--segment", "2", "--by", "Ann", "--film", "a.mp4")
    plan_file.write_text(plan_json(changed(load_plan(plan_file), 2, prompt="Rain instead.")))
    ran = longvid("render", plan_file, *QUICK, "-o", "b.mp4", "--json")
    (line,) = told(ran, "is not the take that Ann approved")
    assert line.startswith("segment 2 (s02)")


def test_what_cannot_be_approved_says_why(longvid: Longvid, toll: None, plan_file: Path) -> None:
    before = plan_file.read_bytes()
    assert "no such segment" in refused(longvid("approve", "plan.json", "--segment", "9", "--by", "Ann"))
    assert "names no segment" in refused(longvid("approve", "plan.json", "--segment", ",", "--by", "Ann"))
    assert "--by" in refused(longvid("approve", "plan.json", "--segment", "1", "--by", " "))
    assert "cannot read" in refused(longvid("approve", "none.mp4", "--segment", "1", "--by", "Ann"))
    assert "--by" in refused(longvid("approve", "plan.json", "--segment", "1"))
    assert plan_file.read_bytes() == before


def test_in_a_chain_a_locked_segment_holds_those_it_follows_on_from() -> None:
    """It starts on their last frames: another take of theirs would be another one of its own."""
    plan = changed(small_plan(5, mode="chaining", cuts=(3,)), 2, locked=True)
    told: list[str] = []
    after = rerolled(plan, "0,1,2,3,4,4", told.append)
    assert [s.reroll for s in after.segments] == [0, 0, 0, 1, 2]
    assert "segment 0 (s00) is not rerolled: segment 2 (s02) follows on from it, and is locked." in told and len(told) == 3


def test_between_keyframes_a_locked_segment_holds_itself_alone() -> None:
    plan = changed(small_plan(3), 1, locked=True)
    told: list[str] = []
    assert [s.reroll for s in rerolled(plan, "0,1,2", told.append).segments] == [1, 0, 1]
    assert told == ["segment 1 (s01) is not rerolled: it is locked."]
