"""Rendering every segment the store does not have, several at once, each chain in its own order."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from ..canonical import sha256_of
from ..catalog import Backend, find_backend
from ..errors import BadInput, Unreadable
from ..events import StageDone, StageStarted
from ..models.base import MAX_FPS
from ..models.clip import Clip, ModelRecord, Outcome, Rendered, SeedRecord
from ..models.plan import Plan, Segment
from .attempt import shown
from .chains import Rendering
from .check import backend_for, check_plan
from .segment import reported
from .selection import part_of
from .session import Session
from .walk import walk


async def render_clips(
    plan: Plan,
    session: Session,
    *,
    backend: str | Backend | Mapping[str, Backend] = "animatic",
    only: Collection[int] | None = None,
    earlier: bool = False,
) -> Rendered:
    """Every segment's outcome, in order.

    Keyframe mode: all at once, within the backend's lane. Chaining: each chain in order, every segment on the exact last
    frame of the one before it; separate chains side by side. A segment that fails is an outcome, not an error; the rest go
    on. `only`: indexes of the segments wanted; the result is then the film that they alone make, and a chain begins on
    clips the store has. `earlier`: a clip that was rendered for the same words, seed and pictures with other settings will do.
    `backend`: by segment id, the segments' own choice is left aside.
    Raises CannotRender before any work if some model cannot do what the plan asks, BadInput or MissingTool
    where a key or a package is missing for what the store lacks, Interrupted when told to stop.
    """
    default = find_backend(backend, "video", session.settings) if isinstance(backend, str) else backend
    check_plan(plan, default)
    _check_keyframes(plan)
    wanted = frozenset(s.index for s in plan.segments) if only is None else frozenset(only)
    rendering = Rendering(plan, session, {s.id: backend_for(s, default) for s in plan.segments}, wanted, earlier)
    for each in dict.fromkeys(rendering.backends.values()):
        await asyncio.to_thread(session.renderers.record, each)  # its files may have to be read
    await rendering.check_ready()
    session.emit(StageStarted(stage="clips", total=len(wanted)))
    await rendering.prepare()
    outcomes = await rendering.run()
    session.emit(StageDone(stage="clips"))
    if len(outcomes) == len(plan.segments):
        return Rendered(plan=plan, outcomes=outcomes)
    return part_of(plan, outcomes, rendering.starts)


def missing_segments(
    plan: Plan,
    session: Session,
    *,
    backend: str | Backend = "animatic",
    only: Collection[int] | None = None,
    earlier: bool = False,
) -> list[Segment]:
    """Those of the wanted segments that `render_clips` would have to render. Refuses what it would refuse."""
    default = find_backend(backend, "video", session.settings) if isinstance(backend, str) else backend
    check_plan(plan, default)
    _check_keyframes(plan)
    known = walk(plan, session, lambda segment: backend_for(segment, default), earlier=earlier)
    return [k.segment for k in known if k.clip is None and (only is None or k.segment.index in only)]


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
        clip = shown(clip, segment, session)
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


def _check_keyframes(plan: Plan) -> None:
    used = {name for s in plan.segments for name in (s.first_keyframe, s.last_keyframe) if name}
    missing = [k.id for k in plan.keyframes if k.id in used and k.image is None]
    if missing:
        raise BadInput(
            f"keyframes without a picture: {', '.join(missing)}.", "Draw them first: `longvid keyframes`, or Keyframe Generator."
        )
