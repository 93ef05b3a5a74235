"""`longvid export`: a film as what editing and compositing take."""

from __future__ import annotations

import json
from pathlib import Path

import opentimelineio as otio
import pytest

from longvid_core.manifest.build import manifest_sha256

from .conftest import Longvid, refused

SHOT = ["--segments", "2", "--size", "64x48", "--fps", "24", "--seconds", "1"]


@pytest.fixture
def film(longvid: Longvid, tmp_path: Path) -> Path:
    assert longvid("make", "A storm over the sea. A red boat waits.", *SHOT, "-o", "film.mp4").code == 0
    return tmp_path / "film.mp4"


def test_timeline_list_and_frames_at_once(longvid: Longvid, film: Path, tmp_path: Path) -> None:
    (tmp_path / "cut").mkdir()
    value = json.loads((tmp_path / "film.manifest.json").read_text())
    del value["determinism"]  # as an earlier Longvid wrote it
    (tmp_path / "film.manifest.json").write_text(json.dumps(value))
    ran = longvid("export", "film.mp4", "--otio", "cut/film.otio", "--edl", "film.edl", "--frames", "plate", "--depth", "16")
    count = value["film"]["frames"]
    assert ran.code == 0 and f"plate: {count} frames" in ran.out and "film.otio: 2 clips" in ran.out
    timeline = otio.adapters.read_from_file(str(tmp_path / "cut" / "film.otio"))
    clips = list(timeline.find_clips())
    assert [c.media_reference.target_url for c in clips] == ["../film.mp4"] * 2 and timeline.duration().value == count
    assert timeline.metadata["longvid"]["manifest_sha256"] == manifest_sha256(value)
    assert str(tmp_path) not in (tmp_path / "cut" / "film.otio").read_text()
    assert (tmp_path / "film.edl").read_text().startswith("TITLE:")
    assert len(list((tmp_path / "plate").glob("frame_*.png"))) == count
    again = longvid("export", "film.manifest.json", "--frames", "plate", "--depth", "16")
    assert f"{count} frames, {count} of them there already" in again.out


def test_machines_are_told_of_progress_and_the_end(longvid: Longvid, film: Path, tmp_path: Path) -> None:
    ran = longvid("export", "film.mp4", "--frames", "plate", "--clips", "--json")
    assert ran.code == 0 and ran.last["event"] == "done" and ran.last["folder"] == str(tmp_path / "plate")
    moved = [line["done"] for line in ran.lines if line["event"] == "progress"]
    assert moved == list(range(1, ran.last["frames"] + 1)) and ran.last["otio"] is None
    film.unlink()
    assert longvid("export", "film.manifest.json", "--frames", "other").code == 0  # from the store's clips


@pytest.mark.parametrize(
    ("args", "why"),
    [
        ([], "nothing to export is named"),
        (["--frames", "f", "--format", "tiff"], "--format tiff --depth 8"),
        (["--frames", "f", "--depth", "12"], "--depth 12"),
        (["--frames", "f", "--format", "exr", "--depth", "8"], "EXR has 16 bits"),
        (["--otio", "film.txt"], "film.txt"),
        (["--frames", "f", "--film", "none.mp4"], "there is no film none.mp4"),
    ],
)
def test_what_cannot_be_is_refused(longvid: Longvid, film: Path, tmp_path: Path, args: list[str], why: str) -> None:
    assert why in refused(longvid("export", "film.mp4", *args))
    assert not (tmp_path / "f").exists()


def test_a_film_whose_joins_dissolve_is_that_everywhere(longvid: Longvid, tmp_path: Path) -> None:
    """Asked for once: in the film, its manifest, another rendering of it, a timeline, a list, and plates from its clips."""
    shot = [*SHOT, "--codec", "ffv1", "-o", "film.mkv"]
    assert longvid("make", "A storm over the sea. A red boat waits. It turns.", *shot, "--seam", "blend").code == 0
    manifest = json.loads((tmp_path / "film.manifest.json").read_text())
    assert manifest["film"]["options"]["seam"] == "blend"
    treated = [seam["index"] for seam in manifest["seams"] if seam["treatment"] == "blend"]
    assert treated == [s["index"] for s in manifest["plan"]["segments"][1:] if s["join"] == "continuous"] and treated
    clips = sum(s["clip"]["frames"] for s in manifest["segments"])
    assert manifest["film"]["frames"] == clips - len(treated)

    again = longvid("replay", "film.manifest.json", "--json")
    assert again.code == 0 and again.last["film_again"]["result"] == "identical bytes"

    assert longvid("export", "film.mkv", "--otio", "film.otio", "--edl", "film.edl").code == 0
    (track,) = otio.adapters.read_from_file(str(tmp_path / "film.otio")).video_tracks()
    joins = [item for item in track if isinstance(item, otio.schema.Transition)]
    assert [item.in_offset.value for item in joins] == [3] * len(treated)
    assert (tmp_path / "film.edl").read_text().count("D 006") == len(treated)

    assert longvid("export", "film.mkv", "--frames", "plate").code == 0
    assert longvid("export", "film.mkv", "--frames", "clips", "--clips").code == 0
    seen = [[f["sha256"] for f in json.loads((tmp_path / n / "frames.json").read_text())["frames"]] for n in ("plate", "clips")]
    assert len(seen[0]) == manifest["film"]["frames"]
    assert seen[0] == seen[1], "a lossless film is its clips, the dissolves included"
    assert "--seam cut" in refused(longvid("make", "A storm.", "--seam", "cut"))
