"""Clips from Videos."""

from __future__ import annotations

from typing import TYPE_CHECKING

from longvid_core.models import Plan as PlanValue

from .host.api import Input, io, ui
from .host.session import session
from .host.types import Clips, Plan
from .host.videos import foreign_files
from .host.words import clips_text

if TYPE_CHECKING:
    import torch


class ClipsFromVideos(io.ComfyNode):
    """Clips that any other node made."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LongvidClipsFromVideos",
            display_name="Clips from Videos",
            category="Longvid",
            description="Takes in clips from any other generator, one for each segment, so that FFmpeg Concat and Manifest "
            "Writer work on them. They are kept byte for byte and known by their content; nothing is promised about making "
            "them again.",
            search_aliases=["import clips", "collect", "adopt", "video list", "external"],
            inputs=[
                Plan.Input("plan", tooltip="The plan that the clips were made for."),
                io.Video.Input("videos", optional=True, tooltip="A list of videos, one for each segment, in order."),
                io.Image.Input(
                    "images",
                    optional=True,
                    tooltip="Instead of videos: a list of batches of frames, one batch for each segment. They are stored "
                    "losslessly at the plan's frame rate.",
                ),
            ],
            outputs=[Clips.Output("clips", tooltip="The clips, in order.")],
            is_input_list=True,
            is_output_node=True,
        )

    @classmethod
    def fingerprint_inputs(cls, **inputs: object) -> float:
        return float("nan")

    @classmethod
    async def execute(
        cls, plan: list[PlanValue], videos: list[Input.Video] | None = None, images: list[torch.Tensor] | None = None
    ) -> io.NodeOutput:
        from longvid_core.render.clips import adopt_clips

        async with session(cls) as core:
            files = foreign_files(plan[0], videos, images, core)
            rendered = adopt_clips(plan[0], files, core)
        return io.NodeOutput(rendered, ui=ui.PreviewText(clips_text(rendered)))
