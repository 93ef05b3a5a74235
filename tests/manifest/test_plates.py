"""A film as numbered pictures: every frame, exactly, gone on with where it stopped, and nobody's files replaced."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import pytest
from PIL import Image

from longvid_core.errors import BadInput, CannotRender, Interrupted, MissingTool, NotEqual, StoreError
from longvid_core.manifest.build import build_manifest
from longvid_core.manifest.plates import frame_sha256, listed_frames, write_plates
from longvid_core.media.frames import iterate_frames, rgb_array
from longvid_core.models import Manifest
from longvid_core.models.film import FilmOptions
from longvid_core.store.home import Store
from tests.films import Studio, small_plan

Made = tuple[Manifest, Path, Path]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A manifest, its film and its store: three segments of five frames, one cut, 14 frames of 64x48."""
    home = tmp_path_factory.mktemp("film") / "home"
    release = Studio(home).make(small_plan(3, cuts=(2,)))
    return build_manifest(release), Path(release.film.path), home


def pictures(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix in (".png", ".exr"))


def test_every_frame_of_the_film_is_there_with_hash_and_timecode(made: Made, tmp_path: Path) -> None:
    manifest, film, _ = made
    counted: list[int] = []
    plates = write_plates(manifest, tmp_path / "f", film=film, progress=lambda done, total: counted.append(done))
    assert (plates.frames, plates.kept) == (manifest.film.frames, 0) == (14, 0) and counted == list(range(1, 15))
    value = json.loads((tmp_path / "f" / "frames.json").read_text())
    assert (value["schema"], value["format"], value["depth"]) == ("longvid.frames/1", "png", 8)
    listed = list(listed_frames(tmp_path / "f"))
    assert [p.name for p in pictures(tmp_path / "f")] == [e["file"] for e in listed]
    for entry, frame in zip(listed, iterate_frames(film), strict=True):
        shown = np.asarray(Image.open(tmp_path / "f" / entry["file"]))
        assert (shown == rgb_array(frame)).all()
        assert entry["sha256"] == hashlib.sha256(b"rgb24 64 48\n" + shown.tobytes()).hexdigest()
    assert listed[13]["timecode"] == "00:00:00:13" and [e["segment"] for e in listed] == ["s00"] * 5 + ["s01"] * 4 + ["s02"] * 5


def test_sixteen_bits_of_eight_are_scaled_exactly(made: Made, tmp_path: Path) -> None:
    manifest, film, _ = made
    write_plates(manifest, tmp_path / "f", film=film, depth=16)
    first = next(iter(iterate_frames(film)))
    assert (read_png16(tmp_path / "f" / "frame_000000.png") == rgb_array(first).astype(np.uint16) * 257).all()
    assert "times 257" in json.loads((tmp_path / "f" / "frames.json").read_text())["samples"]


def read_png16(path: Path) -> np.ndarray:
    """The samples of a PNG of 16 bits, which Pillow does not read whole."""
    frame = next(iter(iterate_frames_of_picture(path)))
    return frame.to_ndarray(format="rgb48le")


def iterate_frames_of_picture(path: Path) -> Any:
    import av

    with av.open(str(path)) as container:
        yield from container.decode(video=0)


def test_a_film_of_ten_bits_keeps_them(tmp_path: Path) -> None:
    release = Studio(tmp_path / "home").make(small_plan(1), options=FilmOptions(codec="prores"))
    manifest, film = build_manifest(release), Path(release.film.path)
    write_plates(manifest, tmp_path / "f", film=film, depth=16)
    samples = read_png16(tmp_path / "f" / "frame_000000.png")
    assert (samples % 257 != 0).any()
    near = rgb_array(next(iter(iterate_frames(film)))).astype(int) * 257
    assert np.abs(samples.astype(int) - near).max() < 2 * 257


def test_the_lossless_clips_give_their_own_pixels(made: Made, tmp_path: Path) -> None:
    manifest, _, home = made
    write_plates(manifest, tmp_path / "f", store=Store(home))
    expected = []
    for segment, drop in zip(manifest.segments, (0, 1, 0), strict=True):
        clip = Store(home).clip(segment.render_key)
        assert clip is not None
        expected += [rgb_array(f) for f in iterate_frames(clip.path)][drop:]
    shown = [np.asarray(Image.open(p)) for p in pictures(tmp_path / "f")]
    assert len(shown) == 14 and all((a == b).all() for a, b in zip(shown, expected, strict=True))


def test_exr_is_linear_light_that_tells_all_values_apart(made: Made, tmp_path: Path) -> None:
    manifest, film, _ = made
    write_plates(manifest, tmp_path / "f", film=film, form="exr", depth=16)
    with OpenEXR.File(str(tmp_path / "f" / "frame_000000.exr")) as image:
        light = image.channels()["RGB"].pixels.astype(np.float64)
    assert light.shape == (48, 64, 3)
    back = np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055)
    assert (np.rint(back * 255) == rgb_array(next(iter(iterate_frames(film))))).all()
    entry = next(listed_frames(tmp_path / "f"))
    assert frame_sha256(tmp_path / "f" / "frame_000000.exr") == entry["sha256"]


@pytest.mark.parametrize(("form", "depth"), [("png", 8), ("png", 16), ("exr", 16)])
def test_a_stopped_export_goes_on_where_it_was(made: Made, tmp_path: Path, form: Any, depth: Any) -> None:
    manifest, film, _ = made
    count = 0

    def after_six() -> bool:
        nonlocal count
        count += 1
        return count > 6

    with pytest.raises(Interrupted, match="stopped at 6"):
        write_plates(manifest, tmp_path / "f", film=film, form=form, depth=depth, interrupted=after_six)
    assert len(list((tmp_path / "f").iterdir())) == 6
    before = {p: p.stat().st_mtime_ns for p in pictures(tmp_path / "f")}
    assert write_plates(manifest, tmp_path / "f", film=film, form=form, depth=depth).kept == 6
    assert {p: p.stat().st_mtime_ns for p in before} == before
    assert write_plates(manifest, tmp_path / "f", film=film, form=form, depth=depth).kept == 14
    shutil.rmtree(tmp_path / "f")
    write_plates(manifest, tmp_path / "f", film=film, form=form, depth=depth)
    hashes = [e["sha256"] for e in listed_frames(tmp_path / "f")]
    assert [frame_sha256(p) for p in pictures(tmp_path / "f")] == hashes


def test_the_same_picture_in_other_bytes_is_kept(made: Made, tmp_path: Path) -> None:
    manifest, film, _ = made
    write_plates(manifest, tmp_path / "f", film=film)
    file = tmp_path / "f" / "frame_000003.png"
    with Image.open(file) as image:
        image.save(file, compress_level=0)
    data = file.read_bytes()
    assert write_plates(manifest, tmp_path / "f", film=film).kept == 14 and file.read_bytes() == data


@pytest.mark.parametrize("data", [b"mine", b"", b"\x89PNG\r\n\x1a\n"])
def test_nobodys_file_is_replaced(made: Made, tmp_path: Path, data: bytes) -> None:
    manifest, film, _ = made
    (tmp_path / "frame_000002.png").write_bytes(data)
    with pytest.raises(BadInput, match=r"frame_000002.png is there already, and is another picture"):
        write_plates(manifest, tmp_path, film=film)
    assert (tmp_path / "frame_000002.png").read_bytes() == data and not (tmp_path / "frames.json").exists()


def test_a_list_of_other_frames_is_not_replaced(made: Made, tmp_path: Path) -> None:
    manifest, film, home = made
    write_plates(manifest, tmp_path / "f", film=film)
    before = (tmp_path / "f" / "frames.json").read_bytes()
    with pytest.raises(BadInput, match="lists other frames"):
        write_plates(manifest, tmp_path / "f", store=Store(home))
    with pytest.raises(BadInput, match="lists other frames"):
        write_plates(manifest, tmp_path / "f", film=film, depth=16)
    assert (tmp_path / "f" / "frames.json").read_bytes() == before


def test_what_cannot_be_is_refused_before_anything_is_written(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest, film, home = made
    with pytest.raises(CannotRender, match="EXR has 16 bits"):
        write_plates(manifest, tmp_path / "f", film=film, form="exr", depth=8)
    with pytest.raises(BadInput, match="there is no film"):
        write_plates(manifest, tmp_path / "f", film=tmp_path / "none.mp4")
    with pytest.raises(NotEqual, match="its frames are others"):
        write_plates(manifest, tmp_path / "f", film=next(home.glob("clips/??/*.mkv")))
    with pytest.raises(StoreError, match=r"clip of segment 0 \(s00\), segment 1"):
        write_plates(manifest, tmp_path / "f", store=Store(tmp_path / "empty"))
    monkeypatch.setitem(sys.modules, "OpenEXR", None)
    with pytest.raises(MissingTool, match=r"longvid\[exr\]"):
        write_plates(manifest, tmp_path / "f", film=film, form="exr", depth=16)
    assert not (tmp_path / "f").exists()
