"""The live screen of a run: a bar for each stage, one for each segment under way, a line for each that is finished."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import Progress, TaskID, TextColumn
from rich.text import Text

from .. import events
from ..money import amount
from .bars import Bar, Left, Waited
from .failures import clean
from .job_states import JOB_STATES
from .storyboard import clock, colour, storyboard

if TYPE_CHECKING:
    from ..estimate import Estimate
    from ..models.plan import Plan

_STAGES = {"keyframes": "Keyframes", "clips": "Segments", "join": "Joining", "frames": "Frames"}
_MARKS = {
    "rendered": ("●", ""),
    "cached": ("○", "dim"),
    "placeholder": ("◍", "yellow"),
    "unknown": ("?", "yellow"),
    "failed": ("✗", "bold red"),
}
_STOPPING = "stopping: what is finished is kept. Ctrl-C again stops at once."


class Screen:
    """Renders events on a terminal. Bars vanish when the work is done; lines stay."""

    def __init__(self, console: Console, interrupted: Callable[[], bool]) -> None:
        self.console = console
        self._interrupted = interrupted
        self._lock = threading.RLock()
        self._plan: Plan | None = None
        self._stages: dict[str, TaskID] = {}
        self._running: dict[str, TaskID] = {}
        self._frames_done: dict[str, int] = {}
        self._proxies: dict[int, str] = {}
        self._spent = 0
        self._waiting: list[events.Event] | None = None
        """What happens while somebody else has the terminal."""
        narrow = console.width < 100
        self._width = 16 if narrow else 32
        self._progress = Progress(
            TextColumn("[{task.fields[label]}]{task.description}", style="bold"),
            Bar(),
            TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("{task.fields[note]}", style="dim"),
            Waited(),
            Left(),
            console=console,
        )
        self._live = Live(get_renderable=self._view, console=console, transient=True, refresh_per_second=10)

    def _view(self) -> RenderableType:
        tasks = self._progress.tasks
        room = max(4, self.console.height - 6)
        lines: list[RenderableType] = [self._progress.make_tasks_table(tasks[:room])] if tasks else []
        if len(tasks) > room:
            lines.append(Text(f"  and {len(tasks) - room} more under way", style="dim"))
        if self._spent and tasks:
            lines.append(Text(f"  {amount(self._spent)} paid so far", style="dim"))
        if self._interrupted():
            lines.append(Text(_STOPPING, style="yellow"))
        return Group(*lines)

    # -- what commands say --------------------------------------------------------------------------------------------------

    def plan(self, plan: Plan) -> None:
        self._plan = plan
        self._print(Text())
        self._print(storyboard(plan, self.console))
        self._print(Text())

    def estimate(self, estimate: Estimate, every: bool = False) -> None:
        from .costs import costs

        self._print(Group(costs(estimate, every=every), Text()))

    def say(self, message: str) -> None:
        self._print(Text(clean(message)))

    def show(self, what: RenderableType, value: dict[str, Any]) -> None:
        self.close()
        if what:
            self._print(Text(clean(what)) if isinstance(what, str) else what)

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        with self._lock:
            self._waiting, live = [], self._live.is_started
            self._live.stop()
        try:
            yield
        finally:
            with self._lock:
                waiting, self._waiting = self._waiting, None
                if live:
                    self._live.start()
                for event in waiting:
                    self.emit(event)

    def close(self) -> None:
        self._live.stop()

    def _print(self, what: RenderableType) -> None:
        with self._lock:
            self.console.print(what)

    # -- events --------------------------------------------------------------------------------------------------------------

    def emit(self, event: events.Event) -> None:
        with self._lock:
            if self._waiting is not None:
                self._waiting.append(event)
                return
            match event:
                case events.StageStarted() if event.stage in _STAGES:
                    self._begin(event.stage, event.total)
                case events.StageDone() if event.stage in self._stages:
                    self._finish(self._stages[event.stage])
                case events.KeyframeDone():
                    self._advance("keyframes", event.index, event.id)
                case events.SegmentStarted():
                    self._segment(event.id, event.index, event.backend)
                case events.JobChanged():
                    self._job(event)
                case events.Spent():
                    self._spent += event.micro_usd
                case events.Progress():
                    self._move(event)
                case events.Preview():
                    self._proxies[event.index] = event.path
                case events.SegmentDone():
                    self._segment_done(event)
                case events.Notice():
                    style = "yellow" if event.level == "warning" else "dim"
                    self.console.print(Text(clean(event.message), style=style))

    def _begin(self, stage: str, total: int) -> None:
        if not self._live.is_started:
            self._live.start()
        if stage == "clips" and self._plan is not None:
            total = sum(s.frames for s in self._plan.segments)
        if stage == "join":
            total = self._plan.film_frames if self._plan is not None else total
        self._stages[stage] = self._progress.add_task(
            _STAGES[stage], total=max(total, 1), note="", label="default", style="#4fb3bf", width=self._width
        )

    def _finish(self, task: TaskID) -> None:
        total = next(t.total for t in self._progress.tasks if t.id == task)
        self._progress.update(task, completed=total, note="")

    def _advance(self, stage: str, index: int, name: str) -> None:
        if stage in self._stages:
            self._progress.update(self._stages[stage], advance=1, note=name)

    def _segment(self, segment: str, index: int, backend: str) -> None:
        if segment in self._running:  # another backend takes over
            self._progress.remove_task(self._running.pop(segment))
        task = self._progress.add_task(
            f"  {index:02d}",
            total=None,
            note=f"{segment}  {backend}",
            label=colour(index),
            style=colour(index),
            width=self._width,
        )
        self._running[segment] = task

    def _job(self, event: events.JobChanged) -> None:
        """A remote job's step, beside its segment's bar; the time counts from its submit."""
        task = self._running.get(event.id)
        if task is None:
            return
        self._progress.update(task, note=f"{event.id}  {event.provider}  {JOB_STATES[event.state]}")
        if event.state == "submitted":
            self._progress.update(task, since=time.monotonic())

    def _move(self, event: events.Progress) -> None:
        if event.stage == "weights":
            self._move_weights(event)
        elif event.id is None:
            if event.stage in self._stages:
                self._progress.update(self._stages[event.stage], completed=event.done, total=event.total)
        elif event.id in self._running:
            self._progress.update(self._running[event.id], completed=event.done, total=event.total)
            self._frames_done[event.id] = self._frames_of(event)
            self._total_frames()

    def _move_weights(self, event: events.Progress) -> None:
        """A model's files being read, downloaded or loaded, before or between segments: one bar, while it lasts."""
        if not self._live.is_started:
            self._live.start()
        if "weights" not in self._stages:
            self._stages["weights"] = self._progress.add_task(
                "Model", total=None, note="", label="default", style="#4fb3bf", width=self._width
            )
        size = f"{event.done / 1e9:.1f} of {event.total / 1e9:.1f} GB"
        note = f"{event.id}  {size}" if event.id else size
        self._progress.update(self._stages["weights"], completed=event.done, total=event.total, note=note)
        if event.done >= event.total:
            self._progress.remove_task(self._stages.pop("weights"))

    def _frames_of(self, event: events.Progress) -> int:
        """How much of a segment is done, in frames: some models make all of them at once, step by step."""
        plan = self._plan
        if event.unit == "frame" or plan is None:
            return event.done
        frames = next((s.frames for s in plan.segments if s.id == event.id), 0)
        return frames * event.done // max(event.total, 1)

    def _total_frames(self) -> None:
        if self._plan is not None and "clips" in self._stages:
            self._progress.update(self._stages["clips"], completed=sum(self._frames_done.values()))

    def _segment_done(self, event: events.SegmentDone) -> None:
        if event.id in self._running:
            self._progress.remove_task(self._running.pop(event.id))
        if self._plan is not None:
            self._frames_done[event.id] = self._plan.segments[event.index].frames
            self._total_frames()
        elif "clips" in self._stages:
            self._progress.update(self._stages["clips"], advance=1)
        self.console.print(self._segment_line(event), soft_wrap=True)

    def _segment_line(self, event: events.SegmentDone) -> Text:
        mark, style = _MARKS[event.outcome]
        line = Text.assemble((f" {mark} ", style or colour(event.index)), (f"{event.index:02d} ", f"bold {colour(event.index)}"))
        if self._plan is not None:
            segment = self._plan.segments[event.index]
            line.append(f"{clock(segment.frames / self._plan.fps):>6} ")
        line.append(f" {event.outcome:<9}", style=style)
        if event.message:
            line.append(f" {clean(event.message)}", style=style)
        elif event.outcome == "rendered" and (path := self._proxies.get(event.index)):
            short, link = _short(path), f"dim link file://{path}"
            fits = line.cell_len + 1 + len(short) <= self.console.width
            line.append(f" {short}" if fits else f"\n    {short}", style=link)
        return line


def _short(path: str) -> str:
    home = str(Path.home())
    return f"~{path.removeprefix(home)}" if path.startswith(home + "/") else path
