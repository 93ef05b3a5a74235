"""FramePack on this machine, through diffusers: a clip window by window, from its first frame, to its last where there is one.

Lvmin Zhang, Maneesh Agrawala: Packing Input Frame Context in Next-Frame Prediction Models for Video Generation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from ..catalog import ModelEntry
from ..diffusion.family import Embeds, Family
from ..diffusion.headers import SUFFIXES
from ..diffusion.models import Files, cached_config, config_at, local_path, looks_like_repository, nothing_named
from ..diffusion.parts import Component
from ..diffusion.run import DiffusersRun, opened
from ..diffusion.settings import DiffusionSettings, FramepackSettings
from ..errors import BadInput
from .base import Surroundings, VideoRequest

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image

WINDOW = 9
"""Latent frames sampled at a time: what the published models were trained for."""
PER_LATENT = 4
"""Frames to a latent one."""
I2V, F1 = "framepack-i2v", "framepack-f1"


class FramepackFamily(Family):
    """diffusers' `HunyuanVideoFramepackPipeline`."""

    name = "framepack"
    components = (
        Component("tokenizer", "files", "transformers", "AutoTokenizer", text=True),
        Component("text_encoder", "weights", "transformers", "LlamaModel", text=True),
        Component("tokenizer_2", "files", "transformers", "AutoTokenizer", text=True),
        Component("text_encoder_2", "weights", "transformers", "CLIPTextModel", text=True),
        Component("feature_extractor", "files", "transformers", "SiglipImageProcessor"),
        Component("image_encoder", "weights", "transformers", "SiglipVisionModel"),
        Component("transformer", "weights", "diffusers", "HunyuanVideoFramepackTransformer3DModel"),
        Component("vae", "weights", "diffusers", "AutoencoderKLHunyuanVideo"),
        Component("scheduler", "files", "diffusers", ""),
    )

    def kind_of(self, files: Files, entry: ModelEntry) -> str:
        check_config(files.transformer.config, files.transformer.source.title)
        # Both have the same configuration; they differ in how they were trained to go on.
        return I2V if entry.last_frame != "none" else F1

    def pipeline(self) -> type[Any]:
        from diffusers import HunyuanVideoFramepackPipeline

        return HunyuanVideoFramepackPipeline

    def settings_of(self, kind: str, entry: ModelEntry, options: DiffusionSettings) -> dict[str, Any]:
        assert isinstance(options, FramepackSettings) and entry.sampling is not None
        return {
            "steps": options.steps or entry.sampling.steps,
            "guidance": entry.sampling.guidance if options.guidance is None else options.guidance,
            "true_guidance": options.true_guidance,
            "negative": options.negative,
            "window": WINDOW,
        }

    def negative_of(self, request: VideoRequest, sampled: Mapping[str, Any]) -> str | None:
        if sampled["true_guidance"] <= 1:
            return None
        return ", ".join(words for words in (request.negative, sampled["negative"]) if words)

    def encode(self, pipe: Any, text: str) -> Embeds:
        embeds, pooled, mask = pipe.encode_prompt(text)
        return embeds, pooled, mask

    def windows(self, request: VideoRequest) -> int:
        return (request.frames - 1) // (WINDOW * PER_LATENT)

    def arguments(
        self,
        kind: str,
        request: VideoRequest,
        pictures: Sequence[Image],
        text: Embeds,
        negative: Embeds | None,
        sampled: Mapping[str, Any],
    ) -> dict[str, Any]:
        if kind == F1 and request.last is not None:
            raise BadInput("FramePack F1 goes forwards only, and the segment has a last frame.", "Use framepack:i2v-hy.")
        names = ("prompt_embeds", "pooled_prompt_embeds", "prompt_attention_mask")
        given = {**dict(zip(names, text, strict=True))}
        if negative is not None:
            given |= {f"negative_{name}": value for name, value in zip(names, negative, strict=True)}
        return {
            "image": pictures[0],
            "last_image": pictures[1] if request.last else None,
            **given,
            "guidance_scale": sampled["guidance"],
            "true_cfg_scale": sampled["true_guidance"],
            # The pipeline counts windows by the frames that each decodes to alone.
            "num_frames": self.windows(request) * ((WINDOW - 1) * PER_LATENT + 1),
            "latent_window_size": WINDOW,
            "sampling_type": "vanilla" if kind == F1 else "inverted_anti_drifting",
        }

    def to_latents(self, pipe: Any, encoded: torch.Tensor) -> torch.Tensor:
        return encoded * pipe.vae.config.scaling_factor


def check_config(config: Mapping[str, Any], title: str) -> None:
    """Raise BadInput, with what it is, for a transformer that is no FramePack model's."""
    found = config.get("_class_name")
    # Its publisher's own files name a class of their own code.
    if found not in ("HunyuanVideoFramepackTransformer3DModel", "HunyuanVideoTransformer3DModelPacked"):
        raise BadInput(f"{title} is no FramePack model: its transformer is {found or 'unnamed'}.", "Wanted: FramePack I2V or F1.")


class Framepack:
    """The provider: what a name stands for, and a run's model."""

    name = "framepack"

    def like(self, model: str) -> str:
        """The listed model that a folder or repository is like. BadInput where it is none that renders here."""
        path = local_path(model)
        if path is not None and path.is_file() or model.lower().endswith(SUFFIXES):
            raise BadInput(f"{model} is a single file, and diffusers reads FramePack from folders only.", "Name a folder.")
        if path is None and not looks_like_repository(model):
            raise nothing_named(self.name, model)
        config = config_at(path) if path is not None else cached_config(model)
        if config is not None:
            check_config(config, model)
        # The two have the same configuration: only the name tells them apart.
        return "f1-i2v-hy" if re.search(r"(?<![a-z0-9])f1(?![a-z0-9])", PurePath(model).name.lower()) else "i2v-hy"

    def opened(self, around: Surroundings) -> AbstractContextManager[DiffusersRun]:
        """What renders in this run."""
        return opened(lambda: DiffusersRun(FramepackFamily(), around.settings.framepack, around))


PROVIDER = Framepack()
