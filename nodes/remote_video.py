"""Remote Video Backend."""

from __future__ import annotations

import asyncio

from longvid_core.models import Keyframe
from longvid_core.models import Plan as PlanValue

from .host.api import io, ui
from .host.backends import AS_SET, NODE, backend_named, complaint, settings_of, video_backends
from .host.session import session
from .host.types import Clips, Keyframes, Plan
from .host.words import clips_text, paid_text


class RemoteVideo(io.ComfyNode):
    """Renders every segment the store does not have."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id=NODE,
            display_name="Remote Video Backend",
            category="Longvid",
            description="Renders the plan's segments with any registered video provider, several at once. Finished clips are "
            "kept: after a cancel, a crash or a changed prompt only what is missing is rendered, and nothing is paid twice.",
            search_aliases=[
                "render",
                "image to video",
                "first last frame",
                "animatic",
                "api",
                "cloud",
                "runway",
                "google",
                "veo",
                "replicate",
                "kling",
                "seedance",
                "hailuo",
            ],
            inputs=[
                Plan.Input("plan", tooltip="The plan to render."),
                Keyframes.Input(
                    "keyframes",
                    optional=True,
                    tooltip="The plan's pictures. Needed unless the plan itself brings them.",
                ),
                io.Combo.Input(
                    "backend",
                    options=video_backends(),
                    tooltip="Who renders. animatic:animatic moves the camera through the keyframes here, with no model and no "
                    "network. The others ask a service; their keys come from the environment or longvid.yaml, never from a "
                    "workflow. Choose the same in the planner, so that every segment gets a length that the model can render.",
                ),
                io.Float.Input(
                    "budget_usd",
                    default=0.0,
                    min=0.0,
                    max=1_000_000.0,
                    step=0.01,
                    tooltip="US dollars this run may cost; a run that would cost more is refused before anything is spent. "
                    "0: the budget in longvid.yaml, if there is one.",
                ),
                io.String.Input(
                    "fallback",
                    default="",
                    optional=True,
                    tooltip="Who renders a segment that the backend does not, in this order: PROVIDER[:MODEL], PROVIDER[:MODEL]. "
                    "Empty: those in longvid.yaml.",
                ),
                io.Combo.Input(
                    "on_unknown",
                    options=[AS_SET, "ask", "resubmit"],
                    default=AS_SET,
                    optional=True,
                    tooltip="A job that may have been bought, its answer lost. ask: that segment stays open, the others are "
                    "finished, and `longvid jobs resolve` settles it. resubmit: ask for it again, and maybe pay twice. "
                    "default: as longvid.yaml says, else ask.",
                ),
                io.Combo.Input(
                    "on_failure",
                    options=[AS_SET, "stop", "placeholder"],
                    default=AS_SET,
                    optional=True,
                    tooltip="A segment that nobody renders. stop: the others are finished and kept, and there is no film yet. "
                    "placeholder: an animatic in its place, marked as such. default: as longvid.yaml says, else stop.",
                ),
                io.String.Input(
                    "model",
                    default="",
                    optional=True,
                    tooltip="Another model of the backend's provider than the list has, such as Replicate's OWNER/NAME or "
                    "OWNER/NAME:VERSION. What it can do is read from the schema it publishes. Empty: the one chosen above.",
                ),
            ],
            outputs=[Clips.Output("clips", tooltip="The clips, in order, with everything the manifest says about them.")],
            is_output_node=True,
        )

    @classmethod
    async def validate_inputs(cls, backend: str | None) -> bool | str:
        return await asyncio.to_thread(complaint, backend) or True

    @classmethod
    def fingerprint_inputs(cls, **inputs: object) -> float:
        return float("nan")

    @classmethod
    async def execute(
        cls,
        plan: PlanValue,
        backend: str,
        budget_usd: float,
        keyframes: tuple[Keyframe, ...] = (),
        fallback: str = "",
        on_unknown: str = AS_SET,
        on_failure: str = AS_SET,
        model: str = "",
    ) -> io.NodeOutput:
        from longvid_core.render.agree import agreed
        from longvid_core.render.clips import render_clips
        from longvid_core.render.film import require_clips

        whole, named = plan.with_keyframes(keyframes), backend_named(backend, model)
        async with session(cls, settings_of(fallback, on_unknown, on_failure), budget_usd) as core:
            costs = agreed(whole, core, backend=named)
            rendered = require_clips(await render_clips(whole, core, backend=named))
        shown = clips_text(rendered, core.warnings, paid_text(costs, core.spent_micro_usd))
        return io.NodeOutput(rendered, ui=ui.PreviewText(shown))
