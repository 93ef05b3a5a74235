"""Last-Frame Extractor."""

from __future__ import annotations

from longvid_core.models import Rendered

from .host.api import Input, io
from .host.folders import input_file, stamp
from .host.images import from_assets, preview
from .host.kept import losses
from .host.session import session
from .host.types import Asset, Clips
from .host.videos import one_source


class LastFrame(io.ComfyNode):
    """The exact frame a chained segment starts on."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LongvidLastFrame",
            display_name="Last-Frame Extractor",
            category="Longvid",
            description="Decodes the last frame of a clip, exactly, to start the next one on. Variable frame rates, "
            "reordered frames and files that were cut short are all right. Connect one of the three inputs.",
            search_aliases=["final frame", "extend video", "chain", "continue video", "freeze frame"],
            inputs=[
                Clips.Input("clips", optional=True, tooltip="The last of these clips is read, from its original."),
                io.Video.Input("video", optional=True, tooltip="A video from any other node."),
                io.String.Input(
                    "path",
                    default="",
                    optional=True,
                    tooltip="A video file: a name in ComfyUI's input folder, NAME [output] for its output folder, "
                    "or a whole path.",
                ),
            ],
            outputs=[
                io.Image.Output("image", tooltip="The frame, as a batch of one."),
                Asset.Output("frame", tooltip="The frame as a PNG in the store."),
            ],
            hidden=[io.Hidden.unique_id],
            is_output_node=True,
        )

    @classmethod
    def fingerprint_inputs(cls, path: str = "", **inputs: object) -> list[object]:
        return [stamp(path), losses(cls.hidden.unique_id)]

    @classmethod
    async def execute(cls, clips: Rendered | None = None, video: Input.Video | None = None, path: str = "") -> io.NodeOutput:
        from longvid_core.render.ends import last_frame_asset

        async with session(cls) as core:
            source = one_source(core, clips=clips, video=video, path=input_file(path))
            frame = last_frame_asset(source, core)
            return io.NodeOutput(from_assets([frame]), frame, ui=preview([frame], cls.hidden.unique_id))
