"""A film as a timeline: as long as the film, without a gap, with every prompt and hash; and as an edit decision list."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import opentimelineio as otio
import pytest

from longvid_core.canonical import sha256_of
from longvid_core.errors import BadInput, MissingTool
from longvid_core.manifest.build import build_manifest
from longvid_core.manifest.load import parse_manifest
from longvid_core.manifest.share import share
from longvid_core.manifest.timeline import save_edl, save_timeline, timeline_of
from longvid_core.models import Manifest
from tests.films import Studio, small_plan


def made(folder: Path, fps: int) -> Manifest:
    plan = small_plan(4, cuts=(2,), frames=9).model_copy(update={"fps": fps})
    return build_manifest(Studio(folder / "home").make(plan))


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    return made(tmp_path_factory.mktemp("film"), 16)


@pytest.fixture(scope="module")
def at_24(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    return made(tmp_path_factory.mktemp("film"), 24)


def frames(time: otio.opentime.RationalTime) -> int:
    assert time.value == int(time.value)
    return int(time.value)


def test_the_clips_are_the_segments_as_they_lie_in_the_film(manifest: Manifest, tmp_path: Path) -> None:
    save_timeline(manifest, "film.mp4", tmp_path / "film.otio")
    timeline = otio.adapters.read_from_file(str(tmp_path / "film.otio"))
    (track,) = timeline.video_tracks()
    assert [type(item).__name__ for item in track] == ["Clip"] * 4
    assert frames(timeline.duration()) == manifest.film.frames == 34
    at = 0
    for clip, segment in zip(track, manifest.plan.segments, strict=True):
        assert clip.name == segment.id and clip.media_reference.target_url == "film.mp4"
        assert frames(clip.source_range.start_time) == at == frames(clip.range_in_parent().start_time)
        assert frames(clip.available_range().duration) == manifest.film.frames
        at += frames(clip.source_range.duration)
    assert at == manifest.film.frames and timeline.duration().rate == 16


def test_prompts_are_markers_and_hashes_metadata(manifest: Manifest) -> None:
    timeline = timeline_of(manifest, "film.mp4")
    own = timeline.metadata["longvid"]
    assert own["manifest_sha256"] == sha256_of(manifest.json_value()) and own["film_sha256"] == manifest.film.sha256
    for clip, record in zip(timeline.video_tracks()[0], manifest.segments, strict=True):
        (marker,) = clip.markers
        assert marker.comment == manifest.plan.segments[record.index].prompt and marker.marked_range == clip.source_range
        assert clip.metadata["longvid"]["render_key"] == record.render_key
        assert record.clip and clip.metadata["longvid"]["frames_sha256"] == record.clip.frames_sha256
        assert clip.metadata["longvid"]["seed"] == str(record.seed.sent)


def test_it_goes_round_through_its_own_json(manifest: Manifest) -> None:
    timeline = timeline_of(manifest, "film.mp4", {2: 3})
    text = timeline.to_json_string()
    again = otio.adapters.read_from_string(text, "otio_json")
    assert again.is_equivalent_to(timeline) and again.to_json_string() == text


def test_a_blended_join_is_a_transition_that_takes_no_time(manifest: Manifest) -> None:
    timeline = timeline_of(manifest, "film.mp4", {2: 3, 3: 100})
    (track,) = timeline.video_tracks()
    assert [type(item).__name__ for item in track] == ["Clip", "Clip", "Transition", "Clip", "Transition", "Clip"]
    assert [frames(t.in_offset) for t in track if isinstance(t, otio.schema.Transition)] == [3, 4]
    assert frames(timeline.duration()) == manifest.film.frames


def test_without_words_its_markers_have_none(manifest: Manifest) -> None:
    text = timeline_of(share(manifest), "film.mp4").to_json_string()
    assert not [s.prompt for s in manifest.plan.segments if s.prompt in text]


def test_names_with_spaces_and_marks_become_a_url(manifest: Manifest) -> None:
    clip = timeline_of(manifest, "../cuts/the film #2.mp4").video_tracks()[0][0]
    assert clip.media_reference.target_url == "../cuts/the%20film%20%232.mp4" and clip.media_reference.name == "the film #2.mp4"


def test_a_manifest_that_does_not_add_up_is_refused(manifest: Manifest) -> None:
    value = manifest.json_value()
    value["film"]["frames"] += 1
    with pytest.raises(BadInput, match="which frames of its film are whose"):
        timeline_of(parse_manifest(value), "film.mp4")


def test_an_edit_decision_list_says_the_same(at_24: Manifest, tmp_path: Path) -> None:
    plan = at_24.plan.model_copy(update={"title": "Small\n\x1b[1m film"})
    save_edl(at_24.model_copy(update={"plan": plan}), "a film.mp4", tmp_path / "film.edl")
    text = (tmp_path / "film.edl").read_text()
    assert (
        text.startswith("TITLE: Small [1m film\n") and "* FROM CLIP: a film.mp4\n" in text and "00:00:01:10" in text
    )  # 34 frames at 24 a second
    timeline = otio.adapters.read_from_string(text, "cmx_3600", rate=24)
    assert [frames(c.duration()) for c in timeline.find_clips()] == [9, 8, 9, 8]


def test_there_is_no_timecode_at_16(manifest: Manifest, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"none at 16 frames a second(.|\n)*--otio"):
        save_edl(manifest, "film.mp4", tmp_path / "film.edl")
    assert not (tmp_path / "film.edl").exists()


@pytest.mark.parametrize(("module", "save"), [("opentimelineio", save_timeline), ("otio_cmx3600_adapter", save_edl)])
def test_without_the_extra_the_message_names_it(
    at_24: Manifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, save: object
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingTool, match=r"longvid\[timeline\]"):
        save(at_24, "film.mp4", tmp_path / "film.out")  # type: ignore[operator]
    assert json.dumps([p.name for p in tmp_path.iterdir()]) == "[]"
