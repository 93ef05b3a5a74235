"""Rendering every segment the store does not have, several at once, each chain in its own order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from itertools import groupby
from pathlib import Path

from ..canonical import sha256_of
from ..catalog import Backend, find_backend
from ..errors import BadInput, Interrupted, LongvidError, StoreError, Unreadable
from ..events import Progress, StageDone, StageStarted
from ..models.asset import Asset
from ..models.base import MAX_FPS
from ..models.clip import Clip, ModelRecord, Outcome, Rendered, SeedRecord
from ..models.plan import Plan, Segment
from ..providers.base import Prepares, VideoRequest, Watch
from .check import backend_for, check_plan
from .ends import conformed, last_frame_of
from .lanes import lane, settle_all
from .segment import Take, finish, reported
from .selection import part_of
from .session import Session
from .walk import walk


async def render_clips(
    plan: Plan, session: Session, *, backend: str | Backend = "animatic", only: Collection[int] | None = None
) -> Rendered:
    """Every segment's outcome, in order.

    Keyframe mode: all at once, within the backend's lane. Chaining: each chain in order, every segment on the exact last
    frame of the one before it; separate chains side by side. A segment that fails is an outcome, not an error; the rest go
    on. `only`: indexes of the segments wanted; the result is then the film that they alone make, and a chain begins on
    clips the store has. Raises CannotRender before any work if some model cannot do what the plan asks, Interrupted when
    told to stop.
    """
    default = find_backend(backend, "video") if isinstance(backend, str) else backend
    check_plan(plan, default)
    _check_keyframes(plan)
    backends = {s.id: backend_for(s, default) for s in plan.segments}
    wanted = frozenset(s.index for s in plan.segments) if only is None else frozenset(only)
    for each in dict.fromkeys(backends.values()):
        await asyncio.to_thread(session.renderers.record, each)  # its files may have to be read
    session.emit(StageStarted(stage="clips", total=len(wanted)))
    await _prepare(plan, backends, wanted, session)
    gates = {str(b): lane(b) for b in backends.values()}

    def gate_of(segment: Segment) -> tuple[Backend, asyncio.Semaphore]:
        return backends[segment.id], gates[str(backends[segment.id])]

    starts: dict[str, Asset] = {}
    in_order = asyncio.Lock()
    chains = await settle_all(_chain(plan, chain, wanted, starts, gate_of, in_order, session) for chain in _chains(plan))
    session.emit(StageDone(stage="clips"))
    outcomes = tuple(outcome for chain in chains for outcome in chain)
    return Rendered(plan=plan, outcomes=outcomes) if len(outcomes) == len(plan.segments) else part_of(plan, outcomes, starts)


def missing_segments(
    plan: Plan, session: Session, *, backend: str | Backend = "animatic", only: Collection[int] | None = None
) -> list[Segment]:
    """Those of the wanted segments that `render_clips` would have to render. Refuses what it would refuse."""
    default = find_backend(backend, "video") if isinstance(backend, str) else backend
    check_plan(plan, default)
    _check_keyframes(plan)
    known = walk(plan, session, lambda segment: backend_for(segment, default))
    return [k.segment for k in known if k.clip is None and (only is None or k.segment.index in only)]


async def _prepare(plan: Plan, backends: dict[str, Backend], wanted: frozenset[int], session: Session) -> None:
    """Tell every renderer that wants to know what it will be asked for: whatever of it the store lacks."""
    curious = {b: r for b in dict.fromkeys(backends.values()) if isinstance(r := session.renderers.of(b), Prepares)}
    if not curious:
        return
    coming: dict[Backend, list[VideoRequest]] = {b: [] for b in curious}
    for known in await asyncio.to_thread(lambda: list(walk(plan, session, lambda s: backends[s.id]))):
        if known.clip is None and known.segment.index in wanted and known.backend in coming:
            record = session.renderers.record(known.backend)
            take = known.take or Take.of(plan, known.segment, known.backend, None, None, record)
            coming[known.backend].append(take.request)

    def tell(done: int, total: int) -> None:
        session.emit(Progress(stage="prepare", unit="text", done=done, total=total))

    for backend, requests in coming.items():
        if requests:
            watch = Watch(progress=tell, preview=session.preview, interrupted=session.interrupted)
            await curious[backend].prepare(backend.model, requests, watch)


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
    wanted: frozenset[int],
    starts: dict[str, Asset],
    gate_of: Callable[[Segment], tuple[Backend, asyncio.Semaphore]],
    in_order: asyncio.Lock,
    session: Session,
) -> list[Outcome]:
    """The outcomes of the wanted segments of one chain. `starts` takes in the frame each of them starts on.

    `in_order` is shared by all chains: it lets them through to the backend in the film's order, so that where one renders
    at a time the film can be watched from its beginning.
    """
    outcomes: list[Outcome] = []
    before: Segment | None = None
    clip: Clip | None = None
    for segment in chain:
        if before is not None and clip is None and segment.index not in wanted:
            before = segment
            continue
        backend, gate = gate_of(segment)
        record = session.renderers.record(backend)
        broken = None
        first = last = None
        if before is not None and clip is None:
            broken = f"it starts on the last frame of segment {before.index} ({before.id}), which has no clip"
        else:
            try:
                async with in_order:
                    first, last = await asyncio.to_thread(_ends, plan, segment, clip, session)
            except (Interrupted, StoreError):
                raise
            except LongvidError as error:
                broken = error.what
        take = Take.of(plan, segment, backend, first, last, record)
        if segment.index in wanted:
            outcome = await (take.failed(session, broken) if broken else take.render(gate, session))
            outcomes.append(outcome)
            clip = outcome.clip
            if first is not None:
                starts[segment.id] = first
        else:
            clip = None if broken else session.store.clip(take.render_key)
        before = segment
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
