"""Checking a film against its manifest without rendering anything: files, hashes, frames, signatures, references, models."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..catalog import ModelEntry, entry_of
from ..errors import BadInput, LongvidError, MissingTool, Unreadable
from ..files import sha256_file
from ..models.asset import Asset, Reference
from ..models.clip import ModelRecord
from ..models.manifest import Manifest, SegmentRecord
from .build import manifest_sha256
from .findings import Checked, Finding
from .references import needed_pictures
from .repeatable import Pictures, drawn_the_same, model_at_hand
from .share import without_words

if TYPE_CHECKING:
    from ..catalog import Backend
    from ..models.signature import Verdict
    from ..render.session import Session

Clips = Callable[[SegmentRecord], "Path | None"]


def check(
    manifest: Manifest,
    value: dict[str, Any],
    session: Session,
    pictures: Pictures,
    clips: Clips,
    *,
    path: Path,
    film: Path | None,
    named: Backend | None = None,
) -> Checked:
    """Look at everything that the manifest names and that is here. Nothing raises for what does not hold: it is a finding.

    value: the manifest's JSON as it stands in the file at `path`. film: its file; None where it is not here. clips: finds a clip
    under its render key, whatever is in it. session: on the store at hand, with `settings_of` the manifest.
    """
    found = [
        *_manifest(manifest, path, film, session),
        *_film(manifest, path, film),
        *_keys(manifest),
        *_clips(manifest, clips),
        *_references(manifest, pictures, session),
        *_models(manifest, session, named),
    ]
    return Checked(manifest_sha256=manifest_sha256(value), findings=tuple(found))


# -- the manifest, its signature, its film -------------------------------------------------------------------------------------


def _manifest(manifest: Manifest, path: Path, film: Path | None, session: Session) -> Iterator[Finding]:
    from ..approval import signature_beside

    if signature_beside(path).exists():
        yield from _signature(path, film, session)
    else:
        yield Finding(what="signature", holds=None, message="it is not signed: what its own hashes do not cover is not checked")
    frames = sum(s.clip.frames if s.clip else 0 for s in manifest.segments) - manifest.plan.continuous_joins
    fits = {frames, manifest.plan.film_frames}
    if manifest.film.frames not in fits:
        said = f"it says {manifest.film.frames} frames, and its clips make {frames}"
        yield Finding(what="manifest", holds=False, message=said)


def _signature(path: Path, film: Path | None, session: Session) -> Iterator[Finding]:
    if film is None:
        yield Finding(what="signature", holds=None, message="its film is not here, and is signed together with it")
        return
    try:
        verdict = _verdict(path, film, session)
    except MissingTool as error:
        yield Finding(what="signature", holds=None, message=f"it is signed, and cannot be checked: {error.what}")
        return
    for one in verdict.checks:
        yield Finding(what=f"signature: {one.name}", holds=one.holds, message=one.message)


def _verdict(path: Path, film: Path, session: Session) -> Verdict:
    from ..signing.authority import signing_folder
    from ..signing.verify import authorities, verify_film

    own = session.settings.signing
    return verify_film(film, manifest=path, trust=authorities(own.folder or signing_folder(), own.trust))


def _film(manifest: Manifest, path: Path, film: Path | None) -> Iterator[Finding]:
    from ..approval import signature_beside
    from ..media.frames import count_and_hash

    if film is None:
        yield Finding(what="film", holds=None, message="it is not here")
        return
    same = sha256_file(film) == manifest.film.sha256
    if same:
        yield Finding(what="film", holds=True, message="byte for byte the one that was made")
    elif not signature_beside(path).exists():  # a signed one has other bytes, which the signature tells of
        yield Finding(what="film", holds=False, message=f"{film.name} is not the manifest's file: its bytes are others")
    try:
        count, digest = count_and_hash(film)
    except Unreadable as error:
        yield Finding(what="frames", holds=False, message=error.what)
        return
    if digest == manifest.film.frames_sha256:
        yield Finding(what="frames", holds=True, message=f"all {count} are the manifest's, pixel for pixel")
    else:
        said = "as many, but others" if count == manifest.film.frames else f"{count} instead of {manifest.film.frames}"
        yield Finding(what="frames", holds=False, message=f"they are not the manifest's: {said}")


# -- what follows from the plan ------------------------------------------------------------------------------------------------


def _keys(manifest: Manifest) -> Iterator[Finding]:
    """Whether each segment's key follows from what the manifest says of it: one changed word, seed or hash, and it does not."""
    if manifest.shared:
        yield Finding(what="keys", holds=None, message="the words were taken out, and keys are of words, too")
        return
    good = 0
    for record in manifest.segments:
        if record.model.provider == "foreign" or record.made.get("placeholder"):
            continue
        try:
            key, seed = _key_of(manifest, record)
        except LongvidError:
            continue  # said of its model
        if key != record.render_key:
            said = "its key does not follow from the plan, pictures and model beside it: one of them was changed"
            yield Finding(what=_name(record), holds=False, message=said)
        elif seed != record.seed.sent:
            yield Finding(what=_name(record), holds=False, message="the seed it says was sent is not the one in its key")
        else:
            good += 1
    if good:
        yield Finding(what="keys", holds=True, message=f"{good} of {len(manifest.segments)} follow from the plan, to the letter")


def _key_of(manifest: Manifest, record: SegmentRecord) -> tuple[str, int | None]:
    """The key that a segment's plan, pictures and model come to, and the seed that goes with it."""
    from ..catalog import Backend
    from ..render.segment import Take

    plan = manifest.plan
    segment = plan.segments[record.index]
    by_role = {r.role: r for r in record.references}

    def end(role: str) -> Asset | None:
        found = by_role.get(role)
        return Asset(path="", sha256=found.sha256, pixels_sha256=found.pixels_sha256) if found else None

    others = [r for r in record.references if r.role not in ("first", "last")]
    backend = Backend(record.model.provider, record.model.id, _entry(record.model))
    take = Take.of(plan, segment, backend, end("first"), end("last"), record.model)
    references = tuple(
        Reference(role=r.role, image=Asset(path="", sha256=r.sha256, pixels_sha256=r.pixels_sha256)) for r in others
    )
    if references != tuple(r.model_copy(update={"image": _bare(r.image)}) for r in take.request.references):
        return "", take.request.seed
    return take.render_key, take.request.seed


def _bare(image: Asset) -> Asset:
    return image.model_copy(update={"path": ""})


def _entry(model: ModelRecord) -> ModelEntry:
    """What the catalog says of a model; of a local one of one's own, what it says of its provider's first."""
    listed = entry_of(model.provider)
    if model.id in listed.models:
        return listed.models[model.id]
    if any(entry.remote for entry in listed.models.values()):
        raise BadInput(f"{model.provider}:{model.id} is not in the catalog")
    return listed.models[listed.default]


# -- what lies in the store ----------------------------------------------------------------------------------------------------


def _clips(manifest: Manifest, clips: Clips) -> Iterator[Finding]:
    here = 0
    for record in manifest.segments:
        file = clips(record)
        if file is None or record.clip is None:
            continue
        here += 1
        if sha256_file(file) != record.clip.sha256:
            said = "the clip in the store is not the manifest's: its bytes are others"
            yield Finding(what=_name(record), holds=False, message=said)
    said = f"{here} of {len(manifest.segments)} are here" if here else "none is here; a replay renders them all the same"
    yield Finding(what="clips", holds=True if here else None, message=said)


def stored_clip(session: Session) -> Clips:
    """Finds the file that a store keeps under a segment's key, damaged or not."""

    def find(record: SegmentRecord) -> Path | None:
        shelf = session.store.clips
        try:
            noted = json.loads(shelf.path(record.render_key, ".json").read_bytes())
            path = shelf.path(record.render_key, str(noted["file"]).removeprefix(record.render_key))
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return path if path.is_file() else None

    return find


def _references(manifest: Manifest, pictures: Pictures, session: Session) -> Iterator[Finding]:
    again = {k.image.pixels_sha256 for k in manifest.keyframes if k.image and drawn_the_same(k, session)}
    needed = {p.pixels_sha256: p for p in needed_pictures(manifest)}
    names = {k.image.pixels_sha256: f"keyframe {k.id}" for k in manifest.keyframes if k.image}
    present = 0
    for pixels, picture in needed.items():
        if pictures(picture) is not None or pixels in again:
            present += 1
            continue
        name = names.get(pixels, f"picture {pixels[:12]}")
        yield Finding(what=name, holds=False, message="it is neither in the store nor in a bundle, and cannot be drawn again")
    if present:
        yield Finding(what="references", holds=True, message=f"{present} of {len(needed)} are here, or are drawn again the same")


# -- models --------------------------------------------------------------------------------------------------------------------


def _models(manifest: Manifest, session: Session, named: Backend | None) -> Iterator[Finding]:
    models = {(s.model.provider, s.model.id): s.model for s in manifest.segments if not s.made.get("placeholder")}
    for (provider, name), model in models.items():
        what = f"model {provider}:{name}"
        try:
            found = model_at_hand(model, session, named)
        except LongvidError as error:
            holds = None if provider == "foreign" or _hosted(provider) else False
            yield Finding(what=what, holds=holds, message=error.what)
            continue
        own = session.renderers.record(found.backend)
        if manifest.shared and without_words(own.json_value()["fingerprint"]) == model.fingerprint:
            yield Finding(what=what, holds=True, message="it is here, unchanged")
        elif found.differs:
            yield Finding(what=what, holds=False, message=f"it is another one here: {', '.join(found.differs)}")
        else:
            yield Finding(what=what, holds=True, message="it is here, unchanged")


def _hosted(provider: str) -> bool:
    try:
        return entry_of(provider).hosted
    except LongvidError:
        return False


def _name(record: SegmentRecord) -> str:
    return f"segment {record.index} ({record.id})"
