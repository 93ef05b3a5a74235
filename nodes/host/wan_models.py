"""Whether the models that are wired can render between keyframes, said before anything is sampled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import comfy.model_base

from longvid_core.errors import CannotRender

if TYPE_CHECKING:
    from longvid_core.providers.base import VideoRequest

_PICTURES = 20
"""Channels of the pictures that an image-to-video model goes by: 16 of their latents, 4 that say where those are."""
_WHICH = "Load a Wan image-to-video model: Wan2.1 FLF2V-14B-720P, Wan2.1 I2V-14B-480P or -720P."


def check_models(model: Any, vae: Any) -> None:
    """CannotRender for a model that is no Wan, one that takes no pictures, or another VAE; it names what is there."""
    inner = model.model
    if not isinstance(inner, comfy.model_base.WAN21):
        raise CannotRender(f"the wired model is {type(inner).__name__}, not a Wan video model.", _WHICH)
    latent = inner.latent_format.latent_channels
    if latent != 16:
        raise CannotRender(f"the wired Wan model has a latent of {latent} channels; this node samples 16.", _WHICH)
    taken = inner.diffusion_model.patch_embedding.weight.shape[1]
    if taken <= latent:
        raise CannotRender(
            f"the wired Wan model takes {taken} channels, the {latent} of its latent and none for pictures: "
            "it renders from text alone.",
            _WHICH,
        )
    if (more := taken - latent - _PICTURES) > 0:
        raise CannotRender(
            f"the wired Wan model takes {taken} channels: {latent} of its latent, {_PICTURES} for pictures, {more} of a control "
            "video, which this node has none of.",
            _WHICH,
        )
    if vae.latent_channels != latent or vae.latent_dim != 3:
        raise CannotRender(
            f"the wired VAE makes {vae.latent_channels} channels in {vae.latent_dim} dimensions; the model needs {latent} in 3.",
            "Load the Wan2.1 VAE (wan_2.1_vae.safetensors).",
        )


def check_text(model: Any, conditioning: Any) -> None:
    """CannotRender for a text of another encoder than Wan's, by its width."""
    wanted = getattr(model.model.diffusion_model, "text_dim", None)
    found = {tensor.shape[-1] for tensor, _ in conditioning}
    if wanted is not None and found - {wanted}:
        raise CannotRender(
            f"the wired CLIP makes {min(found - {wanted})} numbers of each word; the model reads {wanted}.",
            "Load UMT5-XXL (umt5_xxl_fp8_e4m3fn_scaled.safetensors) with type `wan`.",
        )


def check_picture(model: Any, seen: dict[str, Any]) -> None:
    """CannotRender for a picture seen by another CLIP vision model than Wan's, by its width."""
    reads = getattr(model.model.diffusion_model, "img_emb", None)
    states = seen.get("penultimate_hidden_states")
    if reads is not None and states is not None and states.shape[-1] != (wanted := reads.proj[0].normalized_shape[0]):
        raise CannotRender(
            f"the wired CLIP vision model makes {states.shape[-1]} numbers of each patch; the model reads {wanted}.",
            "Load CLIP ViT-H (clip_vision_h.safetensors), or leave clip_vision unconnected.",
        )


def other_shift(model: Any, shift: float) -> list[str]:
    """What a person should know where a sigma shift is wired before the node, and the node's own takes its place."""
    wired = getattr(getattr(model, "object_patches", {}).get("model_sampling"), "shift", None)
    if not shift or wired is None or wired == shift:
        return []
    return [f"the wired model has a shift of {wired:g}, and this node's shift {shift:g} takes its place. 0 keeps the model's."]


def other_wants(model: Any) -> list[str]:
    """What a person should know of a Wan model made to go by more than a text and its ends: sound, poses, a camera, a control."""
    inner = model.model
    beside = inner.diffusion_model.patch_embedding.weight.shape[1] - inner.latent_format.latent_channels
    if type(inner).extra_conds is comfy.model_base.WAN21.extra_conds and beside == _PICTURES:
        return []
    return [
        f"the wired model is a {type(inner).__name__} with {beside} channels beside its latent, made to go by more than the text "
        "and the pictures that this node gives it: it may not keep to them. Wan2.1 FLF2V and I2V do."
    ]


def ends_fit(model: Any, requests: Sequence[VideoRequest]) -> list[str]:
    """What a person should know about the ends that are asked of this model."""
    last = sum(request.last is not None for request in requests)
    trained = model.model.model_config.unet_config.get("flf_pos_embed_token_number") is not None
    if last and not trained:
        return [
            f"the wired Wan model was not trained on last frames, and {last} of these segments have one: it may not arrive on "
            "them. Wan2.1 FLF2V-14B-720P does."
        ]
    if trained and last < len(requests):
        return [
            f"the wired Wan model was trained on first and last frames, and {len(requests) - last} of these segments have no "
            "last one. Wan2.1 I2V-14B suits them better."
        ]
    return []
