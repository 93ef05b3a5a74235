"""A fast, long lens: the subject stays sharp, what lies far behind goes soft."""

from __future__ import annotations

import numpy as np

from longvid_core.models import Lens, VisualState
from longvid_core.painting.compose import flatten, paint
from longvid_core.painting.scene import Recipe

WORDS = "close-up portrait of a woman, snowy mountains"


def picture(lens: Lens) -> np.ndarray:
    card = flatten(paint(Recipe(WORDS, VisualState(lens=lens), 1, 416, 240)))
    return np.asarray(card.convert("L")).astype(float)


def detail(part: np.ndarray) -> float:
    return float(np.abs(np.diff(part, axis=1)).mean())


def test_a_portrait_lens_softens_the_distance_and_not_the_face() -> None:
    plain, shallow = picture(Lens()), picture(Lens(focal_length_mm=85, aperture=1.8))
    changed = np.abs(plain - shallow)
    face = max(range(0, 416 - 80, 16), key=lambda x: -changed[60:200, x : x + 80].mean())
    far = max(range(0, 416 - 80, 16), key=lambda x: changed[60:140, x : x + 80].mean())
    assert detail(shallow[60:140, far : far + 80]) < 0.75 * detail(plain[60:140, far : far + 80])
    assert changed[60:200, face : face + 80].mean() < 1.0


def test_a_lens_that_says_nothing_of_focus_changes_nothing() -> None:
    assert (picture(Lens()) == picture(Lens(framing=None, focal_length_mm=None))).all()
    assert (picture(Lens(aperture=16)) != picture(Lens(aperture=1.4))).any()
