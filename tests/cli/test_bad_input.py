"""Everything a person can get wrong: one message each, naming the option or field and the way out, and no file."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from longvid_core.planfile import plan_json
from tests.films import small_plan

from .conftest import Longvid, refused

PROMPT = "A boat leaves the harbour at dawn."


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ([], "no prompt"),
        ([PROMPT, "-f", "story.txt"], "Leave one of them out"),
        ([""], "is empty"),
        (["  \n\t "], "is empty"),
        (["-f", "nowhere.txt"], "nowhere.txt"),
        (["-f", "latin1.txt"], "not UTF-8"),
        (["-f", "empty.txt"], "is empty"),
        (["-f", "."], "cannot read the prompt"),
        ([PROMPT, "--size", "833x480"], "833 is odd"),
        ([PROMPT, "--size", "0x0"], "out of range"),
        ([PROMPT, "--size", "99999x480"], "out of range"),
        ([PROMPT, "--size", "big"], "WIDTHxHEIGHT"),
        ([PROMPT, "--seconds", "0"], "--seconds 0"),
        ([PROMPT, "--seconds", "-3"], "--seconds -3"),
        ([PROMPT, "--seconds", "nan"], "--seconds nan"),
        ([PROMPT, "--seconds", "inf"], "--seconds inf"),
        ([PROMPT, "--seconds", "1e9"], "--seconds 1000000000"),
        ([PROMPT, "--seconds", "long"], "--seconds"),
        ([PROMPT, "--segments", "0"], "--segments 0"),
        ([PROMPT, "--segments", "100000"], "--segments 100000"),
        ([PROMPT, "--seed", "abc"], "--seed abc"),
        ([PROMPT, "--seed", "-1"], "--seed -1"),
        ([PROMPT, "--seed", "18446744073709551616"], "18446744073709551615"),
        ([PROMPT, "--seed-policy", "lucky"], "--seed-policy lucky"),
        ([PROMPT, "--seed-policy", "from_id"], "--generation-id"),
        ([PROMPT, "--generation-id", "a", "--seed", "3"], "--generation-id"),
        ([PROMPT, "--mode", "sideways"], "--mode sideways"),
        ([PROMPT, "--fit", "squeeze"], "--fit squeeze"),
        ([PROMPT, "--fps", "0"], "--fps 0"),
        ([PROMPT, "--backend", "animatik"], "Did you mean animatic?"),
        ([PROMPT, "--backend", "animatic:huge"], "--backend animatic:huge"),
        ([PROMPT, "--backend", "card"], "--backend card"),
        ([PROMPT, "--images", "oils"], "--images oils"),
        ([PROMPT, "--planner", "gpt"], "offline"),
        ([PROMPT, "--budget", "-1"], "--budget -1"),
        ([PROMPT, "--crf", "99"], "--crf 99"),
        ([PROMPT, "--preset", "hasty"], "--preset hasty"),
        ([PROMPT, "--seed-step", "9007199254740992"], "--seed-step"),
        ([PROMPT, "--fps", "1e-9"], "--fps 1e-09"),
        ([PROMPT, "--codec", "divx"], "--codec divx"),
        ([PROMPT, "--config", "nowhere.yaml"], "nowhere.yaml"),
        ([PROMPT, "--config", "wrong.yaml"], "colour"),
        ([PROMPT, "--first-image", "nowhere.png"], "nowhere.png"),
        ([PROMPT, "--first-image", "story.txt"], "story.txt"),
        ([PROMPT, "-o", "film.txt"], "film.mp4"),
        ([PROMPT, "-o", "film.mov"], "--codec prores"),
        ([PROMPT, "-o", "nowhere/film.mp4"], "does not exist"),
        ([PROMPT, "-o", "story.txt/film.mp4"], "not a folder"),
        ([PROMPT, "-o", "."], "is a folder"),
        ([PROMPT, "--shiny"], "--shiny"),
        ([PROMPT, "more"], "more"),
    ],
)
def test_make_refuses(longvid: Longvid, tmp_path: Path, args: list[str], says: str) -> None:
    (tmp_path / "story.txt").write_text(PROMPT)
    (tmp_path / "latin1.txt").write_bytes("Ein Boot verläßt".encode("latin-1"))
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "wrong.yaml").write_text("colour: blue\n")
    before = sorted(tmp_path.iterdir())
    assert says in refused(longvid("make", *args))
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda plan: plan.update(colour="blue"), "colour: there is no such field"),
        (lambda plan: plan["segments"][1].update(speed=3), "segments[1].speed: there is no such field"),
        (lambda plan: plan["segments"][1].update(frames="many"), "segments[1].frames"),
        (lambda plan: plan["segments"][1].update(first_keyframe="k99"), "k99"),
        (lambda plan: plan.update(schema="longvid.plan/9"), "Upgrade"),
        (lambda plan: plan.update(schema="longvid.manifest/1"), "the file you meant"),
        (lambda plan: plan["keyframes"][0].update(image={"path": "gone.png"}), "gone.png"),
        (lambda plan: plan["segments"][0].update(backend="nobody"), "nobody"),
    ],
)
@pytest.mark.parametrize("command", ["render", "keyframes", "estimate"])
def test_plans_that_do_not_hold(longvid: Longvid, tmp_path: Path, command: str, change, says: str) -> None:
    if says == "nobody" and command == "keyframes":
        return  # drawing keyframes asks nothing of a segment's backend
    value = json.loads(plan_json(small_plan(3)))
    change(value)
    (tmp_path / "plan.json").write_text(json.dumps(value))
    output = {"render": ["-o", "film.mp4"], "keyframes": ["-o", "stills"], "estimate": []}[command]
    assert says in refused(longvid(command, "plan.json", *output))
    assert [p.name for p in tmp_path.iterdir()] == ["plan.json"]


@pytest.mark.parametrize(("text", "says"), [("{", "not JSON"), ("[]", "object"), ("", "not JSON"), ("\x00\xff", "not")])
def test_files_that_are_no_plan(longvid: Longvid, tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "plan.json").write_bytes(text.encode("latin-1"))
    assert says in refused(longvid("render", "plan.json"))


@pytest.mark.parametrize(
    "args", [["render", "nowhere.json"], ["last-frame", "nowhere.mp4", "-o", "a.png"], ["concat", "nowhere.mp4", "-o", "a.mp4"]]
)
def test_files_that_are_not_there(longvid: Longvid, tmp_path: Path, args: list[str]) -> None:
    assert "nowhere" in refused(longvid(*args))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--reroll", "9"], "0 to 2"),
        (["--reroll", ""], "no such segment"),
        (["--reroll", "s01,zebra"], "zebra"),
    ],
)
def test_rerolls_of_what_is_not_there(longvid: Longvid, tmp_path: Path, args: list[str], says: str) -> None:
    (tmp_path / "plan.json").write_text(plan_json(small_plan(3)))
    assert says in refused(longvid("render", "plan.json", *args))


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["concat", "a.mp4", "-o", "b.txt"], "b.mp4"),
        (["concat", "a.mp4", "-o", "a.mp4"], "one of the clips"),
        (["concat", "a.mp4", "-o", "b.mp4", "--seam", "weld"], "--seam weld"),
        (["concat", "a.mp4", "-o", "b.mp4", "--fps", "1e-9"], "--fps 1e-09"),
        (["concat", "a.mp4", "-o", "b.mp4", "--codec", "ffv1"], "b.mkv"),
        (["concat", "a.mp4", "-o", "b.mp4"], "a.mp4"),
        (["concat", "-o", "b.mp4"], "CLIP"),
        (["last-frame", "a.mp4", "-o", "b.jpg"], "b.png"),
        (["last-frame", "a.mp4", "-o", "b.png"], "a.mp4"),
        (["last-frame", "a.mp4"], "-o"),
        (["schema", "film"], "manifest"),
        (["submit", "a.mp4"], "JSON"),
        (["submit", "nowhere.json"], "nowhere.json"),
        (["jobs", "resume", "20200101-000000-abcdef"], "no run"),
        (["jobs", "resume"], "no run to go on with"),
        (["jobs", "dance"], "dance"),
        (["dance"], "dance"),
    ],
)
def test_the_other_commands_refuse(longvid: Longvid, tmp_path: Path, args: list[str], says: str) -> None:
    (tmp_path / "a.mp4").write_bytes(b"this is no video")
    assert says in refused(longvid(*args))
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]


def test_a_store_that_cannot_be_is_named(longvid: Longvid, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "plan.json").write_text(plan_json(small_plan(2)))
    monkeypatch.setenv("LONGVID_HOME", str(tmp_path / "file" / "store"))
    assert "LONGVID_HOME" in refused(longvid("render", "plan.json"))


def test_a_folder_that_cannot_be_written_is_said_before_any_work(longvid: Longvid, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # tests may run as root, to whom everything is permitted
    assert "cannot be written" in refused(longvid("make", PROMPT, "-o", "film.mp4"))


def test_a_name_with_terminal_codes_cannot_play_tricks(longvid: Longvid) -> None:
    ran = longvid("render", "\x1b[2Jplan.json")
    assert "\x1b" not in refused(ran)


def test_json_says_it_on_stdout_too_whatever_the_fault(longvid: Longvid) -> None:
    for args in (["make", "--json"], ["make", PROMPT, "--json", "--shiny"], ["render", "no.json", "--json"], ["dance", "--json"]):
        ran = longvid(*args)
        assert ran.code == 2 and ran.err.startswith("longvid: ")
        assert ran.lines == [{"event": "failed", "code": 2, "message": ran.err.removeprefix("longvid: ").rstrip("\n")}]


def test_a_place_where_the_manifest_cannot_go_is_said_before_any_work(longvid: Longvid, tmp_path: Path) -> None:
    (tmp_path / "film.manifest.json").mkdir()
    assert "film.manifest.json" in refused(longvid("make", PROMPT, "--size", "64x48", "-o", "film.mp4"))
    assert not (tmp_path / "film.mp4").exists()


@pytest.mark.parametrize(("program", "why"), [("/nowhere/ffmpeg", "not a program"), ("/bin/true", "no ffmpeg")])
def test_a_setting_that_names_no_ffmpeg_is_said_before_any_work(
    longvid: Longvid, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, why: str
) -> None:
    monkeypatch.setattr("longvid_core.media.ffmpeg._chosen", None)
    (tmp_path / "longvid.yaml").write_text(f"ffmpeg: {program}\n")
    ran = longvid("make", PROMPT, "--size", "64x48", "--seconds", "1", "-o", "film.mp4")
    assert ran.code == 2 and "keyframe 00" not in ran.out
    assert f"the setting `ffmpeg` names {program}" in ran.err and why in ran.err


def test_a_setting_of_the_encoder_is_refused_where_it_stands(longvid: Longvid, tmp_path: Path) -> None:
    (tmp_path / "longvid.yaml").write_text("film: {preset: hasty}\n")
    assert "film.preset" in refused(longvid("make", PROMPT))
