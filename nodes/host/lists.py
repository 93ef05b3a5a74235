"""The plan's segments and keyframes as lists that core nodes map over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from longvid_core.seeds import keyframe_seed, segment_seed

from .images import from_assets

if TYPE_CHECKING:
    import torch

    from longvid_core.models import Plan


def seeds_sent(plan: Plan) -> list[int]:
    """Each segment's seed."""
    return [segment_seed(plan, segment) for segment in plan.segments]


def keyframe_seeds(plan: Plan) -> list[int]:
    """Each keyframe's seed."""
    return [keyframe_seed(plan, keyframe) for keyframe in plan.keyframes]


def end_images(plan: Plan, end: str) -> list[torch.Tensor | None]:
    """Each segment's picture at one end (`first_keyframe` or `last_keyframe`), a batch of one; None where it has none."""
    images = {k.id: k.image for k in plan.keyframes}
    found = (images.get(getattr(segment, end) or "") for segment in plan.segments)
    return [None if image is None else from_assets([image]) for image in found]
