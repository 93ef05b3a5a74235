from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from longvid_core.errors import Unreadable
from longvid_core.media.frames import last_frame, read_last_frame, verify_whole
from longvid_core.media.probe import probe
from tests.media.clips import decoded, encoded, ffmpeg, ffv1, number_of, picture, pictures


def shown_last(path: Path) -> int:
    return number_of(np.asarray(last_frame(path)))


def test_the_last_frame_of_a_lossless_clip_is_exact(tmp_path: Path) -> None:
    frames = [np.random.default_rng(i).integers(0, 256, (64, 96, 3), dtype=np.uint8) for i in range(5)]
    assert (np.asarray(last_frame(ffv1(tmp_path / "clip.mkv", frames))) == frames[-1]).all()


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 31, 75])
def test_b_frames_at_the_tail_are_flushed_out(tmp_path: Path, count: int) -> None:
    path = encoded(tmp_path / "clip.mp4", pictures(count), "-bf", "8", "-x264-params", "b-adapt=0:b-pyramid=normal")
    assert shown_last(path) == count - 1


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("open-gop.mp4", ["-c:v", "libx265", "-x265-params", "open-gop=1:keyint=12:bframes=4:log-level=error"]),
        ("open-gop.mkv", ["-x264-params", "open-gop=1:keyint=12:bframes=4"]),
        ("web.webm", ["-c:v", "libvpx-vp9", "-b:v", "1M", "-auto-alt-ref", "1"]),
        ("old.avi", ["-c:v", "mpeg4", "-q:v", "2"]),
        ("stream.ts", []),
        ("ten-bit.mkv", ["-c:v", "libx265", "-pix_fmt", "yuv420p10le", "-x265-params", "log-level=error"]),
        ("pro.mov", ["-c:v", "prores_ks", "-pix_fmt", "yuv422p10le"]),
        ("long.mp4", ["-r", "8"]),
    ],
)
def test_every_kind_of_file_ends_on_its_last_frame(tmp_path: Path, name: str, options: list[str]) -> None:
    path = encoded(tmp_path / name, pictures(75), *options, fps="8" if name == "long.mp4" else "16")
    found = read_last_frame(path)
    assert (number_of(np.asarray(found.image)), found.warning) == (74, None)


def test_a_variable_rate_ends_on_the_frame_with_the_latest_time(tmp_path: Path) -> None:
    flat = encoded(tmp_path / "flat.mp4", pictures(60))
    ffmpeg("-i", flat, "-vf", "select='not(mod(n,7))+gt(n,50)*not(eq(n,59))'", "-fps_mode", "vfr", tmp_path / "vfr.mp4")
    assert probe(tmp_path / "vfr.mp4").vfr
    assert shown_last(tmp_path / "vfr.mp4") == 58


def test_an_edit_list_that_cuts_the_start_changes_nothing_at_the_end(tmp_path: Path) -> None:
    flat = encoded(tmp_path / "flat.mp4", pictures(60), "-g", "60")
    ffmpeg("-ss", "1", "-i", flat, "-c", "copy", tmp_path / "cut.mp4")
    assert shown_last(tmp_path / "cut.mp4") == 59
    assert probe(tmp_path / "cut.mp4").frames == len(decoded(tmp_path / "cut.mp4"))


def test_of_a_truncated_file_it_is_the_last_one_that_decodes_with_a_warning(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frames = [picture(i) + rng.integers(0, 40, (64, 96, 3), dtype=np.uint8) for i in range(40)]
    for name, options in (("c.mkv", ["-c:v", "ffv1", "-pix_fmt", "bgr0"]), ("c.mp4", ["-movflags", "+faststart"])):
        path = encoded(tmp_path / name, frames, *options)
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) * 6 // 10])
        found = read_last_frame(path)
        assert found.warning is not None and "truncated" in found.warning
        if name == "c.mkv":
            before = decoded(path)
            assert 10 < len(before) < 40
            assert (np.asarray(found.image) == frames[len(before) - 1]).all()
        else:
            assert 10 < number_of(np.asarray(found.image) - 20.0) < 39
        with pytest.raises(Unreadable, match="truncated"):
            verify_whole(path)


def test_bt709_and_bt601_are_told_apart(tmp_path: Path) -> None:
    for matrix in ("bt709", "smpte170m"):
        tagged = [
            "-vf",
            f"scale=out_color_matrix={matrix}:out_range=tv",
            "-colorspace",
            matrix,
            "-color_range",
            "tv",
            "-crf",
            "4",
        ]
        found = np.asarray(last_frame(encoded(tmp_path / f"{matrix}.mp4", pictures(3), *tagged)))
        assert np.abs(found[4:12, 4:20].astype(int) - (200, 40, 60)).mean() < 3


def test_a_turned_picture_is_stood_up_and_wide_pixels_are_made_square(tmp_path: Path) -> None:
    wide = encoded(tmp_path / "wide.mp4", pictures(4), "-vf", "setsar=2")
    assert last_frame(wide).size == (192, 64)
    turned = tmp_path / "turned.mp4"
    data = encoded(tmp_path / "flat.mp4", pictures(4)).read_bytes()
    upright = bytes.fromhex("00010000 00000000 00000000 00000000 00010000".replace(" ", ""))
    quarter = bytes.fromhex("00000000 00010000 00000000 ffff0000 00000000".replace(" ", ""))  # 90 degrees clockwise
    at = data.index(b"tkhd") + 4 + 40
    assert data[at : at + 20] == upright
    turned.write_bytes(data[:at] + quarter + data[at + 20 :])
    assert probe(turned).turned == 90
    picture = np.asarray(last_frame(turned)).astype(int)
    assert picture.shape == (96, 64, 3)
    assert np.abs(picture[4:20, -12:-4] - (200, 40, 60)).mean() < 12  # the corner went from top left to top right


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("empty.mp4", b"", "empty"),
        ("text.mp4", b"this is no film\n" * 40, "text file"),
        ("list.mp4", b"ffconcat version 1.0\nfile 'other.mp4'\n", "text file"),
        ("play.m3u8", b"#EXTM3U\n#EXTINF:1\nother.ts\n", "text file"),
        ("noise.mp4", bytes(range(256)) * 40, "not a video"),
        ("still.mp4", b"\x89PNG\r\n\x1a\n" + b"\0" * 600, "picture"),
    ],
)
def test_what_is_no_video_is_refused_by_name(tmp_path: Path, name: str, data: bytes, why: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(Unreadable, match=why) as error:
        last_frame(tmp_path / name)
    assert str(tmp_path / name) in str(error.value)
    for bad in (tmp_path, tmp_path / "missing.mp4"):
        with pytest.raises(Unreadable):
            last_frame(bad)


def test_a_file_that_lost_its_index_is_unreadable(tmp_path: Path) -> None:
    path = encoded(tmp_path / "clip.mp4", pictures(20))
    path.write_bytes(path.read_bytes()[:400])
    with pytest.raises(Unreadable, match="truncated"):
        last_frame(path)
