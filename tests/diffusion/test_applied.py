"""Each setting of a local model, seen where it works: on the loaded pipeline, or on the frames."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from longvid_core.diffusion.loading import place_offloaded, set_attention
from longvid_core.errors import BadInput, MissingTool
from longvid_core.providers.base import VideoRequest
from longvid_core.providers.wan import PROVIDER
from tests.local_models import around, rendered, save_gguf, save_wan

Request = Callable[..., VideoRequest]


def with_settings(model: Path, request: VideoRequest, target: Path, **wan: Any) -> tuple[Any, str]:
    """The loaded pipeline, and the hash of the frames it made."""
    with PROVIDER.opened(around(wan)) as run:
        made = rendered(run, model, request, target)
        return run._pipe[1], made


@pytest.fixture(scope="module")
def plain(flf2v: Path, request_of: Request, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The frames without any setting."""
    return with_settings(flf2v, request_of(), tmp_path_factory.mktemp("plain") / "plain.mkv")[1]


@pytest.mark.parametrize(("name", "dtype"), [("bf16", "bfloat16"), ("fp16", "float16"), ("fp32", "float32")])
def test_precision(flf2v: Path, request_of: Request, tmp_path: Path, plain: str, name: str, dtype: str) -> None:
    import torch

    pipe, made = with_settings(flf2v, request_of(), tmp_path / "clip.mkv", dtype=name)
    assert pipe.transformer.blocks[0].attn1.to_q.weight.dtype == getattr(torch, dtype)
    assert pipe.vae.dtype == torch.float32
    assert (made == plain) == (name == "bf16")


def test_precision_of_the_vae(flf2v: Path, request_of: Request, tmp_path: Path, plain: str) -> None:
    import torch

    pipe, made = with_settings(flf2v, request_of(), tmp_path / "clip.mkv", vae_dtype="bf16")
    assert pipe.vae.dtype == torch.bfloat16 and made != plain


def test_tiling_and_slicing(flf2v: Path, request_of: Request, tmp_path: Path) -> None:
    request = request_of(width=320, height=64, frames=5)
    whole = with_settings(flf2v, request, tmp_path / "whole.mkv")[1]
    pipe, sliced = with_settings(flf2v, request, tmp_path / "sliced.mkv", vae_slicing=True)
    assert pipe.vae.use_slicing and sliced == whole  # it parts batches, and a batch is one clip
    pipe, tiled = with_settings(flf2v, request, tmp_path / "tiled.mkv", vae_tiling=True)
    assert pipe.vae.use_tiling and tiled != whole


def test_weights_kept_as_8_bit_floats(flf2v: Path, request_of: Request, tmp_path: Path, plain: str) -> None:
    import torch

    pipe, made = with_settings(flf2v, request_of(), tmp_path / "clip.mkv", layerwise_fp8=True)
    assert pipe.transformer.blocks[0].ffn.net[2].weight.dtype == torch.float8_e4m3fn
    assert pipe.transformer.patch_embedding.weight.dtype != torch.float8_e4m3fn  # too delicate
    assert made != plain


@pytest.mark.parametrize("quantization", ["int8", "int8-dynamic", "float8"])
def test_quantized_as_it_is_loaded(flf2v: Path, request_of: Request, tmp_path: Path, plain: str, quantization: str) -> None:
    pipe, made = with_settings(flf2v, request_of(), tmp_path / "clip.mkv", quantization=f"torchao:{quantization}")
    assert "torchao" in type(pipe.transformer.blocks[0].attn1.to_q.weight.data).__module__
    assert made != plain


def test_a_quantization_that_this_device_has_not_is_said_to_be_one(flf2v: Path, request_of: Request, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="wan.quantization: torchao:float8-dynamic cannot be had here"):
        with_settings(flf2v, request_of(), tmp_path / "clip.mkv", quantization="torchao:float8-dynamic")


def test_a_gguf_file(processor: None, request_of: Request, tmp_path: Path) -> None:
    """The other parts come from `base`; quantized rows stay quantized, and the pixels follow from them."""
    from diffusers.quantizers.gguf.utils import GGUFParameter

    folder = save_wan(tmp_path / "wide", "flf2v", width=16)
    file = save_gguf(folder, tmp_path / "wan-Q8_0.gguf")
    whole = with_settings(folder, request_of(), tmp_path / "whole.mkv")[1]
    pipe, made = with_settings(file, request_of(), tmp_path / "clip.mkv", base=str(folder))
    assert isinstance(pipe.transformer.blocks[0].attn1.to_q.weight, GGUFParameter)
    assert made != whole


def test_a_single_safetensors_file_makes_what_its_folder_makes(
    flf2v: Path, request_of: Request, tmp_path: Path, plain: str
) -> None:
    file = tmp_path / "my wan.safetensors"
    file.write_bytes((flf2v / "transformer" / "diffusion_pytorch_model.safetensors").read_bytes())
    assert with_settings(file, request_of(), tmp_path / "clip.mkv", base=str(flf2v))[1] == plain


def test_steps_guidance_shift_and_the_negative_prompt(flf2v: Path, request_of: Request, tmp_path: Path, plain: str) -> None:
    changes: list[dict[str, Any]] = [{"steps": 3}, {"guidance": 1.0}, {"shift": 3.0}, {"negative": "fog"}, {"negative": ""}]
    made = [with_settings(flf2v, request_of(), tmp_path / f"{i}.mkv", **change)[1] for i, change in enumerate(changes)]
    assert len({plain, *made}) == len(changes) + 1


def test_another_attention_backend(flf2v: Path, request_of: Request, tmp_path: Path) -> None:
    from diffusers.models.attention_dispatch import _AttentionBackendRegistry, attention_backend

    with attention_backend("_native_math"):  # as DIFFUSERS_ATTN_BACKEND sets it, for all who say nothing
        pipe, _ = with_settings(flf2v, request_of(), tmp_path / "own.mkv")
    assert pipe.transformer.blocks[0].attn1.processor._attention_backend == "native", "as it is recorded"
    before = _AttentionBackendRegistry.get_active_backend()[0]
    pipe, made = with_settings(flf2v, request_of(), tmp_path / "clip.mkv", attention="_native_math")
    assert pipe.transformer.blocks[0].attn1.processor._attention_backend == "_native_math"
    assert _AttentionBackendRegistry.get_active_backend()[0] == before  # other models of this process keep theirs
    with pytest.raises(BadInput, match="no attention backend 'quick'"):
        set_attention("wan", pipe.transformer, "quick")


def test_the_text_encoder_goes_when_memory_is_short(flf2v: Path, request_of: Request, tmp_path: Path, plain: str) -> None:
    said: list[str] = []
    with PROVIDER.opened(around({"offload": "model"}, said)) as run:
        made = rendered(run, flf2v, request_of(), tmp_path / "clip.mkv")
        assert run._encoder is None and run._texts
    assert made == plain
    assert any("no GPU" in note and "wan.offload" in note for note in said)
    with PROVIDER.opened(around()) as run:
        rendered(run, flf2v, request_of(), tmp_path / "clip.mkv")
        assert run._encoder is not None


@pytest.mark.parametrize("offload", ["model", "group"])
def test_offloaded_weights_make_the_same_frames(
    flf2v: Path, request_of: Request, tmp_path: Path, plain: str, offload: str
) -> None:
    """With the processor in the place of a GPU: what moves the weights runs, and the pixels do not change."""
    import torch

    with PROVIDER.opened(around()) as run:
        pipe = run._loaded(str(flf2v))
        place_offloaded(pipe, offload, torch.device("cpu"))
        hooked = [m for m in pipe.transformer.modules() if hasattr(m, "_hf_hook") or hasattr(m, "_diffusers_hook")]
        assert hooked
        assert rendered(run, flf2v, request_of(), tmp_path / "clip.mkv") == plain


def test_only_algorithms_that_repeat(
    flf2v: Path, request_of: Request, tmp_path: Path, plain: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch
    from diffusers import WanTransformer3DModel

    seen: list[bool] = []
    forward = WanTransformer3DModel.forward

    def look(self: Any, *args: Any, **more: Any) -> Any:
        seen.append(torch.are_deterministic_algorithms_enabled())
        return forward(self, *args, **more)

    monkeypatch.setattr(WanTransformer3DModel, "forward", look)
    made = with_settings(flf2v, request_of(), tmp_path / "clip.mkv", deterministic=True)[1]
    assert seen and all(seen) and not torch.are_deterministic_algorithms_enabled()
    assert made == plain


def test_a_device_that_is_not_there(flf2v: Path, request_of: Request, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="wan.device: cuda:99 is not there"):
        with_settings(flf2v, request_of(), tmp_path / "clip.mkv", device="cuda:99")


@pytest.mark.parametrize(
    ("package", "settings"),
    [
        ("torch", {}),
        ("diffusers", {}),
        ("accelerate", {}),
        ("torchao", {"quantization": "torchao:int8"}),
        ("bitsandbytes", {"quantization": "bitsandbytes:4bit"}),
        ("flash_attn", {"attention": "flash"}),
        ("sageattention", {"attention": "sage"}),
        ("xformers", {"attention": "xformers"}),
        ("kernels", {"attention": "flash_hub"}),
    ],
)
def test_a_missing_package_is_named(
    flf2v: Path, request_of: Request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, settings: dict
) -> None:
    monkeypatch.setitem(sys.modules, package, None)  # as if it were not installed
    with pytest.raises(MissingTool) as missing:
        with_settings(flf2v, request_of(), tmp_path / "clip.mkv", **settings)
    told = str(missing.value)
    assert package.replace("flash_attn", "flash-attn").lower() in told.lower() or (package == "torch" and "PyTorch" in told)
    assert "nstall" in told
