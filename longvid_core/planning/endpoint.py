"""Asking a language model over the chat-completions wire, once for each question: modes, retries, what it cost, what it said."""

from __future__ import annotations

import contextlib
import importlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

from ..access import Access, access
from ..canonical import sha256_of
from ..errors import MissingTool
from ..events import Notice
from ..files import write_bytes
from ..providers.faults import Refused, Transient
from ..providers.openai import client
from ..render.bill import Bill, billed
from ..retry import persistently
from .kept import Kept
from .language_models import HOSTED, LanguageModel, Mode, language_model, modes_of, price_shown, tokens_in
from .room import Room, half_read, tokens_asked
from .wire import Asked, ModeRefused, Unwanted, quiet, response_of, send, sound, tokens_of

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from openai.types.chat import ChatCompletion
    from pydantic import BaseModel

    from ..render.session import Session
    from ..settings import Settings

_IN_WORDS: Mode = "md_json"
"""The mode that says the form of an answer in words, which any model reads; in `json_schema` the server alone may know it."""

_Answer = TypeVar("_Answer", bound="BaseModel")


class NoForm(Exception):
    """No answer had the form asked for; `wrong`: what was wrong with the last one."""

    def __init__(self, wrong: list[str]) -> None:
        self.wrong = wrong
        super().__init__("; ".join(wrong))


def base_url_of(settings: Settings) -> str:
    """Where the planner's model is: planner.base_url, else OPENAI_BASE_URL, else OpenAI's own address."""
    return (access("openai", "planner", settings).address or HOSTED).rstrip("/")


def shown_address(base_url: str) -> str:
    """The address without a password or a token that stands in it."""
    parts = urlsplit(base_url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))


@dataclass
class Used:
    """What a question took. `micro_usd` None: nobody wrote the price down."""

    requests: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    micro_usd: int | None = 0

    def __str__(self) -> str:
        asked = f"{self.requests} request{'s' * (self.requests != 1)}"
        return f"{asked}, {self.tokens_in} tokens in, {self.tokens_out} out, {price_shown(self.micro_usd)}"


class Endpoint:
    """One language model at one address, on behalf of one run."""

    def __init__(self, model: str, session: Session, *, replan: bool = False, budget: float | None = None) -> None:
        settings = session.settings
        self.model, self.session, self.replan = model, session, replan
        self.base_url = base_url_of(settings)
        self.entry: LanguageModel = language_model(model, self.base_url, settings.planner.context)
        self.access: Access = access("openai", "planner", settings)
        self.room = Room(model, self.name, self.entry, session, budget)
        self.kept = Kept(model, session)
        self.used = Used()
        self.attempt = 0
        """Which answer in this mode it is, from 1."""
        self.tries = 0
        """How many answers there were in all modes."""
        self.said = ""
        """The newest answer, in the model's own words."""
        self._error: Exception | None = None
        self._answer_tokens = 0
        self._left_out: set[str] = set()

    @property
    def name(self) -> str:
        """What people know it by: openai:MODEL, with the address where it is not OpenAI's."""
        return f"openai:{self.model}" + ("" if self.base_url == HOSTED else f" at {shown_address(self.base_url)}")

    # -- a question --------------------------------------------------------------------------------------------------------

    def ready(self, form: type[BaseModel], messages: list[dict[str, str]], answer_tokens: int) -> None:
        """BadInput or OverBudget for a question that the model cannot hold, the budget does not cover, or no key goes with."""
        asked, self._answer_tokens = tokens_asked(messages, form), answer_tokens
        self.room.refuse_too_long(asked, answer_tokens)
        self.room.refuse_too_dear(asked, answer_tokens)
        self.access.ready()

    async def ask(
        self, form: type[_Answer], messages: list[dict[str, str]], *, reasks: int, formed: Callable[[], bool]
    ) -> _Answer:
        """An answer in the form of `form`, asked again with its faults where it does not hold.

        `formed`: whether any answer so far had the form. One that was to be kept to and never was is asked for in words, once.
        Raises NoForm where no answer held, OverBudget before one that is too dear, ProviderFault and BadInput for the rest.
        """
        modes = self._modes()
        while True:
            mode = modes.pop(0)
            try:
                found = await self._ask_in(mode, form, messages, reasks)
            except ModeRefused as refusal:
                if not modes:
                    raise Refused(
                        f"{self.name} takes no answer's form in {mode}: {refusal.what}",
                        "Set planner.mode to md_json, which any model can do, or choose another model.",
                    ) from refusal
                self._say(f"{self.name} does not take {mode}; asking in {modes[0]}.")
            except NoForm:
                if mode != "json_schema" or _IN_WORDS not in modes or formed():
                    raise
                modes = [_IN_WORDS]
                self._say(f"{self.name} takes {mode} and does not keep to it; asking in {_IN_WORDS}.")
            else:
                self._note_mode(mode)
                return found

    async def _ask_in(self, mode: Mode, form: type[_Answer], messages: list[dict[str, str]], reasks: int) -> _Answer:
        self.attempt, self._error = 0, None
        async with self._client() as sdk:
            import instructor
            from instructor.core.exceptions import InstructorRetryException

            async def create(**kwargs: Any) -> ChatCompletion:
                self.attempt, self.tries = self.attempt + 1, self.tries + 1
                try:
                    completion, self.said = await self._complete(sdk, kwargs, mode)
                    return completion
                except Exception as error:
                    self._error = error
                    raise

            # context= is never given: with it instructor would treat the user's words as a template
            patched: Any = instructor.patch(create=create, mode=instructor.Mode[mode.upper()])
            wanted: dict[str, Any] = {"model": self.model, "messages": messages, **self._sampling()}
            with quiet():
                try:
                    found: _Answer = await patched(response_model=form, max_retries=reasks, strict=False, **wanted)
                except InstructorRetryException as error:
                    if self._error is not None:
                        raise self._error from None
                    raise NoForm(_wrong(error.__cause__)) from error
                return found

    def key_of_question(self, form: type[BaseModel], messages: list[dict[str, str]]) -> str:
        """The key of a question's answer: everything that is sent, and how often it may be sent back."""
        settings = self.session.settings.planner
        sent = {"model": self.model, "base_url": shown_address(self.base_url), "mode": settings.mode, "reasks": settings.reasks}
        sampling = {"temperature": settings.temperature, "seed": settings.seed}
        return sha256_of({**sent, **sampling, "messages": messages, "form": form.model_json_schema()})

    def foreseen(self, messages: list[dict[str, str]], form: type[BaseModel], answer_tokens: int) -> tuple[int, int, int | None]:
        """About how many tokens go in and come out, and what that costs in micro-dollars (None: not known)."""
        asked = tokens_asked(messages, form)
        return asked, answer_tokens, self.entry.cost(asked, answer_tokens)

    # -- modes -------------------------------------------------------------------------------------------------------------

    def _modes(self) -> list[Mode]:
        chosen = self.session.settings.planner.mode
        if chosen != "auto":
            return [chosen]
        modes = list(modes_of(self.base_url))
        try:
            noted = json.loads(self._mode_file().read_bytes())
        except (OSError, ValueError):
            return modes  # it is only a note
        return modes[modes.index(noted) :] if noted in modes and not self.replan else modes

    def _note_mode(self, mode: Mode) -> None:
        """Remember how this server was understood, so that the next question goes that way at once."""
        file = self._mode_file()
        if self.session.settings.planner.mode == "auto" and (mode != modes_of(self.base_url)[0] or file.exists()):
            file.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(file, json.dumps(mode).encode(), self.session.scratch)

    def _mode_file(self) -> Any:
        name = sha256_of({"base_url": self.base_url, "model": self.model})[:32]
        return self.session.store.home / "answers" / "modes" / f"{name}.json"

    def _sampling(self) -> dict[str, Any]:
        said = self.session.settings.planner
        wanted = {"temperature": said.temperature, "seed": said.seed}
        for name, value in wanted.items():
            if value is not None and not getattr(self.entry, name):
                self._say_once(f"{self.model} takes no {name}; it goes without.")
        return {n: v for n, v in wanted.items() if v is not None and getattr(self.entry, n)}

    # -- one request -------------------------------------------------------------------------------------------------------

    async def _complete(self, sdk: AsyncOpenAI, kwargs: dict[str, Any], mode: Mode) -> tuple[ChatCompletion, str]:
        """The completion for a request and what the model itself said: stored, else new and stored before anybody reads it."""
        if mode == "json_schema":
            kwargs["response_format"]["json_schema"]["strict"] = True
        tool = kwargs["tools"][0]["function"]["name"] if "tools" in kwargs else None
        key = sha256_of({"base_url": shown_address(self.base_url), "request": kwargs})
        async with self.session.store.answers.lock(key, self.session.interrupted):
            if self.replan:
                self.kept.forget(key)
            response = self.kept.response(key, vouched=self.room.vouched)
            if response is None:
                response = await self._new(sdk, kwargs, key, mode)
            self.room.refuse_half_read(kwargs["messages"], tokens_of(response)[0])
        return sound(response, self.name, tool)

    async def _new(self, sdk: AsyncOpenAI, kwargs: dict[str, Any], key: str, mode: Mode) -> dict[str, Any]:
        """A new answer to a request, in the store and charged, whatever it is worth. The caller holds the key."""
        request = {name: value for name, value in kwargs.items() if name not in self._left_out}
        who = Asked(self.name, self.access, self.session.settings.planner.timeout_s)
        asked = tokens_asked(request["messages"])
        self.room.refuse_too_dear(asked, self._answer_tokens)

        async def once() -> dict[str, Any]:
            with self._billed(asked) as bill:
                response = response_of(await send(sdk, request, who))
                short = not self.room.vouched and half_read(kwargs["messages"], tokens_of(response)[0])
                try:
                    self.kept.keep(key, kwargs, response, mode, half_read=short)
                finally:  # a disk that is full takes nothing off what it cost
                    self._charge(response, asked, bill)
                return response

        while True:
            try:
                rules, interrupted = self.session.settings.retry, self.session.interrupted
                return await persistently(once, rules, interrupted=interrupted, again=self._again)
            except Unwanted as no:
                self._left_out.add(no.parameter)
                self._say(f"{self.model} takes no {no.parameter}; it goes without.")
                request.pop(no.parameter)

    def _billed(self, asked: int) -> contextlib.AbstractContextManager[Bill | None]:
        """What a request may cost is held while it is made; nothing where it is free."""
        most = self.entry.cost(asked, self._answer_tokens)
        if most == 0:
            return contextlib.nullcontext()
        return billed(self.session, "plan", f"openai:{self.model}", most, self.room.budget_micro_usd)

    def _again(self, fault: Transient, attempt: int, wait_s: float) -> None:
        tries = f"try {attempt + 1} of {self.session.settings.retry.attempts}"
        self._say(f"{fault.what.rstrip('.')}; asking again in {wait_s:.1f} s ({tries}).")

    def _charge(self, response: dict[str, Any], asked: int, bill: Bill | None) -> None:
        """Write down what a new answer took. A server that does not count is taken to have read `asked` tokens, and to have
        written what came."""
        tokens = tokens_of(response)
        self.used.requests += 1
        self.used.tokens_in += tokens[0]
        self.used.tokens_out += tokens[1]
        cost = self.entry.cost(*(tokens if any(tokens) else (asked, tokens_in(json.dumps(response["choices"])))))
        if cost is None:
            self.used.micro_usd = None
        elif self.used.micro_usd is not None:
            self.used.micro_usd += cost
        if bill is not None:
            bill.pay(cost, self.entry.price.checked if self.entry.price is not None else None)

    def _client(self) -> Any:
        try:
            importlib.import_module("instructor")
        except ImportError as error:
            raise MissingTool(
                f"planning with a language model needs a package that is not installed: {error.name}.",
                'Install it: pip install "longvid[openai]"; or plan offline.',
            ) from error
        return client(self.access, self.session.settings.planner.timeout_s)

    def _say(self, message: str) -> None:
        self.session.emit(Notice(message=message))

    def _say_once(self, message: str) -> None:
        if message not in self._left_out:
            self._left_out.add(message)
            self._say(message)


def _wrong(cause: BaseException | None) -> list[str]:
    """What was wrong with an answer's form, in a few lines."""
    from pydantic import ValidationError

    from ..validation import describe

    if isinstance(cause, ValidationError):
        return describe(cause, 3)
    return [line[:200] for line in str(cause).splitlines()[:1]]
