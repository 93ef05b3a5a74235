"""Rerolling: another take of chosen segments."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ..errors import BadInput, UnknownName

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
    by_id = [s for s in plan.segments if s.id == name]
    number = int(name) if name.isascii() and name.isdigit() and len(name) < 9 else None
    found = plan.segments[number] if number is not None and number < len(plan.segments) else by_id[0] if by_id else None
    if found is None:
        ids = ", ".join(s.id for s in plan.segments[:20])
        raise UnknownName(
            f"--reroll {name}: the plan has no such segment.", f"It has 0 to {len(plan.segments) - 1}, or by id: {ids}."
        )
    if found.locked:
        raise BadInput(
            f"--reroll {name}: segment {found.index} ({found.id}) is locked.", "Set its `locked` to false in the plan first."
        )
    return found
