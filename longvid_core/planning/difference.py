"""What is otherwise in one plan than in another, by meaning: words, looks, joins, lengths; not by lines of JSON."""

from __future__ import annotations

from typing import Any

from ..models.base import Frozen
from ..models.plan import Plan, Segment


class Difference(Frozen):
    """One field of one segment, as people read it. `index`: of the segment in the plan that has it."""

    id: str
    index: int
    field: str
    before: str
    after: str


def differences(old: Plan, new: Plan) -> list[Difference]:
    """Every difference, in the film's order; a segment that only one plan has differs in `segment`."""
    before, after = {s.id: s for s in old.segments}, {s.id: s for s in new.segments}
    found = [
        Difference(id=s.id, index=s.index, field="segment", before=s.prompt, after="") for s in old.segments if s.id not in after
    ]
    for segment in new.segments:
        was = before.get(segment.id)
        if was is None:
            found.append(Difference(id=segment.id, index=segment.index, field="segment", before="", after=segment.prompt))
            continue
        mine, theirs = _said(old, was), _said(new, segment)
        found += [
            Difference(id=segment.id, index=segment.index, field=name, before=mine.get(name, ""), after=theirs.get(name, ""))
            for name in dict.fromkeys((*mine, *theirs))
            if mine.get(name, "") != theirs.get(name, "")
        ]
    return sorted(found, key=lambda d: d.index)


def _said(plan: Plan, segment: Segment) -> dict[str, str]:
    """Everything a segment says, in words."""
    said = {
        "join": segment.join,
        "prompt": segment.prompt,
        "negative": segment.negative,
        "length": f"{segment.frames} frames",
        "complexity": f"{segment.complexity:g}",
        "seed": "" if segment.seed is None else str(segment.seed),
        "take": str(segment.reroll),
        "locked": "yes" if segment.locked else "no",
        "backend": segment.backend or "",
    }
    for end, name in (("opening", segment.first_keyframe), ("ending", segment.last_keyframe)):
        said[end] = plan.keyframe(name).prompt if name is not None else ""
    return {**said, **_flat(plan.visual_of(segment).json_value())}


def _flat(value: dict[str, Any], over: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, part in value.items():
        if isinstance(part, dict):
            found |= _flat(part, f"{over}{name} ")
        elif isinstance(part, list):
            found[f"{over}{name}"] = ", ".join(map(str, part))
        else:
            found[f"{over}{name}".replace("_", " ")] = "" if part is None else str(part).replace("_", " ")
    return found
