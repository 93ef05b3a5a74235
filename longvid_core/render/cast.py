"""Reference sheets: how each member of the cast looks, drawn once, for every keyframe that names it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from ..errors import BadInput
from ..models.asset import Asset, Reference
from ..models.plan import CastMember, Keyframe, Plan
from ..models.visual import VisualState
from .keyframes import draw_keyframes, stands_in
from .session import Session

SIDE = 1024
"""A sheet's sides, in pixels: no film's shape, so that films of several sizes share it."""


def sheets_of(plan: Plan) -> Plan:
    """A plan whose keyframes are the sheets that the cast lacks, one for each member without a reference picture.

    What a sheet shows depends on the member, the film's style and the base seed alone. BadInput where there is no cast.
    """
    if not plan.cast:
        raise BadInput("this plan has no cast.", "Add cast members to the plan (`name`, `look`), or plan a text that has some.")
    style = VisualState(style=plan.visual.style)
    keyframes = {_id(m): Keyframe(id=_id(m), prompt=_words(m)) for m in plan.cast if not m.references}
    nowhere = {"first_keyframe": None, "last_keyframe": None}
    return plan.model_copy(
        update={
            "keyframes": tuple(keyframes.values()),
            "cast": (),
            "segments": tuple(s.model_copy(update=nowhere) for s in plan.segments),
            "visual": style,
            "width": SIDE,
            "height": SIDE,
        }
    )


async def draw_cast(plan: Plan, session: Session, *, images: str) -> Plan:
    """The plan with a reference sheet for every cast member, those it has kept, the others drawn or found in the store.

    A member whose sheet was refused stays without: a storyboard card shows nobody's face. The rest as `draw_keyframes`.
    """
    drawn = await draw_keyframes(sheets_of(plan), session, images=images)
    sheets = {k.id: k.image for k in drawn.keyframes if k.image is not None and not stands_in(k)}
    return with_sheets(plan, {m.name: sheets[_id(m)] for m in plan.cast if not m.references and _id(m) in sheets})


def with_sheets(plan: Plan, sheets: Mapping[str, Asset]) -> Plan:
    """The plan with these pictures as the reference sheets of the members of those names."""

    def member(of: CastMember) -> CastMember:
        if of.name not in sheets:
            return of
        return of.model_copy(update={"references": (Reference(role=f"cast:{of.name}", image=sheets[of.name]),)})

    return plan.model_copy(update={"cast": tuple(member(m) for m in plan.cast)})


def _id(member: CastMember) -> str:
    """A name that people know again in what they are told of it, and that no other member has."""
    bare = re.sub(r"[^a-z0-9]+", "-", member.name.lower()).strip("-")[:40]
    return f"sheet-{bare}{'-' * bool(bare)}{hashlib.sha256(member.name.encode()).hexdigest()[:6]}"


def _words(member: CastMember) -> str:
    look = f"{member.name}: {member.look}" if member.look else member.name
    return (
        f"Reference sheet. {look.rstrip('.')}. Of somebody or something: three times at the same size, from the front, from the "
        "side and from behind, whole, on a plain light background. Of a place: one wide view of all of it, with nobody there. "
        "In even light, nothing else in the picture, no text."
    )
