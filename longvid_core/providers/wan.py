"""Wan image-to-video on this machine, through diffusers: a clip from its first frame, or between its first and its last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from ..catalog import ModelEntry
from ..diffusion.family import Embeds, Family
from ..diffusion.headers import Shapes, shapes_in
from ..diffusion.models import Files, cached_config, config_at, local_path, looks_like_repository, nothing_named
from ..diffusion.parts import Component
from ..diffusion.run import DiffusersRun, opened
from ..diffusion.settings import DiffusionSettings, Precision, WanSettings
from ..errors import BadInput
from .base import Surroundings, VideoRequest

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image

FLF2V, I2V, I2V_22 = "wan2.1-flf2v", "wan2.1-i2v", "wan2.2-i2v"
_LIKE = {FLF2V: "flf2v-14b-720p", I2V: "i2v-14b-480p", I2V_22: "i2v-a14b"}
_CHANNELS = 36
"""What a transformer that takes pictures reads: 16 of noise, 16 of the pictures' latents, 4 that say where those are."""
_TOKENS = 512


class WanFamily(Family):
    """diffusers' `WanImageToVideoPipeline`."""

    name = "wan"
    components = (
        Component("tokenizer", "files", "transformers", "AutoTokenizer", text=True),
        Component("text_encoder", "weights", "transformers", "UMT5EncoderModel", text=True),
        Component("image_encoder", "weights", "transformers", "CLIPVisionModel", optional=True),
        Component("image_processor", "files", "transformers", "CLIPImageProcessor", optional=True),
        Component("transformer", "weights", "diffusers", "WanTransformer3DModel"),
        Component("transformer_2", "weights", "diffusers", "WanTransformer3DModel", optional=True),
        Component("vae", "weights", "diffusers", "AutoencoderKLWan"),
        Component("scheduler", "files", "diffusers", ""),
    )

    def kind_of(self, files: Files, entry: ModelEntry) -> str:
        title = files.transformer.source.title
        kind = kind_of_config(files.transformer.config, title)
        if files.single is not None and (own := kind_of_shapes(shapes_in(files.single), title)) != kind:
            base = files.parts["vae"].source.title
            raise BadInput(f"{title} is {own}, and {base}, which has the other parts, is {kind}.", "Set wan.base to one alike.")
        if kind != I2V_22 and "image_encoder" not in files.parts:
            raise BadInput(f"{title} has no image_encoder, which {kind} needs.", "Download it again, whole.")
        return kind

    def pipeline(self) -> type[Any]:
        from diffusers import WanImageToVideoPipeline

        return WanImageToVideoPipeline

    def pipeline_options(self, files: Files) -> dict[str, Any]:
        ratio = files.index.get("boundary_ratio")
        return {"boundary_ratio": ratio} if ratio is not None and "transformer_2" in files.parts else {}

    def precision_of(self, component: str, options: DiffusionSettings) -> Precision:
        # The pictures' encoder is small, and its publisher runs it in full.
        return "fp32" if component == "image_encoder" else super().precision_of(component, options)

    def settings_of(self, kind: str, entry: ModelEntry, options: DiffusionSettings) -> dict[str, Any]:
        assert isinstance(options, WanSettings) and entry.sampling is not None
        published = entry.sampling
        return {
            "steps": options.steps or published.steps,
            "guidance": published.guidance if options.guidance is None else options.guidance,
            "shift": options.shift or published.shift,
            "negative": published.negative if options.negative is None else options.negative,
        }

    def negative_of(self, request: VideoRequest, sampled: Mapping[str, Any]) -> str | None:
        if sampled["guidance"] <= 1:
            return None
        return ", ".join(words for words in (request.negative, sampled["negative"]) if words)

    def prepare(self, pipe: Any, sampled: Mapping[str, Any]) -> None:
        if sampled["shift"] is None:
            return
        scheduler = pipe.scheduler
        name = next((n for n in ("flow_shift", "shift") if n in scheduler.config), None)
        if name is None:
            raise BadInput(f"wan.shift: {type(scheduler).__name__} has no shift.", "Leave it out.")
        pipe.scheduler = type(scheduler).from_config(scheduler.config, **{name: sampled["shift"]})

    def encode(self, pipe: Any, text: str) -> Embeds:
        embeds, _ = pipe.encode_prompt(text, do_classifier_free_guidance=False, max_sequence_length=_TOKENS)
        return (embeds,)

    def arguments(
        self,
        kind: str,
        request: VideoRequest,
        pictures: Sequence[Image],
        text: Embeds,
        negative: Embeds | None,
        sampled: Mapping[str, Any],
    ) -> dict[str, Any]:
        if kind == FLF2V and request.last is None:
            raise BadInput(
                "this Wan model goes from a first frame to a last one, and the segment has no last frame.",
                "Use --mode keyframe, or a model that takes a first frame alone: wan:i2v-14b-480p.",
            )
        if kind == I2V and request.last is not None:
            raise BadInput(
                "this Wan model takes a first frame alone, and the segment has a last one, too.",
                "Use --mode chaining, or a model that takes both: wan:flf2v-14b-720p.",
            )
        return {
            "image": pictures[0],
            "last_image": pictures[1] if request.last else None,
            "prompt_embeds": text[0],
            "negative_prompt_embeds": negative[0] if negative else None,
            "guidance_scale": sampled["guidance"],
            "num_frames": request.frames,
        }

    def to_latents(self, pipe: Any, encoded: torch.Tensor) -> torch.Tensor:
        import torch

        mean, deviation = (
            torch.tensor(values).view(1, -1, 1, 1, 1).to(encoded)
            for values in (pipe.vae.config.latents_mean, pipe.vae.config.latents_std)
        )
        return (encoded - mean) / deviation


def kind_of_config(config: Mapping[str, Any], title: str) -> str:
    """Which kind of model a transformer's config.json describes. BadInput, with what it is, for one that takes no pictures."""
    found = config.get("_class_name")
    if found != "WanTransformer3DModel":
        raise BadInput(f"{title} is no Wan image-to-video model: its transformer is {found or 'unnamed'}.", _WANTED)
    if config.get("in_channels") != _CHANNELS:
        raise BadInput(
            f"{title} is no Wan image-to-video model: its transformer reads {config.get('in_channels')} channels "
            f"and not {_CHANNELS}, so it takes no pictures.",
            _WANTED,
        )
    if config.get("image_dim") is None:
        return I2V_22
    return FLF2V if config.get("pos_embed_seq_len") is not None else I2V


def kind_of_shapes(shapes: Shapes, title: str) -> str:
    """The same from a single file's tensors, named as Wan's publisher names them or as diffusers does."""
    own = {name.removeprefix("model.diffusion_model."): shape for name, shape in shapes.items()}
    patches = own.get("patch_embedding.weight")
    if patches is None:
        some = ", ".join(sorted(own)[:3]) or "no tensor"
        raise BadInput(f"{title} is no Wan model: it holds {some}.", _WANTED)
    if "scaled_fp8" in own or any(name.endswith(".scale_weight") for name in own):
        raise BadInput(
            f"{title} is in ComfyUI's scaled fp8, which diffusers cannot read.",
            "Use the bf16 or fp16 file, with wan.layerwise_fp8.",
        )
    if other := next((what for what in ("vace", "motion_encoder", "control_adapter") if any(what in name for name in own)), None):
        raise BadInput(f"{title} is another kind of Wan model: it has {other} in it.", _WANTED)
    if len(patches) == 5 and patches[1] != _CHANNELS:
        raise BadInput(f"{title} is no Wan image-to-video model: it reads {patches[1]} channels and not {_CHANNELS}.", _WANTED)
    if any(name in own for name in ("img_emb.emb_pos", "condition_embedder.image_embedder.pos_embed")):
        return FLF2V
    if any(name.startswith(("img_emb.", "condition_embedder.image_embedder.")) for name in own):
        return I2V
    raise BadInput(f"{title} is half of Wan2.2 I2V: that has two transformers.", "Name a diffusers folder that has both.")


_WANTED = "Wanted: a WanImageToVideoPipeline, such as Wan2.1 FLF2V or I2V."


class Wan:
    """The provider: what a name stands for, and a run's model."""

    name = "wan"

    def like(self, model: str) -> str:
        """The listed model that a folder, single file or repository is like. BadInput where it is none that renders here."""
        path = local_path(model)
        if path is not None and path.is_file():
            return _LIKE[kind_of_shapes(shapes_in(path), str(path))]
        if path is not None:
            return _LIKE[kind_of_config(config_at(path), str(path))]
        if not looks_like_repository(model):
            raise nothing_named(self.name, model)
        if config := cached_config(model):
            return _LIKE[kind_of_config(config, model)]
        return _LIKE[_kind_by_name(model)]

    def opened(self, around: Surroundings) -> AbstractContextManager[DiffusersRun]:
        """What renders in this run."""
        return opened(lambda: DiffusersRun(WanFamily(), around.settings.wan, around))


def _kind_by_name(repository: str) -> str:
    """What a repository that is not here calls itself. Its files are looked at before anything is rendered."""
    name = repository.lower()
    for word, kind in (("flf2v", FLF2V), ("i2v-a14b", I2V_22), ("i2v", I2V)):
        if word in name:
            return kind
    raise BadInput(
        f"whether {repository} starts from one frame or goes between two cannot be told from its name.",
        f"Get it first: hf download {repository}; or check the name: there is no folder of it here.",
    )


PROVIDER = Wan()
