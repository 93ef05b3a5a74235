"""How many renders run at once, and how their ends are gathered."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Iterable
from typing import TYPE_CHECKING, TypeVar

from ..catalog import Backend
from ..errors import Interrupted

if TYPE_CHECKING:
    from ..settings import Settings

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

    @contextlib.asynccontextmanager
    async def counted(self) -> AsyncIterator[None]:
        """A place for what is at work already: it is not waited for, and others have one less."""
        self._busy += 1
        try:
            yield
        finally:
            await self.__aexit__()

    def narrow_to_those_inside(self) -> None:
        """As many from now on as are inside, one at the least: so many the provider has taken in, and no more."""
        self.width = max(1, min(self.width, self._busy))

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


class Lanes:
    """One lane for each model, or for each provider whose account the settings give so many places."""

    def __init__(self, settings: Settings) -> None:
        self._own = settings.remote.concurrency
        self._lanes: dict[str, Lane] = {}

    def of(self, backend: Backend) -> Lane:
        """The lane of this model: as wide as the settings say, else as the catalog does."""
        name = next((n for n in (str(backend), backend.provider) if n in self._own), None)
        if name is None:
            return self._lanes.setdefault(str(backend), Lane(width_of(backend)))
        return self._lanes.setdefault(name, Lane(self._own[name]))


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
