"""The manifest beside a film: complete, and silent about who made it where."""

from __future__ import annotations

import getpass
import hashlib
import json
import re
import socket
from pathlib import Path

import pytest

from longvid_core.catalog import ModelEntry, find_backend
from longvid_core.files import sha256_file
from longvid_core.manifest.build import build_manifest, manifest_json, manifest_path, write_manifest
from longvid_core.manifest.private import without_folders
from longvid_core.media.ffmpeg import ffmpeg_binary
from longvid_core.models import Manifest
from longvid_core.models.clip import Attempt
from longvid_core.models.film import FilmOptions
from longvid_core.models.manifest import DeterminismRecord
from longvid_core.models.records import Bound, PlannerRecord
from longvid_core.planfile import parse_plan, plan_json
from longvid_core.planning.brief import Brief, Limits
from longvid_core.planning.offline import plan_offline
from longvid_core.render.film import export_film
from longvid_core.render.promise import promise_of
from tests.films import Studio, changed, small_plan


def test_the_manifest_says_what_made_the_film(tmp_path: Path) -> None:
    made = Studio(tmp_path / "home").make(small_plan(3, cuts=(2,)))
    film = tmp_path / "film.mp4"
    release = export_film(made, film)
    write_manifest(release, manifest_path(film))
    value = json.loads((tmp_path / "film.manifest.json").read_text())
    assert value["schema"] == "longvid.manifest/1"
    assert value["film"]["sha256"] == hashlib.sha256(film.read_bytes()).hexdigest()
    assert value["film"]["frames"] == sum(s["clip"]["frames"] for s in value["segments"]) - 1
    assert [s["outcome"] for s in value["segments"]] == ["rendered"] * 3
    assert {s["determinism"] for s in value["segments"]} == {"bit-exact"}
    segment = value["segments"][1]
    assert segment["seed"]["requested"] == segment["seed"]["sent"] and segment["seed"]["sent"].isdigit()
    assert [r["role"] for r in segment["references"]] == ["first", "last"]
    shared = value["segments"][0]["references"][1], segment["references"][0]
    assert shared[0]["pixels_sha256"] == shared[1]["pixels_sha256"]
    assert segment["attempts"][0]["state"] == "rendered" and segment["cost"]["paid"] == 0
    assert value["environment"]["ffmpeg"] and value["environment"]["libraries"]["numpy"]
    assert Manifest.model_validate(value).film.frames == value["film"]["frames"]


def test_it_names_no_folder_user_or_host(tmp_path: Path) -> None:
    made = Studio(tmp_path / "home").make(small_plan(1))
    write_manifest(made, tmp_path / "m.json")
    text = (tmp_path / "m.json").read_text()
    assert str(tmp_path) not in text and "/" + getpass.getuser() not in text
    assert not re.search(rf"\b{re.escape(socket.gethostname())}\b", text)  # as a word: it may be short, and hashes are long


def test_what_went_wrong_with_a_file_names_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "ann"))
    made = Studio(tmp_path / "home").make(small_plan(1))
    said = f"cannot write '{tmp_path}/clip.mkv' nor {Path.home()}/store/x.png, says https://example.test/v1/tmp: POST /v1/clips"
    tried = Attempt(number=1, provider="animatic", model="animatic", state="failed", message=said)
    outcome = made.rendered.outcomes[0].model_copy(update={"attempts": (tried,)})
    release = made.model_copy(update={"rendered": made.rendered.model_copy(update={"outcomes": (outcome,)})})
    told = build_manifest(release).segments[0].attempts[0].message
    assert told == "cannot write 'clip.mkv' nor ~/store/x.png, says https://example.test/v1/tmp: POST /v1/clips"


def test_a_windows_folder_is_one_too() -> None:
    assert without_folders(r"D:\films\Ann B\clip.mkv: no space") == "clip.mkv: no space"


def test_it_is_complete(tmp_path: Path) -> None:
    made = Studio(tmp_path / "home").make(small_plan(3, cuts=(2,)), options=FilmOptions(crf=20))
    manifest = build_manifest(made)
    assert manifest.film.key == made.film.key
    assert manifest.film.options == FilmOptions(crf=20) and "20" in manifest.film.encoder
    assert manifest.seams is not None
    assert [(s.index, s.segment, s.treatment, s.psnr_db) for s in manifest.seams] == [(1, "s01", "drop", None)]
    files = {f["name"]: f["sha256"] for f in manifest.environment["files"]}
    assert files["ffmpeg"] == sha256_file(Path(ffmpeg_binary()).resolve()) and "IBMPlexSans-Regular.ttf" in files
    assert manifest.environment["ffmpeg_libraries"]["libavcodec"]
    assert [s.visual for s in manifest.segments] == [made.rendered.plan.visual_of(s) for s in made.rendered.plan.segments]
    assert manifest.determinism == DeterminismRecord(
        label="bit-exact", reason="every segment is bit-exact, and so is the encoder of the film"
    )
    assert {s.bound for s in manifest.segments} == {Bound(largest=0)}


def test_a_film_from_the_store_is_told_of_in_the_same_words(tmp_path: Path) -> None:
    studio, plan = Studio(tmp_path / "home"), small_plan(2)
    first, again = build_manifest(studio.make(plan)), build_manifest(studio.make(plan))
    assert (again.seams, again.film, again.determinism) == (first.seams, first.film, first.determinism)


def test_a_label_follows_from_facts() -> None:
    local, remote = find_backend("wan", "video"), find_backend("runway", "video")
    on_cpu = promise_of("wan:wan2.1-flf2v", local.entry, {"device": "cpu"}, "rendered")
    assert on_cpu.label == "bit-exact" and on_cpu.bound == Bound(largest=0) and "on cpu" in on_cpu.reason
    on_gpu = promise_of("wan:wan2.1-flf2v", local.entry, {"device": "cuda"}, "cached")
    assert (on_gpu.label, on_gpu.bound) == ("best-effort", None) and "on cuda" in on_gpu.reason
    far = promise_of(str(remote), remote.entry, {}, "rendered")
    assert far.label == remote.entry.determinism and str(remote) in far.reason
    assert promise_of("animatic", find_backend("animatic", "video").entry, {}, "placeholder").label == "none"


def test_a_chain_promises_no_more_than_what_it_goes_on_from(tmp_path: Path) -> None:
    made = Studio(tmp_path / "home").make(small_plan(3, mode="chaining", cuts=(2,)))
    first, *others = made.rendered.outcomes
    weak = first.model_copy(update={"determinism": "best-effort", "determinism_reason": "its device rounds"})
    manifest = build_manifest(
        made.model_copy(update={"rendered": made.rendered.model_copy(update={"outcomes": (weak, *others)})})
    )
    assert [s.determinism for s in manifest.segments] == ["best-effort", "best-effort", "bit-exact"]
    assert "last frame of segment 0 (s00), which is best-effort" in manifest.segments[1].determinism_reason
    assert manifest.determinism is not None and manifest.determinism.label == "best-effort"
    assert "segment 0 (s00)" in manifest.determinism.reason and "its device rounds" in manifest.determinism.reason


def test_who_planned_it_travels_with_the_plan(tmp_path: Path) -> None:
    words = "A fox walks through snow. It stops at a frozen river."
    plan = plan_offline(Brief(prompt=words, width=64, height=48, seconds=1), Limits.of("animatic", animatic(), 16))
    plan = parse_plan(plan_json(plan), folder=tmp_path)
    own = plan.model_copy(update={"planned_by": "openai:mine at http://studio-pc.local:11434/v1, revised by hand"})
    manifest = build_manifest(Studio(tmp_path / "home").make(own))
    assert manifest.planner == PlannerRecord(
        by="openai:mine, revised by hand",
        prompt=words,
        prompt_sha256=hashlib.sha256(words.encode()).hexdigest(),
        settings={"mode": "keyframe", "seconds": 1.0},
    )
    assert "studio-pc" not in manifest_json(manifest) and manifest.plan.planner is None


@pytest.mark.parametrize(
    ("backend", "told"),
    [
        ("wan:/models/of/ann/Wan2.1", "wan:Wan2.1"),
        ("wan:~/models/Wan2.1", "wan:Wan2.1"),
        ("wan:D:\\ann\\wan.safetensors", "wan:wan.safetensors"),
        ("wan:Wan-AI/Wan2.1-FLF2V-14B-720P-diffusers", "wan:Wan-AI/Wan2.1-FLF2V-14B-720P-diffusers"),
        (None, None),
    ],
)
def test_where_a_model_lies_is_left_out(tmp_path: Path, backend: str | None, told: str | None) -> None:
    made = Studio(tmp_path / "home").make(small_plan(1))
    plan = changed(made.rendered.plan, 0, backend=backend)
    rendered = made.rendered.model_copy(update={"plan": plan})
    assert build_manifest(made.model_copy(update={"rendered": rendered})).plan.segments[0].backend == told


def animatic() -> ModelEntry:
    return find_backend("animatic", "video").entry
