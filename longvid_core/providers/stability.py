"""Keyframes by Stable Diffusion 3.5 over Stability AI's REST API: v2beta stable-image/generate/sd3."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..catalog import entry_of
from ..catalog.sizes import ratio_to_ask, size_to_ask
from ..secrets import KEYS, hidden, images_address, required_key
from .base import ImageRequest, Surroundings, Watch
from .faults import Moderated, ProviderFault, Refused, Transient, fault_of
from .pictures import pictures_and_mask, placed_png, write_answer

if TYPE_CHECKING:
    import httpx

    from ..settings import Settings

NAME = "Stability AI"
ADDRESS = "https://api.stability.ai"
PATH = "/v2beta/stable-image/generate/sd3"
# Part of every picture's key: raise it when the same request would be put to a model another way.
REQUEST_VERSION = 1
_FILTERED = "CONTENT_FILTERED"


class Stability:
    """Opens with the run's settings."""

    name = "stability"

    @contextlib.contextmanager
    def opened(self, around: Surroundings) -> Iterator[Painter]:
        yield Painter(around.settings)


class Painter:
    """Draws in one run: text-to-image, or image-to-image from the first reference."""

    name = "stability"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def fingerprint(self, model: str) -> dict[str, Any]:
        return {
            "provider": self.name,
            "model": model,
            "request": REQUEST_VERSION,
            "strength": self._settings.images.strength,
        }

    def ready(self) -> None:
        """BadInput without a key: said before anything is drawn."""
        required_key(self.name, self._settings)

    async def draw(self, model: str, request: ImageRequest, target: Path, watch: Watch) -> Mapping[str, Any]:
        """Write the picture as it came. One call, never repeated here."""
        import httpx

        key = required_key(self.name, self._settings)
        where = (images_address(self.name, self._settings) or ADDRESS).rstrip("/")
        headers = {"Authorization": f"Bearer {key.get_secret_value()}", "Accept": "image/*"}
        form = await asyncio.to_thread(self._form, model, request)
        try:
            async with httpx.AsyncClient(timeout=self._settings.images.timeout_s) as client:
                answer = await client.post(where + PATH, headers=headers, files=form)
        except httpx.TimeoutException as error:
            sent = not isinstance(error, httpx.ConnectTimeout)
            raise Transient(f"{NAME} did not answer in time.", "Try again later, or raise images.timeout_s.", sent=sent) from None
        except httpx.ConnectError as error:
            raise Transient(
                hidden(f"{NAME} cannot be reached: {error}.", key), "Check the network and STABILITY_BASE_URL."
            ) from None
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise Transient(hidden(f"{NAME} broke the connection off: {error}.", key), "Try again later.", sent=True) from None
        except (httpx.InvalidURL, httpx.HTTPError) as error:
            raise Refused(
                hidden(f"{NAME} cannot be asked: {error}.", key), "Check STABILITY_BASE_URL or images.base_url."
            ) from None
        if answer.status_code != 200:
            raise _fault(answer, key)
        if answer.headers.get("finish-reason", "").upper() == _FILTERED:
            reason = "the picture was filtered for its content"
            raise Moderated(f"{NAME} will not draw this: {reason}.", "Use other words.", reason=reason)
        if not answer.content or not answer.headers.get("content-type", "image/").startswith("image/"):
            raise Refused(f"{NAME}'s answer holds no picture.", "Check STABILITY_BASE_URL or images.base_url.")
        write_answer(answer.content, target)
        returned = answer.headers.get("seed", "")
        made: dict[str, Any] = {"prompt_sent": request.prompt_sent}
        return {**made, "seed": int(returned)} if re.fullmatch(r"[0-9]{1,19}", returned) else made

    def _form(self, model: str, request: ImageRequest) -> dict[str, Any]:
        """The multipart form."""
        entry = entry_of(self.name).models[model]
        fields = {"model": model, "prompt": request.prompt_sent, "output_format": "png", "seed": str(request.seed)}
        if request.negative:
            fields["negative_prompt"] = request.negative
        pictures, _ = pictures_and_mask(request)
        form: dict[str, Any] = {}
        if pictures:
            size = size_to_ask(entry, request.width, request.height)
            form["image"] = ("first.png", placed_png(pictures[0], size, request), "image/png")
            fields |= {"mode": "image-to-image", "strength": str(self._settings.images.strength)}
        else:
            fields |= {"mode": "text-to-image", "aspect_ratio": ratio_to_ask(entry, request.width, request.height)}
        return {**{name: (None, value) for name, value in fields.items()}, **form}


def _fault(answer: httpx.Response, key: Any) -> ProviderFault:
    """The fault behind an answer that is no picture; its JSON says why in `name` and `errors`."""
    try:
        body = answer.json()
    except ValueError:
        body = {}
    body = body if isinstance(body, dict) else {}
    errors = body.get("errors")
    words = "; ".join(map(str, errors)) if isinstance(errors, list) else str(errors or body.get("message") or "")
    message = hidden(" ".join((words or answer.text[:200]).split())[:600], key)
    if answer.status_code == 403 and "moderation" in f"{body.get('name', '')} {message}".lower():
        return Moderated(f"{NAME} will not draw this: {message}", "Use other words.", reason=message)
    return fault_of(NAME, answer.status_code, message, answer.headers, key=KEYS["stability"])


PROVIDER = Stability()
