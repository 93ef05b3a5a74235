"""While a clip is sampled: what is told, how it stops, what happens when memory runs out, and that nothing stays behind."""

from __future__ import annotations

import asyncio
import gc
import pkgutil
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from longvid_core.errors import BadInput, Interrupted, RenderFailed
from longvid_core.providers.base import VideoRequest, Watch
from longvid_core.providers.wan import PROVIDER
from tests.films import Studio, outcomes, small_plan
from tests.local_models import Samplings, around, rendered

Request = Callable[..., VideoRequest]


def test_steps_and_pictures_are_told(flf2v: Path, request_of: Request, tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    pictures: list[Image.Image] = []
    watch = Watch(steps=lambda done, total: steps.append((done, total)), preview=pictures.append)
    with PROVIDER.opened(around({"steps": 4})) as run:
        rendered(run, flf2v, request_of(), tmp_path / "clip.mkv", watch)
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert len(pictures) == 3  # two steps tell where the noise is going to
    assert all(p.mode == "RGB" and p.size == (32, 24) for p in pictures)


def test_a_preview_shows_the_colours_of_the_picture(flf2v: Path, request_of: Request, tmp_path: Path) -> None:
    """The map from latents to colours, tried on the latents of a picture it was fitted to."""
    import torch

    from longvid_core.diffusion.stepping import Sketch
    from longvid_core.providers.wan import WanFamily

    with PROVIDER.opened(around()) as run, torch.inference_mode():
        pipe = run._loaded(str(flf2v))
        picture = Image.open(request_of().first.path)
        sketch = Sketch(pipe, WanFamily(), [picture])
        pixels = pipe.video_processor.preprocess(picture).unsqueeze(2)
        latents = WanFamily().to_latents(pipe, pipe.vae.encode(pixels).latent_dist.mode())
        shown = np.asarray(sketch.of(latents).resize(picture.size), int)
    assert np.abs(shown - np.asarray(picture, int)).mean() < 12


def test_it_stops_within_a_step(flf2v: Path, request_of: Request, tmp_path: Path, samplings: Samplings) -> None:
    """A step of a large model takes long: it is asked between the transformer's blocks."""
    stop = threading.Event()
    blocks = 0

    def interrupted() -> bool:
        nonlocal blocks
        blocks += samplings.passes > 0
        return blocks > 2 or stop.is_set()

    with PROVIDER.opened(around()) as run:
        with pytest.raises(Interrupted) as stopped:
            rendered(run, flf2v, request_of(), tmp_path / "clip.mkv", Watch(interrupted=interrupted))
        assert samplings.passes <= 2
        assert stopped.value.__context__ is None  # it holds no tensors
        assert rendered(run, flf2v, request_of(), tmp_path / "clip.mkv")  # and the next one goes on
    assert not list(tmp_path.glob("*.part"))


def test_nothing_of_a_clip_is_alive_when_it_is_done(
    flf2v: Path, request_of: Request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from diffusers import AutoencoderKLWan, WanTransformer3DModel

    seen: list[weakref.ref[Any]] = []
    forward, decode = WanTransformer3DModel.forward, AutoencoderKLWan.decode

    def look(self: Any, hidden_states: Any, *args: Any, **more: Any) -> Any:
        seen.append(weakref.ref(hidden_states))
        return forward(self, hidden_states, *args, **more)

    def keep(self: Any, *args: Any, **more: Any) -> Any:
        made = decode(self, *args, **more)
        seen.append(weakref.ref(made[0]))
        return made

    monkeypatch.setattr(WanTransformer3DModel, "forward", look)
    monkeypatch.setattr(AutoencoderKLWan, "decode", keep)
    with PROVIDER.opened(around()) as run:
        rendered(run, flf2v, request_of(), tmp_path / "clip.mkv")
        assert len(seen) == 5 and all(ref() is None for ref in seen)
        model = weakref.ref(run._pipe[1].transformer)
    gc.collect()
    assert model() is None  # leaving the run frees the model


TRANSFORMER, DECODER = "diffusers.WanTransformer3DModel.forward", "diffusers.AutoencoderKLWan.decode"


def of(name: str) -> Any:
    """What is called that, in a library that takes long to load."""
    return pkgutil.resolve_name(name)


class Full:
    """A device without memory for a while: the transformer or the decoder fails as torch does."""

    def __init__(self, patch: pytest.MonkeyPatch, place: str, error: Callable[[], Exception]) -> None:
        self.times = 1
        where, _, name = place.rpartition(".")
        cls = of(where)
        real = getattr(cls, name)

        def fail(me: Any, *args: Any, **more: Any) -> Any:
            if self.times:
                self.times -= 1
                raise error()
            return real(me, *args, **more)

        patch.setattr(cls, name, fail)


@pytest.mark.parametrize(
    ("place", "error", "doing"),
    [
        (TRANSFORMER, lambda: of("torch.OutOfMemoryError")("CUDA out of memory."), "sampling the first step"),
        (DECODER, lambda: RuntimeError("MPS backend out of memory"), "decoding the frames"),
        (DECODER, lambda: RuntimeError("[enforce fail] can't allocate memory: 8 GB"), "decoding the frames"),
    ],
)
def test_out_of_memory_says_what_to_switch_on(
    studio: Studio, flf2v: Path, samplings: Samplings, monkeypatch: pytest.MonkeyPatch, place: str, error: Any, doing: str
) -> None:
    """One segment fails with advice; the next has the memory again and is rendered."""
    Full(monkeypatch, place, error)
    made = studio.clips(small_plan(2, frames=9), backend=f"wan:{flf2v}")
    assert outcomes(made) == ["failed", "rendered"]
    message = made.outcomes[0].message
    assert message is not None and message.startswith(f"out of memory while {doing}. Switch on, one after another: 1) ")
    assert "wan.vae_tiling: true" in message and "a smaller size or fewer frames" in message


def test_advice_leaves_out_what_is_on_and_goes_by_the_device() -> None:
    import torch

    from longvid_core.diffusion.memory import advice
    from longvid_core.diffusion.settings import WanSettings

    def steps(device: str, gguf: bool = False, **settings: Any) -> list[str]:
        text = advice("wan", WanSettings(**settings), torch.device(device), gguf=gguf)
        return [step.split(") ", 1)[1].removeprefix("wan.") for step in text.split("; ")]

    smaller = "a smaller size or fewer frames"
    fp8 = "layerwise_fp8: true, or wan.quantization: torchao:int8"
    assert steps("cuda") == [
        "vae_tiling: true", "offload: model", fp8, "vae_dtype: bf16", "offload: group", "offload: sequential", smaller,
    ]  # fmt: skip
    assert steps("cuda", vae_tiling=True, offload="model", layerwise_fp8=True) == ["vae_dtype: bf16", "offload: group", smaller]
    assert steps("cuda", gguf=True, vae_tiling=True, vae_dtype="bf16") == ["offload: model", "offload: group", smaller]
    assert steps("cuda", quantization="bitsandbytes:4bit", vae_tiling=True, vae_dtype="bf16", offload="model") == [smaller]
    assert steps("cpu", vae_tiling=True, layerwise_fp8=True, vae_dtype="bf16") == [smaller]
    assert "layerwise_fp8" not in " ".join(steps("mps"))


def test_other_failures_are_told_as_they_are(
    studio: Studio, flf2v: Path, samplings: Samplings, monkeypatch: pytest.MonkeyPatch
) -> None:
    Full(monkeypatch, TRANSFORMER, lambda: RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    made = studio.clips(small_plan(2, frames=9), backend=f"wan:{flf2v}")
    assert outcomes(made) == ["failed", "rendered"]
    assert "mat1 and mat2" in (made.outcomes[0].message or "")


def test_a_clip_of_another_length_is_no_clip(
    flf2v: Path, request_of: Request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from diffusers import AutoencoderKLWan

    decode = AutoencoderKLWan.decode
    monkeypatch.setattr(AutoencoderKLWan, "decode", lambda self, z, **more: decode(self, z[:, :, :1], **more))
    with PROVIDER.opened(around()) as run, pytest.raises(RenderFailed, match="made 1 frames of 64x48 instead of 9"):
        rendered(run, flf2v, request_of(), tmp_path / "clip.mkv")
    assert not list(tmp_path.glob("clip*"))


def test_texts_are_encoded_once_and_all_before_the_first_clip(
    studio: Studio, flf2v: Path, samplings: Samplings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import UMT5EncoderModel

    encoded: list[int] = []
    forward = UMT5EncoderModel.forward

    def count(self: Any, *args: Any, **more: Any) -> Any:
        encoded.append(samplings.passes)
        return forward(self, *args, **more)

    monkeypatch.setattr(UMT5EncoderModel, "forward", count)
    studio.clips(small_plan(3, frames=9), backend=f"wan:{flf2v}")
    assert encoded == [0, 0, 0, 0]  # three prompts and the negative one, which they share


def test_a_prompt_that_is_too_long_is_told_of(flf2v: Path, request_of: Request, tmp_path: Path) -> None:
    said: list[str] = []
    words = " ".join(f"word{i}" for i in range(150))  # letter by letter, here: more than 512 tokens
    with PROVIDER.opened(around({"negative": ""}, said)) as run:
        one = rendered(run, flf2v, request_of(prompt=words), tmp_path / "one.mkv")
        two = rendered(run, flf2v, request_of(prompt=f"{words} and more"), tmp_path / "two.mkv")
        rendered(run, flf2v, request_of(prompt="A boat."), tmp_path / "three.mkv")
    assert one == two and len(said) == 2
    assert "wan reads 512. It does not read: " in said[1] and " word80 " in said[1]


def test_one_model_at_a_time(flf2v: Path, i2v: Path, request_of: Request, tmp_path: Path) -> None:
    """A plan may name a model for each segment; another one's weights take the place of the first's."""
    with PROVIDER.opened(around()) as run:
        rendered(run, flf2v, request_of(), tmp_path / "one.mkv")
        first = weakref.ref(run._pipe[1].transformer)
        rendered(run, i2v, request_of(last=False), tmp_path / "two.mkv")
        gc.collect()
        assert first() is None and run._pipe[0] == str(i2v)


@pytest.mark.parametrize(("ends", "said"), [({"first": None}, "needs a first frame"), ({"last": False}, "no last frame")])
def test_pictures_that_are_missing(flf2v: Path, request_of: Request, tmp_path: Path, ends: dict, said: str) -> None:
    with PROVIDER.opened(around()) as run, pytest.raises(BadInput, match=said) as refused:
        rendered(run, flf2v, request_of(**ends), tmp_path / "clip.mkv")
    assert refused.value.way_out


def test_segments_take_turns(flf2v: Path, request_of: Request, tmp_path: Path) -> None:
    """Asked for two at once it makes one after the other, and the same as alone."""

    async def both(run: Any) -> None:
        await asyncio.gather(*(run.render(str(flf2v), request_of(seed=s), tmp_path / f"{s}.mkv", Watch()) for s in (1, 2)))

    with PROVIDER.opened(around()) as run:
        asyncio.run(both(run))
        from longvid_core.media.frames import count_and_hash

        together = [count_and_hash(tmp_path / f"{s}.mkv")[1] for s in (1, 2)]
        alone = [rendered(run, flf2v, request_of(seed=s), tmp_path / f"{s}.mkv") for s in (1, 2)]
    assert together == alone and len(set(alone)) == 2
