"""`longvid export`: a film for the departments downstream, as a timeline, an edit decision list, or numbered pictures."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import options as o

if TYPE_CHECKING:
    from ..manifest.plates import Depth, Format, Plates
    from ..models.manifest import Manifest
    from ..settings import Settings
    from .reporting import Reporter

_FRAMES = "Pictures"


def export(
    manifest: Annotated[Path, typer.Argument(metavar="MANIFEST", help="A film's manifest, or the film it lies beside.")],
    otio: Annotated[
        Path | None, typer.Option("--otio", metavar="FILE", help="A timeline as OpenTimelineIO: clips, transitions, prompts.")
    ] = None,
    edl: Annotated[
        Path | None, typer.Option("--edl", metavar="FILE", help="An edit decision list (CMX 3600), at rates that timecode has.")
    ] = None,
    frames: Annotated[
        Path | None,
        o.option(_FRAMES, "--frames", metavar="FOLDER", help="Every frame as a picture, with frames.json: hash and timecode."),
    ] = None,
    form: Annotated[str, typer.Option("--format", metavar="png|exr", help="Of the pictures.", rich_help_panel=_FRAMES)] = "png",
    depth: Annotated[
        str | None, o.option(_FRAMES, "--depth", metavar="8|16", help="Bits of each sample (default: 8 for PNG, 16 for EXR).")
    ] = None,
    clips: Annotated[
        bool,
        typer.Option("--clips", help="Take frames from the store's lossless clips, not the film.", rich_help_panel=_FRAMES),
    ] = False,
    film: Annotated[
        Path | None, typer.Option("--film", metavar="FILM", help="The film (default: the one beside the manifest).")
    ] = None,
    config: o.Config = None,
    as_json: o.Json = False,
) -> None:
    """Write a film as what editing and compositing take: a timeline, an edit decision list, a plate.

    Frames that are there already and right are kept, so a stopped export goes on; no other file is ever replaced by one.
    """
    from ..errors import BadInput
    from ..manifest.build import manifest_sha256
    from ..manifest.load import read_value
    from ..manifest.sides import manifest_of, read_manifest_of
    from ..manifest.timeline import save_edl, save_timeline
    from ..settings import load_settings
    from . import runs
    from .brief import check_output
    from .reporting import reporter

    settings = load_settings(config)
    if otio is None and edl is None and frames is None:
        raise BadInput("nothing to export is named.", "Name one or more: --otio FILE, --edl FILE, --frames FOLDER.")
    chosen = _pictures(form, depth)
    read, own = read_manifest_of(manifest)
    film = film or own
    targets = {
        "otio": check_output(otio, (".otio",), "timeline") if otio else None,
        "edl": check_output(edl, (".edl",), "edit decision list") if edl else None,
    }
    done: dict[str, Any] = {"event": "done", **{name: str(path) if path else None for name, path in targets.items()}}
    lines = []
    with runs.stoppable() as interrupted:
        out = reporter(as_json, interrupted=interrupted)
        try:
            named = manifest_sha256(read_value(manifest_of(manifest)))
            for name, save in (("otio", partial(save_timeline, manifest_sha256=named)), ("edl", save_edl)):
                if (target := targets[name]) is not None:
                    save(read, _seen_from(target, film, manifest), target)
                    lines.append(f"{target.name}: {len(read.segments)} clips")
            if frames is not None:
                made = _plates(read, frames, None if clips else film, chosen, settings, out, interrupted)
                kept = f", {made.kept} of them there already" if made.kept else ""
                lines.append(f"{frames}: {made.frames} frames{kept}")
                done |= {"folder": str(frames.absolute()), "frames": made.frames, "kept": made.kept}
        finally:
            out.close()
        out.show("\n".join(lines), done)


def _pictures(form: str, depth: str | None) -> tuple[Format, Depth]:
    from ..errors import BadInput

    bits = depth or ("16" if form == "exr" else "8")
    if form not in ("png", "exr") or bits not in ("8", "16"):
        raise BadInput(f"--format {form} --depth {bits}: there is no such choice.", "Formats: png, exr. Depths: 8, 16.")
    return ("exr" if form == "exr" else "png"), (16 if bits == "16" else 8)


def _seen_from(target: Path, film: Path | None, manifest: Path) -> str:
    """The film's path as the timeline is to find it: from its own folder, so that both can be moved together."""
    if film is None:
        return manifest.name.removesuffix(".json").removesuffix(".manifest") + ".mp4"
    try:
        return Path(os.path.relpath(film.absolute(), target.absolute().parent)).as_posix()
    except ValueError:  # on another drive
        return film.name


def _plates(
    read: Manifest, folder: Path, film: Path | None, chosen: tuple[Format, Depth], settings: Settings, out: Reporter, stop: Any
) -> Plates:
    from ..events import Progress, StageDone, StageStarted
    from ..manifest.plates import write_plates
    from ..render.looking import look

    form, depth = chosen
    with look(settings, emit=out.emit, interrupted=stop) as session:
        out.emit(StageStarted(stage="frames", total=read.film.frames))
        made = write_plates(
            read, folder, film=film, store=session.store, depth=depth, form=form, interrupted=stop,
            progress=lambda done, total: out.emit(Progress(stage="frames", done=done, total=total)),
        )  # fmt: skip
        out.emit(StageDone(stage="frames"))
    return made


def register(app: typer.Typer) -> None:
    app.command()(export)
