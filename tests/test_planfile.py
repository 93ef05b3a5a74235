"""plan.json as people edit, move and mangle it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from longvid_core.errors import BadInput, LongvidError, NewerSchema
from longvid_core.planfile import load_plan, save_plan
from tests.films import small_plan


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "plan.json"
    save_plan(small_plan(2), path)
    return path


def edit(file: Path, change) -> None:
    value = json.loads(file.read_text())
    change(value)
    file.write_text(json.dumps(value))


def test_a_plan_comes_back_as_it_was(file: Path) -> None:
    assert load_plan(file) == small_plan(2)


def test_64_bit_seeds_survive(tmp_path: Path) -> None:
    plan = small_plan(1).model_copy(update={"seed": 2**64 - 1})
    save_plan(plan, tmp_path / "p.json")
    assert json.loads((tmp_path / "p.json").read_text())["seed"] == "18446744073709551615"
    assert load_plan(tmp_path / "p.json").seed == 2**64 - 1


def test_a_plan_moves_with_its_pictures(file: Path, tmp_path: Path) -> None:
    Image.new("RGB", (64, 48), (9, 9, 9)).save(tmp_path / "mine.png")
    edit(file, lambda v: v["keyframes"][0].update(image={"path": "mine.png"}))
    save_plan(load_plan(file), file)
    assert json.loads(file.read_text())["keyframes"][0]["image"]["path"] == "mine.png"
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for name in ("plan.json", "mine.png"):
        shutil.move(tmp_path / name, moved / name)
    keyframe = load_plan(moved / "plan.json").keyframes[0]
    assert keyframe.image is not None and keyframe.image.path == str(moved / "mine.png") and keyframe.source == "user"


def test_a_picture_painted_over_is_noticed_and_the_way_to_keep_it_is_told(file: Path, tmp_path: Path) -> None:
    Image.new("RGB", (64, 48), (9, 9, 9)).save(tmp_path / "mine.png")
    edit(file, lambda v: v["keyframes"][0].update(image={"path": "mine.png"}))
    save_plan(load_plan(file), file)
    Image.new("RGB", (64, 48), (10, 9, 9)).save(tmp_path / "mine.png")
    with pytest.raises(BadInput, match=r"k00.*mine\.png.*sha256 differs") as caught:
        load_plan(file)
    assert "delete sha256 and pixels_sha256" in str(caught.value)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda v: v.update(colour="red"), "colour: there is no such field"),
        (lambda v: v["segments"][1].update(lens=35), r"segments\[1\]\.lens: there is no such field"),
        (lambda v: v["segments"][1].update(frames=0), r"segments\[1\]\.frames"),
        (lambda v: v["segments"][1].update(prompt=""), r"segments\[1\]\.prompt"),
        (lambda v: v["segments"][1].update(first_keyframe="k99"), "k99"),
        (lambda v: v["segments"][1].update(join="cut"), "neighbours share one exactly when"),
        (lambda v: v["segments"][1].update(id="s00"), "s00 is used more than once"),
        (lambda v: v["segments"][1].update(index=5), "must be 1"),
        (lambda v: v.update(segments=[]), "segments"),
        (lambda v: v.update(width=833), "width"),
        (lambda v: v.update(fps=0), "fps"),
        (lambda v: v.update(seed=1.5), "seed"),
        (lambda v: v.update(seed="18446744073709551616"), "seed"),
        (lambda v: v.update(mode="dream"), "mode"),
        (lambda v: v.update(schema="longvid.manifest/1"), "schema"),
        (lambda v: v["keyframes"][0].update(image={"path": "no.png"}), r"no\.png"),
    ],
)
def test_each_fault_is_named_by_its_field(file: Path, change, field: str) -> None:
    edit(file, change)
    with pytest.raises(LongvidError, match=field) as caught:
        load_plan(file)
    assert caught.value.exit_code == 2


def test_a_newer_schema_is_refused_politely(file: Path) -> None:
    edit(file, lambda v: v.update(schema="longvid.plan/2", new_thing=1))
    with pytest.raises(NewerSchema, match="Upgrade Longvid"):
        load_plan(file)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"3", b"\xff\xfe\x00", b'{"schema": 3}'])
def test_what_is_no_plan_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(BadInput, match=r"x\.json"):
        load_plan(tmp_path / "x.json")
    with pytest.raises(BadInput, match=r"no\.json"):
        load_plan(tmp_path / "no.json")
