"""Asking the core for a plan, and saying on the canvas what it holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from longvid_core.catalog import find_backend
from longvid_core.errors import BadInput, UnknownName
from longvid_core.validation import describe

from .folders import input_folder

if TYPE_CHECKING:
    from longvid_core.models import Plan

PLANNERS = ["offline"]


async def make_plan(edited_plan: str, planner: str, backend: str, **brief: object) -> Plan:
    """The edited plan where there is one, else a new one by `planner`."""
    return plan_from_json(edited_plan) if edited_plan.strip() else await plan_from_prompt(planner, backend, **brief)


async def plan_from_prompt(planner: str, backend: str, **brief: object) -> Plan:
    """A new plan, in lengths that `backend` can render. BadInput names each field that does not hold."""
    from longvid_core.planning.brief import Brief, Limits
    from longvid_core.planning.offline import OfflinePlanner

    planners = {"offline": OfflinePlanner}
    if planner not in planners:
        raise UnknownName(f"there is no planner {planner!r}.", f"There is: {', '.join(planners)}.")
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
    return await planners[planner]().plan(asked, limits)


def plan_from_json(text: str) -> Plan:
    """A plan that someone edited, its pictures in ComfyUI's input folder unless their paths are absolute."""
    from longvid_core.planfile import parse_plan

    return parse_plan(text, folder=Path(input_folder()), name="edited_plan")


def plan_as_json(plan: Plan) -> str:
    """The plan as text to edit."""
    from longvid_core.planfile import plan_json

    return plan_json(plan)
