"""Seeded random numbers: every use has its own stream, named by words, so that adding one never shifts another."""

from __future__ import annotations

import hashlib

import numpy as np


def stream(*parts: object) -> np.random.Generator:
    """A generator that depends on `parts` alone."""
    digest = hashlib.sha256("\0".join(map(str, parts)).encode("utf-8", "surrogatepass")).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))


def pick(low: float, high: float, *parts: object) -> float:
    """One number in [low, high), named by `parts`."""
    return low + (high - low) * float(stream(*parts).random())
