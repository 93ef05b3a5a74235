"""The ComfyUI of tests and demos: none is left behind, however its starter ends."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ended import ends, over
from tools.comfy_host import ROOT, ComfyHost, HostError

SERVER = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"{}")
server = HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Handler)
print("up", flush=True)
server.serve_forever()
"""
STARTER = """
import sys, time
from pathlib import Path
from tests.ended import ends, over
from tools.comfy_host import ComfyHost
host = ComfyHost(Path(sys.argv[1])).start()
print(host.process.pid, flush=True)
time.sleep(3600)
"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for a ComfyUI that answers."""
    folder = tmp_path / "ComfyUI"
    folder.mkdir()
    (folder / "main.py").write_text(SERVER)
    monkeypatch.setenv("COMFYUI_PATH", str(folder))
    return folder


@pytest.mark.usefixtures("checkout")
def test_it_ends_with_a_starter_that_is_killed(tmp_path: Path) -> None:
    starter = subprocess.Popen([sys.executable, "-c", STARTER, tmp_path / "base"], cwd=ROOT, stdout=subprocess.PIPE)
    with starter:
        assert starter.stdout is not None
        pid = int(starter.stdout.readline())
        assert not over(pid)
        starter.send_signal(signal.SIGKILL)
    assert ends(pid), "it is still there"


@pytest.mark.usefixtures("checkout")
def test_it_is_there_until_it_is_stopped_and_can_be_started_again(tmp_path: Path) -> None:
    with ComfyHost(tmp_path / "base") as host:
        first = host.process
        assert first is not None and first.poll() is None
        host.kill()
        assert first.returncode == -signal.SIGKILL
        host.start()
    assert host.process is None


def test_one_that_does_not_start_says_why(tmp_path: Path, checkout: Path) -> None:
    (checkout / "main.py").write_text("raise SystemExit('no CUDA here')")
    host = ComfyHost(tmp_path / "base")
    with pytest.raises(HostError, match="(?s)while starting.*no CUDA here"):
        host.start()
    assert host.process is None
