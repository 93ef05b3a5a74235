"""The Wan templates as shipped, headless, with tiny models in the place of the official files."""

from __future__ import annotations

import json
from typing import Any

import pytest

from longvid_core.media.probe import probe
from longvid_core.models import Manifest, Plan
from tests.comfy.client import Client, Prompt, node_id, template, with_inputs
from tests.comfy.wan import sampled
from tools.comfy_host import ROOT

MODES = {"keyframe": "tiny_wan_flf2v", "chaining": "tiny_wan_i2v"}
ENDS = {"keyframe": ["first", "last"], "chaining": ["first"]}
STAND_INS: dict[str, dict[str, Any]] = {
    "CLIPLoader": {"class_type": "TinyText", "inputs": {"salt": ""}},
    "CLIPVisionLoader": {"class_type": "TinyVision", "inputs": {}},
}


def small(mode: str) -> Prompt:
    """The template with files of a few megabytes, a film of a second, and two steps."""
    prompt = template(f"wan_{mode}_mode")
    for node in prompt.values():
        node.update(STAND_INS.get(node["class_type"], {}))
    prompt = with_inputs(prompt, "UNETLoader", unet_name=f"{MODES[mode]}.safetensors")
    prompt = with_inputs(prompt, "VAELoader", vae_name="tiny_wan_vae.safetensors")
    prompt = with_inputs(prompt, "LongvidSegmentPlanner", width=64, height=64, seconds=1.0, segments=3)
    prompt["counted"] = {"class_type": "CountSteps", "inputs": {"model": [node_id(prompt, "UNETLoader"), 0]}}
    return with_inputs(prompt, "LongvidWanFLF2VSampler", steps=2, model=["counted", 0])


def manifest_of(comfy: Client, prompt: Prompt, outputs: dict[str, Any]) -> Manifest:
    path = comfy.saved(outputs, node_id(prompt, "LongvidManifestWriter"))
    return Manifest.model_validate_json(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("mode", MODES)
def test_a_template_makes_a_film_and_samples_nothing_twice(tiny: Client, mode: str) -> None:
    prompt = small(mode)
    outputs = tiny.run(prompt)
    film, manifest = tiny.saved(outputs, node_id(prompt, "LongvidConcat")), manifest_of(tiny, prompt, outputs)
    found = probe(film)
    assert (found.width, found.height, found.fps) == (64, 64, 16)
    assert found.frames == manifest.film.frames == manifest.plan.film_frames
    assert [s.outcome for s in manifest.segments] == ["rendered"] * 3
    assert {s.clip.frames % 4 for s in manifest.segments if s.clip} == {1}
    assert [[r.role for r in s.references] for s in manifest.segments] == [ENDS[mode]] * 3
    assert "Note:" not in "\n".join(outputs[node_id(prompt, "LongvidWanFLF2VSampler")]["text"]), "another model fits better"
    says_how_it_was_sampled(tiny, prompt, manifest)
    count = sampled(tiny)
    assert count >= 3 * 2

    again = tiny.run(prompt)
    assert tiny.outcomes() == ["cached"] * 3
    assert sampled(tiny, count) == 0
    assert tiny.saved(again, node_id(prompt, "LongvidConcat")) == film


def says_how_it_was_sampled(comfy: Client, prompt: Prompt, manifest: Manifest) -> None:
    """Settings, sigmas and what was wired are there for each clip; no name of a file is."""
    chosen = prompt[node_id(prompt, "LongvidWanFLF2VSampler")]["inputs"]
    for segment in manifest.segments:
        assert segment.model.provider == "comfyui"
        assert len(segment.made["sigmas"]) == chosen["steps"] + 1
        sampling = segment.model.fingerprint["sampling"]
        assert sampling == {name: chosen[name] for name in sampling}
        classes = {node["class_type"] for node in segment.model.fingerprint["graph"]["nodes"]}
        assert classes == {"UNETLoader", "CountSteps", "TinyText", "VAELoader", "TinyVision"}
    text = json.dumps([s.json_value() for s in manifest.segments])
    assert "safetensors" not in text and str(comfy.host.base) not in text


@pytest.mark.parametrize("mode", MODES)
def test_as_shipped_every_shot_is_one_that_wan_was_trained_for(tiny: Client, mode: str) -> None:
    prompt = template(f"wan_{mode}_mode")
    planner = node_id(prompt, "LongvidSegmentPlanner")
    outputs = tiny.run({planner: prompt[planner], "shown": {"class_type": "PreviewAny", "inputs": {"source": [planner, 1]}}})
    plan = Plan.model_validate_json(outputs["shown"]["text"][0])
    assert (plan.width, plan.height, plan.fps, plan.mode) == (832, 480, 16, mode)
    assert all(s.frames <= 81 and s.frames % 4 == 1 for s in plan.segments)


@pytest.mark.parametrize("mode", MODES)
def test_comfyui_can_offer_every_missing_file_by_the_name_the_loader_wants(mode: str) -> None:
    canvas = json.loads((ROOT / "workflows" / f"wan_{mode}_mode.json").read_text(encoding="utf-8"))
    loaders = [node for node in canvas["nodes"] if node["type"].endswith("Loader")]
    folders = {}
    for node in loaders:
        (file,) = node["properties"]["models"]
        assert node["widgets_values"][0] == file["name"]
        assert file["url"].endswith(f"/resolve/main/split_files/{file['directory']}/{file['name']}")
        folders[node["type"]] = file["directory"]
    assert folders == {
        "UNETLoader": "diffusion_models", "CLIPLoader": "text_encoders", "VAELoader": "vae", "CLIPVisionLoader": "clip_vision"
    }  # fmt: skip
    notes = "\n".join(node["widgets_values"][0] for node in canvas["nodes"] if node["type"] == "MarkdownNote")
    assert all(node["widgets_values"][0] in notes for node in loaders)
