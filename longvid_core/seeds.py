"""Seed policies, and mapping a 64-bit seed into the range a provider takes."""

from __future__ import annotations

import hashlib
import secrets
from typing import get_args

from .errors import BadInput, UnknownName
from .models.base import SEED_LIMIT
from .models.plan import Keyframe, Plan, SeedPolicy, Segment


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


def lock_seed(plan: Plan, seed: int | str, policy: str, *, step: int = 1, generation_id: str = "") -> Plan:
    """The plan with this base seed and policy. Seeds set on single segments stay.

    `seed` may be decimal digits, which hold 64 bits everywhere; `from_id` takes it from `generation_id` instead.
    BadInput for a seed out of range or a missing id, UnknownName for a policy that does not exist.
    """
    if policy not in get_args(SeedPolicy):
        raise UnknownName(f"there is no seed policy {policy!r}.", f"There is: {', '.join(get_args(SeedPolicy))}.")
    if policy == "from_id":
        if not generation_id.strip():
            raise BadInput("the seed policy from_id needs a generation_id.", "Give one (any text), or use another policy.")
        base = seed_from_id(generation_id.strip())
    else:
        base = _seed_of(seed)
    return plan.model_copy(update={"seed": base, "seed_policy": policy, "seed_step": step})


def _seed_of(seed: int | str) -> int:
    text = str(seed).strip()
    if not (text.isascii() and text.isdigit()) or int(text) >= SEED_LIMIT:
        raise BadInput(f"{text!r} is not a seed.", f"A seed is a whole number from 0 to {SEED_LIMIT - 1}.")
    return int(text)


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
