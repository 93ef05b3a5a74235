from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
import time
from pathlib import Path

import av
import numpy as np
import pytest

from longvid_core.errors import BadInput, Interrupted, Unreadable
from longvid_core.media.frames import count_and_hash, last_frame
from longvid_core.media.join import Encoder, Part, join_parts, read_tags, write_tags
from longvid_core.media.probe import count_frames, probe
from longvid_core.painting.slate import SlateText
from tests.media.clips import decoded, encoded, ffmpeg, ffv1, left_behind, number_of, numbers, picture, pictures

FAST = Encoder("h264", 14, "ultrafast")
SHAPE = {"width": 96, "height": 64, "fps": 16}
ENCODERS = [(FAST, "mp4"), (Encoder("h265", 14, "ultrafast"), "mp4"), (Encoder("prores"), "mov"), (Encoder("ffv1"), "mkv")]


@pytest.mark.parametrize(("encoder", "suffix"), ENCODERS, ids=lambda value: getattr(value, "codec", value))
def test_every_frame_is_there_once_and_in_order_whatever_the_codec(
    each_ffmpeg: str, tmp_path: Path, encoder: Encoder, suffix: str
) -> None:
    parts = [
        Part(ffv1(tmp_path / f"{i}.mkv", pictures(9, first=first)), drop_first=drop)
        for i, (first, drop) in enumerate([(0, 0), (8, 1), (16, 1), (25, 0)])
    ]
    film = tmp_path / f"film.{suffix}"
    join_parts(parts, film, encoder=encoder, **SHAPE)
    assert numbers(film) == list(range(34))
    found = probe(film)
    assert (found.frames, str(found.fps), found.vfr, found.width, found.height) == (34, "16", False, 96, 64)
    assert left_behind(tmp_path) == []


def test_a_lossless_film_holds_the_clips_very_pixels(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    takes = [[rng.integers(0, 256, (64, 96, 3), dtype=np.uint8) for _ in range(5)] for _ in range(3)]
    parts = [Part(ffv1(tmp_path / f"{i}.mkv", take), drop_first=int(i > 0)) for i, take in enumerate(takes)]
    join_parts(parts, tmp_path / "film.mkv", encoder=Encoder("ffv1"), **SHAPE)
    wanted = takes[0] + takes[1][1:] + takes[2][1:]
    assert all((a == b).all() for a, b in zip(decoded(tmp_path / "film.mkv"), wanted, strict=True))


def test_b_frame_clips_lose_exactly_the_frames_asked_for(each_ffmpeg: str, tmp_path: Path) -> None:
    parts = [Part(encoded(tmp_path / f"{i}.mp4", pictures(20, first=20 * i), "-bf", "4"), drop_first=i) for i in range(3)]
    join_parts(parts, tmp_path / "film.mp4", encoder=FAST, **SHAPE)
    assert numbers(tmp_path / "film.mp4") == [*range(20), *range(21, 40), *range(42, 60)]


def test_hundreds_of_drops_are_all_the_right_ones(tmp_path: Path) -> None:
    clip = ffv1(tmp_path / "clip.mkv", pictures(4))
    join_parts([Part(clip, drop_first=i % 3) for i in range(150)], tmp_path / "film.mkv", encoder=Encoder("ffv1"), **SHAPE)
    assert numbers(tmp_path / "film.mkv") == [n for i in range(150) for n in range(i % 3, 4)]


def test_clips_of_other_rates_sizes_codecs_and_timing_are_conformed_one_by_one(each_ffmpeg: str, tmp_path: Path) -> None:
    flat = encoded(tmp_path / "flat.mp4", pictures(48), fps="24")
    ffmpeg("-i", flat, "-vf", "select='not(between(n,10,19))'", "-fps_mode", "vfr", tmp_path / "gap.mp4")
    parts = [
        Part(ffv1(tmp_path / "own.mkv", pictures(8)), drop_first=1),
        Part(encoded(tmp_path / "ntsc.mov", pictures(30, width=160, height=90), fps="30000/1001")),
        Part(tmp_path / "gap.mp4"),
        Part(encoded(tmp_path / "tall.webm", pictures(8, width=50, height=80), "-c:v", "libvpx-vp9", fps="8"), drop_first=2),
        Part(encoded(tmp_path / "one.mp4", pictures(1))),
    ]
    join_parts(parts, tmp_path / "film.mp4", encoder=FAST, **SHAPE)
    shown = numbers(tmp_path / "film.mp4")
    assert len(shown) == count_frames(tmp_path / "film.mp4") == 7 + 16 + 32 + 14 + 1
    ntsc, gap, slow = shown[7:23], shown[23:55], shown[55:69]
    assert all(abs(n / 30000 * 1001 - i / 16) <= 0.5 / 16 for i, n in enumerate(ntsc))
    assert gap == [n if n < 10 else 9 if n < 20 else n for n in (int(i * 1.5 + 0.5) for i in range(32))]  # held over the gap
    assert slow == [n for i in range(1, 8) for n in (i, i)]


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
def test_another_shape_is_cropped_padded_or_stretched(tmp_path: Path, fit: str) -> None:
    wide = ffv1(tmp_path / "wide.mkv", [np.full((64, 192, 3), 200, np.uint8)] * 2)
    join_parts([Part(wide)], tmp_path / "film.mkv", encoder=Encoder("ffv1"), fit=fit, **SHAPE)
    frame = decoded(tmp_path / "film.mkv")[0]
    assert frame.shape == (64, 96, 3)
    assert (frame[30] == 200).all()
    assert (frame[2] == 0).all() if fit == "pad" else (frame[2] == 200).all()


def test_wide_pixels_and_turned_pictures_come_out_upright_and_square(tmp_path: Path) -> None:
    half = encoded(tmp_path / "sar.mp4", pictures(3, width=48, height=64), "-vf", "setsar=2", "-crf", "4")
    join_parts([Part(half)], tmp_path / "film.mkv", encoder=Encoder("ffv1"), **SHAPE)
    with av.open(str(tmp_path / "film.mkv")) as film:
        assert film.streams.video[0].sample_aspect_ratio in (None, 0, 1)
    frame = decoded(tmp_path / "film.mkv")[0].astype(int)
    assert np.abs(frame[4:12, 4:20] - (200, 40, 60)).mean() < 8
    assert np.abs(frame[4:12, 30:90] - 16).mean() < 8


@pytest.mark.parametrize(("encoder", "suffix"), ENCODERS[:3], ids=lambda value: getattr(value, "codec", value))
def test_the_films_colours_are_the_clips(each_ffmpeg: str, tmp_path: Path, encoder: Encoder, suffix: str) -> None:
    y, x = np.mgrid[0:64, 0:96]
    scene = np.stack([x * 2.4, y * 3.5, 255 - x * 1.2 - y], -1).clip(0, 255).astype(np.uint8)
    film = tmp_path / f"film.{suffix}"
    join_parts([Part(ffv1(tmp_path / "clip.mkv", [scene] * 4))], film, encoder=encoder, **SHAPE)
    assert probe(film).colour == (1, 1, 1, 1)
    shown = np.asarray(last_frame(film)).astype(float)
    error = shown - scene
    assert 10 * np.log10(255**2 / (error**2).mean()) > 38
    assert np.abs(error.mean(axis=(0, 1))).max() < 1


def test_a_films_bytes_repeat(each_ffmpeg: str, tmp_path: Path) -> None:
    clips = [ffv1(tmp_path / f"{i}.mkv", pictures(20, first=i)) for i in range(3)]
    for encoder, suffix in ENCODERS:
        films = [tmp_path / f"{n}.{suffix}" for n in "ab"]
        used = [join_parts([Part(c) for c in clips], film, encoder=encoder, metadata={"title": "é"}, **SHAPE) for film in films]
        assert films[0].read_bytes() == films[1].read_bytes()
        assert used[0] == used[1] and encoder.options("yuv420p")["c:v"] in used[0]


def test_a_slate_lies_over_its_own_clip_and_no_other(tmp_path: Path) -> None:
    clips = [ffv1(tmp_path / f"{i}.mkv", pictures(4, first=10, width=320, height=180)) for i in range(2)]
    slate = SlateText(shot="01/02 s1", prompt="A lighthouse in a storm", seed="7", start_frame=0, fps=16)
    size = {"width": 320, "height": 180, "fps": 16}
    join_parts([Part(clips[0], slate=slate), Part(clips[1], 1)], tmp_path / "film.mkv", encoder=Encoder("ffv1"), **size)
    frames = decoded(tmp_path / "film.mkv")
    assert [bool((f != picture(10 + n, 320, 180)).any()) for f, n in zip(frames, [0, 1, 2, 3, 1, 2, 3], strict=True)] == [
        True, True, True, True, False, False, False,
    ]  # fmt: skip


def test_tags_of_any_length_are_read_back_as_comfyui_reads_them(each_ffmpeg: str, tmp_path: Path) -> None:
    clip = encoded(tmp_path / "clip.mp4", pictures(12))
    prompt = '{"1": "=;#\\ \'quoted\'\nnew line ünï 日本"}' + "x" * 300_000
    film = tmp_path / "film.mp4"
    join_parts([Part(clip)], film, encoder=FAST, metadata={"longvid_film": "k" * 64, "title": "T"}, **SHAPE)
    before = count_and_hash(film)
    write_tags(film, {"prompt": prompt, "workflow": "{}"})
    with av.open(str(film)) as container:
        assert container.metadata["prompt"] == prompt
        assert container.metadata["workflow"] == "{}"
    assert read_tags(film) == {"longvid_film": "k" * 64, "title": "T", "prompt": prompt, "workflow": "{}"}
    assert count_and_hash(film) == before
    write_tags(film, {"prompt": "short"})
    assert read_tags(film)["prompt"] == "short" and read_tags(film)["title"] == "T"
    with pytest.raises(BadInput, match="tags"):
        write_tags(tmp_path / "film.gif", {})


@pytest.mark.parametrize(
    ("encoder", "name", "size", "why"),
    [
        (Encoder("prores"), "film.mp4", (96, 64), r"\.mov"),
        (Encoder("ffv1"), "film.mp4", (96, 64), r"\.mkv"),
        (FAST, "film.avi", (96, 64), r"\.mp4"),
        (FAST, "film", (96, 64), "without extension"),
        (FAST, "film.mp4", (97, 64), "even"),
    ],
)
def test_what_cannot_be_encoded_is_refused_with_the_way_out(tmp_path: Path, encoder, name: str, size, why: str) -> None:
    clip = ffv1(tmp_path / "clip.mkv", pictures(2))
    with pytest.raises(BadInput, match=why):
        join_parts([Part(clip)], tmp_path / name, width=size[0], height=size[1], fps=16, encoder=encoder)
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("asked", [{"codec": "divx"}, {"crf": 52}, {"crf": -1}, {"preset": "warp"}])
def test_unknown_encoder_options_are_refused(asked: dict) -> None:
    with pytest.raises(BadInput):
        Encoder(**asked)


def test_more_frames_cannot_be_dropped_than_there_are(tmp_path: Path) -> None:
    clip = ffv1(tmp_path / "clip.mkv", pictures(2))
    with pytest.raises(BadInput, match="2 frames"):
        join_parts([Part(clip, drop_first=2)], tmp_path / "film.mp4", encoder=FAST, **SHAPE)


def test_a_damaged_clip_is_named_and_no_film_appears(tmp_path: Path) -> None:
    good = ffv1(tmp_path / "good.mkv", pictures(6))
    (tmp_path / "bad.mkv").write_bytes(good.read_bytes()[:-200])
    with pytest.raises(Unreadable, match=r"bad\.mkv is truncated"):
        join_parts([Part(good), Part(tmp_path / "bad.mkv")], tmp_path / "film.mp4", encoder=FAST, **SHAPE)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bad.mkv", "good.mkv"]


def _children() -> set[int]:
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                name = (entry / "cmdline").read_bytes()
            except OSError:  # it ended meanwhile
                continue
            if int(fields[1]) == os.getpid() and fields[0] != "Z" and b"ffmpeg" in name:
                found.add(int(entry.name))
    return found


def test_an_interruption_ends_ffmpeg_at_once_and_leaves_nothing(tmp_path: Path) -> None:
    clip = ffv1(tmp_path / "clip.mkv", pictures(40, width=320, height=240))
    seen: set[int] = set()

    def interrupted() -> bool:
        seen.update(_children())
        return bool(seen)

    slow = Encoder("h264", 18, "placebo")
    with pytest.raises(Interrupted):
        join_parts([Part(clip)] * 40, tmp_path / "film.mp4", width=320, height=240, fps=16, encoder=slow, interrupted=interrupted)
    assert seen and not seen & _children()
    assert [p.name for p in tmp_path.iterdir()] == ["clip.mkv"]


def test_an_error_in_the_progress_callback_stops_it_too(tmp_path: Path) -> None:
    clip = ffv1(tmp_path / "clip.mkv", pictures(10))

    def progress(done: int, total: int) -> None:
        raise RuntimeError("the host says stop")

    with pytest.raises(RuntimeError, match="host"):
        join_parts([Part(clip)], tmp_path / "film.mp4", encoder=FAST, progress=progress, **SHAPE)
    assert [p.name for p in tmp_path.iterdir()] == ["clip.mkv"]


def test_progress_counts_up_to_the_total_once(tmp_path: Path) -> None:
    own = ffv1(tmp_path / "own.mkv", pictures(10))
    other = encoded(tmp_path / "other.mp4", pictures(10, width=160, height=90))
    told: list[tuple[int, int]] = []
    join_parts(
        [Part(own), Part(other)], tmp_path / "film.mp4", encoder=FAST, progress=lambda *counts: told.append(counts), **SHAPE
    )
    assert told == sorted(told) and told[-1] == (30, 30)  # ten conformed, twenty encoded


_JOIN = """
import sys
from pathlib import Path
from longvid_core.media.join import Encoder, Part, join_parts
folder, count = Path(sys.argv[1]), int(sys.argv[2])
clips = sorted(folder.glob("clip*"))
print("ready", flush=True)
join_parts([Part(clips[i % len(clips)], int(i > 0)) for i in range(count)], folder / "film.mp4",
           width=96, height=64, fps=16, encoder=Encoder("h264", 18, "ultrafast"))
"""


def test_a_killed_parent_takes_ffmpeg_with_it(tmp_path: Path) -> None:
    ffv1(tmp_path / "clip.mkv", pictures(40))
    script = _JOIN.replace('"ultrafast"', '"placebo"').replace("width=96, height=64", "width=1280, height=720")
    own = {**os.environ, "TMPDIR": str(tmp_path)}  # where what a killed process cannot take away is left
    parent = subprocess.Popen([sys.executable, "-c", script, str(tmp_path), "100"], stdout=subprocess.PIPE, env=own)
    try:
        child = _wait_for(lambda: _children_of(parent.pid))
    finally:
        parent.kill()
        parent.communicate()
    _wait_for(lambda: not any(Path(f"/proc/{pid}/exe").exists() for pid in child))
    assert not (tmp_path / "film.mp4").exists()


def _children_of(pid: int) -> list[int]:
    listing = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(word) for word in listing.read_text().split()] if listing.exists() else []


def _wait_for(condition, seconds: float = 600):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen")


def test_memory_does_not_grow_with_the_number_of_clips(tmp_path: Path) -> None:
    ffv1(tmp_path / "clip0.mkv", pictures(20))
    encoded(tmp_path / "clip1.mp4", pictures(20, width=160, height=90), fps="24")
    peaks = []
    for count in (6, 48):
        done = subprocess.run(
            ["/usr/bin/env", sys.executable, "-c", _MEASURED, str(tmp_path), str(count)], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        peaks.append([int(word) for word in done.stdout.split()[-2:]])
    for few, many in zip(*peaks, strict=True):
        assert many < few + 12_000  # kilobytes; the film is eight times as long


_MEASURED = (
    _JOIN
    + """
import resource
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
)


def test_a_disk_that_fills_up_is_said_so_and_leaves_nothing(tmp_path: Path) -> None:
    for i in range(2):
        ffv1(
            tmp_path / f"clip{i}.mkv", [np.random.default_rng(j).integers(0, 256, (64, 96, 3), dtype=np.uint8) for j in range(30)]
        )
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, {resource.RLIM_INFINITY}))\n"
    done = subprocess.run([sys.executable, "-c", limit + _JOIN, str(tmp_path), "6"], capture_output=True, text=True)
    assert done.returncode != 0
    assert "StoreError" in done.stderr and "grew larger" in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["clip0.mkv", "clip1.mkv"]


def test_two_joins_at_once_do_not_meet(tmp_path: Path) -> None:
    clips = [ffv1(tmp_path / f"{i}.mkv", pictures(12, first=12 * i)) for i in range(2)]
    films = [tmp_path / f"film{i}.mp4" for i in range(2)]
    runs = [
        threading.Thread(target=join_parts, args=([Part(clips[i])] * 3, films[i]), kwargs={"encoder": FAST, **SHAPE})
        for i in range(2)
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert [number_of(decoded(film)[0]) for film in films] == [0, 12]
