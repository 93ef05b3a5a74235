"""Joining by copying: packets go from file to file, and nothing is decoded but, for `drop`, the frames at the seams."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BadInput, CannotRender, Interrupted, Unreadable
from ..files import temporary_folder, whole_file
from .boxes import check_file, mp4_picture_seconds
from .ffmpeg import Child, builder
from .index import Pictures, count_pictures, plain_pictures
from .listing import concat_list

if TYPE_CHECKING:
    from .probe import Probe

MUXERS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm"}
_HOLDS = {
    "mp4": {"h264", "hevc", "av1", "vp9", "mpeg4", "mpeg2video", "mpeg1video", "mjpeg"}
    | {"aac", "mp3", "ac3", "eac3", "opus", "flac", "alac"},
    "webm": {"vp8", "vp9", "av1", "opus", "vorbis"},
}
"""What the containers with rules of their own may hold."""
_INDEXED = {".mp4", ".m4v", ".mov"}  # their headers say exactly how long they last, for next to nothing
_NO_DECODER, _SAID_OF_IT = "none", (b"not on whitelist", b"Last message repeated")
_ANYWAY = "Leave out --copy: then clips are conformed and encoded."


def copy_clips(
    clips: Sequence[Path],
    target: Path,
    *,
    drop: Callable[[Sequence[Probe]], set[int]] | None = None,
    progress: Callable[[int, int], None] | None = None,
    interrupted: Callable[[], bool] = lambda: False,
) -> tuple[int, Probe | Pictures]:
    """Write `target` from the clips' packets and return its number of frames and what the first clip is like.

    drop: says which clips' first frame is left out; they must then be intra-only. CannotRender names the clip and the
    field that differs from the first one's; BadInput, a container that cannot hold them; Unreadable, a damaged clip.
    """
    muxer = MUXERS.get(target.suffix.lower())
    if muxer is None:
        raise BadInput(f"{target.name}: --copy writes {', '.join(MUXERS)}.", "Name it .mkv, which holds everything.")
    what = f"joining {target}"
    with whole_file(target) as unfinished, temporary_folder() as work:
        start = partial(_start, clips, work / "clips.txt", unfinished, muxer)
        plain = _plain(clips) if drop is None and muxer != "webm" else None
        probes: Sequence[Probe | Pictures]
        dropped: set[int] = set()
        if plain is not None:
            child = start(known=True, seconds=[clip.seconds for clip in plain])
            probes = plain
        elif drop is None and all(path.suffix.lower() in _INDEXED for path in clips):
            # ffmpeg starts at once; whether the clips go together is looked up beside it, from the same cached pages
            child = start(seconds=[_track_seconds(path) for path in clips])
            try:
                probes = _check(clips, target, interrupted, intra_only=False)
            except BaseException:
                child.kill()
                raise
        else:
            probes = checked = _check(clips, target, interrupted, intra_only=drop is not None)
            dropped = drop(checked) if drop is not None else dropped
            # At the second frame's time, or the next microsecond after it: reading starts on the frame at or before it
            starts = {i: math.ceil(checked[i].first_times[1] * 1e6) / 1e6 for i in dropped}
            child = start(seconds=[_seconds(clip, i in dropped) for i, clip in enumerate(checked)], first_s=starts)
        expected = sum(clip.frames for clip in probes) - len(dropped)
        child.wait(what, interrupted, progress, expected)
        child.close(what)
        _count(child.frames, expected, unfinished, muxer, target)
        if progress is not None:
            progress(expected, expected)
    return expected, probes[0]


def _plain(clips: Sequence[Path]) -> list[Pictures] | None:
    """The clips' pictures, where their indexes prove that they make one stream; else None: `_check` is to say what they are."""
    known: dict[Path, Pictures] = {}
    for path in clips:
        clip = known.get(path) or plain_pictures(path)
        first = known.get(clips[0], clip)
        if clip is None or first is None or (clip.alike, clip.fps) != (first.alike, first.fps):
            return None
        known[path] = clip
    return [known[path] for path in clips]


def _seconds(clip: Probe, without_first: bool) -> Fraction | None:
    """How long a clip's pictures last; None where it has sound, which must not overlap the next one's, or no steady rate."""
    if clip.vfr or clip.sound is not None:
        return None
    return Fraction(clip.frames - without_first) / clip.fps


def _track_seconds(path: Path) -> Fraction | None:
    check_file(path)
    return mp4_picture_seconds(path)


def _start(
    clips: Sequence[Path],
    listing: Path,
    target: Path,
    muxer: str,
    *,
    seconds: Sequence[Fraction | None],
    first_s: Mapping[int, float] | None = None,
    known: bool = False,
) -> Child:
    """ffmpeg at work on `listing`, which is written for it: how long each clip lasts, and at what time reading starts.

    known: it is known what the clips hold. ffmpeg then opens no decoder to find out from each one's first picture, which takes
    it longer than the copying.
    """
    concat_list(listing, clips, seconds=seconds, first_s=first_s)
    ffmpeg = builder()
    options = {"codec_whitelist": _NO_DECODER} if known else {}
    source = ffmpeg.input(str(listing), format="concat", safe=0, **options)
    out = ffmpeg.output(
        source["v:0"], source["a:0?"], str(target), format=muxer, c="copy", fflags="+bitexact", map_metadata=-1
    )  # fmt: skip
    return Child(out.get_args(), ignoring=_SAID_OF_IT if known else ())


def _check(clips: Sequence[Path], target: Path, interrupted: Callable[[], bool], *, intra_only: bool) -> list[Probe]:
    """Every clip probed once, refused when it does not go with the first one."""
    from .probe import probe

    known: dict[Path, Probe] = {}
    probes: list[Probe] = []
    for path in clips:
        if interrupted():
            raise Interrupted(f"joining {target}: stopped.", "Nothing half-written was left behind; run it again to do it over.")
        clip = known.get(path) or probe(path)
        known[path] = clip
        if clip.truncated:
            raise Unreadable(f"{path} {clip.truncated}.", "Make or download it again.")
        if not probes:
            _check_container(clip, target)
        elif problem := _difference(probes[0], clip):
            raise CannotRender(f"{path} cannot be joined to {clips[0]} by copying: {problem}.", _ANYWAY)
        if intra_only and probes and not clip.intra_only:
            raise CannotRender(
                f"{path} cannot lose its first frame by copying: later frames are predicted from it ({clip.codec}).",
                "Leave out --copy, or keep every frame (--seam cut).",
            )
        probes.append(clip)
    return probes


def _check_container(clip: Probe, target: Path) -> None:
    kind = MUXERS[target.suffix.lower()]
    streams = [clip.codec, *([clip.sound.codec] if clip.sound is not None else [])]
    names = [name for name in streams if name not in _HOLDS.get(kind, streams)]
    if names:
        container = {"mp4": "MP4", "webm": "WebM"}[kind]
        raise BadInput(f"{target.name}: {' and '.join(names)} cannot be copied into {container}.", "Name it .mkv.", _ANYWAY)


def _difference(first: Probe, clip: Probe) -> str | None:
    """The first thing in which two clips' streams differ, in words."""
    theirs, ours = {"frame rate": _rate(first), **first.layout}, {"frame rate": _rate(clip), **clip.layout}
    for name, value in ours.items():
        if value != theirs[name]:
            if isinstance(value, bytes):
                return f"their {name} (the encoder's parameter sets) differ"
            return f"its {name} is {value}, not {theirs[name]}"
    if clip.sound != first.sound:
        if clip.sound is None or first.sound is None:
            return "one has sound and the other has none"
        return "their sound differs (codec, sample rate, channels or encoder settings)"
    if clip.tracks != first.tracks:
        return f"its tracks are {', '.join(clip.tracks)}, not {', '.join(first.tracks)}"
    return None


def _rate(clip: Probe) -> str:
    return "variable" if clip.vfr else f"{float(Fraction(clip.fps)):g} fps"


def _count(written: int, expected: int, unfinished: Path, muxer: str, target: Path) -> None:
    """Unreadable unless the file holds exactly so many pictures, by its index or by what the muxer took."""
    found = count_pictures(unfinished) if muxer in ("mp4", "mov") else written
    if found is None or (found != expected and muxer not in ("mp4", "mov")):  # ffmpeg 7.0 does not say how many it copied
        from .probe import count_frames

        found = count_frames(unfinished)
    if found != expected:
        raise Unreadable(
            f"joining {target}: {found} frames came out where {expected} were expected.", "One clip is damaged. " + _ANYWAY
        )
