"""What an MP4's index proves by itself must be what libav finds; what it cannot prove is left to libav."""

from __future__ import annotations

import os
from pathlib import Path

import av
import numpy as np
import pytest

from longvid_core.errors import Unreadable
from longvid_core.media.concat import concat
from longvid_core.media.index import count_pictures, plain_pictures
from longvid_core.media.probe import count_frames, probe
from tests.media.clips import encoded, ffmpeg, ffv1, left_behind, numbers, pictures

HEVC = ["-c:v", "libx265", "-x265-params", "log-level=error"]
LAYERED = ["-bf", "3", "-x264-params", "b-pyramid=normal:ref=5"]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return encoded(tmp_path / "clip.mp4", pictures(10))


@pytest.mark.parametrize(
    ("name", "options", "fps"),
    [
        ("a.mp4", [], "16"),
        ("a.mov", LAYERED, "30000/1001"),
        ("a.m4v", ["-bf", "0"], "24"),
        ("a.mp4", ["-movflags", "+faststart"], "25"),
        ("a.mp4", ["-movflags", "+negative_cts_offsets"], "16"),
        ("a.mp4", ["-video_track_timescale", "1000"], "20"),
        ("a.mp4", ["-vf", "setsar=4/3", "-colorspace", "bt709"], "50"),
        ("a.mp4", [*HEVC, "-tag:v", "hvc1"], "16"),
        ("a.mov", ["-bf", "0", "-frames:v", "1"], "16"),
    ],
)
def test_it_says_what_libav_says(each_ffmpeg: str, tmp_path: Path, name: str, options: list[str], fps: str) -> None:
    path = encoded(tmp_path / name, pictures(30), *options, fps=fps)
    ours, libavs = plain_pictures(path), probe(path)
    assert ours is not None
    assert (ours.frames, ours.fps, ours.width, ours.height) == (libavs.frames, libavs.fps, libavs.width, libavs.height)
    assert ours.frames == count_pictures(path) == count_frames(path) and float(ours.seconds) == libavs.duration_s


@pytest.mark.parametrize(
    "options",
    [
        [*HEVC, "-tag:v", "hev1"],
        ["-c:v", "mpeg4"],
        ["-movflags", "+frag_keyframe+empty_moov"],
        ["-vf", "setpts=PTS+gt(N\\,4)/TB", "-fps_mode", "vfr"],
        ["-movflags", "+use_metadata_tags", "-timecode", "01:00:00:00"],
    ],
    ids=["parameter sets in band", "another codec", "fragments", "variable rate", "time code track"],
)
def test_what_is_out_of_the_ordinary_is_left_to_libav(tmp_path: Path, options: list[str]) -> None:
    assert plain_pictures(encoded(tmp_path / "odd.mp4", pictures(10), *options)) is None


def test_so_is_what_an_edit_list_hides(tmp_path: Path, clip: Path) -> None:
    long = encoded(tmp_path / "long.mp4", pictures(40), "-g", "10")
    ffmpeg("-ss", "0.9", "-i", long, "-c", "copy", tmp_path / "later.mp4")
    assert plain_pictures(tmp_path / "later.mp4") is None
    data = bytearray(clip.read_bytes())
    at = data.index(b"elst") + 12
    data[at : at + 4] = (300).to_bytes(4, "big")  # milliseconds of 625
    clip.write_bytes(data)
    assert plain_pictures(clip) is None and probe(clip).frames < 10


def test_so_are_other_tracks_and_cover_pictures(tmp_path: Path, clip: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "sine=440:duration=0.6", tmp_path / "tone.wav")
    encoded(tmp_path / "sounding.mp4", pictures(10), sound=tmp_path / "tone.wav")
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x64:d=1:r=1", tmp_path / "cover.png")
    cover = ["-map", "0", "-map", "1", "-c", "copy", "-disposition:v:1", "attached_pic"]
    ffmpeg("-i", clip, "-i", tmp_path / "cover.png", *cover, tmp_path / "covered.mp4")
    ffmpeg("-i", clip, "-i", clip, "-map", "0", "-map", "1", "-c", "copy", tmp_path / "double.mp4")
    for name in ("sounding.mp4", "covered.mp4", "double.mp4"):
        assert plain_pictures(tmp_path / name) is None
        assert count_pictures(tmp_path / name) == 10


def test_so_are_damaged_files_and_what_is_no_file(tmp_path: Path, clip: Path) -> None:
    whole = clip.read_bytes()
    ffmpeg("-i", clip, "-c", "copy", "-movflags", "+faststart", tmp_path / "first.mp4")
    first = (tmp_path / "first.mp4").read_bytes()
    place = whole.index(b"stco") + 12  # of the first chunk
    bad = {
        "empty": b"",
        "text": b"no film " * 99,
        "index cut": whole[:-300],
        "pictures cut": first[:-300],
        "tail": whole + b"0" * 99,
        "no places": whole.replace(b"stco", b"gone"),
        "far places": whole[:place] + b"\x7f" + whole[place + 1 :],
    }
    for name, data in bad.items():
        (tmp_path / f"{name}.mp4").write_bytes(data)
        assert plain_pictures(tmp_path / f"{name}.mp4") is None, name
    os.mkfifo(tmp_path / "pipe.mp4")
    for name in ("pipe.mp4", "missing.mp4", "."):
        assert plain_pictures(tmp_path / name) is None and count_pictures(tmp_path / name) is None
    assert plain_pictures(ffv1(tmp_path / "lossless.mkv", pictures(3))) is None


def test_whatever_is_damaged_in_an_index_pictures_are_never_miscounted(clip: Path) -> None:
    whole, random = clip.read_bytes(), np.random.default_rng(7)
    for at in range(whole.index(b"moov") - 4, len(whole), 3):
        data = bytearray(whole)
        data[at : at + 4] = random.bytes(len(data[at : at + 4]))
        clip.write_bytes(data)
        found = plain_pictures(clip)
        if found is not None:
            assert found.frames == 10


def packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv"])
@pytest.mark.parametrize("options", [LAYERED, [*HEVC, "-tag:v", "hvc1"]], ids=["h264", "hevc"])
def test_plain_clips_are_joined_as_plain_ffmpeg_joins_them(
    each_ffmpeg: str, tmp_path: Path, suffix: str, options: list[str]
) -> None:
    clips = [encoded(tmp_path / f"{i}.mp4", pictures(10, first=10 * i), *options) for i in range(3)]
    film, plain = tmp_path / f"film.{suffix}", tmp_path / f"plain.{suffix}"
    assert concat(clips, film, copy=True).frames == 30
    (tmp_path / "list.txt").write_text("".join(f"file '{clip.name}'\n" for clip in clips))
    ffmpeg("-f", "concat", "-i", tmp_path / "list.txt", "-c", "copy", plain)
    assert packets(film) == packets(plain) and numbers(film) == [*range(30)]
    assert (probe(film).vfr, probe(film).fps, probe(film).layout) == (False, 16, probe(plain).layout)


def test_a_damaged_clip_that_looks_plain_is_noticed_by_the_count(tmp_path: Path) -> None:
    good, bad = (encoded(tmp_path / name, pictures(10), "-bf", "0") for name in ("good.mp4", "bad.mp4"))
    data = bytearray(bad.read_bytes())
    for packet in packets(bad):
        at = data.index(packet)
        data[at : at + len(packet)] = b"\xff" * len(packet)
    bad.write_bytes(data)
    assert plain_pictures(bad) is not None
    for clips in ([bad], [good, bad]):
        with pytest.raises(Unreadable, match=r"film\.mp4: \d+ frames came out where \d+ were expected"):
            concat(clips, tmp_path / "film.mp4", copy=True)
        assert left_behind(tmp_path) == [] and not (tmp_path / "film.mp4").exists()
