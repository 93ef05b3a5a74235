"""The templates, run headless: whole films, and nothing made twice."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from longvid_core.media.probe import probe
from longvid_core.media.tags import read_tags
from longvid_core.models import Manifest
from tests.comfy.client import Client, Prompt, node_id, small, with_inputs

MODES = ["keyframe", "chaining"]


def film_of(comfy: Client, prompt: Prompt, outputs: dict) -> Path:
    return comfy.saved(outputs, node_id(prompt, "LongvidConcat"))


def manifest_of(comfy: Client, prompt: Prompt, outputs: dict) -> Manifest:
    path = comfy.saved(outputs, node_id(prompt, "LongvidManifestWriter"))
    return Manifest.model_validate_json(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("mode", MODES)
def test_a_template_makes_a_film_with_its_manifest(fresh: Client, mode: str) -> None:
    prompt = small(f"{mode}_mode")
    outputs = fresh.run(prompt)
    film, manifest = film_of(fresh, prompt, outputs), manifest_of(fresh, prompt, outputs)
    found = probe(film)
    assert (found.width, found.height, found.fps, found.codec) == (128, 72, 16, "h264")
    assert found.frames == manifest.film.frames == manifest.plan.film_frames
    assert manifest.plan.mode == mode
    assert manifest.film.sha256 == hashlib.sha256(film.read_bytes()).hexdigest()
    assert [s.outcome for s in manifest.segments] == ["rendered"] * len(manifest.plan.segments)
    assert (film.parent / f"{film.stem}.manifest.json").is_file()
    assert fresh.outcomes() == ["rendered"] * len(manifest.plan.segments)


@pytest.mark.parametrize("mode", MODES)
def test_running_again_renders_nothing_and_writes_no_second_film(fresh: Client, mode: str) -> None:
    prompt = small(f"{mode}_mode")
    first = fresh.run(prompt)
    film = film_of(fresh, prompt, first)
    before = film.read_bytes()
    again = fresh.run(prompt)
    assert set(fresh.outcomes()) == {"cached"}
    assert film_of(fresh, prompt, again) == film
    assert film.read_bytes() == before
    assert [p.name for p in film.parent.glob("*.mp4")] == [film.name]


def test_the_store_alone_is_enough_after_a_restart_of_the_canvas(comfy: Client) -> None:
    """ComfyUI's own cache forgets; the store does not. Freeing it stands for the restart."""
    prompt = small("keyframe_mode")
    comfy.run(prompt)
    comfy.free()
    comfy.run(prompt)
    assert set(comfy.outcomes()) == {"cached"}


def test_a_changed_prompt_renders_that_segment_alone(comfy: Client) -> None:
    prompt = small("keyframe_mode")
    outputs = comfy.run(prompt)
    plan = manifest_of(comfy, prompt, outputs).plan.json_value()
    for keyframe in plan["keyframes"]:
        keyframe["image"] = None
    plan["segments"][2]["prompt"] += " A storm gathers."
    edited = with_inputs(prompt, "LongvidSegmentPlanner", edited_plan=["edited", 0])
    edited["edited"] = {"class_type": "PrimitiveStringMultiline", "inputs": {"value": json.dumps(plan)}}
    comfy.run(edited)
    expected = ["cached"] * len(plan["segments"])
    expected[2] = "rendered"
    assert comfy.outcomes() == expected


def test_another_encoding_joins_again_and_renders_nothing(comfy: Client) -> None:
    prompt = small("keyframe_mode")
    first = film_of(comfy, prompt, comfy.run(prompt))
    other = with_inputs(prompt, "LongvidConcat", codec="prores")
    second = film_of(comfy, other, comfy.run(other))
    assert set(comfy.outcomes()) == {"cached"}
    assert (second.suffix, probe(second).codec) == (".mov", "prores")
    assert first.is_file() and probe(first).frames == probe(second).frames


def test_a_workflow_saved_before_there_was_a_choice_joins_as_ever_and_blending_is_another_film(comfy: Client) -> None:
    prompt = small("keyframe_mode")
    first = film_of(comfy, prompt, comfy.run(prompt))
    older, blended = json.loads(json.dumps(prompt)), with_inputs(prompt, "LongvidConcat", seam="blend")
    del older[node_id(older, "LongvidConcat")]["inputs"]["seam"]
    assert film_of(comfy, older, comfy.run(older)) == first
    outputs = comfy.run(blended)
    manifest = manifest_of(comfy, blended, outputs)
    assert set(comfy.outcomes()) == {"cached"}
    assert {seam.treatment for seam in manifest.seams or ()} == {"blend"}
    assert film_of(comfy, blended, outputs) != first and manifest.film.frames == probe(first).frames


def test_clips_that_vanish_from_the_store_are_made_again(comfy: Client) -> None:
    """ComfyUI holds the keyframe node's output; the pictures it names may be gone all the same."""
    prompt = small("keyframe_mode")
    film = film_of(comfy, prompt, comfy.run(prompt))
    before = probe(film).frames
    for folder in ("clips", "assets", "films"):
        for path in (comfy.home / folder).rglob("*.*"):
            path.unlink()
    film.unlink()
    outputs = comfy.run(prompt)
    assert set(comfy.outcomes()) == {"rendered"}
    assert probe(film_of(comfy, prompt, outputs)).frames == before


def test_a_damaged_film_is_left_alone_and_written_anew(comfy: Client) -> None:
    prompt = small("keyframe_mode")
    film = film_of(comfy, prompt, comfy.run(prompt))
    film.write_bytes(film.read_bytes()[:-2000])
    damaged = film.read_bytes()
    anew = film_of(comfy, prompt, comfy.run(prompt))
    assert anew != film and film.read_bytes() == damaged
    assert probe(anew).frames > 0


def test_the_workflow_travels_in_the_film(comfy: Client) -> None:
    prompt = small("keyframe_mode")
    workflow = {"nodes": [], "note": "what the canvas held: é 雪"}
    tags = read_tags(film_of(comfy, prompt, comfy.run(prompt, workflow)))
    assert json.loads(tags["prompt"]) == prompt
    assert json.loads(tags["workflow"]) == workflow


def test_embedding_the_workflow_leaves_the_frames_alone_and_can_be_taken_back(fresh: Client) -> None:
    prompt = small("keyframe_mode")
    film = film_of(fresh, prompt, outputs := fresh.run(prompt, {"nodes": []}))
    embedded = manifest_of(fresh, prompt, outputs)
    plain = with_inputs(prompt, "LongvidManifestWriter", embed_workflow=False)
    outputs = fresh.run(plain, {"nodes": []})
    without = manifest_of(fresh, plain, outputs)
    assert film_of(fresh, plain, outputs) == film
    assert not {"prompt", "workflow"} & set(read_tags(film))
    assert embedded.film.frames_sha256 == without.film.frames_sha256
    assert without.film.sha256 == hashlib.sha256(film.read_bytes()).hexdigest() != embedded.film.sha256


def test_nodes_say_what_they_did(fresh: Client) -> None:
    prompt = small("keyframe_mode")
    outputs = fresh.run(prompt)

    def text(class_type: str) -> str:
        return "\n".join(outputs[node_id(prompt, class_type)]["text"])

    plan = manifest_of(fresh, prompt, outputs).plan
    assert text("LongvidSegmentPlanner").startswith("The Last Letter\n")
    assert all(segment.prompt in text("LongvidSegmentPlanner") for segment in plan.segments)
    assert text("LongvidSeedLock").splitlines()[0] == f"derived · base {plan.seed}"
    assert f"{len(plan.segments)} rendered" in text("LongvidRemoteVideo")
    assert "determinism: bit-exact" in text("LongvidManifestWriter")
    assert len(outputs[node_id(prompt, "LongvidKeyframeGenerator")]["images"]) == len(plan.keyframes)


def test_progress_and_previews_reach_the_browser(fresh: Client) -> None:
    prompt = small("keyframe_mode")
    clips = node_id(prompt, "LongvidRemoteVideo")
    told = fresh.watch(prompt)
    states = [m["data"]["nodes"].get(clips) for m in told.messages if m["type"] == "progress_state"]
    seen = [(state["value"], state["max"]) for state in states if state is not None]
    assert [v / m for v, m in seen] == sorted(v / m for v, m in seen)
    assert len(set(seen)) > 2
    assert told.pictures >= 2
    assert sum("segment" in text for text in told.texts) >= 2
