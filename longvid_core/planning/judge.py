"""A question to a language model, put once: its answer judged by our rules, sent back with its faults, kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import create_model, model_validator

from ..errors import OverBudget
from ..events import Notice
from ..providers.faults import Refused
from .answer import Form
from .endpoint import Endpoint, NoForm
from .textkit import printable, shortened
from .wire import KEPT

A = TypeVar("A", bound=Form)
Faults = Callable[[A], list[str]]

_SENT_BACK = 24


@dataclass(frozen=True)
class Answered(Generic[A]):
    """An answer that was taken. sha256: of the model's own words in UTF-8, which the store has as `answers/ab/SHA256.txt`; None
    where an earlier Longvid took it and did not keep them so."""

    answer: A
    sha256: str | None


async def answered(
    endpoint: Endpoint, form: type[A], messages: list[dict[str, str]], faults: Faults[A], *, answer_tokens: int
) -> Answered[A]:
    """The answer that was taken for this question before; else a new one, which is kept. `endpoint.replan`: always a new one,
    and the old one is forgotten: stopped and gone on with, the run must not find it again.

    `faults`: what does not hold in a well-formed answer, in words that the model can act on. It is sent back with them while
    there are tries left (planner.reasks); of answers that never hold, the one with the fewest counts. Refused where none has
    the form; else what `Endpoint.ready` and `Endpoint.ask` raise.
    """
    if not endpoint.replan and (kept := known(endpoint, form, messages)) is not None:
        return kept
    endpoint.ready(form, messages, answer_tokens)
    key = endpoint.key_of_question(form, messages)
    endpoint.kept.forget(key)
    judge: Judge[A] = Judge(endpoint, faults)
    try:
        await endpoint.ask(judge.form(form), messages, reasks=judge.reasks, formed=lambda: judge.best is not None)
    except OverBudget as error:
        if judge.best is None:
            raise
        told = f"{error.what} The answer there is counts, with its faults."
        endpoint.session.emit(Notice(level="warning", message=told))
    except NoForm as error:
        if judge.best is None:
            tries = f"{endpoint.tries} tries" if endpoint.tries > 1 else "one try"
            raise Refused(
                f"{endpoint.name} did not answer in the form asked for, in {tries}.",
                *_said(endpoint.said),
                *error.wrong,
                "Try another planner.mode or a larger model, or plan without one: --planner offline.",
                KEPT,
            ) from error
    assert judge.best is not None
    sha256 = endpoint.kept.take(key, judge.best.model_dump(mode="json"), judge.words)
    return Answered(form.model_validate(judge.best.model_dump()), sha256)


def _said(words: str) -> list[str]:
    """What the model said instead of a form: nothing, or prose, such as why it will not. Faults of a form tell more."""
    said = printable(words).strip()
    return [] if "{" in said else [f'It said: "{shortened(said, 300)}"' if said else "It said nothing."]


def known(endpoint: Endpoint, form: type[A], messages: list[dict[str, str]]) -> Answered[A] | None:
    """The answer that was taken for this question before, if there is one; nothing is asked."""
    kept = endpoint.kept.taken(endpoint.key_of_question(form, messages))
    return None if kept is None else Answered(form.model_validate(kept[0]), kept[1])


class Judge(Generic[A]):
    """Sends an answer back while there are tries left, and keeps the best that was seen, and the words it came in."""

    def __init__(self, endpoint: Endpoint, faults: Faults[A]) -> None:
        self.reasks = endpoint.session.settings.planner.reasks
        self.best: A | None = None
        self.words = ""
        self._endpoint, self._faults, self._least = endpoint, faults, 0

    def form(self, form: type[A]) -> type[A]:
        """`form` with our rules in it: instructor feeds back what they say."""

        def holds(answer: Any) -> Any:
            self._consider(answer)
            return answer

        rules: dict[str, Any] = {"holds": model_validator(mode="after")(holds)}
        return create_model(form.__name__, __base__=form, __doc__=form.__doc__, __validators__=rules)

    def _consider(self, answer: A) -> None:
        found = self._faults(answer)
        if self.best is None or len(found) <= self._least:
            self.best, self.words, self._least = answer, self._endpoint.said, len(found)
        if found and self._endpoint.attempt <= self.reasks:
            raise ValueError("\n".join(["What you answered does not hold:", *found[:_SENT_BACK]]))
