"""A ComfyUI is started, asked and stopped; it never outlives who started it. Here a script of a few lines stands in its place."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from longvid_core.catalog import Backend
from longvid_core.comfyui import process
from longvid_core.comfyui.canvas import Canvas
from longvid_core.comfyui.installed import installed
from longvid_core.comfyui.process import Process
from longvid_core.errors import BadInput, Interrupted, RenderFailed
from longvid_core.models.records import ModelRecord
from longvid_core.providers.base import Surroundings
from longvid_core.settings import ComfyuiSettings, Settings
from tests.ended import ends

SERVER = """
import json, os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        known = {"UNETLoader": {"input": {"required": {}}}}
        answers = {"/object_info/UNETLoader": known, "/internal/folder_paths": {"vae": ["v"]}}
        body = json.dumps(answers.get(self.path, {})).encode()
        self.send_response(200); self.end_headers(); self.wfile.write(body)
here = {"arguments": sys.argv[1:], "home": os.environ["LONGVID_HOME"], "threads": os.environ.get("OMP_NUM_THREADS")}
open("started.json", "w").write(json.dumps(here))
HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Handler).serve_forever()
"""


def comfyui(folder: Path, script: str = SERVER) -> ComfyuiSettings:
    folder.mkdir(exist_ok=True)
    (folder / "main.py").write_text(script)
    return ComfyuiSettings(path=folder, arguments=("--cpu",), threads=3)


@pytest.fixture
def started(tmp_path: Path) -> Process:
    return Process(installed(comfyui(tmp_path / "ComfyUI")), tmp_path / "own", threads=3)


def test_it_writes_into_its_own_folders_and_stops(started: Process, tmp_path: Path) -> None:
    url = started.url()
    assert url.startswith("http://127.0.0.1:") and started.running and started.url() == url
    said = json.loads((tmp_path / "ComfyUI" / "started.json").read_text())
    places = {name: said["arguments"][said["arguments"].index(f"--{name}-directory") + 1] for name in ("output", "temp", "user")}
    assert places == {name: str(tmp_path / "own" / name) for name in places}
    assert said["home"] == str(started.home) and said["home"].startswith(str(tmp_path / "own"))
    assert said["threads"] == "3" and "--cpu" in said["arguments"]
    pid = started._process.pid if started._process else 0
    started.stop()
    assert not started.running and not alive(pid)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_one_that_does_not_start_says_why(tmp_path: Path) -> None:
    broken = Process(installed(comfyui(tmp_path / "ComfyUI", "raise SystemExit('no CUDA here')")), tmp_path / "own")
    with pytest.raises(RenderFailed, match="(?s)ended while it started.*no CUDA here"):
        broken.url()
    assert not broken.running


def test_starting_is_stopped_when_asked(tmp_path: Path) -> None:
    slow = Process(installed(comfyui(tmp_path / "ComfyUI", "import time; time.sleep(3600)")), tmp_path / "own")
    with pytest.raises(Interrupted):
        slow.url(lambda: True)
    assert not slow.running


def test_it_ends_with_who_started_it_however_that_ends(tmp_path: Path) -> None:
    launched = Path(process.__file__).with_name("launched.py")
    script = tmp_path / "main.py"
    script.write_text("import os, sys, time\nopen(sys.argv[1], 'w').write(str(os.getpid()))\ntime.sleep(3600)\n")
    note = tmp_path / "pid"
    parent = (
        f"import subprocess, sys; subprocess.Popen({[sys.executable, str(launched), str(script), str(note)]!r}, stdin=-1).wait()"
    )
    starter = subprocess.Popen([sys.executable, "-c", parent])
    while not note.is_file() or not note.read_text():
        time.sleep(0.02)
    starter.send_signal(signal.SIGKILL)
    starter.wait()
    pid = int(note.read_text())
    assert ends(pid), "it is still there"


def canvas_backend(tmp_path: Path, class_type: str) -> tuple[Canvas, Backend]:
    graph = {"nodes": [{"class_type": class_type, "inputs": {}}], "inputs": {"model": {"node": 0, "output": 0}}}
    settings = Settings().model_copy(update={"comfyui": comfyui(tmp_path / "ComfyUI")})
    canvas = Canvas(Surroundings(settings=settings, sha256_of=lambda file: "", scratch=tmp_path))
    return canvas, canvas.backend(ModelRecord(provider="comfyui", id="wan", fingerprint={"graph": graph, "sampling": {}}))


async def test_nodes_that_are_not_there_are_named(tmp_path: Path) -> None:
    canvas, backend = canvas_backend(tmp_path, "FancyLoader")
    with pytest.raises(BadInput, match="Longvid's own nodes, which sample it, are not in"):
        backend.renderer.ready()
    try:
        with pytest.raises(BadInput, match="no node FancyLoader, LongvidSegmentPlanner, LongvidWanFLF2VSampler"):
            await backend.renderer.confirm()
    finally:
        canvas.close()
    assert canvas.backend(backend.renderer.recorded()) is backend


def test_another_graph_is_another_backend_of_the_same_name_in_the_manifest(tmp_path: Path) -> None:
    canvas, one = canvas_backend(tmp_path, "UNETLoader")
    record = one.renderer.recorded()
    other = canvas.backend(record.model_copy(update={"fingerprint": {**record.fingerprint, "sampling": {"steps": 3}}}))
    assert one != other and str(one) == "comfyui:wan" and other.renderer.recorded().id == "wan"
