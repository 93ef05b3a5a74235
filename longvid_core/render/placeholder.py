"""The clip that stands in a film where a segment could not be rendered: its animatic, marked as what it is on every frame."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from ..canonical import sha256_of
from ..models.clip import Clip
from .attempt import taken_in
from .lanes import Lane
from .segment import Take
from .session import Session

MARK = "PLACEHOLDER"
PLAIN = "without_mark"
"""In the facts of a placeholder: the key of its animatic."""
_VERSION = 1


async def placeholder_clip(take: Take, lane: Lane, session: Session) -> Clip:
    """The marked clip, from the store where it was made before. `take`: the segment's animatic, which is rendered first."""
    _, plain = await take.clip(lane, session)
    key = sha256_of({"kind": "placeholder", "version": _VERSION, "clip": plain.sha256, "segment": take.segment.id})
    async with session.store.clips.lock(key, session.interrupted):
        found = session.store.clip(key)
        return found if found is not None else await asyncio.to_thread(_marked, take, plain, key, session)


def without_mark(clip: Clip | None, session: Session) -> Clip | None:
    """A placeholder's animatic, for whatever goes on from its last frame; any other clip as it is."""
    key = clip.made.get(PLAIN) if clip is not None else None
    return session.store.clip(str(key)) if key is not None else clip


def _marked(take: Take, plain: Clip, key: str, session: Session) -> Clip:
    import numpy as np
    from PIL import Image

    from ..media.encode import CLIP_SUFFIX, ClipWriter
    from ..media.frames import iterate_frames, rgb_array
    from ..painting.slate import draw_mark

    target = session.scratch / f"{key[:16]}-{os.urandom(4).hex()}{CLIP_SUFFIX}"
    mark = draw_mark(MARK, f"{take.segment.id}: no clip", plain.width, plain.height)
    with ClipWriter(target, plain.width, plain.height, plain.fps, session.interrupted) as clip:
        for frame in iterate_frames(Path(plain.path)):
            picture = Image.fromarray(rgb_array(frame)).convert("RGBA")
            clip.write(np.asarray(Image.alpha_composite(picture, mark).convert("RGB")))
    return taken_in(take, target, {**plain.made, "placeholder": True, PLAIN: plain.render_key}, session, key=key)
