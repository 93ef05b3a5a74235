"""What stands between Replicate's SDK and the network. Loads the SDK and httpx: import it where it is used.

The SDK (1.0.7) repeats every GET ten times by itself, gives creates and uploads no timeout at all, drops the headers of a refusal
and breaks on a state that it does not know (`aborted`). A transport of our own, which its client takes, sees each request and
each answer before it does.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import replicate
from pydantic import SecretStr, TypeAdapter

from ..models.base import SEED_LIMIT
from ..secrets import KEYS, hidden
from .download import tls
from .faults import Moderated, ProviderFault, Refused, Transient, fault_of
from .jobs import Ended, JobState, Running, Succeeded

NAME = "Replicate"
STATE = "longvid_state"
"""In the metrics of a prediction: the state that Replicate gave it, where the SDK knows no such state."""
_STATES = ("starting", "processing", "succeeded", "failed", "canceled")
_MODERATED = re.compile(
    r"\bE005\b|\bNSFW\b|flagged|as sensitive|moderat|content polic|safety (system|filter|checker|guideline)|inappropriate", re.I
)
_REFUSED = re.compile(r"\bE006\b|invalid (input|value|image|parameter)|validation error|unsupported", re.I)
_SEED = re.compile(r"\bseed(?: is| set to)?\s*[:=]?\s*(\d{1,20})\b", re.I)
_CODE = re.compile(r"\bE\d{3,4}\b")
_TIME: TypeAdapter[datetime.datetime] = TypeAdapter(datetime.datetime)
_HIDDEN = ("", "hidden")
_RESETS = re.compile(r"resets? in ~?(\d+(?:\.\d+)?) ?s", re.I)


class Answered(Exception):
    """Replicate answered with something other than success."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__(str(answer.status_code))
        self.answer = answer


class Wire(httpx.AsyncHTTPTransport):
    """One try for each request, within `timeout_s` of silence, and every refusal raised past the SDK, whole."""

    def __init__(self, timeout_s: float) -> None:
        super().__init__(verify=tls())
        self._timeouts = httpx.Timeout(timeout_s).as_dict()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions = {**request.extensions, "timeout": self._timeouts}
        answer = await super().handle_async_request(request)
        try:
            body = await answer.aread()
        finally:
            await answer.aclose()
        if not answer.is_success:
            raise Answered(answer)
        kept = {k: v for k, v in answer.headers.items() if k not in ("content-encoding", "content-length", "transfer-encoding")}
        return httpx.Response(answer.status_code, headers=kept, content=_readable(body))


@contextlib.asynccontextmanager
async def client(key: SecretStr, timeout_s: float) -> AsyncIterator[Any]:
    """The SDK's client. Each has connections of its own: a kept one that dies would leave a create unknown."""
    wire = Wire(timeout_s)
    try:
        yield replicate.Client(api_token=key.get_secret_value(), transport=wire)
    finally:
        await wire.aclose()


@contextlib.contextmanager
def faults(key: SecretStr, *, creating: bool = False) -> Iterator[None]:
    """Turns what goes wrong into faults, without the key. `creating`: what is asked for costs money, once it is taken in."""
    try:
        yield
    except Answered as error:
        fault = _fault(error.answer, key)
        if isinstance(fault, Transient):
            fault.sent = fault.sent and creating
        raise fault from None
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        said = hidden(f"{NAME} cannot be reached: {error or type(error).__name__}.", key)
        raise Transient(said, "Check the network and REPLICATE_BASE_URL.") from None
    except httpx.TimeoutException:
        raise Transient(f"{NAME} did not answer in time.", "Try again later, or raise remote.timeout_s.", sent=creating) from None
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError) as error:
        raise Refused(hidden(f"{NAME} cannot be asked: {error}.", key), "Check REPLICATE_BASE_URL.") from None
    except httpx.HTTPError as error:
        said = hidden(f"{NAME} broke the connection off: {error or type(error).__name__}.", key)
        raise Transient(said, "Try again later.", sent=creating) from None
    except (ValueError, TypeError, KeyError) as error:
        # what came with a success is no answer: a proxy's page, a cut-off JSON
        said = hidden(f"{NAME}'s answer cannot be read: {type(error).__name__}.", key)
        raise Transient(said, "Check REPLICATE_BASE_URL, or try again later.", sent=creating) from None


def moderated(message: str) -> bool:
    """Whether a failure is about what was asked to be seen. Replicate has no field for it: its words and code E005 say so."""
    return bool(_MODERATED.search(message))


# -- what a prediction says -----------------------------------------------------------------------------------------------------


def name_of(prediction: Any) -> str:
    """Its state, as Replicate calls it."""
    return str(prediction.metrics.get(STATE) or prediction.status)


def state_of(prediction: Any, key: SecretStr) -> JobState:
    """How a job is."""
    state = name_of(prediction)
    if prediction.status == "starting":
        return Running(queued=True, refundable=True)
    if prediction.status == "processing":
        done = prediction.progress
        return Running(progress=min(1.0, done.percentage) if done is not None else None)
    if prediction.status == "succeeded":
        facts = {name: n for name, n in prediction.metrics.items() if isinstance(n, int | float) and not isinstance(n, bool)}
        if prediction.version not in _HIDDEN:
            facts["version"] = prediction.version
        return Succeeded(seed=_seed(prediction.logs or ""), facts=facts)
    said = hidden(" ".join((prediction.error or "").split())[:600], key)
    if prediction.status == "canceled":
        # D: a job is aborted where its deadline came before it began, and is not charged then
        ended = f"{NAME} ended the job ({state}) without being asked to{f': {said}' if said else ''}."
        return Ended(code=state, message=ended, kind="again", micro_usd=0 if state == "aborted" else None)
    code = found[0] if (found := _CODE.search(said)) else state
    kind = "moderated" if moderated(said) else "refused" if _REFUSED.search(said) else "again"
    return Ended.model_validate({"code": code, "message": said or f"{NAME} does not say why.", "kind": kind})


def _seed(logs: str) -> int | None:
    """The seed that a model says it used, as most do."""
    found = _SEED.search(logs)
    return int(found[1]) if found and int(found[1]) < SEED_LIMIT else None


def address_of(prediction: Any) -> str | None:
    """Where the clip is; of several files the one that is a video."""
    output = prediction.output
    parts = output.values() if isinstance(output, dict) else output if isinstance(output, list) else [output]
    files = [part for part in parts if isinstance(part, str) and part.startswith(("http://", "https://"))]
    return next(
        (f for f in files if f.partition("?")[0].lower().endswith((".mp4", ".mov", ".webm"))), files[0] if files else None
    )


def created(prediction: Any) -> datetime.datetime:
    """When it was created, by Replicate's clock."""
    time = _TIME.validate_python(prediction.created_at)
    return time.replace(tzinfo=datetime.timezone.utc) if time.tzinfo is None else time


def _fault(answer: httpx.Response, key: SecretStr) -> ProviderFault:
    """The fault behind a refusal, which is a problem of RFC 7807: title and detail."""
    try:
        body = answer.json()
    except ValueError:
        body = {}
    body = body if isinstance(body, dict) else {}
    words = ": ".join(str(body[part]) for part in ("title", "detail") if body.get(part))
    message = hidden(" ".join(words.split())[:600], key)
    if 400 <= answer.status_code < 500 and answer.status_code not in (401, 402, 408, 429) and moderated(message):
        return Moderated(f"{NAME} will not render this: {message}", "Use other words.", reason=message)
    fault = fault_of(NAME, answer.status_code, message, answer.headers, key=KEYS["replicate"])
    if isinstance(fault, Transient) and fault.retry_after is None and (resets := _RESETS.search(message)):
        fault.retry_after = float(resets[1]) or None
    return fault


# -- answers in words that the SDK knows -----------------------------------------------------------------------------------


def _readable(body: bytes) -> bytes:
    """The same JSON, with everything that the SDK's models refuse put in a way they take; other bytes as they are."""
    try:
        said = json.loads(body)
    except ValueError:
        return body
    if not isinstance(said, dict):
        return body
    if isinstance(said.get("results"), list):
        said["results"] = [_known(each) for each in said["results"]]
    return json.dumps(_known(said)).encode()


def _known(said: Any) -> Any:
    if not isinstance(said, dict):
        return said
    if "status" in said and "id" in said:
        return _prediction(said)
    if "latest_version" in said:
        latest, example = _known(said["latest_version"]), _known(said.get("default_example"))
        return {**said, "latest_version": latest, "default_example": example, "run_count": said.get("run_count") or 0}
    if "openapi_schema" in said:
        named = {name: str(said.get(name) or "") for name in ("id", "cog_version")}
        return {**said, **named, "openapi_schema": said["openapi_schema"] or {}}
    return said


def _prediction(said: dict[str, Any]) -> dict[str, Any]:
    """`aborted` is `canceled` to the SDK, an unknown state `processing`; the true one goes into the metrics."""
    metrics = said["metrics"] if isinstance(said.get("metrics"), dict) else {}
    state = said["status"]
    if state not in _STATES:
        metrics = {**metrics, STATE: str(state)}
        state = "canceled" if state == "aborted" else "processing"
    texts = {name: _text(said.get(name)) for name in ("error", "logs")}
    urls = {k: v for k, v in (said.get("urls") or {}).items() if isinstance(v, str)}
    named = {name: str(said.get(name) or "") for name in ("model", "version")}
    return {**said, **texts, **named, "status": state, "metrics": metrics, "urls": urls}


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)
