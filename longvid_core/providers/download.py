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

_GONE = (404, 410)
_LATER = (408, 429)
_REDIRECTS = 5
_BLOCK = 1 << 20


class Expired(Exception):
    """Nothing comes from this address any longer. The job may have a fresh one. `gone`: there is no such file, it says."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status} {reason}".strip())
        self.gone = status in _GONE


def no_clip(name: str, job: str, error: Expired, *way_out: str) -> Refused | Transient:
    """The fault where a fresh address of a job gives nothing either. A clip that was paid for is given up only where it is gone:
    what stands in the way otherwise (a proxy, say) may be gone tomorrow."""
    if error.gone:
        return Refused(f"{name} keeps the clip of job {job} no longer.", *way_out)
    return Transient(f"{name} does not give the clip of job {job} ({error}).", "Look whether a proxy stands in between.")


@functools.cache
def tls() -> ssl.SSLContext:
    """What to trust, read once: reading it takes longer than many a call."""
    import httpx

    return httpx.create_ssl_context()


async def download(name: str, url: str, target: Path, timeout_s: float, headers: Mapping[str, str] | None = None) -> None:
    """Stream what is at `url` to `target`, byte for byte, in constant memory. `name`: the provider, as people know it.

    headers: for the host of `url` alone (a key, say); a redirect to another host does not get them.
    Expired where the address is no longer good; Transient where nothing comes, it ends short, or a page comes in its place;
    Refused where it is no address. No fault's text holds the address, which may be signed. `target` is not there after any.
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
    raise Transient(f"{name} sends from one address for the clip to the next without end.", "Try again later.")


async def _write(name: str, answer: httpx.Response, target: Path) -> None:
    status = answer.status_code
    if 400 <= status < 500 and status not in _LATER:  # what an address that has expired is answered with differs: 400, 403, 404
        raise Expired(status, answer.reason_phrase)
    if status != 200:  # nothing is bought here, so that nothing can have been
        fault = fault_of(name, status, "it does not give the clip.", answer.headers, key="the key")
        raise Transient(fault.what, "Try again later.", retry_after=getattr(fault, "retry_after", None))
    size, begins = 0, b""
    with writing(target):
        with target.open("wb") as file:
            async for block in answer.aiter_bytes(_BLOCK):
                await asyncio.to_thread(file.write, block)
                size += len(block)
                begins = begins or block.lstrip()[:1]
    said = answer.headers.get("content-length")
    if not size or (said is not None and said.isdigit() and int(said) != answer.num_bytes_downloaded):
        raise Transient(f"{name}'s clip did not come whole: {size} bytes of {said or 'more'}.", "Try again later.")
    if begins in (b"<", b"{"):  # no video begins like this; a proxy's page does, and an error in JSON
        raise Transient(f"{name} sent a page in place of the clip.", "Look whether a proxy stands in between.")
