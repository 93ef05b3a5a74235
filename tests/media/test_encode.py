from __future__ import annotations

import hashlib
import time
from pathlib import Path

import av
import numpy as np
import pytest

from longvid_core.errors import BadInput, Interrupted
from longvid_core.media.encode import ClipWriter, make_proxy
from longvid_core.media.frames import count_and_hash
from longvid_core.media.probe import probe
from tests.media.clips import decoded, encoded, ffv1, left_behind, pictures


@pytest.mark.parametrize("size", [(96, 64), (97, 33), (16, 16)])
def test_a_clip_gives_back_the_very_pixels_and_the_hash_it_was_written_with(each_ffmpeg: str, tmp_path: Path, size) -> None:
    rng = np.random.default_rng(7)
    frames = [rng.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8) for _ in range(6)]
    with ClipWriter(tmp_path / "clip.mkv", *size, 16) as clip:
        for frame in frames:
            clip.write(frame)
    assert all((a == b).all() for a, b in zip(decoded(tmp_path / "clip.mkv"), frames, strict=True))
    assert count_and_hash(tmp_path / "clip.mkv") == (clip.frames, clip.frames_sha256)


def test_the_hash_is_over_format_size_and_unpadded_planes_of_the_streams_own_format(tmp_path: Path) -> None:
    path = encoded(tmp_path / "odd.mp4", pictures(4, width=98, height=50))
    digest = hashlib.sha256(b"yuv420p 98 50\n")
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            for plane in frame.to_ndarray().reshape(-1, 98)[:50], *np.split(frame.to_ndarray().reshape(-1)[98 * 50 :], 2):
                digest.update(np.ascontiguousarray(plane).tobytes())
    assert count_and_hash(path) == (4, digest.hexdigest())


@pytest.mark.parametrize(("fps", "exact"), [(16, "16"), (29.97, "30000/1001"), (23.976, "24000/1001"), (60, "60")])
def test_a_clip_has_exactly_the_rate_it_was_given(tmp_path: Path, fps: float, exact: str) -> None:
    found = probe(ffv1(tmp_path / "clip.mkv", pictures(40), fps))
    assert (str(found.fps), found.vfr, found.frames, found.intra_only) == (exact, False, 40, True)


def test_the_same_frames_give_the_same_bytes(each_ffmpeg: str, tmp_path: Path) -> None:
    one, other = (ffv1(tmp_path / f"{n}.mkv", pictures(9)).read_bytes() for n in "ab")
    assert one == other


def test_a_writer_that_fails_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "clip.mkv").write_bytes(b"the old one")
    with pytest.raises(ZeroDivisionError), ClipWriter(tmp_path / "clip.mkv", 96, 64, 16) as clip:
        clip.write(pictures(1)[0])
        _ = 1 / 0
    assert (tmp_path / "clip.mkv").read_bytes() == b"the old one"
    assert left_behind(tmp_path) == []


def test_a_writer_stops_when_told_to(tmp_path: Path) -> None:
    told = iter([False, False, True])
    with pytest.raises(Interrupted, match="frame 2"), ClipWriter(tmp_path / "c.mkv", 96, 64, 16, lambda: next(told)) as clip:
        for frame in pictures(9):
            clip.write(frame)
    assert list(tmp_path.iterdir()) == []


def test_a_frame_of_another_shape_or_type_is_refused(tmp_path: Path) -> None:
    for frame in (np.zeros((64, 95, 3), np.uint8), np.zeros((64, 96, 3), np.float32), np.zeros((64, 96, 4), np.uint8)):
        with pytest.raises(BadInput, match="must be uint8"), ClipWriter(tmp_path / "c.mkv", 96, 64, 16) as clip:
            clip.write(frame)
    with pytest.raises(BadInput, match="no frame"), ClipWriter(tmp_path / "c.mkv", 96, 64, 16):
        pass
    with pytest.raises(BadInput, match="does not exist"), ClipWriter(tmp_path / "no" / "c.mkv", 96, 64, 16):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_proxy_is_what_browsers_play_at_once(each_ffmpeg: str, tmp_path: Path) -> None:
    source = ffv1(tmp_path / "clip.mkv", pictures(20, width=97, height=65))
    make_proxy(source, tmp_path / "proxy.mp4")
    found = probe(tmp_path / "proxy.mp4")
    assert (found.codec, found.pix_fmt, found.width, found.height, found.frames) == ("h264", "yuv420p", 96, 64, 20)
    assert found.colour == (1, 1, 1, 1)  # limited range, BT.709 throughout
    data = (tmp_path / "proxy.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    make_proxy(source, tmp_path / "again.mp4")
    assert (tmp_path / "again.mp4").read_bytes() == data


def test_no_date_is_written(tmp_path: Path) -> None:
    ffv1(tmp_path / "a.mkv", pictures(3))
    make_proxy(tmp_path / "a.mkv", tmp_path / "a.mp4")
    time.sleep(1.1)
    make_proxy(tmp_path / "a.mkv", tmp_path / "b.mp4")
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    with av.open(str(tmp_path / "a.mkv")) as container:
        assert not {"creation_time", "date"} & {key.lower() for key in container.metadata}
