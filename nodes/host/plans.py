"""Asking the core for a plan, and saying on the canvas what it holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from longvid_core.catalog import find_backend
from longvid_core.errors import BadInput
from longvid_core.money import dollars
from longvid_core.validation import describe

from .folders import input_folder
from .session import session

if TYPE_CHECKING:
    from longvid_core.models import Plan
    from longvid_core.planning.brief import Brief, Limits

    from .api import io

PLANNERS = ["offline", "openai"]


async def make_plan(
    node: type[io.ComfyNode], edited_plan: str, planner: str, backend: str, model: str, replan: bool, **brief: object
) -> tuple[Plan, list[str]]:
    """The edited plan where there is one, else a new one by `planner`; and what the run warned of."""
    from longvid_core.events import StageDone, StageStarted
    from longvid_core.planning.choose import OFFLINE, plan_by

    if edited_plan.strip():
        return plan_from_json(edited_plan), []
    name = planner_named(planner, model)
    asked, limits = asked_for(backend, **brief)
    if name == OFFLINE:
        return await plan_by(name, asked, limits, None), []
    async with session(node) as core:
        core.emit(StageStarted(stage="plan", total=1))
        plan = await plan_by(name, asked, limits, core, replan=replan, budget=core.settings.budget)
        core.emit(StageDone(stage="plan"))
        return plan, [f"Note: {warning}" for warning in core.warnings]


def planner_named(planner: str, model: str) -> str:
    """`offline`, or openai:MODEL; the model may be written with or without `openai:`."""
    if planner != "openai":
        return planner
    named = model.strip().removeprefix("openai:")
    if not named:
        raise BadInput("the planner is openai, and no model is named.", "Write its name into model, or set planner to offline.")
    return f"openai:{named}"


def asked_for(backend: str, **brief: object) -> tuple[Brief, Limits]:
    """What the widgets ask for, in lengths that `backend` can render. BadInput names each field that does not hold."""
    from longvid_core.planning.brief import Brief, Limits

    if not str(brief.get("prompt") or "").strip():
        raise BadInput("the prompt is empty.", "Say in words what the film shows.")
    try:
        asked = Brief.model_validate({name: value for name, value in brief.items() if value})  # 0 and "" mean: not said
    except ValidationError as error:
        raise BadInput("these settings cannot be planned:", *describe(error)) from error
    chosen = find_backend(backend, "video")
    limits = Limits.of(str(chosen), chosen.entry, asked.fps)
    if asked.fps is not None and limits.fps != asked.fps:
        raise BadInput(f"fps {asked.fps:g}: {chosen} renders at {limits.fps:g} only.", f"Set fps to 0, or to {limits.fps:g}.")
    return asked, limits


def asked_again(replan: bool) -> float:
    """What ComfyUI compares before it runs a planner again: with `replan` never the same."""
    return float("nan") if replan else 0.0


def cost_text(plan: Plan, backend: str) -> str:
    """What rendering the plan costs at list price, and who planned it."""
    from longvid_core.estimate import price_of

    chosen = find_backend(backend, "video")
    price = chosen.entry.price
    low, high = (sum(ends) for ends in zip(*(price_of(chosen.entry, s.frames, plan.fps) for s in plan.segments), strict=True))
    amount = "price not known" if price is None else dollars(low, high)
    return f"estimate: {amount} to render with {chosen} · planned by {plan.planned_by or 'hand'}"


def plan_from_json(text: str) -> Plan:
    """A plan that someone edited, its pictures in ComfyUI's input folder unless their paths are absolute."""
    from longvid_core.planfile import parse_plan

    return parse_plan(text, folder=Path(input_folder()), name="edited_plan")


def plan_as_json(plan: Plan) -> str:
    """The plan as text to edit."""
    from longvid_core.planfile import plan_json

    return plan_json(plan)
