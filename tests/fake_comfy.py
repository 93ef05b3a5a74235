"""A server on this machine that speaks ComfyUI's HTTP and websocket formats, and misbehaves on request.

`tests/comfy` talks to the real one; this one does what that cannot be made to do: drop connections, forget jobs, lie about names.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from typing import Any

from aiohttp import WSMsgType, web

PATIENCE_S = 600
"""How long anything is waited for that will come: a busy machine takes ten times as long as a quiet one."""
GRAPH = {
    "1": {
        "class_type": "LoadText", "inputs": {"text": "a boat", "seed": 7, "strength": 1.0, "loud": False},
        "_meta": {"title": "Prompt"},
    },
    "2": {"class_type": "Paint", "inputs": {"words": ["1", 0], "steps": 20}, "_meta": {"title": "Painter v1.5"}},
    "3": {"class_type": "Paint", "inputs": {"words": ["1", 0], "steps": 30}, "_meta": {"title": "Second"}},
    "4": {"class_type": "Save", "inputs": {"images": ["2", 0], "prefix": "film"}},
}  # fmt: skip


class FakeComfy:
    """`with FakeComfy(...) as comfy:` serves at `comfy.url` until the block ends. `calls` lists what was asked for.

    `faults` may hold: `refuse` (400 with node errors), `leave out` (accepted without one output), `fail` (a node raises),
    `hang` (works until interrupted), `wait` (stays in the queue), `drop` (the websocket breaks in the middle),
    `deaf` (there is no websocket), `forget` (the job vanishes), `cut short` (the first download ends early),
    `gone` (outputs cannot be downloaded), `moved` (answers with a redirect).
    """

    def __init__(self, *faults: str, outputs: dict[str, Any] | None = None, files: dict[str, bytes] | None = None) -> None:
        self.faults = set(faults)
        self.files = files if files is not None else {"film_00001.mp4": b"film" * 1000}
        named = [{"filename": name, "subfolder": "", "type": "output"} for name in self.files]
        self.outputs = outputs if outputs is not None else {"4": {"images": named}}
        self.calls: list[tuple[str, str]] = []
        self.prompts: list[dict[str, Any]] = []
        self.seen_headers: list[dict[str, str]] = []
        self.working = threading.Event()
        self._sockets: dict[str, web.WebSocketResponse] = {}
        self._history: dict[str, Any] = {}
        self._running: str | None = None
        self.waiting: list[str] = []
        self._stop: asyncio.Event | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> FakeComfy:
        self._thread.start()
        assert self._ready.wait(PATIENCE_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(PATIENCE_S)

    def asked(self, method: str, path: str) -> int:
        """How often that was asked for."""
        return self.calls.count((method, path))

    def wait_for(self, method: str, path: str, seconds: float = PATIENCE_S) -> None:
        """Until that was asked for once."""
        until = time.monotonic() + seconds
        while not self.asked(method, path):
            assert time.monotonic() < until, f"{method} {path} was never asked for"
            time.sleep(0.02)

    # -- serving ---------------------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        self._stop = asyncio.Event()
        app = web.Application(middlewares=[self._note])
        app.router.add_get("/ws", self._ws)
        app.router.add_post("/prompt", self._prompt)
        app.router.add_get("/history/{id}", self._get_history)
        app.router.add_get("/queue", self._get_queue)
        app.router.add_post("/queue", self._post_queue)
        app.router.add_post("/interrupt", self._interrupt)
        app.router.add_get("/view", self._view)
        app.router.add_get("/object_info/{name}", self._info)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        assert site._server is not None
        self.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"  # type: ignore[attr-defined]
        self._ready.set()
        await self._end.wait()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await runner.cleanup()

    @web.middleware
    async def _note(self, request: web.Request, handler: Any) -> web.StreamResponse:
        path = "/history" if request.path.startswith("/history") else request.path
        self.calls.append((request.method, path))
        self.seen_headers.append(dict(request.headers))
        if "moved" in self.faults:
            raise web.HTTPFound("http://127.0.0.1:9/elsewhere")
        return await handler(request)

    async def _ws(self, request: web.Request) -> web.StreamResponse:
        if "deaf" in self.faults:
            raise web.HTTPNotFound()
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        sid = request.query["clientId"]
        self._sockets[sid] = socket
        await socket.send_json({"type": "status", "data": {"status": {"exec_info": {"queue_remaining": 0}}, "sid": sid}})
        async for message in socket:
            if message.type == WSMsgType.ERROR:
                break
        return socket

    async def _tell(self, sid: str, kind: str, **data: Any) -> None:
        socket = self._sockets.get(sid)
        if socket is not None and not socket.closed:
            await socket.send_bytes(b"\x00\x00\x00\x01picture")  # previews come as binary messages between the others
            await socket.send_str(json.dumps({"type": kind, "data": data}))

    async def _prompt(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.prompts.append(body["prompt"])
        fault = {
            "type": "value_bigger_than_max", "message": "Value 30 bigger than max of 25", "details": "steps",
            "extra_info": {"input_name": "steps"},
        }  # fmt: skip
        errors = {"3": {"errors": [fault], "dependent_outputs": ["4"], "class_type": "Paint"}}
        if "refuse" in self.faults:
            error = {
                "type": "prompt_outputs_failed_validation",
                "message": "Prompt outputs failed validation",
                "details": "",
                "extra_info": {},
            }
            return web.json_response({"error": error, "node_errors": errors}, status=400)
        prompt_id = body.get("prompt_id") or "server-made"
        self.waiting.append(prompt_id)
        asyncio.get_running_loop().create_task(self._work(prompt_id, body["client_id"], body["prompt"]))
        return web.json_response(
            {"prompt_id": prompt_id, "number": 1, "node_errors": errors if "leave out" in self.faults else {}}
        )

    async def _work(self, job: str, sid: str, prompt: dict[str, Any]) -> None:
        if "forget" in self.faults:
            self.waiting.remove(job)
            return
        while "wait" in self.faults:
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.05)
        if job not in self.waiting:
            return
        self.waiting.remove(job)
        self._running = job
        await self._tell(sid, "execution_start", prompt_id=job)
        await self._tell(sid, "execution_cached", nodes=["1"], prompt_id=job)
        await self._tell(sid, "executing", node="2", display_node="2", prompt_id=job)
        await self._tell(sid, "progress", value=1, max=20, prompt_id=job, node="2")
        self.working.set()
        status: dict[str, Any] = {"status_str": "success", "completed": True, "messages": []}
        outputs = self.outputs
        if "drop" in self.faults:
            await self._sockets.pop(sid).close()
            await asyncio.sleep(0.5)
        if "hang" in self.faults:
            assert self._stop is not None
            await self._stop.wait()
            message = ["execution_interrupted", {"prompt_id": job, "node_id": "2", "node_type": "Paint", "executed": []}]
            status = {"status_str": "error", "completed": False, "messages": [message]}
        elif "fail" in self.faults:
            detail = {
                "prompt_id": job,
                "node_id": "2",
                "node_type": "Paint",
                "exception_message": "segment 3: no keyframe\n",
                "traceback": [],
            }
            status = {"status_str": "error", "completed": False, "messages": [["execution_error", detail]]}
            outputs = {}
            await self._tell(sid, "execution_error", **detail)
        else:
            for node, output in outputs.items():
                await self._tell(sid, "executed", node=node, output=output, prompt_id=job)
            await self._tell(sid, "execution_success", prompt_id=job)
        self._running = None
        await asyncio.sleep(0.1)  # the real one, too, tells of the end before the history has it
        self._history[job] = {"prompt": [1, job, prompt, {}, []], "outputs": outputs, "status": status}
        await self._tell(sid, "executing", node=None, prompt_id=job)

    async def _get_history(self, request: web.Request) -> web.Response:
        job = request.match_info["id"]
        return web.json_response({job: self._history[job]} if job in self._history else {})

    async def _get_queue(self, request: web.Request) -> web.Response:
        others = [[0, "another-job", {}, {}, []]] if "wait" in self.faults else []
        running = [[1, self._running, {}, {}, []]] if self._running else others
        return web.json_response({"queue_running": running, "queue_pending": [[2, job, {}, {}, []] for job in self.waiting]})

    async def _post_queue(self, request: web.Request) -> web.Response:
        for job in (await request.json()).get("delete", []):
            if job in self.waiting:
                self.waiting.remove(job)
        return web.Response()

    async def _interrupt(self, request: web.Request) -> web.Response:
        assert (await request.json())["prompt_id"] == self._running
        assert self._stop is not None
        self._stop.set()
        return web.Response()

    async def _view(self, request: web.Request) -> web.StreamResponse:
        name, subfolder = request.query["filename"], request.query.get("subfolder", "")
        data = self.files.get(f"{subfolder}/{name}" if subfolder else name)
        if data is None or "gone" in self.faults:
            raise web.HTTPNotFound()
        if "cut short" in self.faults and self.asked("GET", "/view") == 1:
            response = web.StreamResponse(headers={"Content-Length": str(len(data))})
            await response.prepare(request)
            await response.write(data[: len(data) // 2])
            assert request.transport is not None
            request.transport.close()
            return response
        return web.Response(body=data)

    async def _info(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        return web.json_response(
            {name: {"input": {"required": {"prefix": ["STRING", {}]}, "optional": {"note": ["STRING", {}]}}}}
        )
