"""The smaller commands: concat, last-frame, backends, schema, estimate, version."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from longvid_core import __version__
from longvid_core.media.encode import ClipWriter
from longvid_core.media.frames import count_and_hash
from longvid_core.models import Manifest, Plan
from longvid_core.planfile import plan_json
from tests.films import small_plan

from .conftest import Longvid


def clip(path: Path, shades: range) -> Path:
    """A clip of one grey frame for each shade."""
    with ClipWriter(path, 64, 48, 16) as writer:
        for shade in shades:
            writer.write(np.full((48, 64, 3), shade, np.uint8))
    return path


def test_concat_keeps_every_frame_and_writes_no_manifest(longvid: Longvid, tmp_path: Path) -> None:
    clip(tmp_path / "a.mkv", range(0, 50, 10)), clip(tmp_path / "b.mkv", range(40, 90, 10))
    ran = longvid("concat", "a.mkv", "b.mkv", "-o", "film.mp4", "--json")
    assert ran.code == 0 and ran.last["film"] == str(tmp_path / "film.mp4") and ran.last["frames"] == 10
    assert count_and_hash(tmp_path / "film.mp4")[0] == 10
    assert longvid("concat", "a.mkv", "b.mkv", "--seam", "drop", "--codec", "ffv1", "-o", "film.mkv").code == 0
    assert count_and_hash(tmp_path / "film.mkv")[0] == 9
    assert longvid("concat", "a.mkv", "b.mkv", "--copy", "-o", "copy.mkv").out.startswith("copy.mkv: 10 frames from 2 clips")
    assert not list(tmp_path.glob("*.json"))


def test_last_frame_is_the_last_frame(longvid: Longvid, tmp_path: Path) -> None:
    clip(tmp_path / "a.mkv", range(0, 50, 10))
    ran = longvid("last-frame", "a.mkv", "-o", "last.png")
    assert ran.code == 0 and ran.out == "last.png: 64x48\n"
    assert Image.open(tmp_path / "last.png").getcolors() == [(64 * 48, (40, 40, 40))]
    assert longvid("last-frame", "a.mkv", "-o", "last.png", "--json").last["image"] == str(tmp_path / "last.png")


def test_the_last_frame_of_a_file_cut_short_comes_with_a_warning(longvid: Longvid, tmp_path: Path) -> None:
    whole = clip(tmp_path / "a.mkv", range(0, 250, 5)).read_bytes()
    (tmp_path / "cut.mkv").write_bytes(whole[: len(whole) * 2 // 3])
    ran = longvid("last-frame", "cut.mkv", "-o", "last.png")
    assert ran.code == 0 and "cut.mkv is truncated" in ran.out and "its last whole frame is used" in ran.out
    events = longvid("last-frame", "cut.mkv", "-o", "last.png", "--json").lines
    assert [e["event"] for e in events] == ["notice", "done"]


def test_backends_are_listed_with_what_they_can_do(longvid: Longvid, toll: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    ran = longvid("backends")
    shown = " ".join(ran.out.split())
    for words in ("animatic *", "card *", "toll prices of 2026-11-20", "clips", "$0.10-0.25/clip", "not known"):
        assert words in shown
    listed = {b["name"]: b for b in longvid("backends", "--json").last["backends"]}
    assert listed["animatic:animatic"]["default"] and listed["animatic:animatic"]["kind"] == "video"
    assert listed["toll:seconds"]["price"]["usd"] == 0.4 and not listed["toll:seconds"]["default"]


@pytest.mark.parametrize("name", ["plan", "manifest", "visual", "signature", "settings"])
def test_schema_is_json_schema(longvid: Longvid, name: str) -> None:
    schema = json.loads(longvid("schema", name).out)
    assert schema["$schema"].endswith("2020-12/schema") and schema["$id"] == f"urn:longvid:{name}/1"
    assert schema["additionalProperties"] is False
    assert json.loads(longvid("schema").out)[name] == schema


def test_schemas_names_are_those_in_the_files() -> None:
    from longvid_core.schema import schema_of

    for model, name in ((Plan, "plan"), (Manifest, "manifest")):
        assert schema_of(name)["$id"] == "urn:" + model.model_fields["schema_"].default.replace(".", ":")
        assert "schema" in schema_of(name)["properties"] and "schema_" not in schema_of(name)["properties"]


def test_a_seed_is_a_string_in_the_schema(longvid: Longvid) -> None:
    assert json.loads(longvid("schema", "plan").out)["properties"]["seed"]["type"] == "string"


def test_estimate_of_a_plan_and_of_a_prompt(longvid: Longvid, toll: None, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(plan_json(small_plan(2)))
    ran = longvid("estimate", "plan.json", "--backend", "toll:clips", "--images", "tollpaint")
    assert ran.code == 0
    for words in ("$0.32 to $0.62", "k02", "segment 01", "toll:clips", "2026-11-20"):
        assert words in ran.out
    assert longvid("estimate", "plan.json", "--backend", "toll:clips", "--json").last["low_micro_usd"] == 200_000
    free = longvid("estimate", "A boat leaves at dawn.")
    assert free.code == 0 and "free" in free.out
    assert [p.name for p in tmp_path.iterdir()] == ["plan.json"]


def test_version_and_help(longvid: Longvid) -> None:
    assert longvid("--version").out == f"longvid {__version__}\n"
    for args in ([], ["--help"], ["-h"]):
        ran = longvid(*args)
        assert ran.code == 0
        for command in (
            "make",
            "plan",
            "keyframes",
            "render",
            "concat",
            "last-frame",
            "estimate",
            "backends",
            "jobs",
            "submit",
            "schema",
        ):
            assert f" {command} " in ran.out
