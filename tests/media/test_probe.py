from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from longvid_core.errors import Unreadable
from longvid_core.media.ffmpeg import ffmpeg_binary
from longvid_core.media.probe import count_frames, probe
from tests.media.clips import decoded, encoded, ffmpeg, ffv1, pictures


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.mp4", ["-bf", "4"]),
        ("a.mkv", ["-c:v", "libx265", "-x265-params", "log-level=error"]),
        ("a.webm", ["-c:v", "libvpx", "-b:v", "500k", "-auto-alt-ref", "1", "-lag-in-frames", "16"]),
        ("b.webm", ["-c:v", "libvpx-vp9", "-b:v", "500k"]),
        ("a.avi", ["-c:v", "mjpeg", "-bf", "0", "-pix_fmt", "yuvj420p"]),
        ("a.ts", ["-bf", "3"]),
        ("a.flv", []),
        ("a.gif", ["-c:v", "gif", "-pix_fmt", "rgb8"]),
    ],
)
def test_packets_are_counted_as_the_frames_that_decode(tmp_path: Path, name: str, options: list[str]) -> None:
    path = encoded(tmp_path / name, pictures(50), *options)
    found = probe(path)
    assert found.frames == count_frames(path) == len(decoded(path)) == 50
    assert (found.width, found.height, found.has_audio, found.truncated) == (96, 64, False, None)
    assert abs(found.duration_s - 50 / 16) < 0.07


@pytest.mark.parametrize("fps", ["16", "24000/1001", "30000/1001", "25", "60", "12.5", "120"])
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "mov"])
def test_a_steady_rate_is_exact_in_every_container(tmp_path: Path, fps: str, suffix: str) -> None:
    found = probe(encoded(tmp_path / f"a.{suffix}", pictures(70), fps=fps))
    assert (str(found.fps).replace("25/2", "12.5"), found.vfr, found.frames) == (fps, False, 70)


def test_a_hole_in_the_timestamps_makes_a_variable_rate_of_the_right_length(tmp_path: Path) -> None:
    flat = encoded(tmp_path / "flat.mp4", pictures(48), fps="24")
    ffmpeg("-i", flat, "-vf", "select='not(between(n,10,19))'", "-fps_mode", "vfr", tmp_path / "hole.mkv")
    found = probe(tmp_path / "hole.mkv")
    assert (found.vfr, found.frames) == (True, 38)
    assert abs(found.duration_s - 2) < 0.03


def test_sound_rotation_and_pixel_shape_are_seen(tmp_path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "sine=440:duration=1", tmp_path / "a.wav")
    path = encoded(tmp_path / "a.mp4", pictures(16), "-vf", "setsar=2", "-c:a", "aac", sound=tmp_path / "a.wav")
    found = probe(path)
    assert found.has_audio and found.sound is not None and found.sound.codec == "aac"
    assert found.display_size == (192, 64)


def test_a_truncated_file_says_how_much_is_missing(tmp_path: Path) -> None:
    old = encoded(tmp_path / "a.avi", pictures(20), "-c:v", "mpeg4", "-bf", "0")
    for path in (ffv1(tmp_path / "a.mkv", pictures(20)), old):
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) - 99])
        assert f"of {len(whole):,} bytes" in (probe(path).truncated or "")


def test_a_live_recording_without_a_duration_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "live.mkv"
    flat = encoded(tmp_path / "flat.mkv", pictures(33))
    copy = [ffmpeg_binary(), "-v", "error", "-i", flat, "-c", "copy", "-f", "matroska", "pipe:1"]
    path.write_bytes(subprocess.run(copy, capture_output=True, check=True).stdout)
    found = probe(path)
    assert (found.frames, found.truncated, str(found.fps)) == (33, None, "16")


def test_sound_alone_and_a_cover_picture_are_no_video(tmp_path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "sine=440:duration=0.2", tmp_path / "a.m4a")
    with pytest.raises(Unreadable, match="no video"):
        probe(tmp_path / "a.m4a")
