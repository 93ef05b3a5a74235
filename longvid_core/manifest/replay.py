"""Making a film again from its manifest alone, in a place where nothing of it is, and comparing what comes out."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..catalog import find_backend
from ..errors import Interrupted
from ..estimate import Estimate, Item, price_of
from ..media.delta import Delta, picture_delta
from ..models.clip import Clip, Outcome, Rendered
from ..models.film import FilmOptions, Release
from ..models.manifest import Manifest, PictureRecord, SegmentRecord
from ..models.plan import Keyframe, Plan
from ..models.records import Bound
from .differ import differences
from .findings import SAME, FilmAgain, Finding, Replayed, Result, SegmentAgain
from .ranges import segment_ranges
from .repeatable import Pictures, Repeat

if TYPE_CHECKING:
    from ..render.session import Session


@dataclass(frozen=True)
class Originals:
    """What there is of the first film to compare with. clip: finds one by its record. film: its file; None: it is not here."""

    clip: Callable[[SegmentRecord], Path | None]
    film: Path | None


def chosen(repeat: Repeat, wanted: Collection[int], pictures: Pictures) -> tuple[Repeat, frozenset[int]]:
    """The segments to render for the wanted ones: those that can be, and in chains what they go on from.

    A chain is begun in its middle where the picture it starts on is at hand; else the segments before are rendered, too.
    """
    plan, impossible = repeat.plan, dict(repeat.impossible)
    render: set[int] = set()
    started: dict[str, Keyframe] = {}
    for segment in plan.segments:
        if segment.index not in wanted:
            continue
        at = segment.index
        while True:
            one = plan.segments[at]
            if one.id in impossible:
                if at != segment.index:
                    impossible[segment.id] = f"it goes on from segment {at} ({one.id}), which cannot be repeated"
                    render -= set(range(at + 1, segment.index + 1))
                break
            render.add(at)
            follows = plan.mode == "chaining" and one.first_keyframe is None
            if not follows or at - 1 in render:
                break
            if at - 1 not in wanted and (start := _start(repeat.manifest.segments[at], pictures)) is not None:
                started[one.id] = start
                break
            at -= 1
    segments = tuple(
        s.model_copy(update={"join": "cut", "first_keyframe": started[s.id].id}) if s.id in started else s for s in plan.segments
    )
    plan = plan.model_copy(update={"segments": segments, "keyframes": (*plan.keyframes, *started.values())})
    changed = Repeat(repeat.manifest, plan, repeat.backends, impossible, repeat.cautions, repeat.redrawn)
    return changed, frozenset(render)


def _start(record: SegmentRecord, pictures: Pictures) -> Keyframe | None:
    """The picture a chained segment started on, as a keyframe, where it is at hand."""
    from ..media.images import asset_of

    first = next((r for r in record.references if r.role == "first"), None)
    path = pictures(PictureRecord(sha256=first.sha256, pixels_sha256=first.pixels_sha256)) if first else None
    if path is None:
        return None
    return Keyframe(id=f"{record.id}_start", prompt="", source="last frame of the clip before", image=asset_of(path))


def costs(repeat: Repeat, render: Collection[int]) -> Estimate:
    """What rendering these segments costs, by the catalog: nothing of a replay comes from a store."""
    items = []
    for segment in repeat.plan.segments:
        if segment.index not in render:
            continue
        backend = repeat.backends[segment.id]
        low, high = price_of(backend.entry, segment.frames, repeat.plan.fps)
        price = backend.entry.price
        items.append(
            Item(
                index=segment.index,
                id=segment.id,
                made_by=str(backend),
                cached=False,
                priced=price is not None,
                low_micro_usd=low,
                high_micro_usd=high,
                checked=price.checked if price else None,
            )
        )
    return Estimate(
        keyframes=(),
        segments=tuple(items),
        low_micro_usd=sum(i.low_micro_usd for i in items),
        high_micro_usd=sum(i.high_micro_usd for i in items),
        unpriced=tuple(sorted({i.made_by for i in items if not i.priced})),
    )


async def rendered_again(repeat: Repeat, render: Collection[int], session: Session) -> tuple[Plan, tuple[Outcome, ...]]:
    """Draw what has to be drawn and render these segments, in a session on a store where nothing of the film is.

    The plan comes back with its pictures, the outcomes with the indexes they have in it.
    """
    from ..render.clips import render_clips

    plan = await _drawn(repeat, render, session)
    if not render:
        return plan, ()
    nobody = find_backend("animatic", "video")  # for what is not rendered
    backends = {s.id: repeat.backends.get(s.id, nobody) for s in plan.segments}
    rendered = await render_clips(_with_all_pictures(repeat, plan), session, backend=backends, only=render)
    index = {s.id: s.index for s in plan.segments}
    return plan, tuple(o.model_copy(update={"index": index[o.id]}) for o in rendered.outcomes)


async def _drawn(repeat: Repeat, render: Collection[int], session: Session) -> Plan:
    """The plan with the keyframes that are drawn anew, each by whoever drew it, but for those of other segments alone."""
    from ..render.keyframes import draw_keyframes

    plan = repeat.plan
    others = _ends(plan, lambda index: index not in render) - _ends(plan, lambda index: index in render)
    sources = {k.id: k.source for k in repeat.manifest.plan.keyframes if k.id in repeat.redrawn and k.id not in others}
    for source in dict.fromkeys(sources.values()):
        wanted = tuple(k for k in plan.keyframes if sources.get(k.id) == source)
        nowhere = tuple(s.model_copy(update={"first_keyframe": None, "last_keyframe": None}) for s in plan.segments)
        part = plan.model_copy(update={"keyframes": wanted, "segments": nowhere})
        backend = find_backend(source or "", "image")
        plan = plan.with_keyframes((await draw_keyframes(part, session, images=str(backend))).keyframes)
    return plan


def _ends(plan: Plan, of: Callable[[int], bool]) -> set[str]:
    """The keyframes that these segments begin and end on."""
    return {name for s in plan.segments if of(s.index) for name in (s.first_keyframe, s.last_keyframe) if name is not None}


def _with_all_pictures(repeat: Repeat, plan: Plan) -> Plan:
    """The plan as it can be rendered in part: where a picture is missing the film's own is named, which nobody looks at, as
    nothing that is rendered begins or ends on it."""
    first = {k.id: k.image for k in repeat.manifest.plan.keyframes}
    return plan.with_keyframes(k if k.image is not None else k.model_copy(update={"image": first[k.id]}) for k in plan.keyframes)


async def film_again(manifest: Manifest, plan: Plan, outcomes: tuple[Outcome, ...], session: Session) -> Release | None:
    """The film joined again as it was; None where a segment has no clip."""
    from ..render.film import join_film

    if len(outcomes) != len(plan.segments) or any(o.clip is None for o in outcomes):
        return None
    again = {k.id: {"image": k.image, "source": k.source, "made": k.made} for k in plan.keyframes}
    keyframes = tuple(k.model_copy(update=again[k.id]) for k in manifest.plan.keyframes)
    original = manifest.plan.model_copy(update={"keyframes": keyframes, "planner": manifest.planner})
    return await join_film(Rendered(plan=original, outcomes=outcomes), session, manifest.film.options or _options(manifest))


def _options(manifest: Manifest) -> FilmOptions:
    """How a film was encoded whose options were not recorded: what its encoder's words say."""
    words = list(manifest.film.encoder)

    def after(name: str) -> str | None:
        return words[words.index(name) + 1] if name in words[:-1] else None

    codec = {"libx265": "h265", "prores_ks": "prores", "ffv1": "ffv1"}.get(after("-codec:v") or after("-c:v") or "", "h264")
    known = {"codec": codec, "crf": after("-crf"), "preset": after("-preset")}
    return FilmOptions.model_validate({name: value for name, value in known.items() if value is not None})


# -- comparing -----------------------------------------------------------------------------------------------------------------


def keyframes_again(repeat: Repeat, plan: Plan) -> tuple[Finding, ...]:
    """Whether the keyframes that were drawn anew are those of the film."""
    first = {k.id: k.image for k in repeat.manifest.plan.keyframes}
    found = []
    for keyframe in plan.keyframes:
        was = first.get(keyframe.id)
        if keyframe.id not in repeat.redrawn or keyframe.image is None or was is None:
            continue
        same = keyframe.image.pixels_sha256 == was.pixels_sha256
        said = "drawn anew, pixel for pixel" if same else "drawn anew, and other pixels came out"
        found.append(Finding(what=f"keyframe {keyframe.id}", holds=same, message=said))
    return tuple(found)


def segment_again(record: SegmentRecord, outcome: Outcome, originals: Originals, *, ssim: bool) -> SegmentAgain:
    """How a segment's new clip compares with its first one. Deltas are of the lossless clips, where the first is at hand."""
    clip, was = outcome.clip, record.clip
    if clip is None or was is None:
        return _of(record, "failed", outcome, message=outcome.message or "there is no clip")
    if clip.sha256 == was.sha256:
        other = _model(record, outcome)
        return _of(record, "identical bytes", outcome, message=f"the same, though {other}" if other else "")
    if clip.frames_sha256 == was.frames_sha256:
        return _of(record, "identical frames", outcome, message="the same pictures, in a file of other bytes")
    message = _why(record, outcome)
    original = originals.clip(record)
    if original is None:
        return _of(record, "differs", outcome, message=f"{message}; the first clip is not here to compare with")
    delta = picture_delta(original, Path(clip.path), ssim=ssim)
    result: Result = "within bound" if record.bound is not None and within(delta, record.bound) else "differs"
    return _of(record, result, outcome, delta=delta, compared="clip", message=message)


def _why(record: SegmentRecord, outcome: Outcome) -> str:
    """What is known of why it differs: another request, another device, other libraries; else nothing."""
    if outcome.render_key != record.render_key:
        if model := _model(record, outcome):
            return model
        first = {(r.role, r.pixels_sha256) for r in record.references}
        other = [r.role for r in outcome.references if (r.role, r.pixels_sha256) not in first]
        if other:
            return f"it was rendered from other pictures: {', '.join(other)}"
        return "what the manifest asks for is another thing than its key is of: words, seed or the model's settings were changed"
    from .environment import changes

    now = outcome.clip.made if outcome.clip else {}
    told = changes({n: record.made[n] for n in _FACTS if n in record.made}, {n: now[n] for n in _FACTS if n in now})
    return f"the same request, on other ground: {', '.join(told)}" if told else "the same request gave another clip"


def _model(record: SegmentRecord, outcome: Outcome) -> str:
    """In what the model that rendered it is another one; empty where it is the same."""
    from .repeatable import as_recorded

    found = differences(record.model.fingerprint, as_recorded(outcome.model).fingerprint)
    return f"the model is another one: {', '.join(found)}" if found else ""


_FACTS = ("device", "device_name", "threads", "libraries", "cuda", "deterministic", "attention", "offload", "dtype")


def within(delta: Delta, bound: Bound) -> bool:
    """Whether a delta is no larger than the bound allows."""
    if delta.frames[0] != delta.frames[1]:
        return False
    close = bound.psnr_db is None or delta.psnr_db is None or delta.psnr_db >= bound.psnr_db
    return close and (bound.largest is None or delta.largest <= bound.largest)


def not_repeated(record: SegmentRecord, why: str) -> SegmentAgain:
    """A segment that cannot be repeated, and why."""
    return _of(record, "not repeated", message=why)


def _of(
    record: SegmentRecord,
    result: Result,
    outcome: Outcome | None = None,
    *,
    delta: Delta | None = None,
    compared: Literal["clip"] | None = None,
    message: str = "",
) -> SegmentAgain:
    return SegmentAgain(
        index=record.index,
        id=record.id,
        promised=record.determinism,
        bound=record.bound,
        result=result,
        outcome=outcome.outcome if outcome else None,
        render_key=outcome.render_key if outcome else None,
        clip_sha256=outcome.clip.sha256 if outcome and outcome.clip else None,
        delta=delta,
        compared=compared,
        message=message,
    )


def whole_film_again(
    manifest: Manifest,
    release: Release,
    segments: tuple[SegmentAgain, ...],
    originals: Originals,
    *,
    ssim: bool,
    interrupted: Callable[[], bool] = lambda: False,
) -> tuple[FilmAgain, tuple[SegmentAgain, ...]]:
    """How the new film compares with the first, and the segments with the deltas that only the films can tell."""
    film, was = release.film, manifest.film

    def look(done: int) -> None:
        if interrupted():
            raise Interrupted("comparing the films: stopped.", "Run it again to do it over.")

    if film.sha256 == was.sha256:
        return FilmAgain(result="identical bytes"), segments
    if film.frames_sha256 == was.frames_sha256:
        return FilmAgain(result="identical frames", message="the same pictures, in a file of other bytes"), segments
    same = all(s.result in SAME for s in segments)
    message = "the clips are the same, and were encoded otherwise" if same else "it has other clips in it"
    if originals.film is None:
        return FilmAgain(result="differs", message=f"{message}; the first film is not here to compare with"), segments
    ranges = segment_ranges(manifest)
    again = []
    for segment in segments:
        if segment.result == "differs" and segment.delta is None and ranges is not None:
            span = ranges[segment.index]
            delta = picture_delta(originals.film, Path(film.path), ssim=ssim, start=span.start, stop=span.stop, progress=look)
            segment = segment.model_copy(update={"delta": delta, "compared": "film"})
        again.append(segment)
    delta = picture_delta(originals.film, Path(film.path), ssim=ssim, progress=look)
    return FilmAgain(result="differs", delta=delta, message=message), tuple(again)


def clip_of(outcomes: Collection[Outcome], segment: str) -> Clip | None:
    """The new clip of a segment."""
    return next((o.clip for o in outcomes if o.id == segment), None)


def replayed(
    repeat: Repeat,
    manifest_sha256: str,
    environment: tuple[str, ...],
    keyframes: tuple[Finding, ...],
    segments: tuple[SegmentAgain, ...],
    film: FilmAgain | None,
    paid_micro_usd: int = 0,
) -> Replayed:
    """All of it together."""
    return Replayed(
        title=repeat.manifest.plan.title,
        manifest_sha256=manifest_sha256,
        environment=environment,
        cautions=repeat.cautions,
        keyframes=keyframes,
        segments=segments,
        film=film,
        paid_micro_usd=paid_micro_usd,
    )
