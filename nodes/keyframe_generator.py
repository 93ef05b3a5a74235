"""Keyframe Generator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from longvid_core.models import Plan as PlanValue

from .host.api import io
from .host.backends import image_backends
from .host.images import from_assets, pictures_of, preview, saved_first
from .host.kept import losses
from .host.session import session
from .host.types import Keyframes, Plan

if TYPE_CHECKING:
    import torch


class KeyframeGenerator(io.ComfyNode):
    """A still for every keyframe of the plan."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LongvidKeyframeGenerator",
            display_name="Keyframe Generator",
            category="Longvid",
            description="Draws the stills that anchor the ends of the segments, and shows them on the node. Pictures that the "
            "plan already has are kept; what was drawn before comes from the store.",
            search_aliases=["storyboard", "stills", "first frame", "last frame", "cards"],
            inputs=[
                Plan.Input("plan", tooltip="The plan whose keyframes are drawn."),
                io.Combo.Input(
                    "images",
                    options=image_backends(),
                    tooltip="Who draws. card:card paints storyboard cards here, from the words, with no model and no network. "
                    "The others ask a service; their keys come from the environment or longvid.yaml, never from a workflow.",
                ),
                io.Image.Input(
                    "first_image",
                    optional=True,
                    tooltip="Your own first frame of the film, in place of a drawn one. "
                    "Only the first picture of a batch is used.",
                ),
            ],
            outputs=[
                Keyframes.Output("keyframes", tooltip="The keyframes with their pictures, for the renderers."),
                io.Image.Output("images", tooltip="The pictures as one batch, in the plan's order."),
            ],
            hidden=[io.Hidden.unique_id],
            is_output_node=True,
        )

    @classmethod
    def fingerprint_inputs(cls, **inputs: object) -> int:
        return losses(cls.hidden.unique_id)

    @classmethod
    async def execute(cls, plan: PlanValue, images: str, first_image: torch.Tensor | None = None) -> io.NodeOutput:
        from longvid_core.render.keyframes import draw_keyframes

        async with session(cls) as core:
            first = saved_first(first_image, core)
            drawn = await draw_keyframes(plan, core, images=images, first_image=first)
            pictures = pictures_of(drawn.keyframes)
            return io.NodeOutput(drawn.keyframes, from_assets(pictures, drawn), ui=preview(pictures, cls.hidden.unique_id))
