"""Which characters a font file really has: a small reader of the OpenType `cmap` table.

Source: the OpenType specification, tables `cmap` (formats 4 and 12) and the TrueType collection header.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=256)
def covered(path: str) -> tuple[range, ...]:
    """The ranges of code points the (first) font in `path` has outlines for; none where it is no outline font we can read."""
    try:
        data = Path(path).read_bytes()
        return tuple(_ranges(data))
    except (OSError, struct.error, IndexError, ValueError):
        return ()  # a damaged or exotic font covers nothing; another one will do


def has(path: str, char: str) -> bool:
    code = ord(char)
    return any(code in span for span in covered(path))


def _ranges(data: bytes) -> list[range]:
    start = struct.unpack_from(">I", data, 12)[0] if data[:4] == b"ttcf" else 0
    if data[start : start + 4] not in (b"\0\1\0\0", b"OTTO", b"true"):
        return []
    tables = {}
    for i in range(struct.unpack_from(">H", data, start + 4)[0]):
        tag, _, offset, _ = struct.unpack_from(">4sIII", data, start + 12 + 16 * i)
        tables[tag] = offset
    if b"cmap" not in tables or not tables.keys() & {b"glyf", b"CFF ", b"CFF2"}:
        return []  # bitmap-only fonts (colour emoji) do not scale
    cmap = tables[b"cmap"]
    best = None
    for i in range(struct.unpack_from(">H", data, cmap + 2)[0]):
        platform, encoding, offset = struct.unpack_from(">HHI", data, cmap + 4 + 8 * i)
        kind = struct.unpack_from(">H", data, cmap + offset)[0]
        if kind == 12 and (platform, encoding) in ((3, 10), (0, 4), (0, 6)):
            return _segments_12(data, cmap + offset)
        if kind == 4 and (platform, encoding) in ((3, 1), (0, 3), (0, 4), (0, 1), (0, 2)):
            best = cmap + offset
    return _segments_4(data, best) if best is not None else []


def _segments_12(data: bytes, at: int) -> list[range]:
    groups = struct.unpack_from(">I", data, at + 12)[0]
    spans = []
    for i in range(groups):
        first, last, glyph = struct.unpack_from(">III", data, at + 16 + 12 * i)
        spans.append(range(first + (glyph == 0), last + 1))
    return spans


def _segments_4(data: bytes, at: int) -> list[range]:
    count = struct.unpack_from(">H", data, at + 6)[0] // 2
    ends = struct.unpack_from(f">{count}H", data, at + 14)
    starts = struct.unpack_from(f">{count}H", data, at + 16 + 2 * count)
    deltas = struct.unpack_from(f">{count}H", data, at + 16 + 4 * count)
    offsets_at = at + 16 + 6 * count
    offsets = struct.unpack_from(f">{count}H", data, offsets_at)
    spans = []
    for i in range(count):
        if starts[i] == 0xFFFF:
            continue
        if offsets[i] == 0:
            spans.append(range(starts[i], ends[i] + 1))
            continue
        for code in range(starts[i], ends[i] + 1):
            place = offsets_at + 2 * i + offsets[i] + 2 * (code - starts[i])
            glyph = struct.unpack_from(">H", data, place)[0]
            if glyph and (glyph + deltas[i]) & 0xFFFF:
                spans.append(range(code, code + 1))
    return spans
