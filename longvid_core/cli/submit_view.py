"""What a person, a log or a machine sees while a ComfyUI works on a workflow."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import re
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..submit.progress import NodeProgress, Queued, Saved, Signal, Tell, Told
from .failures import clean
from .reporting import console_for

if TYPE_CHECKING:
    from rich.console import Console


@contextlib.contextmanager
def view(as_json: bool, url: str) -> Iterator[Tell]:
    """Gives the function that shows signals."""
    if as_json:
        yield _json_line
        return
    console = console_for(sys.stdout)
    if not console.is_terminal or console.is_dumb_terminal:
        yield _Lines(console).tell
        return
    with _bars(console) as tell:
        yield tell


def _json_line(signal: Signal) -> None:
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(signal).__name__).lower()
    print(json.dumps({"event": name, **dataclasses.asdict(signal)}), flush=True)


def _line(signal: Signal) -> str | None:
    match signal:
        case Queued(position=0):
            return "running"
        case Queued():
            return f"queued, {signal.position} before it"
        case Told():
            return signal.message
        case Saved():
            return f"saved {signal.path}"
    return None


class _Lines:
    """A line for each thing that happens, and one for each node that begins."""

    def __init__(self, console: Console) -> None:
        self._console, self._node = console, ""

    def tell(self, signal: Signal) -> None:
        line = _line(signal)
        if isinstance(signal, NodeProgress) and signal.node != self._node:
            self._node = signal.node
            line = f"node {signal.node} {signal.title} ({signal.nodes_done + 1} of {signal.nodes_total})"
        if line:
            self._console.print(clean(line), markup=False, soft_wrap=True)


@contextlib.contextmanager
def _bars(console: Console) -> Iterator[Tell]:
    """Two bars: the whole workflow, and the node at work."""
    from rich.progress import Progress, TextColumn
    from rich.text import Text

    from .bars import Bar, Left

    look: dict[str, Any] = {"note": "", "style": "#4fb3bf", "width": 16 if console.width < 72 else 32}
    columns = (TextColumn("{task.description}", style="bold"), Bar(), TextColumn("{task.fields[note]}", style="dim"), Left())
    with Progress(*columns, console=console, transient=True) as bars:
        whole = bars.add_task("Workflow", total=None, **look)
        node = bars.add_task("Waiting", total=None, **look)
        at_work = ""

        def tell(signal: Signal) -> None:
            nonlocal at_work
            if isinstance(signal, NodeProgress):
                part = min(signal.done / signal.total, 1) if signal.total else 0
                done = min(signal.nodes_done + part, signal.nodes_total)
                bars.update(
                    whole, completed=done, total=signal.nodes_total, note=f"{signal.nodes_done} of {signal.nodes_total} nodes"
                )
                if signal.node != at_work:
                    at_work = signal.node
                    bars.reset(node, total=None)
                known = signal.total > 1
                note = f"{signal.done / signal.total:.0%}" if known else ""
                bars.update(
                    node,
                    description=clean(signal.title)[:40],
                    completed=signal.done,
                    total=signal.total if known else None,
                    note=note,
                )
            elif line := _line(signal):
                if isinstance(signal, Queued) and signal.position:
                    bars.update(node, description="Queued", note=f"{signal.position} before it")
                elif not isinstance(signal, Queued):
                    bars.console.print(
                        Text(clean(line), style="green" if isinstance(signal, Saved) else "yellow"), soft_wrap=True
                    )

        yield tell
