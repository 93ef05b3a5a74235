"""Refusing settings that contradict each other, and naming packages that are missing, before anything is loaded."""

from __future__ import annotations

from importlib.util import find_spec

from ..errors import BadInput, MissingTool
from .settings import DiffusionSettings

EXTRA = 'pip install "longvid[local]"'
_NEEDED = ("diffusers", "transformers", "accelerate", "safetensors", "huggingface_hub", "ftfy")
_ATTENTION = {  # prefix of the backend's name: its module, and what to install
    "flash": ("flash_attn", "flash-attn"),
    "_flash_3": ("flash_attn_interface", "flash-attn 3, from its source"),
    "_flash_varlen_3": ("flash_attn_interface", "flash-attn 3, from its source"),
    "sage": ("sageattention", "sageattention"),
    "_sage": ("sageattention", "sageattention"),
    "xformers": ("xformers", "xformers"),
    "aiter": ("kernels", "kernels"),
}


def check_settings(section: str, options: DiffusionSettings) -> None:
    """Raise BadInput, naming both fields, for settings that cannot hold together. `section`: where they stand."""

    def refuse(first: str, second: str, why: str) -> None:
        raise BadInput(
            f"{section}.{first} and {section}.{second} do not go together: {why}.", f"Leave one of them out of {section}."
        )

    on_processor = options.device == "cpu"
    quantization = options.quantization
    if options.offload != "none" and on_processor:
        refuse(f"offload: {options.offload}", "device: cpu", "offloading moves weights from a GPU to main memory")
    if options.layerwise_fp8 and quantization != "none":
        refuse("layerwise_fp8", f"quantization: {quantization}", "both change how the same weights are kept")
    if options.layerwise_fp8 and options.device == "mps":
        refuse("layerwise_fp8", "device: mps", "Apple's GPUs have no 8-bit floats")
    if quantization.startswith("bitsandbytes") and (on_processor or options.device == "mps"):
        refuse(f"quantization: {quantization}", f"device: {options.device}", "it needs a CUDA or Intel GPU")
    if quantization != "none" and options.offload == "sequential":
        refuse(f"quantization: {quantization}", "offload: sequential", "single layers of quantized weights cannot be moved")
    if quantization.startswith("bitsandbytes") and options.offload == "group":
        refuse(f"quantization: {quantization}", "offload: group", "groups of such layers cannot be moved")
    if options.layerwise_fp8 and options.offload == "sequential":
        refuse("layerwise_fp8", "offload: sequential", "both take hold of each layer as it runs")


def check_gguf(section: str, options: DiffusionSettings, name: str) -> None:
    """Raise BadInput for settings that rule out the GGUF file `name`."""
    if options.offload == "sequential":
        raise BadInput(
            f"{name} is a GGUF file, and {section}.offload: sequential cannot move its layers one by one.",
            f"Set {section}.offload to model or group.",
        )
    for field in ("quantization", "layerwise_fp8"):
        if getattr(options, field) not in ("none", False):
            raise BadInput(
                f"{name} is a GGUF file, quantized already, and {section}.{field} would quantize it again.",
                f"Leave {section}.{field} out, or use a file that is not quantized.",
            )


def check_packages(section: str, options: DiffusionSettings, *, single: bool = False) -> None:
    """Raise MissingTool for the first package that these settings need and this Python lacks."""
    if not _has("torch"):
        raise MissingTool(
            f"{section} needs PyTorch, which is not installed.",
            "Install the one that fits your GPU, from pytorch.org. Longvid does not bring one: it would replace yours.",
        )
    for package in _NEEDED:
        if not _has(package):
            raise MissingTool(f"{section} needs the package {package}, which is not installed.", f"Install it: {EXTRA}")
    if single and not _has("gguf"):
        raise MissingTool(f"{section} loads single files with the package gguf, which is not installed.", f"Install it: {EXTRA}")
    quantizer = options.quantization.partition(":")[0]
    if quantizer != "none" and not _has(quantizer):
        raise MissingTool(
            f"{section}.quantization: {options.quantization} needs the package {quantizer}, which is not installed.",
            f"Install it: pip install {quantizer}",
        )
    if options.attention:
        _check_attention(section, options.attention)


def _check_attention(section: str, name: str) -> None:
    prefixes = [p for p in _ATTENTION if name.startswith(p)]
    module, package = (
        ("kernels", "kernels") if name.endswith("_hub") else _ATTENTION.get(max(prefixes, key=len, default=""), ("", ""))
    )
    if module and not _has(module):
        raise MissingTool(
            f"{section}.attention: {name} needs the package {package}, which is not installed.",
            f"Install it: pip install {package}",
        )


def _has(module: str) -> bool:
    return find_spec(module) is not None
