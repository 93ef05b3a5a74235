"""The device to sample on, and what is recorded about it and the libraries."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from importlib import metadata
from typing import TYPE_CHECKING, Any

from ..errors import BadInput
from .settings import DiffusionSettings, Precision

if TYPE_CHECKING:
    import torch

LIBRARIES = ("torch", "diffusers", "transformers", "accelerate")


def device_of(section: str, options: DiffusionSettings) -> torch.device:
    """The device that the settings name, or the best there is. BadInput where it is not there."""
    import torch

    if options.device == "auto":
        for kind in ("cuda", "xpu", "mps"):
            if _available(kind):
                return torch.device(kind)
        return torch.device("cpu")
    device = torch.device(options.device)
    if not _available(device.type) or (device.index or 0) >= _count(device.type):
        raise BadInput(
            f"{section}.device: {options.device} is not there: this PyTorch ({torch.__version__}) sees "
            f"{_count(device.type) if _available(device.type) else 'no'} such device.",
            f"Set {section}.device to auto or cpu, or install a PyTorch made for your GPU.",
        )
    return device


def _available(kind: str) -> bool:
    import torch

    if kind == "mps":
        return torch.backends.mps.is_available()
    return kind == "cpu" or getattr(torch, kind).is_available()


def _count(kind: str) -> int:
    import torch

    return getattr(torch, kind).device_count() if kind in ("cuda", "xpu") else 1


def dtype_of(precision: Precision) -> torch.dtype:
    """A precision as torch's type."""
    import torch

    return {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}[precision]


@contextlib.contextmanager
def deterministic(on: bool) -> Iterator[None]:
    """Inside the block torch uses only algorithms that give the same bits twice, and raises where it has none."""
    import torch

    if not on:
        yield
        return
    before = torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.benchmark
    # Read when the first matrix is multiplied: https://docs.nvidia.com/cuda/cublas/index.html#results-reproducibility
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True)
    torch.backends.cudnn.benchmark = False
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before[0])
        torch.backends.cudnn.benchmark = before[1]


def facts_about(device: torch.device, *libraries: str) -> dict[str, Any]:
    """What the pixels were computed on and with, as JSON; `libraries`: those that took part besides."""
    import torch

    facts: dict[str, Any] = {"device": device.type, "libraries": _versions(*LIBRARIES, *libraries)}
    if device.type == "cpu":
        return facts | {"threads": torch.get_num_threads()}
    if device.type in ("cuda", "xpu"):
        facts["device_name"] = getattr(torch, device.type).get_device_name(device)
    if torch.version.cuda:
        facts["cuda"] = torch.version.cuda
    return facts


def _versions(*libraries: str) -> dict[str, str]:
    found = {}
    for library in libraries:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[library] = metadata.version(library)
    return found
