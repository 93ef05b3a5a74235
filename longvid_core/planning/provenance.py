"""What a plan says of how it was planned: by whom, out of which words, from which answer."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from ..models.records import PlannerRecord
from .brief import Brief

if TYPE_CHECKING:
    from ..models.plan import Plan
    from .endpoint import Endpoint

_ASKED = ("mode", "seconds", "segments")


def by_rules(brief: Brief, unmet: str = "") -> PlannerRecord:
    """The record of a plan by the offline planner. `unmet`: what the text asks for of its film and does not get, and why."""
    return _record(brief, "offline", asked=_asked(brief) | ({"unmet": unmet} if unmet else {}))


def unmet_of(plan: Plan) -> str:
    """What the text asks for of its film and this plan does not give, and why, as a sentence; empty for nothing."""
    said = plan.planner.settings.get("unmet") if plan.planner is not None else None
    return said if isinstance(said, str) else ""


def by_model(brief: Brief, endpoint: Endpoint, answer_sha256: str | None) -> PlannerRecord:
    """The record of a plan by a language model. answer_sha256: of its own words, as in `judge.Answered`."""
    said = endpoint.session.settings.planner
    how = {"temperature": said.temperature, "seed": None if said.seed is None else str(said.seed), "mode": said.mode}
    record = _record(brief, f"openai:{endpoint.model}", asked=_asked(brief) | how | {"reasks": said.reasks})
    return record.model_copy(update={"model": endpoint.model, "answer_sha256": answer_sha256})


def revised_by(planner: PlannerRecord | None, endpoint: Endpoint, wish: str, answer_sha256: str | None) -> PlannerRecord | None:
    """The record of a plan that was revised: what was wished, of whom, and what came back, as in `by_model`. A plan by hand has
    none."""
    if planner is None:
        return None
    told = {"model": endpoint.model, "text": wish, "answer_sha256": answer_sha256}
    revisions = [*planner.settings.get("revisions", []), told]
    return planner.model_copy(update={"settings": {**planner.settings, "revisions": revisions}})


def without_address(planned_by: str | None) -> str | None:
    """Who planned, without where: the address of somebody's own model is theirs to tell."""
    return re.sub(r" at \w+://[^\s,]*", "", planned_by) if planned_by is not None else None


def _record(brief: Brief, by: str, *, asked: dict[str, Any]) -> PlannerRecord:
    words = hashlib.sha256(brief.prompt.encode()).hexdigest()
    return PlannerRecord(by=by, prompt=brief.prompt, prompt_sha256=words, settings=asked)


def _asked(brief: Brief) -> dict[str, Any]:
    """What the person said of the film besides its words."""
    return {name: getattr(brief, name) for name in _ASKED if getattr(brief, name) is not None}
