"""Rerolling: another take of chosen segments. A locked segment keeps its take, whatever is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..models.plan import Plan, Segment


def rerolled(plan: Plan, names: str | None, tell: Callable[[str], None]) -> Plan:
    """The plan with the next take of every segment named, once for each time it is named: `3,5`, `3,3`, `s03`.

    A name is the segment's index in the plan, else its id. UnknownName for one that is neither. tell: gets a line for each
    segment that is left alone, because it is locked, or because a locked one starts on its last frame and would change with it.
    """
    from ..render.selection import find_segment

    if names is None:
        return plan
    wanted = Counter(find_segment(plan, name.strip()).id for name in names.split(","))
    for segment in plan.segments:
        if segment.id in wanted and (held := _held_by(plan, segment)):
            tell(f"segment {segment.index} ({segment.id}) is not rerolled: {held}.")
            del wanted[segment.id]
    segments = tuple(s.model_copy(update={"reroll": s.reroll + wanted[s.id]}) for s in plan.segments)
    return plan.model_copy(update={"segments": segments})


def _held_by(plan: Plan, segment: Segment) -> str | None:
    """Why a segment keeps its take, in words; None where it may have another."""
    if segment.locked:
        who = ", ".join(dict.fromkeys(a.by for a in plan.approvals if a.segment == segment.id))
        return f"it is locked, approved by {who}" if who else "it is locked"
    if plan.mode == "chaining":
        for later in plan.segments[segment.index + 1 :]:
            if later.join == "cut":
                break
            if later.locked:
                return f"segment {later.index} ({later.id}) follows on from it, and is locked"
    return None
