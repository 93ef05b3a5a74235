"""Makes the model files: `python tests/comfy/tiny/make.py COMFYUI MODELS`. In a process of its own: ComfyUI is no package."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SMALL = {"dim": 128, "ffn_dim": 256, "num_heads": 1, "num_layers": 2}  # heads = dim / 128 is how ComfyUI counts them
WANS = {
    "tiny_wan_flf2v": {"model_type": "i2v", "in_dim": 36, "flf_pos_embed_token_number": 514},
    "tiny_wan_i2v": {"model_type": "i2v", "in_dim": 36},
    "tiny_wan22_i2v": {"model_type": "t2v", "in_dim": 36},
    "tiny_wan_t2v": {"model_type": "t2v", "in_dim": 16},
    "tiny_wan22_ti2v": {"model_type": "t2v", "in_dim": 48, "out_dim": 48},
}
VAE: dict[str, Any] = {
    "dim": 4, "z_dim": 16, "dim_mult": [1, 2, 4, 4], "num_res_blocks": 2, "attn_scales": [],
    "temperal_downsample": [False, True, True], "image_channels": 3, "conv_out_channels": 3, "dropout": 0.0,
}  # fmt: skip
RANK = 4


def main(comfyui: str, models: str) -> None:
    """Write every model as safetensors into the folders ComfyUI looks for it in, under `models`."""
    sys.path.insert(0, comfyui)
    sys.argv = ["make.py", "--cpu"]
    import comfy.options

    comfy.options.enable_args_parsing()
    import comfy.ldm.wan.model
    import comfy.ldm.wan.vae
    import comfy.ops
    import torch

    folder = Path(models)
    layers = comfy.ops.disable_weight_init
    for seed, (name, options) in enumerate(WANS.items()):
        wan = comfy.ldm.wan.model.WanModel(**SMALL, **options, operations=layers)
        save(drawn(wan.state_dict(), seed), folder / "diffusion_models" / f"{name}.safetensors")
    vae = comfy.ldm.wan.vae.WanVAE(**VAE)
    save(drawn(vae.state_dict(), 50), folder / "vae" / "tiny_wan_vae.safetensors")
    generator = torch.Generator().manual_seed(70)
    lora = {}
    for layer in ("self_attn.q", "self_attn.v", "cross_attn.o", "ffn.0"):
        out, into = (SMALL["ffn_dim"] if layer == "ffn.0" else SMALL["dim"]), SMALL["dim"]
        lora[f"diffusion_model.blocks.0.{layer}.lora_A.weight"] = torch.randn(RANK, into, generator=generator) * 0.2
        lora[f"diffusion_model.blocks.0.{layer}.lora_B.weight"] = torch.randn(out, RANK, generator=generator) * 0.2
    save(lora, folder / "loras" / "tiny_lora.safetensors")
    checkpoint(folder / "checkpoints" / "tiny_sd3.ckpt")


def checkpoint(file: Path) -> None:
    """A Stable Diffusion 3 checkpoint, model, CLIP-L and VAE in one, as the core's checkpoint loader takes it.

    CLIP-L has one size, 123 million weights: here they are overlapping views of a short row of noise, which is all that the
    file holds.
    """
    import comfy.ldm.modules.diffusionmodules.mmdit
    import comfy.ops
    import comfy.sd1_clip
    import comfy.taesd.taesd
    import torch

    context = {"target": "torch.nn.Linear", "params": {"in_features": 4096, "out_features": 128}}
    model = comfy.ldm.modules.diffusionmodules.mmdit.MMDiT(
        input_size=None, patch_size=2, in_channels=16, depth=2, num_patches=32 * 32, pos_embed_max_size=32, adm_in_channels=2048,
        context_embedder_config=context, operations=comfy.ops.disable_weight_init, dtype=torch.float32,
    )  # fmt: skip
    encoder = comfy.sd1_clip.SDClipModel(device="meta", dtype=torch.float32)
    vae = comfy.taesd.taesd.TAESD(latent_channels=16)
    parts = {
        "model.diffusion_model.": drawn(model.state_dict(), 80),
        "text_encoders.clip_l.": views(encoder.state_dict(), 81),
        "first_stage_model.": {**drawn(vae.state_dict(), 82), "vae_scale": torch.tensor(1.0), "vae_shift": torch.tensor(0.0)},
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    torch.save({f"{prefix}{name}": value for prefix, part in parts.items() for name, value in part.items()}, file)


def views(weights: Mapping[str, Any], seed: int, step: int = 8) -> dict[str, Any]:
    """As `drawn`, for large weights: each row of a matrix begins `step` numbers after the one before it, in the same noise."""
    import torch

    noise = torch.randn(2**20, generator=torch.Generator().manual_seed(seed))
    scaled: dict[float, Any] = {}
    values = {}
    for name, like in weights.items():
        scale = like.shape[1] ** -0.5 if like.ndim == 2 else 0.1
        row = scaled.setdefault(scale, noise * scale)
        values[name] = row.as_strided(like.shape, (step, 1)[2 - like.ndim :], 37 * len(values))
        if "norm" in name and name.endswith("weight"):
            values[name] = 1 + values[name]
    return values


def drawn(weights: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """Random weights of these shapes, scaled so that what goes through neither dies nor explodes."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    values = {}
    for name, like in weights.items():
        noise = torch.randn(like.shape, generator=generator)
        if like.ndim >= 2 and like[0].numel() > 1:
            values[name] = noise * like[0].numel() ** -0.5
        elif "norm" in name and name.endswith("weight") or name.endswith("gamma"):
            values[name] = 1 + 0.1 * noise
        else:
            values[name] = 0.1 * noise
    return values


def save(weights: Mapping[str, Any], file: Path) -> None:
    from safetensors.torch import save_file

    file.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: value.contiguous() for name, value in weights.items()}, file)


if __name__ == "__main__":
    main(*sys.argv[1:3])
