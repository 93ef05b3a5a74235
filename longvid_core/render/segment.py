"""One segment's render: its key, its attempt, its clip, its outcome."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal

from ..canonical import sha256_of
from ..catalog import Backend
from ..errors import Interrupted, LongvidError, MissingTool, RenderFailed, StoreError
from ..events import Preview, Progress, SegmentDone, SegmentStarted
from ..models.asset import Asset, Reference
from ..models.base import exact_fps
from ..models.clip import Clip, ModelRecord, Outcome, OutcomeKind, ReferenceRecord, SeedRecord
from ..models.plan import Plan, Segment
from ..providers.base import VideoRequest, Watch
from ..seeds import map_seed, segment_seed
from .session import Session


@dataclass(frozen=True)
class Take:
    """A segment, the backend that renders it, and the exact request it will get."""

    plan: Plan
    segment: Segment
    backend: Backend
    request: VideoRequest
    model: ModelRecord
    """Which model renders it, with everything about it that changes pixels."""
    earlier: bool = False
    """Whether an earlier clip of the same request will do, rendered with other settings or another of the provider's models."""

    @classmethod
    def of(
        cls,
        plan: Plan,
        segment: Segment,
        backend: Backend,
        first: Asset | None,
        last: Asset | None,
        model: ModelRecord,
        *,
        earlier: bool = False,
    ) -> Take:
        """The take of a segment between two pictures, each at the plan's size, by the model that `backend` names."""
        support = backend.entry.seed
        seed = None if support.promise == "none" else map_seed(segment_seed(plan, segment), *support.range)
        cast = tuple(r for member in plan.cast for r in member.references)
        request = VideoRequest(
            prompt=segment.prompt,
            negative=segment.negative,
            visual=plan.visual_of(segment),
            seed=seed,
            frames=segment.frames,
            fps=plan.fps,
            width=plan.width,
            height=plan.height,
            first=first,
            last=last,
            references=cast[: backend.entry.references],
        )
        return cls(plan, segment, backend, request, model, earlier)

    @property
    def named(self) -> str:
        """What rendered it, as it is recorded: a model on this machine goes by what it is, not by where it lies."""
        return f"{self.model.provider}:{self.model.id}"

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        """Every picture that goes in, by role."""
        ends = (("first", self.request.first), ("last", self.request.last))
        return tuple(Reference(role=role, image=image) for role, image in ends if image) + self.request.references

    @cached_property
    def render_key(self) -> str:
        """Everything that changes the clip's pixels, hashed. The same key is the same clip, from the store."""
        return sha256_of({"kind": "clip", "model": self.model.json_value(), "reroll": self.segment.reroll, **self._asked})

    @cached_property
    def request_key(self) -> str:
        """What is asked of the provider, whichever of its models and settings answer it."""
        return sha256_of({"kind": "take", "provider": self.model.provider, "reroll": self.segment.reroll, **self._asked})

    @property
    def _asked(self) -> dict[str, Any]:
        request = self.request.json_value()
        for field in ("first", "last"):
            del request[field]
        request["references"] = [{"role": r.role, "pixels_sha256": r.image.pixels_sha256} for r in self.references]
        return request

    def stored(self, session: Session) -> Clip | None:
        """The store's clip of this take; where an earlier one will do, the newest of those."""
        clip = session.store.clip(self.render_key)
        return session.store.earlier_take(self.request_key) if clip is None and self.earlier else clip

    async def render(self, gate: asyncio.Semaphore, session: Session) -> Outcome:
        """The outcome: the store's clip, or a new one. Never raises for this segment alone; see `Outcome`."""
        try:
            if clip := self.stored(session):
                return await self._done(session, "cached", clip)
            async with gate, session.store.clips.lock(self.render_key, session.interrupted):
                if clip := self.stored(session):  # another run rendered it while this one waited
                    return await self._done(session, "cached", clip)
                session.check()
                return await self._done(session, "rendered", await self._attempt(session))
        except (Interrupted, StoreError, MissingTool):
            raise  # the person's wish, and a disk or a machine that would fail every other segment too
        except LongvidError as error:
            return await self.failed(session, error.what)

    async def failed(self, session: Session, message: str) -> Outcome:
        """The outcome of a segment that has no clip, told to the world."""
        return await self._done(session, "failed", None, message)

    async def _attempt(self, session: Session) -> Clip:
        backend, segment = self.backend, self.segment
        session.emit(SegmentStarted(id=segment.id, index=segment.index, backend=str(backend)))
        attempt = session.ledger.start_attempt(session.run_id, segment.id, self.render_key, self.model.provider, self.model.id)
        target = session.scratch / f"{segment.id}-{os.urandom(4).hex()}.mkv"
        preview = target.with_suffix(".proxy.mp4")

        try:
            renderer = session.renderers.of(backend)
            made = await renderer.render(backend.model, self.request, target, watch_of(segment, session))
            facts = await asyncio.to_thread(self._verified, target, preview)
            facts |= {"made_by": self.model.json_value(), "made": dict(made or {})}
            session.store.note_take(self.request_key, self.render_key)
            found = session.store.clips.put(self.render_key, target, target.suffix, facts)
            if preview.is_file():
                session.store.keep_proxy(self.render_key, preview)
            clip = session.store.as_clip(self.render_key, *found)
        except Interrupted:
            session.ledger.finish_attempt(attempt, "interrupted")
            raise
        except LongvidError as error:
            session.ledger.finish_attempt(attempt, "failed", error.what)
            raise
        except Exception as error:
            message = f"{self.named} failed: {type(error).__name__}: {error}"
            session.ledger.finish_attempt(attempt, "failed", message)
            raise RenderFailed(message) from error
        finally:
            target.unlink(missing_ok=True)
            preview.unlink(missing_ok=True)
        session.ledger.finish_attempt(attempt, "rendered")
        return clip

    def _verified(self, file: Path, preview: Path) -> dict[str, Any]:
        """The clip's facts, by decoding every frame of it, once: its preview is made on the way where it has no sound.

        RenderFailed when it is not what was asked for.
        """
        from ..media.encode import proxy_of_frames
        from ..media.frames import count_and_hash
        from ..media.probe import probe

        found = probe(file)
        if found.has_audio or found.vfr:
            frames, frames_sha256 = count_and_hash(file)
        else:
            with proxy_of_frames(preview, found.pix_fmt, found.width, found.height, found.fps) as show:
                frames, frames_sha256 = count_and_hash(file, show)
        if frames != self.request.frames:
            raise RenderFailed(f"{self.named} rendered {frames} frames instead of {self.request.frames}.")
        if (found.width, found.height) != (self.plan.width, self.plan.height) or found.fps != exact_fps(self.plan.fps):
            raise RenderFailed(f"{self.named} rendered {found.width}x{found.height} at {float(found.fps):g} fps.")
        return {
            "frames": frames,
            "fps": self.plan.fps,
            "width": found.width,
            "height": found.height,
            "frames_sha256": frames_sha256,
            "has_audio": found.has_audio,
        }

    async def _done(self, session: Session, kind: OutcomeKind, clip: Clip | None, message: str | None = None) -> Outcome:
        outcome = Outcome(
            index=self.segment.index,
            id=self.segment.id,
            render_key=clip.render_key if clip else self.render_key,
            outcome=kind,
            determinism=self.backend.entry.determinism_on(clip.made.get("device") if clip else None),
            prompt_sent=self.request.prompt_sent,
            seed=SeedRecord(
                policy=self.plan.seed_policy, requested=segment_seed(self.plan, self.segment), sent=self.request.seed
            ),
            model=(clip and clip.made_by) or self.model,
            references=tuple(
                ReferenceRecord(role=r.role, sha256=r.image.sha256, pixels_sha256=r.image.pixels_sha256) for r in self.references
            ),
            clip=await asyncio.to_thread(finish, clip, self.segment, session) if clip else None,
            attempts=session.ledger.attempts(self.render_key),
            message=message,
        )
        return reported(outcome, session)


def watch_of(segment: Segment, session: Session) -> Watch:
    """How a render of this segment tells the session how far it is."""

    def tell(unit: Literal["frame", "step"], done: int, total: int) -> None:
        session.emit(Progress(stage="clips", id=segment.id, unit=unit, done=done, total=total))

    return Watch(partial(tell, "frame"), partial(tell, "step"), session.preview, session.interrupted)


def finish(clip: Clip, segment: Segment, session: Session) -> Clip:
    """The clip with its H.264 copy, made if it is missing, and told to whoever wants to watch it now."""
    if clip.proxy is None:
        from ..media.encode import make_proxy

        temporary = session.scratch / f"{segment.id}-{os.urandom(4).hex()}.proxy.mp4"
        make_proxy(Path(clip.path), temporary)
        clip = clip.model_copy(update={"proxy": str(session.store.keep_proxy(clip.render_key, temporary))})
    assert clip.proxy is not None
    session.emit(Preview(id=segment.id, index=segment.index, path=clip.proxy))
    return clip


def reported(outcome: Outcome, session: Session) -> Outcome:
    """Write an outcome to the ledger and tell the world."""
    session.ledger.record_outcome(session.run_id, outcome)
    session.emit(
        SegmentDone(
            id=outcome.id,
            index=outcome.index,
            outcome=outcome.outcome,
            render_key=outcome.render_key,
            clip_sha256=outcome.clip.sha256 if outcome.clip else None,
            message=outcome.message,
        )
    )
    return outcome
