"""Clips that come inside a JSON answer, as base64: they go to disk as they arrive, and a short word stands for each.

An SDK reads such an answer whole, several times over in memory. Here it gets to see all of the answer but the clip.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import ssl
from collections.abc import AsyncIterator, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import BinaryIO

import httpx

_NAME_LENGTH = 64
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_ESCAPE = 6
"""Bytes of the longest escape in JSON: \\u003d."""


class Call:
    """One call to a vendor: whether its request went out, and the clips that came in its answer.

    folder: where clips go; None: the answer is left as it is. keys: under which names they come. files: by the word that stands
    for each, which is base64 itself. text: the answer without them.
    """

    def __init__(self, folder: Path | None = None, keys: tuple[str, ...] = ()) -> None:
        self.folder, self.keys = folder, keys
        self.sent = False
        self.files: dict[str, Path] = {}
        self.text = b""

    def file(self) -> Path:
        """A new file, and the word for it."""
        assert self.folder is not None
        word = f"clip{len(self.files):08d}"
        self.files[word] = self.folder / f"{os.urandom(8).hex()}.clip"
        return self.files[word]

    def drop(self, kept: Path | None = None) -> None:
        """Remove the files that are not needed."""
        for file in self.files.values():
            if file != kept:
                file.unlink(missing_ok=True)


_current: ContextVar[Call | None] = ContextVar("call", default=None)


@contextlib.contextmanager
def calling(call: Call) -> Iterator[Call]:
    """What the client does in this block belongs to `call`."""
    token = _current.set(call)
    try:
        yield call
    finally:
        _current.reset(token)


def client(timeout_s: float, verify: ssl.SSLContext) -> httpx.AsyncClient:
    """A client for an SDK. It keeps no connection open: it may be used in one event loop after another and needs no closing, and
    no request goes out on a connection that the other side has just given up."""
    return httpx.AsyncClient(
        timeout=timeout_s,
        verify=verify,
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        headers={"accept-encoding": "identity"},
        event_hooks={"request": [_going], "response": [_coming]},
    )


async def _going(request: httpx.Request) -> None:
    call = _current.get()
    if call is not None:
        call.sent = True


async def _coming(response: httpx.Response) -> None:
    call = _current.get()
    plain = response.headers.get("content-encoding", "identity") == "identity"
    if call is not None and call.folder is not None and response.status_code == 200 and plain:
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _Spooled(response.stream, call)


class _Spooled(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream, call: Call) -> None:
        self._stream, self._call = stream, call

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with contextlib.closing(Sieve(self._call)) as sieve:
            async for block in self._stream:
                rest = sieve.feed(block)
                self._call.text += rest
                yield rest

    async def aclose(self) -> None:
        await self._stream.aclose()


class Sieve:
    """Takes the base64 out of JSON that comes in pieces: of each string that is the value of one of the call's keys.

    ValueError where such a string is no base64.
    """

    def __init__(self, call: Call) -> None:
        self._call = call
        self._keys = {key.encode() for key in call.keys}
        self._in_string = self._escaped = False
        self._name = self._between = b""
        self._file: BinaryIO | None = None
        self._raw = self._left = b""

    def feed(self, data: bytes) -> bytes:
        """What of this piece is to be seen."""
        seen = bytearray()
        at = 0
        while at < len(data):
            if self._file is not None:
                at = self._clip(data, at, seen)
            elif self._in_string:
                at = self._string(data, at, seen)
            else:
                at = self._outside(data, at, seen)
        return bytes(seen)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _outside(self, data: bytes, at: int, seen: bytearray) -> int:
        quote = data.find(b'"', at)
        end = len(data) if quote < 0 else quote
        self._between = (self._between + data[at:end])[-_NAME_LENGTH:]
        seen += data[at:end]
        if quote < 0:
            return end
        if self._name in self._keys and self._between.strip() == b":":
            file = self._call.file()
            seen += b'"' + list(self._call.files)[-1].encode()
            self._file, self._raw, self._left = file.open("wb"), b"", b""
        else:
            seen += b'"'
            self._in_string, self._name = True, b""
        return quote + 1

    def _string(self, data: bytes, at: int, seen: bytearray) -> int:
        start = at
        while at < len(data):
            if self._escaped:
                self._escaped = False
                at += 1
                continue
            quote, slash = data.find(b'"', at), data.find(b"\\", at)
            if 0 <= slash and (quote < 0 or slash < quote):
                self._escaped = True
                at = slash + 1
                continue
            if quote < 0:
                at = len(data)
                break
            at = quote + 1
            self._in_string, self._between = False, b""
            break
        text = data[start:at]
        self._name = (self._name + (text if self._in_string else text[:-1]))[: _NAME_LENGTH + 1]
        seen += text
        return at

    def _clip(self, data: bytes, at: int, seen: bytearray) -> int:
        assert self._file is not None
        quote = data.find(b'"', at)
        over = quote >= 0
        raw = self._raw + data[at : quote if over else len(data)]
        self._raw = b""
        if b"\\" in raw:
            last = raw.rfind(b"\\")
            if not over and len(raw) - last < _ESCAPE:
                raw, self._raw = raw[:last], raw[last:]
            raw = json.loads(b'"' + raw + b'"').encode()
        text = self._left + raw.translate(_URL_SAFE, b" \r\n\t")
        whole = len(text) if over else len(text) // 4 * 4
        self._left = text[whole:]
        padding = b"=" * (-whole % 4)
        self._file.write(base64.b64decode(text[:whole] + padding, validate=True))
        if not over:
            return len(data)
        self.close()
        seen += b'"'
        self._name = self._between = b""
        return quote + 1
