"""The template whose keyframes come from a checkpoint, headless: core nodes alone, on a Stable Diffusion 3 of random weights.

Nothing stands in for anything but the file's name: loader, text encoder (a whole CLIP-L), sampler and VAE are the core's.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from longvid_core.media.images import load_rgb
from longvid_core.media.probe import probe
from longvid_core.models import Manifest, Plan
from longvid_core.providers.base import in_words
from longvid_core.seeds import keyframe_seed
from tests.comfy.client import Client, Ended, Prompt, node_id, template, with_inputs
from tools.comfy_host import ROOT

NAME = "keyframes_from_checkpoint"
STORY = """Style: film photograph.

A red tram waits at the sea.

The red tram climbs a street.

CUT TO: The red tram crosses a bridge.
"""


@pytest.fixture
def prompt() -> Prompt:
    """The template with the tiny file, a short story, and stills of a few pixels in a few steps."""
    small = with_inputs(template(NAME), "CheckpointLoaderSimple", ckpt_name="tiny_sd3.ckpt")
    small = with_inputs(small, "KSampler", steps=2, sampler_name="euler", scheduler="simple")
    return with_inputs(small, "LongvidSegmentPlanner", prompt=STORY, width=128, height=64, seconds=3.0, segments=3)


def manifest_of(comfy: Client, prompt: Prompt, outputs: dict[str, Any]) -> Manifest:
    path = comfy.saved(outputs, node_id(prompt, "LongvidManifestWriter"))
    return Manifest.model_validate_json(path.read_text(encoding="utf-8"))


def pixels(comfy: Client, plan: Plan) -> list[np.ndarray]:
    """The keyframes' pictures, which a manifest names by their files alone."""
    files = {path.name: path for path in (comfy.home / "assets").rglob("*.png")}
    return [np.asarray(load_rgb(files[Path(k.image.path).name])) for k in plan.keyframes if k.image is not None]


def by_hand(prompt: Prompt, plan: Plan) -> Prompt:
    """Each of the plan's keyframes drawn by a chain of its own, its words and seed written into it."""
    loader, negative = node_id(prompt, "CheckpointLoaderSimple"), prompt[node_id(prompt, "KSampler")]["inputs"]["negative"][0]
    sampling = prompt[node_id(prompt, "KSampler")]["inputs"]
    chains: Prompt = {loader: prompt[loader], negative: prompt[negative]}
    chains["size"] = {
        "class_type": "EmptyLatentImage",
        "inputs": {"width": plan.width, "height": plan.height, "batch_size": 1},
    }
    for keyframe in plan.keyframes:
        words = in_words(keyframe.prompt, keyframe.visual.over(plan.visual))
        inputs = {**sampling, "seed": keyframe_seed(plan, keyframe), "latent_image": ["size", 0]}
        inputs["positive"] = [f"{keyframe.id} words", 0]
        chains |= {
            f"{keyframe.id} words": {"class_type": "CLIPTextEncode", "inputs": {"clip": [loader, 1], "text": words}},
            f"{keyframe.id} drawn": {"class_type": "KSampler", "inputs": inputs},
            f"{keyframe.id} seen": {
                "class_type": "VAEDecode", "inputs": {"samples": [f"{keyframe.id} drawn", 0], "vae": [loader, 2]}
            },
            keyframe.id: {"class_type": "PreviewImage", "inputs": {"images": [f"{keyframe.id} seen", 0]}},
        }  # fmt: skip
    return chains


def shown(comfy: Client, outputs: dict[str, Any], node: str) -> list[np.ndarray]:
    return [np.asarray(Image.open(comfy.host.base / p["type"] / p["subfolder"] / p["filename"])) for p in outputs[node]["images"]]


def test_every_still_is_drawn_from_its_own_words_and_seed_in_order(tiny: Client, prompt: Prompt) -> None:
    prompt = with_inputs(prompt, "LongvidSeedLock", policy="derived")
    outputs = tiny.run(prompt)
    plan = manifest_of(tiny, prompt, outputs).plan
    drawn = pixels(tiny, plan)
    assert len(drawn) == len(plan.keyframes) == 5, "two shots that run on share one: three stills before the cut, two after"
    assert len({keyframe_seed(plan, k) for k in plan.keyframes}) == 5
    previews = shown(tiny, outputs, node_id(prompt, "LongvidKeyframesFromImages"))
    assert all(np.array_equal(one, other) for one, other in zip(previews, drawn, strict=True))

    outputs = tiny.run(by_hand(prompt, plan))
    alone = [shown(tiny, outputs, k.id)[0] for k in plan.keyframes]
    apart = np.array([[np.abs(mine.astype(int) - other).max() for other in alone] for mine in drawn])
    assert {p.shape for p in drawn} == {(64, 128, 3)}
    assert (np.diag(apart) <= 1).all(), "the core cuts fractions off where it previews, and Longvid rounds"
    assert (apart[~np.eye(len(drawn), dtype=bool)] > 20).all(), "each is like its own alone"


def test_the_film_goes_from_still_to_still_and_another_sentence_changes_only_its_own(tiny: Client, prompt: Prompt) -> None:
    outputs = tiny.run(prompt)
    manifest = manifest_of(tiny, prompt, outputs)
    plan, found = manifest.plan, probe(tiny.saved(outputs, node_id(prompt, "LongvidConcat")))
    assert (found.width, found.height) == (128, 64)
    assert [s.join for s in plan.segments] == ["cut", "continuous", "cut"]
    assert found.frames == manifest.film.frames == sum(s.frames for s in plan.segments) - 1
    assert [s.outcome for s in manifest.segments] == ["rendered"] * 3
    assert {k.source for k in manifest.keyframes} == {"user"}
    assert len({keyframe_seed(plan, k) for k in plan.keyframes}) == 1, "as shipped all start from the same noise"
    assert len({k.prompt for k in plan.keyframes}) == len({p.tobytes() for p in pixels(tiny, plan)}) == 5, (
        "words make them differ"
    )
    ends = {k.id: k.image.pixels_sha256 for k in plan.keyframes if k.image is not None}
    for segment, record in zip(plan.segments, manifest.segments, strict=True):
        wanted = [("first", ends[segment.first_keyframe or ""]), ("last", ends[segment.last_keyframe or ""])]
        assert [(r.role, r.pixels_sha256) for r in record.references] == wanted

    changed = with_inputs(prompt, "LongvidSegmentPlanner", prompt=STORY.replace("bridge", "canal"))
    after = manifest_of(tiny, changed, tiny.run(changed)).plan
    same = [one.prompt == other.prompt for one, other in zip(plan.keyframes, after.keyframes, strict=True)]
    assert same == [True, True, True, False, False]
    assert [np.array_equal(*both) for both in zip(pixels(tiny, plan), pixels(tiny, after), strict=True)] == same
    assert tiny.outcomes() == ["cached", "cached", "rendered"]


def test_one_picture_too_few_is_told_with_the_number_wanted(tiny: Client, prompt: Prompt) -> None:
    one = {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 4, "color": 0}}
    prompt = with_inputs({**prompt, "few": one}, "LongvidKeyframesFromImages", images=["few", 0])
    with pytest.raises(Ended) as ended:
        tiny.run(prompt)
    assert "4 pictures for 5 keyframes" in ended.value.message["exception_message"]


def test_comfyui_can_offer_the_file_by_the_name_the_loader_wants() -> None:
    canvas = json.loads((ROOT / "workflows" / f"{NAME}.json").read_text(encoding="utf-8"))
    (loader,) = (node for node in canvas["nodes"] if node["type"] == "CheckpointLoaderSimple")
    (file,) = loader["properties"]["models"]
    assert loader["widgets_values"] == [file["name"]]
    assert file["url"].endswith(f"/resolve/main/{file['name']}") and file["directory"] == "checkpoints"
    notes = "\n".join(node["widgets_values"][0] for node in canvas["nodes"] if node["type"] == "MarkdownNote")
    assert file["name"] in notes and "**checkpoints**" in notes
