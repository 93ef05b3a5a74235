"""Changing a plan by a wish: what is asked, and nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from longvid_core.cli import main
from longvid_core.models.plan import Plan
from longvid_core.planfile import load_plan, save_plan
from longvid_core.planning.brief import Brief, FrameRule, Limits
from longvid_core.planning.difference import differences, worded
from longvid_core.planning.offline import plan_offline
from longvid_core.planning.revise import RevisionAnswer, applied
from tests.fake_openai import FakeOpenAI, visual

LIMITS = Limits(backend="test", fps=16, rule=FrameRule(step=4, offset=1, min=5, max=161))
TEXT = "A heron waits in the reeds. It lifts off over the water. CUT TO: a quiet harbour at dusk. Boats rock at the pier."


def change(id: str, **said: Any) -> dict[str, Any]:
    nothing = dict.fromkeys(("prompt", "seconds", "join", "opening", "ending", "visual", "complexity", "negative"))
    return {"id": id, **nothing, **said}


@pytest.fixture
def old() -> Plan:
    return plan_offline(Brief(prompt=TEXT, segments=4, seed=7), LIMITS)


def after(old: Plan, *changes: dict[str, Any]) -> tuple[Plan, list[str]]:
    said: list[str] = []
    return applied(old, RevisionAnswer.model_validate({"changes": changes}), LIMITS, said.append), said


def locked(old: Plan, *ids: str) -> Plan:
    return old.model_copy(update={"segments": tuple(s.model_copy(update={"locked": s.id in ids}) for s in old.segments)})


def bytes_of(plan: Plan) -> dict[str, str]:
    return {s.id: s.model_dump_json() for s in plan.segments}


def test_only_what_is_asked_changes(old: Plan) -> None:
    new, said = after(old, change("s04", prompt="A boat drifts in still water, and nothing else stirs.", seconds=8))
    assert said == []
    assert [d.field for d in differences(old, new)] == ["prompt", "length"]
    assert [i for i, was in bytes_of(old).items() if bytes_of(new)[i] != was] == ["s04"]
    assert new.segments[3].frames == 129 and new.segments[3].seed == old.segments[3].seed
    assert new.seed == old.seed and new.keyframes == old.keyframes


def test_locked_segments_and_their_keyframes_never_change(old: Plan) -> None:
    old = locked(old, "s02")
    wild = change("s01", ending="A burning sky.", visual=visual(framing="extreme_close"))
    new, said = after(old, change("s02", prompt="Fire.", join="cut"), wild)
    assert new.segments[1] == old.segments[1]
    shared = old.segments[1].first_keyframe
    assert shared is not None and shared == old.segments[0].last_keyframe
    assert new.keyframe(shared) == old.keyframe(shared)
    assert new.segments[0].visual != old.segments[0].visual
    assert any("s02 is locked" in what for what in said) and any(shared in what for what in said)


def test_an_unknown_segment_is_left_out_and_said(old: Plan) -> None:
    new, said = after(old, change("s99", prompt="x"))
    assert new == old and "s99" in said[0]


def test_a_cut_gets_a_keyframe_of_its_own_and_a_join_gives_it_up(old: Plan) -> None:
    assert old.segments[1].join == "continuous"
    cut, _ = after(old, change("s02", join="cut", opening="Open water, wide."))
    first = cut.segments[1].first_keyframe
    assert first not in {k.id for k in old.keyframes}
    assert cut.segments[0] == old.segments[0]
    assert cut.keyframe(first or "").prompt.startswith("Open water")
    back, _ = after(cut, change("s02", join="continuous"))
    assert back.segments == old.segments and back.keyframes == old.keyframes


def test_a_keyframe_that_changes_is_drawn_again_and_a_persons_own_picture_stays(old: Plan) -> None:
    from longvid_core.models.asset import Asset

    image = Asset(path="/x.png", sha256="0" * 64, pixels_sha256="1" * 64)
    drawn = old.with_keyframes(
        k.model_copy(update={"image": image, "source": "user" if k.id == "k00" else "card:card"}) for k in old.keyframes
    )
    last = drawn.segments[3].last_keyframe or ""
    new, said = after(drawn, change("s04", ending="An empty pier."), change("s01", opening="Mist."))
    assert new.keyframe(last).image is None and new.keyframe(last).source is None
    assert new.keyframe("k00").image == image and "picture of yours" in said[0]
    assert sum(k.image is None for k in new.keyframes) == 1


def test_names_are_put_for_pronouns_and_looks_beside_names(old: Plan) -> None:
    from longvid_core.models.plan import CastMember

    cast = old.model_copy(update={"cast": (CastMember(name="Mira", look="a woman in a red coat"),)})
    new, _ = after(cast, change("s01", prompt="She rows across."))
    assert new.segments[0].prompt == "Mira (a woman in a red coat) rows across."


def test_what_prompts_end_with_stays_unless_the_wish_is_about_it() -> None:
    old = plan_offline(Brief(prompt=f"Style: soft gouache.\n\n{TEXT}", segments=4, seed=7), LIMITS)
    assert old.segments[3].prompt.endswith("Style: soft gouache.")
    new, _ = after(old, change("s04", prompt="Boats drift.", ending="An empty pier."), change("s03", prompt="Fog. Style: noir."))
    assert new.segments[3].prompt == "Boats drift. Style: soft gouache."
    assert new.keyframe(new.segments[3].last_keyframe or "").prompt == "An empty pier. Style: soft gouache."
    assert new.segments[2].prompt == "Fog. Style: noir."


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("the old man walks", "the man walks", "the [-old-] man walks"),
        ("Red sails at dawn, wide. Soft grain of film.", "A dark hull, close. Soft grain of film.", None),
        ("a b", "a  b", "[-a b-]{+a  b+}"),
    ],
)
def test_a_difference_is_read_in_whole_phrases(before: str, after: str, shown: str | None) -> None:
    marks = {"same": "{}", "gone": "[-{}-]", "came": "{{+{}+}}"}
    said = "".join(marks[kind].format(text) for kind, text in worded(before, after))
    assert said == (shown or "[-Red sails at dawn, wide.-]{+A dark hull, close.+} Soft grain of film.")


# ---- as a command ------------------------------------------------------------------------------------------------------------


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def revise(
    model: FakeOpenAI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], old: Plan
) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LONGVID_PLANNER__BASE_URL", model.url)
    save_plan(locked(old, "s01"), tmp_path / "plan.json")

    def run(*args: str) -> tuple[int, str, str]:
        capfd.readouterr()
        code = main(["plan", *args])
        return code, *capfd.readouterr()

    return run


WISH = ("--revise", "make the ending quieter {x}", "plan.json", "-o", "new.json", "--planner", "openai:test-1")


def test_the_command_writes_the_plan_and_shows_the_difference(revise: Run, model: FakeOpenAI) -> None:
    model.otherwise = {"changes": [change("s04", prompt="Boats lie still at the pier.")]}
    code, out, _ = revise(*WISH)
    assert code == 0 and model.calls == 1
    assert "segment 03 s04" in out and "{+" in out and "s03" not in out
    assert "make the ending quieter {x}" in model.said(0)
    new = load_plan(Path("new.json"))
    assert (
        new.segments[3].prompt == "Boats lie still at the pier."
        and new.planned_by == f"offline, revised by openai:test-1 at {model.url}"
    )
    assert new.planner is not None and new.planner.by == "offline"
    (revision,) = new.planner.settings["revisions"]
    assert (revision["model"], revision["text"]) == ("test-1", "make the ending quieter {x}")
    words = json.dumps(model.otherwise).encode()
    assert revision["answer_sha256"] == hashlib.sha256(words).hexdigest()
    revise(*WISH)
    assert model.calls == 1
    revise(*WISH, "--replan")
    assert model.calls == 2


def test_a_revised_plan_has_its_page_too(revise: Run, model: FakeOpenAI) -> None:
    model.otherwise = {"changes": [change("s04", prompt="Boats lie still at the pier.")]}
    code, out, _ = revise(*WISH, "--html", "new.html")
    assert code == 0 and "page new.html" in out
    assert "Boats lie still" in Path("new.html").read_text()
    assert json.loads(revise(*WISH, "--html", "new.html", "--json")[1].splitlines()[-1])["html"].endswith("new.html")


def test_a_locked_segment_is_sent_back_and_then_left_as_it_was(revise: Run, model: FakeOpenAI) -> None:
    model.otherwise = {"changes": [change("s01", prompt="Fire.")]}
    code, out, _ = revise(*WISH)
    assert code == 0 and model.calls == 3
    assert "s01 is locked" in model.said(1)
    assert "s01 is locked and stays as it was" in out and "changes nothing" in out
    assert load_plan(Path("new.json")) == load_plan(Path("plan.json"))


def test_differences_are_told_to_machines(revise: Run, model: FakeOpenAI) -> None:
    model.otherwise = {"changes": [change("s03", seconds=2)]}
    _, out, _ = revise(*WISH, "--json")
    lines = [json.loads(line) for line in out.splitlines()]
    (told,) = [line for line in lines if line["event"] == "revised"]
    assert [(d["id"], d["field"], d["after"]) for d in told["differences"]] == [("s03", "length", "33 frames")]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--revise", "x", "plan.json"], "openai:MODEL"),
        (["--revise", " ", "plan.json", "--planner", "openai:m"], "--revise is empty"),
        (["--revise", "x", "--planner", "openai:m"], "needs a plan"),
        (["--revise", "x", "plan.json", "--seconds", "5", "--planner", "openai:m"], "--seconds cannot go with --revise"),
        (["--revise", "x", "none.json", "--planner", "openai:m"], "none.json"),
    ],
)
def test_what_cannot_be_revised(revise: Run, model: FakeOpenAI, args: list[str], said: str) -> None:
    code, _, err = revise(*args)
    assert code == 2 and said in err
    assert model.calls == 0
