"""What rendering and drawing again would cost, from the catalog's dated prices. Nothing is asked over the network."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..errors import LongvidError
from ..models.manifest import Manifest
from ..models.plan import Segment

if TYPE_CHECKING:
    from .diff import Price, Side


def segment_price(one: Side, a: Segment | None, other: Side, b: Segment, backend: str) -> Price:
    """Of rendering `b`, by whoever rendered it, else whom its plan names, else who rendered it before, else `backend`."""
    asked = _renderer(other.manifest, b.id) or b.backend or (_renderer(one.manifest, a.id) if a else None)
    return _price(asked or backend, b.frames, other.plan.fps)


def keyframe_price(one: Side, other: Side, name: str, images: str) -> Price:
    """Of drawing one keyframe, by whoever drew it, else `images`."""
    for side in (other, one):
        record = next((k for k in side.manifest.keyframes if k.id == name), None) if side.manifest else None
        if record is not None and record.model is not None:
            return _price(f"{record.model.provider}:{record.model.id}", 1, other.plan.fps)
    return _price(images, 1, other.plan.fps)


def total(prices: Iterable[Price]) -> Price:
    """All of them together."""
    from .diff import Price

    every = list(prices)
    return Price(
        low_micro_usd=sum(p.low_micro_usd for p in every),
        high_micro_usd=sum(p.high_micro_usd for p in every),
        unpriced=tuple(dict.fromkeys(name for p in every for name in p.unpriced)),
    )


def _renderer(manifest: Manifest | None, segment: str) -> str | None:
    record = next((s for s in manifest.segments if s.id == segment), None) if manifest else None
    return f"{record.model.provider}:{record.model.id}" if record else None


def _price(backend: str, frames: int, fps: float) -> Price:
    from ..catalog import entry_of
    from ..estimate import price_of
    from .diff import Price

    provider, _, model = backend.partition(":")
    try:
        listed = entry_of(provider)
    except LongvidError:
        return Price(unpriced=(backend,))  # a provider that is not installed here, or is no more
    model = model or listed.default
    entry = listed.models.get(listed.retired[model].successor if model in listed.retired else model)
    if entry is None and all(e.price is not None and e.price.unit == "free" for e in listed.models.values()):
        return Price()  # on this machine, under a name of its own
    if entry is None or entry.price is None:
        return Price(unpriced=(backend,))
    low, high = price_of(entry, frames, fps)
    return Price(low_micro_usd=low, high_micro_usd=high)
