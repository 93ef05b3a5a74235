"""Prompts that sample with the tiny Wan models, and what they cost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from longvid_core.models import Plan
from longvid_core.planfile import plan_json
from tests.comfy.client import Client, Prompt, small, with_inputs
from tests.films import small_plan

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


def sampled(comfy: Client, since: int = 0) -> int:
    """How many calls of the diffusion model there were, beyond `since`. With cfg 1 each is one step of one segment."""
    log = Path(comfy.host.environment["TINY_LOG"])
    return (len(log.read_text().splitlines()) if log.exists() else 0) - since


def switch(comfy: Client, name: str, on: bool = True) -> None:
    """`slow`: every step takes its time. `oom`: the next step finds no memory."""
    file = Path(f"{comfy.host.environment['TINY_LOG']}.{name}")
    file.touch() if on else file.unlink(missing_ok=True)
