"""What a file's container says about itself, read from its headers alone: how long it should be, how it is turned."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

from ..errors import Unreadable

_REMEDY = "Give a video file (MP4, MOV, MKV, WebM, AVI …) that plays to its end."


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
    end = max((box_end for _, _, box_end in boxes(file, 0, size)), default=0)
    return end if end >= size else end + 8


def boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """The boxes of an MP4 or MOV between two offsets: their kind, where their content starts, where they say they end."""
    at = start
    while at + 8 <= end:
        file.seek(at)
        header = file.read(16)
        length, kind, body = int.from_bytes(header[:4], "big"), header[4:8], at + 8
        if length == 1 and len(header) == 16:
            length, body = int.from_bytes(header[8:], "big"), at + 16
        if length == 0:  # to the end
            length = end - at
        if length < body - at:
            return
        yield kind, body, at + length
        at += length


def mp4_rotation(path: str | Path) -> int:
    """Degrees clockwise (0, 90, 180, 270) that a player turns the first picture track of an MP4 or MOV. 0 for anything else."""
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        if file.read(8)[4:8] not in (b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip"):
            return 0
        for kind, body, end in boxes(file, 0, size):
            if kind == b"moov":
                return next((turn for track in boxes(file, body, end) if (turn := _track_turn(file, *track)) is not None), 0)
    return 0


def _track_turn(file: BinaryIO, kind: bytes, body: int, end: int) -> int | None:
    if kind != b"trak":
        return None
    for name, start, _ in boxes(file, body, end):
        if name != b"tkhd":
            continue
        file.seek(start)
        header = file.read(96)
        at = 52 if header[0] == 1 else 40  # the matrix; width and height follow it (ISO/IEC 14496-12, 8.3.2)
        a, b = (int.from_bytes(header[at + i : at + i + 4], "big", signed=True) for i in (0, 4))
        if header[at + 36 : at + 44] == bytes(8):  # no size: a sound track
            return None
        return {(1, 0): 0, (0, 1): 90, (-1, 0): 180, (0, -1): 270}.get((_sign(a), _sign(b)), 0)
    return None


def mp4_picture_seconds(path: str | Path) -> Fraction | None:
    """How long the only track of an MP4 or MOV, pictures, lasts; None where there are more tracks or it says nothing.

    From the media header, which counts in the track's own ticks; the file's header rounds to milliseconds.
    """
    tracks = []
    with open(path, "rb") as file:
        for _, body, end in _within(file, 0, os.path.getsize(path), b"moov"):
            for _, track, track_end in _within(file, body, end, b"trak"):
                tracks.append((track, track_end))
        if len(tracks) != 1:
            return None
        for _, media, media_end in _within(file, *tracks[0], b"mdia"):
            for _, header, _ in _within(file, media, media_end, b"mdhd"):
                file.seek(header)
                data = file.read(36)
                scale, length = (data[20:24], data[24:32]) if data[0] == 1 else (data[12:16], data[16:20])
                ticks, rate = int.from_bytes(length, "big"), int.from_bytes(scale, "big")
                return Fraction(ticks, rate) if ticks and rate else None
    return None


def _within(file: BinaryIO, start: int, end: int, wanted: bytes) -> list[tuple[bytes, int, int]]:
    return [box for box in boxes(file, start, end) if box[0] == wanted]


def _sign(value: int) -> int:
    return (value > 0) - (value < 0)


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
