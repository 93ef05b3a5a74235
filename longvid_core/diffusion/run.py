"""One run's local model: found, loaded once for all segments, sampled one clip at a time, and freed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any, TypeVar

from ..catalog import find_backend
from ..errors import BadInput, Interrupted, LongvidError, RenderFailed
from ..providers.base import Surroundings, VideoRequest, Watch
from .checks import check_gguf, check_packages, check_settings
from .device import deterministic, device_of, facts_about
from .encoded import Encoded
from .family import Family
from .frames import picture_of, write_frames
from .loading import Loader
from .memory import advice, give_back, is_out_of_memory, settle
from .models import Files, Finder
from .settings import DiffusionSettings
from .stepping import Sketch, Stepper, interruptible, stop_if_asked

if TYPE_CHECKING:
    import torch

T = TypeVar("T")


@dataclass(frozen=True)
class Found:
    """A model by name: its files, which kind it is by what they say, and what it is sampled with."""

    files: Files
    kind: str
    sampled: dict[str, Any]
    reads: int | None
    """How many tokens of a prompt it reads."""


class DiffusersRun:
    """Renders segments with one family of models. Weights are loaded when they are first needed; `close` frees them."""

    def __init__(self, family: Family, options: DiffusionSettings, around: Surroundings) -> None:
        check_settings(family.name, options)
        self.name = family.name
        self._family = family
        self._options = options
        self._around = around
        self._finder = Finder(family.name, family.components, options, around)
        self._found: dict[str, Found] = {}
        self._texts = Encoded(around.scratch)
        self._encoder: tuple[str, Any] | None = None
        self._pipe: tuple[str, Any] | None = None
        self._sketch: Sketch | None = None
        self._said: set[str] = set()
        self._turn = asyncio.Lock()

    # -- what it is -----------------------------------------------------------------------------------------------------------

    def fingerprint(self, model: str) -> dict[str, Any]:
        """The weights by hash, and every setting that changes pixels. Reads the files, the first time; loads nothing."""
        found = self._find(model)
        options = self._options
        quantized = {"layerwise_fp8": options.layerwise_fp8, "quantization": options.quantization}
        # Other attention backends round differently; these quantize.
        lossy = options.attention if (options.attention or "").lstrip("_").startswith("sage") else None
        return {
            "provider": self.name,
            "model": found.kind,
            "pixels": self._family.pixels,
            **found.files.fingerprint(),
            "options": self._family.pipeline_options(found.files),
            "sampled": found.sampled,
            "dtype": options.dtype,
            "vae_dtype": options.vae_dtype,
            "vae_tiling": options.vae_tiling,
            **quantized,
            **({"attention": lossy} if lossy else {}),
        }

    def _find(self, model: str) -> Found:
        if model not in self._found:
            entry = find_backend(f"{self.name}:{model}", "video").entry
            files = self._finder.files(model, entry)
            if files.gguf:
                check_gguf(self.name, self._options, files.transformer.source.title)
            kind = self._family.kind_of(files, entry)
            reads = entry.prompt_limit.tokens if entry.prompt_limit else None
            self._found[model] = Found(files, kind, self._family.settings_of(kind, entry, self._options), reads)
        return self._found[model]

    # -- what it does ---------------------------------------------------------------------------------------------------------

    async def prepare(self, model: str, requests: Sequence[VideoRequest], watch: Watch) -> None:
        """Encode all prompts, then load what samples, so that what cannot be loaded is said before anything is rendered."""

        def work() -> None:
            self._guarded(model, "encoding the prompts", lambda: self._encode(model, requests, watch))
            self._guarded(model, "loading the model", lambda: self._loaded(model))

        async with self._turn:
            await asyncio.to_thread(work)

    async def render(self, model: str, request: VideoRequest, target: Path, watch: Watch) -> Mapping[str, Any]:
        """Write the clip to `target`. Gives the device, scheduler, sigmas and libraries it was sampled with."""
        if request.first is None:
            raise BadInput(f"{self.name}:{model} needs a first frame.", "Draw the keyframes first, or wire a picture in.")
        async with self._turn:
            return await asyncio.to_thread(self._render, model, request, target, watch)

    def close(self) -> None:
        """Free what was loaded."""
        held = self._pipe or self._encoder
        self._pipe = self._encoder = self._sketch = None
        self._texts.clear()
        if held is not None:
            del held
            give_back()

    # -- sampling -------------------------------------------------------------------------------------------------------------

    def _render(self, model: str, request: VideoRequest, target: Path, watch: Watch) -> dict[str, Any]:
        stop_if_asked(watch)
        self._guarded(model, "encoding the prompt", lambda: self._encode(model, [request], watch))
        self._guarded(model, "loading the model", lambda: self._loaded(model))
        where = _Where()
        return self._guarded(model, where, lambda: self._sample(model, request, target, watch, where))

    def _sample(self, model: str, request: VideoRequest, target: Path, watch: Watch, where: _Where) -> dict[str, Any]:
        import torch

        found, family = self._find(model), self._family
        pipe = self._loaded(model)
        pictures = [picture_of(p, request) for p in (request.first, request.last) if p]
        device = pipe._execution_device
        prompts = (request.prompt_sent, family.negative_of(request, found.sampled))
        text, negative = (
            tuple(t.to(device) for t in self._texts[_named(model, prompt)]) if prompt is not None else None for prompt in prompts
        )
        assert text is not None and request.seed is not None
        with self._no_gradients(found), deterministic(self._options.deterministic), interruptible(pipe, watch):
            self._sketch = self._sketch or Sketch(pipe, family, pictures)
            stepper = where.stepper = Stepper(watch, family.windows(request), self._sketch)
            video = pipe(
                **family.arguments(found.kind, request, pictures, text, negative, found.sampled),
                width=request.width,
                height=request.height,
                # Noise from the processor: another GPU starts from the same.
                generator=torch.Generator("cpu").manual_seed(request.seed),
                num_inference_steps=found.sampled["steps"],
                output_type="pt",
                callback_on_step_end=stepper,
            ).frames[0]
            write_frames(video, request, target, watch)
        return {**self._facts(found, pipe, prompts[1]), "noise": {"device": "cpu", "seed": str(request.seed)}}

    def _facts(self, found: Found, pipe: Any, negative: str | None) -> dict[str, Any]:
        """What was used and is not keyed, as JSON."""
        options, scheduler = self._options, pipe.scheduler
        used = ["gguf"] if found.files.gguf else []
        used += [options.quantization.partition(":")[0]] if options.quantization != "none" else []
        return {
            **facts_about(self._device(), *used),
            "pipeline": type(pipe).__name__,
            "scheduler": type(scheduler).__name__,
            "scheduler_config": {k: v for k, v in scheduler.config.items() if not k.startswith("_")},
            "sigmas": [float(s) for s in scheduler.sigmas],
            "negative_sent": negative,
            **{k: v for k, v in found.sampled.items() if k != "negative"},
            "dtype": options.dtype,
            "vae_dtype": options.vae_dtype,
            "attention": options.attention or "native",
            "offload": options.offload,
            "vae_tiling": options.vae_tiling,
            "vae_slicing": options.vae_slicing,
            "text_encoder_on_cpu": options.text_encoder_on_cpu,
            "deterministic": options.deterministic,
        }

    # -- loading --------------------------------------------------------------------------------------------------------------

    def _device(self) -> torch.device:
        return device_of(self.name, self._options)

    def _loader(self, model: str) -> Loader:
        found = self._find(model)
        check_packages(self.name, self._options, single=found.files.single is not None)
        device = self._device()
        if device.type == "cpu" and self._options.offload != "none":
            self._say_once(f"There is no GPU here: {self.name}.offload: {self._options.offload} has nothing to do.")
        loader = Loader(self._family, found.files, self._options, device, self._around)
        loader.fetch()
        return loader

    def _encode(self, model: str, requests: Sequence[VideoRequest], watch: Watch) -> None:
        """Embeddings of every prompt that has none yet, kept on the processor. Where memory is tight, the encoder goes then."""
        found = self._find(model)
        texts = [t for r in requests for t in (r.prompt_sent, self._family.negative_of(r, found.sampled)) if t is not None]
        missing = [t for t in dict.fromkeys(texts) if _named(model, t) not in self._texts]
        if not missing:
            return
        if self._encoder is None or self._encoder[0] != model:
            self._encoder = None
            self._encoder = model, self._loader(model).text_pipeline()
        pipe = self._encoder[1]
        with self._no_gradients(found), interruptible(pipe, watch):
            for text in missing:
                stop_if_asked(watch)
                self._say_what_is_cut(pipe, text, found.reads)
                self._texts[_named(model, text)] = tuple(t.to("cpu") for t in self._family.encode(pipe, text))
        if self._options.offload != "none":
            del pipe
            self._encoder = None
            give_back()

    def _say_once(self, message: str) -> None:
        if message not in self._said:
            self._said.add(message)
            self._around.notice(message)

    def _say_what_is_cut(self, pipe: Any, text: str, reads: int | None) -> None:
        """The end of a prompt that is too long is not read. The plan keeps it; a person should know."""
        ids = pipe.tokenizer(text).input_ids
        if reads is not None and len(ids) > reads:
            rest = pipe.tokenizer.decode(ids[reads:], skip_special_tokens=True)
            self._say_once(
                f"A prompt has {len(ids)} tokens, and {self.name} reads {reads}. It does not read: {shorten(rest, 100)}"
            )

    def _loaded(self, model: str) -> Any:
        """The pipeline, loaded if it is not; another model's goes first."""
        if self._pipe is None or self._pipe[0] != model:
            if self._pipe is not None:
                self._pipe = self._sketch = None
                give_back()
            found = self._find(model)
            pipe = self._loader(model).pipeline()
            self._family.prepare(pipe, found.sampled)
            self._pipe = model, pipe
        return self._pipe[1]

    def _no_gradients(self, found: Found) -> contextlib.AbstractContextManager[Any]:
        import torch

        # Quantized tensors are kinds of their own, and not each of them can be made in inference mode.
        quantized = self._options.quantization != "none" or found.files.gguf
        return torch.no_grad() if quantized else torch.inference_mode()

    def _guarded(self, model: str, doing: str | _Where, work: Callable[[], T]) -> T:
        """What `work` gives. A lack of memory becomes advice; what ends it early leaves no tensor behind.

        The error that goes up then is a new one, raised outside of the old one's handler: the old one's traceback would keep
        alive all that was under way.
        """
        failure: LongvidError
        try:
            return work()
        except Interrupted as error:
            failure = Interrupted(error.what, *error.way_out)
        except Exception as error:
            if not is_out_of_memory(error):
                self._settle()
                raise
            gguf = self._find(model).files.gguf
            steps = advice(self.name, self._options, self._device(), gguf=gguf)
            failure = RenderFailed(f"out of memory while {doing}. Switch on, one after another: {steps}.")
        self._settle()
        raise failure

    def _settle(self) -> None:
        if self._pipe is not None:
            settle(self._pipe[1])
        give_back()


def _named(model: str, text: str) -> str:
    return f"{model}\0{text}"


class _Where:
    """What a pipeline is doing, for a message."""

    stepper: Stepper | None = None

    def __str__(self) -> str:
        if self.stepper is None or self.stepper.total is None:
            return "sampling the first step"
        done, total = self.stepper.done, self.stepper.total
        return "decoding the frames" if done == total else f"sampling step {done + 1} of {total}"


@contextlib.contextmanager
def opened(make: Callable[[], DiffusersRun]) -> Iterator[DiffusersRun]:
    """A run's model, freed at the end."""
    run = make()
    try:
        yield run
    finally:
        run.close()
