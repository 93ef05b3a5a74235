"""Keys that a settings file holds, in a real ComfyUI: sent where they belong, and found nowhere afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.comfy.client import Client, Ended, Prompt, node_id, template, with_inputs
from tests.fake_images import FakeImages
from tests.fake_openai import Error, FakeOpenAI, fake_openai

KEYS = {name: f"sk-planted-{name}-8c41" for name in ("openai", "stability", "planner", "images")}


@pytest.fixture
def services(fresh: Client) -> Iterator[tuple[FakeOpenAI, FakeImages]]:
    """A language model and a painter on this machine, and a settings file that leads to them."""
    file = Path(fresh.host.environment["XDG_CONFIG_HOME"]) / "longvid" / "longvid.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    with fake_openai() as model, FakeImages() as images:
        value = {
            "planner": {"base_url": model.url, "reasks": 0},
            "images": {"backend": "openai", "base_url": f"{images.url}/v1"},
            "retry": {"attempts": 2, "first_wait_s": 0.01},
            "keys": KEYS,
        }
        file.write_text(yaml.safe_dump(value))
        yield model, images
    file.unlink()


def directed(**planner: Any) -> Prompt:
    """The first template, planned and drawn by services."""
    prompt = with_inputs(template("keyframe_mode"), "LongvidKeyframeGenerator", images="openai:gpt-image-2")
    asked = {"prompt": "A heron waits in the reeds. It lifts off over the water.", "planner": "openai", "model": "test-1"}
    return with_inputs(prompt, "LongvidSegmentPlanner", **asked, width=128, height=72, seconds=0, segments=0, **planner)


def test_a_key_is_sent_and_found_nowhere(fresh: Client, services: tuple[FakeOpenAI, FakeImages]) -> None:
    model, images = services
    echo = {name: {"error": {"message": f"no, says {key}"}} for name, key in KEYS.items()}
    model.replies = [Error(500, f"no, says {KEYS['planner']}")]
    images.moods = [(500, {}, echo["images"]), "moderate"]
    prompt = directed()
    seen = fresh.watch(prompt)
    assert set(model.keys) == {f"Bearer {KEYS['planner']}"}
    assert {asked.authorization for asked in images.images} == {f"Bearer {KEYS['images']}"}
    outputs = fresh.run(prompt, workflow={"nodes": []})
    assert fresh.saved(outputs, node_id(prompt, "LongvidConcat")).stat().st_size > 0

    model.replies, images.moods = [Error(401, f"no, says {KEYS['planner']}")], [(401, {}, echo["images"])]
    with pytest.raises(Ended) as planning:
        fresh.run(directed(replan=True))
    with pytest.raises(Ended) as drawing:
        fresh.run(with_inputs(directed(), "LongvidSegmentPlanner", width=160))
    assert "keys.planner" in planning.value.message["exception_message"] and "401" in drawing.value.message["exception_message"]

    told = json.dumps([seen.messages, seen.texts, planning.value.message, drawing.value.message, fresh.get("/history")])
    settings = Path(fresh.host.environment["XDG_CONFIG_HOME"]) / "longvid" / "longvid.yaml"
    files = fresh.kept(settings)
    assert {".mp4", ".png", ".db", ".jsonl", ".json", ".log", ".mkv"} <= {path.suffix for path in files}
    for key in KEYS.values():
        assert key not in told
        assert [path for path, data in files.items() if key.encode() in data] == []
