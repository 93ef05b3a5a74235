"""Replicate on the loopback, as its SDK speaks to it: predictions, files, and the models with their schemas.

It is as strict as Replicate is: an input that the model's schema does not have, or does not allow, is refused.
"""

from __future__ import annotations

import datetime
import email
import email.policy
import hashlib
import io
import re
import uuid
from dataclasses import dataclass, field
from typing import Any, ClassVar

from PIL import Image

from tests.fake_video import KEY, Answer, Asked, FakeVideo, Job, main, picture
from tests.replicate_models import COMMUNITY, MODELS, Published

ERRORS = {
    "again": "Prediction interrupted; please retry (code: PA)",
    "refused": "Invalid input: the picture is too small. (E006) (k3Fx)",
    "moderated": "The input or output was flagged as sensitive. Please try again with different inputs. (E005) (aPq9)",
}
STATES = {"queued": "starting", "running": "processing", "cancelled": "canceled", "aborted": "aborted", "succeeded": "succeeded"}


@dataclass
class FakeReplicate(FakeVideo):
    """`end` besides: any other word is what a job that failed says. `submit` besides: `moderated`, `no_credit`."""

    variables: ClassVar[dict[str, str]] = {"REPLICATE_BASE_URL": "{url}", "REPLICATE_API_TOKEN": "{key}"}
    models: dict[str, Published] = field(default_factory=lambda: dict(MODELS))
    forgets: bool = False
    """Whether an hour is over: inputs and outputs are deleted."""
    terse: bool = False
    """Whether lists leave inputs out."""
    page: int = 100
    files: dict[str, bytes] = field(default_factory=dict)

    def step(self, asked: Asked) -> str:
        path = asked.path
        if path.startswith("/v1/files"):
            return "upload" if asked.method == "POST" else "file"
        if path.endswith("/predictions"):
            return "submit" if asked.method == "POST" else "find"
        if path.startswith("/v1/models/"):
            return "schema"
        return "cancel" if path.endswith("/cancel") else "poll"

    def answer(self, step: str, asked: Asked, mood: Any) -> Answer:
        if asked.headers.get("authorization") != f"Bearer {KEY}":
            return Answer({"title": "Unauthenticated", "detail": f"no such key: {asked.headers.get('authorization')}"}, 401)
        return getattr(self, f"_{step}")(asked, mood)

    # -- predictions ---------------------------------------------------------------------------------------------------------

    def _submit(self, asked: Asked, mood: Any) -> Answer:
        if mood == "moderated":
            return Answer({"title": "Input validation failed", "detail": f"The prompt was flagged as sensitive, says {KEY}"}, 422)
        if mood == "no_credit":
            return Answer({"title": "Insufficient credit", "detail": "Add some to run this model."}, 402)
        fields, version = asked.fields, asked.fields.get("version")
        found = re.fullmatch(r"/v1/models/([^/]+/[^/]+)/predictions", asked.path)
        model = found[1] if found else next((name for name, m in self.models.items() if version and m.version == version), "")
        if model not in self.models or (found and self.models[model].version == COMMUNITY):
            return Answer({"title": "Not found", "detail": "The requested resource could not be found."}, 404)
        if wrong := self.refusal(model, fields["input"]):
            return Answer({"title": "Input validation failed", "detail": "\n".join(wrong)}, 422)
        shape = self._shape(model, fields["input"])
        job = self.take(uuid.uuid4().hex[:26], model, {"input": fields["input"], "version": version or "hidden"}, *shape)
        if job is None:  # as it is: the time to wait stands in the words alone
            return Answer({"detail": "Request was throttled. Your rate limit resets in ~1s."}, 429)
        return Answer(self.prediction(job, "queued"), 201)

    def _poll(self, asked: Asked, mood: Any) -> Answer:
        seen = self.look(asked.path.removeprefix("/v1/predictions/"))
        return Answer(self.prediction(*seen)) if seen else Answer({"detail": "The requested resource could not be found."}, 404)

    def _cancel(self, asked: Asked, mood: Any) -> Answer:
        id = asked.path.removeprefix("/v1/predictions/").removesuffix("/cancel")
        with self.lock:
            job = self.jobs.get(id)
            if job is None:
                return Answer({"detail": "The requested resource could not be found."}, 404)
            self.cancel(id, refund=self.status(job) == "queued")
            return Answer(self.prediction(job, self.status(job)))

    def _find(self, asked: Asked, mood: Any) -> Answer:
        first = int(asked.query.get("cursor", 0))
        with self.lock:
            jobs = sorted(self.jobs.values(), key=lambda job: -job.born)
            shown = [self.prediction(job, self.status(job)) for job in jobs[first : first + self.page]]
        if self.terse:
            shown = [{**each, "input": None} for each in shown]
        last = first + self.page
        after = f"https://api.replicate.com/v1/predictions?cursor={last}" if last < len(jobs) else None
        return Answer({"previous": None, "next": after, "results": shown})

    def prediction(self, job: Job, status: str) -> dict[str, Any]:
        """A job as Replicate shows it."""
        born = datetime.datetime.fromtimestamp(job.born + self.skew_s, datetime.timezone.utc)
        begun = status != "queued" and not job.refunded
        seed = job.fields["input"].get("seed", 4242)
        state = STATES.get(status, "failed")
        return {
            "id": job.id,
            "model": job.model,
            "version": job.fields["version"],
            "input": {} if self.forgets else job.fields["input"],
            "logs": f"Using seed: {seed}\n {round(100 * job.progress)}%|####      | 4/10 [00:04<00:06]" if begun else "",
            "output": self._output(job) if status == "succeeded" and job.signature and not self.forgets else None,
            "data_removed": self.forgets,
            "error": ERRORS.get(status, status) if state == "failed" else None,
            "status": state,
            "created_at": born.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "started_at": born.isoformat() if begun else None,
            "completed_at": None,
            "urls": {"get": f"{self.url}/v1/predictions/{job.id}", "cancel": f"{self.url}/v1/predictions/{job.id}/cancel"},
            "metrics": {"predict_time": 12.5, "video_output_duration_seconds": 5} if state == "succeeded" else {},
        }

    def _output(self, job: Job) -> Any:
        url = self.clip_url(job)
        return [url] if self.models[job.model].output.get("type") == "array" else url

    # -- files and models ----------------------------------------------------------------------------------------------------

    def _upload(self, asked: Asked, mood: Any) -> Answer:
        kind = asked.headers["content-type"].encode()
        message = email.message_from_bytes(b"Content-Type: " + kind + b"\r\n\r\n" + asked.body, policy=email.policy.HTTP)
        part = message.get_payload(0)
        id = uuid.uuid4().hex
        self.files[id] = part.get_payload(decode=True)
        return Answer(self._described(id), 201)

    def _file(self, asked: Asked, mood: Any) -> Answer:
        id = asked.path.removeprefix("/v1/files/")
        return Answer(self._described(id)) if id in self.files else Answer({"detail": "There is no such file."}, 404)

    def _described(self, id: str) -> dict[str, Any]:
        data = self.files[id]
        digest = hashlib.sha256(data).hexdigest()
        return {
            "id": id, "name": "file.png", "content_type": "image/png", "size": len(data), "etag": id, "metadata": {},
            "checksums": {"sha256": digest}, "created_at": "2026-11-20T12:00:00Z", "expires_at": "2026-11-21T12:00:00Z",
            "urls": {"get": f"{self.url}/v1/files/{id}"},
        }  # fmt: skip

    def _schema(self, asked: Asked, mood: Any) -> Answer:
        owner, name, *rest = asked.path.removeprefix("/v1/models/").split("/")
        model = self.models.get(f"{owner}/{name}")
        if model is None or (rest and rest[1] != model.version):
            return Answer({"title": "Not found", "detail": "The requested resource could not be found."}, 404)
        created = "2026-01-01T00:00:00.000000Z"
        version = {"id": model.version, "created_at": created, "cog_version": None, "openapi_schema": model.openapi}
        if rest:
            return Answer(version)
        example = {"id": "e", "status": "succeeded", "input": {}, "output": model.example, "version": None, "error": None}
        return Answer({
            "url": f"https://replicate.com/{owner}/{name}", "owner": owner, "name": name, "description": model.description,
            "visibility": "public", "run_count": 7, "latest_version": version if model.version else None,
            "default_example": example if model.example else None,
        })  # fmt: skip

    # -- inputs --------------------------------------------------------------------------------------------------------------

    def refusal(self, model: str, given: dict[str, Any]) -> list[str]:
        """What is wrong with an input, by the model's schema."""
        inputs = self.models[model].inputs
        wrong = [f"- input: {name} is required" for name in self.models[model].required if name not in given]
        for name, value in given.items():
            if name not in inputs:
                wrong.append(f"- input.{name}: Additional property {name} is not allowed")
            elif not _fits(value, inputs[name]):
                wrong.append(f"- input.{name}: {value!r:.80} does not fit")
        return wrong

    def _shape(self, model: str, given: dict[str, Any]) -> tuple[tuple[int, int], str, int, bool]:
        """Size, rate, frames and sound of the clip that this input makes."""
        published = self.models[model]
        wide, high = (int(n) for n in re.findall(r"\d+", str(given.get("aspect_ratio", ""))) or (16, 9))
        lines = int(re.sub(r"\D", "", str(given.get("resolution", "480p"))))
        fps = given.get("frames_per_second", given.get("fps", published.fps))
        frames = given.get("num_frames") or round(float(given.get("duration", published.seconds)) * fps)
        size = (2 * round(lines * max(wide / high, 1) / 2), 2 * round(lines * max(high / wide, 1) / 2))
        return size, str(fps), frames, bool(given.get("generate_audio"))

    def sent(self, value: str) -> Image.Image:
        """The picture behind an input: a data URI, or a file that was uploaded."""
        if value.startswith("data:"):
            return picture(value)
        return Image.open(io.BytesIO(self.files[value.rpartition("/")[2]]))


def _fits(value: Any, schema: dict[str, Any]) -> bool:
    if "enum" in schema:
        return any(value == option and type(value) is type(option) for option in schema["enum"])
    kind = schema["type"]
    if kind in ("integer", "number"):
        right = isinstance(value, int if kind == "integer" else int | float) and not isinstance(value, bool)
        return right and schema.get("minimum", value) <= value <= schema.get("maximum", value)
    if schema.get("format") == "uri":
        return isinstance(value, str) and value.startswith(("data:image/", "http://", "https://"))
    return isinstance(value, {"string": str, "boolean": bool, "array": list}[kind])


if __name__ == "__main__":
    main(FakeReplicate)
