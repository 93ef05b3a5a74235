"""What the combos of models offer: every registered provider's models, as PROVIDER:MODEL."""

from __future__ import annotations

from longvid_core.catalog import default_backend, entry_of, provider_names
from longvid_core.catalog.registry import Kind


def video_backends() -> list[str]:
    """Models that render segments, the default first."""
    return _models("video")


def image_backends() -> list[str]:
    """Models that draw keyframes, the default first."""
    return _models("image")


def _models(kind: Kind) -> list[str]:
    names = [f"{provider}:{model}" for provider in provider_names(kind) for model in entry_of(provider).models]
    first = f"{default_backend(kind)}:{entry_of(default_backend(kind)).default}"
    return [first, *(name for name in names if name != first)]
