"""Whether a question has room: in what the model holds, and in the budget."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import BadInput, OverBudget
from .language_models import LanguageModel, tokens_in
from .wire import KEPT

if TYPE_CHECKING:
    from pydantic import BaseModel

    from ..render.session import Session

_LETTERS_A_TOKEN = 6
"""More than a token holds on average in any text; English has about four and a half."""


def tokens_asked(messages: list[dict[str, Any]], form: type[BaseModel] | None = None) -> int:
    """About how many tokens a question is, with the form that its answer is to have."""
    words = sum(tokens_in(str(m.get("content") or "")) for m in messages)
    return words + (tokens_in(json.dumps(form.model_json_schema())) if form is not None else 0)


@dataclass
class Room:
    """The room there is for a model's questions and answers in one run. `name`: what people know the model by."""

    model: str
    name: str
    entry: LanguageModel
    session: Session
    budget: float | None

    @property
    def budget_micro_usd(self) -> int | None:
        """The budget; None where there is none."""
        return None if self.budget is None else round(self.budget * 1_000_000)

    def refuse_too_long(self, asked: int, answered: int) -> None:
        """BadInput where question and answer, in tokens, are more than the model holds."""
        holds, writes = self.entry.context, self.entry.answer
        if holds is not None and asked + answered > holds:
            raise BadInput(
                f"the prompt is about {asked} tokens, and its plan about {answered} more; {self.model} holds {holds}.",
                "Shorten it, ask for fewer segments, choose a model that holds more, or plan offline, which has no limit.",
            )
        if writes is not None and answered > writes:
            raise BadInput(
                f"the plan would be about {answered} tokens long; {self.model} writes at most {writes}.",
                "Ask for fewer segments, or make several films; --planner offline has no limit.",
            )

    def refuse_too_dear(self, asked: int, answered: int) -> None:
        """OverBudget where a question and its answer, in tokens, cost more than is left, or nobody knows what they cost."""
        if self.budget is None:
            return
        cost, spent = self.entry.cost(asked, answered), self.session.spent_micro_usd
        if cost is None:
            raise OverBudget(
                f"there is a budget, and the price of {self.name} is not known.",
                "Choose another model, plan offline, or leave the budget out.",
            )
        if spent + cost > (self.budget_micro_usd or 0):
            already = f"after ${spent / 1e6:.4f} spent, " if spent else ""
            raise OverBudget(
                f"{already}asking {self.name} would cost about ${cost / 1e6:.4f}, over the budget of ${self.budget:.2f}.",
                "Raise --budget, choose a cheaper model, or plan offline; this was not asked.",
            )

    def refuse_half_read(self, messages: list[dict[str, Any]], read: int) -> None:
        """BadInput where the server says that it `read` fewer tokens than the prompt can possibly be: it cut it in silence.

        Ollama does, at its own default context. Whoever sets planner.context vouches for it.
        """
        if self.vouched or not half_read(messages, read):
            return
        asked = tokens_in(_words(messages))
        raise BadInput(
            f"the prompt is about {asked} tokens, and {self.name} read {read} of them: its context is too small.",
            "Give it a larger one (Ollama: OLLAMA_CONTEXT_LENGTH=32768) and ask again, shorten the text, or plan offline. Where "
            "the server only counts otherwise, set planner.context to what it holds.",
            KEPT,
        )

    @property
    def vouched(self) -> bool:
        """Whether the person says what the model holds."""
        return self.session.settings.planner.context is not None


def half_read(messages: list[dict[str, Any]], read: int) -> bool:
    """Whether that many tokens, as the server counts them, cannot be all of the messages."""
    return bool(read) and read < len(_words(messages)) // _LETTERS_A_TOKEN


def _words(messages: list[dict[str, Any]]) -> str:
    return " ".join(" ".join(str(m.get("content") or "").split()) for m in messages)
