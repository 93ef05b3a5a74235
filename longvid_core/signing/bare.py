"""A signed file without its credentials: for MP4, MOV and PNG that gives back, byte for byte, the file that was signed.

C2PA writers put one box (ISO BMFF `uuid`, C2PA specification A.5) or one chunk (PNG `caBX`, A.3) into a file, and move the
offsets in an MP4's index behind it. Both are undone here, which proves that signing changed nothing else.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ..files import whole_file
from ..media.boxes import boxes

_C2PA = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_PNG = b"\x89PNG\r\n\x1a\n"
_TABLES = {b"stco": 4, b"co64": 8}
"""The index's tables of offsets, and how many bytes each takes."""
_AROUND = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
_ENTRIES = 8192


class Span(NamedTuple):
    """Where credentials stand in a file."""

    start: int
    end: int


def credentials_span(path: Path) -> Span | None:
    """Where the file's credentials stand; None where it has none, or is neither MP4, MOV nor PNG."""
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        if file.read(8) == _PNG:
            return next((span for kind, span in _chunks(file, size) if kind == b"caBX"), None)
        before = 0
        for kind, body, end in boxes(file, 0, size):
            if kind == b"uuid":
                file.seek(body)
                if file.read(16) == _C2PA:
                    return Span(before, min(end, size))
            before = end
    return None


def without_credentials(path: Path, target: Path) -> None:
    """Write the file at `path`, which has credentials, without them to `target`."""
    span = credentials_span(path)
    assert span is not None
    with whole_file(target) as temporary:
        with open(path, "rb") as source, open(temporary, "w+b") as copy:
            _copy(source, copy, span.start)
            source.seek(span.end)
            shutil.copyfileobj(source, copy)
            size = copy.tell()
            copy.seek(0)
            if copy.read(8) != _PNG:
                _move(copy, 0, size, span)


def _copy(source: BinaryIO, target: BinaryIO, length: int) -> None:
    while length > 0 and (piece := source.read(min(length, 1 << 20))):
        target.write(piece)
        length -= len(piece)


def _chunks(file: BinaryIO, size: int) -> Iterator[tuple[bytes, Span]]:
    at = len(_PNG)
    while at + 12 <= size:
        file.seek(at)
        head = file.read(8)
        end = at + 12 + int.from_bytes(head[:4], "big")
        yield head[4:], Span(at, min(end, size))
        at = end


def _move(file: BinaryIO, start: int, end: int, span: Span) -> None:
    """Bring the offsets behind `span` forward by its length, a few entries in memory at a time."""
    for kind, body, box_end in list(boxes(file, start, end)):
        if kind in _AROUND:
            _move(file, body, box_end, span)
        elif kind in _TABLES:
            width, at = _TABLES[kind], body + 8
            file.seek(body + 4)
            stop = min(at + width * int.from_bytes(file.read(4), "big"), box_end)
            while at < stop:
                file.seek(at)
                data = file.read(min(width * _ENTRIES, stop - at))
                moved = bytearray()
                for i in range(0, len(data), width):
                    offset = int.from_bytes(data[i : i + width], "big")
                    offset -= (span.end - span.start) if offset >= span.end else 0
                    moved += offset.to_bytes(width, "big")
                file.seek(at)
                file.write(moved)
                at += len(data)
