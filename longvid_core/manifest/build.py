"""Building a manifest from a release, and writing it beside the film."""

from __future__ import annotations

import json
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

from .. import __version__
from ..files import sha256_file, write_bytes
from ..models.asset import Asset, Reference
from ..models.clip import Outcome
from ..models.film import Release
from ..models.manifest import ClipRecord, FilmRecord, KeyframeRecord, Manifest, PictureRecord, SegmentRecord
from ..models.plan import Keyframe, Plan

_LIBRARIES = ("av", "numpy", "pillow")


def build_manifest(release: Release) -> Manifest:
    """The manifest of a release. `film.sha256` is of the file as it stands at `release.film.path` now.

    It holds no absolute path, user or host name: pictures are named by their file names and hashes.
    """
    film = release.film
    return Manifest(
        film=FilmRecord(
            sha256=sha256_file(Path(film.path)),
            frames=film.frames,
            fps=film.fps,
            width=film.width,
            height=film.height,
            frames_sha256=film.frames_sha256,
            encoder=film.encoder,
        ),
        plan=_without_folders(release.rendered.plan),
        keyframes=tuple(keyframe_record(k) for k in release.rendered.plan.keyframes),
        segments=tuple(_segment(o) for o in release.rendered.outcomes),
        environment=environment(),
    )


def manifest_path(film: Path) -> Path:
    """Where a film's manifest stands: NAME.manifest.json beside NAME.mp4."""
    return film.with_suffix(".manifest.json")


def write_manifest(release: Release, path: Path) -> Manifest:
    """Build the manifest and write it to `path`, whole or not at all. Raises StoreError when it cannot be written."""
    manifest = build_manifest(release)
    write_bytes(path, manifest_json(manifest).encode())
    return manifest


def manifest_json(manifest: Manifest) -> str:
    """The manifest as indented JSON, ending in a newline."""
    return json.dumps(manifest.json_value(), indent=2, ensure_ascii=False) + "\n"


def environment() -> dict[str, Any]:
    """What touched the pixels besides the models, by version. Nothing that names a person or a machine."""
    from ..media.ffmpeg import ffmpeg_version

    return {
        "longvid": __version__,
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        "ffmpeg": ffmpeg_version(),
        "libraries": {name: metadata.version(name) for name in _LIBRARIES},
    }


def keyframe_record(keyframe: Keyframe) -> KeyframeRecord:
    """What the manifest says of a keyframe."""
    image, made = keyframe.image, keyframe.made
    picture = PictureRecord(sha256=image.sha256, pixels_sha256=image.pixels_sha256) if image else None
    how = {name: getattr(made, name) for name in type(made).model_fields} if made else {}
    return KeyframeRecord(id=keyframe.id, source=keyframe.source, image=picture, **how)


def _segment(outcome: Outcome) -> SegmentRecord:
    clip = outcome.clip
    values = {name: getattr(outcome, name) for name in SegmentRecord.model_fields if name not in ("clip", "made")}
    record = ClipRecord(sha256=clip.sha256, frames=clip.frames, frames_sha256=clip.frames_sha256) if clip else None
    return SegmentRecord(**values, clip=record, made=clip.made if clip else {})


def _without_folders(plan: Plan) -> Plan:
    def bare(image: Asset) -> Asset:
        return image.model_copy(update={"path": Path(image.path).name})

    def references(of: tuple[Reference, ...]) -> tuple[Reference, ...]:
        return tuple(r.model_copy(update={"image": bare(r.image)}) for r in of)

    keyframes = tuple(
        k.model_copy(update={"image": bare(k.image) if k.image else None, "references": references(k.references), "made": None})
        for k in plan.keyframes
    )
    cast = tuple(m.model_copy(update={"references": references(m.references)}) for m in plan.cast)
    return plan.model_copy(update={"keyframes": keyframes, "cast": cast})
