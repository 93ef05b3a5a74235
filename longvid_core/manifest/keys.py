"""Whether a segment's key follows from what its manifest says of it, and what of that was changed where it does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..catalog import Backend, ModelEntry, entry_of
from ..errors import BadInput, LongvidError
from ..models.asset import Asset, Reference
from ..models.manifest import Manifest, SegmentRecord
from ..models.records import ModelRecord
from ..seeds import segment_seed
from .differ import differences

if TYPE_CHECKING:
    from ..render.segment import Take
    from ..render.session import Session


def broken_keys(manifest: Manifest, session: Session) -> Iterator[tuple[SegmentRecord, str | None]]:
    """Every segment that has a key of ours, with what is wrong about it in words; None: it follows, to the letter.

    session: on the store at hand, which may know better how the clip of a key was made.
    """
    found = [(record, wrong) for record in manifest.segments if (wrong := _wrong(manifest, record)) is not None]
    sound = [record for record, wrong in found if not wrong]
    for record, wrong in found:
        if wrong == _OTHER and (said := _changed(record, sound, session)):
            wrong = f"{wrong}: {said}"
        yield record, wrong or None


def film_follows(manifest: Manifest) -> bool | None:
    """Whether the film's key follows from its clips, title, shape and encoding; None where that cannot be told: an earlier
    Longvid did not record them, the words were taken out, or a slate shows what only the clips' files tell."""
    from ..render.film import JOIN_VERSION, key_of_clips

    film = manifest.film
    clips = [record.clip.sha256 for record in manifest.segments if record.clip is not None]
    if manifest.shared or film.key is None or film.options is None or film.options.slate or len(clips) < len(manifest.segments):
        return None
    versions = range(1, JOIN_VERSION + 1)  # whichever joined it
    return any(key_of_clips(manifest.plan, clips, film.options, version=version) == film.key for version in versions)


_OTHER = "its key does not follow from the plan, pictures and model beside it: one of them was changed"


def _wrong(manifest: Manifest, record: SegmentRecord) -> str | None:
    """What is wrong, empty where nothing is; None where the key is of no use, which is said of its model."""
    if record.model.provider == "foreign" or record.made.get("placeholder"):
        return None
    try:
        take = take_of(manifest, record)
    except LongvidError:
        return None
    if take is None or take.render_key != record.render_key:
        return _OTHER
    return next((f"{what} is not the one in its key" for what, same in _told(manifest, record, take) if not same), "")


def _told(manifest: Manifest, record: SegmentRecord, take: Take) -> Iterator[tuple[str, bool]]:
    """What the record tells in words of its own about what is in its key, and whether that is so."""
    from .. import __version__

    yield "the seed it says was sent", record.seed.sent == take.request.seed
    yield "the seed it says was asked for", record.seed.requested == segment_seed(take.plan, take.segment)
    yield "the look it tells of", record.visual in (None, take.request.visual)
    if "prompt_sent" not in record.made and manifest.environment.get("longvid") == __version__:  # another may put it otherwise
        yield "the prompt it says was sent", record.prompt_sent == take.request.prompt_sent


def _changed(record: SegmentRecord, sound: list[SegmentRecord], session: Session) -> str:
    """Where its model's record is unlike that of the clip under its key, or else that of another segment by the same model."""
    clip = session.store.clip(record.render_key)
    if clip is not None and clip.made_by is not None:
        return ", ".join(differences(clip.made_by.fingerprint, record.model.fingerprint))
    like = next((one for one in sound if (one.model.provider, one.model.id) == (record.model.provider, record.model.id)), None)
    if like is None or not (differs := differences(like.model.fingerprint, record.model.fingerprint)):
        return ""
    return f"unlike in segment {like.index} ({like.id}) is {', '.join(differs)}"


def take_of(manifest: Manifest, record: SegmentRecord) -> Take | None:
    """The take that a segment's plan, pictures and model come to; None where its pictures are not those of such a take."""
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
    same = references == tuple(r.model_copy(update={"image": _bare(r.image)}) for r in take.request.references)
    return take if same else None


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
