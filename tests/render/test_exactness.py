"""Frame counts and pixels: what meets at a join, and what the film is made of."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from longvid_core.media.frames import count_and_hash
from longvid_core.media.images import load_rgb
from longvid_core.models.film import FilmOptions
from tests.films import Studio, small_plan


def decoded(path: str) -> list[np.ndarray]:
    """Every frame as rgb24, in presentation order."""
    with av.open(path) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


@pytest.mark.parametrize(("mode", "cuts"), [("keyframe", ()), ("keyframe", (2,)), ("chaining", ()), ("chaining", (1, 3))])
def test_film_frames_are_the_clips_less_the_continuous_joins(studio: Studio, mode: str, cuts: tuple[int, ...]) -> None:
    made = studio.make(small_plan(4, mode=mode, cuts=cuts, frames=7))
    assert made.film.frames == 4 * 7 - (3 - len(cuts))
    assert count_and_hash(made.film.path) == (made.film.frames, made.film.frames_sha256)


def test_neighbours_meet_on_the_same_frame_and_it_appears_once(studio: Studio) -> None:
    made = studio.make(small_plan(3, cuts=(2,), frames=5), options=FilmOptions(codec="ffv1"))
    clips = [decoded(c.path) for c in made.rendered.clips]
    assert (clips[0][-1] == clips[1][0]).all(), "a continuous join's two frames are the same keyframe"
    assert not (clips[1][-1] == clips[2][0]).all(), "a cut's are not"
    wanted = clips[0] + clips[1][1:] + clips[2]
    film = decoded(made.film.path)
    assert len(film) == len(wanted)
    # FFV1 films are YUV or RGB as the encoder's table says; either way within rounding of the clips.
    worst = max(int(np.abs(a.astype(int) - b.astype(int)).max()) for a, b in zip(film, wanted, strict=True))
    assert worst <= 3


def mixed(one: np.ndarray, other: np.ndarray, sevenths: int) -> np.ndarray:
    return np.rint(one * (1 - sevenths / 7) + other * (sevenths / 7)).astype(np.uint8)


def test_a_blended_join_dissolves_and_a_cut_stays_one(studio: Studio) -> None:
    """Over three frames on each side of where the later clip's second frame follows the earlier one's last."""
    plan = small_plan(3, cuts=(2,), frames=9)
    made = studio.make(plan, options=FilmOptions(codec="ffv1", seam="blend"))
    a, b, c = (decoded(clip.path) for clip in made.rendered.clips)
    wanted = a + b[1:] + c
    wanted[6:9] = [mixed(frame, b[1], n) for n, frame in enumerate(a[6:], 1)]
    wanted[9:12] = [mixed(frame, a[8], n) for n, frame in zip((3, 2, 1), b[1:4], strict=True)]
    film = decoded(made.film.path)
    assert len(film) == made.film.frames == 3 * 9 - 1
    assert max(int(np.abs(x.astype(int) - y.astype(int)).max()) for x, y in zip(film, wanted, strict=True)) <= 3
    assert np.abs(film[8].astype(int) - a[8]).max() > 3
    assert [(seam.segment, seam.treatment) for seam in made.film.seams or ()] == [("s01", "blend")]


def test_how_joins_are_treated_is_in_the_films_key_and_blending_repeats(studio: Studio, tmp_path: Path) -> None:
    plan = small_plan(2, frames=5)
    blended = FilmOptions(seam="blend", slate=True)
    films = [s.make(plan, options=blended).film for s in (studio, Studio(tmp_path / "elsewhere"))]
    assert films[0].sha256 == films[1].sha256 and films[0].key == films[1].key
    dropped = studio.make(plan, options=FilmOptions(slate=True)).film
    assert dropped.key != films[0].key and dropped.frames == films[0].frames == 9
    assert dropped.frames_sha256 != films[0].frames_sha256


def test_keyframes_are_hit_to_the_pixel_at_both_ends(studio: Studio) -> None:
    made = studio.clips(small_plan(2, frames=9, size=(96, 64)))
    for segment, clip in zip(made.plan.segments, made.clips, strict=True):
        frames = decoded(clip.path)
        for keyframe, frame in ((segment.first_keyframe, frames[0]), (segment.last_keyframe, frames[-1])):
            image = made.plan.keyframe(keyframe).image
            assert (np.asarray(load_rgb(image.path)) == frame).all()


def test_a_chain_starts_each_clip_on_the_exact_last_frame_before(studio: Studio) -> None:
    made = studio.clips(small_plan(3, mode="chaining", frames=6))
    clips = [decoded(c.path) for c in made.clips]
    for before, after in zip(clips, clips[1:], strict=False):
        assert (before[-1] == after[0]).all()


def test_a_picture_of_another_shape_is_brought_to_size_by_the_plans_fit(studio: Studio, tmp_path: Path) -> None:
    from PIL import Image

    from longvid_core.media.images import asset_of
    from longvid_core.models import Keyframe

    Image.new("RGB", (200, 50), (250, 10, 10)).save(tmp_path / "wide.png")
    plan = small_plan(1, size=(64, 64))
    mine = Keyframe(id="k00", prompt="x", image=asset_of(tmp_path / "wide.png"), source="user")
    for fit, top in (("crop", (250, 10, 10)), ("pad", (0, 0, 0)), ("stretch", (250, 10, 10))):
        made = studio.clips(plan.model_copy(update={"fit": fit}).with_keyframes([mine]))
        frame = decoded(made.clips[0].path)[0]
        assert frame.shape == (64, 64, 3)
        assert tuple(frame[0, 32]) == top and tuple(frame[32, 32]) == (250, 10, 10)


def test_the_users_own_picture_is_kept_so_that_theirs_may_move(studio: Studio, tmp_path: Path) -> None:
    from PIL import Image

    from longvid_core.media.images import asset_of
    from longvid_core.models import Keyframe

    mine = tmp_path / "mine.png"
    Image.new("RGB", (64, 48), (1, 2, 3)).save(mine)
    plan = small_plan(1).with_keyframes([Keyframe(id="k00", prompt="x", image=asset_of(mine), source="user")])
    made = studio.clips(plan)
    kept = made.plan.keyframe("k00").image
    assert Path(kept.path).read_bytes() == mine.read_bytes() and Path(kept.path).is_relative_to(studio.home)
