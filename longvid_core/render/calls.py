"""One picture by one model: from the store, or by calls that are journaled, repeated, reworded and counted."""

from __future__ import annotations

import asyncio
import datetime
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError

from ..canonical import sha256_of
from ..catalog import Backend
from ..catalog.sizes import enlarged
from ..errors import Interrupted, LongvidError, RenderFailed, Unreadable
from ..events import Notice
from ..models.asset import Asset
from ..models.plan import Fit, Keyframe, Plan
from ..models.records import PictureAttempt, PictureMade, ReceivedPicture, ReferenceRecord, SeedRecord
from ..providers.base import Idles, ImageProvider, ImageRequest, Watch
from ..providers.faults import Moderated, Transient
from ..providers.pictures import pictures_and_mask
from ..retry import persistently
from ..seeds import keyframe_seed
from . import received
from .bill import Bill, Tally, billed
from .lanes import Lane
from .rewording import in_other_words
from .session import Session

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

_SUFFIXES = {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp"}


@dataclass
class Call:
    """One keyframe, as one model is asked for it. `attempts` grows with every call, and is there whatever comes of it."""

    plan: Plan
    keyframe: Keyframe
    backend: Backend
    request: ImageRequest
    session: Session
    lane: Lane
    allowed: Callable[[], None]
    """Raises, before each call, where it may not be made."""
    attempts: list[PictureAttempt] = field(default_factory=list)
    left_out: int = 0
    """Reference pictures that the model has no place for."""
    _tally: Tally = field(default_factory=Tally)

    @property
    def key(self) -> str:
        """What the picture depends on, hashed."""
        return key_of(self.request, self.backend, self.session)

    async def picture(self) -> tuple[Asset, PictureMade, bool]:
        """The picture, how it came about, and whether the store had it. Raises what the last call raised."""
        key = self.key
        if found := self.stored():
            received.done(self.session, key)  # where a process was killed just then
            return *found, True
        async with self.lane, self.session.store.pictures.lock(key, self.session.interrupted):
            if found := self.stored():
                return *found, True
            self.session.check()
            target = self.session.scratch / f"{self.keyframe.id}-{os.urandom(4).hex()}.png"
            try:
                said = await asyncio.to_thread(self._back, key, target) or await self._worded(key, target)
                taken = await asyncio.to_thread(self._taken_in, key, target, said)
                received.done(self.session, key)
                return *taken, False
            except RenderFailed:  # of a picture that is none
                received.done(self.session, key)
                raise
            finally:
                target.unlink(missing_ok=True)

    def stored(self) -> tuple[Asset, PictureMade] | None:
        """The picture and how it came about, where the store has it."""
        key = self.key
        image = self.session.store.picture(key)
        if image is None:
            return None
        try:
            return image, PictureMade.model_validate(self.session.store.picture_made(key))
        except ValidationError:  # a card, of which nothing is noted, or noted by another version: the picture is good
            return image, self._made(key, {}, None)

    # -- calls -----------------------------------------------------------------------------------------------------------

    async def _worded(self, key: str, target: Path) -> Mapping[str, Any]:
        """What the provider said of the picture, which is at `target`. A refused prompt is put into other words, a few times."""

        async def ask(request: ImageRequest) -> Mapping[str, Any]:
            return await self._answered(key, request, target)

        def with_words(request: ImageRequest, words: str) -> ImageRequest:
            return request.model_copy(update={"prompt": words})

        return await in_other_words(self.request, ask, with_words, self.keyframe.id, self.session, self._say)

    async def _answered(self, key: str, request: ImageRequest, target: Path) -> Mapping[str, Any]:
        rules = self.session.settings.retry

        def again(fault: Transient, attempt: int, wait_s: float) -> None:
            if fault.busy:
                self.lane.narrow()
            self._say(f"{fault.what} Call {attempt + 1} of {rules.attempts} follows in {wait_s:.1f} s.")

        call = partial(self._once, key, request, target)
        if not _costs(self.backend):  # painted here: it stops by itself, and its threads must not be left behind
            return await call()
        said = await persistently(call, rules, interrupted=self.session.interrupted, again=again)
        await self.lane.widen()
        return said

    async def _once(self, key: str, request: ImageRequest, target: Path) -> Mapping[str, Any]:
        """One call, written down before it is made and settled after."""
        self.allowed()
        backend = self.backend
        if not _costs(backend):
            return await self._asked(key, request, target, None)
        bill, budget = None, self.session.budget_micro_usd
        try:
            with billed(self.session, self.keyframe.id, str(backend), self._most, budget) as bill:
                return await self._asked(key, request, target, bill)
        finally:
            self._tally.perhaps += bill.doubted if bill is not None else 0

    async def _asked(self, key: str, request: ImageRequest, target: Path, bill: Bill | None) -> Mapping[str, Any]:
        ledger, backend = self.session.ledger, self.backend
        attempt = None
        if bill is not None:
            attempt = ledger.start_attempt(self.session.run_id, self.keyframe.id, key, backend.provider, backend.model)

        def settled(state: str, message: str | None = None) -> None:
            if attempt is not None:
                ledger.finish_attempt(attempt, state, message)

        try:
            said = await self._painter().draw(backend.model, request, target, Watch(interrupted=self.session.interrupted)) or {}
        except (Interrupted, asyncio.CancelledError):
            settled("interrupted")
            if bill is not None:
                self._say(f"stopped while {backend} was at it; it may be charged, and is asked for again.", warning=True)
            raise
        except Transient as fault:
            settled("unknown" if fault.sent else "failed", fault.what)
            self._note(request.prompt_sent, "unknown" if fault.sent else "failed", fault.what)
            raise
        except Moderated as fault:
            settled("failed", fault.what)
            self._note(request.prompt_sent, "moderated", fault.reason)
            raise
        except LongvidError as error:
            settled("failed", error.what)
            self._note(request.prompt_sent, "failed", error.what)
            raise
        except Exception as error:
            message = f"{backend} failed: {type(error).__name__}: {error}"
            settled("failed", message)
            self._note(request.prompt_sent, "failed", message)
            raise RenderFailed(message) from error
        said = {**said, "prompt_sent": str(said.get("prompt_sent", request.prompt_sent))}
        if bill is not None:
            try:
                received.keep(self.session, key, target, said)
            finally:  # a disk that is full takes nothing off what it cost
                cost = self._cost(said)
                bill.pay(*cost)
                self._tally.add(*cost)
        settled("rendered")
        self._note(said["prompt_sent"], "drawn")
        return said

    def _painter(self) -> ImageProvider:
        return cast(ImageProvider, self.session.renderers.of(self.backend))

    @property
    def _most(self) -> int | None:
        """Micro-dollars that a picture costs at most, by the catalog; None where that knows no price, 0 where it is free."""
        from ..estimate import price_of

        entry = self.backend.entry
        return price_of(entry, 1, self.plan.fps)[1] if entry.price is not None else None

    def _cost(self, said: Mapping[str, Any]) -> tuple[int | None, datetime.date | None]:
        """What a picture cost, as in `Bill.pay`: as the provider says, else by the catalog, at its upper end."""
        if said.get("micro_usd") is not None:
            day = said.get("priced_on")
            return int(said["micro_usd"]), datetime.date.fromisoformat(day) if isinstance(day, str) else day
        price = self.backend.entry.price
        return self._most, price.checked if price is not None else None

    def _back(self, key: str, target: Path) -> Mapping[str, Any] | None:
        """What the provider said of a picture that came before, and was not taken in: it is at `target` then. None: none came."""
        there = received.back(self.session, key, target) if _costs(self.backend) else None
        if there is None:
            return None
        self._say(f"what {self.backend} had drawn before is taken in.")
        cost, priced_on = self._cost(there.said)
        self.session.ledger.settle_dead(self.session.store.at_work)  # it may have been killed while this run waited for it
        self.session.ledger.payments.found(there.run, self.keyframe.id, str(self.backend), cost, priced_on=priced_on)
        self._tally.add(cost, priced_on)
        self._note(there.said["prompt_sent"], "drawn")
        return there.said

    def _note(self, prompt: str, state: Any, message: str | None = None) -> None:
        self.attempts.append(
            PictureAttempt(provider=self.backend.provider, model=self.backend.model, prompt=prompt, state=state, message=message)
        )

    def _say(self, message: str, *, warning: bool = False) -> None:
        self.session.emit(Notice(level="warning" if warning else "info", message=f"keyframe {self.keyframe.id}: {message}"))

    # -- what came ---------------------------------------------------------------------------------------------------------

    def _taken_in(self, key: str, target: Path, said: Mapping[str, Any]) -> tuple[Asset, PictureMade]:
        """The picture at the frame's size, in the store under `key`; as it came, beside the originals."""
        from PIL import Image

        from ..media.images import asset_of, fit_image, load_rgb, save_png

        request, exact = self.request, self.backend.entry.any_size
        try:
            picture = load_rgb(target)
            with Image.open(target) as header:
                suffix = _SUFFIXES.get(header.format or "", ".png")
        except Unreadable as error:
            why = str(error.__cause__ or error.what).replace(f" {str(target)!r}", "")
            raise RenderFailed(
                f"keyframe {self.keyframe.id}: what {self.backend} drew is no picture ({why}).",
                "It is paid; the same again asks for another. Or choose another --images.",
            ) from error
        size, frame = picture.size, (request.width, request.height)
        received = None
        if exact and size != frame:
            raise RenderFailed(
                f"keyframe {self.keyframe.id} came out {size[0]}x{size[1]} instead of {request.width}x{request.height}."
            )
        if not exact:
            self._check_size(size, said)
            as_it_came = target.with_suffix(f".as-it-came{suffix}")
            os.replace(target, as_it_came)
            original = asset_of(as_it_came)
            self.session.store.keep_original(original)
            received = ReceivedPicture(sha256=original.sha256, width=size[0], height=size[1])
            save_png(self._as_masked(fit_image(picture, *frame, request.fit)), target)
        made = self._made(key, said, received)
        pixels = asset_of(target).pixels_sha256
        facts: dict[str, Any] = {"pixels_sha256": pixels}
        if _costs(self.backend):
            facts["made"] = made.json_value()
        path, kept = self.session.store.pictures.put(key, target, ".png", facts)
        return Asset(path=str(path), sha256=kept["sha256"], pixels_sha256=pixels), made

    def _as_masked(self, picture: Picture) -> Picture:
        """The picture; under a mask, with everything outside it as it was: models take a mask for a hint, and redraw the rest."""
        from ..media.images import fit_image, load_rgb
        from ..media.masks import only_inside

        pictures, mask = pictures_and_mask(self.request)
        if mask is None:
            return picture
        before = fit_image(load_rgb(pictures[0].image.path), *picture.size, self.request.fit)
        return only_inside(picture, before, load_rgb(mask.image.path).convert("L"))

    def _check_size(self, size: tuple[int, int], said: Mapping[str, Any]) -> None:
        """Say what a person would not expect of the picture's size."""
        request, came = self.request, f"{size[0]}x{size[1]}"
        if said.get("size") not in (None, came):
            self._say(f"{self.backend} drew {came}, and was asked for {said['size']}.", warning=True)
        if small := too_small(size, request.width, request.height, request.fit):
            self._say(f"{self.backend} drew {came}, which {small}", warning=True)

    def _made(self, key: str, said: Mapping[str, Any], received: ReceivedPicture | None) -> PictureMade:
        request = self.request
        requested = keyframe_seed(self.plan, self.keyframe) if request.seed is not None else None
        return PictureMade(
            key=key,
            model=self.session.renderers.record(self.backend),
            prompt_sent=str(said.get("prompt_sent", request.prompt_sent)),
            negative=request.negative,
            seed=SeedRecord(
                policy=self.plan.seed_policy, requested=requested, sent=request.seed, returned=said.get("seed", None)
            ),
            references=tuple(
                ReferenceRecord(role=r.role, sha256=r.image.sha256, pixels_sha256=r.image.pixels_sha256)
                for r in request.references
            ),
            received=received,
            fit=request.fit if received else None,
            attempts=tuple(self.attempts),
            cost=self._tally.cost(self._most or 0),
        )


def too_small(size: tuple[int, int], width: int, height: int, fit: Fit) -> str:
    """What is to be said of a picture that has to be enlarged for a frame; empty where it does not."""
    if enlarged(size, width, height, whole=fit == "pad") <= 1:
        return ""
    return f"is enlarged to fill the film's {width}x{height}."


def key_of(request: ImageRequest, backend: Backend, session: Session) -> str:
    """What a picture depends on, hashed: the same key is the same picture, from the store."""
    value = request.json_value()
    value["references"] = [{"role": r.role, "pixels_sha256": r.image.pixels_sha256} for r in request.references]
    if not request.negative:
        del value["negative"]
    if pictures_and_mask(request)[1] is not None:
        value["outside_mask"] = "kept"
    if backend.entry.any_size:
        del value["fit"]
    painter, fingerprint = session.renderers.of(backend), session.renderers.record(backend).fingerprint
    if isinstance(painter, Idles):
        fingerprint = {**fingerprint, **painter.idle(request)}
    model = {"provider": backend.provider, "id": backend.model, "fingerprint": fingerprint}
    return sha256_of({"kind": "keyframe", "model": model, **value})


def _costs(backend: Backend) -> bool:
    """Whether a picture of this model is paid for, as far as one knows."""
    return backend.entry.price is None or backend.entry.price.unit != "free"
