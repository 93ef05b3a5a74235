"""The animatic: the plan's camera moved through the painted layers of its keyframes, exact on both ends."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from ..errors import BadInput, Interrupted
from ..seeds import hashed_seed
from .base import VideoRequest, Watch


class Animatic:
    """Renders a clip from its first keyframe to its last.

    Without a last one it goes on from the first: through a card's own layers, or, from a picture that has none (a chain's
    last frame, a photograph), towards a card painted from the segment's prompt, so that a chained story goes somewhere.
    """

    name = "animatic"

    def fingerprint(self, model: str) -> dict[str, Any]:
        from ..painting import PIXEL_VERSION

        return {"provider": self.name, "model": model, "pixels": PIXEL_VERSION}

    async def render(self, model: str, request: VideoRequest, target: Path, watch: Watch) -> None:
        """Write the clip to `target`. Frame 0 is the first keyframe pixel by pixel, the last frame the last one."""
        if request.first is None:
            raise BadInput("the animatic needs a first frame.", "Draw the keyframes first, or wire a picture in.")
        if request.frames < 2:
            raise BadInput(f"the animatic cannot render {request.frames} frame(s).", "A clip has at least 2 frames.")
        await asyncio.to_thread(_render, request, target, watch)


def _render(request: VideoRequest, target: Path, watch: Watch) -> None:
    import numpy as np

    from ..media.encode import ClipWriter
    from ..painting.animate import Shot
    from ..painting.card import recipe_in, save_card
    from ..painting.scene import Recipe

    def stop_if_asked() -> None:
        if watch.interrupted():
            raise Interrupted("rendering an animatic: stopped.", "Run it again to render it.")

    assert request.first is not None
    stop_if_asked()
    first, last = Path(request.first.path), Path(request.last.path) if request.last else None
    destination = target.with_suffix(".end.png")
    seed = request.seed or 0
    if last is None:
        # Where an open end arrives follows from what is told and from where it started: a chain is a chain.
        seed = hashed_seed("open end", seed, request.prompt, request.first.pixels_sha256)
        if recipe_in(first) is None:
            save_card(Recipe(request.prompt, request.visual, seed, request.width, request.height), destination)
            last = destination
    shot = Shot(
        first,
        last,
        visual=request.visual,
        seed=seed,
        frames=request.frames,
        fps=float(request.fps),
        width=request.width,
        height=request.height,
    )
    destination.unlink(missing_ok=True)  # the shot holds its pixels now
    with ClipWriter(target, request.width, request.height, request.fps, watch.interrupted) as clip:
        for index in range(request.frames):
            stop_if_asked()
            clip.write(np.asarray(shot.frame(index)))
            watch.progress(index + 1, request.frames)


PROVIDER = Animatic()
