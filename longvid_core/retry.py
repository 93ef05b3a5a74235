"""When a remote call is made again: one policy for every provider, for planning and for rendering."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from .errors import Interrupted
from .providers.faults import Transient

if TYPE_CHECKING:
    from tenacity import RetryCallState

    from .settings import RetrySettings

T = TypeVar("T")

_LOOK_EVERY_S = 0.05


async def persistently(
    call: Callable[[], Coroutine[Any, Any, T]],
    rules: RetrySettings,
    *,
    interrupted: Callable[[], bool] = lambda: False,
    again: Callable[[Transient, int, float], None] = lambda fault, attempt, wait_s: None,
    patient: bool = False,
) -> T:
    """What `call` gives, asked again after each Transient fault until `rules.attempts` are used up; then that fault is raised.

    It waits as long as the provider asked (Retry-After, at most `rules.longest_wait_s`), else a random time whose bound doubles
    from `rules.first_wait_s`. Any other error ends it at once. `again` is told the fault, the number of the attempt that met it,
    and the wait in seconds. Raises Interrupted as soon as `interrupted` answers True, in the middle of a call or a wait;
    `patient`: not in the middle of a call, which looks for itself.
    """
    from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt
    from tenacity.wait import wait_random_exponential

    random = wait_random_exponential(multiplier=rules.first_wait_s, max=rules.longest_wait_s)

    def wait(state: RetryCallState) -> float:
        fault = _fault(state)
        if fault.retry_after is not None:
            return min(fault.retry_after, rules.longest_wait_s)
        return float(random(state))

    def before_sleep(state: RetryCallState) -> None:
        again(_fault(state), state.attempt_number, state.next_action.sleep if state.next_action else 0.0)

    async def sleep(seconds: float) -> None:
        await unless(interrupted, asyncio.sleep(seconds))

    policy = AsyncRetrying(
        retry=retry_if_exception_type(Transient),
        stop=stop_after_attempt(rules.attempts),
        wait=wait,
        before_sleep=before_sleep,
        sleep=sleep,
        reraise=True,
    )
    async for attempt in policy:
        with attempt:
            return await (call() if patient else unless(interrupted, call()))
    raise AssertionError("tenacity ends with a result or an error")


async def unless(interrupted: Callable[[], bool], work: Awaitable[T]) -> T:
    """The result of `work`; once `interrupted` answers True it is cancelled and Interrupted is raised.

    Not where it comes to its end all the same: an answer that is there is paid, and is not thrown away.
    """
    task = asyncio.ensure_future(work)
    try:
        while not task.done():
            asked = interrupted()
            await asyncio.wait({task}, timeout=_LOOK_EVERY_S)
            if asked and not task.done():
                task.cancel()
                await asyncio.wait({task})
                if task.cancelled() or task.exception() is not None:  # the wish to stop is what is to be told
                    raise Interrupted("interrupted.", "What was finished is kept; run the same again to go on from there.")
        return task.result()
    finally:
        if not task.done():
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task


def _fault(state: RetryCallState) -> Transient:
    fault = state.outcome.exception() if state.outcome is not None else None
    assert isinstance(fault, Transient)
    return fault
