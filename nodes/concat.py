"""FFmpeg Concat."""

from __future__ import annotations

from longvid_core.models import Rendered

from .host.api import InputImpl, io
from .host.films import film_ui, placed
from .host.session import session
from .host.types import Clips, Film


class Concat(io.ComfyNode):
    """The clips joined into one film."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LongvidConcat",
            display_name="FFmpeg Concat",
            category="Longvid",
            description="Joins the clips into one film, exact to the frame: where two segments share a keyframe it is shown "
            "once. Clips of another size, rate or sound are conformed one by one, so memory does not grow with the film.",
            search_aliases=["join", "concatenate", "combine videos", "merge", "save video", "film", "export"],
            inputs=[
                Clips.Input("clips", tooltip="The clips to join, in order."),
                io.Combo.Input(
                    "codec",
                    options=["h264", "h265", "prores", "ffv1"],
                    default="h264",
                    tooltip="h264 plays everywhere (.mp4). h265 is smaller (.mp4). "
                    "prores is for editing (.mov). ffv1 is lossless (.mkv).",
                ),
                io.Int.Input(
                    "crf",
                    default=18,
                    min=0,
                    max=51,
                    tooltip="Quality of h264 and h265: lower is better and larger. 18 is very good.",
                ),
                io.Combo.Input(
                    "preset",
                    options=["ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"],
                    default="medium",
                    tooltip="How long h264 and h265 look for a smaller file.",
                ),
                io.Boolean.Input(
                    "slate", default=False, tooltip="Lay shot, timecode, prompt and seed over the picture. The clips stay clean."
                ),
                io.String.Input(
                    "filename_prefix",
                    default="longvid/film",
                    tooltip="Where the film goes in ComfyUI's output folder. %date:yyyy-MM-dd%, %width% and %height% work.",
                ),
                io.Combo.Input(
                    "seam",
                    options=["drop", "blend"],
                    default="drop",
                    optional=True,
                    tooltip="Where a shot goes on from segment to segment, the frame that both have is shown once. "
                    "blend, besides, dissolves over three frames on each side.",
                ),
            ],
            outputs=[
                Film.Output("film", tooltip="The film and what it was made from, for Manifest Writer."),
                io.Video.Output("video", tooltip="The film as a video on disk, for any other node."),
            ],
            is_output_node=True,
        )

    @classmethod
    def fingerprint_inputs(cls, **inputs: object) -> float:
        return float("nan")

    @classmethod
    async def execute(cls, clips: Rendered, filename_prefix: str, **options: object) -> io.NodeOutput:
        from longvid_core.models.film import FilmOptions
        from longvid_core.render.film import join_film

        async with session(cls) as core:
            joined = await join_film(clips, core, FilmOptions.model_validate(options))
            release = placed(joined, filename_prefix)
        return io.NodeOutput(release, InputImpl.VideoFromFile(release.film.path), ui=film_ui(release))
