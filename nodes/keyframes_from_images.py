"""Keyframes from Images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from longvid_core.models import Plan as PlanValue

from .host.api import io
from .host.images import all_pictures, pictures_of, preview
from .host.kept import losses
from .host.session import session
from .host.types import Keyframes, Plan

if TYPE_CHECKING:
    import torch


class KeyframesFromImages(io.ComfyNode):
    """Keyframes that any other node drew."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LongvidKeyframesFromImages",
            display_name="Keyframes from Images",
            category="Longvid",
            description="Takes in pictures from any other node, one for each keyframe of the plan, in order: a list, a batch, or "
            "both. They are brought to the film's size when they are rendered.",
            search_aliases=["import keyframes", "collect", "image list", "storyboard"],
            inputs=[
                Plan.Input("plan", tooltip="The plan that the pictures are for."),
                io.Image.Input("images", tooltip="The pictures, in the order of the plan's keyframes."),
            ],
            outputs=[Keyframes.Output("keyframes", tooltip="The keyframes with their pictures, for the renderers.")],
            is_input_list=True,
            hidden=[io.Hidden.unique_id],
            is_output_node=True,
        )

    @classmethod
    def fingerprint_inputs(cls, **inputs: object) -> int:
        return losses(cls.hidden.unique_id)

    @classmethod
    async def execute(cls, plan: list[PlanValue], images: list[torch.Tensor]) -> io.NodeOutput:
        from longvid_core.render.keyframes import adopt_images

        async with session(cls) as core:
            adopted = adopt_images(plan[0], all_pictures(images), core)
        return io.NodeOutput(adopted.keyframes, ui=preview(pictures_of(adopted.keyframes), cls.hidden.unique_id))
