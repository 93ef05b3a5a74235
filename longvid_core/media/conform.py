"""Bringing one clip to the film's frame rate, size and pixels: filters, and the lossless file they make."""

from __future__ import annotations

from collections.abc import Callable, Generator
from fractions import Fraction
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ..errors import Unreadable
from .colour import ACCURATE, BT709_TAGS, LEFT, MARK_BT709
from .encode import FFV1, rate_text
from .ffmpeg import BITEXACT, Child, builder, run_ffmpeg
from .probe import Probe, count_frames
from .shape import Shape

if TYPE_CHECKING:
    import numpy as np

    from ..models.plan import Fit
    from ..painting.slate import SlateText


def conformed_frames(clip: Probe, fps: Fraction) -> int:
    """Frames the clip has at `fps`: its own when they lie on that grid, else its duration's worth, at least one."""
    if not clip.vfr and clip.fps == fps:
        return clip.frames
    return max(1, round(clip.duration_s * fps))


def conform(
    clip: Probe,
    target: Path,
    *,
    width: int,
    height: int,
    fps: Fraction,
    fit: Fit,
    pixels: str,
    drop_first: int = 0,
    slate: SlateText | None = None,
    progress: Callable[[int, int], None] | None = None,
    interrupted: Callable[[], bool] = lambda: False,
) -> None:
    """Write `clip` to `target` as FFV1 in Matroska: exactly conformed_frames - drop_first frames of width x height.

    Frames are taken by timestamp: each film frame shows the latest one whose time rounds to its own. A slate is laid over
    (pixels bgr0 only), drawn for the frame's number in the whole clip. Unreadable when fewer frames decode than the packets
    promise.
    """
    total = conformed_frames(clip, fps) - drop_first
    ffmpeg = builder()
    source = _filtered(clip, Shape(width, height, fps, fit), pixels, drop_first, total)
    feed = None
    if slate is not None:
        sheet = ffmpeg.input("pipe:0", format="rawvideo", pix_fmt="rgba", s=f"{width}x{height}", framerate=rate_text(fps))
        source = ffmpeg.overlay(source, sheet, format="gbrp", eof_action="repeat")
        feed = _slate_feed(slate, range(drop_first, drop_first + total), width, height)
    tags = {} if pixels == "bgr0" else BT709_TAGS
    out = ffmpeg.output(
        source, str(target), format="matroska", r=rate_text(fps), pix_fmt=pixels, **FFV1, **tags, **BITEXACT
    )  # fmt: skip
    what = f"conforming {clip.path}"
    run_ffmpeg(out.get_args(), what=what, frames_total=total, progress=progress, interrupted=interrupted, stdin=feed)
    found = count_frames(target)
    if found != total:
        raise Unreadable(
            f"{clip.path}: {found} frames decode where {total} were expected; it is damaged.", "Make or download it again."
        )


def raw_frames(clip: Probe, shape: Shape) -> Generator[np.ndarray, None, None]:
    """The clip's frames as the film shows them, uint8 RGB, straight from ffmpeg: one or two in memory.

    Unreadable when there are fewer than conformed_frames.
    """
    import numpy as np

    total, size = conformed_frames(clip, shape.fps), shape.width * shape.height * 3
    source = _filtered(clip, shape, "rgb24", 0, total, threads=1)  # each thread would hold frames of its own
    child = Child(builder().output(source, "pipe:1", format="rawvideo", pix_fmt="rgb24").get_args(), raw=True)
    try:
        for number in range(total):
            data = child.stdout.read(size)
            if len(data) < size:
                child.close(f"reading {clip.path}")
                raise Unreadable(f"{clip.path}: {number} frames decode where {total} were expected; it is damaged.")
            yield np.frombuffer(data, np.uint8).reshape(shape.height, shape.width, 3)
    finally:
        child.kill()


def _filtered(clip: Probe, shape: Shape, pixels: str, drop_first: int, total: int, **reading: Any) -> Any:
    """The clip's pictures, at the film's rate, size and pixels, as a stream of ffmpeg-python."""
    source = builder().input(f"file:{Path(clip.path).absolute()}", **reading)["v:0"]
    timing = _timing(clip, shape.fps, drop_first, total)
    for name, args, kwargs in [*timing, *_geometry(clip, shape.width, shape.height, shape.fit, pixels)]:
        source = source.filter(name, *args, **kwargs)
    return source


Step = tuple[str, tuple[Any, ...], dict[str, Any]]


def _timing(clip: Probe, fps: Fraction, drop_first: int, total: int) -> list[Step]:
    first, end = drop_first, drop_first + total
    if not clip.vfr and clip.fps == fps:
        trim: list[Step] = [("trim", (), {"start_frame": first})] if first else []
        return [*trim, ("settb", (f"{1 / fps}",), {}), ("setpts", ("N",), {})]
    return [
        ("setpts", ("PTS-STARTPTS",), {}),
        ("fps", (), {"fps": rate_text(fps), "round": "near"}),
        ("tpad", (), {"stop": -1, "stop_mode": "clone"}),  # the filter fps rounds the end in its own way; ours is exact
        ("trim", (), {"start_frame": first, "end_frame": end}),
        ("settb", (f"{1 / fps}",), {}),
        ("setpts", ("N",), {}),
    ]


def _geometry(clip: Probe, width: int, height: int, fit: Fit, pixels: str) -> list[Step]:
    """Filters that bring the clip, upright as ffmpeg hands it on, to exactly width x height, square pixels, these colours."""
    stored = (clip.height, clip.width) if clip.turned in (90, 270) else (clip.width, clip.height)
    seen_width, seen_height = clip.display_size
    before: list[Step] = []
    after: list[Step] = [("setsar", (1,), {})]
    size = (width, height)
    if fit == "pad":
        ratio = min(width / seen_width, height / seen_height)
        size = (_even(seen_width * ratio, width), _even(seen_height * ratio, height))
        if size != (width, height):
            place = (width, height, (width - size[0]) // 4 * 2, (height - size[1]) // 4 * 2, "black")
            after.insert(0, ("pad", place, {}))
    elif fit == "crop":  # the largest part of the target's shape, then scaled to fit exactly
        wide = seen_width * height > seen_height * width
        part_width = round(stored[0] * (width * seen_height) / (height * seen_width)) if wide else stored[0]
        part_height = stored[1] if wide else round(stored[1] * (height * seen_width) / (width * seen_height))
        part = (max(1, part_width), max(1, part_height))
        if part != stored:
            before = [("crop", part, {"exact": 1})]
    return [*before, *_scale(clip, size, pixels), *after]


def _even(side: float, limit: int) -> int:
    return min(limit, max(2, 2 * round(side / 2)))


def _scale(clip: Probe, size: tuple[int, int], pixels: str) -> list[Step]:
    """Size and colours in one step: to RGB by the clip's own matrix, or to YUV by BT.709."""
    options: dict[str, Any] = {"flags": f"lanczos+{ACCURATE}"}
    name, _, value = LEFT.partition("=")
    if not clip.is_rgb and clip.codec not in ("mjpeg", "mpeg1video"):
        options[f"in_{name}"] = value
    if pixels in ("bgr0", "rgb24"):
        return [("scale", size, options), ("format", (pixels,), {})]
    options |= {"out_color_matrix": "bt709", "out_range": "tv", f"out_{name}": value}
    mark, _, values = MARK_BT709.partition("=")
    marks = dict(pair.split("=") for pair in values.split(":"))
    return [("scale", size, options), ("format", (pixels,), {}), (mark, (), marks)]


def _slate_feed(slate: SlateText, frames: range, width: int, height: int) -> Callable[[IO[bytes]], None]:
    from ..painting.slate import draw_slate

    def write(pipe: IO[bytes]) -> None:
        for frame in frames:
            pipe.write(draw_slate(slate, frame, width, height).tobytes())

    return write
