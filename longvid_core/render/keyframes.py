"""Drawing the keyframes that are missing, and taking in the pictures a person supplies."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..catalog import Backend, find_backend
from ..errors import BadInput, CannotRender, LongvidError, RenderFailed
from ..events import KeyframeDone, Notice, StageDone, StageStarted
from ..models.asset import Asset
from ..models.plan import Keyframe, Plan
from ..models.records import PictureAttempt
from ..providers.base import Ready
from ..providers.faults import Moderated, Refused
from .calls import Call, key_of, too_small
from .lanes import Lane, settle_all, width_of
from .references import MASK, check_mask, followed, keep_references, left_out, request_of
from .session import Session

if TYPE_CHECKING:
    from PIL.Image import Image

USER = "user"
CARD = "card"


async def draw_keyframes(plan: Plan, session: Session, *, images: str = "card", first_image: Path | None = None) -> Plan:
    """The plan with a picture for every keyframe: supplied ones kept, missing ones drawn by `images` or found in the store.

    `first_image` takes the place of the film's first keyframe. All at once, within the provider's lane, save that a keyframe
    which looks at another one waits for it. Where `images` gives no picture, those in the setting `images.fallback` are asked
    in turn. After that a storyboard card stands in for a prompt that is refused, and for the film's first keyframe whatever
    happened. Otherwise RenderFailed is raised, once all the others are drawn: the same command again asks for what is missing.
    Emits KeyframeDone for each, in the order they are ready.
    """
    backend = find_backend(images, "image")
    if backend.succession:
        session.emit(Notice(level="warning", message=backend.succession))
    if first_image is not None:
        plan = with_first(plan, first_image)
    drawing = Drawing(plan, session, [backend, *_fallbacks(session)])
    drawing.check()
    keep_references(plan, session)
    session.emit(StageStarted(stage="keyframes", total=len(plan.keyframes)))
    drawn = await drawing.run()
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
        tell_if_small(keyframe, picture.size, plan, session)
        asset = session.store.keep_original(asset_of(file).model_copy(update={"path": str(file)}))
        adopted.append(keyframe.model_copy(update={"image": asset, "source": USER, "made": None}))
    return plan.with_keyframes(adopted)


def tell_if_small(keyframe: Keyframe, size: tuple[int, int], plan: Plan, session: Session) -> None:
    """Say that a supplied picture has to be enlarged, where it has."""
    if small := too_small(size, plan.width, plan.height, plan.fit):
        came = f"keyframe {keyframe.id}: the picture supplied has {size[0]}x{size[1]} pixels, and {small}"
        session.emit(Notice(level="warning", message=came))


def with_first(plan: Plan, first_image: Path) -> Plan:
    """The plan with this picture as the film's first keyframe. BadInput where it has none, Unreadable for no picture."""
    from ..media.images import asset_of

    first = plan.segments[0].first_keyframe
    if first is None:
        raise BadInput("this plan's first segment has no first keyframe to put the picture in.", "Leave --first-image out.")
    keyframe = plan.keyframe(first)
    return plan.with_keyframes([keyframe.model_copy(update={"image": asset_of(first_image), "source": USER, "made": None})])


def stored_picture(plan: Plan, keyframe: Keyframe, backend: Backend, previous: Asset | None, session: Session) -> Asset | None:
    """The picture that drawing the keyframe would find in the store, its own or one by a fallback that stood in before.

    `previous`: the picture it follows on, if it is there.
    """
    key = key_of(request_of(plan, keyframe, backend, previous, session), backend, session)
    if (picture := session.store.picture(key)) is not None or (noted := session.store.instead(key)) is None:
        return picture
    for other in _fallbacks(session):
        with contextlib.suppress(CannotRender):
            request = request_of(plan, keyframe, other, previous if other.entry.references else None, session)
            if key_of(request, other, session) == noted[0]:
                return session.store.picture(noted[0])
    return None


def _fallbacks(session: Session) -> list[Backend]:
    return [find_backend(name, "image") for name in session.settings.images.fallback]


class Drawing:
    """One call of `draw_keyframes`: who draws, in which order they are asked, and what each keyframe waits for."""

    def __init__(self, plan: Plan, session: Session, backends: Sequence[Backend]) -> None:
        self._plan, self._session = plan, session
        self._backends = list(dict.fromkeys(backends))
        self._card = find_backend(CARD, "image")
        self._lanes = {backend: Lane(width_of(backend)) for backend in (*self._backends, self._card)}
        self._closed: dict[Backend, Refused] = {}
        """Providers that will answer nothing more in this run: asking them ten times more would tell nothing new."""
        self._follows = followed(plan)
        self._tasks: dict[str, asyncio.Task[Keyframe]] = {}
        self._prepared = False

    def check(self) -> None:
        """Refuse what the plan asks and the model cannot do, before anything is drawn. BadInput or CannotRender."""
        backend = self._backends[0]
        for keyframe in self._plan.keyframes:
            if keyframe.image is None:
                check_mask(keyframe, self._plan, backend, self._session, follows=keyframe.id in self._follows)
                unmasked = [r for r in keyframe.references if r.role != MASK]
                request_of(self._plan, keyframe.model_copy(update={"references": unmasked}), backend, None, self._session)

    async def run(self) -> list[Keyframe]:
        """Every keyframe with its picture, in the plan's order."""
        for index, keyframe in enumerate(self._plan.keyframes):
            self._tasks[keyframe.id] = asyncio.ensure_future(self._ready(index, keyframe))
        return await settle_all(self._tasks.values())

    async def _ready(self, index: int, keyframe: Keyframe) -> Keyframe:
        if keyframe.image is not None:
            ready, cached = self._supplied(keyframe), True
        else:
            ready, cached = await self._drawn(keyframe)
        assert ready.image is not None and ready.source is not None
        self._session.emit(KeyframeDone(id=ready.id, index=index, path=ready.image.path, source=ready.source, cached=cached))
        return ready

    def _supplied(self, keyframe: Keyframe) -> Keyframe:
        from ..media.images import load_rgb

        assert keyframe.image is not None
        if not Path(keyframe.image.path).is_file():
            raise BadInput(
                f"keyframe {keyframe.id}: its picture {keyframe.image.path} is gone.",
                "Restore the file, or set the keyframe's image to null to have it drawn.",
            )
        tell_if_small(keyframe, load_rgb(keyframe.image.path).size, self._plan, self._session)
        kept = self._session.store.keep_original(keyframe.image)
        return keyframe.model_copy(update={"image": kept, "source": keyframe.source or USER})

    async def _drawn(self, keyframe: Keyframe) -> tuple[Keyframe, bool]:
        """The keyframe drawn by the first who does it, and whether the store had its picture."""
        attempts: list[PictureAttempt] = []
        faults: list[LongvidError] = []
        if (before := await self._stood_in(keyframe)) is not None:
            return before, True
        for backend in self._backends:
            try:
                return await self._by(backend, keyframe, attempts, faults)
            except (RenderFailed, CannotRender) as fault:
                faults.append(fault)
                if isinstance(fault, Refused) and fault.everything:
                    self._closed[backend] = fault
        first = keyframe.id == self._plan.segments[0].first_keyframe
        refused = any(isinstance(fault, Moderated) for fault in faults)
        if self._card in self._backends or not (first or refused):
            raise _without_picture(keyframe, faults)
        return await self._by(self._card, keyframe, attempts, faults)

    async def _by(
        self, backend: Backend, keyframe: Keyframe, attempts: list[PictureAttempt], faults: Sequence[LongvidError]
    ) -> tuple[Keyframe, bool]:
        call = await self._call(backend, keyframe, attempts)
        if call.left_out:
            self._warn(f"keyframe {keyframe.id}: {backend} has no place for {call.left_out} of its reference pictures.")
        why = "; ".join(dict.fromkeys(fault.what for fault in faults))
        if faults and backend != self._card:  # it will be paid: the next run must not ask the others again and buy another
            with contextlib.suppress(CannotRender):  # one that the first cannot even be asked for: that says so each time
                own = await self._call(self._backends[0], keyframe, [])
                self._session.store.note_instead(own.key, call.key, why)
        image, made, cached = await call.picture()
        if faults:
            tried = (*attempts, *made.attempts) if cached else made.attempts
            made = made.model_copy(update={"fallback": why, "attempts": tried})
            self._warn(f"keyframe {keyframe.id} is drawn by {backend} instead: {why}")
        return keyframe.model_copy(update={"image": image, "source": str(backend), "made": made}), cached

    async def _call(self, backend: Backend, keyframe: Keyframe, attempts: list[PictureAttempt]) -> Call:
        """The keyframe as that one is asked for it. The errors are those of `request_of` and `_previous`."""
        previous = await self._previous(keyframe) if backend.entry.references else None
        return Call(
            plan=self._plan,
            keyframe=keyframe,
            backend=backend,
            request=request_of(self._plan, keyframe, backend, previous, self._session),
            session=self._session,
            lane=self._lanes[backend],
            allowed=lambda: self._allow(backend),
            attempts=attempts,
            left_out=left_out(self._plan, keyframe, backend, previous),
        )

    async def _stood_in(self, keyframe: Keyframe) -> Keyframe | None:
        """The keyframe with the picture that a fallback drew before, where there is none of its own; None where none did."""
        backend, *others = self._backends
        try:
            own = await self._call(backend, keyframe, [])
        except (RenderFailed, CannotRender):  # which asking tells again
            return None
        store = self._session.store
        noted = store.instead(own.key) if others and own.stored() is None else None
        if noted is None:
            return None
        for other in others:
            with contextlib.suppress(RenderFailed, CannotRender):
                call = await self._call(other, keyframe, [])
                if call.key == noted[0] and (found := call.stored()) is not None:
                    image, made = found
                    said = f"keyframe {keyframe.id}: {other} stood in for {backend} before, and its picture is used."
                    self._session.emit(Notice(message=said))
                    update = {"image": image, "source": str(other), "made": made.model_copy(update={"fallback": noted[1]})}
                    return keyframe.model_copy(update=update)
        return None

    async def _previous(self, keyframe: Keyframe) -> Asset | None:
        """The picture this one follows on, once it is there. A card that stands in for one is none to go by.

        RenderFailed where that one has no picture.
        """
        name = self._follows.get(keyframe.id)
        if name is None:
            return None
        task = self._tasks[name]
        await asyncio.wait({task})
        try:
            before = task.result()
        except RenderFailed as error:
            raise RenderFailed(f"it follows on keyframe {name}, which has no picture.", *error.way_out) from error
        return None if stands_in(before) else before.image

    def _allow(self, backend: Backend) -> None:
        """Before a call: whether it may be made at all. Who may be asked later is looked at now, too."""
        if backend in self._closed:
            raise self._closed[backend]
        if not self._prepared:
            for each in self._backends:
                painter = self._session.renderers.of(each)
                if isinstance(painter, Ready):
                    painter.ready()
            self._prepared = True

    def _warn(self, message: str) -> None:
        self._session.emit(Notice(level="warning", message=message))


def stands_in(keyframe: Keyframe) -> bool:
    """Whether a storyboard card stands in for the picture that was asked for."""
    return keyframe.made is not None and keyframe.made.fallback is not None and (keyframe.source or "").partition(":")[0] == CARD


def _without_picture(keyframe: Keyframe, faults: Sequence[LongvidError]) -> LongvidError:
    if len(faults) == 1 and faults[0].what.startswith("keyframe "):
        return faults[0]
    ways_out = dict.fromkeys(way for fault in faults for way in fault.way_out)
    return RenderFailed(
        f"keyframe {keyframe.id} has no picture: {'; '.join(dict.fromkeys(fault.what for fault in faults))}",
        *ways_out,
        "What was drawn is kept: run the same again, or name who draws instead under images.fallback in longvid.yaml.",
    )
