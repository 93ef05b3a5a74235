"""Joining the clips into a film, and handing it over."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..canonical import sha256_of
from ..errors import RenderFailed
from ..events import Progress, StageDone, StageStarted
from ..models.base import exact_fps
from ..models.clip import Clip, Rendered
from ..models.film import Film, FilmOptions, Release, Seam

if TYPE_CHECKING:
    from ..media.join import Part
    from ..media.shape import Shape
    from ..models.plan import Plan
    from .session import Session

# Part of every film's key: raise it when the same clips would join into other bytes.
JOIN_VERSION = 2
FILM_TAG = "longvid_film"
_Told = Callable[[int, int], None]
SUFFIXES = {"h264": ".mp4", "h265": ".mp4", "prores": ".mov", "ffv1": ".mkv"}


async def join_film(rendered: Rendered, session: Session, options: FilmOptions | None = None) -> Release:
    """The film of these clips, from the store where the same one was joined before.

    Frames: the sum of the clips' frames at the plan's rate, less one for each continuous join (the later clip's first).
    RenderFailed, naming the segments, where any has no clip.
    """
    options = options or FilmOptions()
    require_clips(rendered)
    key = film_key(rendered, options)
    session.emit(StageStarted(stage="join", total=len(rendered.outcomes)))
    film = session.store.film(key)
    if film is None:
        async with session.store.films.lock(key, session.interrupted):
            film = session.store.film(key) or await asyncio.to_thread(_join, rendered, options, key, session)
    session.emit(StageDone(stage="join"))
    return Release(film=film, rendered=rendered, options=options)


def require_clips(rendered: Rendered) -> Rendered:
    """`rendered` itself, where every segment has a clip; else RenderFailed, naming those that have none and why."""
    missing = [o for o in rendered.outcomes if o.clip is None]
    if missing:
        reasons = [f"segment {o.index} ({o.id}) {o.outcome}: {o.message or 'no clip'}".replace("\n", "\n    ") for o in missing]
        raise RenderFailed(
            f"no film: {len(missing)} of {len(rendered.outcomes)} segments have no clip.",
            *reasons,
            "The others are kept. Mend the cause and run the same again: only what is missing is rendered.",
        )
    return rendered


def film_key(rendered: Rendered, options: FilmOptions) -> str:
    """Everything the film's bytes depend on, hashed."""
    assert all(outcome.clip is not None for outcome in rendered.outcomes)
    clips = [outcome.clip.sha256 for outcome in rendered.outcomes if outcome.clip is not None]
    return key_of_clips(rendered.plan, clips, options, _slates(rendered, options))


def key_of_clips(
    plan: Plan,
    clips: Sequence[str],
    options: FilmOptions,
    slates: Sequence[dict[str, Any] | None] | None = None,
    version: int = JOIN_VERSION,
) -> str:
    """The key of a film by the hashes of its clips, one for each segment. slates: what each says; None: there is none on any."""
    said_of = slates or [None] * len(clips)
    parts = [{"sha256": c, "drop": d, "slate": s} for c, d, s in zip(clips, _drops(plan), said_of, strict=True)]
    shape = {"title": plan.title, "width": plan.width, "height": plan.height, "fps": plan.fps, "fit": plan.fit}
    said = options.json_value()
    if options.seam == "drop":
        del said["seam"]  # as it was before there was a choice
    return sha256_of({"kind": "film", "version": version, "parts": parts, **shape, **said})


def export_film(release: Release, target: Path) -> Release:
    """Copy the store's film to `target`, whole or not at all. Raises StoreError when it cannot be written.

    A manifest beside it that tells of another film goes the moment before the new film takes its name. So whenever the run
    is killed, a manifest that stands beside a film tells of that film.
    """
    from ..files import copy_file
    from ..manifest.build import manifest_path

    manifest = manifest_path(target)
    copy_file(Path(release.film.path), target, stale=None if _tells_of(manifest, release.film.sha256) else manifest)
    return release.model_copy(update={"film": release.film.model_copy(update={"path": str(target)})})


def _tells_of(manifest: Path, sha256: str) -> bool:
    """Whether that manifest is of the film with that hash. Any other file under its name is of none."""
    try:
        return bool(json.loads(manifest.read_bytes())["film"]["sha256"] == sha256)
    except (OSError, ValueError, TypeError, KeyError):
        return False


def _drops(plan: Plan) -> list[int]:
    """Frames to leave out at each clip's start: one where it repeats the frame before it."""
    return [int(s.index > 0 and s.join == "continuous") for s in plan.segments]


def _slates(rendered: Rendered, options: FilmOptions) -> list[dict[str, Any] | None]:
    """What each clip's slate says, as arguments of `painting.slate.SlateText`; None where no slate is asked for."""
    if not options.slate:
        return [None] * len(rendered.outcomes)
    slates: list[dict[str, Any] | None] = []
    frame = 0
    plan = rendered.plan
    for segment, outcome, drop in zip(plan.segments, rendered.outcomes, _drops(rendered.plan), strict=True):
        seed = outcome.seed.sent if outcome.seed.sent is not None else outcome.seed.requested
        text = {
            "shot": f"{segment.id}  {segment.index + 1} of {len(plan.segments)}",
            "prompt": segment.prompt,
            "seed": None if seed is None else str(seed),
            "start_frame": frame - drop,
            "fps": plan.fps,
        }
        slates.append(text)
        frame += (_shown(outcome.clip, plan.fps) if outcome.clip else segment.frames) - drop
    return slates


def _shown(clip: Clip, fps: float) -> int:
    """How many frames of the film the clip is, before any is dropped: a foreign one has a rate of its own, or none."""
    from ..media.conform import conformed_frames
    from ..media.probe import probe

    return conformed_frames(probe(clip.path), exact_fps(fps))


def _join(rendered: Rendered, options: FilmOptions, key: str, session: Session) -> Film:
    from ..errors import StoreError
    from ..files import work_folder
    from ..media.frames import count_and_hash
    from ..media.join import Encoder, Part, join_parts

    plan = rendered.plan
    parts = []
    for outcome, drop, slate in zip(rendered.outcomes, _drops(rendered.plan), _slates(rendered, options), strict=True):
        assert outcome.clip is not None
        # Read it whole before it goes into a film: a clip that rotted on the disk must never be joined.
        if session.store.clips.get(outcome.render_key, thorough=True) is None:
            raise StoreError(
                f"the clip of segment {outcome.index} ({outcome.id}) is damaged and was set aside.",
                "Run the same command again: that segment alone is rendered anew.",
            )
        parts.append(Part(path=Path(outcome.clip.path), drop_first=drop, slate=_slate(slate)))

    def progress(done: int, total: int) -> None:
        session.emit(Progress(stage="join", done=done, total=total))

    target = session.scratch / f"{key[:16]}{SUFFIXES[options.codec]}"
    told: _Told = progress
    with work_folder(session.scratch) as work:
        if options.seam == "blend":
            parts, told = _blended(parts, rendered.plan, progress, session.interrupted, work)
        encoder = join_parts(
            parts,
            target,
            width=plan.width,
            height=plan.height,
            fps=plan.fps,
            fit=plan.fit,
            encoder=Encoder(codec=options.codec, crf=options.crf, preset=options.preset),
            metadata={"title": plan.title, FILM_TAG: key},
            progress=told,
            interrupted=session.interrupted,
            work_dir=session.scratch,
        )
    frames, frames_sha256 = count_and_hash(target)
    facts = {
        "frames": frames,
        "fps": plan.fps,
        "width": plan.width,
        "height": plan.height,
        "frames_sha256": frames_sha256,
        "encoder": list(encoder),
        "seams": [seam.json_value() for seam in _seams(rendered, options, session)],
    }
    path, found = session.store.films.put(key, target, target.suffix, facts)
    return Film(key=key, path=str(path), **found)


def _blended(
    parts: list[Part], plan: Plan, progress: _Told, interrupted: Callable[[], bool], work: Path
) -> tuple[list[Part], _Told]:
    """The same parts with every continuous join dissolved, and what is to be told of the other half of the work.

    The clips that meet at a join are written anew, without loss, into `work`.
    """
    from ..media.conform import conformed_frames
    from ..media.join import probe_all
    from ..media.seams import blend

    shape, probes = _shape(plan), probe_all([part.path for part in parts])
    clips, drops = [probes[part.path] for part in parts], [part.drop_first for part in parts]
    total = sum(conformed_frames(clip, shape.fps) for clip in clips)
    seams = [bool(drop) for drop in drops]
    files = blend(clips, shape, work, lambda done: progress(done, 2 * total), interrupted, seams=seams, drops=drops)
    made = [
        replace(part, path=file, sound_from=part.path if clip.has_audio and file != part.path else None)
        for part, file, clip in zip(parts, files, clips, strict=True)
    ]
    return made, lambda done, whole: progress(total + total * done // whole, 2 * total)


def _shape(plan: Plan) -> Shape:
    from ..media.encode import exact_rate
    from ..media.shape import Shape

    return Shape(plan.width, plan.height, exact_rate(plan.fps), plan.fit)


def _seams(rendered: Rendered, options: FilmOptions, session: Session) -> list[Seam]:
    """Each continuous join, measured between the last frame of one clip and the first of the next, which the film leaves out."""
    from ..media.probe import Probe, probe
    from ..media.seams import closeness

    plan, shape = rendered.plan, _shape(rendered.plan)
    seams: list[Seam] = []
    before: Probe | None = None
    for segment, clip, drop in zip(plan.segments, rendered.clips, _drops(rendered.plan), strict=True):
        session.check()
        after = probe(Path(clip.path))
        if drop and before is not None:
            decibels = closeness(before, after, shape)
            measured = round(decibels, 3) if math.isfinite(decibels) else None
            seams.append(Seam(index=segment.index, segment=segment.id, treatment=options.seam, psnr_db=measured))
        before = after
    return seams


def _slate(text: dict[str, Any] | None) -> Any:
    if text is None:
        return None
    from ..painting.slate import SlateText

    return SlateText(**text)
