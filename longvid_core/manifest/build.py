"""Building a manifest from a release, and writing it beside the film."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, TypeVar

from ..canonical import sha256_of as sha256_of_value
from ..errors import BadInput
from ..files import sha256_file, write_bytes
from ..models.asset import Asset, Reference
from ..models.clip import Attempt, Outcome
from ..models.film import Release
from ..models.manifest import ClipRecord, FilmRecord, KeyframeRecord, Manifest, PictureRecord, SegmentRecord
from ..models.plan import Keyframe, Plan
from ..models.records import PictureAttempt, PlannerRecord
from ..planning.provenance import without_address
from .environment import environment
from .private import without_folders

_Tried = TypeVar("_Tried", Attempt, PictureAttempt)


def build_manifest(release: Release, sha256_of: Callable[[Path], str] = sha256_file) -> Manifest:
    """The manifest of a release. `film.sha256` is of the file as it stands at `release.film.path` now.

    It holds no absolute path, user or host name: pictures are named by their file names and hashes. `sha256_of`: how programs
    and fonts are hashed.
    """
    from ..render.promise import in_chains, of_film

    film, plan = release.film, release.rendered.plan
    outcomes = in_chains(plan, release.rendered.outcomes)
    return Manifest(
        film=FilmRecord(
            sha256=sha256_file(Path(film.path)),
            frames=film.frames,
            fps=film.fps,
            width=film.width,
            height=film.height,
            frames_sha256=film.frames_sha256,
            key=film.key,
            options=release.options,
            encoder=film.encoder,
        ),
        determinism=of_film(outcomes),
        planner=_planner(plan),
        plan=_private(plan),
        keyframes=tuple(keyframe_record(k) for k in plan.keyframes),
        segments=tuple(_segment(o, plan) for o in outcomes),
        seams=film.seams,
        environment=environment(sha256_of),
    )


def manifest_path(film: Path) -> Path:
    """Where a film's manifest stands: NAME.manifest.json beside NAME.mp4."""
    return film.with_suffix(".manifest.json")


def write_manifest(
    release: Release, path: Path, sha256_of: Callable[[Path], str] = sha256_file, *, shared: bool = False
) -> Manifest:
    """Build the manifest and write it to `path`, whole or not at all. Raises StoreError when it cannot be written.

    shared: without prompts and texts; see `share`.
    """
    from .share import share

    manifest = build_manifest(release, sha256_of)
    manifest = share(manifest) if shared else manifest
    write_bytes(path, manifest_json(manifest).encode())
    return manifest


def manifest_json(manifest: Manifest) -> str:
    """The manifest as indented JSON, ending in a newline."""
    return json.dumps(manifest.json_value(), indent=2, ensure_ascii=False) + "\n"


def manifest_sha256(value: dict[str, Any]) -> str:
    """The hash by which a manifest is named and signed: sha256 of its canonical JSON (RFC 8785).

    `value` is the manifest's JSON as it stands in its file, so that the hash is of what it says: indentation and the order of
    keys are no part of it, and a field that is left out is not one that is null. BadInput for numbers that no two readers need
    take alike: beyond 2^53, or not finite.
    """
    try:
        return sha256_of_value(value)
    except ValueError as error:
        raise BadInput(
            f"the manifest has no canonical JSON, and so no hash: {error}.", "Restore it, or make the film again."
        ) from error


def keyframe_record(keyframe: Keyframe) -> KeyframeRecord:
    """What the manifest says of a keyframe."""
    image, made = keyframe.image, keyframe.made
    picture = PictureRecord(sha256=image.sha256, pixels_sha256=image.pixels_sha256) if image else None
    how = {name: getattr(made, name) for name in type(made).model_fields} if made else {}
    if made is not None:
        how["attempts"] = tuple(_bare_message(a) for a in made.attempts)
        how["fallback"] = without_folders(made.fallback) if made.fallback is not None else None
    return KeyframeRecord(id=keyframe.id, source=keyframe.source, image=picture, **how)


def _segment(outcome: Outcome, plan: Plan) -> SegmentRecord:
    clip = outcome.clip
    own = ("clip", "made", "visual")
    values = {name: getattr(outcome, name) for name in SegmentRecord.model_fields if name not in own}
    values["attempts"] = tuple(_bare_message(a) for a in outcome.attempts)
    if outcome.model.provider == "foreign":
        values["determinism_reason"] = "the clip was made elsewhere, and how is not known"
    record = ClipRecord(sha256=clip.sha256, frames=clip.frames, frames_sha256=clip.frames_sha256) if clip else None
    visual = next((plan.visual_of(s) for s in plan.segments if s.id == outcome.id), None)
    return SegmentRecord(**values, clip=record, made=clip.made if clip else {}, visual=visual)


def _bare_message(attempt: _Tried) -> _Tried:
    """What went wrong may have gone wrong with a file."""
    return attempt.model_copy(update={"message": without_folders(attempt.message)}) if attempt.message else attempt


def _planner(plan: Plan) -> PlannerRecord | None:
    if plan.planner is None:
        return None
    return plan.planner.model_copy(update={"by": without_address(plan.planned_by) or plan.planner.by})


def _without_folder(backend: str | None) -> str | None:
    """A backend whose model is a folder or file of this machine, by the name of that alone."""
    provider, colon, model = (backend or "").partition(":")
    if model.startswith(("~", ".")) or PurePosixPath(model).is_absolute() or PureWindowsPath(model).is_absolute():
        return f"{provider}{colon}{PureWindowsPath(model).name}"
    return backend


def _private(plan: Plan) -> Plan:
    """The plan without folders and addresses, and without what the manifest has in a place of its own."""

    def bare(image: Asset) -> Asset:
        return image.model_copy(update={"path": Path(image.path).name})

    def references(of: tuple[Reference, ...]) -> tuple[Reference, ...]:
        return tuple(r.model_copy(update={"image": bare(r.image)}) for r in of)

    keyframes = tuple(
        k.model_copy(update={"image": bare(k.image) if k.image else None, "references": references(k.references), "made": None})
        for k in plan.keyframes
    )
    cast = tuple(m.model_copy(update={"references": references(m.references)}) for m in plan.cast)
    segments = tuple(s.model_copy(update={"backend": _without_folder(s.backend)}) for s in plan.segments)
    own = {"planned_by": without_address(plan.planned_by), "planner": None, "segments": segments}
    return plan.model_copy(update={"keyframes": keyframes, "cast": cast, **own})
