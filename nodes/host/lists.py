"""The plan's segments and keyframes as lists that core nodes map over."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from longvid_core.providers.base import in_words
from longvid_core.seeds import keyframe_seed, segment_seed

from .images import from_assets

if TYPE_CHECKING:
    import torch

    from longvid_core.models import Keyframe, Plan


def plan_lists(plan: Plan, keyframes: Iterable[Keyframe]) -> tuple[Any, ...]:
    """What LongvidPlanToLists puts out, in its outputs' order: segments' lists, keyframes' lists, then the film's shape.

    Prompts say camera and light, too, in words, as every model that reads nothing else is told them.
    """
    segments = plan.segments
    first_images, last_images = end_images(plan.with_keyframes(keyframes))
    return (
        [in_words(s.prompt, plan.visual_of(s)) for s in segments],
        [s.negative for s in segments],
        [segment_seed(plan, s) for s in segments],
        [s.frames for s in segments],
        first_images,
        last_images,
        [in_words(k.prompt, k.visual.over(plan.visual)) for k in plan.keyframes],
        [keyframe_seed(plan, k) for k in plan.keyframes],
        plan.width,
        plan.height,
        float(plan.fps),
    )


def end_images(plan: Plan) -> tuple[list[torch.Tensor | None], list[torch.Tensor | None]]:
    """Each segment's first and last picture, a batch of one; None where it has none. Neighbours share theirs."""
    images = {k.id: from_assets([k.image], plan) for k in plan.keyframes if k.image is not None}
    first = [images.get(s.first_keyframe or "") for s in plan.segments]
    last = [images.get(s.last_keyframe or "") for s in plan.segments]
    return first, last
