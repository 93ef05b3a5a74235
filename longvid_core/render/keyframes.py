"""Drawing the keyframes that are missing, and taking in the pictures a person supplies."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..canonical import sha256_of
from ..catalog import Backend, find_backend, load_provider
from ..errors import BadInput, RenderFailed, Unreadable
from ..events import KeyframeDone, StageDone, StageStarted
from ..models.asset import Asset
from ..models.plan import Keyframe, Plan
from ..providers.base import ImageProvider, ImageRequest, Watch
from ..seeds import keyframe_seed, map_seed
from .lanes import lane, settle_all
from .session import Session

if TYPE_CHECKING:
    from PIL.Image import Image

USER = "user"


async def draw_keyframes(plan: Plan, session: Session, *, images: str = "card", first_image: Path | None = None) -> Plan:
    """The plan with a picture for every keyframe: supplied ones kept, missing ones drawn by `images` or found in the store.

    `first_image` takes the place of the film's first keyframe. Emits KeyframeDone for each, in the order they are ready.
    """
    backend = find_backend(images, "image")
    if first_image is not None:
        plan = with_first(plan, first_image)
    session.emit(StageStarted(stage="keyframes", total=len(plan.keyframes)))
    gate = lane(backend)
    drawn = await settle_all(_ready(plan, i, k, backend, gate, session) for i, k in enumerate(plan.keyframes))
    session.emit(StageDone(stage="keyframes"))
    return plan.with_keyframes(drawn)


def adopt_images(plan: Plan, pictures: Sequence[Image], session: Session) -> Plan:
    """The plan with these pictures as its keyframes, in order. BadInput unless there is exactly one for each."""
    from ..media.images import asset_of, save_png

    if len(pictures) != len(plan.keyframes):
        ids = ", ".join(k.id for k in plan.keyframes)
        raise BadInput(
            f"{len(pictures)} pictures for {len(plan.keyframes)} keyframes.", f"Give one for each, in this order: {ids}."
        )
    adopted = []
    for keyframe, picture in zip(plan.keyframes, pictures, strict=True):
        file = session.scratch / f"{keyframe.id}.png"
        save_png(picture.convert("RGB"), file)
        asset = session.store.keep_original(asset_of(file).model_copy(update={"path": str(file)}))
        adopted.append(keyframe.model_copy(update={"image": asset, "source": USER}))
    return plan.with_keyframes(adopted)


def image_key(plan: Plan, keyframe: Keyframe, backend: Backend) -> str:
    """What a keyframe's picture depends on, hashed: the same key is the same picture, from the store."""
    return _key(_request(plan, keyframe, backend), backend)


def _key(request: ImageRequest, backend: Backend) -> str:
    provider: ImageProvider = load_provider(backend.provider)
    value = request.json_value()
    value["references"] = [{"role": r.role, "pixels_sha256": r.image.pixels_sha256} for r in request.references]
    model = {"provider": backend.provider, "id": backend.model, "fingerprint": provider.fingerprint(backend.model)}
    return sha256_of({"kind": "keyframe", "model": model, **value})


def _request(plan: Plan, keyframe: Keyframe, backend: Backend) -> ImageRequest:
    support = backend.entry.seed
    seed = None if support.promise == "none" else map_seed(keyframe_seed(plan, keyframe), *support.range)
    return ImageRequest(
        prompt=keyframe.prompt,
        visual=keyframe.visual.over(plan.visual),
        seed=seed,
        width=plan.width,
        height=plan.height,
        references=keyframe.references,
    )


async def _ready(
    plan: Plan, index: int, keyframe: Keyframe, backend: Backend, gate: asyncio.Semaphore, session: Session
) -> Keyframe:
    if keyframe.image is not None:
        if not Path(keyframe.image.path).is_file():
            raise BadInput(
                f"keyframe {keyframe.id}: its picture {keyframe.image.path} is gone.",
                "Restore the file, or set the keyframe's image to null to have it drawn.",
            )
        kept = session.store.keep_original(keyframe.image)
        ready = keyframe.model_copy(update={"image": kept, "source": keyframe.source or USER})
        cached = True
    else:
        image, cached = await _drawn(plan, keyframe, backend, gate, session)
        ready = keyframe.model_copy(update={"image": image, "source": str(backend)})
    assert ready.image is not None and ready.source is not None
    session.emit(KeyframeDone(id=ready.id, index=index, path=ready.image.path, source=ready.source, cached=cached))
    return ready


async def _drawn(
    plan: Plan, keyframe: Keyframe, backend: Backend, gate: asyncio.Semaphore, session: Session
) -> tuple[Asset, bool]:
    request = _request(plan, keyframe, backend)
    key = _key(request, backend)
    if found := session.store.picture(key):
        return found, True
    async with gate, session.store.pictures.lock(key, session.interrupted):
        if found := session.store.picture(key):
            return found, True
        session.check()
        target = session.scratch / f"{keyframe.id}-{os.urandom(4).hex()}.png"
        provider: ImageProvider = load_provider(backend.provider)
        await provider.draw(backend.model, request, target, Watch(interrupted=session.interrupted))
        return _taken_in(key, target, request, keyframe, session), False


def _taken_in(key: str, target: Path, request: ImageRequest, keyframe: Keyframe, session: Session) -> Asset:
    from ..media.images import asset_of, load_rgb

    try:
        size = load_rgb(target).size
    except Unreadable as error:
        raise RenderFailed(f"keyframe {keyframe.id}: what was drawn is no picture ({error.what}).") from error
    if size != (request.width, request.height):
        raise RenderFailed(f"keyframe {keyframe.id} came out {size[0]}x{size[1]} instead of {request.width}x{request.height}.")
    pixels = asset_of(target).pixels_sha256
    path, facts = session.store.pictures.put(key, target, ".png", {"pixels_sha256": pixels})
    return Asset(path=str(path), sha256=facts["sha256"], pixels_sha256=pixels)


def with_first(plan: Plan, first_image: Path) -> Plan:
    from ..media.images import asset_of

    first = plan.segments[0].first_keyframe
    if first is None:
        raise BadInput("this plan's first segment has no first keyframe to put the picture in.", "Leave --first-image out.")
    keyframe = plan.keyframe(first)
    return plan.with_keyframes([keyframe.model_copy(update={"image": asset_of(first_image), "source": USER})])
