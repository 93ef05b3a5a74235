"""Memory of the device: telling that it ran out, giving it back, and what to switch on next time."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING, Any

from .settings import DiffusionSettings

if TYPE_CHECKING:
    import torch

_SIGNS = ("out of memory", "can't allocate memory", "not enough memory", "cublas_status_alloc_failed")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a device, or the machine, had no memory left."""
    torch = sys.modules.get("torch")  # what was not loaded has not run out of memory
    if isinstance(error, MemoryError) or (torch is not None and isinstance(error, torch.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error).lower() for sign in _SIGNS)


def give_back() -> None:
    """Hand memory that nothing uses any more back to the devices."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is None:
        return
    for backend in (torch.cuda, torch.xpu, torch.mps):
        if backend is torch.mps:
            if torch.backends.mps.is_available():
                torch.mps.empty_cache()
        elif backend.is_available():
            backend.empty_cache()


def settle(pipe: Any) -> None:
    """Bring a pipeline whose call was broken off back to where a new call finds it: nothing of the old one is held."""
    pipe.maybe_free_model_hooks()
    clear = getattr(getattr(pipe, "vae", None), "clear_cache", None)
    if clear is not None:
        clear()


def advice(section: str, options: DiffusionSettings, device: torch.device, *, gguf: bool) -> str:
    """What to switch on against a lack of memory, in the order of what it costs; without what is on already.

    Not `vae_slicing`: it parts a batch, and a batch here is one clip.
    """
    steps: list[str] = []
    on_gpu = device.type != "cpu"
    if not options.vae_tiling:
        steps.append(f"{section}.vae_tiling: true")
    if on_gpu and options.offload == "none":
        steps.append(f"{section}.offload: model")
    if not gguf and not options.layerwise_fp8 and options.quantization == "none":
        eight_bits = f"{section}.quantization: torchao:int8"
        steps.append(eight_bits if device.type == "mps" else f"{section}.layerwise_fp8: true, or {eight_bits}")
    if options.vae_dtype == "fp32":
        steps.append(f"{section}.vae_dtype: bf16")
    if on_gpu and options.offload in ("none", "model") and not options.quantization.startswith("bitsandbytes"):
        steps.append(f"{section}.offload: group")
    if on_gpu and options.offload != "sequential" and options.quantization == "none" and not options.layerwise_fp8 and not gguf:
        steps.append(f"{section}.offload: sequential")
    steps.append("a smaller size or fewer frames")
    return "; ".join(f"{number}) {step}" for number, step in enumerate(steps, 1))
