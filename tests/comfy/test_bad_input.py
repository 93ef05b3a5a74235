"""What a person reads on the node when something cannot be."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.comfy.client import Client, Ended, Prompt, Refused, node_id, small, with_inputs


def complaint(comfy: Client, prompt: Prompt) -> tuple[str, str]:
    """(the node's class, its message)."""
    with pytest.raises(Ended) as ended:
        comfy.run(prompt)
    assert ended.value.kind == "execution_error"
    return ended.value.message["node_type"], ended.value.message["exception_message"].strip()


def with_plan(prompt: Prompt, plan: Any) -> Prompt:
    text = plan if isinstance(plan, str) else json.dumps(plan)
    edited = {"class_type": "PrimitiveStringMultiline", "inputs": {"value": text}}
    return {**with_inputs(prompt, "LongvidSegmentPlanner", edited_plan=["edited", 0]), "edited": edited}


@pytest.mark.parametrize(
    ("class_type", "inputs", "says"),
    [
        ("LongvidSegmentPlanner", {"prompt": "  \n"}, ["prompt is empty", "Say in words"]),
        ("LongvidSegmentPlanner", {"width": 127}, ["width", "multiple of 2"]),
        ("LongvidSeedLock", {"seed_text": "18446744073709551616"}, ["18446744073709551616", "0 to 18446744073709551615"]),
        ("LongvidSeedLock", {"seed_text": "one"}, ["'one' is not a seed"]),
        ("LongvidSeedLock", {"policy": "from_id"}, ["from_id needs a generation_id"]),
        ("LongvidConcat", {"filename_prefix": "../outside"}, ["filename_prefix '../outside'", "output folder"]),
    ],
)
def test_the_message_names_the_field_and_the_way_out(comfy: Client, class_type: str, inputs: Any, says: list[str]) -> None:
    node, message = complaint(comfy, with_inputs(small("keyframe_mode"), class_type, **inputs))
    assert node == class_type
    assert [words for words in says if words not in message] == []


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        ("{", "edited_plan is not JSON"),
        ({"schema": "longvid.plan/9"}, "this Longvid reads longvid.plan/1"),
        ({"schema": "longvid.plan/1", "title": "x", "colour": 1}, "colour: there is no such field"),
    ],
)
def test_an_edited_plan_that_does_not_hold_is_refused_by_name(comfy: Client, plan: Any, says: str) -> None:
    node, message = complaint(comfy, with_plan(small("keyframe_mode"), plan))
    assert node == "LongvidSegmentPlanner"
    assert says in message


def test_the_message_is_the_message_alone(comfy: Client) -> None:
    """No chain of causes and none of the core's own frames, on the node or in the server's log."""
    with pytest.raises(Ended) as ended:
        comfy.run(with_plan(small("keyframe_mode"), "{"))
    assert "longvid_core" not in "".join(ended.value.message["traceback"])
    assert "direct cause" not in comfy.host.tail(60).split("got prompt")[-1]
    assert "Traceback" not in ended.value.message["exception_message"]


def test_rendering_without_pictures_names_the_keyframes(comfy: Client) -> None:
    prompt = small("keyframe_mode")
    clips = node_id(prompt, "LongvidRemoteVideo")
    prompt = {
        **prompt,
        clips: {**prompt[clips], "inputs": {k: v for k, v in prompt[clips]["inputs"].items() if k != "keyframes"}},
    }
    node, message = complaint(comfy, prompt)
    assert node == "LongvidRemoteVideo"
    assert "keyframes without a picture" in message and "Keyframe Generator" in message


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        ({}, "nothing is connected"),
        ({"path": "no_such_film.mp4"}, "there is no file"),
        ({"path": "broken.mp4"}, "broken.mp4"),
    ],
)
def test_the_last_frame_of_nothing(comfy: Client, inputs: dict[str, str], says: str) -> None:
    (comfy.host.base / "input" / "broken.mp4").write_bytes(b"not a film")
    node, message = complaint(comfy, {"1": {"class_type": "LongvidLastFrame", "inputs": inputs}})
    assert node == "LongvidLastFrame"
    assert says in message


def test_a_wrong_number_of_pictures_says_how_many_are_wanted(comfy: Client) -> None:
    prompt = small("keyframe_mode")
    wanted = len(comfy.run(prompt)[node_id(prompt, "LongvidKeyframeGenerator")]["images"])
    prompt["picture"] = {"class_type": "EmptyImage", "inputs": {"width": 128, "height": 72, "batch_size": 1, "color": 255}}
    images = {"plan": [node_id(prompt, "LongvidSegmentPlanner"), 0], "images": ["picture", 0]}
    prompt["adopt"] = {"class_type": "LongvidKeyframesFromImages", "inputs": images}
    node, message = complaint(comfy, prompt)
    assert node == "LongvidKeyframesFromImages"
    assert f"1 pictures for {wanted} keyframes" in message


def test_values_out_of_range_are_refused_before_anything_runs(comfy: Client) -> None:
    with pytest.raises(Refused) as refused:
        comfy.queue(with_inputs(small("keyframe_mode"), "LongvidSegmentPlanner", width=9000))
    assert "width" in json.dumps(refused.value.answer["node_errors"])


def test_a_backend_that_is_not_there_is_refused_with_what_there_is(fresh: Client) -> None:
    prompt = with_inputs(small("keyframe_mode"), "LongvidRemoteVideo", backend="no:such")
    with pytest.raises(Refused) as refused:
        fresh.queue(prompt)
    (complaint,) = refused.value.answer["node_errors"][node_id(prompt, "LongvidRemoteVideo")]["errors"]
    assert "no provider 'no' renders video" in complaint["details"] and "animatic, " in complaint["details"]
    assert fresh.events() == [], "no picture is drawn, and maybe paid, for a film that cannot be made"
    assert not list((fresh.home / "clips").glob("*"))
