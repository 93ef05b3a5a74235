"""LLM Segment Planner."""

from __future__ import annotations

from .host.api import io, ui
from .host.backends import video_backends
from .host.errors import on_the_node
from .host.plans import PLANNERS, asked_again, cost_text, make_plan, plan_as_json
from .host.types import Plan
from .host.words import plan_text


class SegmentPlanner(io.ComfyNode):
    """One long prompt becomes a plan: segments, keyframes, camera, light."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LongvidSegmentPlanner",
            display_name="LLM Segment Planner",
            category="Longvid",
            description="Splits one long prompt into segments that a video model can render: by scenes and beats, with camera, "
            "light and keyframes. Nothing of your text is lost. Shows the shot list on the node.",
            search_aliases=["storyboard", "shot list", "split prompt", "scenes", "long video", "script", "director"],
            inputs=[
                io.String.Input(
                    "prompt",
                    multiline=True,
                    dynamic_prompts=False,
                    placeholder="Your film, in your own words. Scene markers, durations and a style preamble are understood.",
                    tooltip="The whole film. Paragraphs, 'Scene 2:', 'CUT TO', 'INT.', '(4s)' and lists all mean something; "
                    "a style or character preamble reaches every segment.",
                ),
                io.Combo.Input(
                    "planner",
                    options=PLANNERS,
                    default="offline",
                    tooltip="Who plans. offline: rules, no network, the same plan every time. openai: the language model named "
                    "below, at OpenAI or on any server like it (planner.base_url in longvid.yaml: Ollama, LM Studio, vLLM).",
                ),
                io.Combo.Input(
                    "mode",
                    options=["keyframe", "chaining"],
                    default="keyframe",
                    tooltip="keyframe: each segment is rendered between two stills, all at once. chaining: each one starts on "
                    "the last frame of the one before it.",
                ),
                io.Float.Input(
                    "seconds",
                    default=0.0,
                    min=0.0,
                    max=36000.0,
                    step=0.5,
                    tooltip="The film's length, met as nearly as the model's legal lengths allow. 0: from the text.",
                ),
                io.Int.Input(
                    "segments",
                    default=0,
                    min=0,
                    max=2000,
                    tooltip="Exactly this many segments, however many scenes the text has. 0: from the text.",
                ),
                io.Int.Input("width", default=832, min=16, max=8192, step=2, tooltip="Width of the film in pixels."),
                io.Int.Input("height", default=480, min=16, max=8192, step=2, tooltip="Height of the film in pixels."),
                io.Float.Input(
                    "fps",
                    default=0.0,
                    min=0.0,
                    max=240.0,
                    step=0.01,
                    tooltip="Frames a second. 0: the backend's native rate. 29.97 means 30000/1001.",
                ),
                io.Combo.Input(
                    "fit",
                    options=["crop", "pad", "stretch"],
                    default="crop",
                    tooltip="How pictures and clips of another shape are brought to the film's.",
                ),
                io.Combo.Input(
                    "backend",
                    options=video_backends(),
                    tooltip="The model the plan is made for: segments get lengths that it can render.",
                ),
                io.String.Input("title", default="", tooltip="The film's title. Empty: from the text."),
                io.String.Input(
                    "edited_plan",
                    optional=True,
                    force_input=True,
                    tooltip="A plan_json that you edited. It is used as it stands, and everything above is left aside.",
                ),
                io.String.Input(
                    "model",
                    default="",
                    optional=True,
                    tooltip="The language model of the planner openai, such as gpt-6-luna. Its key comes from the environment "
                    "(OPENAI_API_KEY) or longvid.yaml, never from here.",
                ),
                io.Boolean.Input(
                    "replan",
                    default=False,
                    optional=True,
                    tooltip="Ask the language model again on every run. Off: the same text and settings are asked once.",
                ),
            ],
            outputs=[
                Plan.Output("plan", tooltip="The plan, for Seed Lock, Keyframe Generator and the renderers."),
                io.String.Output("plan_json", tooltip="The plan as text: edit it and feed it back into edited_plan."),
            ],
            is_output_node=True,
        )

    @classmethod
    def fingerprint_inputs(cls, replan: bool = False, **inputs: object) -> float:
        return asked_again(replan)

    @classmethod
    async def execute(
        cls, planner: str, backend: str, edited_plan: str = "", model: str = "", replan: bool = False, **brief: object
    ) -> io.NodeOutput:
        with on_the_node():
            plan, notes = await make_plan(cls, edited_plan, planner, backend, model, replan, **brief)
            shown = "\n\n".join([plan_text(plan), cost_text(plan, backend), *notes])
        return io.NodeOutput(plan, plan_as_json(plan), ui=ui.PreviewText(shown))
