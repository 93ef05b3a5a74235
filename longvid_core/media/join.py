"""Joining clips into one film: what differs is conformed clip by clip, then one encoder reads them all through ffmpeg's
concat demuxer. Neither memory nor open files grow with the number of clips or their length."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BadInput, Unreadable
from ..files import temporary_folder, whole_file, work_folder
from .colour import ACCURATE, BT709_TAGS, LEFT, TO_BT709, tags_of
from .conform import conform, conformed_frames
from .encode import exact_rate, rate_text
from .encoders import Encoder
from .ffmpeg import BITEXACT, builder, run_ffmpeg
from .listing import concat_list
from .probe import Probe, count_frames, probe
from .shape import Shape
from .sound import RAW, Span, write_track
from .tags import TAG_FLAGS, read_tags, tag_file, write_tags

if TYPE_CHECKING:
    from ..models.plan import Fit
    from ..painting.slate import SlateText

__all__ = ["Encoder", "Part", "join_parts", "probe_all", "read_tags", "write_tags"]

_DEFAULT = Encoder()
_MOST_DROPS = 4000  # drops that still fit one command-line argument; clips beyond it lose their frames when conformed
_STREAMABLE = ("ffv1", "h264", "hevc", "prores", "vp9", "av1", "mjpeg")  # one decoder reads on from file to file


@dataclass(frozen=True)
class Part:
    """One clip of a film. drop_first: frames left out at its beginning. slate: laid over every frame. sound_from: the file
    its sound is taken from, where the pictures were rewritten without it."""

    path: Path
    drop_first: int = 0
    slate: SlateText | None = None
    sound_from: Path | None = None


@dataclass(frozen=True)
class _Source:
    """A file the encoder reads: its frames, how many of the first to leave out, what its streams are like."""

    path: Path
    frames: int
    drop: int


def join_parts(
    parts: Sequence[Part],
    target: Path,
    *,
    width: int,
    height: int,
    fps: int | float | Fraction,
    fit: Fit = "crop",
    encoder: Encoder = _DEFAULT,
    metadata: Mapping[str, str] | None = None,
    progress: Callable[[int, int], None] | None = None,
    interrupted: Callable[[], bool] = lambda: False,
    work_dir: Path | None = None,
) -> list[str]:
    """Write the film `target` from `parts`, in order, and return the encoder options used.

    The film has exactly the sum of the parts' frames at `fps` less those dropped: counted before it gets its name. A clip
    of another size is brought to width x height by `fit`; of another rate, by its timestamps. If any has sound, the film
    has one 48 kHz stereo track in which the others are silent. The same parts give the same bytes.

    progress(done, total) counts frames conformed and encoded. work_dir: a folder for what is conformed (default: beside
    the film); it is left as it was found. Unreadable names a clip that is damaged; BadInput, an option that cannot be.
    """
    target = Path(target)
    if not parts:
        raise BadInput("there is no clip to join.", "Give at least one.")
    shape = Shape(width, height, exact_rate(fps), fit)
    muxer = encoder.check(target, width, height)
    probes = probe_all([part.path for part in parts])
    for part in parts:
        _check_drop(part, probes[part.path], shape.fps)
    beside = work_dir or target.parent
    with (
        whole_file(target) as unfinished,
        work_folder(beside) as work,
        temporary_folder() as lists,
    ):
        ready = _Ready(parts, probes, shape, encoder, work)
        meter = _Meter(progress, ready.count + ready.to_conform)
        ready.conform_rest(meter, interrupted)
        spans = _spans(parts, probes, ready.kept)
        picture, filters = _picture_options(ready.like, encoder, shape.fps)
        options = {**picture, **(encoder.sound() if spans else {})}
        drops = list(_drops(ready.sources))
        steps = ([f"select='{_keep(drops)}'"] if drops else []) + filters
        inputs = _Inputs(ready.sources, spans, dict(metadata or {}), shape.fps, lists)
        args = inputs.output(unfinished, muxer, {"filter:v": ",".join(steps), **options})
        run_ffmpeg(
            args, what=f"joining {target}", frames_total=ready.count, progress=meter.step(ready.count),
            interrupted=interrupted, stdin=(lambda pipe: write_track(spans, shape.fps, pipe)) if spans else None,
        )  # fmt: skip
        found = count_frames(unfinished)
        if found != ready.count:
            raise Unreadable(
                f"joining {target}: {found} frames came out where {ready.count} were expected.",
                "A clip decodes to another number of frames than it holds packets: convert that one again.",
            )
    return [word for key, value in {"filter:v": ",".join(filters), **options}.items() for word in (f"-{key}", str(value))]


class _Ready:
    """Which files the encoder reads: parts as they are, where one decoder can read them on as one stream, the others
    conformed first.

    Where all parts are alike to the letter, none is rewritten; where some must be, the rest can stay only if it is FFV1 like
    what is rewritten.
    """

    def __init__(self, parts: Sequence[Part], probes: Mapping[Path, Probe], shape: Shape, encoder: Encoder, work: Path) -> None:
        self.parts, self.shape, self.work = parts, shape, work
        self.clips = [probes[part.path] for part in parts]
        self.kept = [conformed_frames(c, shape.fps) - p.drop_first for p, c in zip(parts, self.clips, strict=True)]
        self.count = sum(self.kept)
        able = self._able()
        alike = {_key(self.clips[i]) for i in able}
        if len(able) == len(parts) and len(alike) == 1:
            self.direct, self.pixels = able, ""
        else:
            self.direct = {i for i in able if (self.clips[i].codec, self.clips[i].pix_fmt) == ("ffv1", "bgr0")}
            rgb = self.direct or encoder.codec == "ffv1" or any(p.slate for p in parts) or all(c.is_rgb for c in self.clips)
            self.pixels = "bgr0" if rgb else encoder.pixels("yuv420p")
        self.to_conform = sum(n for i, n in enumerate(self.kept) if i not in self.direct)
        self.sources: list[_Source] = []
        self.like = self.clips[0]

    def _able(self) -> set[int]:
        able, drops = set(), 0
        for i, (part, clip) in enumerate(zip(self.parts, self.clips, strict=True)):
            drops += part.drop_first
            if drops <= _MOST_DROPS and _fits(part, clip, self.shape):
                able.add(i)
        return able

    def conform_rest(self, meter: _Meter, interrupted: Callable[[], bool]) -> None:
        """Rewrite what cannot be read as it is, then list all sources in order."""
        made = {i: self._conform(i, meter, interrupted) for i in range(len(self.parts)) if i not in self.direct}
        if made:
            self.like = probe(next(iter(made.values())))
            for i in sorted(self.direct):
                if _key(self.clips[i]) != _key(self.like):  # FFV1 of another make
                    meter.total += self.kept[i]
                    made[i] = self._conform(i, meter, interrupted)
        for i, part in enumerate(self.parts):
            if i in made:
                self.sources.append(_Source(made[i], self.kept[i], 0))
            else:
                self.sources.append(_Source(part.path.absolute(), self.clips[i].frames, part.drop_first))

    def _conform(self, i: int, meter: _Meter, interrupted: Callable[[], bool]) -> Path:
        made, part, shape = self.work / f"{i:06d}.mkv", self.parts[i], self.shape
        conform(
            self.clips[i], made, width=shape.width, height=shape.height, fps=shape.fps, fit=shape.fit, pixels=self.pixels,
            drop_first=part.drop_first, slate=part.slate, progress=meter.step(self.kept[i]), interrupted=interrupted,
        )  # fmt: skip
        return made


def probe_all(paths: Sequence[Path]) -> dict[Path, Probe]:
    """Each file probed once. Unreadable when one is damaged."""
    probes: dict[Path, Probe] = {}
    for path in paths:
        if path not in probes:
            probes[path] = probe(path)
            if probes[path].truncated:
                raise Unreadable(f"{path} {probes[path].truncated}.", "Make or download it again.")
    return probes


class _Meter:
    """Adds several counts of frames up into one."""

    def __init__(self, progress: Callable[[int, int], None] | None, total: int) -> None:
        self.progress, self.total, self.before = progress, total, 0

    def step(self, frames: int) -> Callable[[int, int], None] | None:
        before, self.before = self.before, self.before + frames
        progress = self.progress
        if progress is None:
            return None
        return lambda done, _: progress(before + done, self.total)


def _check_drop(part: Part, clip: Probe, fps: Fraction) -> None:
    frames = conformed_frames(clip, fps)
    if not 0 <= part.drop_first < frames:
        raise BadInput(f"{part.path} has {frames} frames; {part.drop_first} cannot be dropped from its start.")


def _fits(part: Part, clip: Probe, shape: Shape) -> bool:
    return (
        part.slate is None
        and clip.codec in _STREAMABLE
        and not clip.vfr
        and clip.fps == shape.fps
        and (clip.width, clip.height) == (shape.width, shape.height)
        and clip.sar == 1
        and clip.turned == 0
        and (clip.is_rgb or not clip.full_range)
    )


def _key(clip: Probe) -> tuple[Any, ...]:
    return tuple(clip.layout.values())


def _spans(parts: Sequence[Part], probes: Mapping[Path, Probe], kept: Sequence[int]) -> list[Span]:
    """The film's sound, clip by clip; empty when no clip has any."""
    spans = []
    for part, frames in zip(parts, kept, strict=True):
        source = part.sound_from or (part.path if probes[part.path].has_audio else None)
        spans.append(Span(source, part.drop_first, frames))
    return spans if any(span.source for span in spans) else []


def _picture_options(like: Probe, encoder: Encoder, fps: Fraction) -> tuple[dict[str, Any], list[str]]:
    """Encoder and colour tags, and the filters before them, for a stream like that one."""
    pixels = encoder.pixels(like.pix_fmt)
    steps = [f"settb={1 / fps}", "setpts=N"]
    if like.is_rgb and not pixels.startswith(("bgr", "gbr", "rgb", "0rgb")):
        steps.append(TO_BT709)
        tags = BT709_TAGS
    else:
        tags = {} if like.is_rgb else tags_of(like.colour)
        if pixels != like.pix_fmt:
            steps.append(f"scale=in_{LEFT}:out_{LEFT}:flags=bicubic+{ACCURATE}")
    return {"r": rate_text(fps), **encoder.options(pixels), **tags}, steps


def _drops(sources: Sequence[_Source]) -> Iterator[int]:
    """Numbers, in the stream of all sources' frames, of those that are left out."""
    at = 0
    for source in sources:
        yield from range(at, at + source.drop)
        at += source.frames


def _keep(drops: Sequence[int]) -> str:
    """An ffmpeg expression, true for every frame number not in `drops`: a binary search, so its cost hardly grows."""
    if len(drops) <= 4:
        return f"not({'+'.join(f'eq(n,{n})' for n in drops)})"
    middle = len(drops) // 2
    return f"if(lt(n,{drops[middle]}),{_keep(drops[:middle])},{_keep(drops[middle:])})"


@dataclass(frozen=True)
class _Inputs:
    """What one ffmpeg reads: the list of clips, the sound on its standard input, the tags from a file."""

    sources: Sequence[_Source]
    spans: Sequence[Span]
    metadata: dict[str, str]
    fps: Fraction
    lists: Path

    def output(self, target: Path, muxer: str, options: Mapping[str, Any]) -> list[str]:
        """ffmpeg's arguments for writing `target` from them."""
        ffmpeg = builder()
        listing = self.lists / "clips.txt"
        concat_list(listing, [source.path for source in self.sources])
        streams = [ffmpeg.input(str(listing), format="concat", safe=0)["v:0"]]
        if self.spans:
            streams.append(ffmpeg.input("pipe:0", **RAW)["a:0"])
        extra = dict(BITEXACT)
        if self.metadata:
            extra["map_metadata"] = len(streams)
            tags = self.lists / "tags.txt"
            tag_file(tags, self.metadata)
            streams.append(ffmpeg.input(str(tags), format="ffmetadata")["t?"])
        if muxer in ("mp4", "mov"):
            extra["movflags"] = TAG_FLAGS
        return list(ffmpeg.output(*streams, str(target), format=muxer, **options, **extra).get_args())
