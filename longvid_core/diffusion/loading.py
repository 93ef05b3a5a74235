"""Loading a pipeline's components, each at its precision, and putting them where the settings say."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BadInput, Interrupted, LongvidError, MissingTool, Unreadable
from .device import dtype_of
from .family import Family
from .memory import is_out_of_memory
from .models import TRANSFORMER, Files
from .parts import Part, join, read_json
from .settings import DiffusionSettings

if TYPE_CHECKING:
    import torch

    from ..providers.base import Surroundings

_TORCHAO = {
    "int8": "Int8WeightOnlyConfig",
    "int8-dynamic": "Int8DynamicActivationInt8WeightConfig",
    "float8": "Float8WeightOnlyConfig",
    "float8-dynamic": "Float8DynamicActivationFloat8WeightConfig",
}


@dataclass
class Loader:
    """Loads one model's components. `fetch` first: it brings what is not on this machine."""

    family: Family
    files: Files
    options: DiffusionSettings
    device: torch.device
    around: Surroundings
    folders: dict[str, Path] = field(default_factory=dict)

    def fetch(self) -> None:
        """Download what is missing, showing progress."""
        by_source: dict[int, list[Part]] = {}
        for part in self.files.parts.values():
            by_source.setdefault(id(part.source), []).append(part)
            if part.described_by is not None:
                by_source.setdefault(id(part.described_by.source), []).append(part.described_by)
        roots = {
            key: parts[0].source.fetch([n for p in parts for n in (*p.weights, *p.others)], self.around.loading)
            for key, parts in by_source.items()
        }
        for name, part in self.files.parts.items():
            self.folders[name] = roots[id(part.source)] / part.folder
            if part.described_by is not None:
                self.folders[f"{name} config"] = roots[id(part.described_by.source)] / part.described_by.folder

    def text_pipeline(self) -> Any:
        """A pipeline that has only what turns prompts into embeddings."""
        import torch

        place = torch.device("cpu") if self.options.text_encoder_on_cpu else self.device
        return self._pipeline([p for p in self.files.parts.values() if p.component.text], place)

    def pipeline(self) -> Any:
        """A pipeline that has all but that, placed and set as the settings say."""
        import torch

        offloaded = self.options.offload != "none" and self.device.type != "cpu"
        place = torch.device("cpu") if offloaded else self.device
        pipe = self._pipeline([p for p in self.files.parts.values() if not p.component.text], place)
        for name in ("transformer", "transformer_2"):
            if transformer := getattr(pipe, name, None):
                self._set_transformer(transformer)
        if self.options.vae_tiling:
            pipe.vae.enable_tiling()
        if self.options.vae_slicing:
            pipe.vae.enable_slicing()
        if offloaded:
            place_offloaded(pipe, self.options.offload, self.device)
        return pipe

    def _pipeline(self, parts: list[Part], place: torch.device) -> Any:
        """The pipeline with these components alone, the others None."""
        total = sum(p.size for p in parts)
        done = 0
        loaded: dict[str, Any] = {c.name: None for c in self.family.components}
        with quiet():
            for part in parts:
                start = done

                def shard(share: float, start: int = start, size: int = part.size) -> None:
                    if self.around.interrupted():
                        raise Interrupted("loading the model: stopped.", "Run it again.")
                    self.around.loading(start + round(size * share), total)

                with _shards(shard):
                    shard(0)
                    loaded[part.component.name] = self._load(part, place)
                done += part.size
            self.around.loading(total, total)
            pipe = self.family.pipeline()(**loaded, **self.family.pipeline_options(self.files))
        pipe.set_progress_bar_config(disable=True)
        return pipe

    def _load(self, part: Part, place: torch.device) -> Any:
        component = part.component
        path = self.folders[component.name]
        if component.kind == "files":
            return self._load_files(part, path)
        dtype = dtype_of(self.family.precision_of(component.name, self.options))
        cls = getattr(importlib.import_module(component.library), component.cls)
        try:
            if part.described_by is not None:
                model = self._load_single(cls, path / part.weights[0], dtype, place)
            elif component.library == "diffusers":
                model, report = cls.from_pretrained(
                    str(path), dtype=dtype, use_safetensors=True, local_files_only=True, output_loading_info=True,
                    **self._quantizing(component.name, dtype, place),
                )  # fmt: skip
                _check_whole(part, report)
            else:
                model, report = cls.from_pretrained(
                    str(path), dtype=dtype, use_safetensors=True, local_files_only=True, output_loading_info=True
                )
                _check_whole(part, report)
        except LongvidError:
            raise
        except Exception as error:  # each of the libraries below has its own errors for a file it cannot make sense of
            if is_out_of_memory(error):
                raise
            if self._quantizing(component.name, dtype, place):  # its files are read as they are by all other settings
                raise BadInput(
                    f"{self.family.name}.quantization: {self.options.quantization} cannot be had here: {error}",
                    f"Use another, or leave {self.family.name}.quantization out.",
                ) from error
            raise Unreadable(
                f"{component.name} of {part.source.title} cannot be loaded: {error}", "Download the model again."
            ) from error
        if any(p.is_meta for p in model.parameters()):
            missing = next(n for n, p in model.named_parameters() if p.is_meta)
            raise BadInput(
                f"{part.source.title} lacks weights of its {component.name}, {missing} among them.", "Download it again."
            )
        model.requires_grad_(False).eval()
        return model if self._on_gpu_already(component.name) else model.to(place)

    def _on_gpu_already(self, name: str) -> bool:
        return name.startswith(TRANSFORMER) and self.options.quantization.startswith("bitsandbytes")

    def _load_files(self, part: Part, path: Path) -> Any:
        """A tokenizer, a processor or a scheduler."""
        component = part.component
        if component.name == "scheduler":
            name = str(read_json(part.source, join(part.folder, "scheduler_config.json")).get("_class_name"))
            cls = getattr(importlib.import_module("diffusers"), name, None)
            if cls is None:
                raise BadInput(f"{part.source.title} has a scheduler that diffusers does not know: {name}.")
            return cls.from_pretrained(str(path), local_files_only=True)
        cls = getattr(importlib.import_module(component.library), component.cls)
        return cls.from_pretrained(str(path), local_files_only=True)

    def _load_single(self, cls: Any, file: Path, dtype: torch.dtype, place: torch.device) -> Any:
        quantizing = self._quantizing(TRANSFORMER, dtype, place)
        if quantizing:
            quantizing["device"] = str(quantizing.pop("device_map")[""])
        else:
            from diffusers import GGUFQuantizationConfig

            # For plain safetensors, too: without a quantizer diffusers rounds what a folder's loader keeps in full precision,
            # the rotary positions among it. This one leaves alone what is not quantized.
            quantizing["quantization_config"] = GGUFQuantizationConfig(compute_dtype=dtype)
        config = str(self.folders[f"{TRANSFORMER} config"])
        return cls.from_single_file(str(file), config=config, dtype=dtype, local_files_only=True, **quantizing)

    def _quantizing(self, name: str, dtype: torch.dtype, place: torch.device) -> dict[str, Any]:
        """How diffusers is told to quantize a component as it is loaded."""
        method, _, what = self.options.quantization.partition(":")
        if not name.startswith(TRANSFORMER) or method == "none":
            return {}
        if method == "torchao":
            from diffusers import TorchAoConfig
            from torchao import quantization

            return {"quantization_config": TorchAoConfig(getattr(quantization, _TORCHAO[what])()), "device_map": {"": place}}
        from diffusers import BitsAndBytesConfig

        four = {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_compute_dtype": dtype}
        config = BitsAndBytesConfig(**(four if what == "4bit" else {"load_in_8bit": True}))
        return {"quantization_config": config, "device_map": {"": self.device}}  # it quantizes on the GPU only

    def _set_transformer(self, transformer: Any) -> None:
        import torch

        section, options = self.family.name, self.options
        if options.quantization.startswith("torchao") and not any(
            "torchao" in type(p.data).__module__ for p in transformer.parameters()
        ):
            raise BadInput(f"{section}.quantization: {options.quantization} found nothing to quantize.", "Leave it out.")
        if options.layerwise_fp8:
            transformer.enable_layerwise_casting(storage_dtype=torch.float8_e4m3fn, compute_dtype=dtype_of(options.dtype))
        # Said in any case: diffusers takes another default from the environment, which nothing else here would know of.
        set_attention(section, transformer, options.attention or "native")


def set_attention(section: str, transformer: Any, name: str) -> None:
    """Have a transformer compute attention with one of diffusers' backends; what other models in this process use stays."""
    from diffusers.models.attention_dispatch import AttentionBackendName, attention_backend

    if name not in {backend.value for backend in AttentionBackendName}:
        names = ", ".join(sorted(backend.value for backend in AttentionBackendName))
        raise BadInput(f"{section}.attention: diffusers has no attention backend {name!r}.", f"There is: {names}.")
    try:
        with attention_backend("native"):  # puts the process's own back when it ends
            transformer.set_attention_backend(name)
    except RuntimeError as error:
        raise MissingTool(f"{section}.attention: {error}", f"Leave {section}.attention out for torch's own.") from error
    processors = [m.processor for m in transformer.modules() if hasattr(m, "processor")]
    if not any(getattr(p, "_attention_backend", None) == name for p in processors):
        raise BadInput(f"{section}.attention: this model's attention cannot be exchanged.", "Leave it out.")


def place_offloaded(pipe: Any, offload: str, device: torch.device) -> None:
    """Have a pipeline keep its weights in main memory and bring them to `device` as they are needed."""
    if offload == "model":
        pipe.enable_model_cpu_offload(device=device)
    elif offload == "sequential":
        pipe.enable_sequential_cpu_offload(device=device)
    elif offload == "group":
        streaming = device.type == "cuda"  # copies the next layer while this one computes
        pipe.enable_group_offload(
            onload_device=device,
            offload_type="leaf_level",
            use_stream=streaming,
            low_cpu_mem_usage=streaming,
            exclude_modules="vae",
        )


def _check_whole(part: Part, report: dict[str, Any]) -> None:
    """BadInput where weights were made up because the files lack them: diffusers only warns of it."""
    mismatched = (key if isinstance(key, str) else key[0] for key in report.get("mismatched_keys", ()))
    wrong = [*sorted(report.get("missing_keys", ())), *sorted(mismatched)]
    if wrong:
        first = wrong[0]
        raise BadInput(
            f"the weights of {part.component.name} in {part.source.title} do not fit its config.json: "
            f"{len(wrong)} are missing or of another shape, {first} among them.",
            "Download the model again, or name the base it was made for.",
        )


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Inside the block diffusers and transformers draw no bars and give no advice: what matters is checked and said by us."""
    from diffusers.utils import logging as diffusers_log
    from transformers.utils import logging as transformers_log

    before = [(log, log.get_verbosity(), log.is_progress_bar_enabled()) for log in (diffusers_log, transformers_log)]
    for log, _, _ in before:
        log.set_verbosity_error()
        log.disable_progress_bar()
    try:
        yield
    finally:
        for log, verbosity, bars in before:
            log.set_verbosity(verbosity)
            if bars:
                log.enable_progress_bar()


@contextlib.contextmanager
def _shards(report: Any) -> Iterator[None]:
    """Inside the block `report` is called with the share of a model's weight files that diffusers has loaded.

    It shows that in a progress bar of its own, over the list of files, and nowhere else.
    """
    from diffusers.utils import logging

    bars: Any = logging  # what it names `tqdm` is an object there, and called like the function that stands in for it here
    own = bars.tqdm

    def counting(files: Any = None, *more: Any, **options: Any) -> Any:
        if not isinstance(files, list):
            return own(files, *more, **options)

        def each() -> Iterator[Any]:
            for number, file in enumerate(files):
                yield file
                report((number + 1) / len(files))

        return each()

    bars.tqdm = counting
    try:
        yield
    finally:
        bars.tqdm = own
