"""Columns of progress bars."""

from __future__ import annotations

import time

from rich.progress import ProgressColumn, Task
from rich.progress_bar import ProgressBar
from rich.text import Text

from .storyboard import clock


class Bar(ProgressColumn):
    """A bar in its task's own colour."""

    def render(self, task: Task) -> ProgressBar:
        style = task.fields.get("style", "default")
        return ProgressBar(
            total=task.total,
            completed=task.completed,
            width=task.fields.get("width", 32),
            complete_style=style,
            finished_style=style,
            pulse_style=style,
        )


class Waited(ProgressColumn):
    """How long a remote job is under way, for tasks that know since when (`since`: of the monotonic clock)."""

    max_refresh = 0.5

    def render(self, task: Task) -> Text:
        since = task.fields.get("since")
        return Text(clock(time.monotonic() - since) if since is not None else "", style="dim")


class Left(ProgressColumn):
    """How long a task still takes, once that can be told."""

    max_refresh = 0.5

    def render(self, task: Task) -> Text:
        left = task.time_remaining
        return Text(f"{clock(left)} left" if left and not task.finished else "", style="dim")
