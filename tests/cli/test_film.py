"""From a plan to a film on the command line: what is made, what is said, what a second run does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from longvid_core.models import Manifest
from longvid_core.planfile import load_plan, plan_json
from tests.films import small_plan

from .conftest import Longvid, refused


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    """A plan of three shots, the last after a cut."""
    file = tmp_path / "plan.json"
    file.write_text(plan_json(small_plan(3, cuts=(2,))))
    return file


QUICK = ("--images", "tollpaint", "--backend", "toll")
"""Providers that take no time to paint; what the command line does is the same with all."""


def events(ran, kind: str) -> list[dict]:
    return [line for line in ran.lines if line["event"] == kind]


def test_a_plan_becomes_a_film_with_its_manifest_beside_it(longvid: Longvid, tmp_path: Path, plan_file: Path) -> None:
    ran = longvid("render", plan_file, "-o", "a.mp4", "--json")
    assert ran.code == 0, ran.err
    done = ran.last
    assert done["event"] == "done"
    assert done["film"] == str(tmp_path / "a.mp4") and done["manifest"] == str(tmp_path / "a.manifest.json")
    assert [(s["index"], s["id"], s["outcome"]) for s in done["segments"]] == [(i, f"s{i:02d}", "rendered") for i in range(3)]
    assert all(len(s["render_key"]) == len(s["clip_sha256"]) == 64 for s in done["segments"])
    assert set(done["segments"][0]) == {"index", "id", "outcome", "render_key", "clip_sha256"}
    manifest = Manifest.model_validate_json((tmp_path / "a.manifest.json").read_text())
    assert manifest.film.frames == 3 * 5 - 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.manifest.json", "a.mp4", "plan.json"]


def test_every_line_of_json_is_an_event_and_every_clip_can_be_watched_at_once(
    longvid: Longvid, toll: None, plan_file: Path
) -> None:
    ran = longvid("render", plan_file, *QUICK, "-o", "a.mp4", "--json")
    assert all(isinstance(line["event"], str) for line in ran.lines)
    assert ran.lines[0]["event"] == "run_started"
    assert {Path(e["path"]).is_file() for e in events(ran, "preview")} == {True} and len(events(ran, "preview")) == 3
    assert [e["event"] for e in ran.lines].index("segment_done") < [e["event"] for e in ran.lines].index("done")
    assert ran.err == ""


def test_a_second_run_renders_nothing_and_gives_the_same_bytes(longvid: Longvid, tmp_path: Path, plan_file: Path) -> None:
    longvid("render", plan_file, "-o", "a.mp4")
    ran = longvid("render", plan_file, "-o", "b.mp4", "--json")
    assert {s["outcome"] for s in ran.last["segments"]} == {"cached"} and not events(ran, "segment_started")
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_a_reroll_renders_that_segment_alone(longvid: Longvid, toll: None, plan_file: Path) -> None:
    longvid("render", plan_file, *QUICK, "-o", "a.mp4")
    ran = longvid("render", plan_file, *QUICK, "--reroll", "1", "-o", "b.mp4", "--json")
    assert [s["outcome"] for s in ran.last["segments"]] == ["cached", "rendered", "cached"]
    again = longvid("render", plan_file, *QUICK, "--reroll", "s01,1", "-o", "b.mp4", "--json")
    assert [s["outcome"] for s in again.last["segments"]] == ["cached", "rendered", "cached"]
    assert again.last["segments"][1]["render_key"] != ran.last["segments"][1]["render_key"]


def test_people_get_the_storyboard_every_segment_and_where_the_film_is(longvid: Longvid, toll: None, plan_file: Path) -> None:
    ran = longvid("render", plan_file, *QUICK, "-o", "a.mp4")
    assert ran.code == 0 and ran.err == ""
    assert "\x1b" not in ran.out and "\r" not in ran.out
    for words in ("3 segments", "Shot 2: the city at night", "segment 01 s01: rendered", "a.mp4"):
        assert words in ran.out
    assert "a.manifest.json" in ran.out and "3 rendered" in ran.out and "14 frames" in ran.out


def test_a_dry_run_costs_and_makes_nothing(longvid: Longvid, toll: None, tmp_path: Path, plan_file: Path) -> None:
    ran = longvid("render", plan_file, *QUICK, "-o", "a.mp4", "--dry-run", "--json")
    assert ran.code == 0 and ran.last == {"event": "done", "film": None, "manifest": None, "segments": []}
    estimate = events(ran, "estimate")[0]
    assert len(estimate["segments"]) == 3 and not any(s["cached"] for s in estimate["segments"])
    assert [p.name for p in tmp_path.iterdir()] == ["plan.json"]
    assert events(longvid("jobs", "--json"), "done")[0]["runs"] == []


def test_the_run_is_logged_in_the_store(
    longvid: Longvid, toll: None, plan_file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LONGVID_HOME", str(tmp_path / "store"))
    ran = longvid("render", plan_file, *QUICK, "-o", "a.mp4", "--json")
    log = tmp_path / "store" / "runs" / ran.lines[0]["run"] / "events.jsonl"
    logged = [json.loads(line) for line in log.read_text().splitlines()]
    assert [e["event"] for e in logged][0] == "run_started" and logged[-1]["event"] == "done"
    assert all("at" in e for e in logged)


# -- keyframes --------------------------------------------------------------------------------------------------------------


def test_keyframes_come_as_numbered_pictures_and_a_plan_that_points_at_them(
    longvid: Longvid, toll: None, tmp_path: Path, plan_file: Path
) -> None:
    from PIL import Image

    ran = longvid("keyframes", plan_file, *QUICK[:2], "-o", "stills", "--json")
    assert ran.code == 0, ran.err
    names = [f"segment_{i:02d}.png" for i in range(5)]
    assert sorted(p.name for p in (tmp_path / "stills").iterdir()) == ["plan.json", *names]
    assert [k["path"] for k in ran.last["keyframes"]] == [str(tmp_path / "stills" / n) for n in names]
    written = json.loads((tmp_path / "stills" / "plan.json").read_text())
    assert [k["image"]["path"] for k in written["keyframes"]] == names
    assert Image.open(tmp_path / "stills" / "segment_00.png").size == (64, 48)


def test_a_folder_of_keyframes_may_move_and_renders_as_it_is(
    longvid: Longvid, toll: None, tmp_path: Path, plan_file: Path
) -> None:
    straight = longvid("render", plan_file, *QUICK, "-o", "a.mp4", "--json")
    longvid("keyframes", plan_file, *QUICK[:2], "-o", "stills")
    (tmp_path / "stills").rename(tmp_path / "elsewhere")
    assert len(load_plan(tmp_path / "elsewhere" / "plan.json").keyframes) == 5
    ran = longvid("render", "elsewhere/plan.json", *QUICK, "-o", "b.mp4", "--json")
    assert [s["outcome"] for s in ran.last["segments"]] == ["cached"] * 3
    assert [s["render_key"] for s in ran.last["segments"]] == [s["render_key"] for s in straight.last["segments"]]


def test_a_picture_of_ones_own_takes_a_keyframes_place(longvid: Longvid, toll: None, tmp_path: Path, plan_file: Path) -> None:
    from PIL import Image

    longvid("render", plan_file, *QUICK, "-o", "a.mp4")
    longvid("keyframes", plan_file, *QUICK[:2], "-o", "stills")
    Image.new("RGB", (200, 100), "red").save(tmp_path / "stills" / "mine.png")
    plan = json.loads((tmp_path / "stills" / "plan.json").read_text())
    plan["keyframes"][0]["image"] = {"path": "mine.png"}
    (tmp_path / "stills" / "plan.json").write_text(json.dumps(plan))
    ran = longvid("render", "stills/plan.json", *QUICK, "-o", "b.mp4", "--json")
    assert [s["outcome"] for s in ran.last["segments"]] == ["rendered", "cached", "cached"]


def test_a_picture_changed_behind_the_plans_back_is_refused(
    longvid: Longvid, toll: None, tmp_path: Path, plan_file: Path
) -> None:
    from PIL import Image

    longvid("keyframes", plan_file, *QUICK[:2], "-o", "stills")
    Image.new("RGB", (64, 48), "red").save(tmp_path / "stills" / "segment_01.png")
    assert "segment_01.png" in refused(longvid("render", "stills/plan.json"))


def test_keyframes_into_a_missing_folders_folder(longvid: Longvid, plan_file: Path) -> None:
    assert "does not exist" in refused(longvid("keyframes", plan_file, "-o", "no/such/folder"))


# -- a backend of one's own, with a price ---------------------------------------------------------------------------------------


def test_one_failed_segment_fails_the_film_and_keeps_the_rest(
    longvid: Longvid, toll: None, plan_file: Path, tmp_path: Path
) -> None:
    plan = json.loads(plan_file.read_text())
    plan["segments"][1]["prompt"] = "Shot 1: FAIL"
    plan_file.write_text(json.dumps(plan))
    ran = longvid("render", plan_file, *QUICK, "-o", "a.mp4", "--json")
    assert ran.code == 3 and ran.last["event"] == "failed" and ran.last["code"] == 3
    assert "segment 1 (s01)" in ran.last["message"] and "toll: no." in ran.last["message"]
    outcomes = {e["index"]: e["outcome"] for e in events(ran, "segment_done")}
    assert outcomes == {0: "rendered", 1: "failed", 2: "rendered"}
    assert [p.name for p in tmp_path.iterdir()] == ["plan.json"]


@pytest.mark.parametrize("command", [["render", "plan.json"], ["estimate", "plan.json"], ["render", "plan.json", "--dry-run"]])
def test_over_budget_nothing_is_spent(longvid: Longvid, toll: None, plan_file: Path, command: list[str]) -> None:
    ran = longvid(*command, "--backend", "toll", "--budget", "0.10", "--json")
    assert ran.code == 4 and ran.last["code"] == 4 and "$0.10" in ran.last["message"]
    assert not events(ran, "segment_started") and not events(ran, "keyframe_done")


def test_a_budget_that_suffices_and_one_for_a_model_without_a_price(longvid: Longvid, toll: None, plan_file: Path) -> None:
    assert longvid("render", plan_file, *QUICK, "--budget", "0.60", "-o", "a.mp4").code == 0
    ran = longvid(
        "render", plan_file, "--images", "tollpaint", "--backend", "toll:unknown", "--budget", "100", "-o", "b.mp4", "--json"
    )
    assert ran.code == 4 and "toll:unknown" in ran.last["message"]


def test_the_budget_of_keyframes_counts_keyframes(longvid: Longvid, toll: None, plan_file: Path) -> None:
    ran = longvid("keyframes", plan_file, "--images", "tollpaint", "--budget", "0.19", "-o", "stills")
    assert ran.code == 4 and "$0.20" in ran.err
