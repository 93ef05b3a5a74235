"""What every provider's models can do: dated data in yaml, one file per provider, checked when loaded.

A file `catalog/NAME.yaml` and a module `providers/NAME.py` make a provider; an outside package brings both through the
entry point group `longvid.providers`.
"""

from .models import FrameRule, ModelEntry, Price, ProviderEntry, SeedSupport
from .registry import (
    Backend,
    default_backend,
    entry_of,
    find_backend,
    is_default,
    load_provider,
    provider_names,
)

__all__ = [
    "Backend", "FrameRule", "ModelEntry", "Price", "ProviderEntry", "SeedSupport", "default_backend", "entry_of",
    "find_backend", "is_default", "load_provider", "provider_names",
]  # fmt: skip
