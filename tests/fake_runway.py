"""Runway on the loopback, as its SDK speaks to it: `POST /v1/image_to_video`, `GET` and `DELETE /v1/tasks/ID`.

It is as strict as Runway is: a field that the SDK does not know for a model, or a value it does not list, is refused.
"""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal, Union, get_args, get_origin

from runwayml.types import image_to_video_create_params as params
from typing_extensions import NotRequired, Required, get_type_hints

from tests.fake_video import KEY, QUEUED, Answer, Asked, FakeVideo, Job, main, picture

RATE = 5
"""Credits a second, of every model."""
FPS = "24"
CODES = {"again": "INTERNAL.BAD_OUTPUT.CODE01", "refused": "ASSET.INVALID", "moderated": "SAFETY.INPUT.TEXT"}


@dataclass
class FakeRunway(FakeVideo):
    """`end` besides: any failure code; `none`: it fails without one. `submit` besides: `moderated`, `no_credit`."""

    variables: ClassVar[dict[str, str]] = {"RUNWAYML_BASE_URL": "{url}", "RUNWAYML_API_SECRET": "{key}"}
    deleted: set[str] = field(default_factory=set)

    def step(self, asked: Asked) -> str:
        if asked.path.startswith("/v1/tasks/"):
            return "cancel" if asked.method == "DELETE" else "poll"
        return "submit"

    def answer(self, step: str, asked: Asked, mood: Any) -> Answer:
        if asked.headers.get("authorization") != f"Bearer {KEY}":
            return Answer({"error": f"no such key: {asked.headers.get('authorization')}"}, 401)
        if asked.headers.get("x-runway-version") != "2024-11-06":
            return Answer({"error": "X-Runway-Version is missing"}, 400)
        if step == "submit":
            return self._submit(asked, mood)
        id = asked.path.removeprefix("/v1/tasks/")
        if id in self.deleted:
            return Answer({"error": "no such task"}, 404)
        return self._delete(id) if step == "cancel" else self._show(id)

    def _submit(self, asked: Asked, mood: Any) -> Answer:
        if asked.path != "/v1/image_to_video":
            return Answer({"error": "not found"}, 404)
        if mood == "moderated":
            return Answer({"error": "This prompt did not pass content moderation."}, 400)
        if mood == "no_credit":
            return Answer({"error": "You do not have enough credits to run this task."}, 400)
        fields = asked.fields
        if wrong := refusal(fields):
            return Answer({"error": "Validation of body failed", "issues": wrong}, 400)
        seconds, frame = fields.get("duration", 5), _size(fields)
        sound = fields.get("audio", "audio" in _fields(fields["model"]))
        job = self.take(str(uuid.uuid4()), fields["model"], fields, frame, FPS, round(seconds * int(FPS)), sound)
        if job is None:
            return Answer({"error": "You have too many tasks."}, 429, {"Retry-After": "1"})
        return Answer({"id": job.id, "estimatedCost": {"credits": _credits(job)}})

    def _show(self, id: str) -> Answer:
        seen = self.look(id)
        if seen is None:
            return Answer({"error": "no such task"}, 404)
        job, status = seen
        born = datetime.datetime.fromtimestamp(job.born + self.skew_s, datetime.timezone.utc)
        task: dict[str, Any] = {"id": job.id, "createdAt": born.isoformat().replace("+00:00", "Z")}
        if status in ("queued", "running"):
            task["estimatedCost"] = {"credits": _credits(job)}
        if status == "queued":
            return Answer({**task, "status": "THROTTLED" if job.progress < QUEUED / 2 else "PENDING"})
        if status == "running":
            return Answer({**task, "status": "RUNNING", "progress": job.progress})
        if status == "succeeded":
            return Answer({**task, "status": "SUCCEEDED", "output": [self.clip_url(job)], "cost": {"credits": _credits(job)}})
        if status in ("cancelled", "aborted"):
            return Answer({**task, "status": "CANCELLED", "cost": {"credits": 0 if job.refunded else _credits(job)}})
        code = CODES.get(status, status)
        cost = _credits(job) if "SAFETY" in code else 0
        failed = {"status": "FAILED", "failure": f"it is not good, says {KEY}", "cost": {"credits": cost}}
        return Answer({**task, **failed, **({} if code == "none" else {"failureCode": code})})

    def _delete(self, id: str) -> Answer:
        with self.lock:
            job = self.jobs.get(id)
            if job is None:
                return Answer({"error": "no such task"}, 404)
            before = self.cancel(id, refund=self.status(job) == "queued")
            if before not in ("queued", "running"):
                self.deleted.add(id)
                job.signature = 0
                self.keep()
        return Answer(None, 204)


def refusal(fields: dict[str, Any]) -> list[str]:
    """What is wrong with a request, by the SDK's own types."""
    known = _fields(str(fields.get("model")))
    if not known:
        return [f"model: {fields.get('model')!r} is none"]
    wrong = [f"{name}: unrecognized" for name in fields if name not in known]
    for name, (kind, required) in known.items():
        if name not in fields:
            wrong += [f"{name}: required"] if required else []
        elif not _fits(fields[name], kind):
            wrong.append(f"{name}: {fields[name]!r:.80} is not {kind}")
    images = fields.get("promptImage")
    for image in images if isinstance(images, list) else []:
        wrong += [] if image.get("position") in (None, "first", "last") else ["promptImage.position"]
        wrong += [] if len(image["uri"]) < 5 * 1024 * 1024 else ["promptImage.uri: too large"]
        if image.get("position") == "last" and not _last(str(fields["model"])):
            wrong.append("promptImage: there is no last frame")
    return wrong


def _fields(model: str) -> dict[str, tuple[Any, bool]]:
    """What a model takes: by the name on the wire, its type and whether it is required."""
    for kind in get_args(params.ImageToVideoCreateParams):
        hints = get_type_hints(kind, include_extras=True)
        found: dict[str, tuple[Any, bool]] = {}
        for name, hint in hints.items():
            origin: Any = get_origin(hint)
            required = origin is Required
            if origin in (Required, NotRequired):
                hint = get_args(hint)[0]
                origin = get_origin(hint)
            alias = name
            if origin is Annotated:
                hint, info, *_ = get_args(hint)
                alias = getattr(info, "alias", None) or name
            found[alias] = (hint, required)
        if model in get_args(found["model"][0]):
            return found
    return {}


def _last(model: str) -> bool:
    return "last" in str(get_type_hints(_image_of(model), include_extras=True)["position"])


def _image_of(model: str) -> Any:
    """The type of one picture of the model."""
    return get_args(get_args(_fields(model)["promptImage"][0])[1])[0]


def _fits(value: Any, kind: Any) -> bool:
    origin = get_origin(kind)
    if origin is Literal:
        return value in get_args(kind) and type(value) in {type(v) for v in get_args(kind)}
    if origin is Union:
        return any(_fits(value, part) for part in get_args(kind))
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind is float:
        return isinstance(value, int | float)
    if kind in (str, bool):
        return isinstance(value, kind)
    return isinstance(value, list | dict)


def _size(fields: dict[str, Any]) -> tuple[int, int]:
    """What the clip comes in: the ratio, which is a size; else the first picture's shape, in the tier's lines."""
    if "ratio" in fields:
        wide, _, high = fields["ratio"].partition(":")
        return int(wide) // 2 * 2, int(high) // 2 * 2
    images = fields["promptImage"]
    wide, high = picture(images if isinstance(images, str) else images[0]["uri"]).size
    lines = int(fields.get("resolution", f"{min(wide, high)}p").removesuffix("p"))
    scale = lines / min(wide, high) / 2
    return round(wide * scale) * 2, round(high * scale) * 2


def _credits(job: Job) -> int:
    return RATE * round(job.frames / int(FPS))


if __name__ == "__main__":
    main(FakeRunway)
