"""Rendering a part of a film: which segments are meant, and the film that they alone make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

from ..errors import BadInput, UnknownName
from ..models.asset import Asset
from ..models.clip import Outcome, Rendered
from ..models.plan import Keyframe, Plan, Segment
from ..seeds import segment_seed


def find_segment(plan: Plan, name: str) -> Segment:
    """The segment of that index in the plan, else of that id. UnknownName where there is neither."""
    number = int(name) if name.isascii() and name.isdigit() and len(name) < 9 else None
    if number is not None and number < len(plan.segments):
        return plan.segments[number]
    found = next((s for s in plan.segments if s.id == name), None)
    if found is None:
        ids = ", ".join(s.id for s in plan.segments[:20])
        raise UnknownName(
            f"segment {name}: the plan has no such segment.", f"It has 0 to {len(plan.segments) - 1}, or by id: {ids}."
        )
    return found


class Choice(TypedDict):
    """What `render_clips` and `missing_segments` take: the segments wanted (None: all), and whether earlier clips will do."""

    only: frozenset[int] | None
    earlier: bool


def chosen_segments(plan: Plan, names: str) -> Choice:
    """The segments named: `all`; `missing`, those without any clip; or indexes, ids and ranges, such as `0-3, 7`.

    UnknownName for a segment the plan does not have, BadInput for text that names none.
    """
    word = names.strip().lower()
    if word in ("all", "missing"):
        return Choice(only=None, earlier=word == "missing")
    found: set[int] = set()
    known = {s.id for s in plan.segments}
    for part in filter(None, (part.strip() for part in names.split(","))):
        first, dash, last = (word.strip() for word in part.partition("-"))
        if part in known or not dash:
            found.add(find_segment(plan, part).index)
            continue
        if not (first and last):
            raise BadInput(f"segments {part!r}: a range has a segment on either side.", "Write such as 0-3, or 2 for one alone.")
        low, high = find_segment(plan, first).index, find_segment(plan, last).index
        if low > high:
            raise BadInput(f"segments {part}: the range runs backwards.", f"Write {last}-{first}.")
        found.update(range(low, high + 1))
    if not found:
        raise BadInput(f"segments {names!r} names no segment.", "Write all, missing, or such as 0-3, 7.")
    return Choice(only=frozenset(found), earlier=False)


def part_of(plan: Plan, outcomes: Sequence[Outcome], starts: Mapping[str, Asset]) -> Rendered:
    """The film of these outcomes' segments alone: counted anew, with the seeds and first frames they have in the whole one.

    `starts`: by segment id, the last frame of the clip before, for a chain that the part begins in the middle of; one that is
    not known leaves a keyframe without a picture.
    """
    segments: list[Segment] = []
    keyframes: list[Keyframe] = []
    for outcome in outcomes:
        segment = plan.segments[outcome.index]
        follows = bool(segments) and segments[-1].id == plan.segments[outcome.index - 1].id
        changes: dict[str, object] = {"index": len(segments)}
        if plan.seed_policy == "stride":  # counts by index, which is another one here
            changes["seed"] = segment_seed(plan, segment.model_copy(update={"reroll": 0}))
        if not follows:
            changes["join"] = "cut"
            if segment.first_keyframe is None:
                changes["first_keyframe"] = f"{segment.id}_start"
                keyframes.append(
                    Keyframe(
                        id=f"{segment.id}_start",
                        prompt=segment.prompt,
                        source="last frame of the clip before",
                        image=starts.get(segment.id),
                    )
                )
        segments.append(segment.model_copy(update=changes))
    part = plan.model_copy(update={"segments": tuple(segments), "keyframes": (*plan.keyframes, *keyframes)})
    return Rendered(
        plan=Plan.model_validate(part.model_dump(by_alias=True)),
        outcomes=tuple(o.model_copy(update={"index": i}) for i, o in enumerate(outcomes)),
    )
