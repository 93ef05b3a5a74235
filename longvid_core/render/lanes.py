"""How many renders run at once, and how their ends are gathered."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Iterable
from typing import TypeVar

from ..catalog import Backend
from ..errors import Interrupted

T = TypeVar("T")


def cpus() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Lane:
    """Places for so many calls at once: fewer after a provider said that it was too much, and one more after each that went well.

    An asynchronous context manager; each entry holds a place.
    """

    def __init__(self, width: int) -> None:
        self._full = self.width = width
        self._busy = 0
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self._busy < self.width)
            self._busy += 1

    async def __aexit__(self, *exception: object) -> None:
        async with self._changed:
            self._busy -= 1
            self._changed.notify_all()

    def narrow(self) -> None:
        """Half as many from now on, one at the least. Those inside stay."""
        self.width = max(1, self.width // 2)

    async def widen(self) -> None:
        """One more again, up to the width it began with."""
        async with self._changed:
            self.width = min(self._full, self.width + 1)
            self._changed.notify_all()


def width_of(backend: Backend) -> int:
    """How many at once the catalog gives this model."""
    width = backend.entry.concurrency
    return cpus() if width == "cpus" else width


def lane(backend: Backend) -> asyncio.Semaphore:
    """As many places as the catalog gives this model."""
    return asyncio.Semaphore(width_of(backend))


async def settle_all(work: Iterable[Awaitable[T]]) -> list[T]:
    """The results of all, in order, once every one has ended: nothing is left running behind an error.

    An interruption wins over other errors; else the first error in order is raised.
    """
    results = await asyncio.gather(*work, return_exceptions=True)
    errors = [r for r in results if isinstance(r, BaseException)]
    for error in errors:
        if isinstance(error, Interrupted):
            raise error
    if errors:
        raise errors[0]
    return [r for r in results if not isinstance(r, BaseException)]
