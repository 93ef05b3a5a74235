"""`longvid cast`: sheets that are drawn once, put into the plan, and seen by the keyframes that name their member."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from longvid_core.models import CastMember
from longvid_core.planfile import save_plan
from tests.cli.conftest import Longvid, refused
from tests.fake_images import FakeImages
from tests.films import small_plan

MEMBERS = (CastMember(name="Mara", look="a woman in a yellow raincoat"), CastMember(name="The Lantern", look="a red boat"))


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    made = small_plan(2, cuts=(1,)).model_copy(update={"cast": MEMBERS})
    first, *rest = made.keyframes
    save_plan(made.with_keyframes([first.model_copy(update={"prompt": "Mara aboard the Lantern"})]), tmp_path / "plan.json")
    return tmp_path / "plan.json"


@pytest.fixture
def fake(longvid: Longvid, monkeypatch: pytest.MonkeyPatch) -> Any:
    with FakeImages() as fake:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{fake.url}/v1")
        yield fake


def test_one_sheet_each_and_once(longvid: Longvid, fake: FakeImages, plan: Path, tmp_path: Path) -> None:
    ran = longvid("cast", plan, "--images", "openai", "-o", "with.json", "--json")
    assert ran.code == 0 and ran.last["event"] == "done"
    assert [a.prompt.split(".")[1].strip() for a in sorted(fake.asked, key=lambda a: a.prompt)] == [
        "Mara: a woman in a yellow raincoat",
        "The Lantern: a red boat",
    ]
    saved = json.loads((tmp_path / "with.json").read_text())
    paths = [m["references"][0]["image"]["path"] for m in saved["cast"]]
    assert paths == ["with.cast/00-mara.png", "with.cast/01-the-lantern.png"]
    assert all(Image.open(tmp_path / p).size == (1024, 1024) for p in paths)
    assert longvid("cast", plan, "--images", "openai", "-o", "again.json").code == 0
    assert longvid("cast", "with.json", "--images", "openai", "-o", "third.json").code == 0
    assert fake.drawn == 2
    assert json.loads((tmp_path / "third.json").read_text())["cast"] == saved["cast"]


def test_keyframes_that_name_a_member_are_drawn_from_its_sheet(
    longvid: Longvid, fake: FakeImages, plan: Path, tmp_path: Path
) -> None:
    longvid("cast", plan, "--images", "openai", "-o", "with.json")
    assert longvid("keyframes", "with.json", "--images", "openai", "-o", "board", "--html", "board.html").code == 0
    (asked,) = [a for a in fake.asked if a.prompt.startswith("Mara aboard")]
    assert [p.size for p in asked.pictures] == [(1024, 1024)] * 2
    saved = json.loads((tmp_path / "board" / "plan.json").read_text())
    assert [r["role"] for r in saved["keyframes"][0]["made"]["references"]] == ["cast:Mara", "cast:The Lantern"]
    page = (tmp_path / "board.html").read_text()
    assert page.count("data:image/jpeg;base64,") == 4 + 2, "both ends of two shots, and two sheets"
    assert page.count("openai:gpt-image-2") == 1, "who drew all of them is said once"


def test_a_refused_sheet_leaves_its_member_without(longvid: Longvid, fake: FakeImages, plan: Path, tmp_path: Path) -> None:
    fake.refuses = lambda prompt: "Mara" in prompt
    assert longvid("cast", plan, "--images", "openai", "-o", "with.json").code == 3
    saved = json.loads((tmp_path / "with.json").read_text())
    assert [len(m["references"]) for m in saved["cast"]] == [0, 1]


def test_what_cannot_be_done_is_said(longvid: Longvid, plan: Path, tmp_path: Path) -> None:
    save_plan(small_plan(1), tmp_path / "alone.json")
    assert "has no cast" in refused(longvid("cast", "alone.json", "-o", "x.json"))
    assert "--images nobody" in refused(longvid("cast", plan, "--images", "nobody", "-o", "x.json"))
    assert not (tmp_path / "x.json").exists()
