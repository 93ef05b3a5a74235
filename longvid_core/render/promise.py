"""What may be promised of a clip: whether the same request gives it again. Derived from facts, with the reason in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..catalog import ModelEntry
from ..models.clip import Outcome, OutcomeKind
from ..models.manifest import DeterminismRecord
from ..models.plan import Plan
from ..models.records import Bound, Determinism

_WEAKEST_FIRST: tuple[Determinism, ...] = ("none", "best-effort", "bit-exact")
EXACT = Bound(largest=0)
"""The same bits, and nothing else."""


class Promise(NamedTuple):
    """A label, the facts it follows from, and how far a second rendering may be from the first (None: as far as it likes)."""

    label: Determinism
    reason: str
    bound: Bound | None


def promise_of(named: str, entry: ModelEntry, made: Mapping[str, Any], kind: OutcomeKind) -> Promise:
    """The promise of a clip by the model that people know as `named`. `made`: the facts recorded with the clip."""
    if kind == "placeholder" or made.get("placeholder"):
        return Promise("none", "a placeholder stands here: no model rendered what was asked for", None)
    device = made.get("device")
    label = entry.determinism_on(device)
    if label == "bit-exact":
        if entry.determinism == "bit-exact":
            return Promise(label, f"{named} computes each frame from the request alone: the same request, the same bits", EXACT)
        return Promise(label, f"{named} on {device}: the same request and the same libraries, the same bits", EXACT)
    if entry.seed.promise == "none":
        return Promise(label, f"{named} takes no seed: it never renders the same twice", entry.bound)
    if entry.remote or device is None:
        how = "its seed decides the picture" if entry.seed.promise == "native" else "it accepts a seed"
        return Promise(label, f"{named}: {how}, and nobody promises the same clip twice", entry.bound)
    return Promise(label, f"{named} on {device}: the seed is the same, and the last bits may not be", entry.bound)


def in_chains(plan: Plan, outcomes: Sequence[Outcome]) -> tuple[Outcome, ...]:
    """The outcomes, in the plan's order, with what goes on from another clip's last frame promised no more than that clip."""
    found: list[Outcome] = []
    for segment, outcome in zip(plan.segments, outcomes, strict=True):
        if plan.mode == "chaining" and segment.first_keyframe is None and found:
            before = found[-1]
            if weaker(before.determinism, outcome.determinism):
                reason = f"it starts on the last frame of segment {before.index} ({before.id}), which is {before.determinism}"
                outcome = outcome.model_copy(
                    update={"determinism": before.determinism, "determinism_reason": reason, "bound": None}
                )
        found.append(outcome)
    return tuple(found)


def weaker(one: Determinism, other: Determinism) -> bool:
    """Whether `one` promises less than `other`."""
    return _WEAKEST_FIRST.index(one) < _WEAKEST_FIRST.index(other)


def of_film(outcomes: Sequence[Outcome]) -> DeterminismRecord:
    """The whole film's label: the weakest of its segments'."""
    weakest = min(outcomes, key=lambda o: _WEAKEST_FIRST.index(o.determinism))
    alike = [o for o in outcomes if o.determinism == weakest.determinism]
    if weakest.determinism == "bit-exact":
        return DeterminismRecord(label="bit-exact", reason="every segment is bit-exact, and so is the encoder of the film")
    others = f", and {len(alike) - 1} more" if len(alike) > 1 else ""
    why = f": {weakest.determinism_reason}" if weakest.determinism_reason else ""
    return DeterminismRecord(
        label=weakest.determinism, reason=f"segment {weakest.index} ({weakest.id}) is {weakest.determinism}{why}{others}"
    )
