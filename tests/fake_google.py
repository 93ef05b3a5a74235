"""Google on the loopback: Vertex AI with Veo, the Interactions API with Gemini Omni, files, a bucket, a token endpoint."""

from __future__ import annotations

import base64
import sys
import uuid
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import unquote

from tests.fake_video import KEY, Answer, Asked, FakeVideo, Job, main

TOKEN = "ya29.planted-token-never-to-be-seen"
"""The access token that the token endpoint gives."""
PROJECT, LOCATION = "longvid-tests", "us-central1"

_SIZES = {"720p": (1280, 720), "1080p": (1920, 1080)}
_BLOCKED = (
    "The prompt could not be submitted. This prompt contains words that violate Vertex AI's usage guidelines. "
    "Support codes: 29310472"
)
_CODES = {"again": 13, "refused": 3, "aborted": 10, "cancelled": 1}
_OMNI = {
    "queued": "queued",
    "running": "in_progress",
    "aborted": "cancelled",
    "cancelled": "cancelled",
    "incomplete": "incomplete",
}
_CALLS = {"predictLongRunning": "submit", "fetchPredictOperation": "poll", "cancel": "cancel", "token": "token"}


@dataclass
class FakeGoogle(FakeVideo):
    """Ends besides the usual: `code:N`, an operation that fails with that google.rpc.Code; `words`: Veo's usage guidelines, Omni
    answers with words; `empty`: done, and nothing there; `incomplete`: Omni's.

    The moods of `fetch` are those of files and buckets; of a clip inside an answer only `garbage` is.
    """

    variables: ClassVar[dict[str, str]] = {
        "GOOGLE_VERTEX_BASE_URL": "{url}",
        "GOOGLE_GEMINI_BASE_URL": "{url}",
        "STORAGE_EMULATOR_HOST": "{url}",
        "GOOGLE_API_KEY": "{key}",
    }

    delivery: str = "inline"
    """How Omni's clips come: `inline`, or at this address: `file` of the API, or `elsewhere` (a host of another name)."""
    processing: int = 0
    """How many looks at a file find it not ready."""

    def step(self, asked: Asked) -> str:
        last = asked.path.rpartition(":")[2].rpartition("/")[2]
        if "/storage/v1/b/" in asked.path:
            return "storage"
        if "/files/" in asked.path:
            return "download" if asked.path.endswith(":download") else "file"
        if last in _CALLS:
            return _CALLS[last]
        return "submit" if asked.method == "POST" else "poll"

    def answer(self, step: str, asked: Asked, mood: Any) -> Answer:
        if step == "token":
            return Answer({"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"})
        if step == "storage":
            return self._stored(asked, mood)
        signed = asked.headers.get("x-goog-api-key") == KEY or asked.headers.get("authorization") == f"Bearer {TOKEN}"
        if not signed:
            return _error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
        if mood == "moderated":
            return _error(400, "INVALID_ARGUMENT", _BLOCKED)
        if step in ("file", "download"):
            return self._file(step, asked, mood)
        return self._interaction(step, asked) if "/interactions" in asked.path else self._operation(step, asked)

    def mood(self, step: str) -> Any:
        return super().mood("fetch" if step in ("storage", "download") else step)

    def _inside(self, job: Job) -> str:
        """The clip as base64."""
        with self.lock:
            garbage = self.moods.get("fetch", [None])[:1] == ["garbage"] and super().mood("fetch")
        return base64.b64encode(b"this is no clip" if garbage else self.clip_of(job)).decode()

    def _bytes(self, job: Job | None, mood: Any) -> Answer | None:
        """The clip from where it is kept; None where it is not."""
        if job is not None and mood in ("expired", "gone"):
            job.signature = job.signature + 1 if mood == "expired" else 0
            self.keep()
            return None
        if job is None or job.signature == 0:
            return None
        return Answer(b"this is no clip" if mood == "garbage" else self.clip_of(job), headers={"content-type": "video/mp4"})

    # -- Vertex --------------------------------------------------------------------------------------------------------------

    def _operation(self, step: str, asked: Asked) -> Answer:
        if step == "submit":
            parameters = asked.fields["parameters"]
            model = asked.path.rpartition("/")[2].partition(":")[0]
            owner = asked.path.partition("/v1beta1/")[2].partition("publishers/")[0] or f"projects/712/locations/{LOCATION}/"
            name = f"{owner}publishers/google/models/{model}/operations/{uuid.uuid4()}"
            seconds = parameters["durationSeconds"]
            size = _shaped(parameters.get("resolution", "720p"), parameters.get("aspectRatio", "16:9"))
            sound = bool(parameters.get("generateAudio", True))
            if self.take(name, model, asked.fields, size, "24", round(24 * seconds), sound) is None:
                return _busy()
            return Answer({"name": name})
        found = self.look(asked.fields["operationName"])
        if found is None or found[0].signature == 0:
            return _error(404, "NOT_FOUND", "Operation not found.")
        job, status = found
        if status in ("queued", "running"):
            return Answer({"name": job.id, "metadata": {"@type": "type.googleapis.com/GenerateVideoMetadata"}})
        if status in _CODES or status.startswith("code:") or status == "words":
            code = int(status[5:]) if status.startswith("code:") else _CODES.get(status, 3)
            message = _BLOCKED if status == "words" else f"Failed with {status}, says {KEY}."
            return Answer({"name": job.id, "done": True, "error": {"code": code, "message": message, "details": []}})
        return Answer({"name": job.id, "done": True, "response": self._response(job, status)})

    def _response(self, job: Job, status: str) -> dict[str, Any]:
        kind = {"@type": "type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse"}
        if status == "moderated":
            reason = "Veo could not generate videos because the input image violates the policies. Support codes: 17301594"
            return {**kind, "raiMediaFilteredCount": 1, "raiMediaFilteredReasons": [reason]}
        if status == "empty":
            return kind
        bucket = job.fields["parameters"].get("storageUri")
        video: dict[str, Any] = {"mimeType": "video/mp4"}
        if bucket:
            video["gcsUri"] = f"{bucket}/{job.id.rpartition('/')[2]}/sample 0.mp4"
        else:
            video["bytesBase64Encoded"] = self._inside(job)
        if len(job.fields["instances"][0]["prompt"].split()) < 30:
            video["prompt"] = f"{job.fields['instances'][0]['prompt']} In rich detail."
        return {**kind, "raiMediaFilteredCount": 0, "videos": [video]}

    def _stored(self, asked: Asked, mood: Any) -> Answer:
        name = unquote(asked.path.rpartition("/o/")[2])
        job = next((job for job in self.jobs.values() if job.id.rpartition("/")[2] in name), None)
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return _error(401, "UNAUTHENTICATED", "Anonymous caller does not have storage.objects.get access.")
        return self._bytes(job, mood) or _error(404, "NOT_FOUND", "No such object.")

    # -- Interactions --------------------------------------------------------------------------------------------------------

    def _interaction(self, step: str, asked: Asked) -> Answer:
        if step == "submit":
            wanted = asked.fields["response_format"]
            id = f"v1_{uuid.uuid4().hex}"
            frames = round(24 * float(wanted["duration"].removesuffix("s")))
            size = _shaped(wanted["resolution"], wanted["aspect_ratio"])
            if self.take(id, asked.fields["model"], asked.fields, size, "24", frames, sound=True) is None:
                return _busy()
            return Answer({"id": id, "object": "interaction", "status": "queued", "model": asked.fields["model"]})
        id = asked.path.partition("/interactions/")[2].partition("/")[0]
        if step == "cancel":
            before = self.cancel(id, refund=False)
            if before is None:
                return _error(404, "NOT_FOUND", "Interaction not found.")
            if before not in ("queued", "running"):
                return _error(400, "FAILED_PRECONDITION", "Interaction is not running.")
        found = self.look(id)
        if found is None or found[0].signature == 0:
            return _error(404, "NOT_FOUND", "Interaction not found.")
        return Answer(self._seen(*found))

    def _seen(self, job: Job, status: str) -> dict[str, Any]:
        seen: dict[str, Any] = {
            "id": job.id, "object": "interaction", "model": job.model, "status": _OMNI.get(status, "completed"),
            "created": "2026-11-20T10:00:00Z", "updated": "2026-11-20T10:00:10Z",
        }  # fmt: skip
        if status in ("queued", "running"):
            return seen
        if status in ("again", "refused", "moderated"):
            code = {"again": "internal", "refused": "invalid_argument", "moderated": "safety"}[status]
            return {**seen, "status": "failed", "errors": [{"code": code, "message": f"Failed with {status}, says {KEY}."}]}
        content: list[dict[str, Any]] = []
        if status == "words":
            content.append({"type": "text", "text": "I cannot make this video."})
        if status == "succeeded":
            content.append({"type": "video", "mime_type": "video/mp4", **self._clip_content(job)})
        output = {"type": "model_output", "content": content}
        steps = [*job.fields["input"], {"type": "thought", "signature": "c2lnbmF0dXJl"}, output]
        return {**seen, "steps": steps, "usage": _usage(job)}

    def _clip_content(self, job: Job) -> dict[str, str]:
        if self.delivery == "inline":
            return {"data": self._inside(job)}
        if self.delivery == "elsewhere":
            return {"uri": self.clip_url(job).replace("127.0.0.1", "localhost")}
        return {"uri": f"{self.url}/v1beta/files/{job.id.removeprefix('v1_')}-{job.signature}:download?alt=media"}

    def _file(self, step: str, asked: Asked, mood: Any) -> Answer:
        name = asked.path.rpartition("/")[2].partition(":")[0]
        id, _, signature = name.partition("-")
        job = self.jobs.get(f"v1_{id}")
        gone = _error(403, "PERMISSION_DENIED", "You do not have permission to access the file, or it may not exist.")
        if job is None or signature != str(job.signature):
            return gone
        if step == "download":
            return self._bytes(job, mood) or gone
        with self.lock:
            waiting, self.processing = self.processing > 0, max(0, self.processing - 1)
        return Answer({"name": f"files/{name}", "mimeType": "video/mp4", "state": "PROCESSING" if waiting else "ACTIVE"})


def _usage(job: Job) -> dict[str, Any]:
    """5792 tokens for a second at 720p, a thousand that went in, ten of thought."""
    video = 5792 * job.frames // 24
    by = [{"modality": "video", "tokens": video}]
    return {"total_input_tokens": 1000, "total_output_tokens": video, "output_tokens_by_modality": by, "total_thought_tokens": 10}


def _shaped(resolution: str, ratio: str) -> tuple[int, int]:
    wide, high = _SIZES[resolution]
    return (wide, high) if ratio == "16:9" else (high, wide)


def _busy() -> Answer:
    retry = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.2s"}
    return _error(429, "RESOURCE_EXHAUSTED", "Quota exceeded for online prediction requests.", retry)


def _error(status: int, name: str, message: str, *details: dict[str, Any]) -> Answer:
    return Answer({"error": {"code": status, "status": name, "message": message, "details": list(details)}}, status)


if __name__ == "__main__":
    main(FakeGoogle, sys.argv[1:])
