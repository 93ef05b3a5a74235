"""While a pipeline samples: telling how far it is, showing what comes, and stopping when asked."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import Interrupted
from ..providers.base import Watch

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image

    from .family import Family

_PREVIEW_ZOOM = 4


class Sketch:
    """Latents as colours, without decoding them: the linear map that turns a picture's own latents into that picture.

    It is fitted by least squares to the pictures a clip starts and ends on, with the pipeline's own VAE.
    """

    def __init__(self, pipe: Any, family: Family, pictures: Sequence[Image]) -> None:
        import torch
        from torch.nn import functional

        latents, colours = [], []
        for picture in pictures:
            pixels = pipe.video_processor.preprocess(picture).to(pipe._execution_device, pipe.vae.dtype)
            encoded = family.to_latents(pipe, pipe.vae.encode(pixels.unsqueeze(2)).latent_dist.mode())[0, :, 0].float().cpu()
            small = functional.interpolate(pixels.float().cpu(), encoded.shape[-2:], mode="area")[0]
            latents.append(encoded.flatten(1).T)
            colours.append(small.flatten(1).T)
        seen, wanted = torch.cat(latents), torch.cat(colours)
        self._from, self._to = seen.mean(0), wanted.mean(0)
        away = seen - self._from
        square = away.T @ away
        # A little on the diagonal: two pictures have too few colours to say what each of the channels does.
        square += (1e-3 * square.diagonal().mean() + 1e-9) * torch.eye(len(square))
        self._map = torch.linalg.solve(square, away.T @ (wanted - self._to))

    def of(self, latents: torch.Tensor) -> Image:
        """The middle frame of a clip's latents (1 x channels x frames x height x width)."""
        from PIL import Image

        frame = latents[0, :, latents.shape[2] // 2].float().cpu()
        _, height, width = frame.shape
        colours = (frame.flatten(1).T - self._from) @ self._map + self._to
        pixels = ((colours + 1) * 127.5).round().clamp(0, 255).byte().reshape(height, width, 3)
        return Image.fromarray(pixels.numpy()).resize((width * _PREVIEW_ZOOM, height * _PREVIEW_ZOOM), Image.Resampling.BILINEAR)


class Stepper:
    """The callback that a pipeline calls at each step's end. Raises Interrupted when asked to stop."""

    def __init__(self, watch: Watch, windows: int, sketch: Sketch) -> None:
        self.done = 0
        self.total: int | None = None
        self._watch = watch
        self._windows = windows
        self._sketch = sketch
        self._before: tuple[float, torch.Tensor] | None = None

    def __call__(self, pipe: Any, index: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        stop_if_asked(self._watch)
        self.done += 1
        self.total = pipe.num_timesteps * self._windows
        self._watch.steps(self.done, self.total)
        latents, sigma = tensors["latents"], float(pipe.scheduler.sigmas[index + 1])
        was, then = self._before or (sigma, latents)
        if index > 0 and sigma != was:
            # Flow matching goes straight from noise (sigma 1) to the picture (0): two points show where the line ends.
            self._watch.preview(self._sketch.of(latents - sigma * (latents - then) / (sigma - was)))
        self._before = sigma, latents
        return {}


def stop_if_asked(watch: Watch) -> None:
    """Raise Interrupted once the person or the host wants to stop."""
    if watch.interrupted():
        raise Interrupted("sampling: stopped.", "Run it again to render it.")


@contextlib.contextmanager
def interruptible(pipe: Any, watch: Watch) -> Iterator[None]:
    """Inside the block a pipeline can be stopped within a step, too: between two blocks of its models."""

    def ask(*_: Any) -> None:
        stop_if_asked(watch)

    modules: list[Any] = []
    for name in ("text_encoder", "transformer", "transformer_2", "vae"):
        model = getattr(pipe, name, None)
        if model is not None:
            modules += [block for child in model.modules() if type(child).__name__ == "ModuleList" for block in child]
    hooks = [module.register_forward_pre_hook(ask) for module in dict.fromkeys(modules)]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
