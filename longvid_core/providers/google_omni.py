"""Gemini Omni through the Interactions API: `interactions.create` in the background, `get`, `cancel`."""

from __future__ import annotations

import asyncio
import datetime
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..catalog import ModelEntry, entry_of
from ..catalog.sizes import seconds_to_ask
from .base import VideoRequest
from .faults import Refused, Transient
from .google import Look, decoded, encoded, further_inputs, pictures, shape
from .google_sdk import INTERACTIONS, NAME, Access, moderates
from .jobs import Ended, Refund, RemoteJob, Running, Sending, Succeeded
from .pictures import reference_png

if TYPE_CHECKING:
    from ..settings import Settings
    from .spool import Call

_OVER = ("completed", "failed", "cancelled", "incomplete", "budget_exceeded", "requires_action", "requires_continuation")
_AGAIN = re.compile(r"^(failed|cancelled)$|internal|unavailable|time_?out|deadline|overloaded|aborted|exhausted", re.IGNORECASE)
_FILE = re.compile(r"/(files/[^/:?]+)")
# The model cuts between several takes unless it is told not to; a segment is one.
_ONE_TAKE = "One continuous shot without cuts."
_TAGS = {"first": "<FIRST_FRAME>", "last": "<LAST_FRAME>"}


class Omni:
    """One call for each verb; one more for a clip that is a file of the Gemini API, to see that it is there."""

    def __init__(self, access: Access, settings: Settings) -> None:
        self._access, self._settings = access, settings

    async def submit(self, model: str, entry: ModelEntry, request: VideoRequest, sending: Sending) -> RemoteJob:
        client = await self._access.client(INTERACTIONS)
        with self._access.calling(buys=True):
            asked, prompt = await asyncio.to_thread(self._asked, model, entry, request)
            create = client.interactions.create
            sending()
            # anything among it that the SDK does not know goes into the request's body all the same
            made = await create(model=model, input=asked["input"], background=True, extra_body=asked)
        if not getattr(made, "id", None):
            raise Transient(f"{NAME}'s answer names no interaction.", "Check GOOGLE_GEMINI_BASE_URL.", sent=True)
        return RemoteJob(id=made.id, model=model, prompt_sent=prompt)

    def _asked(self, model: str, entry: ModelEntry, request: VideoRequest) -> tuple[dict[str, Any], str]:
        """What is sent, and the prompt in it. What longvid.yaml adds goes in last, section by section."""
        ends = pictures(entry, request)
        parts = [{"type": "image", "mime_type": kind, "data": text} for kind, text in ends.values()]
        tags = [f"{_TAGS[role]}@Image{number}" for number, role in enumerate(ends, 1)]
        lines = [f"[# Sources {' '.join(tags)}]"] if tags else []
        others: list[str] = []
        for reference in request.references[: entry.references]:
            kind, text = encoded(reference_png(reference))
            parts.append({"type": "image", "mime_type": kind, "data": text})
            others.append(f"<IMAGE_REF_{len(others)}>@Image{len(parts)}")
        if others:
            lines.append(f"[# References {' '.join(others)}]")
        prompt = " ".join([*lines, request.prompt_sent, _ONE_TAKE])
        generation: dict[str, Any] = {}
        if entry.seed.parameter is not None and request.seed is not None:
            generation[entry.seed.parameter] = request.seed
        if ends and not others:
            generation["video_config"] = {"task": "image_to_video"}
        asked: dict[str, Any] = {
            # in the answer itself there is room for 4 MB
            "response_format": {
                "type": "video",
                "delivery": "uri",
                entry.inputs["seconds"]: f"{seconds_to_ask(entry, request.frames, request.fps):g}s",
                **shape(entry, request),
            },
            "generation_config": generation,
            "input": [{"type": "user_input", "content": [*parts, {"type": "text", "text": prompt}]}],
        }
        return _merged(asked, dict(further_inputs(self._settings, model))), prompt

    async def look(self, job: RemoteJob, folder: Path) -> Look:
        client = await self._access.client(INTERACTIONS)
        with self._access.calling(folder=folder) as call:
            interaction = await client.interactions.get(job.id)
            found = self._state(interaction, call, folder)
        call.drop(found.clip if isinstance(found.clip, Path) else None)
        if isinstance(found.clip, str) and (name := _FILE.search(found.clip)):
            with self._access.calling():
                file = await client.files.get(name=name[1])
                found = self._file_state(file, found)
        return found

    def _state(self, interaction: Any, call: Call, folder: Path) -> Look:
        status = str(interaction.status)
        if status not in _OVER:
            return Look(Running(queued=status == "queued", refundable=status == "queued"))
        video = getattr(interaction, "output_video", None)
        if status == "completed" and video is not None and (video.uri or video.data):
            clip = video.uri or call.files.get(video.data) or decoded(video.data, folder)
            charged, priced_on = _charged(interaction)
            return Look(Succeeded(micro_usd=charged, priced_on=priced_on, facts=_usage(interaction)), clip)
        return Look(self._ended(interaction, status))

    def _ended(self, interaction: Any, status: str) -> Ended:
        errors = getattr(interaction, "errors", None) or []
        said = " ".join(str(e.message) for e in errors if e.message)
        words = self._access.told(said or getattr(interaction, "output_text", None))
        code = next((str(e.code) for e in errors if e.code), status)
        kind: Literal["again", "moderated", "refused"] = "again" if _AGAIN.search(code) else "refused"
        if moderates(f"{code} {words}") or (status == "completed" and words):  # it answered with words instead of a clip
            kind = "moderated"
        return Ended(code=code, message=words or f"{NAME} gave no clip, and no reason: {status}.", kind=kind)

    def _file_state(self, file: Any, found: Look) -> Look:
        state = str(getattr(file.state, "value", file.state) or "")
        if state == "PROCESSING":
            return Look(Running())
        if state == "FAILED":
            words = self._access.told(getattr(file.error, "message", None))
            return Look(Ended(code="file_failed", message=words or f"{NAME} could not store the clip.", kind="again"))
        return found

    async def cancel(self, job: RemoteJob) -> Refund:
        client = await self._access.client(INTERACTIONS)
        try:
            with self._access.calling():
                interaction = await client.interactions.cancel(job.id)
        except Refused as error:
            if error.everything:
                raise
            return Refund(stopped=True, message=f"{NAME} has nothing to stop: {error.what}")
        if str(interaction.status) == "cancelled":
            return Refund(stopped=True, message=f"{NAME} stopped it; whether what was made till then is charged it does not say.")
        over = str(interaction.status) in _OVER
        return Refund(stopped=over, message=f"{NAME} did not stop it: it is {interaction.status}.")


def _merged(base: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """`base` with `more` in it, sections merged."""
    merged = dict(base)
    for name, value in more.items():
        old = merged.get(name)
        merged[name] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def _charged(interaction: Any) -> tuple[int | None, datetime.date | None]:
    """Micro-dollars for the tokens that the answer says were used, and the day of the price that they are reckoned by; None
    where the answer or the catalog does not tell."""
    entry = entry_of("google").models.get(str(interaction.model))
    price = entry.price if entry is not None else None
    usage: Any = getattr(interaction, "usage", None)
    if price is None or price.tokens is None or usage is None:
        return None, None
    rates = price.tokens
    video = [m.tokens for m in usage.output_tokens_by_modality or [] if str(m.modality) == "video"]
    if not video or not all(isinstance(tokens, int) for tokens in video):
        return None, None
    words = (usage.total_output_tokens or sum(video)) - sum(video) + (usage.total_thought_tokens or 0)
    asked = (usage.total_input_tokens or 0) * rates.text_in
    return round(asked + sum(video) * rates.image_out + max(0, words) * rates.text_out), price.checked


def _usage(interaction: Any) -> dict[str, Any]:
    """What the answer says it took."""
    tokens = getattr(getattr(interaction, "usage", None), "total_output_tokens", None)
    return {"output_tokens": tokens} if isinstance(tokens, int) else {}
