"""Who plans, by name, and who stands in where a model gives no plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import BadInput, Interrupted, LongvidError, OverBudget, UnknownName
from ..models.base import Frozen, MicroUsd
from ..models.plan import Plan
from .brief import Brief, Limits

if TYPE_CHECKING:
    from ..render.session import Session

OFFLINE = "offline"


class Foreseen(Frozen):
    """What planning will take. `micro_usd` None: nobody wrote the price down."""

    planner: str
    cached: bool
    tokens_in: int = 0
    tokens_out: int = 0
    micro_usd: MicroUsd | None = 0


def model_of(name: str, option: str = "--planner") -> str | None:
    """The language model in `openai:MODEL`; None for `offline`. UnknownName for anything else, naming the option."""
    kind, colon, model = name.partition(":")
    if name == OFFLINE:
        return None
    if kind != "openai":
        raise UnknownName(f"{option} {name}: there is no such planner.", f"There is: {OFFLINE}, openai:MODEL.")
    if not model.strip() or model != model.strip():
        from .language_models import known

        raise BadInput(f"{option} {name} names no model.", f"Give one, such as openai:{next(iter(known().models))}.")
    return model


async def plan_by(
    name: str, brief: Brief, limits: Limits, session: Session | None, *, replan: bool = False, budget: float | None = None
) -> Plan:
    """The plan by `offline` or openai:MODEL. Only a model needs the session.

    Where the model gives none and `on_planner_failure` is `offline`, the rules plan, which a warning and the plan's `planned_by`
    say. What no plan can meet, a budget and an interruption are no failures of the model and go up.
    """
    from .offline import plan_offline

    model = model_of(name)
    if model is None:
        return plan_offline(brief, limits)
    from .llm import LlmPlanner

    assert session is not None
    try:
        return await LlmPlanner(model, session, replan=replan, budget=budget).plan(brief, limits)
    except (Interrupted, OverBudget):
        raise
    except LongvidError as error:
        if session.settings.on_planner_failure != "offline":
            raise
        from ..events import Notice

        plan = plan_offline(brief, limits)  # what no planner can meet is refused here again
        session.emit(Notice(level="warning", message=f"PLANNED OFFLINE, by rules, in place of {name}: {error.what}"))
        return plan.model_copy(update={"planned_by": f"offline, in place of {name}"})


def foresee(name: str, brief: Brief, limits: Limits, session: Session, *, replan: bool = False) -> tuple[Plan, Foreseen]:
    """The plan as far as it can be known without asking anybody, and what asking will take; with `replan`, asking again.

    A model's plan is in the store, or the offline planner's stands in for it: number and lengths of segments are about the same.
    """
    from .offline import plan_offline

    model = model_of(name)
    if model is None:
        return plan_offline(brief, limits), Foreseen(planner=OFFLINE, cached=True)
    from .answer import PlanAnswer
    from .ask import Facts, messages
    from .llm import LlmPlanner

    facts, planner = Facts.of(brief, limits), LlmPlanner(model, session)
    answer = None if replan else planner.foreseen(facts)
    if answer is not None:
        return planner.composed(answer, facts), Foreseen(planner=name, cached=True)
    tokens_in, tokens_out, cost = planner.endpoint.foreseen(messages(facts), PlanAnswer, facts.answer_tokens)
    return facts.draft, Foreseen(planner=name, cached=False, tokens_in=tokens_in, tokens_out=tokens_out, micro_usd=cost)
