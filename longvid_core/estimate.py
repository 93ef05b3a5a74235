"""What a plan will cost before anything is spent: item by item, from the catalog's dated prices, what is stored being free."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from pydantic import Field

from .catalog import Backend, ModelEntry, find_backend
from .catalog.sizes import seconds_to_ask
from .errors import OverBudget
from .models.asset import Asset
from .models.base import Frozen, MicroUsd, exact_fps
from .models.job import UNSETTLED
from .models.plan import Keyframe, Plan, Segment
from .money import amount
from .planning.choose import Foreseen
from .render.check import backend_for, check_plan, mismatch

if TYPE_CHECKING:
    from .render.session import Session
    from .render.settle import Policy
    from .render.walk import Known


class Item(Frozen):
    """One keyframe or segment. `cached`: it is in the store (or supplied), and costs nothing.

    `under_way`: its job is at the provider, and is paid or promised already. Where that is not sure, because the answer to its
    submit is lost, it may have to be bought again: that is the upper end.
    """

    index: int
    id: str
    made_by: str = Field(description="PROVIDER:MODEL, or `user` for a supplied picture")
    cached: bool
    under_way: bool = False
    priced: bool = Field(True, description="False: the catalog knows no price for this model, and the amounts say nothing")
    low_micro_usd: MicroUsd = 0
    high_micro_usd: MicroUsd = 0
    checked: datetime.date | None = Field(None, description="When the price was looked up")


class Estimate(Frozen):
    """A whole run."""

    keyframes: tuple[Item, ...]
    segments: tuple[Item, ...]
    low_micro_usd: MicroUsd
    high_micro_usd: MicroUsd
    unpriced: tuple[str, ...] = Field((), description="Models this run would use whose price nobody wrote down")
    planning: Foreseen | None = Field(None, description="What a language model would take for the plan; None: there is one")

    def with_planning(self, takes: Foreseen) -> Estimate:
        """The same, and what planning will take."""
        cost, free = takes.micro_usd or 0, takes.micro_usd is not None
        update = {
            "planning": takes,
            "low_micro_usd": self.low_micro_usd + cost,
            "high_micro_usd": self.high_micro_usd + cost,
            "unpriced": self.unpriced if free else tuple(sorted({*self.unpriced, takes.planner})),
        }
        return self.model_copy(update=update)


def estimate(plan: Plan, session: Session | None = None, *, backend: str | None = "animatic", images: str = "card") -> Estimate:
    """What drawing and rendering the plan will cost; with `backend` None, drawing alone.

    Without a session nothing counts as stored. Raises CannotRender, as the run itself would, where a model cannot do what
    the plan asks.
    """
    video, image = find_backend(backend, "video") if backend else None, find_backend(images, "image")
    if video is not None:
        check_plan(plan, video)
    stored: dict[str, Asset] = {}
    if session is not None:
        _look_up(plan, image, session, stored)
    keyframes = tuple(_keyframe(plan, i, k, image, session, stored) for i, k in enumerate(plan.keyframes))
    segments = tuple(_segments(plan, video, session, stored)) if video is not None else ()
    return total(keyframes, segments)


def total(keyframes: Sequence[Item], segments: Sequence[Item]) -> Estimate:
    """What all of these cost together."""
    items = (*keyframes, *segments)
    return Estimate(
        keyframes=tuple(keyframes),
        segments=tuple(segments),
        low_micro_usd=sum(i.low_micro_usd for i in items),
        high_micro_usd=sum(i.high_micro_usd for i in items),
        unpriced=tuple(sorted({i.made_by for i in items if not i.priced})),
    )


def with_stored_pictures(plan: Plan, images: str, session: Session) -> Plan:
    """The plan with the pictures that drawing its keyframes would find in the store."""
    stored: dict[str, Asset] = {}
    _look_up(plan, find_backend(images, "image"), session, stored)
    keyframes = (k.model_copy(update={"image": k.image or stored.get(k.id)}) for k in plan.keyframes)
    return plan.with_keyframes(keyframes)


class Offer(Frozen):
    """What one model would take for a plan's segments. `wrong`: what it cannot do of them, in words; the amounts then say
    nothing."""

    backend: str
    wrong: str | None = None
    priced: bool = True
    cached: int = Field(0, description="Segments that the store has by this model, or that are under way there")
    low_micro_usd: MicroUsd = 0
    high_micro_usd: MicroUsd = 0


def offers(plan: Plan, backends: Sequence[Backend], session: Session, *, images: str = "card") -> list[Offer]:
    """What each of the models would take for the segments of a plan, those left out that name a backend of their own.

    What the store has by a model that wants money costs nothing; of the others it is not asked.
    """
    stored: dict[str, Asset] = {}
    asked = False
    found = []
    for backend in backends:
        own = [s for s in plan.segments if s.backend is None]
        wrong = next((f"segment {s.index} {w}" for s in own if (w := mismatch(plan, s, backend.entry))), None)
        price = backend.entry.price
        if wrong is not None or price is None or price.unit == "free":
            found.append(Offer(backend=str(backend), wrong=wrong, priced=price is not None))
            continue
        if not asked:  # once for all of them: the pictures that the segments stand between
            _look_up(plan, find_backend(images, "image"), session, stored)
            for index, keyframe in enumerate(plan.keyframes):
                _keyframe(plan, index, keyframe, find_backend(images, "image"), session, stored)
            asked = True
        names = {s.id for s in own}
        items = [item for item in _segments(plan, backend, session, stored) if item.id in names]
        found.append(
            Offer(
                backend=str(backend),
                cached=sum(item.cached or item.under_way for item in items),
                low_micro_usd=sum(item.low_micro_usd for item in items),
                high_micro_usd=sum(item.high_micro_usd for item in items),
            )
        )
    return found


def check_budget(found: Estimate, budget_usd: float | None) -> None:
    """Raise OverBudget where the least the run can cost exceeds the budget, or a model's cost is not known at all."""
    if budget_usd is None:
        return
    if found.unpriced:
        raise OverBudget(
            f"there is a budget, and the price of {', '.join(found.unpriced)} is not known.",
            "Choose another backend (`longvid backends`), or leave the budget out.",
        )
    budget = round(budget_usd * 1_000_000)
    if found.low_micro_usd > budget:
        raise OverBudget(
            f"the estimate of {amount(found.low_micro_usd)} is over the budget of {amount(budget)}; nothing was spent.",
            "Raise --budget, shorten the film, or choose a cheaper backend (`longvid backends`).",
        )


def price_of(entry: ModelEntry, frames: int, fps: float) -> tuple[int, int]:
    """(low, high) in micro-dollars for one clip of `frames` at `fps`, or one picture (frames 1). (0, 0) without a price."""
    price = entry.price
    if price is None or price.unit == "free":
        return 0, 0
    # what is asked for is charged: whole seconds, where the plan's rate has no whole number of frames for them
    seconds = Fraction(str(seconds_to_ask(entry, frames, fps))) if entry.seconds else Fraction(frames) / exact_fps(fps)
    units = {"second": seconds, "frame": Fraction(frames), "clip": Fraction(1), "image": Fraction(1)}[price.unit]
    low, high = Fraction(str(price.usd)), Fraction(str(price.high_usd if price.high_usd is not None else price.usd))
    return round(low * units * 1_000_000), round(high * units * 1_000_000)


def _keyframe(
    plan: Plan, index: int, keyframe: Keyframe, images: Backend, session: Session | None, stored: dict[str, Asset]
) -> Item:
    """The keyframe's cost. `stored`: the pictures that the store has; what is supplied goes in there, at the plan's size."""
    if keyframe.image is not None:
        if session is not None:
            from .render.ends import conformed

            stored[keyframe.id] = conformed(keyframe.image, plan, session)
        return Item(index=index, id=keyframe.id, made_by=keyframe.source or "user", cached=True)
    if keyframe.id in stored:  # drawn at this size: that is part of its key
        return Item(index=index, id=keyframe.id, made_by=str(images), cached=True)
    return _item(index, keyframe.id, images, 1, plan.fps)


def _look_up(plan: Plan, images: Backend, session: Session, stored: dict[str, Asset]) -> None:
    """Put into `stored` what drawing the keyframes would find in the store: each after the one it follows on."""
    from .render.keyframes import stored_picture
    from .render.references import followed

    follows = followed(plan) if images.entry.references else {}
    seen: set[str] = set()

    def look(keyframe: Keyframe) -> Asset | None:
        before = plan.keyframe(follows[keyframe.id]) if keyframe.id in follows else None
        if keyframe.image is not None:
            return keyframe.image
        if keyframe.id not in seen:
            seen.add(keyframe.id)
            previous = look(before) if before is not None else None
            if before is None or previous is not None:
                picture = stored_picture(plan, keyframe, images, previous, session)
                if picture is not None:
                    stored[keyframe.id] = picture
        return stored.get(keyframe.id)

    for keyframe in plan.keyframes:
        look(keyframe)


def _segments(plan: Plan, default: Backend, session: Session | None, stored: dict[str, Asset]) -> list[Item]:
    def backend_of(segment: Segment) -> Backend:
        return backend_for(segment, default)

    if session is None:
        return [_item(s.index, s.id, backend_of(s), s.frames, plan.fps) for s in plan.segments]
    from .render.settle import policy_of
    from .render.walk import walk

    policy = policy_of(plan, session)
    return [_of_known(known, plan, policy, session) for known in walk(plan, session, backend_of, stored.get)]


def _of_known(known: Known, plan: Plan, policy: Policy, session: Session) -> Item:
    segment, backend = known.segment, known.backend
    if known.clip is not None:
        return Item(index=segment.index, id=segment.id, made_by=str(backend), cached=True)
    take = known.take
    if take is not None and (other := policy.stood_in(take, session)) is not None:
        if other.stored(session) is not None:
            return Item(index=segment.index, id=segment.id, made_by=str(other.backend), cached=True)
        take, backend = other, other.backend
    item = _item(segment.index, segment.id, backend, segment.frames, plan.fps)
    job = session.ledger.journal.open_of(take.render_key) if take and backend.entry.remote else None
    if job is None:
        return item
    again = item.high_micro_usd if job.state in UNSETTLED else 0
    return item.model_copy(update={"under_way": True, "low_micro_usd": 0, "high_micro_usd": again})


def _item(index: int, name: str, backend: Backend, frames: int, fps: float) -> Item:
    low, high = price_of(backend.entry, frames, fps)
    price = backend.entry.price
    return Item(
        index=index,
        id=name,
        made_by=str(backend),
        cached=False,
        priced=price is not None,
        low_micro_usd=low,
        high_micro_usd=high,
        checked=price.checked if price else None,
    )
