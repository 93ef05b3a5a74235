"""A person's yes to a take: it locks the segment, and stands in the plan, and so in the manifest of every film of that plan."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from .errors import BadInput
from .files import write_bytes
from .manifest.build import manifest_json
from .models.clip import Rendered
from .models.manifest import Manifest, SegmentRecord
from .models.plan import Approval, Plan, Segment
from .render.selection import find_segment
from .validation import describe

MANIFEST_ENDING = ".manifest.json"


def approved(
    plan: Plan, name: str, *, by: str, note: str = "", film: Manifest | None = None, at: datetime.datetime | None = None
) -> tuple[Plan, Approval]:
    """The plan with the segment of that index or id locked, and the approval that it now holds.

    film: the manifest of what was looked at: the approval names its clip, and the plan has that take from here on. at: when;
    default: now, in UTC. UnknownName for a segment that the plan does not have; BadInput where the film shows it made from other
    words, pictures or lengths, or a placeholder in its place, or `by` is empty.
    """
    segment = find_segment(plan, name)
    shown = None
    if film is not None:
        shown, reroll = _take(segment, film)
        segment = segment.model_copy(update={"reroll": reroll})
    when = at or datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    try:
        approval = Approval(
            segment=segment.id,
            reroll=segment.reroll,
            render_key=shown.render_key if shown else None,
            clip_sha256=shown.clip.sha256 if shown and shown.clip else None,
            by=by.strip(),
            note=note.strip(),
            at=when,
        )
    except ValidationError as error:
        raise BadInput("this is no approval:", *describe(error), "Say who approves: --by NAME.") from error
    locked = segment.model_copy(update={"locked": True})
    segments = tuple(locked if s.id == segment.id else s for s in plan.segments)
    return plan.model_copy(update={"segments": segments, "approvals": (*plan.approvals, approval)}), approval


def each_once(plan: Plan, names: Iterable[str]) -> list[str]:
    """The ids of the segments with these indexes or ids, each once, in the order they are named. UnknownName as in `approved`."""
    return list(dict.fromkeys(find_segment(plan, name).id for name in names))


def approved_in_manifest(path: Path, manifest: Manifest, names: list[str], *, by: str, note: str = "") -> list[Approval]:
    """Write approvals into the manifest at `path`, and lock those segments in its plan. BadInput where it has been signed."""
    signature = signature_beside(path)
    if signature.exists():
        raise BadInput(
            f"{path.name} has been signed: {signature.name} would not hold any more.",
            f"Approve first and sign after that: remove {signature.name}, approve, and sign the film again.",
        )
    plan, given = manifest.plan, []
    for name in each_once(plan, names):
        plan, approval = approved(plan, name, by=by, note=note, film=manifest)
        given.append(approval)
    write_bytes(path, manifest_json(manifest.model_copy(update={"plan": plan})).encode())
    return given


def signature_beside(manifest: Path) -> Path:
    """Where the signature of a manifest's film stands."""
    return manifest.with_name(manifest.name.removesuffix(MANIFEST_ENDING) + ".signature.json")


def outdated(rendered: Rendered) -> list[str]:
    """A line for each segment that was approved, and is another take now: its prompt, its pictures or its model are others."""
    found = []
    for outcome in rendered.outcomes:
        named = [a for a in rendered.plan.approvals if a.segment == outcome.id and a.render_key is not None]
        if named and all(a.render_key != outcome.render_key for a in named):
            who = ", ".join(dict.fromkeys(a.by for a in named))
            found.append(
                f"segment {outcome.index} ({outcome.id}) is not the take that {who} approved: what it is made from changed."
            )
    return found


def _take(segment: Segment, film: Manifest) -> tuple[SegmentRecord, int]:
    """The film's record of that segment and which take it is. BadInput where it is not the plan's segment in all else."""
    record = next((s for s in film.segments if s.id == segment.id), None)
    shown = next((s for s in film.plan.segments if s.id == segment.id), None)
    aside = {"index", "locked", "reroll"}
    if record is None or shown is None or shown.model_dump(exclude=aside) != segment.model_dump(exclude=aside):
        raise BadInput(
            f"the film does not show segment {segment.index} ({segment.id}) as the plan has it.",
            "Render the plan, look at that film, and approve it.",
        )
    if record.outcome == "placeholder" or record.made.get("placeholder"):
        raise BadInput(
            f"segment {segment.index} ({segment.id}) is a placeholder in this film: there is no take of it to approve.",
            "Render it first: the command that made the film asks for it anew.",
        )
    return record, shown.reroll
