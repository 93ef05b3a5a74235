"""Remote Video Backend."""

from __future__ import annotations

from longvid_core.models import Keyframe
from longvid_core.models import Plan as PlanValue

from .host.api import io, ui
from .host.backends import video_backends
from .host.session import session
from .host.types import Clips, Keyframes, Plan
from .host.words import clips_text


class RemoteVideo(io.ComfyNode):
    """Renders every segment the store does not have."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LongvidRemoteVideo",
            display_name="Remote Video Backend",
            category="Longvid",
            description="Renders the plan's segments with any registered video provider, several at once. Finished clips are "
            "kept: after a cancel, a crash or a changed prompt only what is missing is rendered.",
            search_aliases=["render", "image to video", "first last frame", "animatic", "api", "cloud"],
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
                    tooltip="Who renders. animatic:animatic moves the camera through the keyframes here, "
                    "with no model and no network.",
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
            ],
            outputs=[Clips.Output("clips", tooltip="The clips, in order, with everything the manifest says about them.")],
            is_output_node=True,
        )

    @classmethod
    def fingerprint_inputs(cls, **inputs: object) -> float:
        return float("nan")

    @classmethod
    async def execute(
        cls, plan: PlanValue, backend: str, budget_usd: float, keyframes: tuple[Keyframe, ...] = ()
    ) -> io.NodeOutput:
        from longvid_core.estimate import check_budget, estimate
        from longvid_core.render.clips import render_clips
        from longvid_core.render.film import require_clips

        whole = plan.with_keyframes(keyframes)
        async with session(cls) as core:
            check_budget(estimate(whole, core, backend=backend), budget_usd or core.settings.budget)
            rendered = require_clips(await render_clips(whole, core, backend=backend))
        return io.NodeOutput(rendered, ui=ui.PreviewText(clips_text(rendered, core.warnings)))
