"""Clips to Videos."""

from __future__ import annotations

from longvid_core.models import Rendered

from .host.api import io
from .host.types import Clips
from .host.videos import videos_of


class ClipToVideo(io.ComfyNode):
    """Longvid's clips for any other node."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LongvidClipToVideo",
            display_name="Clips to Videos",
            category="Longvid",
            description="Gives each clip as a video on disk, for upscalers, interpolators and any other node: a list, so a node "
            "connected to it runs once for each clip.",
            search_aliases=["clip to video", "export clips", "split", "video list"],
            inputs=[
                Clips.Input("clips", tooltip="The clips to hand on."),
                io.Boolean.Input(
                    "lossless",
                    default=False,
                    tooltip="On: the originals (FFV1 in Matroska, or what the provider sent). "
                    "Off: their H.264 copies, which browsers play.",
                ),
            ],
            outputs=[io.Video.Output("videos", is_output_list=True, tooltip="One video for each clip, in order.")],
        )

    @classmethod
    def execute(cls, clips: Rendered, lossless: bool) -> io.NodeOutput:
        return io.NodeOutput(videos_of(clips, lossless))
