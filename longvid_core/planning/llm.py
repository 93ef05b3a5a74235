"""The planner that is a language model: asked for a form, its answer checked, sent back, mended, and made into a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..events import Notice
from ..models.plan import Plan
from .answer import PlanAnswer
from .ask import Facts, messages
from .brief import Brief, Limits
from .checks import faults
from .compose import composed
from .endpoint import Endpoint
from .judge import Answered, answered, known
from .mend import mended
from .provenance import by_model

if TYPE_CHECKING:
    from ..render.session import Session

_SHOWN = 12


class LlmPlanner:
    """A `Planner` that asks `model`. The same brief, model and settings are asked once: the answer is in the store.

    `replan` asks again. Raises BadInput, CannotRender and OverBudget before anything is sent; ProviderFault (exit code 3) where
    the model refuses, the key is wrong, or no answer has the form asked for.
    """

    def __init__(self, model: str, session: Session, *, replan: bool = False, budget: float | None = None) -> None:
        self.endpoint = Endpoint(model, session, replan=replan, budget=budget)
        self.session = session

    async def plan(self, brief: Brief, limits: Limits) -> Plan:
        facts = Facts.of(brief, limits)

        def wrong(answer: PlanAnswer) -> list[str]:
            return faults(answer, facts)

        taken = await answered(self.endpoint, PlanAnswer, messages(facts), wrong, answer_tokens=facts.answer_tokens)
        plan = self.composed(taken, facts)
        self.session.emit(Notice(message=self.told()))
        return plan

    def foreseen(self, facts: Facts) -> Answered[PlanAnswer] | None:
        """The answer in the store, if there is one; nothing is asked."""
        return known(self.endpoint, PlanAnswer, messages(facts))

    def composed(self, taken: Answered[PlanAnswer], facts: Facts) -> Plan:
        """The plan that an answer gives, with what had to be mended said."""
        repairs: list[str] = []
        whole = mended(taken.answer, facts, repairs.append)
        tell_repairs(self.session, self.endpoint.name, repairs)
        plan = composed(whole, facts, self.endpoint.name)
        return plan.model_copy(update={"planner": by_model(facts.brief, self.endpoint, taken.sha256)})

    def told(self) -> str:
        """Who planned, and what it took."""
        used = self.endpoint.used
        if used.requests == 0:
            return f"planned by {self.endpoint.name}, from the answer in the store; --replan asks again."
        return f"planned by {self.endpoint.name}: {used}."


def tell_repairs(session: Session, name: str, repairs: list[str]) -> None:
    """Say what was set right by rule, each thing once."""
    for what in repairs[:_SHOWN]:
        session.emit(Notice(level="warning", message=f"the plan of {name} was mended: {what}"))
    if len(repairs) > _SHOWN:
        session.emit(Notice(level="warning", message=f"the plan of {name} was mended in {len(repairs) - _SHOWN} more places."))
