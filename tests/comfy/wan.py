"""Prompts that sample with the tiny Wan models, and what they cost."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from longvid_core.models import Plan
from longvid_core.planfile import plan_json
from longvid_core.providers.base import in_words
from longvid_core.render.keyframes import draw_keyframes
from longvid_core.render.session import open_session
from longvid_core.seeds import segment_seed
from longvid_core.settings import Settings
from tests.comfy.client import Client, Prompt, small, with_inputs
from tests.films import small_plan
from tools.comfy_host import ComfyHost

STEPS = 2
PLAN, PICTURES, MODEL, LORA, SAMPLER, JOIN, MANIFEST = "plan", "pictures", "model", "lora", "sampler", "join", "manifest"


def wan_plan(segments: int = 4, **more: Any) -> Plan:
    """A few shots of five frames, 64x64."""
    return small_plan(segments, **{"size": (64, 64), **more})


def wan_prompt(plan: Plan, *, unet: str = "tiny_wan_flf2v", lora: float | None = None, **sampler: Any) -> Prompt:
    """`plan` drawn by cards, sampled by a tiny model, joined, with its manifest. `lora`: with a LoRA of that strength."""
    planner = with_inputs(small("keyframe_mode"), "LongvidSegmentPlanner", edited_plan=plan_json(plan))
    (node,) = (value for value in planner.values() if value["class_type"] == "LongvidSegmentPlanner")
    model = MODEL if lora is None else LORA
    inputs: dict[str, Any] = {
        "plan": [PLAN, 0], "keyframes": [PICTURES, 0], "model": ["steps", 0], "clip": ["text", 0], "vae": ["vae", 0],
        "clip_vision": ["vision", 0], "sampler": "euler", "scheduler": "simple", "steps": STEPS, "cfg": 1.0, "shift": 8.0,
        "negative": "blurred", "tiled_decode": False, "segments": "all", **sampler,
    }  # fmt: skip
    prompt = {
        PLAN: node,
        PICTURES: {"class_type": "LongvidKeyframeGenerator", "inputs": {"plan": [PLAN, 0], "images": "card:card"}},
        MODEL: {"class_type": "UNETLoader", "inputs": {"unet_name": f"{unet}.safetensors", "weight_dtype": "default"}},
        "steps": {"class_type": "CountSteps", "inputs": {"model": [model, 0]}},
        "text": {"class_type": "TinyText", "inputs": {"salt": ""}},
        "vision": {"class_type": "TinyVision", "inputs": {}},
        "vae": {"class_type": "VAELoader", "inputs": {"vae_name": "tiny_wan_vae.safetensors"}},
        SAMPLER: {"class_type": "LongvidWanFLF2VSampler", "inputs": inputs},
        JOIN: {
            "class_type": "LongvidConcat",
            "inputs": {
                "clips": [SAMPLER, 0], "codec": "h264", "crf": 18, "preset": "medium", "slate": False,
                "filename_prefix": "longvid/film",
            },
        },
        MANIFEST: {"class_type": "LongvidManifestWriter", "inputs": {"film": [JOIN, 0], "embed_workflow": False}},
    }  # fmt: skip
    if lora is not None:
        settings = {"model": [MODEL, 0], "lora_name": "tiny_lora.safetensors", "strength_model": lora}
        prompt[LORA] = {"class_type": "LoraLoaderModelOnly", "inputs": settings}
    return prompt


def with_pictures(plan: Plan, folder: Path) -> Plan:
    """The plan with a card for each keyframe, in a store in `folder`."""

    async def draw() -> Plan:
        with open_session(Settings().model_copy(update={"home": folder}), command="test", emit=lambda event: None) as session:
            return await draw_keyframes(plan, session)

    return asyncio.run(draw())


def by_hand(
    plan: Plan, host: ComfyHost, save: Callable[[str], dict[str, Any]], *, steps: int = STEPS, shift: float = 8.0
) -> Prompt:
    """The same segments wired from core nodes, as one would without Longvid. The plan must have its pictures.

    save: what becomes of the decoded frames of node `decoded`, as nodes by id; ids get the segment's in front.
    """
    prompt: Prompt = {
        MODEL: {"class_type": "UNETLoader", "inputs": {"unet_name": "tiny_wan_flf2v.safetensors", "weight_dtype": "default"}},
        "steps": {"class_type": "CountSteps", "inputs": {"model": [MODEL, 0]}},
        "shift": {"class_type": "ModelSamplingSD3", "inputs": {"model": ["steps", 0], "shift": shift}},
        "text": {"class_type": "TinyText", "inputs": {"salt": ""}},
        "vision": {"class_type": "TinyVision", "inputs": {}},
        "vae": {"class_type": "VAELoader", "inputs": {"vae_name": "tiny_wan_vae.safetensors"}},
        "negative": {"class_type": "CLIPTextEncode", "inputs": {"clip": ["text", 0], "text": "blurred"}},
    }
    for keyframe in plan.keyframes:
        assert keyframe.image is not None
        name = f"{keyframe.image.pixels_sha256}.png"
        shutil.copy(keyframe.image.path, host.base / "input" / name)
        prompt[keyframe.id] = {"class_type": "LoadImage", "inputs": {"image": name}}
        seen = {"clip_vision": ["vision", 0], "image": [keyframe.id, 0], "crop": "none"}
        prompt[f"{keyframe.id} seen"] = {"class_type": "CLIPVisionEncode", "inputs": seen}
    for segment in plan.segments:
        at, first, last = segment.id, segment.first_keyframe, segment.last_keyframe
        words = in_words(segment.prompt, plan.visual_of(segment))
        prompt[f"{at} words"] = {"class_type": "CLIPTextEncode", "inputs": {"clip": ["text", 0], "text": words}}
        prompt[f"{at} ends"] = {
            "class_type": "WanFirstLastFrameToVideo",
            "inputs": {
                "positive": [f"{at} words", 0], "negative": ["negative", 0], "vae": ["vae", 0], "width": plan.width,
                "height": plan.height, "length": segment.frames, "batch_size": 1, "start_image": [first, 0],
                "end_image": [last, 0], "clip_vision_start_image": [f"{first} seen", 0],
                "clip_vision_end_image": [f"{last} seen", 0],
            },
        }  # fmt: skip
        prompt[f"{at} sampled"] = {
            "class_type": "KSampler",
            "inputs": {
                "model": ["shift", 0], "positive": [f"{at} ends", 0], "negative": [f"{at} ends", 1],
                "latent_image": [f"{at} ends", 2], "seed": segment_seed(plan, segment), "steps": steps, "cfg": 1.0,
                "sampler_name": "euler", "scheduler": "simple", "denoise": 1.0,
            },
        }  # fmt: skip
        prompt[f"{at} decoded"] = {"class_type": "VAEDecode", "inputs": {"samples": [f"{at} sampled", 0], "vae": ["vae", 0]}}
        prompt.update(save(at))
    return prompt


def sampled(comfy: Client, since: int = 0) -> int:
    """How many calls of the diffusion model there were, beyond `since`. With cfg 1 each is one step of one segment."""
    log = Path(comfy.host.environment["TINY_LOG"])
    return (len(log.read_text().splitlines()) if log.exists() else 0) - since


def switch(comfy: Client, name: str) -> None:
    """`slow`: every step takes its time. `oom`: the next step finds no memory."""
    Path(f"{comfy.host.environment['TINY_LOG']}.{name}").touch()


def hold(comfy: Client, calls: int | None) -> None:
    """After so many calls of the diffusion model the next one waits, until it is interrupted or this is taken back (None)."""
    file = Path(f"{comfy.host.environment['TINY_LOG']}.hold")
    file.unlink() if calls is None else file.write_text(str(calls))


def noted(comfy: Client, what: str) -> list[str]:
    """What the tiny nodes noted of a kind. `order`: texts and steps as they come. `held`: clips in memory as the VAE is used."""
    log = Path(f"{comfy.host.environment['TINY_LOG']}.{what}")
    return log.read_text().splitlines() if log.exists() else []
