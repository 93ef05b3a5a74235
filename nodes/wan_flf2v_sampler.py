"""Wan2.1 FLF2V Sampler."""

from __future__ import annotations

from typing import Any

import comfy.samplers

from longvid_core.models import Keyframe
from longvid_core.models import Plan as PlanValue

from .host.api import io, ui
from .host.session import looking, session
from .host.types import Clips, Keyframes, Plan
from .host.wan import canvas_backend, models_to_load, sampling_of
from .host.words import clips_text

_NEGATIVE = (
    "oversaturated colours, overexposed, static, blurred details, subtitles, watermark, worst quality, "
    "low quality, JPEG artifacts, ugly, extra fingers, badly drawn hands, badly drawn face, deformed, malformed limbs, fused "
    "fingers, still picture, cluttered background, three legs, crowded background, walking backwards"
)


class WanFLF2VSampler(io.ComfyNode):
    """Samples every segment the store does not have, with the models that are wired."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LongvidWanFLF2VSampler",
            display_name="Wan2.1 FLF2V Sampler",
            category="Longvid",
            description="Renders the plan's segments between their keyframes with your own Wan2.1 model: any quantization, LoRA "
            "or patch. One segment after another, each kept as soon as it is decoded: after a cancel, a crash or a changed "
            "prompt only what is missing is sampled. Where nothing is missing, no model is loaded.",
            search_aliases=["wan", "first last frame", "image to video", "i2v", "flf2v", "ksampler", "render", "local"],
            inputs=[
                Plan.Input("plan", tooltip="The plan to render."),
                Keyframes.Input(
                    "keyframes",
                    optional=True,
                    tooltip="The plan's pictures. Needed unless the plan itself brings them.",
                ),
                io.Model.Input(
                    "model",
                    lazy=True,
                    tooltip="A Wan2.1 FLF2V model, or an I2V one for chaining. Loaded only when some segment has to be sampled.",
                ),
                io.Clip.Input("clip", lazy=True, tooltip="The UMT5-XXL text encoder. All texts are encoded before sampling."),
                io.Vae.Input("vae", lazy=True, tooltip="The Wan2.1 VAE."),
                io.ClipVision.Input(
                    "clip_vision",
                    optional=True,
                    lazy=True,
                    tooltip="CLIP ViT-H vision model, which Wan2.1 FLF2V and I2V were trained with.",
                ),
                io.Combo.Input(
                    "sampler",
                    options=comfy.samplers.KSampler.SAMPLERS,
                    default="uni_pc",
                    tooltip="The sampler, as in KSampler.",
                ),
                io.Combo.Input(
                    "scheduler",
                    options=comfy.samplers.KSampler.SCHEDULERS,
                    default="simple",
                    tooltip="How noise levels are spread over the steps, as in KSampler.",
                ),
                io.Int.Input("steps", default=20, min=1, max=1000, tooltip="Sampling steps for each segment."),
                io.Float.Input(
                    "cfg",
                    default=4.0,
                    min=0.0,
                    max=100.0,
                    step=0.1,
                    round=0.01,
                    tooltip="How strictly the prompt is followed. 1.0 halves the time and ignores the negative prompt.",
                ),
                io.Float.Input(
                    "shift",
                    default=8.0,
                    min=0.0,
                    max=100.0,
                    step=0.01,
                    tooltip="Sigma shift, as in ModelSamplingSD3. 0: whatever the wired model has.",
                ),
                io.String.Input(
                    "negative",
                    default=_NEGATIVE,
                    multiline=True,
                    tooltip="What no segment should show. A segment's own negative prompt comes before it.",
                ),
                io.Boolean.Input(
                    "tiled_decode",
                    default=False,
                    tooltip="Decode in tiles: needs less memory and changes pixels slightly.",
                ),
                io.String.Input(
                    "segments",
                    default="all",
                    tooltip="all; missing: those that have no clip yet, while clips sampled with other settings for the same "
                    "words, seed and pictures stay; or such as 0-3, 7 (numbers or ids), passed on as a film of their own.",
                ),
            ],
            outputs=[Clips.Output("clips", tooltip="The clips, in order, with everything the manifest says about them.")],
            hidden=[io.Hidden.unique_id, io.Hidden.dynprompt],
            is_output_node=True,
        )

    @classmethod
    def fingerprint_inputs(cls, **inputs: object) -> float:
        return float("nan")

    @classmethod
    def check_lazy_status(cls, plan: PlanValue, segments: str, keyframes: tuple[Keyframe, ...] = (), **inputs: Any) -> list[str]:
        from longvid_core.render.clips import missing_segments
        from longvid_core.render.selection import chosen_segments

        with looking() as core:
            backend = canvas_backend(cls.hidden, core, {}, sampling_of(inputs))
            whole = plan.with_keyframes(keyframes or ())
            return models_to_load(backend, missing_segments(whole, core, backend=backend, **chosen_segments(plan, segments)))

    @classmethod
    async def execute(cls, plan: PlanValue, segments: str, keyframes: tuple[Keyframe, ...] = (), **inputs: Any) -> io.NodeOutput:
        from longvid_core.render.clips import render_clips
        from longvid_core.render.film import require_clips
        from longvid_core.render.selection import chosen_segments

        async with session(cls) as core:
            backend = canvas_backend(cls.hidden, core, inputs, sampling_of(inputs))
            whole = plan.with_keyframes(keyframes)
            rendered = require_clips(await render_clips(whole, core, backend=backend, **chosen_segments(plan, segments)))
        return io.NodeOutput(rendered, ui=ui.PreviewText(clips_text(rendered, core.warnings)))
