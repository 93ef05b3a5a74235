"""Longvid's values through nodes that know nothing of Longvid, and back."""

from __future__ import annotations

import av
import numpy as np
import pytest
from PIL import Image

from longvid_core.media.frames import last_frame
from longvid_core.media.images import load_rgb
from longvid_core.media.probe import probe
from longvid_core.models import Manifest
from tests.comfy.client import Client, Prompt, node_id, small, with_inputs


@pytest.fixture
def prompt() -> Prompt:
    return small("keyframe_mode")


def add(prompt: Prompt, key: str, class_type: str, **inputs: object) -> list[object]:
    """A node more; gives the link to its first output."""
    prompt[key] = {"class_type": class_type, "inputs": inputs}
    return [key, 0]


def plan_of(prompt: Prompt) -> list[object]:
    return [node_id(prompt, "LongvidSeedLock"), 0]


def keyframes_of(prompt: Prompt) -> list[object]:
    return [node_id(prompt, "LongvidKeyframeGenerator"), 0]


def manifest_of(comfy: Client, prompt: Prompt, outputs: dict) -> Manifest:
    path = comfy.saved(outputs, node_id(prompt, "LongvidManifestWriter"))
    return Manifest.model_validate_json(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("as_videos", [False, True], ids=["frames", "videos"])
def test_core_nodes_render_every_segment_from_lists(comfy: Client, prompt: Prompt, as_videos: bool) -> None:
    """A stand-in for any sampler: each segment's first picture, as often as the segment has frames."""
    add(prompt, "lists", "LongvidPlanToLists", plan=plan_of(prompt), keyframes=keyframes_of(prompt))
    frames = add(prompt, "frames", "RepeatImageBatch", image=["lists", 4], amount=["lists", 3])
    source = (
        {"videos": add(prompt, "videos", "CreateVideo", images=frames, fps=["lists", 10])} if as_videos else {"images": frames}
    )
    clips = add(prompt, "clips", "LongvidClipsFromVideos", plan=plan_of(prompt), **source)
    del prompt[node_id(prompt, "LongvidRemoteVideo")]
    prompt = with_inputs(prompt, "LongvidConcat", clips=clips)
    outputs = comfy.run(prompt)
    manifest = manifest_of(comfy, prompt, outputs)
    assert manifest.film.frames == manifest.plan.film_frames
    assert {s.determinism for s in manifest.segments} == {"none"}
    assert [s.clip.frames for s in manifest.segments if s.clip] == [s.frames for s in manifest.plan.segments]
    comfy.run(prompt)
    assert set(comfy.outcomes()) == {"cached"}


def test_frames_that_came_over_the_canvas_are_stored_exactly(fresh: Client, prompt: Prompt) -> None:
    add(prompt, "lists", "LongvidPlanToLists", plan=plan_of(prompt), keyframes=keyframes_of(prompt))
    frames = add(prompt, "frames", "RepeatImageBatch", image=["lists", 4], amount=["lists", 3])
    add(prompt, "clips", "LongvidClipsFromVideos", plan=plan_of(prompt), images=frames)
    fresh.run(prompt)
    clips = list((fresh.home / "clips").rglob("*.mkv"))
    pictures = {np.asarray(load_rgb(p)).tobytes() for p in (fresh.home / "assets").rglob("*.png")}
    exact = [np.asarray(last_frame(clip)).tobytes() in pictures for clip in clips]
    assert all(exact) and exact


def test_a_keyframe_changed_on_the_canvas_is_the_one_rendered(comfy: Client, prompt: Prompt) -> None:
    inverted = add(prompt, "inverted", "ImageInvert", image=[node_id(prompt, "LongvidKeyframeGenerator"), 1])
    adopted = add(prompt, "adopted", "LongvidKeyframesFromImages", plan=plan_of(prompt), images=inverted)
    prompt = with_inputs(prompt, "LongvidRemoteVideo", keyframes=adopted)
    outputs = comfy.run(prompt)
    manifest = manifest_of(comfy, prompt, outputs)
    assert {k.source for k in manifest.plan.keyframes} == {"user"}
    drawn = outputs[node_id(prompt, "LongvidKeyframeGenerator")]["images"][0]
    card = np.asarray(Image.open(comfy.host.base / "temp" / drawn["subfolder"] / drawn["filename"]), dtype=int)
    with av.open(str(comfy.saved(outputs, node_id(prompt, "LongvidConcat")))) as film:
        first = next(film.decode(video=0)).to_ndarray(format="rgb24").astype(int)
    assert np.abs(first - (255 - card)).mean() < 6 < np.abs(first - card).mean()


def test_a_picture_of_ones_own_opens_the_film(comfy: Client, prompt: Prompt) -> None:
    picture = add(prompt, "mine", "EmptyImage", width=300, height=300, batch_size=1, color=0x2040C0)
    prompt = with_inputs(prompt, "LongvidKeyframeGenerator", first_image=picture)
    with av.open(str(comfy.saved(comfy.run(prompt), node_id(prompt, "LongvidConcat")))) as film:
        first = next(film.decode(video=0)).to_ndarray(format="rgb24")
    assert np.abs(first.reshape(-1, 3).mean(0) - (0x20, 0x40, 0xC0)).max() < 8


@pytest.mark.parametrize("lossless", [False, True])
def test_clips_go_on_as_videos(comfy: Client, prompt: Prompt, lossless: bool) -> None:
    clips = [node_id(prompt, "LongvidRemoteVideo"), 0]
    videos = add(prompt, "videos", "LongvidClipToVideo", clips=clips, lossless=lossless)
    add(prompt, "parts", "GetVideoComponents", video=videos)
    add(prompt, "saved", "PreviewImage", images=["parts", 0])
    outputs = comfy.run(prompt)
    plan = manifest_of(comfy, prompt, outputs).plan
    assert len(outputs["saved"]["images"]) == sum(s.frames for s in plan.segments)


def last_picture(comfy: Client, outputs: dict, key: str) -> np.ndarray:
    (shown,) = outputs[key]["images"]
    return np.asarray(Image.open(comfy.host.base / shown["type"] / shown["subfolder"] / shown["filename"]))


def test_the_last_frame_of_clips_is_exact(comfy: Client, prompt: Prompt) -> None:
    add(prompt, "last", "LongvidLastFrame", clips=[node_id(prompt, "LongvidRemoteVideo"), 0])
    outputs = comfy.run(prompt)
    shown = last_picture(comfy, outputs, "last")
    keyframe = outputs[node_id(prompt, "LongvidKeyframeGenerator")]["images"][-1]
    card = np.asarray(Image.open(comfy.host.base / "temp" / keyframe["subfolder"] / keyframe["filename"]))
    assert np.array_equal(shown, card)


def test_the_last_frame_of_a_video_and_of_its_file_agree(comfy: Client, prompt: Prompt) -> None:
    add(prompt, "by_wire", "LongvidLastFrame", video=[node_id(prompt, "LongvidConcat"), 1])
    outputs = comfy.run(prompt)
    film = comfy.saved(outputs, node_id(prompt, "LongvidConcat"))
    name = f"{film.parent.name}/{film.name} [output]"
    by_name = comfy.run({"by_name": {"class_type": "LongvidLastFrame", "inputs": {"path": name}}})
    by_path = comfy.run({"by_path": {"class_type": "LongvidLastFrame", "inputs": {"path": str(film)}}})
    expected = np.asarray(last_frame(film))
    assert probe(film).frames > 1
    for shown, key in ((outputs, "by_wire"), (by_name, "by_name"), (by_path, "by_path")):
        assert np.array_equal(last_picture(comfy, shown, key), expected)
