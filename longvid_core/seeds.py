"""Seed policies, and mapping a 64-bit seed into the range a provider takes."""

from __future__ import annotations

import hashlib
import secrets

from .models.base import SEED_LIMIT
from .models.plan import Keyframe, Plan, Segment


def draw_seed() -> int:
    """A random 64-bit seed from the system's entropy."""
    return secrets.randbits(64)


def hashed_seed(*parts: object) -> int:
    """A 64-bit seed out of `parts`: the first eight bytes, big-endian, of the sha256 of their texts joined by NUL."""
    digest = hashlib.sha256("\0".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8], "big")


def seed_from_id(generation_id: str) -> int:
    """The base seed that belongs to a generation id."""
    return hashed_seed("generation", generation_id)


def segment_seed(plan: Plan, segment: Segment) -> int:
    """The 64-bit seed requested for a segment.

    A seed set on the segment wins. `universal` and `from_id`: the base for all. `stride`: base + index * step, modulo
    2^64. `derived`: a hash of base, segment id and reroll, so that rerolling or inserting one segment leaves the others'
    seeds alone. Under the other policies a reroll hashes the policy's seed with id and reroll, for the same reason.
    """
    if segment.seed is not None:
        seed = segment.seed
    elif plan.seed_policy == "derived":
        return hashed_seed("segment", plan.seed, segment.id, segment.reroll)
    elif plan.seed_policy == "stride":
        seed = (plan.seed + segment.index * plan.seed_step) % SEED_LIMIT
    else:
        seed = plan.seed
    return seed if segment.reroll == 0 else hashed_seed("reroll", seed, segment.id, segment.reroll)


def keyframe_seed(plan: Plan, keyframe: Keyframe) -> int:
    """The 64-bit seed requested for a keyframe's picture: under `derived` its own, else the base."""
    return hashed_seed("keyframe", plan.seed, keyframe.id) if plan.seed_policy == "derived" else plan.seed


def map_seed(seed: int, low: int, high: int) -> int:
    """`seed` in the closed range [low, high]: itself where it fits, else low + seed modulo the range's size."""
    return seed if low <= seed <= high else low + seed % (high - low + 1)
