"""The sections `wan` and `framepack` of the settings."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

_DEVICE = r"^(auto|cpu|mps|xpu(:\d+)?|cuda(:\d+)?)$"
Precision = Literal["bf16", "fp16", "fp32"]
Offload = Literal["none", "model", "sequential", "group"]
Quantization = Literal[
    "none",
    "torchao:int8",
    "torchao:int8-dynamic",
    "torchao:float8",
    "torchao:float8-dynamic",
    "bitsandbytes:8bit",
    "bitsandbytes:4bit",
]


class DiffusionSettings(BaseModel):
    """How a model is loaded and sampled. What changes pixels is part of each clip's key; the rest is recorded with it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    device: str = Field(
        "auto",
        json_schema_extra={"pattern": _DEVICE},
        description="cpu, cuda, cuda:1, mps, xpu; `auto`: the GPU there is, else the processor",
    )
    # No `auto`: the precision changes pixels, and a clip's key must not depend on the machine that looks it up.
    dtype: Precision = Field("bf16", description="Precision of the transformer and the text encoder")
    vae_dtype: Precision = Field("fp32", description="Precision of the VAE")
    steps: int | None = Field(None, ge=1, le=1000, description="Sampling steps; default: what the model's publisher uses")
    guidance: float | None = Field(None, ge=0, le=100, description="Guidance scale; default: what the model's publisher uses")
    attention: str | None = Field(
        None, description="A diffusers attention backend: native, flash, sage, xformers, ...; default: torch's own"
    )
    vae_tiling: bool = Field(False, description="Decode tile by tile: less memory, slower")
    vae_slicing: bool = Field(False, description="Decode the clips of a batch one by one; here a batch is one clip")
    offload: Offload = Field(
        "none",
        description="What waits in main memory until it is needed: nothing, whole models, their layers in groups (`group`), "
        "each layer alone (`sequential`, the slowest)",
    )
    layerwise_fp8: bool = Field(False, description="Keep the transformer's weights as 8-bit floats, computing in `dtype`")
    quantization: Quantization = Field("none", description="Quantize the transformer as it is loaded")
    text_encoder_on_cpu: bool = Field(False, description="Encode prompts on the processor")
    deterministic: bool = Field(False, description="Only algorithms that give the same bits twice on one GPU; slower")
    base: str | None = Field(
        None,
        description="Folder or repository of what the model named lacks: text encoder, VAE and scheduler beside a single file",
    )
    offline: bool = Field(False, description="Never download: use what is on this machine")

    @field_validator("device")
    @classmethod
    def _is_a_device(cls, value: str) -> str:
        if not re.match(_DEVICE, value):
            raise ValueError(f"there is no device {value!r}; it is auto, cpu, mps, cuda, xpu, or one of several, such as cuda:1")
        return value


class WanSettings(DiffusionSettings):
    """Wan image-to-video through diffusers."""

    shift: float | None = Field(
        None, gt=0, le=100, description="The scheduler's flow shift; default: the publisher's, else as the model's files say"
    )
    negative: str | None = Field(None, description="Added to each segment's negative prompt; default: Wan's own; empty: none")


class FramepackSettings(DiffusionSettings):
    """FramePack through diffusers."""

    vae_dtype: Precision = Field("fp16", description="Precision of the VAE")
    true_guidance: float = Field(
        1.0, ge=1, le=100, description="Guidance against the negative prompt, above 1; the model was distilled to do without"
    )
    negative: str = Field("", description="Added to each segment's negative prompt; without effect unless `true_guidance` > 1")
