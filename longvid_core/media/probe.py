"""What a video file holds, without decoding it: frames are counted by packets, timing is read from their timestamps."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av

from ..errors import Unreadable
from .boxes import mp4_rotation, truncation
from .opening import audio_stream, open_video, video_stream

_REORDER = 32  # more pictures than any codec here holds back (H.264 and HEVC: 16)


@dataclass(frozen=True)
class Sound:
    """A sound stream: what must agree before two can be joined by copying."""

    codec: str
    rate: int
    channels: int
    extradata: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Probe:
    """A video file's first video stream.

    width, height: pixels as stored; `display_size` is after turning and with square pixels. fps: the exact rate of the
    grid its frames lie on, for `vfr` ones the average. frames: packets that show a picture. duration_s: seconds from the
    first frame to the end of the last one. first_times: of the first two frames, seconds. tracks: kinds of streams, in
    order. turned: degrees clockwise. truncated: how the file falls short, or None.
    """

    path: str
    container: str
    codec: str
    pix_fmt: str
    width: int
    height: int
    sar: Fraction
    turned: int
    fps: Fraction
    vfr: bool
    frames: int
    duration_s: float
    intra_only: bool
    first_times: tuple[float, ...]
    colour: tuple[int, int, int, int]
    sound: Sound | None
    tracks: tuple[str, ...]
    truncated: str | None
    extradata: bytes = field(default=b"", repr=False)

    @property
    def has_audio(self) -> bool:
        return self.sound is not None

    @property
    def is_rgb(self) -> bool:
        return self.pix_fmt.startswith(("bgr", "rgb", "gbr", "0rgb", "0bgr", "argb", "abgr", "x2rgb", "pal8"))

    @property
    def full_range(self) -> bool:
        """Whether black is 0 and white the largest value, as in JPEG, where video has 16 and 235."""
        return self.colour[0] == 2 or self.pix_fmt.startswith("yuvj")

    @property
    def display_size(self) -> tuple[int, int]:
        """Width and height as seen: square pixels, upright."""
        width = max(1, round(self.width * self.sar))
        return (self.height, width) if self.turned in (90, 270) else (width, self.height)

    @property
    def layout(self) -> dict[str, object]:
        """Everything that must be the same for one decoder to read two files as one stream, by the name people know."""
        return {
            "codec": self.codec, "pixel format": self.pix_fmt, "size": f"{self.width}x{self.height}", "pixel aspect": self.sar,
            "rotation": self.turned, "colour tags": None if self.is_rgb else self.colour, "codec settings": self.extradata,
        }  # fmt: skip


def probe(path: str | Path) -> Probe:
    """Read what the file holds. Unreadable, saying why, when it is no video or has no frame."""
    path = Path(path)
    with open_video(path) as container:
        stream = video_stream(container, path)
        context = stream.codec_context
        pixels = context.format  # not context.pix_fmt: PyAV before 18 crashes on it where there is none
        if not (context.width and context.height and pixels):
            raise Unreadable(f"{path} names no picture size or format; it is damaged or cut short.", "Make it anew.")
        timing, broken = _Timing(stream), truncation(path)
        try:
            for pts, duration, key in _pictures(container, stream):
                timing.add(pts, duration, key)
        except av.FFmpegError as error:
            broken = broken or f"breaks off after {timing.frames} frames ({error.strerror})"
        timing.finish()
        if timing.frames == 0:
            raise Unreadable(f"{path} {broken or 'holds no frame'}.", "Make it anew.")
        sound = audio_stream(container)
        return Probe(
            path=str(path),
            container=container.format.name,
            codec=context.name,
            pix_fmt=pixels.name,
            width=context.width,
            height=context.height,
            sar=Fraction(stream.sample_aspect_ratio or 1),
            turned=mp4_rotation(path),
            fps=timing.fps,
            vfr=timing.vfr,
            frames=timing.frames,
            duration_s=timing.duration_s,
            intra_only=timing.keys == timing.frames,
            first_times=tuple(timing.first),
            colour=(int(context.color_range), int(context.colorspace), int(context.color_primaries), int(context.color_trc)),
            sound=_sound(sound) if sound is not None else None,
            tracks=tuple(s.type for s in container.streams if s.type in ("video", "audio")),
            truncated=broken,
            extradata=bytes(context.extradata or b""),
        )


def count_frames(path: str | Path) -> int:
    """Frames of the first video stream: from the index of an MP4 or MOV, else counted by packets. Decodes nothing."""
    with open_video(path) as container:
        stream = video_stream(container, path)
        return stream.frames or sum(1 for _ in _pictures(container, stream))


def _sound(stream: av.AudioStream) -> Sound:
    context = stream.codec_context
    return Sound(context.name, context.sample_rate or 0, context.channels, bytes(context.extradata or b""))


def _pictures(container: av.container.InputContainer, stream: av.VideoStream) -> Iterator[tuple[int | None, int, bool]]:
    """pts, duration (stream ticks) and whether it is a key frame, of each packet that shows a picture; decode order."""
    vp8 = stream.codec_context.name == "vp8"
    for packet in container.demux(stream):
        if packet.size == 0 or packet.is_discard:  # the final flush; what an edit list cuts off
            continue
        if vp8 and not bytes(packet)[0] & 0x10:  # an alternate reference, never shown (RFC 6386, 9.1)
            continue
        yield packet.pts, packet.duration or 0, packet.is_keyframe


class _Timing:
    """Fits a frame rate to timestamps as they come, in constant memory."""

    def __init__(self, stream: av.VideoStream) -> None:
        self.tick = float(stream.time_base or Fraction(1, 90000))
        rates = [Fraction(r) for r in (stream.average_rate, stream.base_rate, stream.guessed_rate) if r]
        self.rates = list(dict.fromkeys([*map(_snap, rates), *rates])) or [Fraction(25)]
        self.errors = [0.0] * len(self.rates)
        self.frames = self.keys = self.seen = 0
        self.first: list[float] = []
        self.start = self.end = self.last = 0
        self.timed = True
        self.waiting: list[tuple[int, int]] = []

    def add(self, pts: int | None, duration: int, key: bool) -> None:
        self.frames += 1
        self.keys += key
        if pts is None:
            self.timed = False
        else:
            heapq.heappush(self.waiting, (pts, duration))
            if len(self.waiting) > _REORDER:
                self._take()

    def finish(self) -> None:
        while self.waiting:
            self._take()

    def _take(self) -> None:
        pts, duration = heapq.heappop(self.waiting)
        if self.seen == 0:
            self.start = pts
        self.last, self.end = pts, pts + duration
        seconds = (pts - self.start) * self.tick
        if self.seen < 2:
            self.first.append(pts * self.tick)
        for i, rate in enumerate(self.rates):
            self.errors[i] = max(self.errors[i], abs(seconds - self.seen * rate.denominator / rate.numerator))
        self.seen += 1

    @property
    def _best(self) -> tuple[float, Fraction]:
        return min(zip(self.errors, self.rates, strict=True), key=lambda pair: pair[0])

    @property
    def vfr(self) -> bool:
        """Whether some frame lies further off the best grid than times rounded twice do (1.6 ms, or 1.5 coarser ticks)."""
        return self.timed and self._best[0] > max(self.tick * 1.5, 0.0016)

    @property
    def fps(self) -> Fraction:
        if not self.vfr:
            return self._best[1]
        span = (self.last - self.start) * self.tick
        return Fraction((self.seen - 1) / span).limit_denominator(1001) if span > 0 else self.rates[0]

    @property
    def duration_s(self) -> float:
        if not self.vfr:
            return float(self.frames / self.fps)
        length = self.end - self.last or round(1 / (self.fps * Fraction(self.tick)))
        return (self.last - self.start + length) * self.tick


def _snap(rate: Fraction) -> Fraction:
    """The whole or NTSC rate within 0.01 % of `rate`, else `rate`: containers that count milliseconds round it."""
    whole = round(rate)
    ntsc = Fraction(round(rate * 1001 / 1000) * 1000, 1001)
    return next((Fraction(r) for r in (whole, ntsc) if r and abs(r - rate) < rate / 10000), rate)
