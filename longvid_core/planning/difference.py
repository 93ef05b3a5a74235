"""What is otherwise in one plan than in another, by meaning: words, looks, joins, lengths; not by lines of JSON."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any, Literal

from ..models.base import Frozen
from ..models.plan import Plan, Segment

Kind = Literal["same", "gone", "came"]


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
        found += changed_fields(segment.id, segment.index, said(old, was), said(new, segment))
    return sorted(found, key=lambda d: d.index)


def changed_fields(name: str, index: int, mine: Mapping[str, str], theirs: Mapping[str, str]) -> list[Difference]:
    """Those of the fields, by name, that say something else; one that is missing says nothing."""
    return [
        Difference(id=name, index=index, field=field, before=mine.get(field, ""), after=theirs.get(field, ""))
        for field in dict.fromkeys((*mine, *theirs))
        if mine.get(field, "") != theirs.get(field, "")
    ]


def said(plan: Plan, segment: Segment) -> dict[str, str]:
    """Everything a segment says, in words."""
    found = {
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
        found[end] = plan.keyframe(name).prompt if name is not None else ""
    return {**found, **flat(plan.visual_of(segment).json_value())}


def flat(value: Mapping[str, Any], over: str = "", *, exact: bool = False) -> dict[str, str]:
    """The fields of nested JSON objects as one list of names and texts. `exact`: texts stay as they are written."""
    found: dict[str, str] = {}
    for name, part in value.items():
        if isinstance(part, dict):
            found |= flat(part, f"{over}{name} ", exact=exact)
        elif isinstance(part, (list, tuple)) and part and all(isinstance(each, dict) for each in part):
            for place, each in enumerate(part):
                kind = each.get("class_type")  # what people know a node of ComfyUI's graph by
                found |= flat(each, f"{over}{name}[{place}] {f'{kind} ' if kind else ''}", exact=exact)
        elif isinstance(part, (list, tuple)):
            found[f"{over}{name}"] = ", ".join(map(str, part))
        else:
            text = "" if part is None else str(part)
            found[f"{over}{name}".replace("_", " ")] = text if exact else text.replace("_", " ")
    return found


def worded(before: str, after: str) -> list[tuple[Kind, str]]:
    """Both texts in one, word by word, with what went and what came; where little is the same, one after the other.

    A word or two that happen to be in both do not break what is otherwise all new into shreds.
    """
    old, new = (re.findall(r"^\s+|\S+\s*", text) for text in (before, after))
    compared = difflib.SequenceMatcher(None, [w.strip() for w in old], [w.strip() for w in new], autojunk=False)
    steps = compared.get_opcodes()
    if compared.ratio() < 0.3 or all(kind == "equal" for kind, *_ in steps):
        steps = [("replace", 0, len(old), 0, len(new))]
    parts: list[tuple[Kind, str]] = []
    gone = came = ""
    for at, (kind, a, b, c, d) in enumerate([*steps, ("equal", len(old), len(old), len(new), len(new))]):
        if kind != "equal" or (0 < at < len(steps) - 1 and b - a < _ISLAND):
            gone, came = gone + "".join(old[a:b]), came + "".join(new[c:d])
            continue
        both = (gone or came)[len((gone or came).rstrip()) :]  # the blank behind the words is none of theirs
        parts += [("gone", gone.rstrip()), ("came", came.rstrip()), ("same", both), ("same", "".join(new[c:d]))]
        gone = came = ""
    return [(kind, text) for kind, text in parts if text]


_ISLAND = 3
"""So many words in a row are at least the same between two that are not."""
