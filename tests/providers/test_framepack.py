"""FramePack through diffusers, at the true architecture with random weights."""

from __future__ import annotations

from pathlib import Path

import pytest

from longvid_core.errors import BadInput, CannotRender
from longvid_core.providers.framepack import PROVIDER
from tests.films import Studio, outcomes, small_plan


@pytest.fixture(autouse=True)
def _one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGVID_FRAMEPACK__STEPS", "1")
    monkeypatch.setenv("LONGVID_FRAMEPACK__VAE_DTYPE", "fp32")


@pytest.mark.parametrize("frames", [37, 73, 109])
def test_each_window_adds_36_frames(studio: Studio, framepack: Path, frames: int) -> None:
    """The lengths that the catalog allows are what the pipeline makes: no clip is cut, none is filled up."""
    plan = small_plan(1, frames=frames, size=(64, 64)).model_copy(update={"fps": 30})
    (outcome,) = studio.clips(plan, backend=f"framepack:{framepack}").outcomes
    assert outcome.message is None and outcome.clip is not None
    assert outcome.clip.frames == frames and outcome.model.id == "framepack-i2v"
    steps = [e.done for e in studio.events if e.event == "progress" and e.unit == "step"]
    assert steps[-1] == (frames - 1) // 36
