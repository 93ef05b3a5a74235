"""What is known of a plan's segments before anything is rendered: where they start and end, and which the store has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..catalog import Backend
from ..models.asset import Asset
from ..models.clip import Clip
from ..models.plan import Plan, Segment
from .ends import conformed, last_frame_of
from .segment import Take
from .session import Session


@dataclass(frozen=True)
class Known:
    """take: None where a picture it starts or ends on does not exist yet. clip: None where the store has none."""

    segment: Segment
    backend: Backend
    take: Take | None
    clip: Clip | None


def walk(
    plan: Plan,
    session: Session,
    backend_of: Callable[[Segment], Backend],
    picture_of: Callable[[str], Asset | None] | None = None,
) -> Iterator[Known]:
    """Every segment, in order. `picture_of`: a keyframe's picture at the plan's size; by default the plan's own."""
    picture_of = picture_of or (lambda name: _own_picture(plan, name, session))
    before: Clip | None = None
    for segment in plan.segments:
        backend = backend_of(segment)
        take = _take(plan, segment, backend, before, session, picture_of)
        before = session.store.clip(take.render_key) if take is not None else None
        yield Known(segment, backend, take, before)


def _take(
    plan: Plan,
    segment: Segment,
    backend: Backend,
    before: Clip | None,
    session: Session,
    picture_of: Callable[[str], Asset | None],
) -> Take | None:
    ends = [picture_of(name) if name else None for name in (segment.first_keyframe, segment.last_keyframe)]
    if any(name and not end for name, end in zip((segment.first_keyframe, segment.last_keyframe), ends, strict=True)):
        return None
    first, last = ends
    if segment.first_keyframe is None and plan.mode == "chaining":
        if before is None:
            return None
        first = last_frame_of(before, plan, session)
    return Take.of(plan, segment, backend, first, last, session.renderers.record(backend))


def _own_picture(plan: Plan, name: str, session: Session) -> Asset | None:
    image = plan.keyframe(name).image
    return conformed(image, plan, session) if image else None
