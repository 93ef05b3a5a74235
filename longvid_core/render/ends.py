"""The pictures a segment starts and ends on, at the plan's exact size."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..canonical import sha256_of
from ..events import Notice
from ..models.asset import Asset
from ..models.clip import Clip
from ..models.plan import Plan
from .session import Session

if TYPE_CHECKING:
    from PIL.Image import Image


def conformed(image: Asset, plan: Plan, session: Session) -> Asset:
    """`image` brought to the plan's size by the plan's fit; itself where it already has it."""
    from PIL import Image

    from ..media.images import fit_image, load_rgb

    if Path(image.path).parent.parent == session.store.pictures.folder:  # made here: upright, RGB, whole
        with Image.open(image.path) as header:
            if header.size == (plan.width, plan.height):
                return image
    picture = load_rgb(image.path)
    if picture.size == (plan.width, plan.height):
        return image
    how = {"kind": "conformed", "pixels_sha256": image.pixels_sha256, "size": [plan.width, plan.height], "fit": plan.fit}
    return _kept(sha256_of(how), lambda: fit_image(picture, plan.width, plan.height, plan.fit), session)


def last_frame_of(clip: Clip, plan: Plan, session: Session) -> Asset:
    """The exact last frame of a clip, decoded from its original, at the plan's size."""
    return conformed(_last_frame(Path(clip.path), clip.sha256, session), plan, session)


def last_frame_asset(file: Path, session: Session) -> Asset:
    """The exact last frame of any video file, at its own size, as a picture in the store."""
    from ..files import sha256_file

    return _last_frame(file, sha256_file(file), session)


def _last_frame(file: Path, sha256: str, session: Session) -> Asset:
    from ..media.frames import read_last_frame

    def read() -> Image:
        found = read_last_frame(file)
        if found.warning:
            session.emit(Notice(level="warning", message=found.warning))
        return found.image

    return _kept(sha256_of({"kind": "last frame", "clip": sha256}), read, session)


def _kept(key: str, make: Callable[[], Image], session: Session) -> Asset:
    """The picture of that key from the store, or made and put there."""
    from ..media.images import asset_of, save_png

    if found := session.store.picture(key):
        return found
    file = session.scratch / f"{key[:16]}-{os.urandom(4).hex()}.png"
    save_png(make(), file)
    pixels = asset_of(file).pixels_sha256
    path, facts = session.store.pictures.put(key, file, ".png", {"pixels_sha256": pixels})
    return Asset(path=str(path), sha256=facts["sha256"], pixels_sha256=pixels)
