"""How many renders run at once, and how their ends are gathered."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

from ..catalog import Backend
from ..errors import Interrupted

T = TypeVar("T")


def cpus() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def lane(backend: Backend) -> asyncio.Semaphore:
    """As many places as the catalog gives this model."""
    width = backend.entry.concurrency
    return asyncio.Semaphore(cpus() if width == "cpus" else width)


async def settle_all(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
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
