"""Keyframes by OpenAI's image models, through its own SDK: `images.generate`, and `images.edit` where there are references."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..catalog import ModelEntry, entry_of
from ..catalog.sizes import size_to_ask
from ..errors import MissingTool
from ..secrets import KEYS, hidden, images_address, key_of, required_key
from .base import ImageRequest, Surroundings, Watch
from .faults import Moderated, ProviderFault, Refused, Transient, fault_of
from .pictures import mask_png, pictures_and_mask, placed_png, reference_png, write_answer

if TYPE_CHECKING:
    from ..settings import Settings

NAME = "OpenAI"
# Part of every picture's key: raise it when the same request would be put to a model in other words or another way.
REQUEST_VERSION = 1
_NO_CREDIT = ("insufficient_quota", "billing_hard_limit_reached")
_MODERATED = ("moderation_blocked", "content_policy_violation")
_CONTINUES = "The first picture is the moment before this one in the same shot: keep its people, clothes, place, light and style."
_LIKE = "Keep the people and places in the reference pictures exactly as they look there."
_EDITS = "Change the first picture only inside the mask; leave everything else as it is."


class OpenAI:
    """Opens with the run's settings. The SDK is imported when the first picture is drawn."""

    name = "openai"

    @contextlib.contextmanager
    def opened(self, around: Surroundings) -> Iterator[Painter]:
        yield Painter(around.settings)


class Painter:
    """Draws in one run."""

    name = "openai"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def fingerprint(self, model: str) -> dict[str, Any]:
        return {
            "provider": self.name,
            "model": model,
            "request": REQUEST_VERSION,
            "quality": self._settings.images.quality,
        }

    def ready(self) -> None:
        """MissingTool without the SDK, BadInput without a key: said before anything is drawn."""
        _sdk()
        required_key(self.name, self._settings)

    async def draw(self, model: str, request: ImageRequest, target: Path, watch: Watch) -> Mapping[str, Any]:
        """Write the picture as it came. One call, never repeated here."""
        entry = entry_of(self.name).models[model]
        size = size_to_ask(entry, request.width, request.height)
        asked = {
            "model": model,
            "prompt": _words(request),
            "size": f"{size[0]}x{size[1]}",
            "quality": self._settings.images.quality,
            "n": 1,
        }
        pictures, _ = pictures_and_mask(request)
        files = await asyncio.to_thread(_files, request, size) if pictures else {}
        if pictures and "high" in entry.fidelity:
            asked["input_fidelity"] = "high"
        address = images_address(self.name, self._settings)
        async with client(self._settings, address, self._settings.images.timeout_s) as sdk:
            with faults(self._settings):
                if files:
                    answer = await sdk.images.edit(**asked, **files)
                else:
                    answer = await sdk.images.generate(**asked, output_format="png")
        write_answer(_picture(answer), target)
        made: dict[str, Any] = {"prompt_sent": asked["prompt"], "size": asked["size"]}
        if (cost := _charged(entry, getattr(answer, "usage", None))) is not None:
            made["micro_usd"] = cost
        return made


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
    text = getattr(data[0], "b64_json", None) if data else None
    if not text:
        raise Refused(f"{NAME}'s answer holds no picture.")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(f"{NAME}'s answer holds no whole picture: {error}.") from error


def _charged(entry: ModelEntry, usage: Any) -> int | None:
    """Micro-dollars for the tokens that the answer says were used; None where it or the catalog does not tell."""
    rates = entry.price.tokens if entry.price is not None else None
    if rates is None or usage is None:
        return None
    details = getattr(usage, "input_tokens_details", None)
    pictures = count(details, "image_tokens")
    words = max(0, count(usage, "input_tokens") - pictures)
    out = count(usage, "output_tokens")
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


def client(settings: Settings, base_url: str | None, timeout_s: float, *, keyless: bool = False) -> Any:
    """An asynchronous client that never repeats a call by itself; use it in `async with`. Errors as in `Painter.ready`.

    base_url: where it is; None: OPENAI_BASE_URL, else OpenAI's own. keyless: a server that may need no key (a local one).
    """
    openai = _sdk()
    key = key_of("openai", settings) if keyless else required_key("openai", settings)
    where = base_url or os.environ.get("OPENAI_BASE_URL", "").strip() or None
    secret = key.get_secret_value() if key is not None else "none"
    return openai.AsyncOpenAI(api_key=secret, base_url=where, timeout=timeout_s, max_retries=0)


@contextlib.contextmanager
def faults(settings: Settings) -> Iterator[None]:
    """Turns the SDK's errors into faults, without the key, which some servers repeat."""
    openai = _sdk()
    try:
        yield
    except openai.APIStatusError as error:
        raise _status_fault(error, settings) from None
    except openai.APITimeoutError:
        raise Transient(f"{NAME} did not answer in time.", "Try again later, or raise images.timeout_s.", sent=True) from None
    except openai.APIConnectionError as error:
        cause = error.__cause__
        never = type(cause).__name__ in ("ConnectError", "ConnectTimeout")
        what = "cannot be reached" if never else "broke the connection off"
        said = _hidden(f"{NAME} {what}: {cause or error}.", settings)
        raise Transient(said, "Check the network and OPENAI_BASE_URL or images.base_url.", sent=not never) from None
    except (openai.OpenAIError, ValueError, TypeError) as error:
        # what came with a success is no answer: an HTML page, a cut-off JSON
        said = _hidden(f"{NAME}'s answer cannot be read: {type(error).__name__}: {error}", settings)
        raise Refused(said, "Check OPENAI_BASE_URL or images.base_url.") from None


def _status_fault(error: Any, settings: Settings) -> ProviderFault:
    body = error.body if isinstance(error.body, Mapping) else {}
    code, message = str(error.code or body.get("code") or ""), _hidden(str(body.get("message") or error.message), settings)
    message = " ".join(message.split())[:600]
    if code in _MODERATED:
        return Moderated(f"{NAME} will not draw this: {message}", "Use other words.", reason=message)
    if code in _NO_CREDIT:
        return Refused(f"{NAME} has no credit left on this account: {message}", "Add some, and run it again.", everything=True)
    return fault_of(NAME, error.status_code, message, error.response.headers, key=KEYS["openai"])


def _hidden(text: str, settings: Settings) -> str:
    return hidden(text, key_of("openai", settings))


PROVIDER = OpenAI()
