"""The planner node with a language model, in a real ComfyUI."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.comfy.client import Client, Ended, Prompt
from tests.fake_openai import Error, FakeOpenAI, fake_openai

TEXT = "A heron waits in the reeds. It lifts off over the water."
SHAPE = {"mode": "keyframe", "seconds": 0, "segments": 0, "width": 160, "height": 96, "fps": 0, "fit": "crop", "title": ""}


def planner(**inputs: Any) -> Prompt:
    asked = {"prompt": TEXT, "planner": "openai", "model": "test-1", "backend": "animatic:animatic", **SHAPE, **inputs}
    return {"planner": {"class_type": "LongvidSegmentPlanner", "inputs": asked}}


@pytest.fixture
def settings(fresh: Client) -> Iterator[Path]:
    """The user's own longvid.yaml."""
    file = Path(fresh.host.environment["XDG_CONFIG_HOME"]) / "longvid" / "longvid.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    yield file
    file.unlink()


@pytest.fixture
def model(settings: Path) -> Iterator[FakeOpenAI]:
    """A model on this machine."""
    with fake_openai() as server:
        configure(settings, server)
        yield server


def configure(settings: Path, server: FakeOpenAI, **more: Any) -> None:
    value = {"planner": {"base_url": server.url, "reasks": 0}, "retry": {"attempts": 1}, **more}
    settings.write_text(yaml.safe_dump(value))


def shown(outputs: dict[str, Any]) -> str:
    return outputs["planner"]["text"][0]


def test_the_model_plans_once_and_the_node_shows_it(fresh: Client, model: FakeOpenAI) -> None:
    text = shown(fresh.run(planner()))
    assert "The Heron" in text and "2 segments" in text
    assert "estimate: free to render with animatic:animatic" in text
    assert f"planned by openai:test-1 at {model.url}" in text
    fresh.free()
    fresh.run(planner())
    assert model.calls == 1, "the answer was in the store"


def test_replan_asks_on_every_run(fresh: Client, model: FakeOpenAI) -> None:
    for _ in range(2):
        fresh.run(planner(replan=True))
    assert model.calls == 2


def test_a_model_that_refuses_says_why_on_the_node(fresh: Client, model: FakeOpenAI) -> None:
    model.otherwise = Error(401, "Incorrect API key")
    with pytest.raises(Ended) as ended:
        fresh.run(planner())
    said = ended.value.message["exception_message"]
    assert "401" in said and "keys.planner" in said


def test_the_rules_stand_in_where_told_to_and_the_node_says_so(fresh: Client, model: FakeOpenAI, settings: Path) -> None:
    configure(settings, model, on_planner_failure="offline")
    model.otherwise = Error(500, "down")
    text = shown(fresh.run(planner()))
    assert "PLANNED OFFLINE" in text and "planned by offline, in place of openai:test-1" in text


def test_a_planner_without_a_model_is_told(fresh: Client) -> None:
    with pytest.raises(Ended) as ended:
        fresh.run(planner(model=" "))
    assert "no model is named" in ended.value.message["exception_message"]
    assert not os.path.exists(fresh.home / "answers" / "modes")
