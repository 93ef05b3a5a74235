"""Keyframes by Stable Diffusion 3.5 over Stability AI's REST API: v2beta stable-image/generate/sd3."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

from ..access import Access
from ..catalog import entry_of
from ..catalog.sizes import ratio_to_ask, size_to_ask
from ..secrets import hidden
from .base import ImageRequest
from .faults import Moderated, ProviderFault, Refused, Transient, fault_of
from .pictures import RemoteImages, RemotePainter, pictures_and_mask, placed_png, slow

if TYPE_CHECKING:
    import httpx

NAME = "Stability AI"
ADDRESS = "https://api.stability.ai"
PATH = "/v2beta/stable-image/generate/sd3"
_FILTERED = "CONTENT_FILTERED"
_ADDRESSES = "STABILITY_BASE_URL or images.base_url"


class Painter(RemotePainter):
    """Text-to-image, or image-to-image from the first reference."""

    name, label, version = "stability", NAME, 1

    def settings_of_pixels(self) -> dict[str, Any]:
        return {"strength": self._settings.images.strength}

    def idle(self, request: ImageRequest) -> dict[str, Any]:
        """Without a picture to start from there is nothing to go far from."""
        from ..settings import ImageSettings

        return {} if pictures_and_mask(request)[0] else {"strength": ImageSettings.model_fields["strength"].default}

    async def ask(self, model: str, request: ImageRequest) -> tuple[bytes, dict[str, Any]]:
        to = self.access()
        form = await asyncio.to_thread(self._form, model, request)
        answer = await self._answer(form, to)
        if answer.status_code != 200:
            raise _fault(answer, to)
        if answer.headers.get("finish-reason", "").upper() == _FILTERED:
            reason = "the picture was filtered for its content"
            raise Moderated(f"{NAME} will not draw this: {reason}.", "Use other words.", reason=reason, sent=True)
        if not answer.content or not answer.headers.get("content-type", "image/").startswith("image/"):
            raise Refused(f"{NAME}'s answer holds no picture.", f"Check {_ADDRESSES}.", sent=True)
        returned = answer.headers.get("seed", "")
        made: dict[str, Any] = {"prompt_sent": request.prompt_sent}
        return answer.content, {**made, "seed": int(returned)} if re.fullmatch(r"[0-9]{1,19}", returned) else made

    async def _answer(self, form: dict[str, Any], to: Access) -> httpx.Response:
        import httpx

        where = (to.address or ADDRESS).rstrip("/") + PATH
        headers = {"Authorization": f"Bearer {to.secret}", "Accept": "image/*"}
        try:
            async with httpx.AsyncClient(timeout=self._settings.images.timeout_s) as client:
                return await self.within(client.post(where, headers=headers, files=form))
        except httpx.TimeoutException as error:
            raise slow(NAME, sent=not isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout)) from None
        except httpx.ConnectError as error:
            said = hidden(f"{NAME} cannot be reached: {error}.", to.key)
            raise Transient(said, f"Check the network and {_ADDRESSES}.") from None
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise Refused(hidden(f"{NAME} cannot be asked: {error}.", to.key), f"Check {_ADDRESSES}.") from None
        except (httpx.TransportError, httpx.DecodingError) as error:
            said = hidden(f"{NAME} broke the connection off: {error}.", to.key)
            raise Transient(said, "Try again later.", sent=True) from None
        except httpx.HTTPError as error:
            raise Refused(hidden(f"{NAME} cannot be asked: {error}.", to.key), f"Check {_ADDRESSES}.") from None

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


def _fault(answer: httpx.Response, to: Access) -> ProviderFault:
    """The fault behind an answer that is no picture; its JSON says why in `name` and `errors`."""
    try:
        body = answer.json()
    except ValueError:
        body = {}
    body = body if isinstance(body, dict) else {}
    errors = body.get("errors")
    words = "; ".join(map(str, errors)) if isinstance(errors, list) else str(errors or body.get("message") or "")
    message = hidden(" ".join((words or answer.text[:200]).split())[:600], to.key)
    if answer.status_code == 403 and "moderation" in f"{body.get('name', '')} {message}".lower():
        return Moderated(f"{NAME} will not draw this: {message}", "Use other words.", reason=message)
    return fault_of(NAME, answer.status_code, message, answer.headers, key=to.place)


PROVIDER = RemoteImages("stability", Painter)
