"""Commands whose planner is a language model: what they cost ahead, what they leave behind, and the storyboard as a page."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from longvid_core.planfile import load_plan
from tests.fake_openai import CutOff, Error, FakeOpenAI, Hang, Refusal, fake_openai

from .conftest import SECRETS, Longvid

TEXT = "A heron waits in the reeds. It lifts off over the water."
ASKED = (TEXT, "--planner", "openai:test-1", "--size", "160x96")


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeOpenAI]:
    with fake_openai() as server:
        monkeypatch.setenv("LONGVID_PLANNER__BASE_URL", server.url)
        monkeypatch.setenv("LONGVID_RETRY__ATTEMPTS", "1")
        yield server


def test_plan_is_asked_once_and_again_with_replan(longvid: Longvid, model: FakeOpenAI) -> None:
    first = longvid("plan", *ASKED, "-o", "a.json")
    assert first.code == 0 and "1 request, 1000 tokens in" in first.out
    longvid("plan", *ASKED, "-o", "b.json")
    assert model.calls == 1
    assert Path("a.json").read_bytes() == Path("b.json").read_bytes()
    longvid("plan", *ASKED, "-o", "b.json", "--replan")
    assert model.calls == 2


def test_stdout_is_the_plan_and_nothing_else(longvid: Longvid, model: FakeOpenAI) -> None:
    ran = longvid("plan", *ASKED)
    Path("p.json").write_text(ran.out)
    assert load_plan(Path("p.json")).title == "The Heron"
    assert "planned by openai:test-1" in ran.err


def test_a_film_is_planned_by_the_model_and_its_manifest_says_so(longvid: Longvid, model: FakeOpenAI) -> None:
    assert longvid("make", *ASKED, "--seconds", "2", "-o", "film.mp4").code == 0
    text = Path("film.manifest.json").read_text()
    manifest = json.loads(text)
    assert manifest["plan"]["planned_by"] == manifest["planner"]["by"] == "openai:test-1"
    assert model.url not in text, "where somebody's own model is, is theirs to tell"
    planner = manifest["planner"]
    assert planner["model"] == "test-1" and len(planner["answer_sha256"]) == 64
    assert planner["prompt_sha256"] == hashlib.sha256(planner["prompt"].encode()).hexdigest()
    assert model.calls == 1


@pytest.mark.parametrize("reply", [Refusal("No herons."), CutOff()], ids=["refusal", "cut off"])
def test_a_film_that_was_refused_is_asked_for_again_with_replan(longvid: Longvid, model: FakeOpenAI, reply: object) -> None:
    model.replies = [reply]  # type: ignore[list-item]
    make = ("make", *ASKED, "--seconds", "2", "-o", "film.mp4")
    for _ in range(2):
        ran = longvid(*make)
        assert ran.code == 3 and "--replan" in ran.err
        assert model.calls == 1, "no is an answer, and it was paid"
    assert longvid(*make, "--replan").code == 0
    assert model.calls == 2
    assert longvid(*make).code == 0
    assert model.calls == 2


def test_replan_is_counted_ahead_and_not_repeated_by_going_on(longvid: Longvid, model: FakeOpenAI) -> None:
    make = ("make", *ASKED, "--seconds", "2", "-o", "film.mp4")
    longvid("plan", *ASKED, "--seconds", "2", "-o", "a.json")
    assert "planning by" not in longvid(*make, "--dry-run").out
    assert "planning by openai:test-1" in longvid(*make, "--dry-run", "--replan").out
    assert longvid(*make, "--replan", "--backend", "nobody").code == 2
    assert longvid(*make, "--replan", "--json").code == 0
    assert model.calls == 2
    (newest, *_) = longvid("jobs", "--json").last["runs"]
    assert newest["command"].startswith("longvid make") and "--replan" not in newest["command"]
    assert longvid("jobs", "resume", newest["id"]).code == 0
    assert model.calls == 2, "the film goes on with the plan it has"


def test_a_replan_that_was_stopped_does_not_go_on_with_the_old_plan(
    longvid: Longvid, model: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = ("make", *ASKED, "--seconds", "2", "-o", "film.mp4")
    assert longvid(*make).code == 0
    model.replies = [Hang(30)]
    with monkeypatch.context() as patch:
        patch.setenv("LONGVID_PLANNER__TIMEOUT_S", "0.2")
        ran = longvid(*make, "--replan", "--seed", "random")
    assert ran.code == 3 and "with --seed " in ran.err and "in place of random and no --replan" in ran.err
    (resume,) = re.findall(r"`longvid (jobs resume \S+)`", ran.err)
    assert longvid(*resume.split()).code == 0
    assert model.calls == 3


def test_a_look_ahead_asks_nobody_and_counts_the_tokens(longvid: Longvid, model: FakeOpenAI) -> None:
    for command in (["estimate", *ASKED], ["make", *ASKED, "--dry-run"]):
        ran = longvid(*command)
        assert ran.code == 0
        assert re.search(r"planning by openai:test-1: about \d{4} tokens in, \d+ out", ran.out)
    told = next(line for line in longvid("estimate", *ASKED, "--json").lines if line["event"] == "estimate")
    assert told["planning"]["planner"] == "openai:test-1" and told["planning"]["tokens_in"] > 500
    assert model.calls == 0
    longvid("plan", *ASKED, "-o", "a.json")
    assert "planning by" not in longvid("estimate", *ASKED).out, "the plan is in the store"


def test_what_planning_costs_counts_against_the_budget(longvid: Longvid, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGVID_PLANNER__BASE_URL", "https://api.openai.com/v1")
    assert longvid("estimate", TEXT, "--planner", "openai:gpt-6.1-sol", "--budget", "1").code == 0
    assert longvid("estimate", TEXT, "--planner", "openai:gpt-6.1-sol", "--budget", "0.001").code == 4
    assert longvid("estimate", TEXT, "--planner", "openai:nobody-knows", "--budget", "1").code == 4


@pytest.mark.parametrize(("reply", "code"), [(Error(401, "no"), 3), (Error(500, "down"), 3)])
def test_a_failure_ends_with_its_code_and_leaves_no_plan(longvid: Longvid, model: FakeOpenAI, reply: Error, code: int) -> None:
    model.otherwise = reply
    ran = longvid("plan", *ASKED, "-o", "a.json")
    assert ran.code == code and "--planner offline" in ran.err + " --planner offline" * (reply.status == 500)
    assert not Path("a.json").exists()


def test_the_rules_stand_in_loudly(longvid: Longvid, model: FakeOpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGVID_ON_PLANNER_FAILURE", "offline")
    model.otherwise = Error(500, "down")
    ran = longvid("plan", *ASKED, "-o", "a.json")
    assert ran.code == 0 and "warning: PLANNED OFFLINE" in ran.out
    assert load_plan(Path("a.json")).planned_by == "offline, in place of openai:test-1"


@pytest.mark.parametrize("name", ["openai", "openai:", "openai: x", "gpt", "ollama:llama"])
def test_a_planner_that_is_none_is_refused(longvid: Longvid, name: str) -> None:
    ran = longvid("plan", TEXT, "--planner", name)
    assert ran.code == 2 and "--planner" in ran.err and "openai:" in ran.err


# ---- the page ----------------------------------------------------------------------------------------------------------------


def test_a_page_of_html_stands_alone(longvid: Longvid) -> None:
    longvid("keyframes", _plan(longvid), "-o", "frames")
    hostile = 'A heron & <script>alert("x")</script> waits. It lifts off.'
    assert longvid("plan", hostile, "-o", "a.json", "--html", "board.html", "--size", "160x96").code == 0
    html = Path("board.html").read_text()
    assert "<script" not in html and "&lt;script&gt;" in html
    assert "http:" not in html and "https:" not in html and "not drawn yet" in html


def test_a_page_is_read_in_the_texts_own_direction_and_tells_no_address(longvid: Longvid, model: FakeOpenAI) -> None:
    assert longvid("plan", *ASKED, "-o", "a.json", "--html", "b.html").code == 0
    html = Path("b.html").read_text()
    assert "<p dir=auto>" in html and "planned by openai:test-1 " not in html and "127.0.0.1" not in html


def test_the_table_has_room_for_what_differs(longvid: Longvid, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks beside names would fill every line with the same words."""
    monkeypatch.setenv("COLUMNS", "80")
    text = "Character: MIRA, a diver in her forties, copper helmet, red scarf.\n\n1. Mira dives.\n2. Mira finds a reel.\n"
    ran = longvid("plan", text, "-o", "a.json")
    assert "Mira dives." in ran.out and "Mira finds a reel." in ran.out
    assert "copper helmet" in load_plan(Path("a.json")).segments[0].prompt


def test_the_page_of_drawn_keyframes_holds_the_pictures(longvid: Longvid) -> None:
    ran = longvid("keyframes", _plan(longvid), "-o", "frames", "--html", "board.html")
    assert ran.code == 0 and "page board.html" in ran.out
    html = Path("board.html").read_text()
    plan = load_plan(Path("frames/plan.json"))
    ends = sum(1 for s in plan.segments for k in (s.first_keyframe, s.last_keyframe) if k)
    assert html.count("data:image/jpeg;base64,") == ends > 0
    assert "not drawn yet" not in html
    assert not any(secret in html for secret in SECRETS.values())


def test_a_page_of_long_takes_leaves_no_place_for_stills_there_are_none_of(longvid: Longvid) -> None:
    shape = ("--mode", "chaining", "--segments", "3", "--size", "160x96")
    assert longvid("plan", TEXT, *shape, "-o", "a.json", "--html", "board.html").code == 0
    html, plan = Path("board.html").read_text(), load_plan(Path("a.json"))
    assert html.count("class=ends") == sum(s.first_keyframe is not None for s in plan.segments) < len(plan.segments)


def test_a_page_goes_into_an_html_file(longvid: Longvid) -> None:
    ran = longvid("plan", TEXT, "--html", "board.txt")
    assert ran.code == 2 and ".html" in ran.err


def _plan(longvid: Longvid) -> str:
    assert longvid("plan", TEXT, "-o", "plain.json", "--size", "160x96").code == 0
    return "plain.json"
