"""Whether the models that are wired can render between keyframes, said before anything is sampled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import comfy.model_base

from longvid_core.errors import CannotRender

if TYPE_CHECKING:
    from longvid_core.providers.base import VideoRequest

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
    if vae.latent_channels != latent or vae.latent_dim != 3:
        raise CannotRender(
            f"the wired VAE makes {vae.latent_channels} channels in {vae.latent_dim} dimensions; the model needs {latent} in 3.",
            "Load the Wan2.1 VAE (wan_2.1_vae.safetensors).",
        )


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
