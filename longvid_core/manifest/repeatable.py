"""Whether a film can be made again here, said before anything is rendered or paid for: its words, models, pictures and places."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..canonical import sha256_of
from ..catalog import Backend, entry_of, find_backend
from ..errors import BadInput, Interrupted, LongvidError
from ..models.asset import Asset, Reference
from ..models.manifest import KeyframeRecord, Manifest, PictureRecord, SegmentRecord
from ..models.plan import Keyframe, Plan
from ..models.records import ModelRecord
from ..providers.base import Ready, Repeats
from ..settings import Settings
from .differ import differences
from .keys import broken_keys
from .restored import picture_made

if TYPE_CHECKING:
    from ..render.session import Session

Pictures = Callable[[PictureRecord], "Path | None"]
"""Finds a picture by content, in a store or a bundle."""

_ANYONE = "animatic"
"""Who stands in the plan for a segment that nobody renders."""

_CANVAS = "comfyui"


@dataclass(frozen=True)
class Repeat:
    """A film, ready to be made again.

    plan: with the pictures that are at hand; those to be drawn anew are missing. backends: who renders each segment, by id.
    impossible: why a segment cannot be repeated, by id. cautions: what will or may be otherwise. redrawn: ids of keyframes.
    """

    manifest: Manifest
    plan: Plan
    backends: Mapping[str, Backend]
    impossible: Mapping[str, str]
    cautions: tuple[str, ...]
    redrawn: tuple[str, ...]


def prepare(manifest: Manifest, session: Session, pictures: Pictures, named: Backend | None = None) -> Repeat:
    """Look at everything the film is made from. Nothing is rendered, drawn, bought or downloaded; model files may be hashed.

    session: on the store at hand, with `settings_of` the manifest. named: where a model of one's own lies. BadInput for a
    manifest whose words were taken out.
    """
    if manifest.shared:
        raise BadInput(
            "this manifest was shared without its words, so nobody can render it again.",
            "Replay the original one; `--check` works with this one, too.",
        )
    work = _Preparation(manifest, session, pictures, named)
    work.look_at_models()
    for record, wrong in broken_keys(manifest, session):
        if wrong is not None:
            work.cautions.append(f"segment {record.index} ({record.id}): {wrong}.")
    plan = work.with_pictures()
    return Repeat(manifest, plan, work.backends, work.impossible, tuple(dict.fromkeys(work.cautions)), tuple(work.redrawn))


class _Preparation:
    def __init__(self, manifest: Manifest, session: Session, pictures: Pictures, named: Backend | None) -> None:
        self.manifest, self.session, self.pictures, self.named = manifest, session, pictures, named
        self.backends: dict[str, Backend] = {}
        self.impossible: dict[str, str] = {}
        self.cautions: list[str] = []
        self.redrawn: list[str] = []
        self._models: dict[str, Backend | str] = {}

    # -- models ------------------------------------------------------------------------------------------------------------

    def look_at_models(self) -> None:
        """Find who renders each segment, or why nobody can."""
        for record in self.manifest.segments:
            if record.outcome == "placeholder" or record.made.get("placeholder"):
                self.impossible[record.id] = "a placeholder stands in its place: no model rendered it"
                continue
            key = f"{record.model.provider}:{record.model.id}"
            one = f"{key} {sha256_of(record.model.fingerprint)}" if record.model.provider == _CANVAS else key
            if one not in self._models:
                self._models[one] = self._model(record)
            found = self._models[one]
            if isinstance(found, str):
                self.impossible[record.id] = found
                continue
            self.backends[record.id] = found
            if found.entry.seed.promise == "none":
                self.cautions.append(f"{key} takes no seed: what it renders will differ, and nothing bounds by how much.")
            elif record.determinism != "bit-exact":
                self.cautions.append(f"{key} promises no repetition ({record.determinism}): what it renders may differ.")

    def _model(self, record: SegmentRecord) -> Backend | str:
        try:
            found = model_at_hand(record.model, self.session, self.named)
            renderer = self.session.renderers.of(found.backend)
            if isinstance(renderer, Ready):
                renderer.ready()
        except LongvidError as error:
            return error.what
        if found.differs:
            self.cautions.append(f"{record.model.provider}:{record.model.id} is another one here: {', '.join(found.differs)}.")
        return found.backend

    # -- pictures ----------------------------------------------------------------------------------------------------------

    def with_pictures(self) -> Plan:
        """The plan with the pictures there are. What needs one that is nowhere becomes impossible."""
        records = {k.id: k for k in self.manifest.keyframes}
        keyframes = []
        for keyframe in self.manifest.plan.keyframes:
            ready = self._keyframe(keyframe, records.get(keyframe.id))
            if ready is None:
                self._rule_out(keyframe.id)
            keyframes.append(ready or keyframe.model_copy(update={"image": None, "references": ()}))
        plan = self.manifest.plan
        cast = tuple(m.model_copy(update={"references": self._cast(m.references)}) for m in plan.cast)
        segments = tuple(s.model_copy(update={"backend": str(self.backends.get(s.id, _ANYONE))}) for s in plan.segments)
        return plan.model_copy(update={"keyframes": tuple(keyframes), "cast": cast, "segments": segments})

    def _keyframe(self, keyframe: Keyframe, record: KeyframeRecord | None) -> Keyframe | None:
        if keyframe.image is None:
            return keyframe
        again = drawn_the_same(record, self.manifest.plan, self.session)
        bare = keyframe.model_copy(update={"image": None, "made": None, "references": ()})
        if again is True:
            self.redrawn.append(keyframe.id)
            return bare
        image = self._asset(keyframe.image)
        if image is not None:
            return bare.model_copy(update={"image": image, "made": picture_made(record)})
        if again is None:
            return None
        self.cautions.append(f"keyframe {keyframe.id} is drawn anew by another version of {keyframe.source}: it may differ.")
        self.redrawn.append(keyframe.id)
        return bare

    def _cast(self, references: tuple[Reference, ...]) -> tuple[Reference, ...]:
        found = []
        for reference in references:
            image = self._asset(reference.image)
            if image is not None:
                found.append(reference.model_copy(update={"image": image}))
                continue
            for segment, backend in self.backends.items():
                if backend.entry.references:
                    self.impossible.setdefault(segment, f"the reference {reference.role} is {_NOWHERE}")
        return tuple(found)

    def _asset(self, image: Asset) -> Asset | None:
        from ..media.images import asset_of

        path = self.pictures(PictureRecord(sha256=image.sha256, pixels_sha256=image.pixels_sha256))
        return asset_of(path) if path is not None else None

    def _rule_out(self, keyframe: str) -> None:
        for segment in self.manifest.plan.segments:
            if keyframe in (segment.first_keyframe, segment.last_keyframe):
                self.impossible.setdefault(segment.id, f"the picture of keyframe {keyframe} is {_NOWHERE}")


_NOWHERE = "neither in the store nor in a bundle"


async def unconfirmed(repeat: Repeat, render: Collection[int]) -> dict[str, str]:
    """Which of the segments to be rendered cannot be, and why, by id: what has to be started to tell is started."""
    lacking: dict[str, str] = {}
    faults: dict[Backend, str | None] = {}
    for segment in repeat.plan.segments:
        backend = repeat.backends[segment.id] if segment.index in render else None
        if backend is None or not isinstance(backend.renderer, Repeats):
            continue
        if backend not in faults:
            faults[backend] = await _fault(backend.renderer)
        if (why := faults[backend]) is not None:
            lacking[segment.id] = why
    return lacking


async def _fault(renderer: Repeats) -> str | None:
    try:
        await renderer.confirm()
    except Interrupted:
        raise
    except LongvidError as error:
        return error.what
    return None


@dataclass(frozen=True)
class AtHand:
    """A model that is here. differs: what of it is not as it was. said: what was looked at, in words."""

    backend: Backend
    differs: tuple[str, ...] = ()
    said: str = "it is here, unchanged"


def model_at_hand(model: ModelRecord, session: Session, named: Backend | None = None) -> AtHand:
    """The model as it can be had here: the same one where there is one, else the nearest.

    Files on this machine are hashed. LongvidError, saying why, where it is gone, was never Longvid's, or is not here.
    """
    if model.provider == "foreign":
        raise BadInput("its clip was made elsewhere, and how is not known")
    listed = entry_of(model.provider)
    if model.provider == _CANVAS:
        return _on_the_canvas(model, session)
    if listed.hosted:
        raise BadInput(f"it was rendered by {listed.label}: only that renders it again")
    found: list[AtHand] = []
    fault: LongvidError | None = None
    for candidate in _candidates(model, session.settings, named):
        try:
            backend = find_backend(candidate, "video", session.settings)
            _refuse_retired(backend)
            own = as_recorded(session.renderers.record(backend))
        except LongvidError as error:
            fault = fault or error
            continue
        if own == model:
            return AtHand(backend)
        found.append(AtHand(backend, tuple(differences(model.fingerprint, own.fingerprint)) or ("its name",)))
    if found:
        return min(found, key=lambda each: len(each.differs))
    raise fault or BadInput(f"{model.provider}:{model.id} is not here")


def _on_the_canvas(model: ModelRecord, session: Session) -> AtHand:
    """The same graph, of the same files, in the user's own ComfyUI. That is not started yet: its nodes are not asked for."""
    from ..comfyui.canvas import Canvas, Opener

    canvas: Canvas = session.renderers.named(_CANVAS, Opener())
    backend = canvas.backend(model)
    files = backend.renderer.files
    named = f"its {files} model files are" if files > 1 else "its model file is" if files else "it names no model file"
    return AtHand(backend, said=f"{named}{' here, unchanged' if files else ''}; its nodes are asked for when it is rendered")


def drawn_the_same(record: KeyframeRecord | None, plan: Plan, session: Session) -> bool | None:
    """Whether the one who drew a keyframe draws the very same again from what the plan says; None where that one cannot be had,
    promises nothing, or drew it from something else: whoever edits a keyframe's words may keep its picture."""
    from ..render.calls import key_of
    from ..render.references import request_of

    if record is None or record.model is None:
        return None
    try:
        backend = find_backend(record.source or "", "image")
        if backend.instead_of is not None or backend.entry.determinism != "bit-exact" or backend.entry.references:
            return None
        if as_recorded(session.renderers.record(backend)) != record.model:
            return False
        request = request_of(plan, plan.keyframe(record.id), backend, None, session)
        return True if key_of(request, backend, session) == record.key else None
    except LongvidError:
        return None


def as_recorded(model: ModelRecord) -> ModelRecord:
    """The model as it comes back from a file."""
    return ModelRecord.model_validate(model.json_value())


def _candidates(model: ModelRecord, settings: Settings, named: Backend | None) -> Iterator[str]:
    """Names under which the model may be found: as it is listed, as the user names one, or any listed one with files here."""
    listed = entry_of(model.provider)
    if named is not None and named.provider == model.provider:
        yield str(named)
        return
    if model.id in listed.models or model.id in listed.retired:
        yield f"{model.provider}:{model.id}"
        return
    if settings.backend.partition(":")[0] == model.provider and ":" in settings.backend:
        yield settings.backend
    if any(entry.remote for entry in listed.models.values()):
        yield f"{model.provider}:{model.id}"
        return
    yield from (f"{model.provider}:{name}" for name in listed.models)


def _refuse_retired(backend: Backend) -> None:
    if backend.succession is not None:
        raise BadInput(backend.succession)
    gone = backend.entry.retires
    if gone is not None and gone <= datetime.date.today():
        raise BadInput(f"{backend} was retired on {gone}")
