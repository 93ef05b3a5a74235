"""Veo on Vertex AI: `models.generate_videos` (predictLongRunning), then `operations.get` (fetchPredictOperation)."""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..catalog import ModelEntry
from ..catalog.sizes import seconds_to_ask
from .base import VideoRequest
from .faults import Transient
from .google import Look, decoded, further_inputs, pictures, shape
from .google_sdk import NAME, VERTEX, Access, moderates, sdk
from .jobs import Ended, Refund, RemoteJob, Running, Sending, Succeeded

if TYPE_CHECKING:
    from ..settings import Settings
    from .spool import Call

# google.rpc.Code: cancelled, unknown, deadline exceeded, resource exhausted, aborted, internal, unavailable, data loss.
_AGAIN = (1, 2, 4, 8, 10, 13, 14, 15)
_FILTERED = "rai_media_filtered"


class Veo:
    """One call to Vertex for each verb."""

    def __init__(self, access: Access, settings: Settings) -> None:
        self._access, self._settings = access, settings

    async def submit(self, model: str, entry: ModelEntry, request: VideoRequest, sending: Sending) -> RemoteJob:
        client = await self._access.client(VERTEX)
        with self._access.calling(buys=True):
            asked = await asyncio.to_thread(self._asked, model, entry, request)
            create = client.models.generate_videos
            sending()
            operation = await create(model=model, **asked)
        if not operation.name:
            raise Transient(f"{NAME}'s answer names no operation.", "Check GOOGLE_VERTEX_BASE_URL.", sent=True)
        return RemoteJob(id=operation.name, model=model)

    def _asked(self, model: str, entry: ModelEntry, request: VideoRequest) -> dict[str, Any]:
        """Everything that is sent. What longvid.yaml adds goes into the request's `parameters`, under Google's own names."""
        types, inputs = sdk().types, entry.inputs
        config: dict[str, Any] = {
            "number_of_videos": 1,
            inputs["seconds"]: seconds_to_ask(entry, request.frames, request.fps),
            **shape(entry, request),
            **entry.always,
        }
        if "audio" in inputs:
            config[inputs["audio"]] = self._settings.remote.audio
        if "negative" in inputs and request.negative:
            config[inputs["negative"]] = request.negative
        if entry.seed.parameter is not None and request.seed is not None:
            config[entry.seed.parameter] = request.seed
        ends = {
            role: types.Image(image_bytes=base64.b64decode(text), mime_type=kind)
            for role, (kind, text) in pictures(entry, request).items()
        }
        if "last" in ends:
            config["last_frame"] = ends["last"]
        if further := further_inputs(self._settings, model):
            config["http_options"] = types.HttpOptions(extra_body={"parameters": dict(further)})
        source = types.GenerateVideosSource(prompt=request.prompt_sent, image=ends.get("first"))
        return {"source": source, "config": types.GenerateVideosConfig(**config)}

    async def look(self, job: RemoteJob, folder: Path) -> Look:
        client = await self._access.client(VERTEX, job.id)
        with self._access.calling(folder=folder) as call:
            operation = await client.operations.get(sdk().types.GenerateVideosOperation(name=job.id))
            found = self._state(operation, call, folder)
        call.drop(found.clip if isinstance(found.clip, Path) else None)
        return found

    def _state(self, operation: Any, call: Call, folder: Path) -> Look:
        if operation.error:
            return Look(self._failed(operation.error))
        if not operation.done:
            return Look(Running())
        answer = operation.response
        videos = (answer.generated_videos if answer else None) or []
        video = videos[0].video if videos else None
        if video is not None and video.uri:
            return Look(Succeeded(prompt=_rewritten(call)), video.uri)
        if video is not None and video.video_bytes:
            text = base64.b64encode(video.video_bytes).decode()
            return Look(Succeeded(prompt=_rewritten(call)), call.files.get(text) or decoded(text, folder))
        if answer and (answer.rai_media_filtered_count or answer.rai_media_filtered_reasons):
            reasons = " ".join(answer.rai_media_filtered_reasons or []) or "the clip was filtered for its content"
            return Look(Ended(code=_FILTERED, message=self._access.told(reasons), kind="moderated"))
        return Look(Ended(code="empty", message=f"{NAME} says it is done, and gives no clip.", kind="refused"))

    def _failed(self, error: dict[str, Any]) -> Ended:
        code, message = error.get("code"), self._access.told(error.get("message"))
        kind: Literal["again", "moderated", "refused"] = "again" if code in _AGAIN else "refused"
        if moderates(message) and code not in _AGAIN:
            kind = "moderated"
        return Ended(code=str(code), message=message or f"{NAME} gave no reason.", kind=kind)

    async def cancel(self, job: RemoteJob) -> Refund:
        """Nothing is asked: there is no call for it."""
        return Refund(stopped=False, message=f"{NAME} cannot stop a job of Veo's. It goes on, and is charged if it succeeds.")


def _rewritten(call: Call) -> str | None:
    """What Veo made of the prompt, where the answer tells: documented for prompts of fewer than thirty words."""
    try:
        videos = json.loads(call.text)["response"]["videos"]
        prompt = videos[0].get("prompt")
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
    return prompt if isinstance(prompt, str) and prompt else None
