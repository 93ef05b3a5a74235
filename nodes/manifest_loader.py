"""Manifest Loader."""

from __future__ import annotations

from .host.api import io, ui
from .host.exports import paths_of, restored_text
from .host.folders import needed_file, stamp
from .host.kept import losses, remember
from .host.plans import plan_as_json
from .host.session import session
from .host.types import Keyframes, Plan


class ManifestLoader(io.ComfyNode):
    """A film that was made, back on the canvas."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LongvidManifestLoader",
            display_name="Manifest Loader",
            category="Longvid",
            description="Rebuilds plan, keyframes and seeds from a film's manifest, so that the film can be made again or "
            "gone on with on the canvas. Pictures come from the store by their hashes, or out of a bundle.",
            search_aliases=["load film", "continue film", "reproduce", "provenance", "restore", "metadata", "bundle"],
            inputs=[
                io.String.Input(
                    "path",
                    default="",
                    tooltip="A manifest, the film it lies beside, or a bundle: a name in ComfyUI's input folder, NAME [output] "
                    "for its output folder, or a whole path.",
                ),
            ],
            outputs=[
                Plan.Output("plan", tooltip="The plan, with the seeds, models' words and looks that the film was made with."),
                Keyframes.Output("keyframes", tooltip="The keyframes with their pictures, for the renderers."),
                io.Int.Output("seeds", is_output_list=True, tooltip="Each segment's seed, exact, in order."),
                io.String.Output("plan_json", tooltip="The plan as text: edit it and feed it into a planner's edited_plan."),
            ],
            hidden=[io.Hidden.unique_id],
            is_output_node=True,
        )

    @classmethod
    def fingerprint_inputs(cls, path: str = "") -> list[object]:
        return [stamp(path), losses(cls.hidden.unique_id)]

    @classmethod
    async def execute(cls, path: str) -> io.NodeOutput:
        from longvid_core.manifest.restore import restored

        async with session(cls) as core:
            made = restored(needed_file(path, "manifest"), core)
        remember(cls.hidden.unique_id, paths_of(made))
        shown = ui.PreviewText(restored_text(made))
        return io.NodeOutput(made.plan, made.keyframes, list(made.seeds), plan_as_json(made.plan), ui=shown)
