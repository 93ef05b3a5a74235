"""Fetching a finished clip from where its provider keeps it: streamed to disk, whole or not at all."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..files import writing
from .faults import Refused, Transient, fault_of

if TYPE_CHECKING:
    import ssl

    import httpx

_EXPIRED = (401, 403, 404, 410)
_REDIRECTS = 5
_BLOCK = 1 << 20


class Expired(Exception):
    """Nothing is at this address any longer. The job may have a fresh one."""


@functools.cache
def tls() -> ssl.SSLContext:
    """What to trust, read once: reading it takes longer than many a call."""
    import httpx

    return httpx.create_ssl_context()


async def download(name: str, url: str, target: Path, timeout_s: float, headers: Mapping[str, str] | None = None) -> None:
    """Stream what is at `url` to `target`, byte for byte, in constant memory. `name`: the provider, as people know it.

    headers: for the host of `url` alone (a key, say); a redirect to another host does not get them.
    Expired where the address is no longer good (401, 403, 404, 410); Transient where nothing comes or it ends short; Refused
    where the server refuses for another reason. No fault's text holds the address, which may be signed. `target` is not there
    after any of them.
    """
    import httpx

    try:
        async with httpx.AsyncClient(timeout=timeout_s, verify=tls()) as client:
            await _follow(client, name, httpx.URL(url), target, dict(headers or {}))
    except BaseException as error:
        target.unlink(missing_ok=True)
        if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
            raise Refused(f"{name} gave an address for the clip that is none.") from None
        if isinstance(error, httpx.TimeoutException):
            said = f"{name} stopped sending the clip."
            raise Transient(said, "Try again later, or raise remote.timeout_s.") from None
        if isinstance(error, httpx.TransportError | httpx.DecodingError):
            raise Transient(f"{name}'s clip did not come whole: {type(error).__name__}.", "Try again later.") from None
        raise


async def _follow(client: httpx.AsyncClient, name: str, url: httpx.URL, target: Path, headers: dict[str, str]) -> None:
    for _ in range(_REDIRECTS):
        # compressed on the way it would have another length than it says
        sent = {"accept-encoding": "identity", **headers}
        async with client.stream("GET", url, headers=sent) as answer:
            if answer.next_request is None:
                return await _write(name, answer, target)
            elsewhere = answer.next_request.url
            if (elsewhere.scheme, elsewhere.host, elsewhere.port) != (url.scheme, url.host, url.port):
                headers = {}
            url = elsewhere
    raise Refused(f"{name} sends from one address for the clip to the next without end.")


async def _write(name: str, answer: httpx.Response, target: Path) -> None:
    if answer.status_code in _EXPIRED:
        raise Expired(f"{answer.status_code} {answer.reason_phrase}")
    if answer.status_code != 200:
        fault = fault_of(name, answer.status_code, "it does not give the clip.", answer.headers, key="the key")
        if isinstance(fault, Transient):  # nothing is bought here, so that nothing can have been
            fault.sent = False
        raise fault
    size = 0
    with writing(target):
        with target.open("wb") as file:
            async for block in answer.aiter_bytes(_BLOCK):
                await asyncio.to_thread(file.write, block)
                size += len(block)
    said = answer.headers.get("content-length")
    if not size or (said is not None and said.isdigit() and int(said) != answer.num_bytes_downloaded):
        raise Transient(f"{name}'s clip did not come whole: {size} bytes of {said or 'more'}.", "Try again later.")
