"""`longvid concat` and `longvid last-frame`: tools on any clips, Longvid's or not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from . import options as o
from . import runs
from .brief import check_output, size_of

if TYPE_CHECKING:
    from ..settings import Settings

SEAMS = ("cut", "drop", "blend")


def concat(
    clips: Annotated[list[Path], typer.Argument(metavar="CLIP…", help="The clips, in the film's order.")],
    output: o.FilmFile,
    seam: Annotated[
        str,
        typer.Option(
            "--seam",
            metavar="cut|drop|blend",
            help="cut: keep every frame; drop: leave out a first frame that repeats the last one; blend: cross-fade.",
        ),
    ] = "cut",
    copy: Annotated[bool, typer.Option("--copy", help="Copy the streams; nothing is decoded or encoded.")] = False,
    size: Annotated[
        str | None, typer.Option("--size", metavar="WxH", help="The film's size (default: the first clip's).")
    ] = None,
    fps: Annotated[float | None, typer.Option("--fps", metavar="N", help="The film's rate (default: the first clip's).")] = None,
    fit: o.Fit = None,
    codec: o.Codec = None,
    crf: o.Crf = None,
    preset: o.Preset = None,
    config: o.Config = None,
    as_json: o.Json = False,
) -> None:
    """Join clips into one film. Clips that differ in size, rate or sound are conformed one by one. Writes no manifest."""
    from ..errors import BadInput
    from ..media.encoders import CONTAINERS
    from ..models.base import MAX_FPS, MIN_FPS
    from ..settings import load_settings
    from . import quick

    settings = load_settings(config)
    encoding = runs.film_options(settings, codec, crf, preset, None)
    _one_of("--seam", seam, SEAMS)
    _one_of("--fit", fit or settings.fit, o.FITS)
    if fps is not None and not MIN_FPS <= fps <= MAX_FPS:
        raise BadInput(f"--fps {fps:g}: it must be from {MIN_FPS} to {MAX_FPS}.", "Leave it out to take the first clip's.")
    width, height = size_of(size) if size else (None, None)
    if copy:
        target = quick.copy_target(output)
    else:
        target = check_output(output, tuple(f".{kind}" for kind in CONTAINERS[encoding.codec]), f"{encoding.codec} film")

    from .. import events
    from ..media.concat import concat as join
    from ..media.encoders import Encoder
    from .reporting import reporter

    _use_ffmpeg(settings)
    with runs.stoppable() as interrupted:
        out = reporter(as_json, interrupted=interrupted)
        try:
            out.emit(events.StageStarted(stage="join", total=len(clips)))
            encoder = Encoder(codec=encoding.codec, crf=encoding.crf, preset=encoding.preset)
            result = join(
                clips, target, seam=cast(Any, seam), copy=copy, encoder=encoder,
                width=width, height=height, fps=fps, fit=cast(Any, fit or settings.fit), interrupted=interrupted,
                progress=lambda done, total: out.emit(events.Progress(stage="join", done=done, total=total)),
            )  # fmt: skip
            out.emit(events.StageDone(stage="join"))
            value: dict[str, Any] = {
                "event": "done",
                "film": str(target),
                "manifest": None,
                "segments": [],
                "frames": result.frames,
            }
            out.show(quick.finished(quick.Asked(clips, output), result), value)
        finally:
            out.close()


def last_frame(
    clip: Annotated[Path, typer.Argument(metavar="CLIP", help="Any video.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="PNG", help="The picture.")],
    as_json: o.Json = False,
) -> None:
    """Write a clip's exact last frame as PNG: what the next segment starts on."""
    from ..events import Notice
    from ..media.frames import read_last_frame
    from ..media.images import save_png
    from .reporting import reporter

    target = check_output(output, (".png",), "picture")
    found = read_last_frame(clip)
    picture = found.image
    save_png(picture, target)
    out = reporter(as_json)
    if found.warning:
        out.emit(Notice(level="warning", message=found.warning))
    value = {"event": "done", "image": str(target), "width": picture.width, "height": picture.height}
    out.show(f"{output}: {picture.width}x{picture.height}", value)


def _one_of(option: str, value: str, names: tuple[str, ...]) -> None:
    from ..errors import BadInput

    if value not in names:
        raise BadInput(f"{option} {value}: there is no such choice.", f"There is: {', '.join(names)}.")


def _use_ffmpeg(settings: Settings) -> None:
    if settings.ffmpeg:
        from ..media.ffmpeg import set_ffmpeg

        set_ffmpeg(settings.ffmpeg)


def register(app: typer.Typer) -> None:
    app.command()(concat)
    app.command("last-frame")(last_frame)
