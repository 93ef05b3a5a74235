"""One try at a clip on this machine, and the check that every clip passes before it is kept."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..errors import Interrupted, LongvidError, RenderFailed, Unreadable
from ..events import Preview, Progress, SegmentStarted
from ..models.base import MAX_FPS, MIN_FPS, exact_fps
from ..models.clip import Clip, ModelRecord
from ..models.plan import Segment
from ..providers.base import Watch
from .session import Session

if TYPE_CHECKING:
    from .segment import Take


async def rendered_here(take: Take, session: Session) -> Clip:
    """The take's clip by a renderer on this machine, verified and in the store. The caller holds the take's key."""
    backend, segment = take.backend, take.segment
    session.emit(SegmentStarted(id=segment.id, index=segment.index, backend=str(backend)))
    attempt = session.ledger.start_attempt(session.run_id, segment.id, take.render_key, take.model.provider, take.model.id)
    target = session.scratch / f"{segment.id}-{os.urandom(4).hex()}.mkv"
    try:
        renderer = session.renderers.local(backend)
        made = dict(await renderer.render(backend.model, take.request, target, watch_of(segment, session)) or {})
        if (other := made.pop("made_by", None)) is not None:
            take = replace(take, model=ModelRecord.model_validate(other))
        clip = await asyncio.to_thread(taken_in, take, target, made, session)
    except Interrupted:
        session.ledger.finish_attempt(attempt, "interrupted")
        raise
    except LongvidError as error:
        session.ledger.finish_attempt(attempt, "failed", error.what)
        raise
    except Exception as error:
        message = f"{take.named} failed: {type(error).__name__}: {error}"
        session.ledger.finish_attempt(attempt, "failed", message)
        raise RenderFailed(message) from error
    finally:
        target.unlink(missing_ok=True)
    session.ledger.finish_attempt(attempt, "rendered")
    return clip


def taken_in(take: Take, file: Path, made: dict[str, Any], session: Session, key: str | None = None) -> Clip:
    """The clip, once every frame of it was decoded and it is what was asked for, in the store with its preview.

    It is kept under `key`; default: the take's own.

    Unreadable where it cannot be decoded to its end, RenderFailed where it is something else. `file` is on the store's disk.
    """
    preview = session.scratch / f"{file.stem}-{os.urandom(4).hex()}.proxy.mp4"
    try:
        facts = _verified(take, file, preview)
        facts |= {"made_by": take.model.json_value(), "made": made}
        if key is None:
            session.store.note_take(take.request_key, take.render_key)
        key = key or take.render_key
        found = session.store.clips.put(key, file, file.suffix, facts)
        if preview.is_file():
            session.store.keep_proxy(key, preview)
        return session.store.as_clip(key, *found)
    finally:
        preview.unlink(missing_ok=True)


def _verified(take: Take, file: Path, preview: Path) -> dict[str, Any]:
    """The clip's facts, by decoding every frame of it, once: its preview is made on the way where it has no sound."""
    from ..media.encode import proxy_of_frames
    from ..media.frames import count_and_hash
    from ..media.probe import probe

    found = probe(file)
    if found.truncated:  # what is left of it may decode to its end
        raise Unreadable(f"{file.name} {found.truncated}.")
    if found.has_audio or found.vfr or found.turned or found.sar != 1:
        frames, frames_sha256 = count_and_hash(file)
    else:
        with proxy_of_frames(preview, found.pix_fmt, found.width, found.height, found.fps) as show:
            frames, frames_sha256 = count_and_hash(file, show)
    request, plan = take.request, take.plan
    if not MIN_FPS <= float(found.fps) <= MAX_FPS:
        raise RenderFailed(
            f"{take.named} rendered {float(found.fps):g} frames a second: {MIN_FPS:g} to {MAX_FPS:g} can be joined."
        )
    if not take.backend.entry.any_size and (frames < 2 or round(found.duration_s * plan.fps) < 2):
        raise RenderFailed(f"{take.named} rendered {frames} frame{'s' * (frames != 1)}, and no moving picture.")
    if take.backend.entry.any_size:
        if frames != request.frames:
            raise RenderFailed(f"{take.named} rendered {frames} frames instead of {request.frames}.")
        if (found.width, found.height) != (plan.width, plan.height) or found.fps != exact_fps(plan.fps):
            raise RenderFailed(f"{take.named} rendered {found.width}x{found.height} at {float(found.fps):g} fps.")
    return {
        "frames": frames,
        "fps": plan.fps if found.fps == exact_fps(plan.fps) else float(found.fps),
        "width": found.width,
        "height": found.height,
        "frames_sha256": frames_sha256,
        "has_audio": found.has_audio,
    }


def watch_of(segment: Segment, session: Session) -> Watch:
    """How a render of this segment tells the session how far it is."""

    def tell(unit: Literal["frame", "step"], done: int, total: int) -> None:
        session.emit(Progress(stage="clips", id=segment.id, unit=unit, done=done, total=total))

    return Watch(partial(tell, "frame"), partial(tell, "step"), session.preview, session.interrupted)


def shown(clip: Clip, segment: Segment, session: Session) -> Clip:
    """The clip with its H.264 copy, made if it is missing, and told to whoever wants to watch it now."""
    if clip.proxy is None:
        from ..media.encode import make_proxy

        temporary = session.scratch / f"{segment.id}-{os.urandom(4).hex()}.proxy.mp4"
        make_proxy(Path(clip.path), temporary)
        clip = clip.model_copy(update={"proxy": str(session.store.keep_proxy(clip.render_key, temporary))})
    assert clip.proxy is not None
    session.emit(Preview(id=segment.id, index=segment.index, path=clip.proxy))
    return clip
