"""A server that is killed among Wan segments loses the one it was sampling, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

from tests.comfy.client import Client
from tests.comfy.conftest import tiny_base, tiny_environment
from tests.comfy.wan import JOIN, MANIFEST, STEPS, hold, sampled, wan_plan, wan_prompt
from tools.comfy_host import ComfyHost


def test_a_killed_server_samples_only_what_was_not_finished(tmp_path: Path, tiny_models: Path) -> None:
    base = tiny_base(tmp_path / "base", tiny_models)
    environment = tiny_environment(base)
    prompt = wan_prompt(wan_plan(4))
    host = ComfyHost(base, environment=environment).start()
    try:
        comfy = Client(host, Path(environment["LONGVID_HOME"]))
        hold(comfy, 2 * STEPS)
        comfy.queue(prompt)
        comfy.wait_for_event("segment_done", 2)
        comfy.wait_for_event("segment_started", 3)
        host.kill()
    finally:
        host.stop()
    assert sum(e["event"] == "segment_done" for e in comfy.events()) == 2
    hold(comfy, None)
    count = sampled(comfy)
    with ComfyHost(base, environment=environment, arguments=["--deterministic"]) as again:
        comfy = Client(again, comfy.home)
        outputs = comfy.run(prompt)
        assert sampled(comfy, count) == 2 * STEPS
        assert comfy.outcomes() == ["cached", "cached", "rendered", "rendered"]
        assert comfy.saved(outputs, JOIN).is_file()
        found = json.loads(comfy.saved(outputs, MANIFEST).read_text(encoding="utf-8"))
        assert [s["made"]["deterministic"] for s in found["segments"]] == [False, False, True, True]
        assert not list((comfy.home / "scratch").rglob("*"))
