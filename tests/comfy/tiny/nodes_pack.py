"""Nodes that only these tests need, as a pack of their own: encoders of the right shape, a patch that counts, a stranger."""

from __future__ import annotations

import copy
import hashlib
import os
import re
import time
import weakref

import torch


def _noted(log, line):
    with open(f"{os.environ['TINY_LOG']}{log}", "a") as file:
        file.write(f"{line}\n")


def _held(base):
    """Whether the call that is noted last is one too many for now."""
    try:
        with open(f"{base}.hold") as most, open(base) as calls:
            return len(calls.readlines()) > int(most.read())
    except FileNotFoundError:
        return False


def _tensor(text, *shape):
    seed = int.from_bytes(hashlib.sha256(str(text).encode()).digest()[:7], "big")
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


class _Clip:
    """What text encoding calls: `tokenize`, then `encode_from_tokens_scheduled`."""

    def __init__(self, salt, width):
        self.salt, self.width = salt, width

    def tokenize(self, text):
        if "UNSPEAKABLE" in text:
            raise RuntimeError("this text cannot be encoded")
        return f"{self.salt}{text}"

    def encode_from_tokens_scheduled(self, tokens):
        _noted(".order", f"text {tokens}")
        return [[_tensor(tokens, 1, 16, self.width), {"pooled_output": None}]]


class TinyText:
    """A CLIP whose encoding follows from the text alone; UMT5-XXL has eleven gigabytes."""

    RETURN_TYPES, FUNCTION, CATEGORY = ("CLIP",), "make", "tests"

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"salt": ("STRING", {"default": ""})}, "optional": {"width": ("INT", {"default": 4096})}}

    def make(self, salt, width=4096):
        return (_Clip(salt, width),)


class _Vision:
    def __init__(self, width):
        self.width = width

    def encode_image(self, image, crop=True):
        import comfy.clip_vision

        output = comfy.clip_vision.Output()
        output["penultimate_hidden_states"] = _tensor(hashlib.sha256(image.numpy().tobytes()).hexdigest(), 1, 257, self.width)
        return output


class TinyVision:
    """A CLIP_VISION of ViT-H's shape."""

    RETURN_TYPES, FUNCTION, CATEGORY = ("CLIP_VISION",), "make", "tests"

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {}, "optional": {"width": ("INT", {"default": 1280})}}

    def make(self, width=1280):
        return (_Vision(width),)


class CountSteps:
    """A patched MODEL: every call of the diffusion model is one line in a file, and can be made to fail or to wait."""

    RETURN_TYPES, FUNCTION, CATEGORY = ("MODEL",), "patch", "tests"

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"model": ("MODEL",)}}

    def patch(self, model):
        import comfy.model_management

        patched = model.clone()

        def wrapped(apply, options):
            base = os.environ["TINY_LOG"]
            _noted("", f"{float(options['timestep'].flatten()[0]):.4f}")
            _noted(".order", "step")
            if os.path.exists(f"{base}.slow"):
                time.sleep(0.3)
            while _held(base):
                comfy.model_management.throw_exception_if_processing_interrupted()
                time.sleep(0.01)
            if os.path.exists(f"{base}.oom"):
                os.unlink(f"{base}.oom")
                raise torch.OutOfMemoryError("out of memory, for a test")
            return apply(options["input"], options["timestep"], **options["c"])

        patched.set_model_unet_function_wrapper(wrapped)
        return (patched,)


class WatchedVAE:
    """The VAE, noting each time it is used how many of the clips it decoded before are still in memory."""

    RETURN_TYPES, FUNCTION, CATEGORY = ("VAE",), "watch", "tests"

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"vae": ("VAE",)}}

    def watch(self, vae):
        watched, clips = copy.copy(vae), []

        def encode(*pixels):
            _noted(".held", sum(clip() is not None for clip in clips))
            return vae.encode(*pixels)

        def decode(*latent, **options):
            _noted(".held", sum(clip() is not None for clip in clips))
            frames = vae.decode(*latent, **options).numpy()
            clips.append(weakref.ref(frames))  # any tensor that is a part of it keeps the whole of it
            return torch.from_numpy(frames)

        watched.encode, watched.decode = encode, decode
        return (watched,)


class AlwaysNew:
    """A MODEL that ComfyUI makes anew every time."""

    RETURN_TYPES, FUNCTION, CATEGORY = ("MODEL",), "make", "tests"

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"model": ("MODEL",)}}

    @classmethod
    def IS_CHANGED(cls, **inputs):
        return float("nan")

    def make(self, model):
        return (model,)


class ByTheClock(AlwaysNew):
    """A MODEL that says each time that it changed, and not in ComfyUI's way; it takes a number of 64 bits."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"model": ("MODEL",), "number": ("INT", {"default": 0, "max": 2**64})}}

    @classmethod
    def IS_CHANGED(cls, **inputs):
        return time.time()

    def make(self, model, number):
        return (model,)


class LoraInText:
    """A MODEL with the LoRA that a text names, as some packs have it."""

    RETURN_TYPES, FUNCTION, CATEGORY = ("MODEL",), "make", "tests"

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"model": ("MODEL",), "text": ("STRING", {"default": ""})}}

    def make(self, model, text):
        import nodes

        name, strength = re.fullmatch(r"<lora:(\w+):([\d.]+)>", text).groups()
        return nodes.LoraLoaderModelOnly().load_lora_model_only(model, f"{name}.safetensors", float(strength))


class NoVAE:
    """What a checkpoint's loader gives where the file has no VAE in it."""

    RETURN_TYPES, FUNCTION, CATEGORY = ("VAE",), "make", "tests"

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {}}

    def make(self):
        return (None,)


class NotWan:
    """A MODEL of another kind."""

    RETURN_TYPES, FUNCTION, CATEGORY = ("MODEL",), "make", "tests"

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {}}

    def make(self):
        from comfy.model_patcher import ModelPatcher

        return (ModelPatcher(torch.nn.Linear(4, 4), torch.device("cpu"), torch.device("cpu")),)


NODE_CLASS_MAPPINGS = {
    "TinyText": TinyText,
    "TinyVision": TinyVision,
    "CountSteps": CountSteps,
    "WatchedVAE": WatchedVAE,
    "AlwaysNew": AlwaysNew,
    "ByTheClock": ByTheClock,
    "LoraInText": LoraInText,
    "NoVAE": NoVAE,
    "NotWan": NotWan,
}
