"""Rendering every segment the store does not have, several at once, each chain in its own order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path

from ..canonical import sha256_of
from ..catalog import Backend, find_backend
from ..errors import BadInput, LongvidError, Unreadable
from ..events import StageDone, StageStarted
from ..models.asset import Asset
from ..models.base import MAX_FPS
from ..models.clip import Clip, ModelRecord, Outcome, Rendered, SeedRecord
from ..models.plan import Plan, Segment
from .check import backend_for, check_plan
from .ends import conformed, last_frame_of
from .lanes import lane, settle_all
from .segment import Take, finish, reported
from .session import Session


async def render_clips(plan: Plan, session: Session, *, backend: str = "animatic") -> Rendered:
    """Every segment's outcome, in order.

    Keyframe mode: all at once, within the backend's lane. Chaining: each chain in order, every segment on the exact last
    frame of the one before it; separate chains side by side. A segment that fails is an outcome, not an error; the rest go
    on. Raises CannotRender before any work if some model cannot do what the plan asks, Interrupted when told to stop.
    """
    default = find_backend(backend, "video")
    check_plan(plan, default)
    _check_keyframes(plan)
    backends = {s.id: backend_for(s, default) for s in plan.segments}
    gates = {str(b): lane(b) for b in backends.values()}
    session.emit(StageStarted(stage="clips", total=len(plan.segments)))

    def gate_of(segment: Segment) -> tuple[Backend, asyncio.Semaphore]:
        return backends[segment.id], gates[str(backends[segment.id])]

    chains = await settle_all(_chain(plan, chain, gate_of, session) for chain in _chains(plan))
    session.emit(StageDone(stage="clips"))
    return Rendered(plan=plan, outcomes=tuple(outcome for chain in chains for outcome in chain))


def adopt_clips(plan: Plan, files: Sequence[Path], session: Session) -> Rendered:
    """Clips made elsewhere, one for each segment in order: kept byte for byte, keyed by content, determinism `none`.

    BadInput unless there is one for each segment, Unreadable for a file that is missing, cut short or no video.
    """
    if len(files) != len(plan.segments):
        raise BadInput(
            f"{len(files)} clips for {len(plan.segments)} segments.", "Give one clip for each segment, in their order."
        )
    session.emit(StageStarted(stage="clips", total=len(files)))
    outcomes = []
    for segment, file in zip(plan.segments, files, strict=True):
        session.check()
        clip, cached = _foreign(file, segment, session)
        clip = finish(clip, segment, session)
        outcome = Outcome(
            index=segment.index,
            id=segment.id,
            render_key=clip.render_key,
            outcome="cached" if cached else "rendered",
            determinism="none",
            prompt_sent="",
            seed=SeedRecord(),
            model=ModelRecord(provider="foreign", id="foreign", fingerprint={}),
            clip=clip,
        )
        outcomes.append(reported(outcome, session))
    session.emit(StageDone(stage="clips"))
    return Rendered(plan=plan, outcomes=tuple(outcomes))


def _foreign(file: Path, segment: Segment, session: Session) -> tuple[Clip, bool]:
    """A file made elsewhere as a clip in the store, and whether it was there already."""
    from ..files import copy_file, sha256_file
    from ..media.boxes import check_file
    from ..media.frames import count_and_hash
    from ..media.probe import probe

    check_file(file)
    key = sha256_of({"kind": "foreign clip", "sha256": sha256_file(file)})
    if clip := session.store.clip(key):
        return clip, True
    found = probe(file)
    if found.truncated:
        raise Unreadable(f"{file} {found.truncated}.", "Make or download it again.")
    if found.fps > MAX_FPS:
        raise BadInput(f"{file} has {float(found.fps):g} frames a second.", f"Convert it to {MAX_FPS} or fewer.")
    frames, frames_sha256 = count_and_hash(file)
    facts = {
        "frames": frames,
        "fps": float(found.fps),
        "width": found.width,
        "height": found.height,
        "frames_sha256": frames_sha256,
        "has_audio": found.has_audio,
    }
    temporary = session.scratch / f"{segment.id}{file.suffix}"
    copy_file(file, temporary)
    return session.store.as_clip(key, *session.store.clips.put(key, temporary, file.suffix, facts)), False


def _chains(plan: Plan) -> list[list[Segment]]:
    """Segments that must be rendered one after another. In keyframe mode every segment stands alone."""
    if plan.mode == "keyframe":
        return [[s] for s in plan.segments]
    number = 0
    starts = []
    for segment in plan.segments:
        number += segment.first_keyframe is not None
        starts.append((number, segment))
    return [[s for _, s in group] for _, group in groupby(starts, key=lambda pair: pair[0])]


async def _chain(
    plan: Plan,
    chain: Sequence[Segment],
    gate_of: Callable[[Segment], tuple[Backend, asyncio.Semaphore]],
    session: Session,
) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for segment in chain:
        backend, gate = gate_of(segment)
        before = outcomes[-1] if outcomes else None
        if before is not None and before.clip is None:
            take = Take.of(plan, segment, backend, None, None)
            outcomes.append(
                await take.failed(
                    session, f"it starts on the last frame of segment {before.index} ({before.id}), which has no clip"
                )
            )
            continue
        try:
            first, last = await asyncio.to_thread(_ends, plan, segment, before.clip if before else None, session)
        except LongvidError as error:
            if error.exit_code == 5:
                raise
            outcomes.append(await Take.of(plan, segment, backend, None, None).failed(session, error.what))
            continue
        outcomes.append(await Take.of(plan, segment, backend, first, last).render(gate, session))
    return outcomes


def _ends(plan: Plan, segment: Segment, before: Clip | None, session: Session) -> tuple[Asset | None, Asset | None]:
    """The pictures a segment starts and ends on, at the plan's exact size."""

    def picture(keyframe_id: str | None) -> Asset | None:
        image = plan.keyframe(keyframe_id).image if keyframe_id else None
        return conformed(image, plan, session) if image else None

    first = picture(segment.first_keyframe)
    if first is None and before is not None:
        first = last_frame_of(before, plan, session)
    return first, picture(segment.last_keyframe)


def _check_keyframes(plan: Plan) -> None:
    used = {name for s in plan.segments for name in (s.first_keyframe, s.last_keyframe) if name}
    missing = [k.id for k in plan.keyframes if k.id in used and k.image is None]
    if missing:
        raise BadInput(
            f"keyframes without a picture: {', '.join(missing)}.", "Draw them first: `longvid keyframes`, or Keyframe Generator."
        )
