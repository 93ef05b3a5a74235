"""Checking a film against its manifest without rendering anything: files, hashes, frames, signatures, references, models."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..canonical import sha256_of
from ..catalog import entry_of
from ..errors import LongvidError, MissingTool, Unreadable
from ..files import sha256_file
from ..models.manifest import Manifest, SegmentRecord
from ..models.records import ModelRecord
from .build import manifest_sha256
from .findings import Checked, Finding
from .keys import broken_keys, film_follows
from .references import needed_pictures
from .repeatable import Pictures, drawn_the_same, model_at_hand
from .share import without_words

if TYPE_CHECKING:
    from ..catalog import Backend
    from ..models.signature import Check
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
        *_keys(manifest, session),
        *_clips(manifest, clips, session),
        *_references(manifest, pictures, session),
        *_models(manifest, session, named),
    ]
    return Checked(manifest_sha256=manifest_sha256(value), findings=tuple(found))


# -- the manifest, its signature, its film -------------------------------------------------------------------------------------


def _manifest(manifest: Manifest, path: Path, film: Path | None, session: Session) -> Iterator[Finding]:
    from ..approval import signature_beside
    from ..render.promise import weaker

    if signature_beside(path).exists():
        yield from _signature(path, film, session)
    else:
        yield Finding(what="signature", holds=None, message="it is not signed: what its own hashes do not cover is not checked")
    frames = sum(s.clip.frames if s.clip else 0 for s in manifest.segments) - manifest.plan.continuous_joins
    fits = {frames, manifest.plan.film_frames}
    if manifest.film.frames not in fits:
        said = f"it says {manifest.film.frames} frames, and its clips make {frames}"
        yield Finding(what="manifest", holds=False, message=said)
    label = manifest.determinism.label if manifest.determinism is not None else None
    if label is not None and any(weaker(s.determinism, label) for s in manifest.segments):
        said = f"it says that the film is {label}, and one of its segments is less than that"
        yield Finding(what="manifest", holds=False, message=said)
    own = {k.id: k.image for k in manifest.plan.keyframes if k.image is not None}
    for record in manifest.keyframes:
        if record.image is not None and record.id in own and record.image.pixels_sha256 != own[record.id].pixels_sha256:
            said = "its record names another picture than the plan does"
            yield Finding(what=f"keyframe {record.id}", holds=False, message=said)


def _signature(path: Path, film: Path | None, session: Session) -> Iterator[Finding]:
    try:
        checks = _signed(path, film, session)
    except MissingTool as error:
        yield Finding(what="signature", holds=None, message=f"it is signed, and cannot be checked: {error.what}")
        return
    if film is None:
        said = "the film is not here: its manifest's own signature is looked at, and no credentials"
        yield Finding(what="signature", holds=None, message=said)
    for one in checks:
        yield Finding(what=f"signature: {one.name}", holds=one.holds, message=one.message)


def _signed(path: Path, film: Path | None, session: Session) -> tuple[Check, ...]:
    from ..approval import signature_beside
    from ..signing.authority import signing_folder
    from ..signing.verify import authorities, verify_film, verify_manifest

    own = session.settings.signing
    trust = authorities(own.folder or signing_folder(), own.trust)
    if film is None:
        name = signature_beside(path).name.removesuffix(".signature.json")
        return verify_manifest(path, path.with_name(f"{name}.mp4"), trust=trust)
    return verify_film(film, manifest=path, trust=trust).checks


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


def _keys(manifest: Manifest, session: Session) -> Iterator[Finding]:
    """Whether each segment's key follows from what the manifest says of it: one changed word, seed or hash, and it does not."""
    if manifest.shared:
        yield Finding(what="keys", holds=None, message="the words were taken out, and keys are of words, too")
        return
    good = 0
    for record, wrong in broken_keys(manifest, session):
        if wrong is not None:
            yield Finding(what=_name(record), holds=False, message=wrong)
        else:
            good += 1
    if good:
        yield Finding(what="keys", holds=True, message=f"{good} of {len(manifest.segments)} follow from the plan, to the letter")
    if film_follows(manifest) is False:
        said = "its key does not follow from its clips' hashes, title, shape and encoding: one of them was changed"
        yield Finding(what="film's key", holds=False, message=said)


# -- what lies in the store ----------------------------------------------------------------------------------------------------


def _clips(manifest: Manifest, clips: Clips, session: Session) -> Iterator[Finding]:
    from ..media.frames import count_and_hash

    here = 0
    for record in manifest.segments:
        file = clips(record)
        if file is None or record.clip is None:
            continue
        here += 1
        if sha256_file(file) != record.clip.sha256:
            said = "the clip in the store is not the manifest's: its bytes are others"
            yield Finding(what=_name(record), holds=False, message=said)
            continue
        noted = session.store.clip(record.render_key)
        known = noted is not None and noted.sha256 == record.clip.sha256
        facts = (noted.frames, noted.frames_sha256) if noted is not None and known else count_and_hash(file)
        if facts != (record.clip.frames, record.clip.frames_sha256):
            yield Finding(what=_name(record), holds=False, message="its clip has other frames than the manifest says")
    nobody = "none is here" if manifest.shared else "none is here; a replay renders them all the same"
    said = f"{here} of {len(manifest.segments)} are here" if here else nobody
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
    again = {k.image.pixels_sha256 for k in manifest.keyframes if k.image and drawn_the_same(k, manifest.plan, session)}
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
    models: dict[str, list[SegmentRecord]] = {}
    for record in manifest.segments:
        if record.outcome == "placeholder" or record.made.get("placeholder"):
            said = "a placeholder stands in its place: no model rendered it, and none can again"
            yield Finding(what=_name(record), holds=None, message=said)
        else:
            models.setdefault(_model_of(record), []).append(record)
    for records in models.values():
        model = records[0].model
        several = sum((r[0].model.provider, r[0].model.id) == (model.provider, model.id) for r in models.values()) > 1
        where = f" (segment {', '.join(str(r.index) for r in records)})" if several else ""
        yield _model(model, f"model {model.provider}:{model.id}{where}", manifest.shared, session, named)


def _model_of(record: SegmentRecord) -> str:
    """By what a model is looked for: its name; on the canvas, where one name stands for whatever was wired, all of it."""
    model = record.model
    own = sha256_of(model.fingerprint) if _hosted(model.provider) else ""
    return f"{model.provider}:{model.id} {own}"


def _model(model: ModelRecord, what: str, shared: bool, session: Session, named: Backend | None) -> Finding:
    try:
        found = model_at_hand(model, session, named)
    except LongvidError as error:
        unasked = _hosted(model.provider) and session.settings.comfyui.path is None
        return Finding(what=what, holds=None if model.provider == "foreign" or unasked else False, message=error.what)
    own = session.renderers.record(found.backend)
    if found.differs and not (shared and without_words(own.json_value()["fingerprint"]) == model.fingerprint):
        return Finding(what=what, holds=False, message=f"it is another one here: {', '.join(found.differs)}")
    return Finding(what=what, holds=True, message=found.said)


def _hosted(provider: str) -> bool:
    try:
        return entry_of(provider).hosted
    except LongvidError:
        return False


def _name(record: SegmentRecord) -> str:
    return f"segment {record.index} ({record.id})"
