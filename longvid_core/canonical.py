"""Canonical JSON (RFC 8785) and the hashes taken over it: the same value gives the same bytes on every machine."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import rfc8785


def canonical_json(value: Any) -> bytes:
    """`value` (JSON types only) as RFC 8785 bytes. Integers beyond 2^53 must already be strings; see `Seed64`."""
    return rfc8785.dumps(value)


def strict_json(text: str) -> Any:
    """The value of a JSON text that can be read in one way only: what is hashed or signed must not be two things.

    ValueError where an object has a name twice, of which one reader would take the first and another the last; for NaN and
    Infinity, which are no JSON; for half a surrogate pair, which is no character and can be written nowhere; and for what is no
    JSON at all.
    """
    value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    if "\\u" in text:  # nowhere else can one come from
        _whole(value)
    return value


def _whole(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"half a surrogate pair stands in it (\\u{ord(error.object[error.start]):04x})") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(n for n in names if names.count(n) > 1)!r} stands in it twice")
    return value


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def sha256_of(value: Any) -> str:
    """Hex sha256 of the canonical JSON of `value`."""
    return hashlib.sha256(canonical_json(value)).hexdigest()
