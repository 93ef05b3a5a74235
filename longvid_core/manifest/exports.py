"""Everything that goes out with a film: manifest, signature, timeline, bundle, plate, beside it and under its name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from ..errors import BadInput
from .build import manifest_path, write_manifest
from .wordless import check_wordless, drop_title

if TYPE_CHECKING:
    from ..models.film import Release
    from ..models.manifest import Manifest
    from ..render.session import Session
    from .plates import Depth, Format

TimelineChoice = Literal["none", "otio", "edl", "otio and edl"]
BundleChoice = Literal["none", "references", "references and clips"]
FramesChoice = Literal["none", "png 8 bit", "png 16 bit", "exr"]

TIMELINES, BUNDLES, FRAMES = (tuple(get_args(kind)) for kind in (TimelineChoice, BundleChoice, FramesChoice))
OWN = "own"
"""In place of a certificate's path: the one that `longvid sign --init` made, or that longvid.yaml names."""

_PLATES: dict[str, tuple[Format, Depth]] = {"png 8 bit": ("png", 8), "png 16 bit": ("png", 16), "exr": ("exr", 16)}


@dataclass(frozen=True)
class Exported:
    """What was written: the manifest and its file, who signed the film (None: nobody), and all files besides."""

    manifest: Manifest
    path: Path
    signer: str | None
    files: tuple[Path, ...]


def export_all(
    release: Release,
    session: Session,
    *,
    share: bool = False,
    certificate: str = "",
    certificate_key: str = "",
    timeline: str = "none",
    bundle: str = "none",
    frames: str = "none",
) -> Exported:
    """Write the film's manifest beside it, sign the film where a certificate is named, and write what else is asked for.

    Names: NAME.otio, NAME.edl, NAME.bundle.zip and a folder NAME_frames. The film is signed in place, after the manifest, which
    names it unsigned; the bundle takes the signature in. share: words go out in none of them, and the film loses its title first.
    BadInput for a choice there is not, and what each of them raises.
    """
    for name, value, known in (("timeline", timeline, TIMELINES), ("bundle", bundle, BUNDLES), ("frames", frames, FRAMES)):
        if value not in known:
            raise BadInput(f"{name} {value!r}: there is no such choice.", f"There is: {', '.join(known)}.")
    film = Path(release.film.path)
    path = manifest_path(film)
    if share:
        check_wordless(release.options)
        drop_title(film)
    manifest = write_manifest(release, path, session.store.hashes.sha256, shared=share)
    signer, files = None, []
    if certificate.strip():
        signer, signature = _sign(film, certificate.strip(), certificate_key.strip(), session)
        files.append(signature)
    files += _timelines(manifest, film, timeline)
    if bundle != "none":
        from .bundle import write_bundle

        target = film.with_suffix(".bundle.zip")
        write_bundle(
            path, target, session.store, film=film, clips="clips" in bundle, shared=share, interrupted=session.interrupted
        )
        files.append(target)
    if frames != "none":
        files.append(_plates(manifest, film, frames, session))
    return Exported(manifest, path, signer, tuple(files))


def _sign(film: Path, certificate: str, key: str, session: Session) -> tuple[str, Path]:
    from ..signing.film import sign_film
    from ..signing.identity import identity_of

    cert = None if certificate == OWN else Path(certificate).expanduser()
    identity = identity_of(session.settings, cert=cert, key=Path(key).expanduser() if key and cert else None)
    signed = sign_film(film, identity)
    return signed.signature.signer, signed.path


def _timelines(manifest: Manifest, film: Path, chosen: str) -> list[Path]:
    from .timeline import save_edl, save_timeline

    files = []
    for suffix, save in (("otio", save_timeline), ("edl", save_edl)):
        if suffix in chosen.split():
            files.append(film.with_suffix(f".{suffix}"))
            save(manifest, film.name, files[-1])
    return files


def _plates(manifest: Manifest, film: Path, chosen: str, session: Session) -> Path:
    from ..events import Progress, StageDone, StageStarted
    from .plates import LIST, write_plates

    form, depth = _PLATES[chosen]
    folder = film.with_name(f"{film.stem}_frames")
    session.emit(StageStarted(stage="frames", total=manifest.film.frames))
    write_plates(
        manifest, folder, film=film, depth=depth, form=form, interrupted=session.interrupted,
        progress=lambda done, total: session.emit(Progress(stage="frames", done=done, total=total)),
    )  # fmt: skip
    session.emit(StageDone(stage="frames"))
    return folder / LIST
