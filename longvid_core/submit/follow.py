"""One job from queueing to its files: follow it over the websocket, look it up when that is silent, download what it made."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import BadInput, Interrupted, RenderFailed
from .outputs import download_all, output_files
from .progress import NodeProgress, Queued, Tell, Told
from .server import Server
from .workflow import Workflow, title_of

_QUIET = 2.0
"""Seconds without a message after which the job is looked up; messages may have been lost."""
_TICK = 0.2
_GIVE_UP = 60.0
"""Seconds a server that stopped answering has to come back."""


@dataclass(frozen=True)
class Finished:
    """A job that is done: its id, and the files downloaded."""

    prompt_id: str
    files: tuple[Path, ...]


async def submit(
    workflow: Workflow,
    server: Server,
    folder: Path,
    *,
    tell: Tell = lambda signal: None,
    interrupted: Callable[[], bool] = lambda: False,
    previews: bool = False,
) -> Finished:
    """Run `workflow` on `server` and download its results into `folder`.

    `previews`: also what nodes only show and do not save; taken anyway when nothing is saved. BadInput when the server finds
    the workflow, or a part of it, not valid; RenderFailed when a node fails, the server goes away or forgets the job;
    Interrupted, with the job cancelled on the server, once `interrupted()` answers True.
    """
    job = _Job(workflow, server, tell, interrupted)
    messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    tried = asyncio.Event()
    listener = asyncio.create_task(_listen(server, messages, tried, tell))
    try:
        # Connected first, no message is missed; without a websocket the job is followed by looking it up.
        await asyncio.wait({listener, asyncio.ensure_future(tried.wait())}, return_when=asyncio.FIRST_COMPLETED)
        if listener.done():
            listener.result()  # it ends by a fault of ours alone: told, not waited for
        prompt_id, left_out = await server.queue(workflow)
        if left_out:
            await server.cancel(prompt_id)
            raise BadInput("ComfyUI would leave out a part of the workflow; nothing was run.", *left_out)
        record = await job.follow(prompt_id, messages)
    finally:
        listener.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listener
    files = await download_all(server, output_files(record.get("outputs"), previews=previews), folder, tell, interrupted)
    return Finished(prompt_id, files)


class _Job:
    """Everything known about one queued workflow while it runs."""

    def __init__(self, workflow: Workflow, server: Server, tell: Tell, interrupted: Callable[[], bool]) -> None:
        self._workflow, self._server, self._tell, self._interrupted = workflow, server, tell, interrupted
        self._done: set[str] = set()
        self._seen_outputs: dict[str, Any] = {}
        self._last_position = -1
        self._shown: NodeProgress | None = None

    async def follow(self, prompt_id: str, messages: asyncio.Queue[dict[str, Any]]) -> dict[str, Any]:
        """Wait for the job's end; gives its history record."""
        loop = asyncio.get_running_loop()
        look_up_at, missing, silent_since = loop.time(), 0, loop.time()
        ended = False
        while True:
            if self._interrupted():
                await self._cancel(prompt_id)
            try:
                message = await asyncio.wait_for(messages.get(), _TICK)
            except asyncio.TimeoutError:
                message = None
            if message is not None:
                ended = self._heard(prompt_id, message) or ended
                look_up_at = loop.time() + (0 if ended else _QUIET)
            if loop.time() < look_up_at or not (message is None or ended):
                continue
            try:
                record = await self._server.history(prompt_id)
                position = None if record else await self._server.position(prompt_id)
            except RenderFailed:
                if loop.time() - silent_since > _GIVE_UP:
                    raise
                look_up_at = loop.time() + 1
                continue
            silent_since = loop.time()
            if record is not None:
                return self._checked(record)
            self._waits(prompt_id, position)
            # A job leaves the queue an instant before it enters the history: only a second look proves it lost.
            missing = missing + 1 if position is None else 0
            if missing > 3:
                if ended:  # finished, and someone cleared the history since: the messages told its outputs
                    return {"outputs": self._seen_outputs}
                raise RenderFailed(
                    f"{self._server.name} no longer knows the job {prompt_id}.",
                    "It was restarted, or its queue was cleared. Submit again: what Longvid had finished is not rendered twice.",
                )
            look_up_at = loop.time() + (0.3 if ended or missing else _QUIET)

    def _heard(self, prompt_id: str, message: dict[str, Any]) -> bool:
        """Take in one message; True when it says that the job has ended."""
        kind, data = message.get("type"), message.get("data")
        if not isinstance(data, dict) or data.get("prompt_id") != prompt_id:
            return False
        self._waits(prompt_id, 0)  # whatever is told of a job, it runs
        if kind == "execution_cached":
            self._done.update(map(str, data.get("nodes") or ()))
        elif kind == "executed":
            self._seen_outputs[str(data.get("node"))] = data.get("output") or {}
        elif kind == "progress_state":
            for node_id, state in (data.get("nodes") or {}).items():
                if state.get("state") == "finished" and node_id in self._workflow:
                    self._done.add(node_id)
                elif state.get("state") == "running":
                    self._show(str(state.get("display_node_id") or node_id), state.get("value"), state.get("max"))
        elif kind == "progress":
            self._show(str(data.get("node")), data.get("value"), data.get("max"))
        elif kind == "executing" and data.get("node") is not None:
            self._show(str(data["node"]), 0, 1)
        return kind in ("execution_success", "execution_error", "execution_interrupted") or (
            kind == "executing" and data.get("node", "") is None
        )

    def _show(self, node_id: str, done: Any, total: Any) -> None:
        title = title_of(self._workflow, node_id)
        finished = len(self._done & set(self._workflow))
        shown = NodeProgress(node_id, title, float(done or 0), float(total or 1), finished, len(self._workflow))
        if shown != self._shown:  # old and new kinds of message tell the same twice
            self._shown = shown
            self._tell(shown)

    def _waits(self, prompt_id: str, position: int | None) -> None:
        if position is not None and position != self._last_position:
            self._last_position = position
            self._tell(Queued(prompt_id, position))

    def _checked(self, record: dict[str, Any]) -> dict[str, Any]:
        """The record of a job that succeeded; RenderFailed, with the node's own message, for one that did not."""
        status = record.get("status") or {}
        if status.get("status_str") != "error":
            return record
        for kind, data in status.get("messages") or ():
            where = f"node {data.get('node_id')} ({title_of(self._workflow, str(data.get('node_id')))})"
            if kind == "execution_error":
                what = str(data.get("exception_message") or data.get("exception_type") or "no message").strip()
                raise RenderFailed(
                    f"{where} failed: {what}", "What was finished before it is kept; mend the cause and submit again."
                )
            if kind == "execution_interrupted":
                raise RenderFailed(f"the job was stopped on the server, in {where}.", "Submit again to go on.")
        raise RenderFailed("the job failed, and the server does not say why.", "See the server's own log.")

    async def _cancel(self, prompt_id: str) -> None:
        await self._server.cancel(prompt_id)
        for _ in range(25):  # a node stops at its next step; not worth waiting longer for
            if await self._server.position(prompt_id) is None:
                raise Interrupted("stopped, and the job on the server with it.", "Submit again to go on.")
            await asyncio.sleep(_TICK)
        raise Interrupted("stopped; the server was told to stop the job and is still at it.", "Submit again to go on.")


async def _listen(server: Server, messages: asyncio.Queue[dict[str, Any]], tried: asyncio.Event, tell: Tell) -> None:
    """Put the server's messages into the queue, for ever; connect again whenever the connection is lost.

    `tried` is set once the first connection stands or cannot be had.
    """
    pause = 0.2
    while True:
        try:
            async with contextlib.aclosing(_messages(server, tried)) as stream:
                async for message in stream:
                    pause = 0.2
                    await messages.put(message)
            tell(Told("the connection to ComfyUI was lost; connecting again"))
        except OSError:
            tried.set()  # refused or broken: tried again below, and the job is looked up over HTTP meanwhile
        await asyncio.sleep(pause)
        pause = min(pause * 2, 5)


async def _messages(server: Server, connected: asyncio.Event) -> AsyncGenerator[dict[str, Any], None]:
    """The JSON messages of one connection, until it ends. Pictures (binary messages) are passed over."""
    from websockets.asyncio.client import connect
    from websockets.exceptions import ConnectionClosed, WebSocketException

    try:
        async with connect(server.websocket, max_size=None, proxy=None, open_timeout=5) as socket:
            connected.set()
            try:
                async for raw in socket:
                    message = _parsed(raw)
                    if message is not None:
                        yield message
            except ConnectionClosed:
                return  # broken off instead of closed; to the caller it is the same
    except (WebSocketException, TimeoutError, asyncio.TimeoutError) as error:
        raise ConnectionError(str(error)) from error


def _parsed(raw: str | bytes) -> dict[str, Any] | None:
    try:
        message = json.loads(raw) if isinstance(raw, str) else None
    except ValueError:
        return None
    return message if isinstance(message, dict) else None
