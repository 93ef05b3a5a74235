"""The HTTP side of a running ComfyUI: queue, look up, cancel, download."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import httpx

from ..errors import BadInput, RenderFailed
from ..files import whole_file
from .workflow import Workflow, title_of

DEFAULT_URL = "http://127.0.0.1:8188"
_TIMEOUT = httpx.Timeout(60, connect=10)


class Server:
    """One ComfyUI at one URL. An async context manager.

    The environment's proxies are not used and redirects not followed: nothing is talked to but the host that was named.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url if "//" in url else f"http://{url}")
        try:
            good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            good = False
        if not good:
            raise BadInput(f"--url {url} is no address of a ComfyUI.", f"It looks like {DEFAULT_URL}.")
        self.base = urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))
        self.name = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", ""))
        self.client_id = uuid.uuid4().hex
        self._http = httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False, follow_redirects=False)

    async def __aenter__(self) -> Server:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    @property
    def websocket(self) -> str:
        """Where this client's messages come from."""
        return f"ws{self.base.removeprefix('http')}/ws?clientId={self.client_id}"

    # -- requests ------------------------------------------------------------------------------------------------------------

    async def _request(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            return await self._http.request(method, self.base + path, **options)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self.unreachable(error) from error

    def unreachable(self, error: BaseException) -> RenderFailed:
        """The error for a server that does not answer."""
        why = " ".join(str(error).split()) or type(error).__name__
        return RenderFailed(
            f"no ComfyUI answers at {self.name}: {why}.",
            "Start one (`make serve`, or python main.py in ComfyUI's folder), or name another with --url.",
        )

    async def _json(self, method: str, path: str, **options: Any) -> Any:
        response = await self._request(method, path, **options)
        try:
            if response.status_code == 200:
                return response.json()
        except ValueError:
            pass  # told below, with the status
        raise RenderFailed(
            f"{self.name}{path} answered {response.status_code} and not what a ComfyUI answers.",
            "Check --url, and the server's own log.",
        )

    async def input_names(self, class_type: str) -> list[str]:
        """Every input that the server's node of that class takes; none when it has no such node."""
        inputs = (await self.node(class_type)).get("input", {})
        return [name for kind in ("required", "optional") for name in (inputs.get(kind) or {})]

    async def node(self, class_type: str) -> dict[str, Any]:
        """A class of nodes as the server describes it; empty when it has none of that name."""
        answer = await self._json("GET", f"/object_info/{quote(class_type, safe='')}")
        found = answer.get(class_type) if isinstance(answer, dict) else None
        return found if isinstance(found, dict) else {}

    async def model_folders(self) -> dict[str, list[str]]:
        """The folders on the server's own machine that it takes files from, by the kind of what is in them."""
        answer = await self._json("GET", "/internal/folder_paths")
        return {str(kind): [str(folder) for folder in folders] for kind, folders in dict(answer).items()}

    async def queue(self, workflow: Workflow) -> tuple[str, list[str]]:
        """Queue the workflow; gives the job's id and what the server will leave out of it, in words.

        BadInput, naming node and input, when the server finds the workflow not valid.
        """
        body = {"prompt": workflow, "client_id": self.client_id, "prompt_id": str(uuid.uuid4())}
        response = await self._request("POST", "/prompt", json=body)
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if response.status_code == 200 and isinstance(answer, dict) and isinstance(answer.get("prompt_id"), str):
            return answer["prompt_id"], _faults(answer.get("node_errors"), workflow)
        if response.status_code == 400 and isinstance(answer, dict):
            raise BadInput("ComfyUI does not accept the workflow.", *_refusal(answer, workflow))
        raise RenderFailed(
            f"{self.name} answered {response.status_code} when the workflow was queued.",
            _short(response.text) or "Check --url, and the server's own log.",
        )

    async def history(self, prompt_id: str) -> dict[str, Any] | None:
        """The finished job's record: `outputs` and `status`. None while it is not finished (or not known)."""
        answer = await self._json("GET", f"/history/{prompt_id}")
        return answer.get(prompt_id) if isinstance(answer, dict) else None

    async def position(self, prompt_id: str) -> int | None:
        """How many jobs run or wait before this one; 0 when it runs; None when it is not in the queue."""
        queue = await self._json("GET", "/queue")
        running = [item[1] for item in queue.get("queue_running", [])]
        waiting = [item[1] for item in sorted(queue.get("queue_pending", []), key=lambda item: item[0])]
        if prompt_id in running:
            return 0
        return len(running) + waiting.index(prompt_id) if prompt_id in waiting else None

    async def cancel(self, prompt_id: str) -> None:
        """Take the job out of the queue, or stop it if it runs. Other people's jobs are left alone."""
        await self._request("POST", "/queue", json={"delete": [prompt_id]})
        if await self.position(prompt_id) == 0:
            await self._request("POST", "/interrupt", json={"prompt_id": prompt_id})

    async def download(self, file: Mapping[str, str], target: Path) -> int:
        """Stream one output file to `target`, which appears only when whole; gives its size in bytes."""
        size = 0
        try:
            with whole_file(target) as temporary:
                async with self._http.stream("GET", f"{self.base}/view", params=dict(file)) as response:
                    if response.status_code != 200:
                        raise RenderFailed(
                            f"{self.name} answered {response.status_code} for its own output {file['filename']}.",
                            "It may have been removed on the server; run the workflow again.",
                        )
                    with open(temporary, "wb") as out:
                        async for piece in response.aiter_bytes():
                            size += out.write(piece)
        except httpx.HTTPError as error:
            raise self.unreachable(error) from error
        return size


def _refusal(answer: dict[str, Any], workflow: Workflow) -> list[str]:
    faults = _faults(answer.get("node_errors"), workflow)
    if faults:
        return faults
    error = answer.get("error")
    if isinstance(error, dict):
        return [": ".join(str(error[key]) for key in ("message", "details") if error.get(key))]
    return [_short(json.dumps(error))]


def _faults(node_errors: Any, workflow: Workflow) -> list[str]:
    """One line for each fault the server found: node, input, what is wrong."""
    if not isinstance(node_errors, dict):
        return []
    lines = []
    for node_id, record in node_errors.items():
        for error in record.get("errors", []):
            name = (error.get("extra_info") or {}).get("input_name")
            where = f"node {node_id} ({title_of(workflow, node_id)})" + (f", input {name}" if name else "")
            lines.append(f"{where}: " + _short(": ".join(str(error[k]) for k in ("message", "details") if error.get(k))))
    return lines


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 500 else words[:499] + "…"
