"""What drew noise while a stochastic sampler ran: seen, not guessed from the sampler's name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from comfy.k_diffusion import sampling

_MAKERS = ("default_noise_sampler", "BrownianTreeNoiseSampler")


@contextmanager
def noise_seen() -> Iterator[dict[str, Any]]:
    """Gives a dict that holds, after the block, `sampler`, `seed` and `device` of the noise drawn in it; empty for none.

    ComfyUI's samplers get their noise from two makers in one module. Both are watched while the block runs: what they
    make is what the sampler gets, unchanged.
    """
    seen: dict[str, Any] = {}
    originals = {name: getattr(sampling, name) for name in _MAKERS}
    for name, maker in originals.items():
        setattr(sampling, name, _watched(name, maker, seen))
    try:
        yield seen
    finally:
        for name, maker in originals.items():
            setattr(sampling, name, maker)


def _watched(name: str, maker: Callable[..., Any], seen: dict[str, Any]) -> Callable[..., Any]:
    def make(x: Any, *arguments: Any, seed: int | None = None, **options: Any) -> Callable[..., Any]:
        draw = maker(x, *arguments, seed=seed, **options)
        device = "cpu" if options.get("cpu") else x.device.type

        def noted(*sigmas: Any) -> Any:
            seen.update(sampler=name, seed=str(seed), device=device)
            return draw(*sigmas)

        return noted

    return make
