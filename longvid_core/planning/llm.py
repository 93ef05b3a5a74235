"""The planner that is a language model: asked for a form, its answer checked, sent back, mended, and made into a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import model_validator

from ..events import Notice
from ..models.plan import Plan
from ..providers.faults import Refused
from .answer import PlanAnswer
from .ask import Facts, messages
from .brief import Brief, Limits
from .checks import faults
from .compose import composed
from .endpoint import Endpoint, NoForm
from .mend import mended

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
        plan = self.composed(await self._answer(facts), facts)
        self.session.emit(Notice(message=self.told()))
        return plan

    async def _answer(self, facts: Facts) -> PlanAnswer:
        """The answer that was taken for this question before; else a new one, which is kept."""
        endpoint = self.endpoint
        key = endpoint.key_of_question(PlanAnswer, messages(facts))
        kept = None if endpoint.replan else endpoint.taken(key)
        if kept is not None:
            return PlanAnswer.model_validate(kept)
        judge = Judge(self.session.settings.planner.reasks)
        form = judged(facts, judge, endpoint)
        try:
            found: PlanAnswer | None = await endpoint.ask(
                form, messages(facts), answer_tokens=facts.answer_tokens, reasks=judge.reasks
            )
        except NoForm as error:
            if judge.best is None:
                raise unformed(endpoint, error) from error
            found = judge.best
        assert found is not None
        endpoint.take(key, found.model_dump(mode="json"))
        return found

    def foreseen(self, facts: Facts) -> PlanAnswer | None:
        """The answer in the store, if there is one; nothing is asked."""
        kept = self.endpoint.taken(self.endpoint.key_of_question(PlanAnswer, messages(facts)))
        return None if kept is None else PlanAnswer.model_validate(kept)

    def composed(self, answer: PlanAnswer, facts: Facts) -> Plan:
        """The plan that an answer gives, with what had to be mended said."""
        repairs: list[str] = []
        whole = mended(answer, facts, repairs.append)
        tell_repairs(self.session, self.endpoint.name, repairs)
        return composed(whole, facts, self.endpoint.name)

    def told(self) -> str:
        """Who planned, and what it took."""
        used = self.endpoint.used
        if used.requests == 0:
            return f"planned by {self.endpoint.name}, from the answer in the store; `longvid plan --replan` asks again."
        return f"planned by {self.endpoint.name}: {used}."


class Judge:
    """Sends an answer back while there are tries left, and keeps the best that was seen."""

    def __init__(self, reasks: int) -> None:
        self.reasks = reasks
        self.best: PlanAnswer | None = None
        self._least = 0

    def consider(self, answer: PlanAnswer, found: list[str], attempt: int) -> None:
        """Note a well-formed answer and its faults. ValueError, to be fed back, where it may be asked for again."""
        if self.best is None or len(found) <= self._least:
            self.best, self._least = answer, len(found)
        if found and attempt <= self.reasks:
            raise ValueError("\n".join(["The plan does not hold:", *found[: 2 * _SHOWN]]))


def judged(facts: Facts, judge: Judge, endpoint: Endpoint) -> type[PlanAnswer]:
    """The form of the answer, with our checks in it, so that instructor feeds back what they say."""

    class FilmPlan(PlanAnswer):
        """A film, planned segment by segment."""

        @model_validator(mode="after")
        def _holds(self) -> FilmPlan:
            judge.consider(self, faults(self, facts), endpoint.attempt)
            return self

    return FilmPlan


def unformed(endpoint: Endpoint, error: NoForm) -> Refused:
    """No answer had the form asked for: said with what was wrong with the last one."""
    return Refused(
        f"{endpoint.name} did not answer in the form asked for, in {endpoint.attempt} tries.",
        *error.wrong,
        "Try another planner.mode or a larger model, or plan without one: --planner offline.",
    )


def tell_repairs(session: Session, name: str, repairs: list[str]) -> None:
    """Say what was set right by rule, each thing once."""
    for what in repairs[:_SHOWN]:
        session.emit(Notice(level="warning", message=f"the plan of {name} was mended: {what}"))
    if len(repairs) > _SHOWN:
        session.emit(Notice(level="warning", message=f"the plan of {name} was mended in {len(repairs) - _SHOWN} more places."))
