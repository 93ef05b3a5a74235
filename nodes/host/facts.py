"""How a segment was sampled, as the manifest records it: what is no part of its key, or follows from it."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING, Any

import comfy.samplers
import torch
from comfy.ldm.modules import attention
from comfyui_version import __version__ as comfyui_version

if TYPE_CHECKING:
    from .wan import Sampling


def facts_of(model: Any, chosen: Sampling, seed: int, drawn: dict[str, Any]) -> dict[str, Any]:
    """Device, sigmas, noise, precision and libraries. `drawn`: the noise a stochastic sampler drew; see `noise.noise_seen`."""
    device: torch.device = model.load_device
    plan = comfy.samplers.KSampler(
        model, steps=chosen.steps, device=torch.device("cpu"), sampler=chosen.sampler, scheduler=chosen.scheduler,
        model_options=model.model_options,
    )  # fmt: skip
    facts: dict[str, Any] = {
        "device": device.type,
        "sigmas": [float(sigma) for sigma in plan.sigmas],
        "noise": {"device": "cpu", "seed": str(seed)},
        "dtype": str(model.model.get_dtype()).removeprefix("torch."),
        "attention": attention.optimized_attention.__name__,
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "libraries": {"comfyui": comfyui_version, "torch": metadata.version("torch")},
    }
    if drawn:
        facts["sampler_noise"] = dict(drawn)
    if device.type == "cuda":
        facts["device_name"] = torch.cuda.get_device_name(device)
    if device.type == "cpu":
        facts["threads"] = torch.get_num_threads()
    return facts
