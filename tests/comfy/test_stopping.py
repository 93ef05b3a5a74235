"""Cancel, kill and start again: what was finished stays, what was not leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from longvid_core.media.probe import probe
from longvid_core.media.tags import read_tags
from tests.comfy.client import Client, Ended, Prompt, node_id, small, with_inputs
from tools.comfy_host import ComfyHost


def long_film() -> Prompt:
    """Enough segments, and slow enough ones, to be stopped among."""
    return small("keyframe_mode", width=240, height=136, seconds=12.0, segments=8)


def leftovers(comfy: Client) -> list[str]:
    """Unfinished files in the store and in the output folder."""
    found = [*(comfy.home / "scratch").rglob("*"), *comfy.home.rglob("*.part"), *comfy.host.output.rglob("*.part")]
    return [path.name for path in found]


def test_cancel_cleans_up_and_queueing_again_goes_on(fresh: Client) -> None:
    prompt = long_film()
    queued = fresh.queue(prompt)
    fresh.wait_for_event("segment_done", 2)
    fresh.post("/interrupt", {})
    with pytest.raises(Ended) as ended:
        fresh.wait(queued)
    assert ended.value.kind == "execution_interrupted"
    assert ended.value.message["node_type"] == "LongvidRemoteVideo"
    assert leftovers(fresh) == []
    finished = sum(e["event"] == "segment_done" for e in fresh.events())
    outputs = fresh.run(prompt)
    assert fresh.outcomes().count("cached") == finished
    assert fresh.outcomes().count("rendered") == 8 - finished > 0
    assert fresh.saved(outputs, node_id(prompt, "LongvidConcat")).is_file()


def test_cancel_while_joining_leaves_no_film(fresh: Client) -> None:
    prompt = small("keyframe_mode", width=240, height=136)
    slow = with_inputs(prompt, "LongvidConcat", codec="h265", preset="veryslow", crf=0)
    queued = fresh.queue(slow)
    fresh.wait_for_event("stage_done", 2)  # keyframes, clips
    while not any(e["event"] == "stage_started" and e["stage"] == "join" for e in fresh.events()):
        assert fresh.get("/queue")["queue_running"], "it ended before it could be stopped"
    fresh.post("/interrupt", {})
    with pytest.raises(Ended, match="interrupted") as ended:
        fresh.wait(queued)
    assert ended.value.message["node_type"] == "LongvidConcat"
    assert not list((fresh.host.output / "longvid").glob("*.mp4"))
    assert leftovers(fresh) == []


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Client, int]]:
    """A ComfyUI that was killed among its segments and started again, and how many of them were done by then."""
    base = tmp_path_factory.mktemp("killed")
    environment = {"LONGVID_HOME": str(base / "elsewhere"), "XDG_CONFIG_HOME": str(base)}
    host = ComfyHost(base, environment=environment).start()
    comfy = Client(host, Path(environment["LONGVID_HOME"]))
    try:
        comfy.queue(long_film(), {"nodes": []})
        comfy.wait_for_event("segment_done", 3)
        host.kill()
        finished = sum(e["event"] == "segment_done" for e in comfy.events())
        again = ComfyHost(base, environment=environment, arguments=["--disable-metadata"])
        with again:
            yield Client(again, comfy.home), finished
    finally:
        host.stop()


def test_a_killed_comfyui_goes_on_where_it_was(killed: tuple[Client, int]) -> None:
    comfy, finished = killed
    prompt = long_film()
    film = comfy.saved(comfy.run(prompt, {"nodes": []}), node_id(prompt, "LongvidConcat"))
    assert comfy.outcomes().count("cached") >= finished >= 3
    assert comfy.outcomes().count("rendered") >= 1
    assert set(comfy.outcomes()) == {"cached", "rendered"}
    assert abs(probe(film).frames / 16 - 12) < 3
    assert leftovers(comfy) == []
    assert list((comfy.home / "clips").rglob("*.mkv")), "the store is where LONGVID_HOME says"


def test_no_workflow_is_written_with_disable_metadata(killed: tuple[Client, int]) -> None:
    comfy, _ = killed
    prompt = small("keyframe_mode")
    film = comfy.saved(comfy.run(prompt, {"nodes": []}), node_id(prompt, "LongvidConcat"))
    assert not {"prompt", "workflow"} & set(read_tags(film))
