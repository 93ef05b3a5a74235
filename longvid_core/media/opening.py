"""Opening video files for reading, and refusing what is none, with a message that says which file and why."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

import av
from av.container import InputContainer

from ..errors import Unreadable

FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,gif,apng,flv,nut,asf,ogg,mxf,dv,yuv4mpegpipe,"
    "h264,hevc,ivf,obu,m4v,webp_anim,av1"
)
"""Demuxers a clip may use. Playlists (concat, hls, dash) would open other files, pictures and text are no clips."""

_REMEDY = "Give a video file (MP4, MOV, MKV, WebM, AVI …) that plays to its end."


def open_video(path: str | Path) -> InputContainer:
    """The file, opened by libavformat for reading. Unreadable when it is missing, empty or no video."""
    path = Path(path)
    check_file(path)
    options = {"format_whitelist": FORMATS, "protocol_whitelist": "file", "enable_drefs": "0"}
    try:
        container = av.open("file:" + str(path.absolute()), mode="r", options=options, metadata_errors="replace")
    except av.FFmpegError as error:
        cut = truncation(path)
        why = f"{cut}, and its index is lost with the rest" if cut else _kind_of(path)
        raise Unreadable(f"{path} {why}.", _REMEDY) from error
    if not container.streams.video:
        container.close()
        raise Unreadable(f"{path} holds no video.", _REMEDY)
    return container


def check_file(path: Path) -> None:
    """Unreadable unless `path` is a file with something in it that may be read."""
    if not path.exists():
        raise Unreadable(f"{path} does not exist.", "Check the path.")
    if not path.is_file():
        raise Unreadable(f"{path} is {'a folder' if path.is_dir() else 'not a file'}, not a video.", _REMEDY)
    if not os.access(path, os.R_OK):
        raise Unreadable(f"{path} may not be read (permission denied).", "Make it readable.")
    if path.stat().st_size == 0:
        raise Unreadable(f"{path} is empty (0 bytes).", "Make it anew.")


def video_stream(container: InputContainer, path: str | Path) -> av.VideoStream:
    """The first video stream that is no cover picture and has a decoder. Unreadable when there is none."""
    for stream in container.streams.video:
        if int(stream.disposition) & 0x400:  # AV_DISPOSITION_ATTACHED_PIC
            continue
        if stream.codec_context is None:
            raise Unreadable(f"{path} holds video that this build of libav cannot decode.", "Convert it to H.264 or FFV1.")
        return stream
    raise Unreadable(f"{path} holds no video, only a cover picture.", _REMEDY)


def audio_stream(container: InputContainer) -> av.AudioStream | None:
    """The first sound stream that can be decoded, or None."""
    return next((s for s in container.streams.audio if s.codec_context is not None), None)


def _kind_of(path: Path) -> str:
    with open(path, "rb") as file:
        head = file.read(512)
    if head[:8] == b"\x89PNG\r\n\x1a\n" or head[:3] == b"\xff\xd8\xff" or head[8:12] == b"WEBP":
        return "is a picture, not a video"
    if b"\0" not in head and not any(byte < 9 for byte in head):
        return "is a text file, not a video"
    return "is not a video that can be read"


def truncation(path: str | Path) -> str | None:
    """How a file falls short of the length its own container declares, or None. Reads headers only (MP4, MKV, AVI)."""
    check_file(Path(path))
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        head = file.read(12)
        if head[4:8] in (b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip"):
            wanted = _mp4_length(file, size)
        elif head[:4] == b"\x1a\x45\xdf\xa3":
            wanted = _matroska_length(file)
        elif head[:4] == b"RIFF" and head[8:12] == b"AVI ":
            wanted = 8 + int.from_bytes(head[4:8], "little")
        else:
            return None
    if wanted is None or wanted <= size:
        return None
    return f"is truncated: {size:,} of {wanted:,} bytes are there"


def _mp4_length(file: BinaryIO, size: int) -> int | None:
    """Where the top-level boxes say the file ends (ISO/IEC 14496-12, 4.2)."""
    at = 0
    while at < size:
        file.seek(at)
        header = file.read(16)
        if len(header) < 8:
            return at + 8
        length = int.from_bytes(header[:4], "big")
        if length == 1 and len(header) == 16:
            length = int.from_bytes(header[8:], "big")
        if length == 0:  # to the end of the file
            return size
        if length < 8:
            return None
        at += length
    return at


def _matroska_length(file: BinaryIO) -> int | None:
    """Where the segment says it ends (RFC 8794, 4); None for a live recording of unknown length."""
    file.seek(4)
    length = _vint(file)
    if length is None:
        return None
    file.seek(length, os.SEEK_CUR)
    if file.read(4) != b"\x18\x53\x80\x67":
        return None
    length = _vint(file)
    return None if length is None else file.tell() + length


def _vint(file: BinaryIO) -> int | None:
    """An EBML variable-size integer; None when it stands for "unknown" or is cut off."""
    first = file.read(1)
    if not first or first[0] == 0:
        return None
    extra = 8 - first[0].bit_length()
    rest = file.read(extra)
    value = int.from_bytes(bytes([first[0] & (0xFF >> (extra + 1))]) + rest, "big")
    return None if len(rest) < extra or value == (1 << (7 * (extra + 1))) - 1 else value
