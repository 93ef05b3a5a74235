"""Sending a workflow to a ComfyUI: inputs by name, progress, results, and every way the other side can let us down."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from longvid_core.errors import BadInput, Interrupted, LongvidError, RenderFailed, UnknownName
from longvid_core.submit import NodeProgress, Queued, Saved, Server, Signal, Told, load_workflow, set_inputs, submit
from longvid_core.submit.outputs import local_names, output_files, safe_name
from tests.fake_comfy import GRAPH, FakeComfy


def run(comfy: FakeComfy | str, folder: Path, **options: Any) -> tuple[list[Signal], Any]:
    """Submit GRAPH; what was told, and the result."""
    told: list[Signal] = []
    url = comfy if isinstance(comfy, str) else comfy.url

    async def work() -> Any:
        async with Server(url) as server:
            return await submit(GRAPH, server, folder, tell=told.append, **options)

    return told, asyncio.run(work())


# -- the workflow --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("assignment", "node", "name", "value"),
    [
        ("1.text=a red boat", "1", "text", "a red boat"),
        ("LoadText.text=x=y", "1", "text", "x=y"),
        ("Prompt.text=12", "1", "text", "12"),
        ('Prompt.text="quoted"', "1", "text", "quoted"),
        ("1.text=", "1", "text", ""),
        ("1.seed=18446744073709551615", "1", "seed", 2**64 - 1),
        ("1.seed=5.0", "1", "seed", 5),
        ("1.strength=2", "1", "strength", 2.0),
        ("1.loud=true", "1", "loud", True),
        ("Painter v1.5.steps=4", "2", "steps", 4),
        ('2.words=["3", 0]', "2", "words", ["3", 0]),
    ],
)
def test_inputs_are_set_by_id_class_or_title_in_their_own_type(assignment: str, node: str, name: str, value: Any) -> None:
    changed = set_inputs(GRAPH, [assignment])
    assert changed[node]["inputs"][name] == value and type(changed[node]["inputs"][name]) is type(value)
    assert {n: c for n, c in changed.items() if n != node} == {n: c for n, c in GRAPH.items() if n != node}


@pytest.mark.parametrize(
    ("assignment", "error", "says"),
    [
        ("1.text", BadInput, "NODE.INPUT=VALUE"),
        ("text=1", BadInput, "NODE.INPUT=VALUE"),
        ("9.text=a", UnknownName, "1 (Prompt)"),
        ("1.txet=a", UnknownName, "text, seed"),
        ("Paint.steps=3", BadInput, "2 (Painter v1.5), 3 (Second)"),
        ("1.seed=two", BadInput, "whole number"),
        ("1.seed=1.5", BadInput, "whole number"),
        ("1.seed=true", BadInput, "whole number"),
        ("1.loud=1", BadInput, "true or false"),
        ("1.strength=much", BadInput, "a number"),
    ],
)
def test_an_assignment_that_fits_nothing_says_what_there_is(assignment: str, error: type[LongvidError], says: str) -> None:
    with pytest.raises(error) as raised:
        set_inputs(GRAPH, [assignment])
    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"nodes": [], "links": []}', "Export (API)"),
        ("not json", "no JSON"),
        ("[]", "no workflow"),
        ("{}", "no workflow"),
        ('{"1": {"inputs": {}}}', "no workflow"),
        ("[" * 100_000, "nested"),
    ],
)
def test_only_api_workflows_are_read(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "w.json"
    file.write_text(text)
    with pytest.raises(BadInput) as raised:
        load_workflow(file)
    assert says in str(raised.value)


# -- a job that goes well ------------------------------------------------------------------------------------------------------


def test_results_come_to_the_folder(tmp_path: Path) -> None:
    with FakeComfy() as comfy:
        told, done = run(comfy, tmp_path / "out")
    assert [f.name for f in done.files] == ["film_00001.mp4"]
    assert (tmp_path / "out" / "film_00001.mp4").read_bytes() == b"film" * 1000
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["film_00001.mp4"]
    assert any(isinstance(s, NodeProgress) and s.title == "Painter v1.5" and (s.done, s.total) == (1, 20) for s in told)
    assert any(isinstance(s, Saved) and s.bytes == 4000 for s in told)
    assert comfy.prompts == [GRAPH]


@pytest.mark.parametrize("fault", ["drop", "deaf"])
def test_without_a_websocket_the_job_is_followed_all_the_same(tmp_path: Path, fault: str) -> None:
    with FakeComfy(fault) as comfy:
        told, done = run(comfy, tmp_path)
    assert len(done.files) == 1
    assert any(isinstance(s, Told) and "lost" in s.message for s in told) == (fault == "drop")


def test_a_download_that_breaks_off_is_tried_again_and_never_left_half(tmp_path: Path) -> None:
    with FakeComfy("cut short") as comfy:
        run(comfy, tmp_path)
    assert comfy.asked("GET", "/view") == 2
    assert [p.stat().st_size for p in tmp_path.iterdir()] == [4000]


def test_previews_come_only_when_asked_for_or_when_there_is_nothing_else(tmp_path: Path) -> None:
    shown = {"filename": "p.png", "subfolder": "", "type": "temp"}
    saved = {"filename": "f.mp4", "subfolder": "v", "type": "output"}
    both = {"2": {"images": [shown]}, "4": {"images": [saved], "animated": [True], "text": ["hello"]}}
    assert [f["filename"] for f in output_files(both)] == ["f.mp4"]
    assert [f["filename"] for f in output_files(both, previews=True)] == ["p.png", "f.mp4"]
    assert [f["filename"] for f in output_files({"2": {"images": [shown]}})] == ["p.png"]


# -- names the other side chooses ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\evil.exe", "evil.exe"),
        ("/abs/olute.mp4", "olute.mp4"),
        ("..", "output"),
        (".bashrc", "bashrc"),
        ("a\x00b\x1b[31m.png", "a_b_[31m.png"),
        ("x" * 400 + ".mp4", "x" * 180 + ".mp4"),
        ("旅.mp4", "旅.mp4"),
    ],
)
def test_a_servers_file_name_cannot_leave_the_folder(theirs: str, ours: str) -> None:
    assert safe_name(theirs) == ours


def test_two_files_of_one_name_are_both_kept() -> None:
    files = [{"filename": "a.png", "subfolder": s, "type": "output"} for s in ("", "x/y", "")]
    assert local_names(files) == ["a.png", "x_y_a.png", "a_2.png"]


# -- jobs that do not go well --------------------------------------------------------------------------------------------------


def test_a_workflow_the_server_refuses_names_node_and_input(tmp_path: Path) -> None:
    with FakeComfy("refuse") as comfy, pytest.raises(BadInput) as raised:
        run(comfy, tmp_path)
    assert "node 3 (Second), input steps: Value 30 bigger than max of 25" in str(raised.value)


def test_a_workflow_that_would_run_in_part_does_not_run(tmp_path: Path) -> None:
    with FakeComfy("leave out", "wait") as comfy, pytest.raises(BadInput) as raised:
        run(comfy, tmp_path)
    assert "node 3 (Second), input steps" in str(raised.value)
    assert comfy.asked("POST", "/queue") == 1 and comfy.waiting == []


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("fail", "node 2 (Painter v1.5) failed: segment 3: no keyframe"),
        ("forget", "no longer knows"),
        ("gone", "404"),
        ("moved", "302"),
    ],
)
def test_what_goes_wrong_on_the_server_is_told_in_its_own_words(tmp_path: Path, fault: str, says: str) -> None:
    with FakeComfy(fault) as comfy, pytest.raises(RenderFailed) as raised:
        run(comfy, tmp_path)
    assert says in str(raised.value) and list(tmp_path.iterdir()) == []


def test_no_server_no_wait(tmp_path: Path) -> None:
    with pytest.raises(RenderFailed, match="no ComfyUI answers at http://127.0.0.1:9"):
        run("http://me:secret@127.0.0.1:9", tmp_path)


@pytest.mark.parametrize("url", ["ftp://x", "http://", "http://127.0.0.1:999999"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(BadInput, match="--url"):
        Server(url)


@pytest.mark.parametrize(("fault", "cancelled_by"), [("hang", "/interrupt"), ("wait", "/queue")])
def test_stopping_stops_the_job_on_the_server_and_no_other(tmp_path: Path, fault: str, cancelled_by: str) -> None:
    stop = threading.Event()
    with FakeComfy(fault) as comfy:
        told: list[Signal] = []

        def interrupted() -> bool:
            if comfy.working.is_set() or any(isinstance(s, Queued) and s.position == 1 for s in told):
                stop.set()
            return stop.is_set()

        async def work() -> None:
            async with Server(comfy.url) as server:
                await submit(GRAPH, server, tmp_path, tell=told.append, interrupted=interrupted)

        with pytest.raises(Interrupted):
            asyncio.run(work())
    assert comfy.asked("POST", cancelled_by) == 1
    assert comfy.asked("POST", "/interrupt") == (fault == "hang")


def test_the_environments_proxies_are_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ws_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with FakeComfy() as comfy:
        _, done = run(comfy, tmp_path)
    assert len(done.files) == 1
