"""What a keyframe is drawn from: its words, and for models that look at pictures, the ones it has to agree with."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from ..canonical import sha256_of
from ..catalog import Backend
from ..errors import BadInput, CannotRender
from ..models.asset import Asset, Reference
from ..models.plan import CastMember, Keyframe, Plan
from ..providers.base import ImageRequest
from ..seeds import keyframe_seed, map_seed

if TYPE_CHECKING:
    from .session import Session

FIRST, MASK = "first", "mask"


def followed(plan: Plan) -> dict[str, str]:
    """Which keyframe each one follows on in the same shot, by ids: where a shot begins, that it is drawn first.

    A keyframe that begins a shot after a cut follows on none, and neither does one that was on screen before.
    """
    seen: set[str] = set()
    before: dict[str, str] = {}
    for segment in plan.segments:
        first, last = segment.first_keyframe, segment.last_keyframe
        if first is not None:
            seen.add(first)
        if last is not None and last not in seen:
            seen.add(last)
            if first is not None:
                before[last] = first
    return before


def request_of(plan: Plan, keyframe: Keyframe, backend: Backend, previous: Asset | None, session: Session) -> ImageRequest:
    """The keyframe as this model is asked for it. `previous`: the picture it follows on, where there is one.

    BadInput for a mask that cannot be used, CannotRender where the model takes none, or the prompt is too long for it.
    """
    entry = backend.entry
    seed = None if entry.seed.promise == "none" else map_seed(keyframe_seed(plan, keyframe), *entry.seed.range)
    request = ImageRequest(
        prompt=keyframe.prompt,
        visual=keyframe.visual.over(plan.visual),
        seed=seed,
        width=plan.width,
        height=plan.height,
        references=keyframe.references,
        negative=_negative(plan, keyframe) if entry.negative_prompt else "",
        fit=plan.fit,
    )
    if not entry.references:
        return request
    members = named(plan, keyframe)
    looks = [f"{m.name}: {m.look}" for m in members if m.look and m.look.lower() not in keyframe.prompt.lower()]
    request = request.model_copy(
        update={
            "prompt": "\n\n".join([keyframe.prompt, *looks]),
            "references": _references(plan, keyframe, members, backend, previous, session),
        }
    )
    limit = entry.prompt_limit.characters if entry.prompt_limit else None
    if limit is not None and len(request.prompt_sent) > limit:
        raise CannotRender(
            f"keyframe {keyframe.id}: its prompt has {len(request.prompt_sent)} characters, and {backend} takes {limit}.",
            "Shorten it in the plan.",
        )
    return request


def keep_references(plan: Plan, session: Session) -> None:
    """Copy the reference pictures of keyframes and cast into the store, so that the film can be made again without the files."""
    for references in (*(k.references for k in plan.keyframes), *(m.references for m in plan.cast)):
        for reference in references:
            if Path(reference.image.path).is_file():  # else whoever looks at it says so
                session.store.keep_original(reference.image)


def check_mask(keyframe: Keyframe, plan: Plan, backend: Backend, session: Session, *, follows: bool) -> Reference | None:
    """The keyframe's mask as it is sent; None without one. `follows`: the keyframe follows on another one.

    CannotRender or BadInput where it cannot be used. Models that look at no pictures at all look at no masks either.
    """
    masks = [r for r in keyframe.references if r.role == MASK]
    if not masks or not backend.entry.references:
        return None
    if not backend.entry.mask:
        raise CannotRender(
            f"keyframe {keyframe.id} has a mask, and {backend} cannot edit an area.", "Choose another --images, or remove it."
        )
    if len(masks) > 1:
        raise BadInput(f"keyframe {keyframe.id} has {len(masks)} masks.", "Keep one of them.")
    if not follows and all(r.role != FIRST for r in keyframe.references):
        raise BadInput(
            f"keyframe {keyframe.id} has a mask, and no picture that it masks.",
            "Give it a reference of the role `first`, or let it follow on a keyframe of the same shot.",
        )
    return Reference(role=MASK, image=_mask(masks[0].image, plan, session))


def named(plan: Plan, keyframe: Keyframe) -> list[CastMember]:
    """The cast members that the keyframe's prompt names, or describes word for word."""
    prompt = keyframe.prompt.lower()

    def occurs(text: str) -> bool:
        return bool(text.strip()) and bool(re.search(rf"(?<!\w){re.escape(text.strip().lower())}(?!\w)", prompt))

    return [m for m in plan.cast if occurs(m.name) or occurs(m.look)]


def left_out(plan: Plan, keyframe: Keyframe, backend: Backend, previous: Asset | None) -> int:
    """How many references this model has no place for."""
    every = _every(keyframe, named(plan, keyframe), previous)
    return max(0, len(every) - backend.entry.references) if backend.entry.references > 1 else 0


def _references(
    plan: Plan, keyframe: Keyframe, members: list[CastMember], backend: Backend, previous: Asset | None, session: Session
) -> tuple[Reference, ...]:
    every = _every(keyframe, members, previous)
    entry = backend.entry
    if entry.references == 1:  # one picture to start from: a cast sheet would be drawn over, not looked at
        every = [r for r in every if r.role == FIRST]
    taken = every[: entry.references]
    mask = check_mask(keyframe, plan, backend, session, follows=bool(taken) and taken[0].role == FIRST)
    return (*taken, mask) if mask is not None else tuple(taken)


def _every(keyframe: Keyframe, members: list[CastMember], previous: Asset | None) -> list[Reference]:
    """All pictures in the order of their weight, each once; the one it follows on first."""
    own = [r for r in keyframe.references if r.role != MASK]
    starts = [r for r in own if r.role == FIRST] or ([Reference(role=FIRST, image=previous)] if previous else [])
    cast = [r.model_copy(update={"role": f"cast:{m.name}"}) for m in members for r in m.references]
    every: dict[str, Reference] = {}
    for reference in (*starts[:1], *cast, *(r for r in own if r.role != FIRST)):
        every.setdefault(reference.image.pixels_sha256, reference)
    return list(every.values())


def _mask(image: Asset, plan: Plan, session: Session) -> Asset:
    """The mask at the frame's size, in black and white: kept, so that its key is of what it covers."""
    from ..media.images import asset_of, save_png
    from ..media.masks import load_mask

    how = {"kind": "mask", "sha256": image.sha256, "size": [plan.width, plan.height], "fit": plan.fit}
    key = sha256_of(how)
    if found := session.store.picture(key):
        return found
    file = session.scratch / f"mask-{os.urandom(4).hex()}.png"
    save_png(load_mask(image.path, plan.width, plan.height, plan.fit), file)
    path, facts = session.store.pictures.put(key, file, ".png", {"pixels_sha256": asset_of(file).pixels_sha256})
    return Asset(path=str(path), sha256=facts["sha256"], pixels_sha256=facts["pixels_sha256"])


def _negative(plan: Plan, keyframe: Keyframe) -> str:
    """What must not be seen, by the first segment that begins or ends on the keyframe."""
    return next((s.negative for s in plan.segments if keyframe.id in (s.first_keyframe, s.last_keyframe)), "")
