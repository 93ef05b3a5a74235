"""`longvid submit` as people, logs and machines see it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fake_comfy import GRAPH, FakeComfy

from .conftest import PATIENCE_S, Longvid


@pytest.fixture
def graph(tmp_path: Path) -> str:
    (tmp_path / "graph.json").write_text(json.dumps(GRAPH))
    return "graph.json"


def test_results_and_the_last_line(longvid: Longvid, graph: str, tmp_path: Path) -> None:
    files = {"film_00001.mp4": b"film", "film_00001.manifest.json": b"{}", "other.mp4": b"x"}
    with FakeComfy(files=files) as comfy:
        ran = longvid("submit", graph, "--url", comfy.url, "--set", "Painter v1.5.steps=3", "-o", "out", "--json")
    assert ran.code == 0, ran.err
    out = tmp_path / "out"
    assert ran.last["event"] == "done" and ran.last["segments"] == []
    assert ran.last["film"] == str(out / "film_00001.mp4") and ran.last["manifest"] == str(out / "film_00001.manifest.json")
    assert sorted(p.name for p in out.iterdir()) == sorted(files)
    assert comfy.prompts[0]["2"]["inputs"]["steps"] == 3
    assert {"node_progress", "saved"} <= {line["event"] for line in ran.lines}


def test_people_read_which_node_is_at_work(longvid: Longvid, graph: str) -> None:
    with FakeComfy() as comfy:
        ran = longvid("submit", graph, "--url", comfy.url, "-o", "out")
    assert ran.code == 0 and "\x1b" not in ran.out
    assert "node 2 Painter v1.5" in ran.out and "1 file in out" in ran.out


def test_an_input_the_file_leaves_out_is_looked_up_on_the_server(longvid: Longvid, graph: str) -> None:
    with FakeComfy() as comfy:
        assert longvid("submit", graph, "--url", comfy.url, "--set", "4.note=hello", "-o", "out").code == 0
        ran = longvid("submit", graph, "--url", comfy.url, "--set", "4.nonsense=1", "-o", "out")
    assert comfy.prompts[0]["4"]["inputs"]["note"] == "hello"
    assert ran.code == 2 and "nonsense" in ran.err and len(comfy.prompts) == 1


@pytest.mark.parametrize(
    ("fault", "code", "says"),
    [
        ("refuse", 2, "node 3 (Second), input steps"),
        ("fail", 3, "node 2 (Painter v1.5) failed: segment 3: no keyframe"),
        ("leave out", 2, "node 3 (Second), input steps"),
    ],
)
def test_exit_codes(longvid: Longvid, graph: str, fault: str, code: int, says: str) -> None:
    with FakeComfy(fault) as comfy:
        ran = longvid("submit", graph, "--url", comfy.url, "-o", "out", "--json")
    assert ran.code == code
    assert ran.last["event"] == "failed" and says in ran.last["message"] and says in ran.err


def test_no_server(longvid: Longvid, graph: str, tmp_path: Path) -> None:
    ran = longvid("submit", graph, "--url", "http://127.0.0.1:9", "-o", "out")
    assert ran.code == 3 and "http://127.0.0.1:9" in ran.err and "--url" in ran.err and not (tmp_path / "out").exists()


def test_a_password_in_the_address_is_used_and_not_shown(longvid: Longvid, graph: str) -> None:
    with FakeComfy("fail") as comfy:
        address = comfy.url.replace("http://", "http://me:hunter2@")
        ran = longvid("submit", graph, "--url", address, "-o", "out")
    assert "hunter2" not in ran.out + ran.err
    assert all(headers.get("Authorization", "").startswith("Basic ") for headers in comfy.seen_headers)


def test_ctrl_c_stops_the_job_on_the_server(process: Callable[..., subprocess.Popen[str]], graph: str, tmp_path: Path) -> None:
    with FakeComfy("hang") as comfy:
        running = process("submit", graph, "--url", comfy.url, "-o", "out", "--json")
        assert comfy.working.wait(PATIENCE_S)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 5 and comfy.asked("POST", "/interrupt") == 1
    assert json.loads(out.splitlines()[-1])["code"] == 5 and "Traceback" not in err
    assert not os.path.exists(tmp_path / "out")
