"""One chat-completions request over the wire: what came back, or what its failure means."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..access import Access
from ..errors import BadInput
from ..providers.faults import Moderated, ProviderFault, Refused, Transient, fault_of
from ..providers.openai import NEVER_SENT
from ..secrets import hidden
from .language_models import tokens_in

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from openai.types.chat import ChatCompletion

_TOO_LONG = re.compile(
    r"context[ _](?:length|window|size)|maximum context|too many tokens|prompt is too long|exceeds? .*context", re.I
)
_WRONG_FORM = re.compile(
    r"response_format|json_schema|json_object|json mode|tool_choice|\btools?\b|function call|structured output", re.I
)


@dataclass(frozen=True)
class Asked:
    """Who is asked, as people know it; with which key, which no message may hold; and how long an answer may take."""

    name: str
    access: Access
    timeout_s: float


class ModeRefused(ProviderFault):
    """The server does not take an answer's form the way it was asked for."""


_OFFLINE = "Or plan without a model: --planner offline."
_SLOW = "Set planner.timeout_s higher, or choose a faster model."
KEPT = "What it answered is in the store and stands until --replan (in ComfyUI: replan) asks again."


class Unwanted(ProviderFault):
    """The model does not take a parameter."""

    def __init__(self, parameter: str) -> None:
        self.parameter = parameter
        super().__init__(f"the model takes no {parameter}.")


async def send(client: AsyncOpenAI, request: dict[str, Any], who: Asked) -> str:
    """The body of the answer. Raises Transient, Refused, ModeRefused, Unwanted, BadInput."""
    import openai

    try:
        # the SDK's own limit is on each read alone: a server that sends a byte now and then would hold it for ever
        raw = await asyncio.wait_for(client.chat.completions.with_raw_response.create(**request), who.timeout_s)
        text = str(raw.text)
    except openai.APIStatusError as error:
        raise fault(error, request, who) from error
    except (openai.APITimeoutError, asyncio.TimeoutError) as error:
        late = f"{who.name} did not answer within {who.timeout_s:g} s."
        raise Transient(late, _SLOW, sent=_went_out(error)) from error
    except openai.APIConnectionError as error:
        why = hidden(str(error.__cause__ or error), who.access.key).strip() or type(error).__name__
        broken = f"the connection to {who.name} failed: {why}."
        raise Transient(broken, "Check that the server runs, and its address.", sent=_went_out(error)) from error
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if _is_completion(found):
        return text
    if isinstance(found, dict) and found.get("error"):  # gateways say so with status 200, too
        said = found["error"].get("message") if isinstance(found["error"], dict) else found["error"]
        raise Transient(
            hidden(f"{who.name} answered with an error: {str(said)[:600]}", who.access.key), "Try again later.", sent=True
        )
    raise Transient(f"{who.name} sent an answer that is cut off or no chat completion.", "Is planner.base_url right?", sent=True)


def _went_out(error: Exception) -> bool:
    """Whether the request may have reached the server."""
    return type(error.__cause__).__name__ not in NEVER_SENT


def _is_completion(found: Any) -> bool:
    try:
        return isinstance(found["choices"][0]["message"], dict)
    except (TypeError, LookupError):
        return False


def fault(error: Any, request: dict[str, Any], who: Asked) -> Exception:
    """What an HTTP error means for this request."""
    status, headers = int(error.status_code), dict(error.response.headers)
    body = error.body if isinstance(error.body, dict) else {}
    message = hidden(str(body.get("message") or error.message), who.access.key)
    code, parameter = str(body.get("code") or ""), str(body.get("param") or "")
    if status == 413 or (status in (400, 422) and (code == "context_length_exceeded" or _TOO_LONG.search(message))):
        asked = sum(tokens_in(str(m.get("content"))) for m in request["messages"])
        return BadInput(
            f"the prompt is too long for {who.name}: about {asked} tokens. It says: {message}",
            "Shorten it, choose a model that holds more, or use --planner offline, which has no limit.",
        )
    if status in (400, 422):
        for name in ("temperature", "seed"):
            if name in request and (parameter == name or name in message.lower()):
                return Unwanted(name)
        if parameter.startswith(("response_format", "tool")) or _WRONG_FORM.search(message):
            return ModeRefused(f"{who.name} answered {status}: {message}")
    found = fault_of(who.name, status, message, headers, key=who.access.place)
    if status == 404:
        return Refused(f"{found.what}", f"Is there a model {request['model']!r} there?")
    return Refused(found.what, *found.way_out, _OFFLINE) if isinstance(found, Refused) else found


def response_of(body: str) -> dict[str, Any]:
    """The body that `send` gave, read; half a character that a server cut is a question mark, so that it can be written down."""
    found: dict[str, Any] = json.loads(json.dumps(json.loads(body), ensure_ascii=False).encode("utf-8", "replace"))
    return found


def tokens_of(response: dict[str, Any]) -> tuple[int, int]:
    """How many tokens went in and came out; 0 where the server does not say, or says nonsense."""
    usage = response.get("usage")
    said = [usage.get(name) if isinstance(usage, dict) else None for name in ("prompt_tokens", "completion_tokens")]
    asked, answered = (n if isinstance(n, int) and n >= 0 else 0 for n in said)
    return asked, answered


def sound(response: dict[str, Any], name: str, tool: str | None = None) -> tuple[ChatCompletion, str]:
    """The response as instructor reads it, and the model's own words. `tool`: what it was to call, where it was.

    Raises Moderated where the model will not, Refused where it could not finish.
    """
    from openai.types.chat import ChatCompletion

    choice = response["choices"][0]
    refusal, ended = choice["message"].get("refusal"), choice.get("finish_reason")
    if refusal or ended == "content_filter":
        raise Moderated(
            f"{name} refuses to plan this film: {refusal or 'its content filter stopped the answer'}",
            "Change the text, choose another model, or plan without one: --planner offline.",
            KEPT,
            reason=str(refusal or "content filter"),
        )
    if ended == "length":
        raise Refused(
            f"the answer of {name} was cut off after {tokens_of(response)[1] or '?'} tokens.",
            "Ask for fewer segments, or choose a model that writes longer answers.",
            KEPT,
        )
    words, message = read(choice["message"], tool)
    only = {"index": 0, "finish_reason": ended, "message": message}
    return ChatCompletion.construct(id="", object="chat.completion", created=0, model="", choices=[only]), words


def read(message: dict[str, Any], tool: str | None) -> tuple[str, dict[str, Any]]:
    """A model's own words; and its message with the JSON in them where it was to be, in the text or in a call of `tool`.

    Servers differ: it comes in the text or in a call whatever was asked for, in a fence, after the model's thoughts.
    """
    calls = message.get("tool_calls")
    call = calls[0] if isinstance(calls, list) and calls and isinstance(calls[0], dict) else {}
    function = call.get("function")
    given = function.get("arguments") if isinstance(function, dict) else None
    words = json.dumps(given, ensure_ascii=False) if isinstance(given, dict) else given or _text(message.get("content"))
    found = json_in(words)
    said: dict[str, Any] = {"role": "assistant", "content": found}
    if tool is not None and (given or _decoded(found) is not None):
        called = {"id": str(call.get("id") or "call"), "type": "function", "function": {"name": tool, "arguments": found}}
        said |= {"content": None, "tool_calls": [called]}
    return words, said


def without_thoughts(content: Any) -> str:
    """What a model says in a message's content, past what it thought aloud before."""
    return _THOUGHTS.sub("", _text(content)).strip()


def _text(content: Any) -> str:
    """A message's content as text; some servers give it in parts."""
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict) and part.get("type", "text") == "text"]
        return "".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""


_THOUGHTS = re.compile(r"^.*</(?:think|thinking|thought|reasoning)>", re.DOTALL)
_FIRST_THOUGHTS = re.compile(r"^.*?</(?:think|thinking|thought|reasoning)>", re.DOTALL)
_FENCE = re.compile(r"\A\s*```\w*\s*\n|\n\s*```\s*\Z")
_MOST_TRIED = 100


def json_in(words: str) -> str:
    """The largest JSON object in a model's words, past its thoughts; the words as they are where there is none.

    Where all of them are one object, that is it, whatever its texts quote.
    """
    for whole in (words, _FIRST_THOUGHTS.sub("", words)):
        unfenced = _FENCE.sub("", whole).strip()
        if unfenced.startswith("{") and _decoded(unfenced) == len(unfenced):
            return unfenced
    bare = _THOUGHTS.sub("", words)
    best, at, tried = "", bare.find("{"), 0
    while at >= 0 and tried < _MOST_TRIED:
        end = _decoded(bare, at)
        if end is None and re.match(r'\{\s*"', bare[at : at + 40]):
            break  # an object with a mistake in it: what is inside it is no answer
        if end is not None and end - at >= len(best):
            best = bare[at:end]
        at, tried = bare.find("{", end or at + 1), tried + 1
    return best or words


def _decoded(words: str, at: int = 0) -> int | None:
    """Where the JSON value that begins at `at` ends; None where there is none."""
    try:
        return json.JSONDecoder().raw_decode(words, at)[1]
    except (ValueError, RecursionError):
        return None


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """instructor logs what it also raises; it is told here once, in our words, and with no key in it."""

    def drop(record: logging.LogRecord) -> bool:
        return False

    loggers = [logging.getLogger(name) for name in ("instructor", "instructor.v2", "instructor.v2.retry")]
    for logger in loggers:
        logger.addFilter(drop)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(drop)
