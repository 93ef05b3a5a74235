"""Pixels at rest: a file and its hashes. Between stages nothing else carries pixels."""

from __future__ import annotations

from .base import Frozen, Sha256


class Asset(Frozen):
    """One picture on disk.

    `sha256` is over the file's bytes; `pixels_sha256` over mode, size and decoded pixels, so that a picture saved anew
    with other metadata is still the same reference.
    """

    path: str
    sha256: Sha256
    pixels_sha256: Sha256


class Reference(Frozen):
    """A picture handed to a model, and what for: `first`, `last`, `cast:NAME`, `style`, `mask`."""

    role: str
    image: Asset
