"""What becomes of a segment: its own backend's clip, else a fallback's, else a placeholder, else nothing, as the policy says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..catalog import Backend
from ..errors import Interrupted, LongvidError, MissingTool, OverBudget, StoreError, Unsettled
from ..events import Notice
from ..models.clip import Attempt, Outcome
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
        if stood_in := self._stood_in(take, session):
            self._say(take, f"{stood_in.backend} stood in for {take.backend} before, and its clip is used.", session)
            take = stood_in
        tried: list[Take] = []
        reasons: list[str] = []
        for candidate in self._candidates(take):
            try:
                if tried:
                    self._check(candidate, session)
                    self._say(take, f"{reasons[-1]} {candidate.backend} renders it instead.", session, warning=True)
                tried.append(candidate)
                kind, clip = await candidate.clip(self.lanes.of(candidate.backend), session)
                return await candidate.outcome(session, kind, clip, attempts=self._attempts(tried, session))
            except (Interrupted, StoreError):
                raise  # the person's wish, and a disk that would fail every other segment, too
            except (MissingTool, OverBudget) as error:
                if candidate is take:
                    raise  # of the whole run; as for a fallback, the next one may do
                reasons.append(error.what)
            except Unsettled as error:  # another provider would be paid beside this one
                message = "\n".join((error.what, *error.way_out))
                return await candidate.outcome(session, "unknown", None, message, self._attempts(tried, session))
            except LongvidError as error:
                reasons.append(error.what)
        attempts = self._attempts(tried, session)
        if session.settings.on_failure == "placeholder" and take.request.first is not None:
            standing = self.retake(take, placeholder_backend())
            clip = await placeholder_clip(standing, self.lanes.of(standing.backend), session)
            self._say(take, f"{reasons[-1]} A placeholder stands in its place.", session, warning=True)
            return await standing.outcome(session, "placeholder", clip, " ".join(reasons), attempts)
        return await take.outcome(session, "failed", None, " ".join(reasons), attempts)

    def _candidates(self, take: Take) -> list[Take]:
        others = [b for b in self.fallback if b != take.backend]
        return [take, *(self.retake(take, backend) for backend in others)]

    def _stood_in(self, take: Take, session: Session) -> Take | None:
        """A fallback's take whose clip is in the store, where the segment's own backend has none and none under way."""
        if not self.fallback or take.stored(session) or session.ledger.journal.open_of(take.render_key):
            return None
        return next((t for t in self._candidates(take)[1:] if t.stored(session)), None)

    @staticmethod
    def _check(take: Take, session: Session) -> None:
        """Whether a fallback can do it: raises what it lacks."""
        from ..errors import CannotRender

        if wrong := mismatch(take.plan, take.segment, take.backend.entry):
            raise CannotRender(f"{take.backend} cannot stand in: the segment {wrong}.")
        if session.budget_micro_usd is not None and take.backend.entry.price is None:
            raise OverBudget(f"{take.backend} cannot stand in: there is a budget, and its price is not known.")
        renderer = session.renderers.of(take.backend)
        if isinstance(renderer, Ready):
            renderer.ready()

    @staticmethod
    def _attempts(tried: Sequence[Take], session: Session) -> tuple[Attempt, ...]:
        found = [a for take in tried for a in session.ledger.attempts(take.render_key)]
        return tuple(a.model_copy(update={"number": number}) for number, a in enumerate(found, 1))

    @staticmethod
    def _say(take: Take, message: str, session: Session, *, warning: bool = False) -> None:
        segment = take.segment
        session.emit(Notice(level="warning" if warning else "info", message=f"segment {segment.index} ({segment.id}): {message}"))


def placeholder_backend() -> Backend:
    """Who makes placeholders: it needs no network and no key."""
    from ..catalog import find_backend

    return find_backend("animatic", "video")
