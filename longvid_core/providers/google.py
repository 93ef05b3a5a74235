"""Video by Google, through its own SDK: Veo on Vertex AI, Gemini Omni through the Interactions API.

Which of the two a model is behind stands in the catalog. Veo sends its clip inside the answer that says it is done, unless
it was told of a bucket; Gemini Omni in the answer too, or as a file of the Gemini API.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ..catalog import ModelEntry, entry_of
from ..catalog.sizes import canvas, ratio_to_ask, resolution_to_ask
from ..files import writing
from .base import Surroundings, VideoRequest
from .download import Expired, download, no_clip
from .ends import data_uri, end_png
from .faults import Refused, Transient
from .google_sdk import INTERACTIONS, NAME, VERTEX, Access
from .jobs import JobState, Refund, RemoteJob, Running, Sending, Succeeded, nothing

if TYPE_CHECKING:
    from ..settings import Settings

# Part of every clip's key: raise it when the same request would be put to a model another way.
REQUEST_VERSION = 1
_ANEW = "Have the segment rendered again."
_PICTURE = 10_000_000
"""The most characters a picture has as base64; Veo takes files of 20 MB, and requests have their limits too."""


class Google:
    """Opens with the run's settings. The SDK is imported when it is first needed."""

    name = "google"

    @contextlib.contextmanager
    def opened(self, around: Surroundings) -> Iterator[Video]:
        folder = Path(tempfile.mkdtemp(prefix="google-", dir=around.scratch))
        try:
            yield Video(around.settings, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


class Look(NamedTuple):
    """How a job is, and its clip where it has one: a file here, or the address of one."""

    state: JobState
    clip: Path | str | None = None


class Interface(Protocol):
    """One of Google's ways to have a clip made."""

    async def submit(self, model: str, entry: ModelEntry, request: VideoRequest, sending: Sending) -> RemoteJob: ...

    async def look(self, job: RemoteJob, folder: Path) -> Look: ...

    async def cancel(self, job: RemoteJob) -> Refund: ...


class Video:
    """Renders in one run. `folder`: where clips wait that came with an answer."""

    name = "google"

    def __init__(self, settings: Settings, folder: Path) -> None:
        from .google_omni import Omni
        from .google_veo import Veo

        self._settings, self._folder = settings, folder
        self._access = Access(settings)
        self._interfaces: dict[str, Interface] = {
            VERTEX: Veo(self._access, settings),
            INTERACTIONS: Omni(self._access, settings),
        }
        self._found: dict[str, Look] = {}

    def fingerprint(self, model: str) -> dict[str, Any]:
        entry = entry_of(self.name).models[model]
        facts: dict[str, Any] = {"provider": self.name, "model": model, "request": REQUEST_VERSION}
        if "audio" in entry.inputs:
            facts["audio"] = self._settings.remote.audio
        if further := further_inputs(self._settings, model):
            facts["inputs"] = dict(further)
        return facts

    def ready(self) -> None:
        """MissingTool without the SDK (or in a Python too old for it), BadInput without a way in."""
        self._access.ready()

    async def submit(self, model: str, request: VideoRequest, sending: Sending = nothing) -> RemoteJob:
        """Ask for one clip, with one call."""
        entry = entry_of(self.name).models[model]
        assert entry.interface is not None
        job = await self._interfaces[entry.interface].submit(model, entry, request, sending)
        return job.model_copy(update={"extra": {**job.extra, "interface": entry.interface}})

    async def poll(self, job: RemoteJob) -> JobState:
        """How it is now. A clip that comes with the answer waits on disk: it is not downloaded again, nor is Google asked."""
        return (self._found.get(job.id) or await self._look(job)).state

    async def fetch(self, job: RemoteJob, target: Path) -> None:
        """The clip, byte for byte, as it came or from where it is."""
        fresh = job.id not in self._found
        found = self._found.get(job.id) or await self._look_for_clip(job)
        while True:
            clip = found.clip
            assert clip is not None
            try:
                if isinstance(clip, Path):
                    await asyncio.to_thread(_moved, clip, target)
                    del self._found[job.id]
                else:
                    url, headers = await self._access.address(clip)
                    await download(NAME, url, target, self._settings.remote.timeout_s, headers)
                return
            except Expired as error:
                self._found.pop(job.id, None)
                if fresh:
                    raise no_clip(NAME, job.id, error, _ANEW) from None
                fresh, found = True, await self._look_for_clip(job)

    async def cancel(self, job: RemoteJob) -> Refund:
        return await self._interface(job).cancel(job)

    async def _look(self, job: RemoteJob) -> Look:
        found = await self._interface(job).look(job, self._folder)
        if found.clip is not None:
            self._found[job.id] = found
        return found

    async def _look_for_clip(self, job: RemoteJob) -> Look:
        try:
            found = await self._look(job)
        except Refused as error:
            if error.everything:
                raise
            raise _gone(job, error.what) from None
        if isinstance(found.state, Running):
            raise Transient(f"{NAME}'s job {job.id} has no clip yet.", "Try again later.")
        if found.clip is None:
            raise _gone(job, "" if isinstance(found.state, Succeeded) else found.state.message)
        return found

    def _interface(self, job: RemoteJob) -> Interface:
        """As it was submitted; of a job that a person found by its id, as its model is asked now."""
        name = job.extra.get("interface") or entry_of(self.name).models[job.model].interface
        assert name is not None
        return self._interfaces[name]


def _gone(job: RemoteJob, why: str) -> Refused:
    return Refused(f"{NAME} keeps the clip of its job {job.id} no longer. {why}".rstrip(), _ANEW)


def _moved(clip: Path, target: Path) -> None:
    with writing(target):
        shutil.move(clip, target)


# -- what both interfaces ask with -------------------------------------------------------------------------------------------


def further_inputs(settings: Settings, model: str) -> Mapping[str, Any]:
    """What longvid.yaml adds for this model."""
    return settings.remote.inputs.get(f"google:{model}", {})


def shape(entry: ModelEntry, request: VideoRequest) -> dict[str, str]:
    """Ratio and resolution to ask for, as this model's interface calls them."""
    size = canvas(entry, request.width, request.height)
    asked = {"ratio": ratio_to_ask(entry, *size), "resolution": resolution_to_ask(entry, *size)}
    return {entry.inputs[ours]: value for ours, value in asked.items() if ours in entry.inputs}


def pictures(entry: ModelEntry, request: VideoRequest) -> dict[str, tuple[str, str]]:
    """First and last frame, placed for the size that is asked for: (MIME type, base64) by role."""
    size = canvas(entry, request.width, request.height)
    ends = {"first": request.first, "last": request.last}
    return {role: encoded(end_png(image, size, request)) for role, image in ends.items() if image is not None}


def encoded(png: bytes) -> tuple[str, str]:
    """A picture as (MIME type, base64), small enough to be sent."""
    head, _, text = data_uri(png, _PICTURE).partition(",")
    return head.removeprefix("data:").removesuffix(";base64"), text


def decoded(text: str | bytes, folder: Path) -> Path:
    """A clip that was not taken out of its answer on the way, as a file."""
    file = Path(tempfile.mkstemp(suffix=".clip", dir=folder)[1])
    with writing(file):
        file.write_bytes(base64.b64decode(text))
    return file


PROVIDER = Google()
