"""The core's events as ComfyUI shows them: a bar, a line of text and a picture on the node."""

from __future__ import annotations

import functools
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from comfy.cli_args import args

from longvid_core import events
from longvid_core.money import amount, dollars

from .api import get_executing_context, get_progress_state

if TYPE_CHECKING:
    from PIL.Image import Image

EVERY_S = 0.1
NAMES = {
    "plan": "planning",
    "keyframes": "keyframe",
    "weights": "reading models",
    "prepare": "encoding",
    "clips": "segment",
    "join": "joining",
    "manifest": "manifest",
    "frames": "frame",
}
"""What a stage is called while it runs."""
_SOON_S = 3.0
"""How long a stage has to run before its end is foretold."""


@dataclass
class Shown:
    """What the node shows now."""

    stage: str = ""
    total: int = 1
    finished: int = 0
    parts: dict[str | None, float] = field(default_factory=dict)
    detail: str = ""
    picture: Path | None = None
    started: tuple[float, float] | None = None
    """When the first work of this stage was seen, and how much of the stage was done before it."""
    estimate: events.Estimated | None = None
    spent: int = 0
    """Micro-dollars that left so far."""

    def take(self, event: events.Event, now: float) -> None:
        """Change with one event, at `now` seconds of a monotonic clock."""
        if isinstance(event, events.StageStarted):
            self.stage, self.total, self.finished, self.detail = event.stage, max(1, event.total), 0, ""
            self.parts.clear()
            self.started = None
        elif isinstance(event, events.Progress) and event.stage == "weights":
            self.stage = self.stage or "weights"
            self.detail = f"reading {event.id or 'the model'}: {100 * event.done // max(1, event.total)} %"
        elif isinstance(event, events.Progress) and event.stage == "prepare":
            self.detail = f"encoding {event.unit} {event.done} of {event.total}"
        elif isinstance(event, events.Progress):
            self.started = self.started or (now, self.fraction)
            self.parts[event.id] = event.done / max(1, event.total)
            self.detail = f"{event.unit} {event.done} of {event.total}"
            if event.unit == "percent":
                self.detail = f"{event.id} {event.done} %" if len(self.parts) == 1 else f"{len(self.parts)} under way"
        elif isinstance(event, events.SegmentStarted):
            self.started = self.started or (now, self.fraction)
            self.detail = f"{event.id} on {event.backend}"
        elif isinstance(event, (events.KeyframeDone, events.SegmentDone)):
            self.finished += 1
            self.parts.pop(event.id, None)
            self.detail = ""
        elif isinstance(event, events.Notice):
            self.detail = event.message
        elif isinstance(event, events.Estimated):
            self.estimate = event
        elif isinstance(event, events.Spent):
            self.spent += event.micro_usd
        if isinstance(event, (events.KeyframeDone, events.Preview)):
            self.picture = Path(event.path)

    @property
    def fraction(self) -> float:
        """How much of the stage is done, 0 to 1."""
        whole = 1 if set(self.parts) == {None} else self.total
        return min(1.0, (self.finished + sum(self.parts.values())) / whole)

    def text(self, now: float) -> str:
        """One line: what, which of how many, how far, how long it will yet take, and what it costs."""
        if not self.stage:
            return f"estimate: {self._foreseen()}"
        counted = f" {min(self.finished + 1, self.total)} of {self.total}" if self.total > 1 and None not in self.parts else ""
        parts = [f"{NAMES.get(self.stage, self.stage)}{counted}", self.detail, self._left(now), self._money()]
        return " · ".join(filter(None, parts))

    def _foreseen(self) -> str:
        found = self.estimate
        if found is None:
            return ""
        if found.unpriced:
            return f"price of {', '.join(found.unpriced)} not known"
        return dollars(found.low_micro_usd, found.high_micro_usd)

    def _money(self) -> str:
        """What was paid so far, and what was foreseen; nothing where nothing costs anything."""
        foreseen = self._foreseen()
        if not self.spent and foreseen in ("", "free"):
            return ""
        paid = f"paid {amount(self.spent)}"
        if self.estimate is not None and self.estimate.unpriced:
            return f"{paid}, {foreseen}"
        return f"{paid} of {foreseen}" if foreseen else paid

    def _left(self, now: float) -> str:
        if self.started is None:
            return ""
        elapsed, done = now - self.started[0], self.fraction - self.started[1]
        if elapsed < _SOON_S or done <= 0 or self.fraction >= 1:
            return ""
        seconds = round(elapsed * (1 - self.fraction) / done)
        return f"{seconds} s left" if seconds < 100 else f"{round(seconds / 60)} min left"


class NodeProgress:
    """Shows events on the node that is executing, at most ten times a second. `with` it around the work.

    Everything goes out from the thread that tells it: a sampler holds the event loop for minutes, and its steps must show.
    """

    def __init__(self) -> None:
        context = get_executing_context()
        self._node = context.node_id if context is not None else None
        self._shown = Shown()
        self._lock = threading.Lock()
        self._sent_s = float("-inf")
        self._sent: Path | None = None

    def emit(self, event: events.Event) -> None:
        """Take an event, from any thread."""
        with self._lock:
            now = time.monotonic()
            self._shown.take(event, now)
            if now - self._sent_s >= EVERY_S:
                self._send(now)

    def preview(self, image: Image) -> None:
        """Show a picture of what is being made, from any thread."""
        with self._lock:
            self._send(time.monotonic(), image)

    def __enter__(self) -> NodeProgress:
        return self

    def __exit__(self, *exception: object) -> None:
        with self._lock:
            self._send(time.monotonic())

    def _send(self, now: float, image: Image | None = None) -> None:
        if self._node is None or not (self._shown.stage or self._shown.estimate):
            return
        from server import PromptServer

        picture = self._shown.picture
        if image is None and picture is not None and picture != self._sent:
            self._sent = picture
            image = look(picture)
        self._sent_s = now
        PromptServer.instance.send_progress_text(self._shown.text(now), self._node)
        preview = ("JPEG", image, args.preview_size) if image is not None else None
        get_progress_state().update_progress(self._node, round(self._shown.fraction * 1000), 1000, preview)


@functools.lru_cache(maxsize=8)
def look(path: Path) -> Image | None:
    """A picture of a file: itself, or a clip's last frame. None where there is nothing to see: that is no reason to stop."""
    from longvid_core.errors import Unreadable
    from longvid_core.media.frames import last_frame
    from longvid_core.media.images import load_rgb

    try:
        return last_frame(path) if path.suffix.lower() in (".mp4", ".mkv", ".mov", ".webm") else load_rgb(path)
    except Unreadable:
        return None
