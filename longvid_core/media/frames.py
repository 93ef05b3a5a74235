"""Frames exactly as a file holds them: all of them, the last one, and the hash over them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import av

from ..errors import Unreadable
from .boxes import truncation
from .encode import frames_header
from .opening import open_video, video_stream

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

# libswscale's names for colour matrices, by AVColorSpace; what names none is BT.601, as every ffmpeg takes it
_BT601 = 5
_MATRICES = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}
# SWS_BICUBIC, SWS_FULL_CHR_H_INT, SWS_ACCURATE_RND, SWS_BITEXACT: smooth chroma, no rounding drift, no CPU-dependent shortcuts
_SWS_EXACT = 0x4 | 0x2000 | 0x40000 | 0x80000


def iterate_frames(path: str | Path) -> Iterator[av.VideoFrame]:
    """Every frame of the first video stream, in presentation order, one in memory at a time. Unreadable on a decode error."""
    with open_video(path) as container:
        stream = video_stream(container, path)
        stream.thread_type = "AUTO"
        count = 0
        try:
            for frame in container.decode(stream):
                count += 1
                yield frame
        except av.FFmpegError as error:
            raise Unreadable(f"{path} cannot be decoded beyond frame {count}: {error.strerror}.", "Make it anew.") from error


def count_and_hash(path: str | Path, plane: Callable[[memoryview], object] = lambda data: None) -> tuple[int, str]:
    """The number of frames and `frames_sha256`.

    plane: called with each plane of each frame as it is hashed, in pieces, unpadded.

    The hash is over the ASCII line "PIX_FMT WIDTH HEIGHT\\n" (again wherever the stream changes it), then each frame's
    planes without their padding, in presentation order, in the stream's own format.
    """
    digest = FramesHash()
    for frame in iterate_frames(path):
        digest.add(frame, plane)
    if digest.frames == 0:
        raise Unreadable(f"{path} holds no frame.", "Make it anew.")
    return digest.frames, digest.hexdigest()


class FramesHash:
    """`frames_sha256` of frames as they come; `frames`: how many there were."""

    def __init__(self) -> None:
        self.frames = 0
        self._digest, self._header = hashlib.sha256(), b""

    def add(self, frame: av.VideoFrame, plane: Callable[[memoryview], object] = lambda data: None) -> None:
        """The next frame. plane: as in `count_and_hash`."""
        own = frames_header(frame.format.name, frame.width, frame.height)
        if own != self._header:
            self._digest.update(own)
            self._header = own
        for piece in _planes(frame):
            self._digest.update(piece)
            plane(piece)
        self.frames += 1

    def hexdigest(self) -> str:
        """Of all frames so far."""
        return self._digest.hexdigest()


def _planes(frame: av.VideoFrame) -> Iterator[memoryview]:
    """The frame's planes without their padding, in pieces."""
    for plane, (row, rows) in zip(frame.planes, plane_sizes(frame.format), strict=True):
        data, stride = memoryview(plane), plane.line_size
        if stride == row:
            yield data[: row * rows]
        else:
            for y in range(rows):
                yield data[y * stride : y * stride + row]


def plane_sizes(pixels: av.VideoFormat) -> list[tuple[int, int]]:
    """Bytes a row and rows of each plane of a picture of that format and size, without padding."""
    if pixels.name == "pal8":
        return [(pixels.width, pixels.height), (1024, 1)]
    count = 1 + max(c.plane for c in pixels.components)
    if count == 1:
        return [((pixels.width * pixels.padded_bits_per_pixel + 7) // 8, pixels.height)]
    sizes = []
    for plane in range(count):
        parts = [c for c in pixels.components if c.plane == plane]
        sizes.append((sum(c.width * ((c.bits + 7) // 8) for c in parts), max(c.height for c in parts)))
    return sizes


@dataclass(frozen=True)
class LastFrame:
    """The last frame of a file: mode RGB, upright, square pixels. `warning` says when the file goes on beyond it."""

    image: Image.Image
    warning: str | None = None


def last_frame(path: str | Path) -> Image.Image:
    """The last frame of a video in presentation order, mode RGB; of a truncated file the last one that decodes.

    Exact for RGB streams; YUV by the stream's own matrix and range (BT.601 where it names none). Unreadable when no
    frame decodes. `read_last_frame` also says whether the file is damaged.
    """
    return read_last_frame(path).image


def read_last_frame(path: str | Path) -> LastFrame:
    """`last_frame`, with a warning where the file is cut short or its end does not decode."""
    cut = truncation(path)
    frame, error = (None, None) if cut else _decode_tail(path)
    if frame is None:
        frame, error = _decode_last(path, None)
    if frame is None:
        raise Unreadable(f"no frame of {path} can be decoded{f' ({error})' if error else ''}.", "Make it anew.")
    warning = None
    if cut or error:
        warning = f"{path} {cut or f'cannot be decoded to its end: {error}'}; its last whole frame is used."
    return LastFrame(rgb_image(frame, _pixel_aspect(path)), warning)


def _pixel_aspect(path: str | Path) -> float:
    with open_video(path) as container:
        return float(video_stream(container, path).sample_aspect_ratio or 1)


def _decode_tail(path: str | Path) -> tuple[av.VideoFrame | None, str | None]:
    """The last frame, decoded from the last seek point before the file's last seconds; (None, …) when that does not work."""
    with open_video(path) as container:
        stream = video_stream(container, path)
        end = stream.duration and stream.time_base and stream.duration * stream.time_base
        if not end and container.duration:
            end = container.duration / av.time_base
    if not end or end < 4:
        return None, None
    frame, error = _decode_last(path, float(end) - 2)
    return (None, None) if error else (frame, None)


def _decode_last(path: str | Path, start_s: float | None) -> tuple[av.VideoFrame | None, str | None]:
    """The frame shown last among those decoded from `start_s` to the end, decoder flushed, and the first error met."""
    last: av.VideoFrame | None = None
    problem: str | None = None
    with open_video(path) as container:
        stream = video_stream(container, path)
        stream.thread_type = "AUTO"
        try:
            if start_s is not None:
                origin = (stream.start_time or 0) * stream.time_base if stream.time_base else 0
                container.seek(int((start_s + float(origin)) * av.time_base), backward=True)
            packets = container.demux(stream)
            while True:
                try:
                    packet = next(packets)
                    frames = [] if packet.is_corrupt else packet.decode()
                except StopIteration:
                    break
                except av.EOFError:
                    break
                except av.InvalidDataError as error:
                    problem = problem or error.strerror
                    continue
                if packet.is_corrupt:  # cut off in the middle: what decodes of it is smeared
                    problem = problem or "the last packet is cut short"
                    continue
                for frame in frames:
                    if last is None or frame.pts is None or last.pts is None or frame.pts >= last.pts:
                        last = frame
        except av.FFmpegError as error:
            problem = problem or error.strerror
    return last, problem


def rgb_image(frame: av.VideoFrame, pixel_aspect: float = 1.0) -> Image.Image:
    """A decoded frame as an upright RGB picture with square pixels. pixel_aspect: width of a stored pixel over its height."""
    from PIL import Image

    picture = Image.fromarray(rgb_array(frame))
    if pixel_aspect != 1:
        picture = picture.resize((max(1, round(picture.width * pixel_aspect)), picture.height), Image.Resampling.LANCZOS)
    turn = {90: Image.Transpose.ROTATE_90, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_270}
    if frame.rotation % 360 in turn:
        picture = picture.transpose(turn[frame.rotation % 360])
    return picture


def rgb_array(frame: av.VideoFrame, *, deep: bool = False) -> np.ndarray:
    """A decoded frame as RGB, height x width x 3, as stored (not turned, not stretched): uint8, or, `deep`, uint16."""
    wanted = "rgb48le" if deep else "rgb24"
    if frame.format.is_rgb or frame.format.name.startswith("gray"):
        return frame.to_ndarray(format=wanted)
    from av.video.reformatter import VideoReformatter

    matrix = _MATRICES.get(int(frame.colorspace), _BT601)
    return VideoReformatter().reformat(frame, format=wanted, src_colorspace=matrix, interpolation=_SWS_EXACT).to_ndarray()


def verify_whole(path: str | Path) -> None:
    """Unreadable when the file is cut short or any of its frames does not decode."""
    cut = truncation(path)
    if cut:
        raise Unreadable(f"{path} {cut}.", "Copy or download it again.")
    if sum(1 for _ in iterate_frames(path)) == 0:
        raise Unreadable(f"{path} holds no frame.", "Make it anew.")
