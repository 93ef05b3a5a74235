from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from longvid_core.errors import BadInput, CannotRender, Interrupted, Unreadable
from longvid_core.media import frames as frames_module
from longvid_core.media.concat import concat
from longvid_core.media.frames import count_and_hash
from longvid_core.media.join import Encoder
from longvid_core.media.probe import count_frames, probe
from tests.media.clips import decoded, encoded, ffv1, left_behind, numbers, picture, pictures

FAST = Encoder("h264", 14, "ultrafast")
AWKWARD = ["it's a %d 100% [x];#=.mp4", "new\nline ünï 日本.mp4", '"q" \\ $x `y` .mp4', "-dash.mp4", "a:b|c*?.mp4"]


@pytest.fixture
def story(tmp_path: Path) -> list[Path]:
    """Three H.264 clips with B-frames; the second begins on the frame the first ends on, the third does not."""
    return [encoded(tmp_path / f"{i}.mp4", pictures(10, first=first)) for i, first in enumerate((0, 9, 30))]


def test_cut_keeps_every_frame(each_ffmpeg: str, tmp_path: Path, story: list[Path]) -> None:
    done = concat(story, tmp_path / "film.mp4", encoder=FAST)
    assert numbers(tmp_path / "film.mp4") == [*range(10), *range(9, 19), *range(30, 40)]
    assert (done.frames, done.width, done.height, str(done.fps)) == (30, 96, 64, "16")


def test_drop_leaves_out_only_what_repeats(each_ffmpeg: str, tmp_path: Path, story: list[Path]) -> None:
    done = concat(story, tmp_path / "film.mp4", seam="drop", encoder=FAST)
    assert numbers(tmp_path / "film.mp4") == [*range(19), *range(30, 40)]
    assert (done.frames, done.dropped) == (29, (1,))


def test_drop_compares_what_the_film_shows_and_never_empties_a_clip(tmp_path: Path) -> None:
    small = ffv1(tmp_path / "small.mkv", [picture(5)] * 3)
    large = ffv1(tmp_path / "large.mkv", [picture(5, 192, 128), picture(6, 192, 128)])
    one = ffv1(tmp_path / "one.mkv", [picture(6)])
    done = concat([small, large, one, small], tmp_path / "film.mkv", seam="drop", encoder=Encoder("ffv1"))
    assert (done.dropped, numbers(tmp_path / "film.mkv")) == ((1,), [5, 5, 5, 6, 6, 5, 5, 5])


def test_blend_goes_evenly_from_one_clip_to_the_next_and_keeps_the_count(each_ffmpeg: str, tmp_path: Path) -> None:
    dark, light = ffv1(tmp_path / "dark.mkv", [picture(0)] * 10), ffv1(tmp_path / "light.mkv", [picture(70)] * 10)
    concat([dark, light], tmp_path / "film.mkv", seam="blend", encoder=Encoder("ffv1"))
    assert numbers(tmp_path / "film.mkv") == [0] * 7 + [10, 20, 30, 40, 50, 60] + [70] * 7


def test_blending_and_joining_are_told_as_one_piece_of_work(tmp_path: Path, story: list[Path]) -> None:
    told: list[tuple[int, int]] = []
    concat(story, tmp_path / "film.mp4", seam="blend", encoder=FAST, progress=lambda done, total: told.append((done, total)))
    assert {total for _, total in told} == {60} and told == sorted(told)
    assert any(done <= 30 for done, _ in told) and told[-1] == (60, 60)


def test_blend_of_clips_shorter_than_the_blend(tmp_path: Path) -> None:
    clips = [ffv1(tmp_path / f"{n}.mkv", [picture(20 * n)] * n) for n in (1, 2, 3)]
    concat(clips, tmp_path / "film.mkv", seam="blend", encoder=Encoder("ffv1"))
    assert numbers(tmp_path / "film.mkv") == [20, 30, 47, 53, 60, 60]


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "mov"])
def test_a_copy_has_every_packet_in_order_at_the_exact_rate(
    each_ffmpeg: str, tmp_path: Path, story: list[Path], suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames_module, "iterate_frames", None)  # decoding would need it
    target = tmp_path / f"film.{suffix}"
    assert concat(story, target, copy=True).frames == 30
    assert numbers(target) == [*range(10), *range(9, 19), *range(30, 40)]
    found = probe(target)
    assert (found.vfr, str(found.fps), found.frames) == (False, "16", 30)


def test_copied_lossless_clips_hash_like_their_frames(tmp_path: Path) -> None:
    clips = [ffv1(tmp_path / f"{i}.mkv", pictures(5, first=5 * i), 29.97) for i in range(3)]
    concat(clips, tmp_path / "film.mkv", copy=True)
    ffv1(tmp_path / "at-once.mkv", pictures(15), 29.97)
    assert count_and_hash(tmp_path / "film.mkv") == count_and_hash(tmp_path / "at-once.mkv")
    assert (probe(tmp_path / "film.mkv").vfr, str(probe(tmp_path / "film.mkv").fps)) == (False, "30000/1001")


def test_copying_drops_from_intra_only_clips(each_ffmpeg: str, tmp_path: Path) -> None:
    for fps in (16, 29.97, 60):
        clips = [ffv1(tmp_path / f"{i}.mkv", pictures(6, first=first), fps) for i, first in enumerate((0, 5, 20, 25))]
        done = concat(clips, tmp_path / "film.mkv", copy=True, seam="drop")
        assert (done.frames, done.dropped) == (22, (1, 3))
        assert numbers(tmp_path / "film.mkv") == [*range(11), *range(20, 31)]
        assert probe(tmp_path / "film.mkv").vfr is False


def test_copying_cannot_drop_from_predicted_frames(tmp_path: Path, story: list[Path]) -> None:
    with pytest.raises(CannotRender, match=r"1\.mp4 cannot lose its first frame") as error:
        concat(story, tmp_path / "film.mp4", copy=True, seam="drop")
    assert "--copy" in str(error.value) and error.value.exit_code == 2
    assert left_behind(tmp_path) == [] and not (tmp_path / "film.mp4").exists()


@pytest.mark.parametrize(
    ("options", "size", "fps", "field"),
    [
        (["-c:v", "libx265", "-x265-params", "log-level=error"], (96, 64), "16", "codec is hevc, not h264"),
        ([], (128, 64), "16", "size is 128x64, not 96x64"),
        (["-pix_fmt", "yuv444p"], (96, 64), "16", "pixel format is yuv444p, not yuv420p"),
        ([], (96, 64), "25", "frame rate is 25 fps, not 16 fps"),
        (["-x264-params", "ref=5:cabac=0"], (96, 64), "16", "codec settings"),
        (["-colorspace", "bt709"], (96, 64), "16", "colour tags|codec settings"),
        (["-vf", "setsar=2"], (96, 64), "16", "pixel aspect is 2, not 1"),
    ],
)
def test_a_copy_names_the_clip_and_the_field_that_differs(tmp_path: Path, story, options, size, fps: str, field: str) -> None:
    other = encoded(tmp_path / "other.mp4", pictures(4, width=size[0], height=size[1]), *options, fps=fps)
    with pytest.raises(CannotRender, match=rf"other\.mp4.*({field})") as error:
        concat([*story, other], tmp_path / "film.mp4", copy=True)
    assert "--copy" in str(error.value)
    assert not (tmp_path / "film.mp4").exists() and left_behind(tmp_path) == []


def test_what_mp4_cannot_hold_is_not_copied_into_it(tmp_path: Path) -> None:
    clip = ffv1(tmp_path / "clip.mkv", pictures(3))
    with pytest.raises(BadInput, match=r"ffv1 cannot be copied into MP4") as error:
        concat([clip, clip], tmp_path / "film.mp4", copy=True)
    assert ".mkv" in str(error.value)


@pytest.mark.parametrize("copy", [True, False])
def test_any_file_name_will_do(each_ffmpeg: str, tmp_path: Path, story: list[Path], copy: bool) -> None:
    folder = tmp_path / "it's a\n%03d folder"
    folder.mkdir()
    clips = [Path(shutil.copy(story[0], folder / name)) for name in AWKWARD]
    assert concat(clips, folder / "'film' %d.mp4", copy=copy, encoder=FAST).frames == 50
    assert count_frames(folder / "'film' %d.mp4") == 50
    assert sorted(p.name for p in folder.iterdir()) == sorted([*AWKWARD, "'film' %d.mp4"])


@pytest.mark.parametrize("copy", [True, False])
def test_bad_clips_are_named_and_nothing_is_left(tmp_path: Path, story: list[Path], copy: bool) -> None:
    film = tmp_path / "film.mp4"
    (tmp_path / "cut.mp4").write_bytes(story[0].read_bytes()[:-300])
    (tmp_path / "text.mp4").write_text("no film " * 200)
    (tmp_path / "empty.mp4").touch()
    for bad in ("cut.mp4", "text.mp4", "empty.mp4", "missing.mp4", "."):
        with pytest.raises(Unreadable) as error:
            concat([story[0], tmp_path / bad], film, copy=copy, encoder=FAST)
        assert str(tmp_path / bad) in str(error.value)
        assert not film.exists() and left_behind(tmp_path) == []


def test_impossible_requests_are_refused_before_any_work(tmp_path: Path, story: list[Path]) -> None:
    film = tmp_path / "film.mp4"
    refused = [
        (BadInput, [], film, {}),
        (BadInput, story, story[1], {}),
        (BadInput, story, tmp_path / "no" / "film.mp4", {}),
        (BadInput, story, tmp_path, {}),
        (BadInput, story, film, {"seam": "wipe"}),
        (BadInput, story, film, {"fps": 0}),
        (BadInput, story, tmp_path / "film.xyz", {"copy": True}),
        (CannotRender, story, film, {"copy": True, "seam": "blend"}),
        (CannotRender, story, film, {"copy": True, "fps": 25}),
    ]
    before = story[1].read_bytes()
    for kind, clips, target, options in refused:
        with pytest.raises(kind):
            concat(clips, target, **options)
    assert story[1].read_bytes() == before and not film.exists()


@pytest.mark.parametrize("copy", [True, False])
def test_one_clip_alone_and_one_clip_twice(tmp_path: Path, story: list[Path], copy: bool) -> None:
    assert concat(story[:1], tmp_path / "one.mp4", copy=copy, encoder=FAST).frames == 10
    assert concat([story[0]] * 2, tmp_path / "two.mp4", copy=copy, encoder=FAST).frames == 20
    assert numbers(tmp_path / "two.mp4") == [*range(10)] * 2


def test_size_and_rate_come_from_the_first_clip_or_as_asked(tmp_path: Path, story: list[Path]) -> None:
    big = ffv1(tmp_path / "big.mkv", pictures(24, width=200, height=100), 24)
    done = concat([big, *story], tmp_path / "a.mp4", encoder=FAST)
    assert (done.width, done.height, str(done.fps), done.frames) == (200, 100, "24", 24 + 45)
    done = concat([big, *story], tmp_path / "b.mp4", encoder=FAST, width=64, height=64, fps=23.976)
    assert (probe(tmp_path / "b.mp4").width, str(probe(tmp_path / "b.mp4").fps)) == (64, "24000/1001")


@pytest.mark.parametrize("options", [{"copy": True}, {"seam": "cut"}, {"seam": "drop"}, {"seam": "blend"}])
def test_an_interruption_leaves_nothing(tmp_path: Path, story: list[Path], options: dict) -> None:
    (tmp_path / "film.mp4").write_bytes(b"the old one")
    with pytest.raises(Interrupted):
        concat(story, tmp_path / "film.mp4", interrupted=lambda: True, encoder=FAST, **options)
    assert (tmp_path / "film.mp4").read_bytes() == b"the old one"
    assert left_behind(tmp_path) == []


def test_mixed_clips_keep_their_looks(tmp_path: Path) -> None:
    y, x = np.mgrid[0:64, 0:96]
    scene = np.stack([x * 2.4, y * 3.5, 255 - x * 1.2 - y], -1).clip(0, 255).astype(np.uint8)
    own = ffv1(tmp_path / "own.mkv", [scene] * 3)
    other = encoded(tmp_path / "other.mp4", [scene] * 3, "-crf", "4", "-colorspace", "smpte170m", "-color_range", "tv")
    concat([own, other], tmp_path / "film.mkv", encoder=Encoder("ffv1"))
    frames = decoded(tmp_path / "film.mkv")
    assert len(frames) == 6
    assert (frames[0] == scene).all()
    assert 10 * np.log10(255**2 / ((frames[4].astype(float) - scene) ** 2).mean()) > 34


def test_full_range_clips_do_not_turn_grey_or_harsh(each_ffmpeg: str, tmp_path: Path) -> None:
    full = encoded(tmp_path / "full.mp4", pictures(8), "-pix_fmt", "yuvj420p", "-crf", "4")
    assert probe(full).full_range
    concat([full, full], tmp_path / "film.mp4", encoder=FAST)
    before, after = ([frames_module.rgb_array(f) for f in frames_module.iterate_frames(p)] for p in (full, tmp_path / "film.mp4"))
    assert all(np.abs(a.astype(int) - b).mean() < 1.5 for a, b in zip(before * 2, after, strict=True))


def test_finer_chroma_is_brought_down_in_place(tmp_path: Path) -> None:
    y, x = np.mgrid[0:64, 0:96]
    scene = np.stack([x * 2.4, y * 3.5, 255 - x * 1.2 - y], -1).clip(0, 255).astype(np.uint8)
    fine = encoded(tmp_path / "fine.mp4", [scene] * 3, "-pix_fmt", "yuv444p", "-crf", "2")
    concat([fine], tmp_path / "film.mp4", encoder=Encoder("h264", 4, "fast"))
    error = np.asarray(frames_module.last_frame(tmp_path / "film.mp4")).astype(float) - frames_module.last_frame(fine)
    assert np.abs(error.mean(axis=(0, 1))).max() < 0.3
