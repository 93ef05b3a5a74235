"""What becomes of a segment: its own backend's clip, else a fallback's, else a placeholder, else nothing, as the policy says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from ..catalog import Backend, find_backend
from ..errors import CannotRender, Interrupted, LongvidError, MissingTool, OverBudget, StoreError, Unsettled
from ..events import Notice
from ..models.clip import Attempt, Clip, Outcome, OutcomeKind
from ..models.plan import Plan
from ..providers.base import Ready
from .check import mismatch
from .lanes import Lanes
from .placeholder import placeholder_clip
from .segment import Take
from .session import Session


@dataclass(frozen=True)
class Policy:
    """Who stands in for whom. `retake`: the same segment between the same pictures, by another backend."""

    lanes: Lanes
    fallback: Sequence[Backend]
    retake: Callable[[Take, Backend], Take]

    async def outcome(self, take: Take, session: Session) -> Outcome:
        """The segment's outcome. Never raises for this segment alone: errors that would meet every other one, too, go on."""
        other = self.stood_in(take, session)
        if other is not None and (clip := other.stored(session)) is not None:
            self._say(take, f"{other.backend} stood in for {take.backend} before, and its clip is used.", session)
            return await other.outcome(session, "cached", clip, attempts=self._attempts([take, other], session))
        tried: list[Take] = []
        errors: list[LongvidError] = []
        told = 0
        begun = [other.backend] if other is not None else []  # it is paid for: gone on with before anybody else is asked
        for backend in dict.fromkeys((*begun, take.backend, *self.fallback)):
            own = backend == take.backend
            try:
                candidate = take if own else self._standing_in(take, backend, session)
                if errors:
                    self._say(take, f"{_said(errors[told:])} {backend} renders it instead.", session, warning=True)
                    told = len(errors)
                tried.append(candidate)
                return await candidate.handed_over(self.lanes.of(backend), session, partial(self._reported, tried, session))
            except (Interrupted, StoreError):
                raise  # the person's wish, and a disk that would fail every other segment, too
            except (MissingTool, OverBudget) as error:
                if own and not errors:
                    raise  # of the whole run; as for a fallback, the next one may do
                errors.append(error)
            except Unsettled as error:  # another provider would be paid beside this one
                return await candidate.outcome(session, "unknown", None, _told(error), self._attempts(tried, session))
            except LongvidError as error:
                errors.append(error)
                if tried and session.ledger.journal.open_of(tried[-1].render_key):
                    break  # it goes on, or its clip waits there: another would be paid beside it
        return await self.without(take, errors, session, self._attempts(tried, session))

    async def _reported(self, tried: Sequence[Take], session: Session, kind: OutcomeKind, clip: Clip) -> Outcome:
        return await tried[-1].outcome(session, kind, clip, attempts=self._attempts(tried, session))

    async def without(
        self, take: Take, errors: Sequence[LongvidError], session: Session, attempts: tuple[Attempt, ...] = ()
    ) -> Outcome:
        """The outcome of a segment that nobody renders: a placeholder where the policy wants one, else `failed`."""
        if session.settings.on_failure == "placeholder" and take.request.first is not None:
            try:
                standing = self.retake(take, placeholder_backend())
                clip = await placeholder_clip(standing, self.lanes.of(standing.backend), session)
            except (Interrupted, StoreError):
                raise
            except LongvidError as error:
                errors = (*errors, error)
            else:
                self._say(take, f"{_said(errors)} A placeholder stands in its place.", session, warning=True)
                return await standing.outcome(session, "placeholder", clip, _told(*errors), attempts)
        return await take.outcome(session, "failed", None, _told(*errors), attempts)

    def stood_in(self, take: Take, session: Session) -> Take | None:
        """A fallback's take, where the segment's own backend was tried, has no clip, and is at none: one whose clip is in the
        store, else one that a job is under way for."""
        ledger = session.ledger
        if not self.fallback or take.stored(session) or ledger.journal.open_of(take.render_key):
            return None
        if not ledger.attempts(take.render_key):  # so that nobody's weights are read who is not wanted
            return None
        begun: Take | None = None
        for backend in self.fallback:
            try:
                other = self.retake(take, backend)
            except (Interrupted, StoreError):
                raise
            except LongvidError:  # it is not installed, say
                continue
            if other.stored(session):
                return other
            if begun is None and backend.entry.remote and ledger.journal.open_of(other.render_key):
                begun = other
        return begun

    def _standing_in(self, take: Take, backend: Backend, session: Session) -> Take:
        """The take of a fallback that can do it: raises what it lacks."""
        if wrong := mismatch(take.plan, take.segment, backend.entry):
            raise CannotRender(f"{backend} cannot stand in: the segment {wrong}.")
        if session.budget_micro_usd is not None and backend.entry.price is None:
            raise OverBudget(f"{backend} cannot stand in: there is a budget, and its price is not known.")
        renderer = session.renderers.of(backend)
        if isinstance(renderer, Ready):
            renderer.ready()
        return self.retake(take, backend)

    @staticmethod
    def _attempts(tried: Sequence[Take], session: Session) -> tuple[Attempt, ...]:
        found = [a for take in tried for a in session.ledger.attempts(take.render_key)]
        return tuple(a.model_copy(update={"number": number}) for number, a in enumerate(found, 1))

    @staticmethod
    def _say(take: Take, message: str, session: Session, *, warning: bool = False) -> None:
        segment = take.segment
        session.emit(Notice(level="warning" if warning else "info", message=f"segment {segment.index} ({segment.id}): {message}"))


def policy_of(plan: Plan, session: Session) -> Policy:
    """The policy of the session's settings for a plan. UnknownName where one of its fallbacks is none."""

    def retake(take: Take, backend: Backend) -> Take:
        record = session.renderers.record(backend)
        return Take.of(plan, take.segment, backend, take.request.first, take.request.last, record)

    settings = session.settings
    return Policy(Lanes(settings), [find_backend(name, "video", settings) for name in settings.fallback], retake)


def placeholder_backend() -> Backend:
    """Who makes placeholders: it needs no network and no key."""
    return find_backend("animatic", "video")


def _said(errors: Sequence[LongvidError]) -> str:
    return " ".join(error.what for error in errors)


def _told(*errors: LongvidError) -> str:
    """What went wrong, one after the other, and the ways out."""
    ways_out = dict.fromkeys(way for error in errors for way in error.way_out)
    return "\n".join((_said(errors), *ways_out))
