"""Rerolling: another take of chosen segments."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ..errors import BadInput

if TYPE_CHECKING:
    from ..models.plan import Plan, Segment


def rerolled(plan: Plan, names: str | None) -> Plan:
    """The plan with the next take of every segment named, once for each time it is named: `3,5`, `3,3`, `s03`.

    A name is the segment's index in the plan, else its id. UnknownName for one that is neither, BadInput for a locked one.
    """
    if names is None:
        return plan
    wanted = Counter(_find(plan, name.strip()).id for name in names.split(","))
    segments = tuple(s.model_copy(update={"reroll": s.reroll + wanted[s.id]}) for s in plan.segments)
    return plan.model_copy(update={"segments": segments})


def _find(plan: Plan, name: str) -> Segment:
    from ..render.selection import find_segment

    found = find_segment(plan, name)
    if found.locked:
        raise BadInput(
            f"--reroll {name}: segment {found.index} ({found.id}) is locked.", "Set its `locked` to false in the plan first."
        )
    return found
