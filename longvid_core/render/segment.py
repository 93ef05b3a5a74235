"""One segment's take: the request it is, the key it is kept under, its clip, and what is said of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, TypeVar

from ..canonical import sha256_of
from ..catalog import Backend
from ..events import SegmentDone
from ..models.asset import Asset, Reference
from ..models.clip import Attempt, Clip, Cost, ModelRecord, Outcome, OutcomeKind, ReferenceRecord, SeedRecord
from ..models.plan import Plan, Segment
from ..providers.base import VideoRequest, in_words
from ..seeds import map_seed, segment_seed
from .attempt import rendered_here, shown
from .bill import Tally
from .fitting import fit_prompt
from .lanes import Lane
from .promise import promise_of
from .remote import rendered_far_away
from .session import Session

T = TypeVar("T")


@dataclass(frozen=True)
class Take:
    """A segment, the backend that renders it, and the exact request it will get."""

    plan: Plan
    segment: Segment
    backend: Backend
    request: VideoRequest
    model: ModelRecord
    """Which model renders it, with everything about it that changes pixels."""
    earlier: bool = False
    """Whether an earlier clip of the same request will do, rendered with other settings or another of the provider's models."""
    left_out: str = ""
    """Clauses of the prompt that the model's limit left no room for."""

    @classmethod
    def of(
        cls,
        plan: Plan,
        segment: Segment,
        backend: Backend,
        first: Asset | None,
        last: Asset | None,
        model: ModelRecord,
        *,
        earlier: bool = False,
    ) -> Take:
        """The take of a segment between two pictures, each at the plan's size, by the model that `backend` names."""
        support = backend.entry.seed
        seed = None if support.promise == "none" else map_seed(segment_seed(plan, segment), *support.range)
        cast = tuple(r for member in plan.cast for r in member.references)
        visual = plan.visual_of(segment)
        fitted = fit_prompt(segment.prompt, visual, backend.entry.prompt_limit)
        request = VideoRequest(
            prompt=segment.prompt,
            negative=segment.negative,
            visual=visual,
            seed=seed,
            frames=segment.frames,
            fps=plan.fps,
            width=plan.width,
            height=plan.height,
            first=first,
            last=last,
            references=cast[: backend.entry.references],
            fit=plan.fit,
            fitted=fitted.sent if fitted.sent != in_words(segment.prompt, visual) else None,
        )
        return cls(plan, segment, backend, request, model, earlier, fitted.left_out)

    @property
    def named(self) -> str:
        """What rendered it, as it is recorded: a model on this machine goes by what it is, not by where it lies."""
        return f"{self.model.provider}:{self.model.id}"

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        """Every picture that goes in, by role."""
        ends = (("first", self.request.first), ("last", self.request.last))
        return tuple(Reference(role=role, image=image) for role, image in ends if image) + self.request.references

    @cached_property
    def render_key(self) -> str:
        """Everything that changes the clip's pixels, hashed. The same key is the same clip, from the store."""
        return sha256_of({"kind": "clip", "model": self.model.json_value(), "reroll": self.segment.reroll, **self._asked})

    @cached_property
    def request_key(self) -> str:
        """What is asked of the provider, whichever of its models and settings answer it."""
        return sha256_of({"kind": "take", "provider": self.model.provider, "reroll": self.segment.reroll, **self._asked})

    @property
    def _asked(self) -> dict[str, Any]:
        request = self.request.json_value()
        for field in ("first", "last"):
            del request[field]
        request["references"] = [{"role": r.role, "pixels_sha256": r.image.pixels_sha256} for r in self.references]
        if self.backend.entry.any_size:  # it renders the frame itself, and nothing is fitted
            del request["fit"]
        if request["fitted"] is None:
            del request["fitted"]
        return request

    def stored(self, session: Session) -> Clip | None:
        """The store's clip of this take; where an earlier one will do, the newest of those."""
        clip = session.store.clip(self.render_key)
        return session.store.earlier_take(self.request_key) if clip is None and self.earlier else clip

    async def clip(self, lane: Lane, session: Session) -> tuple[OutcomeKind, Clip]:
        """The store's clip (`cached`), or a new one (`rendered`). Raises what the last try raised."""

        async def as_it_is(kind: OutcomeKind, clip: Clip) -> tuple[OutcomeKind, Clip]:
            return kind, clip

        return await self.handed_over(lane, session, as_it_is)

    async def handed_over(self, lane: Lane, session: Session, then: Callable[[OutcomeKind, Clip], Awaitable[T]]) -> T:
        """What `then` makes of the clip. One that is rendered here is handed over before the next one takes its place."""
        if clip := self.stored(session):
            if self.backend.entry.remote and clip.render_key == self.render_key:
                session.ledger.journal.kept(self.render_key)
            return await then("cached", clip)
        lock = session.store.clips.lock(self.render_key, session.interrupted)
        if self.backend.entry.remote:  # its job may have to be looked up first, which takes no place in the lane
            async with lock:
                return await then(*await self._made_or_found(partial(rendered_far_away, self, lane, session), session))
        async with lane, lock:  # a place before the key, so that two runs of one film share its work
            return await then(*await self._made_or_found(partial(rendered_here, self, session), session))

    async def _made_or_found(self, make: Callable[[], Awaitable[Clip]], session: Session) -> tuple[OutcomeKind, Clip]:
        """The caller holds the key: another run may have rendered it while this one waited."""
        if clip := self.stored(session):
            return "cached", clip
        session.check()
        if self.backend.entry.seed.promise == "none":
            session.tell_once(f"{self.backend} takes no seed: it renders without one, and never the same twice.")
        return "rendered", await make()

    async def outcome(
        self,
        session: Session,
        kind: OutcomeKind,
        clip: Clip | None,
        message: str | None = None,
        attempts: tuple[Attempt, ...] | None = None,
    ) -> Outcome:
        """What became of the segment, written down and told to the world. `attempts`: default, those at this take."""
        made = clip.made if clip else {}
        promise = promise_of(self.named, self.backend.entry, made, kind)
        attempts = attempts if attempts is not None else session.ledger.attempts(self.render_key)
        outcome = Outcome(
            index=self.segment.index,
            id=self.segment.id,
            render_key=clip.render_key if clip else self.render_key,
            outcome=kind,
            determinism=promise.label,
            determinism_reason=promise.reason,
            bound=promise.bound,
            prompt_sent=str(made.get("prompt_sent", self.request.prompt_sent)),
            left_out=self.left_out,
            seed=SeedRecord(
                policy=self.plan.seed_policy,
                requested=segment_seed(self.plan, self.segment),
                sent=self.request.seed,
                returned=made.get("seed_returned"),
            ),
            model=(clip and clip.made_by) or self.model,
            references=tuple(
                ReferenceRecord(role=r.role, sha256=r.image.sha256, pixels_sha256=r.image.pixels_sha256) for r in self.references
            ),
            clip=await asyncio.to_thread(shown, clip, self.segment, session) if clip else None,
            attempts=attempts,
            cost=cost_of(attempts, self.price[1]),
            message=message,
        )
        return reported(outcome, session)

    @property
    def price(self) -> tuple[int, int]:
        """(low, high) in micro-dollars, by the catalog; (0, 0) where that knows no price."""
        from ..estimate import price_of

        return price_of(self.backend.entry, self.request.frames, self.request.fps)


def cost_of(attempts: Sequence[Attempt], estimated: int) -> Cost:
    """What a segment cost, by every try at it; `estimated`: what one costs at most, by the catalog."""
    tally = Tally(perhaps=sum(a.perhaps for a in attempts))
    for attempt in attempts:
        tally.add(attempt.paid, attempt.priced_on)
    return tally.cost(estimated)


def reported(outcome: Outcome, session: Session) -> Outcome:
    """Write an outcome to the ledger and tell the world."""
    session.ledger.record_outcome(session.run_id, outcome)
    session.emit(
        SegmentDone(
            id=outcome.id,
            index=outcome.index,
            outcome=outcome.outcome,
            render_key=outcome.render_key,
            clip_sha256=outcome.clip.sha256 if outcome.clip else None,
            message=outcome.message,
        )
    )
    return outcome
