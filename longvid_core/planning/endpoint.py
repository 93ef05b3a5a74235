"""Asking a language model over the chat-completions wire, once for each question: modes, retries, what it cost, what it said."""

from __future__ import annotations

import hashlib
import importlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

from ..access import Access, access
from ..canonical import sha256_of
from ..errors import BadInput, MissingTool, OverBudget
from ..events import Notice
from ..files import write_bytes
from ..providers.faults import Refused, Transient
from ..providers.openai import client
from ..retry import persistently
from .language_models import HOSTED, LanguageModel, Mode, language_model, modes_of, price_shown, tokens_in
from .wire import Asked, ModeRefused, Unwanted, quiet, send, sound, words_of

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from openai.types.chat import ChatCompletion
    from pydantic import BaseModel

    from ..render.session import Session
    from ..settings import Settings

_LETTERS_A_TOKEN = 6
"""More than a token holds on average in any text; English has about four and a half."""

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
    kept: int = 0
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
        self.model, self.session, self.replan, self.budget = model, session, replan, budget
        self.base_url = base_url_of(settings)
        self.entry: LanguageModel = language_model(model, self.base_url, settings.planner.context)
        self.access: Access = access("openai", "planner", settings)
        self.used = Used()
        self.attempt = 0
        self.said = ""
        """The newest answer, in the model's own words."""
        self._error: Exception | None = None
        self._left_out: set[str] = set()

    @property
    def name(self) -> str:
        """What people know it by: openai:MODEL, with the address where it is not OpenAI's."""
        return f"openai:{self.model}" + ("" if self.base_url == HOSTED else f" at {shown_address(self.base_url)}")

    # -- a question --------------------------------------------------------------------------------------------------------

    def ready(self, form: type[BaseModel], messages: list[dict[str, str]], answer_tokens: int) -> None:
        """BadInput or OverBudget for a question that the model cannot hold, the budget does not cover, or no key goes with."""
        self._refuse_too_much(messages, form, answer_tokens)
        self.access.ready()

    async def ask(self, form: type[_Answer], messages: list[dict[str, str]], *, reasks: int) -> _Answer:
        """An answer in the form of `form`, asked again with its faults where it does not hold.

        Raises NoForm where no answer held, ProviderFault and BadInput for the rest.
        """
        modes = self._modes()
        for at, mode in enumerate(modes):
            try:
                found = await self._ask_in(mode, form, messages, reasks)
            except ModeRefused as refusal:
                if at + 1 == len(modes):
                    raise Refused(
                        f"{self.name} takes no answer's form in {', '.join(modes)}: {refusal.what}",
                        "Set planner.mode to md_json, which any model can do, or choose another model.",
                    ) from refusal
                self._say(f"{self.name} does not take {mode}; asking in {modes[at + 1]}.")
                continue
            self._note_mode(mode)
            return found
        raise AssertionError("a mode is tried, or the last one refused")

    async def _ask_in(self, mode: Mode, form: type[_Answer], messages: list[dict[str, str]], reasks: int) -> _Answer:
        self.attempt, self._error = 0, None
        async with self._client() as sdk:
            import instructor
            from instructor.core.exceptions import InstructorRetryException

            async def create(**kwargs: Any) -> ChatCompletion:
                self.attempt += 1
                try:
                    completion = await self._complete(sdk, kwargs, mode)
                    self.said = words_of(completion)
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

    # -- answers that were taken -------------------------------------------------------------------------------------------

    def key_of_question(self, form: type[BaseModel], messages: list[dict[str, str]]) -> str:
        """The key of a question's answer: everything that is sent, and how often it may be sent back."""
        settings = self.session.settings.planner
        sent = {"model": self.model, "base_url": shown_address(self.base_url), "mode": settings.mode, "reasks": settings.reasks}
        sampling = {"temperature": settings.temperature, "seed": settings.seed}
        return sha256_of({**sent, **sampling, "messages": messages, "form": form.model_json_schema()})

    def taken(self, key: str) -> tuple[dict[str, Any], str | None] | None:
        """The answer that was taken for a question, and the sha256 of the words it came in; None where there is no answer.

        An earlier Longvid did not write that hash down: None.
        """
        found = self.session.store.answers.get(key)
        value = json.loads(found[0].read_bytes()) if found is not None else None
        return (value, found[1].get("answer_sha256")) if found is not None and isinstance(value, dict) else None

    def forget(self, key: str) -> None:
        """Let the answer that was taken for a question not count any more."""
        self.session.store.answers.forget(key)

    def take(self, key: str, answer: dict[str, Any], words: str) -> str:
        """Keep the answer that was taken for a question, and the model's own words, under their sha256, which is returned."""
        raw, shelf = words.encode(), self.session.store.answers
        sha256 = hashlib.sha256(raw).hexdigest()
        temporary = self.session.scratch / f"taken-{key[:16]}.txt"
        temporary.write_bytes(raw)
        shelf.put(sha256, temporary, ".txt", {"model": self.model}, clear=False)
        temporary = temporary.with_suffix(".json")
        temporary.write_text(json.dumps(answer, ensure_ascii=False), encoding="utf-8")
        shelf.put(key, temporary, ".taken.json", {"model": self.model, "answer_sha256": sha256})
        return sha256

    def _refuse_too_much(self, messages: list[dict[str, str]], form: type[BaseModel], answer_tokens: int) -> None:
        asked = sum(tokens_in(m["content"]) for m in messages) + tokens_in(json.dumps(form.model_json_schema()))
        room = self.entry.context
        if room is not None and asked + answer_tokens > room:
            raise BadInput(
                f"the prompt is about {asked} tokens, and its plan about {answer_tokens} more; {self.model} holds {room}.",
                "Shorten it, ask for fewer segments, choose a model that holds more, or plan offline, which has no limit.",
            )
        if self.entry.answer is not None and answer_tokens > self.entry.answer:
            raise BadInput(
                f"the plan would be about {answer_tokens} tokens long; {self.model} writes at most {self.entry.answer}.",
                "Ask for fewer segments, or make several films; --planner offline has no limit.",
            )
        if self.budget is None:
            return
        cost = self.entry.cost(asked, answer_tokens)
        if cost is None:
            raise OverBudget(
                f"there is a budget, and the price of {self.name} is not known.",
                "Choose another model, plan offline, or leave the budget out.",
            )
        if self.session.spent_micro_usd + cost > round(self.budget * 1_000_000):
            raise OverBudget(
                f"planning with {self.name} would cost about ${cost / 1e6:.4f}, over the budget of ${self.budget:.2f}.",
                "Raise --budget, choose a cheaper model, or plan offline; nothing was asked.",
            )

    def _refuse_half_read(self, request: dict[str, Any], response: dict[str, Any]) -> None:
        """BadInput where the server says that it read fewer tokens than the prompt can possibly be: it cut it, and says nothing.

        Ollama does, at its own default context. Whoever sets planner.context vouches for it.
        """
        read = (response.get("usage") or {}).get("prompt_tokens")
        if self.session.settings.planner.context is not None or not isinstance(read, int) or read <= 0:
            return
        words = " ".join(" ".join(str(m.get("content") or "").split()) for m in request["messages"])
        sent = tokens_in(words)
        if read < len(words) // _LETTERS_A_TOKEN:
            raise BadInput(
                f"the prompt is about {sent} tokens, and {self.name} read {read} of them: its context is too small.",
                "Give it a larger one (Ollama: OLLAMA_CONTEXT_LENGTH=32768), shorten the text, or plan offline. Where the server "
                "only counts otherwise, set planner.context to what it holds.",
            )

    def foreseen(self, messages: list[dict[str, str]], form: type[BaseModel], answer_tokens: int) -> tuple[int, int, int | None]:
        """About how many tokens go in and come out, and what that costs in micro-dollars (None: not known)."""
        asked = sum(tokens_in(m["content"]) for m in messages) + tokens_in(json.dumps(form.model_json_schema()))
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

    async def _complete(self, sdk: AsyncOpenAI, kwargs: dict[str, Any], mode: Mode) -> ChatCompletion:
        """The completion for a request: the stored one, else a new one, stored before anybody reads it."""
        if mode == "json_schema":
            kwargs["response_format"]["json_schema"]["strict"] = True
        key = sha256_of({"base_url": shown_address(self.base_url), "request": kwargs})
        shelf, interrupted = self.session.store.answers, self.session.interrupted
        async with shelf.lock(key, interrupted):
            if self.replan:
                shelf.forget(key)
            kept = shelf.get(key)
            if kept is not None:
                self.used.kept += 1
                return sound(json.loads(kept[0].read_bytes())["response"], self.name)
            request = {name: value for name, value in kwargs.items() if name not in self._left_out}
            who = Asked(self.name, self.access, self.session.settings.planner.timeout_s)
            while True:
                try:
                    text = await persistently(
                        lambda: send(sdk, request, who),
                        self.session.settings.retry,
                        interrupted=interrupted,
                        again=self._again,
                    )
                    break
                except Unwanted as no:
                    self._left_out.add(no.parameter)
                    self._say(f"{self.model} takes no {no.parameter}; it goes without.")
                    request.pop(no.parameter)
            response = json.loads(text)
            self._charge(response)
            self._refuse_half_read(request, response)
            temporary = self.session.scratch / f"answer-{key[:16]}.json"
            temporary.write_text(json.dumps({"request": kwargs, "response": response}, ensure_ascii=False), encoding="utf-8")
            shelf.put(key, temporary, ".answer.json", {"model": self.model, "mode": mode})
        return sound(response, self.name)

    def _again(self, fault: Transient, attempt: int, wait_s: float) -> None:
        tries = f"try {attempt + 1} of {self.session.settings.retry.attempts}"
        self._say(f"{fault.what.rstrip('.')}; asking again in {wait_s:.1f} s ({tries}).")

    def _charge(self, response: dict[str, Any]) -> None:
        """Write down what a new answer took."""
        usage = response.get("usage") or {}
        taken = [usage.get(name) for name in ("prompt_tokens", "completion_tokens")]
        tokens = [n if isinstance(n, int) and n >= 0 else 0 for n in taken]
        self.used.requests += 1
        self.used.tokens_in += tokens[0]
        self.used.tokens_out += tokens[1]
        cost = self.entry.cost(*tokens)
        if cost is None:
            self.used.micro_usd = None
        elif self.used.micro_usd is not None:
            self.used.micro_usd += cost
        if cost:
            self.session.spend("plan", f"openai:{self.model}", cost)

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
