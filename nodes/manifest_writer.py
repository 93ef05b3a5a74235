"""Manifest Writer."""

from __future__ import annotations

from pathlib import Path

from longvid_core.models import Release

from .host.api import io
from .host.films import embedded, manifest_ui
from .host.session import session
from .host.types import Film
from .host.words import manifest_text


class ManifestWriter(io.ComfyNode):
    """What makes the same film again, beside it."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LongvidManifestWriter",
            display_name="Manifest Writer",
            category="Longvid",
            description="Writes NAME.manifest.json beside the film: plan, prompts as sent, seeds, models, references and clips "
            "by hash, and what touched the pixels. Shows a summary on the node.",
            search_aliases=["metadata", "provenance", "json", "reproducible", "save workflow"],
            inputs=[
                Film.Input("film", tooltip="The film from FFmpeg Concat."),
                io.Boolean.Input(
                    "embed_workflow",
                    default=True,
                    tooltip="Put this workflow into the film's file, so that dropping it on the canvas brings the workflow back. "
                    "Never done when ComfyUI runs with --disable-metadata.",
                ),
            ],
            outputs=[
                io.String.Output("manifest_json", tooltip="The manifest as text."),
                io.String.Output("path", tooltip="Where the manifest was written."),
            ],
            is_output_node=True,
        )

    @classmethod
    def fingerprint_inputs(cls, **inputs: object) -> float:
        return float("nan")

    @classmethod
    async def execute(cls, film: Release, embed_workflow: bool) -> io.NodeOutput:
        from longvid_core.manifest.build import manifest_json, manifest_path, write_manifest

        async with session(cls) as core:
            release = embedded(film, embed_workflow, cls.hidden, core)
            path = manifest_path(Path(release.film.path))
            manifest = write_manifest(release, path)
        return io.NodeOutput(manifest_json(manifest), str(path), ui=manifest_ui(manifest, path, manifest_text(manifest)))
