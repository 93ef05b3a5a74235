"""A running ComfyUI as its own HTTP interface shows it, and the prompts these tests queue there."""

from __future__ import annotations

import contextlib
import json
import os
import time
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

from tools.comfy_host import ROOT, ComfyHost

Prompt = dict[str, dict[str, Any]]
_TEXT, _PICTURE = (3).to_bytes(4, "big"), (4).to_bytes(4, "big")
_ENDS = ("execution_success", "execution_error", "execution_interrupted")
PATIENCE_S = 600
"""How long anything is waited for that will come: a busy machine takes ten times as long as a quiet one."""


class Refused(Exception):
    """ComfyUI would not queue the prompt; holds its answer."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__(json.dumps(answer)[:2000])
        self.answer = answer


class Ended(Exception):
    """The prompt ended in an error or was interrupted; holds ComfyUI's message about it."""

    def __init__(self, kind: str, message: dict[str, Any]) -> None:
        super().__init__(f"{kind}: {message.get('exception_message', '')}")
        self.kind, self.message = kind, message


@dataclass
class Seen:
    """What a browser is told while a prompt runs: the messages, the lines of text on nodes, and how many pictures."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    pictures: int = 0

    @property
    def ran(self) -> set[str]:
        """The ids of the nodes that were executed."""
        return {m["data"]["node"] for m in self.messages if m["type"] == "executing" and m["data"]["node"]}


class Client:
    """What a browser or a script does with a ComfyUI."""

    def __init__(self, host: ComfyHost, home: Path) -> None:
        self.host, self.home = host, home
        self.id = uuid.uuid4().hex

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.host.url + path, timeout=PATIENCE_S) as answer:
            return json.load(answer)

    def post(self, path: str, value: Any) -> Any:
        request = urllib.request.Request(
            self.host.url + path, json.dumps(value).encode(), headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            body = answer.read()
        return json.loads(body) if body else None

    def queue(self, prompt: Prompt, workflow: Any = None) -> str:
        """Queue it and give its id. Refused where it does not validate."""
        extra = {"extra_pnginfo": {"workflow": workflow}} if workflow is not None else {}
        try:
            return self.post("/prompt", {"prompt": prompt, "client_id": self.id, "extra_data": extra})["prompt_id"]
        except urllib.error.HTTPError as error:
            raise Refused(json.load(error)) from None

    def wait(self, prompt_id: str, timeout: float = PATIENCE_S) -> dict[str, Any]:
        """The outputs by node id, once it has ended. Ended where that was not well."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if record := self.get(f"/history/{prompt_id}").get(prompt_id):
                for kind, message in record["status"]["messages"]:
                    if kind in ("execution_error", "execution_interrupted"):
                        raise Ended(kind, message)
                return record["outputs"]
            time.sleep(0.05)
        raise TimeoutError(f"prompt {prompt_id} did not end in {timeout} s:\n{self.host.tail()}")

    def run(self, prompt: Prompt, workflow: Any = None) -> dict[str, Any]:
        """Queue and wait."""
        return self.wait(self.queue(prompt, workflow))

    def watch(self, prompt: Prompt) -> Seen:
        """Queue it, and listen as a browser does until it has ended well."""
        seen = Seen()
        address = self.host.url.replace("http", "ws") + f"/ws?clientId={self.id}"
        # It need not answer our pings while it samples.
        with connect(address, max_size=None, open_timeout=PATIENCE_S, ping_interval=None) as socket:
            socket.send(json.dumps({"type": "feature_flags", "data": {"supports_preview_metadata": True}}))
            while '"feature_flags"' not in str(socket.recv(timeout=PATIENCE_S)):  # from its answer on, it knows ours
                pass
            queued = self.queue(prompt)
            while not seen.messages or seen.messages[-1]["type"] not in _ENDS:
                message = socket.recv(timeout=PATIENCE_S)
                if isinstance(message, str):
                    seen.messages.append(json.loads(message))
                elif message[:4] == _PICTURE:
                    seen.pictures += 1
                elif message[:4] == _TEXT:
                    seen.texts.append(message[4:].decode("utf-8", "replace"))
        assert seen.messages[-1]["type"] == "execution_success", seen.messages[-1]
        self.wait(queued)  # what it told its listeners, it writes into its history a moment later
        return seen

    def free(self) -> None:
        """Let ComfyUI forget its models and every node's output, as its menu does."""
        self.post("/free", {"unload_models": True, "free_memory": True})
        # Its worker forgets as soon as it has nothing to do, or after the next prompt. Let that be one of no consequence.
        self.run({"nothing": {"class_type": "PreviewAny", "inputs": {"source": "nothing"}}})

    def saved(self, outputs: dict[str, Any], node: str) -> Path:
        """The file that a node saved."""
        files = [f for items in outputs[node].values() for f in items if isinstance(f, dict)]
        assert [f["type"] for f in files] == ["output"]
        return self.host.output / files[0]["subfolder"] / files[0]["filename"]

    def kept(self, *aside: Path) -> dict[Path, bytes]:
        """Every file below its base folder, and what is in it: a database's own may go while one looks. `aside`: but these."""
        found = {}
        for folder, _, names in os.walk(self.host.base):
            for path in (Path(folder) / name for name in names):
                if path not in aside and not path.is_symlink():
                    with contextlib.suppress(FileNotFoundError):
                        found[path] = path.read_bytes()
        return found

    def events(self) -> list[dict[str, Any]]:
        """Every event of every run on the store, run by run."""
        logs = sorted((self.home / "runs").glob("*/events.jsonl"), key=lambda p: p.stat().st_mtime_ns)
        # What comes after the last end of a line is being written at this moment, or was when it was killed.
        return [json.loads(line) for log in logs for line in log.read_bytes().split(b"\n")[:-1]]

    def outcomes(self) -> list[str]:
        """What became of the segments in the newest run that had any, in order."""
        runs: list[dict[int, str]] = []
        for event in self.events():
            if event["event"] == "run_started":
                runs.append({})
            elif event["event"] == "segment_done":
                runs[-1][event["index"]] = event["outcome"]
        newest = [run for run in runs if run][-1]
        return [newest[index] for index in sorted(newest)]

    def wait_for_event(self, kind: str, count: int = 1, timeout: float = PATIENCE_S) -> None:
        """Return once the store's logs hold that many events of a kind."""
        deadline = time.monotonic() + timeout
        while sum(event["event"] == kind for event in self.events()) < count:
            assert time.monotonic() < deadline, f"no {kind} within {timeout} s:\n{self.host.tail()}"
            time.sleep(0.02)


def template(name: str) -> Prompt:
    """A template in API format, as it is shipped."""
    return json.loads((ROOT / "workflows" / "api" / f"{name}.json").read_text(encoding="utf-8"))


def node_id(prompt: Prompt, class_type: str) -> str:
    """The id of the one node of that class."""
    (found,) = (key for key, value in prompt.items() if value["class_type"] == class_type)
    return found


def with_inputs(prompt: Prompt, class_type: str, /, **inputs: Any) -> Prompt:
    """A copy with these inputs of the one node of that class."""
    key = node_id(prompt, class_type)
    return {**prompt, key: {**prompt[key], "inputs": {**prompt[key]["inputs"], **inputs}}}


def small(name: str, /, **planner: Any) -> Prompt:
    """A template at a size that renders in a moment."""
    return with_inputs(template(name), "LongvidSegmentPlanner", **{"width": 128, "height": 72, "seconds": 3.0, **planner})
