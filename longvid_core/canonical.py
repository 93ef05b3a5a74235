"""Canonical JSON (RFC 8785) and the hashes taken over it: the same value gives the same bytes on every machine."""

from __future__ import annotations

import hashlib
from typing import Any

import rfc8785


def canonical_json(value: Any) -> bytes:
    """`value` (JSON types only) as RFC 8785 bytes. Integers beyond 2^53 must already be strings; see `Seed64`."""
    return rfc8785.dumps(value)


def sha256_of(value: Any) -> str:
    """Hex sha256 of the canonical JSON of `value`."""
    return hashlib.sha256(canonical_json(value)).hexdigest()
