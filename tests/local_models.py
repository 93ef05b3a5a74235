"""Local video models for tests: random weights at the true architecture, a few hundred kilobytes, made in a second."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from longvid_core.diffusion.run import DiffusersRun
from longvid_core.diffusion.settings import WanSettings
from longvid_core.files import sha256_file
from longvid_core.media.frames import count_and_hash
from longvid_core.media.images import asset_of
from longvid_core.models.asset import Asset
from longvid_core.models.visual import VisualState
from longvid_core.providers.base import Surroundings, VideoRequest, Watch
from longvid_core.settings import Settings

LETTERS = "▁abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.,;:!?'0123456789-"


def _tokenizer(*words: str) -> Any:
    """Knows letters, and some words whole."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *((c, -3.0) for c in LETTERS), *((w, -2.0) for w in words)]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=2, byte_fallback=False))
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>")


def wan_transformer(kind: str, width: int = 12, seed: int = 0) -> Any:
    """`flf2v`, `i2v` (of Wan2.1), `i2v-2.2` or `t2v`. `width`: of each of its two heads."""
    import torch
    from diffusers import WanTransformer3DModel

    torch.manual_seed(seed)
    pictures = {"image_dim": 4, "added_kv_proj_dim": 2 * width, "pos_embed_seq_len": 34 if kind == "flf2v" else None}
    return WanTransformer3DModel(
        patch_size=(1, 2, 2),
        num_attention_heads=2,
        attention_head_dim=width,
        in_channels=16 if kind == "t2v" else 36,
        out_channels=16,
        text_dim=32,
        freq_dim=256,
        ffn_dim=32,
        num_layers=2,
        cross_attn_norm=True,
        qk_norm="rms_norm_across_heads",
        rope_max_seq_len=32,
        **(pictures if kind in ("flf2v", "i2v") else {}),
    )


def save_wan(folder: Path, kind: str, *, width: int = 12) -> Path:
    """A Wan pipeline as diffusers saves it."""
    import torch
    from diffusers import AutoencoderKLWan, FlowMatchEulerDiscreteScheduler, WanImageToVideoPipeline
    from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModel, UMT5Config, UMT5EncoderModel

    torch.manual_seed(1)
    tokenizer = _tokenizer()
    words = UMT5Config(vocab_size=len(tokenizer), d_model=32, d_kv=8, d_ff=37, num_layers=2, num_heads=4, dropout_rate=0.0)
    eyes = CLIPVisionConfig(
        hidden_size=4,
        projection_dim=4,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=32,
        intermediate_size=16,
        patch_size=8,
    )
    two = kind == "i2v-2.2"
    pipe = WanImageToVideoPipeline(
        tokenizer=tokenizer,
        text_encoder=UMT5EncoderModel(words),
        image_encoder=None if two else CLIPVisionModel(eyes),
        image_processor=None if two else CLIPImageProcessor(crop_size=32, size=32),
        transformer=wan_transformer(kind, width),
        transformer_2=wan_transformer(kind, width, seed=2) if two else None,
        vae=AutoencoderKLWan(
            base_dim=3, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1, temperal_downsample=[False, True, True]
        ),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=7.0),
        boundary_ratio=0.9 if two else None,
    )
    pipe.save_pretrained(folder)
    return folder


def save_framepack(folder: Path) -> Path:
    """A FramePack pipeline as diffusers saves it. Its tokenizer spends 95 tokens on what comes before the prompt, or more."""
    import torch
    from diffusers import (
        AutoencoderKLHunyuanVideo,
        FlowMatchEulerDiscreteScheduler,
        HunyuanVideoFramepackPipeline,
        HunyuanVideoFramepackTransformer3DModel,
    )
    from diffusers.pipelines.hunyuan_video.pipeline_hunyuan_video_framepack import DEFAULT_PROMPT_TEMPLATE
    from transformers import (
        CLIPTextConfig,
        CLIPTextModel,
        LlamaConfig,
        LlamaModel,
        SiglipImageProcessor,
        SiglipVisionConfig,
        SiglipVisionModel,
    )

    torch.manual_seed(3)
    said = sorted({f"▁{word}" for word in DEFAULT_PROMPT_TEMPLATE["template"].split() if re.fullmatch(r"[a-z]{3,}", word)})
    llama, clip = _tokenizer(*said), _tokenizer()
    clip.model_max_length = 77
    pipe = HunyuanVideoFramepackPipeline(
        tokenizer=llama,
        text_encoder=LlamaModel(
            LlamaConfig(
                vocab_size=len(llama), hidden_size=16, intermediate_size=37, num_attention_heads=4, num_hidden_layers=3,
                pad_token_id=0,
            )
        ),
        tokenizer_2=clip,
        text_encoder_2=CLIPTextModel(
            CLIPTextConfig(
                vocab_size=len(clip), hidden_size=8, intermediate_size=37, num_attention_heads=4, num_hidden_layers=2,
                projection_dim=8, pad_token_id=0, bos_token_id=1, eos_token_id=1,
            )
        ),
        feature_extractor=SiglipImageProcessor(size={"height": 30, "width": 30}),
        image_encoder=SiglipVisionModel(
            SiglipVisionConfig(
                hidden_size=16, image_size=30, intermediate_size=37, num_attention_heads=4, num_hidden_layers=2, patch_size=15
            )
        ),
        transformer=HunyuanVideoFramepackTransformer3DModel(
            in_channels=4, out_channels=4, num_attention_heads=2, attention_head_dim=10, num_layers=1, num_single_layers=1,
            num_refiner_layers=1, patch_size=2, patch_size_t=1, guidance_embeds=True, text_embed_dim=16, pooled_projection_dim=8,
            rope_axes_dim=(2, 4, 4), image_condition_type=None, has_image_proj=True, image_proj_dim=16, has_clean_x_embedder=True,
        ),
        vae=AutoencoderKLHunyuanVideo(
            latent_channels=4, block_out_channels=(4, 4, 4, 4), layers_per_block=1, norm_num_groups=4
        ),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=7.0),
    )  # fmt: skip
    pipe.save_pretrained(folder)
    return folder


def save_gguf(folder: Path, file: Path) -> Path:
    """The transformer of a pipeline's folder as a GGUF file, quantized where its rows are long enough."""
    import gguf
    from safetensors.numpy import load_file

    writer = gguf.GGUFWriter(str(file), arch="wan")
    for name, tensor in load_file(folder / "transformer" / "diffusion_pytorch_model.safetensors").items():
        if tensor.ndim == 2 and tensor.shape[1] % 32 == 0 and name.startswith("blocks."):
            kind = gguf.GGMLQuantizationType.Q8_0
            writer.add_tensor(name, gguf.quants.quantize(tensor, kind), raw_dtype=kind)
        else:
            writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


@pytest.fixture(scope="session")
def processor() -> Iterator[None]:
    """The same machine for every test: no GPU, and one thread, as models this small wait for others longer than they compute."""
    import torch

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUDA_VISIBLE_DEVICES", "")
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        yield
        torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def flf2v(processor: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Wan2.1 pipeline that goes from a first frame to a last one."""
    return save_wan(tmp_path_factory.mktemp("models") / "flf2v", "flf2v")


@pytest.fixture(scope="session")
def i2v(processor: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Wan2.1 pipeline that goes on from a first frame."""
    return save_wan(tmp_path_factory.mktemp("models") / "i2v", "i2v")


@pytest.fixture(scope="session")
def framepack(processor: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A FramePack pipeline."""
    return save_framepack(tmp_path_factory.mktemp("models") / "framepack")


class Samplings:
    """Counts what a transformer is asked, the real one."""

    def __init__(self, passes: int) -> None:
        self.passes = 0
        self._each = passes

    @property
    def clips(self) -> float:
        """How many clips were sampled from beginning to end."""
        return self.passes / self._each


@pytest.fixture
def samplings(monkeypatch: pytest.MonkeyPatch) -> Iterator[Samplings]:
    """Two steps a clip, each with and without the prompt: four passes. Counted at the transformer itself."""
    from diffusers import WanTransformer3DModel

    monkeypatch.setenv("LONGVID_WAN__STEPS", "2")
    counted = Samplings(passes=4)
    forward = WanTransformer3DModel.forward

    def count(self: Any, *args: Any, **more: Any) -> Any:
        counted.passes += 1
        return forward(self, *args, **more)

    monkeypatch.setattr(WanTransformer3DModel, "forward", count)
    yield counted


def around(wan: dict[str, Any] | None = None, said: list[str] | None = None) -> Surroundings:
    """What a run offers a provider, with these settings for Wan."""
    settings = Settings().model_copy(update={"wan": WanSettings(**{"steps": 2, **(wan or {})})})
    notes = said if said is not None else []
    return Surroundings(settings=settings, sha256_of=sha256_file, notice=notes.append)


@pytest.fixture(scope="session")
def request_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., VideoRequest]:
    """A segment to render, between two pictures of few colours."""
    folder = tmp_path_factory.mktemp("pictures")

    def picture(colour: str, width: int, height: int) -> Asset:
        file = folder / f"{colour[1:]}-{width}x{height}.png"
        grey = Image.linear_gradient("L").resize((width, height)).convert("RGB")
        Image.blend(grey, Image.new("RGB", grey.size, colour), 0.5).save(file)
        return asset_of(file)

    def make(*, last: bool = True, width: int = 64, height: int = 48, **more: Any) -> VideoRequest:
        values: dict[str, Any] = {"prompt": "A boat.", "negative": "", "visual": VisualState(), "seed": 7, "frames": 9, "fps": 16}
        values |= {"first": picture("#a04020", width, height), "last": picture("#2040a0", width, height) if last else None}
        return VideoRequest(**{**values, "width": width, "height": height, **more})

    return make


def rendered(run: DiffusersRun, model: object, request: VideoRequest, target: Path, watch: Watch | None = None) -> str:
    """The frames_sha256 of what a run makes of a request."""
    asyncio.run(run.render(str(model), request, target, watch or Watch()))
    return count_and_hash(target)[1]
