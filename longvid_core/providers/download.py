"""Finished clips, streamed from where a provider keeps them to a file."""

from __future__ import annotations

import functools
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from ..secrets import hidden
from .faults import Refused, Transient, retry_after

if TYPE_CHECKING:
    import httpx

_EXPIRED = (401, 403, 404, 410)
_PIECE = 1 << 18


class Gone(Exception):
    """The address is good no longer: it has expired, or what was there is deleted."""


@functools.cache
def ssl_context() -> ssl.SSLContext:
    """The certificates that are trusted, read once: reading them takes longer than a request."""
    import httpx

    return httpx.create_ssl_context()


async def download(
    url: str, target: Path, *, name: str, timeout_s: float, headers: Mapping[str, str] | None = None, key: SecretStr | None = None
) -> None:
    """Write what is at `url` to `target`, byte for byte, as it comes.

    name: the provider as people know it. headers: what the address needs besides; a key only where it is the provider's own.
    timeout_s: how long it may be silent. key: never repeated in a message.
    Gone where the address has expired; Transient (not `sent`) where it ends short or breaks off; Refused for other answers.
    Nothing is left at `target` then. No message holds the address: it may be signed.
    """
    import httpx

    asked = {"accept-encoding": "identity", **(headers or {})}
    try:
        async with (
            httpx.AsyncClient(timeout=timeout_s, follow_redirects=True, verify=ssl_context()) as client,
            client.stream("GET", url, headers=asked) as answer,
        ):
            if answer.status_code in _EXPIRED:
                raise Gone
            if answer.status_code != 200:
                raise _fault(name, answer)
            with target.open("wb") as file:
                async for piece in answer.aiter_bytes(_PIECE):
                    file.write(piece)
                size = file.tell()
            length = answer.headers.get("content-length", "")
            if not size or (length.isdigit() and int(length) != answer.num_bytes_downloaded):
                raise Transient(f"{name}'s clip ended after {size} bytes, of {length or 'some'}.", "Try again.")
    except httpx.TimeoutException:
        target.unlink(missing_ok=True)
        raise Transient(f"{name} was silent for {timeout_s:g} s while the clip was fetched.", "Try again later.") from None
    except httpx.TransportError as error:
        target.unlink(missing_ok=True)
        what = hidden(str(error).replace(url, "..."), key) or type(error).__name__
        raise Transient(f"{name}'s clip could not be fetched whole: {what}.", "Try again.") from None
    except (httpx.InvalidURL, httpx.HTTPError) as error:
        target.unlink(missing_ok=True)
        raise Refused(f"{name}'s clip cannot be fetched from the address it gave: {type(error).__name__}.") from None
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _fault(name: str, answer: httpx.Response) -> Transient | Refused:
    said = f"{name} answered {answer.status_code} when the clip was to be fetched."
    if answer.status_code in (408, 425, 429) or answer.status_code >= 500:
        return Transient(said, "Try again later.", retry_after=retry_after(answer.headers), busy=answer.status_code == 429)
    return Refused(said)
