"""Keyframes by OpenAI's image models, through its own SDK: `images.generate`, and `images.edit` where there are references."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..access import Access
from ..catalog import ModelEntry, entry_of
from ..catalog.sizes import size_to_ask
from ..errors import MissingTool
from ..secrets import hidden
from .base import ImageRequest
from .faults import Moderated, ProviderFault, Refused, Transient, fault_of
from .pictures import RemoteImages, RemotePainter, mask_png, pictures_and_mask, placed_png, reference_png, slow

NAME = "OpenAI"
_NO_CREDIT = ("insufficient_quota", "billing_hard_limit_reached")
_MODERATED = ("moderation_blocked", "content_policy_violation")
_CONTINUES = "The first picture is the moment before this one in the same shot: keep its people, clothes, place, light and style."
_LIKE = "Keep the people and places in the reference pictures exactly as they look there."
_EDITS = "Change the first picture only inside the mask; leave everything else as it is."


class Painter(RemotePainter):
    """One picture for one call."""

    name, label, version = "openai", NAME, 1

    def settings_of_pixels(self) -> dict[str, Any]:
        return {"quality": self._settings.images.quality}

    def ready(self) -> None:
        """MissingTool without the SDK, BadInput without a key: said before anything is drawn."""
        _sdk()
        super().ready()

    async def ask(self, model: str, request: ImageRequest) -> tuple[bytes, dict[str, Any]]:
        entry, images, to = entry_of(self.name).models[model], self._settings.images, self.access()
        size = size_to_ask(entry, request.width, request.height)
        asked = {
            "model": model, "prompt": _words(request), "size": f"{size[0]}x{size[1]}", "quality": images.quality, "n": 1,
        }  # fmt: skip
        pictures, _ = pictures_and_mask(request)
        files = await asyncio.to_thread(_files, request, size) if pictures else {}
        if pictures and "high" in entry.fidelity:
            asked["input_fidelity"] = "high"
        with faults(to):
            async with client(to, images.timeout_s) as sdk:
                if files:
                    call = sdk.images.edit(**asked, **files)
                else:
                    call = sdk.images.generate(**asked, output_format="png")
                answer = await self.within(call)
        made: dict[str, Any] = {"prompt_sent": asked["prompt"], "size": asked["size"]}
        if (cost := _charged(entry, getattr(answer, "usage", None))) is not None:
            made |= {"micro_usd": cost, "priced_on": entry.price.checked if entry.price is not None else None}
        return _picture(answer), made


def _words(request: ImageRequest) -> str:
    """The prompt, and what the references are for."""
    pictures, mask = pictures_and_mask(request)
    parts = [request.prompt_sent]
    if mask is not None:
        parts.append(_EDITS)
    elif pictures and pictures[0].role == "first":
        parts.append(_CONTINUES)
    if any(r.role != "first" for r in pictures):
        parts.append(_LIKE)
    return "\n\n".join(parts)


def _files(request: ImageRequest, size: tuple[int, int]) -> dict[str, Any]:
    """The references as the SDK takes files: name, bytes, type."""
    pictures, mask = pictures_and_mask(request)
    sent = []
    for number, reference in enumerate(pictures):
        data = placed_png(reference, size, request) if mask is not None and number == 0 else reference_png(reference)
        sent.append((f"{number:02d}.png", data, "image/png"))
    files: dict[str, Any] = {"image": sent}
    if mask is not None:
        files["mask"] = ("mask.png", mask_png(mask, size, request), "image/png")
    return files


def _picture(answer: Any) -> bytes:
    """The picture in the answer. Refused where there is none: it may have been paid, so that it is not asked for again."""
    data = getattr(answer, "data", None) or []
    text = getattr(data[0], "b64_json", None) if isinstance(data, list) and data else None
    if not isinstance(text, str) or not text.strip():
        instead = " but an address, and Longvid fetches none" if data and getattr(data[0], "url", None) else ""
        raise Refused(f"{NAME}'s answer holds no picture{instead}.", f"Check {_ADDRESSES}.", sent=True)
    bare = "".join(re.sub(r"^\s*data:[^,]*,", "", text).split())  # as some servers in OpenAI's place wrap it
    try:
        return base64.b64decode(bare, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(f"{NAME}'s answer holds no whole picture: {error}.", sent=True) from error


def _charged(entry: ModelEntry, usage: Any) -> int | None:
    """Micro-dollars for the tokens that the answer says were used; None where it or the catalog does not tell."""
    rates = entry.price.tokens if entry.price is not None else None
    if rates is None or usage is None:
        return None
    details = getattr(usage, "input_tokens_details", None)
    pictures = count(details, "image_tokens")
    words = max(0, count(usage, "input_tokens") - pictures)
    out = count(usage, "output_tokens")
    if not out:  # no picture is drawn for nothing: it does not say
        return None
    return round(words * rates.text_in + pictures * rates.image_in + out * rates.image_out)


def count(usage: Any, name: str) -> int:
    """A number of tokens out of an answer; 0 where it does not say, or says nonsense: the SDK checks no types."""
    value = getattr(usage, name, None)
    return value if isinstance(value, int) and value >= 0 else 0


# -- the SDK, for whoever talks to OpenAI ---------------------------------------------------------------------------------------


def _sdk() -> Any:
    try:
        import openai
    except ImportError as error:
        raise MissingTool(
            f"{NAME} needs the package openai, which is not installed ({error}).", 'Install it: pip install "longvid[openai]"'
        ) from error
    return openai


def client(to: Access, timeout_s: float) -> Any:
    """An asynchronous client that never repeats a call by itself; use it in `async with`. MissingTool without the SDK."""
    return _sdk().AsyncOpenAI(api_key=to.secret, base_url=to.address, timeout=timeout_s, max_retries=0)


@contextlib.contextmanager
def faults(to: Access) -> Iterator[None]:
    """Turns the SDK's errors into faults, without the key, which some servers repeat."""
    openai = _sdk()
    try:
        yield
    except openai.APIStatusError as error:
        raise _status_fault(error, to) from None
    except openai.APITimeoutError as error:
        raise slow(NAME, sent=type(error.__cause__).__name__ not in NEVER_SENT) from None
    except openai.APIConnectionError as error:
        cause = error.__cause__
        never = type(cause).__name__ in NEVER_SENT
        what = "cannot be reached" if never else "broke the connection off"
        said = hidden(f"{NAME} {what}: {cause or error}.", to.key)
        raise Transient(said, f"Check the network and {_ADDRESSES}.", sent=not never) from None
    except (openai.OpenAIError, ValueError, TypeError) as error:
        # what came with a success is no answer: an HTML page, a cut-off JSON
        said = hidden(f"{NAME}'s answer cannot be read: {type(error).__name__}: {error}", to.key)
        raise Refused(said, f"Check {_ADDRESSES}.", sent=True) from None


NEVER_SENT = ("ConnectError", "ConnectTimeout", "PoolTimeout")
"""Why a connection failed before anything went over it, by the names of httpx and httpx2."""
_ADDRESSES = "OPENAI_BASE_URL or images.base_url"


def _status_fault(error: Any, to: Access) -> ProviderFault:
    body = error.body if isinstance(error.body, Mapping) else {}
    code, message = str(error.code or body.get("code") or ""), hidden(str(body.get("message") or error.message), to.key)
    message = " ".join(message.split())[:600]
    if code in _MODERATED:
        return Moderated(f"{NAME} will not draw this: {message}", "Use other words.", reason=message)
    if code in _NO_CREDIT:
        return Refused(f"{NAME} has no credit left on this account: {message}", "Add some, and run it again.", everything=True)
    return fault_of(NAME, error.status_code, message, error.response.headers, key=to.place)


PROVIDER = RemoteImages("openai", Painter)
