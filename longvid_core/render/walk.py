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
    *,
    earlier: bool = False,
) -> Iterator[Known]:
    """Every segment, in order. `picture_of`: a keyframe's picture at the plan's size; by default the plan's own.

    `earlier`: whether earlier clips will do; see `Take`.
    """
    before: Clip | None = None
    for segment in plan.segments:
        backend = backend_of(segment)
        first, last, known = ends_of(plan, segment, before, session, picture_of)
        record = session.renderers.record(backend)
        take = Take.of(plan, segment, backend, first, last, record, earlier=earlier) if known else None
        before = take.stored(session) if take is not None else None
        yield Known(segment, backend, take, before)


def ends_of(
    plan: Plan,
    segment: Segment,
    before: Clip | None,
    session: Session,
    picture_of: Callable[[str], Asset | None] | None = None,
) -> tuple[Asset | None, Asset | None, bool]:
    """The pictures a segment starts and ends on, at the plan's exact size, and whether all that it needs are known.

    before: the clip it follows. picture_of: as for `walk`.
    """
    pictures = picture_of or (lambda name: _own_picture(plan, name, session))
    first, last = (pictures(name) if name else None for name in (segment.first_keyframe, segment.last_keyframe))
    if segment.first_keyframe is None and plan.mode == "chaining" and before is not None:
        first = last_frame_of(before, plan, session)
    starts = segment.first_keyframe is not None or plan.mode == "chaining"
    return first, last, not (starts and first is None) and not (segment.last_keyframe and last is None)


def _own_picture(plan: Plan, name: str, session: Session) -> Asset | None:
    image = plan.keyframe(name).image
    return conformed(image, plan, session) if image else None
