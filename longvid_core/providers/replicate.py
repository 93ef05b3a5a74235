"""Video by whatever model is on Replicate, through its own SDK: the listed ones as the catalog says, others as they publish."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import datetime
import hashlib
import io
import json
import os
import re
from collections.abc import AsyncIterator, Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from ..catalog import ModelEntry, entry_of
from ..catalog.sizes import canvas, ratio_to_ask, resolution_to_ask, seconds_to_ask
from ..errors import BadInput, CannotRender, MissingTool, UnknownName
from ..models.asset import Asset
from ..models.base import exact_fps
from ..secrets import required_key
from .base import Surroundings, VideoRequest
from .download import Expired, download, no_clip
from .ends import data_uri, end_png
from .faults import Refused, Transient
from .jobs import Difference, JobState, Refund, RemoteJob, Sending, nothing
from .schemas import Schema, as_taken, differences, entry_of_schema, schema_of

if TYPE_CHECKING:
    from ..settings import Settings

NAME = "Replicate"
# Part of every clip's key: raise it when the same request would be put to a model another way.
REQUEST_VERSION = 1
DATA_URI_LIMIT = 256_000
"""Longer pictures are uploaded first. Replicate takes data URIs of up to 256 kB everywhere, of 1 MB in some places."""
SKEW = datetime.timedelta(hours=12)
"""How far its clock may be off ours when a job is looked for: what was asked decides, not when."""
_PAGES = 100
_HIDDEN = "hidden"
_MODEL = re.compile(r"(?P<owner>[\w.-]+)/(?P<name>[\w.-]+)(:(?P<version>[\w.-]+))?")


class Replicate:
    """Opens with the run's settings, and knows what unlisted models can do."""

    name = "replicate"

    def __init__(self) -> None:
        self._schemas: dict[tuple[str, str], Schema] = {}

    @contextlib.contextmanager
    def opened(self, around: Surroundings) -> Iterator[Jobs]:
        yield Jobs(around.settings, self)

    def entry(self, model: str, settings: Settings) -> ModelEntry:
        """What an unlisted model, or a pinned version of a listed one, can do, by the schema it publishes."""
        given = settings.remote.inputs.get(f"{self.name}:{model}", {})
        return entry_of_schema(self.schema(model, settings), entry_of(self.name).models.get(_base(model)), given)

    def schema(self, model: str, settings: Settings) -> Schema:
        """The model's interface, asked for once in a process. Errors as in `entry`, and the faults of a call."""
        known = (os.environ.get("REPLICATE_BASE_URL", ""), model)
        if known not in self._schemas:
            # a thread of its own: whoever asks may be in an event loop
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                self._schemas[known] = pool.submit(asyncio.run, _published(model, settings)).result()
        return self._schemas[known]


class Jobs:
    """Renders in one run."""

    name = "replicate"

    def __init__(self, settings: Settings, provider: Replicate) -> None:
        self._settings = settings
        self._provider = provider

    def fingerprint(self, model: str) -> dict[str, Any]:
        schema = self._schema(model)
        found: dict[str, Any] = {
            "provider": self.name,
            "model": model,
            "request": REQUEST_VERSION,
            "inputs": self._further(model),
        }
        if schema is not None:
            found |= {"version": schema.version, "schema": schema.sha256}
        if self._entry(model).audio:
            found["audio"] = self._settings.remote.audio
        return found

    def ready(self) -> None:
        """MissingTool without the SDK, BadInput without a key."""
        _wire()
        required_key(self.name, self._settings)

    async def submit(self, model: str, request: VideoRequest, sending: Sending = nothing) -> RemoteJob:
        """One create, after its pictures were uploaded where they are too large to be sent along."""
        schema = await asyncio.to_thread(self._schema, model)
        asked = self._asked(model, request)
        _check_json({**asked, **self._further(model)})
        pictures = await asyncio.to_thread(self._pictures, model, request)
        version = schema.version if schema is not None else None
        async with self._sdk() as sdk:
            for name, picture in pictures.items():
                asked[name] = _along(picture) or await self._uploaded(sdk, name, picture)
            asked |= self._further(model)
            sending()
            with self._faults(creating=True):
                if version is not None:
                    made = await sdk.predictions.async_create(version=version, input=asked)
                else:
                    owner, name = _base(model).split("/")
                    made = await sdk.models.predictions.async_create(model=(owner, name), input=asked)
                return RemoteJob(id=made.id, model=model, extra={"version": version} if version is not None else {})

    async def poll(self, job: RemoteJob) -> JobState:
        state: JobState = _wire().state_of(await self._prediction(job.id), self._key())
        return state

    async def fetch(self, job: RemoteJob, target: Path) -> None:
        """The clip from the address that the job gives now; an address that has expired is asked for once more."""
        forgotten = (f"{NAME} deletes clips an hour after they are made.", "Leave longvid running until its clips are fetched.")
        for again in (False, True):
            prediction = await self._prediction(job.id)
            if prediction.status in ("starting", "processing"):
                raise Transient(f"{NAME}'s job {job.id} is not done yet.", "Try again later.")
            if prediction.status != "succeeded":
                raise Refused(f"{NAME}'s job {job.id} gave no clip: {_wire().name_of(prediction)}.")
            address = _wire().address_of(prediction)
            if address is None:
                break
            try:
                return await download(NAME, address, target, self._settings.remote.timeout_s)
            except Expired as error:
                if again:
                    raise no_clip(NAME, job.id, error, *forgotten) from None
        raise Refused(f"{NAME} keeps the clip of job {job.id} no longer.", *forgotten)

    async def cancel(self, job: RemoteJob) -> Refund:
        try:
            async with self._sdk() as sdk:
                with self._faults():
                    prediction = await sdk.predictions.async_cancel(job.id)
        except Refused:  # of a job that is over, say: what it is now tells
            prediction = await self._prediction(job.id)
            if prediction.status in ("starting", "processing"):
                raise
        state = _wire().name_of(prediction)
        if prediction.status in ("succeeded", "failed") or state == "aborted":
            return Refund(stopped=True, message=f"{NAME}'s job {job.id} was over before it was cancelled ({state}).")
        if prediction.status == "canceled":
            if prediction.started_at is None:
                return Refund(stopped=True, message=f"{NAME}'s job {job.id} had not begun: nothing is charged.", micro_usd=0)
            return Refund(stopped=True, message=f"{NAME}'s job {job.id} had begun: what it did until now may be charged.")
        return Refund(stopped=False, message=f"{NAME} was told to stop job {job.id}, and it is still {state}.")

    async def find(self, model: str, request: VideoRequest, since: datetime.datetime, known: Collection[str]) -> RemoteJob | None:
        """The job with this input, of those created at about `since`.

        Refused where it cannot be told: Replicate forgets what was asked an hour after it.
        """
        schema = await asyncio.to_thread(self._schema, model)
        asked = {**self._asked(model, request), **self._further(model)}
        pictures = await asyncio.to_thread(self._pictures, model, request)
        wire, since, forgotten = _wire(), _utc(since), 0
        async with self._sdk() as sdk:
            near = [p async for p in self._near(sdk, since) if p.id not in known and self._is_of(p, model, schema)]
            for prediction in sorted(near, key=lambda p: abs(wire.created(p) - since)):
                if not prediction.input:
                    with self._faults():
                        prediction = await sdk.predictions.async_get(prediction.id)
                if not prediction.input:
                    forgotten += 1
                elif await self._same(sdk, prediction.input, asked, pictures):
                    version = schema.version if schema is not None else None
                    return RemoteJob(id=prediction.id, model=model, extra={"version": version} if version is not None else {})
        if forgotten:
            raise Refused(
                f"{NAME} lists {forgotten} job(s) of {model} from about then, and has forgotten what they were asked for.",
                "Look at replicate.com/predictions, and say which it is, or that there is none: longvid jobs resolve.",
            )
        return None

    async def check(self, model: str) -> tuple[Difference, ...]:
        """Where the model's schema and its catalog entry differ."""
        schema = await _published(model, self._settings)
        return differences(self._entry(model), schema)

    # -- what is asked -------------------------------------------------------------------------------------------------------

    def _schema(self, model: str) -> Schema | None:
        """The interface of an unlisted model; None: the catalog says all."""
        return None if model in entry_of(self.name).models else self._provider.schema(model, self._settings)

    def _entry(self, model: str) -> ModelEntry:
        return entry_of(self.name).models.get(model) or self._provider.entry(model, self._settings)

    def _further(self, model: str) -> dict[str, Any]:
        return self._settings.remote.inputs.get(f"{self.name}:{model}", {})

    def _asked(self, model: str, request: VideoRequest) -> dict[str, Any]:
        """The input without its pictures, under the model's own names."""
        entry, schema = self._entry(model), self._schema(model)
        fps = exact_fps(request.fps)
        wide, high = canvas(entry, request.width, request.height)
        values = {
            "prompt": request.prompt_sent,
            "negative": request.negative if entry.negative_prompt and request.negative else None,
            "seconds": seconds_to_ask(entry, request.frames, request.fps),
            "frames": request.frames,
            "fps": round(fps),
            "ratio": ratio_to_ask(entry, request.width, request.height) if entry.ratios else None,
            "resolution": resolution_to_ask(entry, request.width, request.height) if entry.resolutions else None,
            "size": f"{wide}x{high}" if entry.sizes else None,
            "audio": self._settings.remote.audio if entry.audio else None,
        }
        asked = dict(entry.always)
        asked |= {entry.inputs[ours]: v for ours, v in values.items() if ours in entry.inputs and v is not None}
        if entry.seed.parameter and entry.seed.promise != "none" and request.seed is not None:
            asked[entry.seed.parameter] = request.seed
        if schema is None:
            return asked
        return {name: as_taken(value, schema.inputs.get(name, {})) for name, value in asked.items()}

    def _pictures(self, model: str, request: VideoRequest) -> dict[str, bytes]:
        """Both ends as PNG, placed on a canvas of the shape that is asked for, under the model's own names."""
        entry = self._entry(model)
        size = canvas(entry, request.width, request.height)
        ends: dict[str, Asset | None] = {"first": request.first, "last": request.last}
        return {
            entry.inputs[ours]: end_png(image, size, request)
            for ours, image in ends.items()
            if image is not None and ours in entry.inputs
        }

    async def _uploaded(self, sdk: Any, name: str, picture: bytes) -> str:
        with self._faults():
            file = await sdk.files.async_create(io.BytesIO(picture), filename=f"{name}.png", content_type="image/png")
            return str(file.urls["get"])

    # -- what is there -------------------------------------------------------------------------------------------------------

    async def _prediction(self, id: str) -> Any:
        async with self._sdk() as sdk:
            with self._faults():
                return await sdk.predictions.async_get(id)

    async def _near(self, sdk: Any, since: datetime.datetime) -> AsyncIterator[Any]:
        """Everything that was created within `SKEW` of a time, newest first."""
        cursor: Any = ...
        for _ in range(_PAGES):
            with self._faults():
                page = await sdk.predictions.async_list(cursor)
                times = [_wire().created(prediction) for prediction in page.results]
            for prediction, created in zip(page.results, times, strict=True):
                if abs(created - since) <= SKEW:
                    yield prediction
            if not page.next or (times and times[-1] < since - SKEW):
                return
            cursor = _path(page.next)

    def _is_of(self, prediction: Any, model: str, schema: Schema | None) -> bool:
        if schema is not None and schema.version is not None and prediction.version not in ("", _HIDDEN):
            return bool(prediction.version == schema.version)
        return bool(prediction.model.lower() == _base(model).lower())

    async def _same(self, sdk: Any, there: dict[str, Any], asked: dict[str, Any], pictures: dict[str, bytes]) -> bool:
        if any(there.get(name) != value for name, value in asked.items()):
            return False
        for name, picture in pictures.items():
            if name in asked:  # the settings give another
                continue
            if not await self._is_picture(sdk, there.get(name), picture):
                return False
        return True

    async def _is_picture(self, sdk: Any, there: Any, picture: bytes) -> bool:
        """Whether what a job has for a picture may be this one; what Replicate keeps elsewhere cannot be compared."""
        if not isinstance(there, str):
            return False
        if there.startswith("data:"):
            return there == _along(picture)
        if found := re.search(r"/v1/files/([\w-]+)", there):
            with contextlib.suppress(Refused), self._faults():
                file = await sdk.files.async_get(found[1])
                return bool(file.checksums.get("sha256") in (None, hashlib.sha256(picture).hexdigest()))
        return True

    # -- the SDK -------------------------------------------------------------------------------------------------------------

    def _key(self) -> SecretStr:
        return required_key(self.name, self._settings)

    def _sdk(self) -> contextlib.AbstractAsyncContextManager[Any]:
        client: contextlib.AbstractAsyncContextManager[Any] = _wire().client(self._key(), self._settings.remote.timeout_s)
        return client

    def _faults(self, *, creating: bool = False) -> contextlib.AbstractContextManager[None]:
        turned: contextlib.AbstractContextManager[None] = _wire().faults(self._key(), creating=creating)
        return turned


def _wire() -> Any:
    try:
        from . import replicate_wire
    except ImportError as error:
        raise MissingTool(
            f"{NAME} needs the package replicate, which is not installed ({error}).",
            'Install it: pip install "longvid[replicate]"',
        ) from error
    return replicate_wire


def _check_json(asked: dict[str, Any]) -> None:
    """BadInput for what cannot be sent: afterwards it would look as if the answer were lost."""
    try:
        json.dumps(asked, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError) as error:
        raise BadInput(
            f"what {NAME} is to be asked cannot be written as JSON: {error}.",
            "Mend the prompt, or remote.inputs in longvid.yaml.",
        ) from error


def _base(model: str) -> str:
    return model.partition(":")[0]


async def _published(model: str, settings: Settings) -> Schema:
    """The interface that the model publishes now. UnknownName where there is none such, CannotRender where it tells nothing."""
    wire, key = _wire(), required_key("replicate", settings)
    found = _MODEL.fullmatch(model)
    if found is None:
        raise UnknownName(f"{model!r} is no model of {NAME}.", "Its models are called OWNER/NAME, or OWNER/NAME:VERSION.")
    try:
        async with wire.client(key, settings.remote.timeout_s) as sdk:
            with wire.faults(key):
                there = await sdk.models.async_get(_base(model))
                version = there.latest_version
                if found["version"]:
                    version = await there.versions.async_get(found["version"])
    except Refused as refused:
        if refused.everything:
            raise
        raise UnknownName(
            f"{NAME} has no model {model}: {refused.what}", f"Look for it at replicate.com/{_base(model)}."
        ) from None
    if version is None or not version.openapi_schema:
        raise CannotRender(
            f"replicate:{model} publishes no schema of what it takes.", "Name a version (OWNER/NAME:VERSION), or another model."
        )
    id = None if version.id == _HIDDEN else version.id
    example = there.default_example.output if there.default_example is not None else None
    return schema_of(model, id, version.openapi_schema, description=there.description or "", example=example)


def _along(picture: bytes) -> str | None:
    """A picture to be sent with the request itself; None: it is too large for that."""
    uri = data_uri(picture)
    return uri if len(uri) <= DATA_URI_LIMIT else None


def _utc(time: datetime.datetime) -> datetime.datetime:
    return time.replace(tzinfo=datetime.timezone.utc) if time.tzinfo is None else time


def _path(url: str) -> str:
    """An address on the same server without the server: the key goes nowhere else."""
    return re.sub(r"^[a-z]+://[^/]*", "", url, flags=re.I)


PROVIDER = Replicate()
