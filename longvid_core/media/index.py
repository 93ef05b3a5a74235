"""What the index of an MP4 or MOV proves about its pictures, without libav: enough to join plain clips by copying.

It answers for the plain case alone, one whole H.264 or HEVC track at a steady rate, and says None for anything else: what
that is, and in which words it is refused, is for `probe`. Box layouts: ISO/IEC 14496-12; those of the codecs: 14496-15.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from .boxes import boxes

_CODECS = {b"avc1": b"avcC", b"hvc1": b"hvcC"}
"""Codecs whose parameter sets stand in the index and nowhere else, and the box that holds them (14496-15, 5.4 and 8.4)."""

_LARGEST = 1 << 26
"""Bytes of an index that is still read at once: a day of pictures."""

_DAMAGE = (OSError, ValueError, IndexError, struct.error)
"""What comes of reading a file that is not what it seems."""


class Pictures(NamedTuple):
    """The only track of a plain file. alike: equal in two files whose packets make one stream, at an equal rate."""

    frames: int
    fps: Fraction
    width: int
    height: int
    alike: bytes

    @property
    def seconds(self) -> Fraction:
        """How long they last."""
        return self.frames / self.fps


def plain_pictures(path: str | Path) -> Pictures | None:
    """The pictures of a file that holds them and nothing else, all of them there and shown equally long; else None."""
    try:
        index, size = _index(path)
        return _pictures(index, size)
    except _DAMAGE:
        return None


def count_pictures(path: str | Path) -> int | None:
    """Pictures in the first picture track of an MP4 or MOV, by its index (0: it has none); None where it is not a whole one."""
    try:
        index, _ = _index(path)
        for media in (_Box(track).box(b"mdia") for track in index.every(b"trak")):
            if _shows_pictures(media):
                return int(struct.unpack_from(">I", media.box(b"minf").box(b"stbl").only(b"stsz"), 8)[0])
    except _DAMAGE:
        return None
    return 0


class _NotPlain(ValueError):
    """The file is damaged, or out of the ordinary."""


def _must(hold: bool) -> None:
    if not hold:
        raise _NotPlain


class _Box:
    """The boxes in a box's content, after `fields` bytes of its own: kind and content of each."""

    def __init__(self, data: bytes, fields: int = 0) -> None:
        self.inside: list[tuple[bytes, bytes]] = []
        while fields < len(data):
            length, kind = struct.unpack_from(">I4s", data, fields)
            _must(8 <= length <= len(data) - fields)
            self.inside.append((kind, data[fields + 8 : fields + length]))
            fields += length

    def every(self, kind: bytes) -> list[bytes]:
        return [data for name, data in self.inside if name == kind]

    def only(self, kind: bytes) -> bytes:
        """The content of the one box of that kind."""
        found = self.every(kind)
        _must(len(found) == 1)
        return found[0]

    def box(self, kind: bytes) -> _Box:
        return _Box(self.only(kind))

    def has(self, *kinds: bytes) -> bool:
        return any(name in kinds for name, _ in self.inside)


def _index(path: str | Path) -> tuple[_Box, int]:
    """The `moov` box of a file in one piece, whose boxes fill it exactly, and the file's size."""
    _must(os.path.isfile(path))  # opening a pipe would wait for its writer
    size = os.path.getsize(path)
    found, end = [], 0
    with open(path, "rb") as file:
        for kind, start, end in boxes(file, 0, size):
            _must(kind not in (b"moof", b"meta", b"udta"))
            if kind == b"moov":
                found.append((start, end))
        _must(end == size and len(found) == 1 and found[0][1] - found[0][0] <= _LARGEST)
        file.seek(found[0][0])
        return _Box(file.read(found[0][1] - found[0][0])), size


def _pictures(index: _Box, size: int) -> Pictures:
    # Neither fragments to come nor a cover picture, which is a stream to libav
    _must(not index.has(b"mvex") and not any(b"covr" in data for _, data in index.inside))
    track = index.box(b"trak")
    media = track.box(b"mdia")
    _must(_shows_pictures(media) and not track.has(b"tref"))
    information = media.box(b"minf")
    references = information.box(b"dinf").only(b"dref")
    _must(references[4:8] == b"\0\0\0\1" and references[12:16] == b"url " and bool(references[19] & 1))  # in this file
    table = information.box(b"stbl")
    width, height, description = _description(table.only(b"stsd"))
    sizes = _sizes(table.only(b"stsz"), size)
    _check_places(table, sizes, size)
    scale, length = _clock(media.only(b"mdhd"))
    ((count, step),) = _rows(table.only(b"stts"), "II")
    _must(scale > 0 and step > 0 and count == len(sizes) and length == count * step)
    _check_edits(track, _first_shown(table, count, step), Fraction(length, scale), _clock(index.only(b"mvhd"))[0])
    header = track.only(b"tkhd")
    placed = header[52:96] if header[0] == 1 else header[40:84]  # the matrix that turns it, the size it is shown at
    return Pictures(count, Fraction(scale, step), width, height, placed + description)


def _shows_pictures(media: _Box) -> bool:
    return media.only(b"hdlr")[8:12] == b"vide"


def _description(data: bytes) -> tuple[int, int, bytes]:
    """Width, height, and all that the only sample description says, but for bit rates."""
    ((kind, entry),) = _Box(data, 8).inside
    _must(kind in _CODECS)
    parts = _Box(entry, 78).inside
    _must([name for name, _ in parts].count(_CODECS[kind]) == 1)
    width, height = struct.unpack_from(">HH", entry, 24)
    return width, height, b"".join((kind, entry[:78], *(name + data for name, data in parts if name != b"btrt")))


def _sizes(data: bytes, size: int) -> Sequence[int]:
    """Bytes of each picture."""
    every, count = struct.unpack_from(">II", data, 4)
    _must(count > 0 and every * count <= size)
    sizes = (every,) * count if every else struct.unpack_from(f">{count}I", data, 12)
    _must(0 not in sizes)
    return sizes


def _check_places(table: _Box, sizes: Sequence[int], size: int) -> None:
    """Every picture lies within the file."""
    wide = table.has(b"co64")
    places = [place for (place,) in _rows(table.only(b"co64" if wide else b"stco"), "Q" if wide else "I")]
    runs = _rows(table.only(b"stsc"), "III")
    first, end = 0, [*(start - 1 for start, _, _ in runs[1:]), len(places)]
    for (start, per_chunk, description), stop in zip(runs, end, strict=True):
        _must(description == 1 and 0 < start <= stop <= len(places))
        for place in places[start - 1 : stop]:
            _must(place + sum(sizes[first : first + per_chunk]) <= size)
            first += per_chunk
    _must(first == len(sizes) and runs[0][0] == 1)


def _first_shown(table: _Box, count: int, step: int) -> int:
    """When the first picture is shown, in ticks; those after it must follow at the steady rate, whatever their order."""
    if not table.has(b"ctts"):
        return 0
    runs = _rows(table.only(b"ctts"), "Ii")
    _must(sum(run for run, _ in runs) == count)
    later = (offset for run, offset in runs for _ in range(run))
    shown = sorted(i * step + offset for i, offset in enumerate(later))
    _must(shown == list(range(shown[0], shown[0] + count * step, step)))
    return shown[0]


def _check_edits(track: _Box, first: int, seconds: Fraction, movie_scale: int) -> None:
    """Nothing is cut off, delayed or slowed: the edit list, if any, begins at the first picture and goes on to the end."""
    if not track.has(b"edts"):
        return _must(first == 0)
    data = track.box(b"edts").only(b"elst")
    ((length, start, rate),) = _rows(data, "Qqi" if data[0] == 1 else "Iii")
    _must(start == first and rate == 1 << 16 and length + 1 >= seconds * movie_scale)


def _clock(header: bytes) -> tuple[int, int]:
    """Ticks a second and length in ticks, of a media or movie header."""
    scale, length = struct.unpack_from(">IQ", header, 20) if header[0] == 1 else struct.unpack_from(">II", header, 12)
    return scale, length


def _rows(data: bytes, layout: str) -> list[tuple[Any, ...]]:
    """The rows of a table: version and flags, their number, then each."""
    row = struct.Struct(">" + layout)
    (count,) = struct.unpack_from(">I", data, 4)
    _must(0 < count and 8 + count * row.size <= len(data))
    return list(row.iter_unpack(data[8 : 8 + count * row.size]))
