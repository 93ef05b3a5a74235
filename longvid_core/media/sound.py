"""One sound track for a film of many clips, streamed, without drift: each clip's sound lies between two sample positions
computed from the film's frame numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO

import av

from ..errors import Unreadable
from .opening import audio_stream, open_video, video_stream

RATE = 48000
FRAME = 8  # bytes a sample: two channels of 32-bit float
RAW = {"format": "f32le", "ar": RATE, "ac": 2}
"""Input options for what `write_track` writes."""

_GAP = RATE // 10  # sound that jumps further than this in its own timestamps is moved to where they say
_SILENCE = bytes(FRAME * 4800)


@dataclass(frozen=True)
class Span:
    """The sound of one clip in the film. source: a file, None for silence; skip: frames left out at its beginning;
    frames: how many it fills in the film."""

    source: Path | None
    skip: int
    frames: int


def boundaries(spans: Sequence[Span], fps: Fraction) -> Iterator[tuple[Span, int]]:
    """Each span with its samples: from round(frames before · 48000 / fps) to round(frames with it · 48000 / fps)."""
    frames = begin = 0
    for span in spans:
        frames += span.frames
        end = round(frames * RATE / fps)
        yield span, end - begin
        begin = end


def write_track(spans: Sequence[Span], fps: Fraction, pipe: IO[bytes]) -> None:
    """Write the film's whole sound to `pipe` as raw 32-bit float, 48 kHz stereo. Constant memory."""
    for span, samples in boundaries(spans, fps):
        left = samples * FRAME
        if span.source is not None:
            for data in _sound(span.source, round(span.skip * RATE / fps)):
                data = data[:left]
                pipe.write(data)
                left -= len(data)
                if left == 0:
                    break
        while left > 0:
            left -= pipe.write(_SILENCE[:left])


def _sound(path: Path, skip: int) -> Iterator[memoryview]:
    """A file's sound from `skip` samples after its first picture on, as raw samples; silence where it starts later."""
    with open_video(path) as container:
        stream = audio_stream(container)
        if stream is None:
            return
        picture = video_stream(container, path)
        start = float((picture.start_time or 0) * (picture.time_base or 0))
        resampler = av.AudioResampler(format="flt", layout="stereo", rate=RATE)
        at = -skip  # the sample the next one stands at, in the clip as the film shows it
        first = True
        try:
            for frame in container.decode(stream):
                if frame.pts is not None and frame.time_base is not None:
                    stands = round((float(frame.pts * frame.time_base) - start) * RATE) - skip
                    if first or abs(stands - at) > _GAP:
                        yield from _silence(max(0, stands) - max(0, at))
                        at = stands
                first = False
                for piece in resampler.resample(frame):
                    yield from _from_zero(piece, at)
                    at += piece.samples
            for piece in resampler.resample(None):
                yield from _from_zero(piece, at)
                at += piece.samples
        except av.FFmpegError as error:
            raise Unreadable(f"the sound of {path} cannot be decoded: {error.strerror}.", "Convert the clip again.") from error


def _silence(samples: int) -> Iterator[memoryview]:
    left = samples * FRAME
    while left > 0:
        yield memoryview(_SILENCE)[:left]
        left -= len(_SILENCE)


def _from_zero(piece: av.AudioFrame, at: int) -> Iterator[memoryview]:
    """The part of `piece`, which stands at sample `at`, that lies at or after 0."""
    if at + piece.samples > 0:
        yield memoryview(bytes(piece.planes[0]))[max(0, -at) * FRAME : piece.samples * FRAME]
