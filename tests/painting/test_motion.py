"""Camera paths and shots: exact ends, no pops, no edges."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import get_args

import numpy as np
import pytest
from PIL import Image

from longvid_core.errors import BadInput
from longvid_core.models.visual import Camera, CameraMove, VisualState
from longvid_core.painting.animate import PaintedTake, PictureTake, Shot
from longvid_core.painting.card import save_card
from longvid_core.painting.motion import REST, Path, ease
from longvid_core.painting.scene import Recipe

W, H = 320, 184


@pytest.fixture(scope="module")
def cards(tmp_path_factory) -> tuple[FilePath, FilePath]:
    folder = tmp_path_factory.mktemp("cards")
    for name, prompt in (
        ("a", "a lighthouse and a red trawler in a storm at dusk"),
        ("b", "dawn, a flat pink sea, a lighthouse, gulls"),
    ):
        save_card(Recipe(prompt, VisualState(), 3, W, H), folder / f"{name}.png")
    return folder / "a.png", folder / "b.png"


def shot(first, last, move="push_in", frames=25, seed=4, **camera) -> Shot:
    visual = VisualState(camera=Camera(move=move, **camera))
    return Shot(first, last, visual=visual, seed=seed, frames=frames, fps=16, width=W, height=H)


def array(image) -> np.ndarray:
    return np.asarray(image).astype(np.int16)


@pytest.mark.parametrize("move", [None, *get_args(CameraMove)])
def test_every_move_rests_at_the_ends_and_is_continuous(move):
    path = Path(Camera(move=move), 5.0, 7)
    assert path.at(0.0) == REST or path.at(0.0).seen(0.5, 0.6) == (0, 0, 1)
    poses = [path.at(ease(i / 40)).seen(0.8, 0.6) for i in range(41)]
    steps = [max(abs(a - b) for a, b in zip(p, q, strict=True)) for p, q in zip(poses, poses[1:], strict=False)]
    assert max(steps) < 0.02
    assert steps[0] <= max(steps) * 0.3 + 1e-9 and steps[-1] <= max(steps) * 0.3 + 1e-9


@pytest.mark.parametrize("move", ["push_in", "pull_out", "pan_left", "crane_up", "orbit_right", "handheld", "static"])
def test_both_ends_are_the_keyframes_and_their_neighbours_are_close(cards, move):
    clip = shot(*cards, move=move, speed="fast")
    assert isinstance(clip.a, PaintedTake) and isinstance(clip.b, PaintedTake)
    frames = [array(clip.frame(i)) for i in range(clip.frames)]
    first, last = (array(Image.open(path)) for path in cards)
    assert (frames[0] == first).all() and (frames[-1] == last).all()
    assert np.abs(frames[1] - first).mean() < 4 and np.abs(frames[-2] - last).mean() < 4
    assert max(np.abs(a - b).mean() for a, b in zip(frames, frames[1:], strict=False)) < 26


def test_frames_do_not_depend_on_order_and_repeat(cards):
    one, two = shot(*cards), shot(*cards)
    forwards = [one.frame(i).tobytes() for i in (3, 12, 20)]
    backwards = [two.frame(i).tobytes() for i in (20, 12, 3)][::-1]
    assert forwards == backwards


def test_a_reroll_moves_otherwise_between_the_same_ends(cards):
    one, two = shot(*cards, seed=1), shot(*cards, seed=2)
    assert one.frame(0).tobytes() == two.frame(0).tobytes() and one.frame(24).tobytes() == two.frame(24).tobytes()
    assert any(one.frame(i).tobytes() != two.frame(i).tobytes() for i in (8, 12, 16))


def test_without_a_last_frame_the_camera_goes_on_and_settles(cards):
    clip = shot(cards[0], None, move="truck_right")
    frames = [array(clip.frame(i)) for i in range(clip.frames)]
    assert np.abs(frames[-1] - frames[0]).mean() > 2
    assert np.abs(frames[-1] - frames[-2]).mean() < 6


def test_the_same_picture_at_both_ends_goes_out_and_comes_back(cards):
    clip = shot(cards[0], cards[0])
    assert array(clip.frame(24)).tolist() == array(Image.open(cards[0])).tolist()
    assert np.abs(array(clip.frame(12)) - array(clip.frame(0))).mean() > 1


@pytest.mark.parametrize("move", ["push_in", "pull_out", "pan_left", "tilt_down", "zoom_in"])
def test_a_foreign_picture_is_panned_and_never_shows_its_edge(tmp_path, cards, move):
    photo = tmp_path / "photo.png"
    Image.new("RGB", (W, H), (200, 180, 40)).save(photo)
    clip = shot(photo, cards[1], move=move)
    assert isinstance(clip.a, PictureTake)
    assert (array(clip.frame(0)) == array(Image.open(photo))).all()
    early = array(clip.frame(6))
    assert np.abs(early - np.array([200, 180, 40])).max() <= 1
    assert (array(clip.frame(24)) == array(Image.open(cards[1]))).all()


@pytest.mark.parametrize("frames", [2, 3])
def test_the_shortest_clips(cards, frames):
    clip = shot(*cards, frames=frames)
    assert clip.frame(0).size == (W, H) and clip.frame(frames - 1).tobytes() == Image.open(cards[1]).convert("RGB").tobytes()


def test_a_frame_of_another_size_is_refused_by_name(tmp_path, cards):
    Image.new("RGB", (64, 64)).save(tmp_path / "small.png")
    with pytest.raises(BadInput, match="last frame small.png is 64x64"):
        shot(cards[0], tmp_path / "small.png")
