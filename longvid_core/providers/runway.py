"""Clips by the models that Runway hosts, its own and others', through its SDK: `image_to_video.create`, then `tasks`.

Runway does not list its tasks (the SDK knows no such call): whether a request without an answer was taken in, a person must say.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..catalog import ModelEntry, entry_of
from ..catalog.sizes import canvas, resolution_to_ask, seconds_to_ask
from ..errors import BadInput, MissingTool
from ..secrets import KEYS, hidden, key_of, required_key
from .base import Surroundings, VideoRequest
from .download import Expired, download, no_clip, tls
from .ends import data_uri, end_png
from .faults import Moderated, ProviderFault, Refused, Transient, fault_of
from .jobs import Ended, JobState, Refund, RemoteJob, Running, Sending, Succeeded, nothing

if TYPE_CHECKING:
    from ..settings import Settings

NAME = "Runway"
ADDRESS = "https://api.dev.runwayml.com"
# Part of every clip's key: raise it when the same request would be put to a model in other words or another way.
REQUEST_VERSION = 1
_CREDIT = 10_000
"""Micro-dollars."""
_LONGEST_URI = 5 * 1024 * 1024 - 1
_QUEUED = ("PENDING", "THROTTLED")
_OVER = {"SUCCEEDED": "had finished", "FAILED": "had failed", "CANCELLED": "was cancelled before"}


class Runway:
    """Opens with the run's settings. The SDK is imported with the first call."""

    name = "runway"

    @contextlib.contextmanager
    def opened(self, around: Surroundings) -> Iterator[Studio]:
        yield Studio(around.settings)


class Studio:
    """Renders in one run."""

    name = "runway"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._clips: dict[str, str] = {}

    def fingerprint(self, model: str) -> dict[str, Any]:
        entry = entry_of(self.name).models[model]
        asked: dict[str, Any] = {"provider": self.name, "model": model, "request": REQUEST_VERSION}
        if entry.audio:
            asked["audio"] = self._settings.remote.audio
        return {**asked, "inputs": self._inputs(model, entry)}

    def ready(self) -> None:
        """MissingTool without the SDK, BadInput without a key: said before anything is rendered."""
        _sdk()
        required_key(self.name, self._settings)

    async def submit(self, model: str, request: VideoRequest, sending: Sending = nothing) -> RemoteJob:
        body = await asyncio.to_thread(self._body, model, request)
        pictures = body.pop("promptImage")
        with self._faults(buying=True):
            async with self._client() as sdk:
                sending()
                # as Runway names it, and not as this version of the SDK does: it knows fewer models than Runway
                task = await sdk.image_to_video.create(model=model, prompt_image=pictures, extra_body=body)
            return RemoteJob(id=task.id, model=model)

    async def poll(self, job: RemoteJob) -> JobState:
        task = await self._task(job)
        if task is None:
            way_out = f"It was deleted there, or it is not of the account in {KEYS['runway']}."
            raise Refused(f"{NAME} knows no job {job.id}.", way_out)
        status, paid = task["status"], _micro_usd(task, "cost")
        if status == "SUCCEEDED":
            url = _clip(task)
            if url is None:
                return Ended(code=status, message="it is done, and has no clip", kind="refused", micro_usd=paid)
            self._clips[job.id] = url
            return Succeeded(micro_usd=paid)
        if status == "FAILED":
            code = str(task.get("failureCode") or "")
            said = self._hidden(str(task.get("failure") or "it failed"))
            return Ended(code=code or status, message=said, kind=_kind(code), micro_usd=paid)
        if status == "CANCELLED":
            return Ended(code=status, message="it was cancelled at Runway", kind="again", micro_usd=paid)
        queued = status in _QUEUED
        return Running(progress=_part(task.get("progress")), queued=queued, refundable=queued)

    async def fetch(self, job: RemoteJob, target: Path) -> None:
        for fresh in (False, True):
            url = self._clips.pop(job.id, None) or await self._address(job)
            try:
                return await download(NAME, url, target, self._settings.remote.timeout_s)
            except Expired as error:
                if fresh:
                    raise no_clip(NAME, job.id, error) from None

    async def cancel(self, job: RemoteJob) -> Refund:
        task = await self._task(job)
        if task is None:
            return Refund(stopped=True, message="Runway knows no such job any longer; it does nothing more.")
        if task["status"] in _OVER:  # deleting it would delete its clip
            message = f"The job {_OVER[task['status']]}: nothing is given back."
            return Refund(stopped=True, message=message, micro_usd=_micro_usd(task, "cost"))
        with self._faults():
            async with self._client() as sdk:
                await sdk.tasks.delete(job.id)
        after = None
        with contextlib.suppress(ProviderFault):  # it is stopped, and this only tells at what cost
            after = await self._task(job)
        charged = _micro_usd(after, "cost") if after is not None and after["status"] == "CANCELLED" else None
        if charged == 0:
            return Refund(stopped=True, message="It had not begun: Runway charges nothing.", micro_usd=0)
        if task["status"] in _QUEUED:
            message = "It had not begun when it was asked to stop; Runway gives back what it has not begun."
            return Refund(stopped=True, message=message, micro_usd=charged)
        message = "It had begun: Runway gives nothing back."
        return Refund(stopped=True, message=message, micro_usd=_micro_usd(task, "estimatedCost") if charged is None else charged)

    # -- asking ------------------------------------------------------------------------------------------------------------

    def _body(self, model: str, request: VideoRequest) -> dict[str, Any]:
        """What is asked for, as Runway names it."""
        entry = entry_of(self.name).models[model]
        if request.first is None:
            raise BadInput(
                f"{self.name}:{model} renders from a picture, and there is none.", "Give the segment a first keyframe."
            )
        size = canvas(entry, request.width, request.height)
        ends = {"first": request.first, "last": request.last}
        body: dict[str, Any] = {
            "promptImage": [
                {"uri": data_uri(end_png(image, size, request), _LONGEST_URI), "position": position}
                for position, image in ends.items()
                if image is not None
            ],
            "promptText": request.prompt_sent,
            "duration": seconds_to_ask(entry, request.frames, request.fps),
        }
        if entry.sizes:
            body["ratio"] = f"{size[0]}:{size[1]}"
        if entry.resolutions:
            body["resolution"] = resolution_to_ask(entry, request.width, request.height)
        if entry.seed.parameter is not None and entry.seed.promise != "none" and request.seed is not None:
            body[entry.seed.parameter] = request.seed
        if entry.negative_prompt and request.negative:
            body[entry.inputs["negative"]] = request.negative
        if entry.audio:
            body[entry.inputs["audio"]] = self._settings.remote.audio
        further = self._inputs(model, entry)
        try:
            json.dumps([request.prompt_sent, request.negative, further], ensure_ascii=False).encode()
        except (TypeError, ValueError) as error:  # before it is sent, when nothing can have been bought
            raise BadInput(
                f"what {self.name}:{model} is to be asked cannot be written as JSON: {error}.",
                f"Look at remote.inputs in longvid.yaml, under {self.name}:{model}, and at the prompt.",
            ) from None
        return {**body, **further}

    def _inputs(self, model: str, entry: ModelEntry) -> dict[str, Any]:
        return {**entry.always, **self._settings.remote.inputs.get(f"{self.name}:{model}", {})}

    async def _task(self, job: RemoteJob) -> dict[str, Any] | None:
        """The job as Runway shows it; None where it knows none of that id.

        As JSON: the SDK makes a pending task of one that it cannot place, and what it lacks is an AttributeError.
        """
        sdk = _sdk()
        with self._faults():
            try:
                async with self._client() as client:
                    answer = await client.tasks.with_raw_response.retrieve(job.id)
                    task = await answer.json()
            except sdk.NotFoundError:
                return None
            if not isinstance(task, dict) or not isinstance(task.get("status"), str):
                raise ValueError("no task")
            return task

    async def _address(self, job: RemoteJob) -> str:
        """Where the clip can be fetched, asked for anew."""
        task = await self._task(job)
        if task is None:
            raise Refused(f"{NAME} keeps the clip of job {job.id} no longer.")
        if task["status"] not in _OVER:
            raise Transient(f"{NAME}'s job {job.id} is not done yet.", "Try again later.")
        url = _clip(task) if task["status"] == "SUCCEEDED" else None
        if url is None:
            raise Refused(f"{NAME}'s job {job.id} has no clip: it {_OVER[task['status']]}.")
        return url

    # -- the SDK -----------------------------------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def _client(self) -> AsyncIterator[Any]:
        """A client that never repeats a call by itself. One for each call: a run may poll from several event loops."""
        sdk = _sdk()
        key = required_key(self.name, self._settings)
        where = os.environ.get("RUNWAYML_BASE_URL", "").strip() or ADDRESS
        wait = self._settings.remote.timeout_s
        transport = sdk.DefaultAsyncHttpxClient(verify=tls(), timeout=wait)
        async with sdk.AsyncRunwayML(
            api_key=key.get_secret_value(), base_url=where, timeout=wait, max_retries=0, http_client=transport
        ) as client:
            yield client

    @contextlib.contextmanager
    def _faults(self, *, buying: bool = False) -> Iterator[None]:
        """Turns the SDK's errors into faults, without the key. buying: whether the request costs money once it is taken in."""
        sdk = _sdk()
        try:
            try:
                yield
            except sdk.APIStatusError as error:
                raise self._status_fault(error) from None
            except sdk.APITimeoutError as error:
                sent = type(error.__cause__).__name__ not in ("ConnectTimeout", "PoolTimeout")
                raise Transient(
                    f"{NAME} did not answer in time.", "Try again later, or raise remote.timeout_s.", sent=sent
                ) from None
            except sdk.APIConnectionError as error:
                raise self._connection_fault(error.__cause__ or error) from None
            except (sdk.RunwayMLError, ValueError, TypeError, AttributeError) as error:
                # what came with a success is no answer: a proxy's page, a cut-off JSON
                said = f"{NAME}'s answer cannot be read ({type(error).__name__})."
                raise Transient(said, "Check RUNWAYML_BASE_URL, and look for the job on Runway's pages.", sent=True) from None
        except Transient as fault:
            fault.sent = fault.sent and buying
            raise

    def _connection_fault(self, cause: BaseException) -> ProviderFault:
        kind = type(cause).__name__
        said = self._hidden(str(cause).rstrip(".") or kind)
        if kind in ("UnsupportedProtocol", "InvalidURL", "LocalProtocolError"):
            return Refused(f"{NAME} cannot be asked: {said}.", "Check RUNWAYML_BASE_URL.", everything=True)
        if kind in ("ConnectError", "ProxyError"):
            return Transient(f"{NAME} cannot be reached: {said}.", "Check the network and RUNWAYML_BASE_URL.")
        return Transient(f"{NAME} broke the connection off: {said}.", "Try again later.", sent=True)

    def _status_fault(self, error: Any) -> ProviderFault:
        body = error.body if isinstance(error.body, Mapping) else {}
        words = str(body.get("error") or error.message)
        if body.get("issues"):  # which field it is, and what is wrong with it
            words += f" {json.dumps(body['issues'], ensure_ascii=False)}"
        message = self._hidden(" ".join(words.split())[:600])
        status = error.status_code
        if status in (400, 403, 422) and re.search(
            r"\bmoderat|SAFETY\.", f"{message} {body.get('failureCode', '')}", re.IGNORECASE
        ):
            return Moderated(f"{NAME} will not render this: {message}", "Use other words.", reason=message)
        if status == 400 and re.search(r"enough credits", message, re.IGNORECASE):
            return Refused(
                f"{NAME} has no credit left on this account: {message}", "Add some, and run it again.", everything=True
            )
        return fault_of(NAME, status, message, error.response.headers, key=KEYS["runway"])

    def _hidden(self, text: str) -> str:
        return hidden(text, key_of(self.name, self._settings))


def _kind(code: str) -> Literal["again", "moderated", "refused"]:
    """What a failure code is, by docs.dev.runwayml.com/errors/task-failures (D) and what is seen besides (3P)."""
    parts = code.upper().split(".")
    if "SAFETY" in parts:  # SAFETY.INPUT.TEXT, INPUT_PREPROCESSING.SAFETY.THIRD_PARTY
        return "moderated"
    if not code or "INTERNAL" in parts or "UNAVAILABLE" in parts:  # INTERNAL.BAD_OUTPUT.CODE01, THIRD_PARTY.UNAVAILABLE
        return "again"
    return "refused"


def _part(progress: Any) -> float | None:
    return min(1.0, max(0.0, progress)) if isinstance(progress, int | float) else None


def _clip(task: Mapping[str, Any]) -> str | None:
    output = task.get("output")
    return output[0] if isinstance(output, list) and output and isinstance(output[0], str) else None


def _micro_usd(task: Mapping[str, Any], field: str) -> int | None:
    """The money in `cost` or `estimatedCost`; None where it does not say."""
    cost = task.get(field)
    credits = cost.get("credits") if isinstance(cost, dict) else None
    return round(credits * _CREDIT) if isinstance(credits, int | float) and credits >= 0 else None


def _sdk() -> Any:
    try:
        import runwayml
    except ImportError as error:
        raise MissingTool(
            f"{NAME} needs the package runwayml, which is not installed ({error}).", 'Install it: pip install "longvid[runway]"'
        ) from error
    return runwayml


PROVIDER = Runway()
