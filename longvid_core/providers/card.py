"""Storyboard cards: keyframes painted here, offline, from the prompt's words and the visual state."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from ..errors import Interrupted
from .base import ImageRequest, Watch


class Card:
    """Paints a keyframe. The same request gives the same bytes; the PNG carries the recipe it was painted from."""

    name = "card"

    def fingerprint(self, model: str) -> dict[str, Any]:
        from ..painting import PIXEL_VERSION

        return {"provider": self.name, "model": model, "pixels": PIXEL_VERSION}

    async def draw(self, model: str, request: ImageRequest, target: Path, watch: Watch) -> None:
        """Write the card, RGB of exactly the requested size, to `target`. References are not looked at."""
        if watch.interrupted():
            raise Interrupted("painting a keyframe: stopped before it began.", "Run it again to go on.")
        watch.progress(0, 1)
        await asyncio.to_thread(_paint, request, target)
        watch.progress(1, 1)


def _paint(request: ImageRequest, target: Path) -> None:
    from ..painting.card import save_card
    from ..painting.scene import Recipe

    save_card(Recipe(request.prompt, request.visual, request.seed or 0, request.width, request.height), target)


PROVIDER = Card()
