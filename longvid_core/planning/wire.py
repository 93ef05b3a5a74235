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


class Unwanted(Exception):
    """The model does not take a parameter."""

    def __init__(self, parameter: str) -> None:
        self.parameter = parameter
        super().__init__(parameter)


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
        raise Transient(f"{who.name} did not answer within {who.timeout_s:g} s.", _SLOW, sent=True) from error
    except openai.APIConnectionError as error:
        why = hidden(str(error.__cause__ or error), who.access.key).strip() or type(error).__name__
        raise Transient(f"the connection to {who.name} failed: {why}.", "Check that the server runs, and its address.") from error
    try:
        found = json.loads(text)
        if found["choices"][0]["message"] is not None:
            return text
    except (ValueError, TypeError, LookupError):
        pass
    raise Transient(f"{who.name} sent an answer that is cut off or no chat completion.", "Is planner.base_url right?", sent=True)


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


def sound(response: dict[str, Any], name: str) -> ChatCompletion:
    """The response as the SDK has it. Raises Moderated where the model will not, Refused where it could not finish."""
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
        tokens = (response.get("usage") or {}).get("completion_tokens", "?")
        raise Refused(
            f"the answer of {name} was cut off after {tokens} tokens.",
            "Ask for fewer segments, or choose a model that writes longer answers.",
            KEPT,
        )
    return ChatCompletion.construct(**_typed(response))


def words_of(completion: ChatCompletion) -> str:
    """What the model itself said: the arguments it called a tool with where it was asked for them, else the text."""
    message = completion.choices[0].message
    called = [getattr(call, "function", None) for call in message.tool_calls or ()]
    return "".join(function.arguments for function in called if function is not None) or message.content or ""


def _typed(response: dict[str, Any]) -> dict[str, Any]:
    """The response with the fields that some servers leave out."""
    for choice in response["choices"]:
        choice["message"].setdefault("role", "assistant")
    return {"object": "chat.completion", "id": "", "created": 0, "model": "", **response}


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
