"""The core's events as ComfyUI shows them: a bar, a line of text and a picture on the node."""

from __future__ import annotations

import asyncio
import functools
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from longvid_core import events

from .api import ComfyAPI, get_executing_context

if TYPE_CHECKING:
    from PIL.Image import Image

EVERY_S = 0.1
NAMES = {"plan": "planning", "keyframes": "keyframes", "clips": "rendering", "join": "joining", "manifest": "manifest"}
"""What a stage is called while it runs."""


@dataclass
class Shown:
    """What the node shows now. Written by events, from any thread; read by the one task that sends it."""

    stage: str = ""
    total: int = 1
    finished: int = 0
    parts: dict[str | None, float] = field(default_factory=dict)
    detail: str = ""
    picture: Path | None = None

    def take(self, event: events.Event) -> None:
        """Change with one event."""
        if isinstance(event, events.StageStarted):
            self.stage, self.total, self.finished, self.detail = NAMES[event.stage], max(1, event.total), 0, ""
            self.parts.clear()
        elif isinstance(event, events.Progress):
            self.parts[event.id] = event.done / max(1, event.total)
            self.detail = f"frame {event.done} of {event.total}"
        elif isinstance(event, events.SegmentStarted):
            self.detail = f"segment {event.index:02} on {event.backend}"
        elif isinstance(event, (events.KeyframeDone, events.SegmentDone)):
            self.finished += 1
            self.parts.pop(event.id, None)
            self.detail = ""
        elif isinstance(event, events.Notice):
            self.detail = event.message
        if isinstance(event, (events.KeyframeDone, events.Preview)):
            self.picture = Path(event.path)

    @property
    def fraction(self) -> float:
        """How much of the stage is done, 0 to 1."""
        whole = 1 if set(self.parts) == {None} else self.total
        return min(1.0, (self.finished + sum(self.parts.values())) / whole)

    @property
    def text(self) -> str:
        """One line."""
        counted = f" {min(self.finished + 1, self.total)} of {self.total}" if self.total > 1 and None not in self.parts else ""
        return f"{self.stage}{counted}{' · ' + self.detail if self.detail else ''}"


class NodeProgress:
    """Shows events on the node that is executing, at most ten times a second. `async with` it around the work."""

    def __init__(self) -> None:
        context = get_executing_context()
        self._node = context.node_id if context is not None else None
        self._shown = Shown()
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._closed = False

    def emit(self, event: events.Event) -> None:
        """Take an event, from any thread."""
        self._shown.take(event)
        self._loop.call_soon_threadsafe(self._changed.set)

    async def __aenter__(self) -> NodeProgress:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._closed = True
        self._changed.set()
        await self._task

    async def _run(self) -> None:
        sent: Path | None = None
        while not self._closed:
            await self._changed.wait()
            self._changed.clear()
            shown, picture = self._shown, self._shown.picture
            if not shown.stage:
                continue
            image = await asyncio.to_thread(look, picture) if picture is not None and picture != sent else None
            sent = picture
            await self._send(shown.fraction, shown.text, image)
            await asyncio.sleep(EVERY_S)

    async def _send(self, fraction: float, text: str, image: Image | None) -> None:
        if self._node is None:
            return
        from server import PromptServer

        PromptServer.instance.send_progress_text(text, self._node)
        await ComfyAPI().execution.set_progress(round(fraction * 1000), 1000, node_id=self._node, preview_image=image)


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
