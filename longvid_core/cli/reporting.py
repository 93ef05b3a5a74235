"""Three renderers of one stream of events: a live screen, plain lines, JSON lines."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol

from .failures import clean
from .job_states import JOB_STATES

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from ..estimate import Estimate
    from ..events import Event
    from ..models.plan import Plan


_TOLD = ("submitted", "running", "unknown", "cancelled", "dropped")


class Reporter(Protocol):
    """Where a command says what it does. `emit` may be called from any thread."""

    def emit(self, event: Event) -> None: ...

    def plan(self, plan: Plan) -> None:
        """Show the storyboard; progress is measured against it from here on."""

    def estimate(self, estimate: Estimate, every: bool = False) -> None:
        """Show what the run will cost; `every`: item by item, even where all is free."""

    def say(self, message: str) -> None:
        """A line for people."""

    def show(self, what: RenderableType, value: dict[str, Any]) -> None:
        """A result: `what` for people, `value` (with its `event`) for machines."""

    def paused(self) -> AbstractContextManager[None]:
        """The terminal is somebody else's meanwhile; what happens is shown afterwards."""

    def close(self) -> None:
        """Leave the terminal as it was."""


def reporter(as_json: bool, *, aside: bool = False, interrupted: Callable[[], bool] = lambda: False) -> Reporter:
    """The renderer for this output. `aside`: stdout carries a file, so that people's text goes to stderr."""
    if as_json:
        return JsonLines()
    console = console_for(sys.stderr if aside else sys.stdout)
    if console.is_terminal and not console.is_dumb_terminal:
        from .screen import Screen

        return Screen(console, interrupted)
    return Lines(console)


def console_for(stream: Any) -> Console:
    """A rich console on a stream: colour and width from the terminal; 100 columns where there is none and COLUMNS is unset."""
    import os

    from rich.console import Console

    console = Console(file=stream, highlight=False, soft_wrap=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console = Console(file=stream, highlight=False, width=100)
    return console


class JsonLines:
    """Every event as one line on stdout. Nothing for people: what they must know goes to stderr."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def emit(self, event: Event) -> None:
        if event.event != "failed":  # the process's last word; `failures.report` says it, of usage errors, too
            self.line(event.json_value())

    def line(self, value: dict[str, Any]) -> None:
        """Print one object. ASCII only, so that no encoding of stdout can break it."""
        with self._lock:
            print(json.dumps(value), flush=True)

    def plan(self, plan: Plan) -> None:
        self.line({"event": "plan", "plan": plan.json_value()})

    def estimate(self, estimate: Estimate, every: bool = False) -> None:
        self.line({"event": "estimate", **estimate.json_value()})

    def say(self, message: str) -> None:
        print(clean(message), file=sys.stderr, flush=True)

    def show(self, what: RenderableType, value: dict[str, Any]) -> None:
        self.line(value)

    def paused(self) -> AbstractContextManager[None]:
        return nullcontext()

    def close(self) -> None:
        return


class Lines:
    """Plain lines, for pipes and logs: what was finished, no progress and no control codes."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._proxies: dict[int, str] = {}

    def emit(self, event: Event) -> None:
        from .. import events

        match event:
            case events.Preview():
                self._proxies[event.index] = event.path
            case events.SegmentDone(outcome="rendered"):
                watch = self._proxies.get(event.index)
                self.say(f"segment {event.index:02d} {event.id}: rendered{f', watch {watch}' if watch else ''}")
            case _:
                line = line_of(event)
                if line:
                    self.say(line)

    def plan(self, plan: Plan) -> None:
        from .storyboard import storyboard

        self.console.print(storyboard(plan, self.console))

    def estimate(self, estimate: Estimate, every: bool = False) -> None:
        from .costs import costs

        self.console.print(costs(estimate, every=every))

    def say(self, message: str) -> None:
        print(clean(message), file=self.console.file, flush=True)

    def show(self, what: RenderableType, value: dict[str, Any]) -> None:
        if isinstance(what, str) and what:
            self.say(what)  # as it stands: a file's name may hold what rich takes for markup, and is never broken in two
        elif what:
            self.console.print(what)

    def paused(self) -> AbstractContextManager[None]:
        return nullcontext()

    def close(self) -> None:
        return


def line_of(event: Event) -> str | None:
    """The event as one line of text; None for those that say nothing new."""
    from .. import events

    match event:
        case events.RunStarted():
            return f"run {event.run}"
        case events.KeyframeDone():
            return f"keyframe {event.index:02d} {event.id}: {'cached' if event.cached else event.source}"
        case events.SegmentDone():
            tail = f": {event.message}" if event.message else ""
            return f"segment {event.index:02d} {event.id}: {event.outcome}{tail}"
        case events.JobChanged():
            name = f"segment {event.index:02d} {event.id}: job {event.job} at {event.provider}"
            there = f", {event.remote_id}" if event.remote_id and event.state == "submitted" else ""
            return f"{name} {JOB_STATES[event.state]}{there}" if event.state in _TOLD else None
        case events.Spent():
            word = f", by our price of {event.priced_on}" if event.priced_on is not None else ""
            return f"spent {event.micro_usd / 1e6:.4f} USD at {event.provider} on {event.id}{word}"
        case events.Notice():
            return f"{'warning: ' if event.level == 'warning' else ''}{event.message}"
    return None
