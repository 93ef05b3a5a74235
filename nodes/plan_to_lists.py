"""Plan to Lists."""

from __future__ import annotations

from longvid_core.models import Keyframe
from longvid_core.models import Plan as PlanValue

from .host.api import io
from .host.lists import plan_lists
from .host.types import Keyframes, Plan


class PlanToLists(io.ComfyNode):
    """The plan for nodes that know nothing of Longvid."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LongvidPlanToLists",
            display_name="Plan to Lists",
            category="Longvid",
            description="Gives the plan's segments and keyframes as lists. Any node connected to one runs once for each item, "
            "so core samplers and other packs can render the whole film; Clips from Videos and Keyframes from Images collect "
            "the results.",
            search_aliases=["map", "batch prompts", "for each", "iterate", "list", "loop"],
            inputs=[
                Plan.Input("plan", tooltip="The plan to take apart."),
                Keyframes.Input("keyframes", optional=True, tooltip="The plan's pictures, for first_images and last_images."),
            ],
            outputs=[
                io.String.Output("prompts", is_output_list=True, tooltip="Each segment's prompt, camera and light included."),
                io.String.Output("negatives", is_output_list=True, tooltip="Each segment's negative prompt."),
                io.Int.Output("seeds", is_output_list=True, tooltip="Each segment's seed, by the plan's policy."),
                io.Int.Output("frames", is_output_list=True, tooltip="Each segment's number of frames."),
                io.Image.Output(
                    "first_images",
                    is_output_list=True,
                    tooltip="Each segment's first picture; "
                    "none where it has none (then it needs the last frame of the clip before).",
                ),
                io.Image.Output(
                    "last_images", is_output_list=True, tooltip="Each segment's last picture; none where it has none."
                ),
                io.String.Output(
                    "keyframe_prompts", is_output_list=True, tooltip="What each keyframe shows, framing and light included."
                ),
                io.Int.Output("keyframe_seeds", is_output_list=True, tooltip="Each keyframe's seed."),
                io.Int.Output("width", tooltip="Width of the film in pixels."),
                io.Int.Output("height", tooltip="Height of the film in pixels."),
                io.Float.Output("fps", tooltip="Frames a second."),
            ],
        )

    @classmethod
    def execute(cls, plan: PlanValue, keyframes: tuple[Keyframe, ...] = ()) -> io.NodeOutput:
        return io.NodeOutput(*plan_lists(plan, keyframes))
