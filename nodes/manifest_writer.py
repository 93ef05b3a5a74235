"""Manifest Writer."""

from __future__ import annotations

from typing import Any

from longvid_core.models import Release

from .host.api import io
from .host.exports import BUNDLES, FRAMES, TIMELINES, exported_text
from .host.films import embedded, manifest_ui
from .host.session import session
from .host.types import Film


class ManifestWriter(io.ComfyNode):
    """What makes the same film again, beside it."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LongvidManifestWriter",
            display_name="Manifest Writer",
            category="Longvid",
            description="Writes NAME.manifest.json beside the film: plan, prompts as sent, seeds, models, references and clips "
            "by hash, and what touched the pixels. Signs the film, and writes timeline, bundle and numbered pictures, where that "
            "is asked for. Shows a summary on the node.",
            search_aliases=[
                "metadata",
                "provenance",
                "json",
                "reproducible",
                "save workflow",
                "C2PA",
                "sign",
                "EDL",
                "OTIO",
                "EXR",
            ],
            inputs=[
                Film.Input("film", tooltip="The film from FFmpeg Concat."),
                io.Boolean.Input(
                    "embed_workflow",
                    default=True,
                    tooltip="Put this workflow into the film's file, so that dropping it on the canvas brings the workflow back. "
                    "Never done when ComfyUI runs with --disable-metadata, or for `share`: it holds every word.",
                ),
                io.Boolean.Input(
                    "share",
                    default=False,
                    optional=True,
                    tooltip="Leave prompts and texts out of the manifest, where their hashes stand in their place, and the "
                    "workflow and the title out of the film. Such a film can be checked by anybody, and made again by nobody "
                    "who has not got the words.",
                ),
                io.String.Input(
                    "certificate",
                    default="",
                    optional=True,
                    tooltip="Sign the film (C2PA content credentials) with this certificate: the path of a PEM file, or own for "
                    "the one that `longvid sign --init` made. Empty: the film is not signed.",
                ),
                io.String.Input(
                    "certificate_key",
                    default="",
                    optional=True,
                    tooltip="The path of the certificate's private key, where it is not in the same file. A passphrase comes "
                    "from LONGVID_SIGNING__PASSPHRASE, never from here.",
                ),
                io.Combo.Input(
                    "timeline",
                    options=TIMELINES,
                    default="none",
                    optional=True,
                    tooltip="A timeline for editors, with a clip and a prompt marker for each segment: OpenTimelineIO, or an "
                    "edit decision list (at 24, 25 or 30 frames a second).",
                ),
                io.Combo.Input(
                    "bundle",
                    options=BUNDLES,
                    default="none",
                    optional=True,
                    tooltip="One file with manifest, plan, references and workflow, which `longvid replay` takes on another "
                    "machine; with the lossless clips, or with their hashes alone.",
                ),
                io.Combo.Input(
                    "frames",
                    options=FRAMES,
                    default="none",
                    optional=True,
                    tooltip="Every frame as a numbered picture beside the film, with frames.json: hash and timecode of each.",
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
    async def execute(cls, film: Release, embed_workflow: bool, **exports: Any) -> io.NodeOutput:
        from longvid_core.manifest.build import manifest_json
        from longvid_core.manifest.exports import export_all

        async with session(cls) as core:
            release = embedded(film, embed_workflow, exports.get("share", False), cls.hidden, core)
            made = export_all(release, core, **exports)
        shown = manifest_ui(made.manifest, made.path, exported_text(made))
        return io.NodeOutput(manifest_json(made.manifest), str(made.path), ui=shown)
