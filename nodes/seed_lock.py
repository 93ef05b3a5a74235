"""Seed Lock."""

from __future__ import annotations

from longvid_core.models import Plan as PlanValue
from longvid_core.seeds import lock_seed

from .host.api import io, ui
from .host.errors import on_the_node
from .host.types import Plan
from .host.words import seeds_text


class SeedLock(io.ComfyNode):
    """Settles every segment's seed."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="LongvidSeedLock",
            display_name="Seed Lock",
            category="Longvid",
            description="Gives every segment its seed, by a policy, so that the same film can be made again and one segment "
            "rerolled without touching the others. Shows the seeds on the node.",
            search_aliases=["seed", "noise seed", "seed policy", "reproducible", "universal seed"],
            inputs=[
                Plan.Input("plan", tooltip="The plan whose seeds are settled."),
                io.Int.Input(
                    "seed",
                    default=0,
                    min=0,
                    max=0xFFFFFFFFFFFFFFFF,
                    control_after_generate=io.ControlAfterGenerate.fixed,
                    tooltip="The base seed. A browser holds whole numbers exactly up to 9007199254740991; for larger ones use "
                    "seed_text.",
                ),
                io.Combo.Input(
                    "policy",
                    options=["derived", "universal", "stride", "from_id"],
                    default="derived",
                    tooltip="derived: from the base and each segment's id, so that rerolling or inserting one leaves the others "
                    "alone. universal: the same for all. stride: base + index × step. from_id: from generation_id, for all.",
                ),
                io.Int.Input(
                    "step", default=1, min=1, max=0xFFFFFFFF, tooltip="For stride: from one segment's seed to the next."
                ),
                io.String.Input("generation_id", default="", tooltip="For from_id: any text. The same text is the same seed."),
                io.String.Input(
                    "seed_text",
                    default="",
                    tooltip="A base seed of 64 bits as decimal digits (0 to 18446744073709551615), exact. Empty: use seed.",
                ),
            ],
            outputs=[
                Plan.Output("plan", tooltip="The plan with its seeds settled."),
                io.Int.Output("seed", tooltip="The base seed, exact, for other nodes."),
            ],
            has_intermediate_output=True,
        )

    @classmethod
    def execute(cls, plan: PlanValue, seed: int, policy: str, step: int, generation_id: str, seed_text: str) -> io.NodeOutput:
        with on_the_node():
            locked = lock_seed(plan, seed_text or seed, policy, step=step, generation_id=generation_id)
        return io.NodeOutput(locked, locked.seed, ui=ui.PreviewText(seeds_text(locked)))
