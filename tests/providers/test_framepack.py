"""FramePack through diffusers, at the true architecture with random weights."""

from __future__ import annotations

from pathlib import Path

import pytest

from longvid_core.catalog import find_backend
from longvid_core.errors import CannotRender
from longvid_core.models.clip import Rendered
from longvid_core.models.plan import Plan
from tests.films import Studio, changed, outcomes, small_plan


@pytest.fixture(autouse=True)
def _one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGVID_FRAMEPACK__STEPS", "1")
    monkeypatch.setenv("LONGVID_FRAMEPACK__VAE_DTYPE", "fp32")


def plan_of(segments: int = 1, *, frames: int = 37, mode: str = "keyframe") -> Plan:
    return small_plan(segments, frames=frames, size=(64, 64), mode=mode).model_copy(update={"fps": 30})


def hashes(made: Rendered) -> list[str]:
    assert [o.message for o in made.outcomes] == [None] * len(made.outcomes)
    return [o.clip.frames_sha256 for o in made.outcomes if o.clip]


@pytest.mark.parametrize("frames", [37, 73, 109])
def test_each_window_adds_36_frames(studio: Studio, framepack: Path, frames: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lengths that the catalog allows are what the pipeline makes: no clip is cut, none is filled up."""
    monkeypatch.setattr("longvid_core.render.session._PROGRESS_EVERY_S", 0)  # else a fast machine's steps are thinned
    (outcome,) = studio.clips(plan_of(frames=frames), backend=f"framepack:{framepack}").outcomes
    assert outcome.message is None and outcome.clip is not None
    assert outcome.clip.frames == frames and outcome.model.id == "framepack-i2v"
    steps = [(e.done, e.total) for e in studio.events if e.event == "progress" and e.unit == "step"]
    windows = (frames - 1) // 36
    assert steps == [(n, windows) for n in range(1, windows + 1)]


def test_other_lengths_are_refused(studio: Studio, framepack: Path) -> None:
    rule = find_backend("framepack", "video").entry.frames
    assert rule is not None and [n for n in range(1, 150) if rule.allows(n)] == [37, 73, 109, 145]
    with pytest.raises(CannotRender, match="36n"):
        studio.clips(plan_of(frames=33), backend=f"framepack:{framepack}")


def test_pictures_words_and_seed_reach_the_model_and_it_repeats(studio: Studio, framepack: Path, tmp_path: Path) -> None:
    plan = plan_of()
    first, last = plan.keyframes
    variants = {
        "as it is": plan,
        "first": plan.model_copy(update={"keyframes": (first.model_copy(update={"prompt": "a cave"}), last)}),
        "last": plan.model_copy(update={"keyframes": (first, last.model_copy(update={"prompt": "a cave"}))}),
        "no last": changed(plan, 0, last_keyframe=None).model_copy(update={"keyframes": (first,)}),
        "prompt": changed(plan, 0, prompt="Nothing but fog."),
        "seed": changed(plan, 0, seed=8),
    }
    made = {name: hashes(studio.clips(p, backend=f"framepack:{framepack}"))[0] for name, p in variants.items()}
    assert len(set(made.values())) == len(variants), made
    assert hashes(Studio(tmp_path / "other").clips(plan, backend=f"framepack:{framepack}"))[0] == made["as it is"]


def test_a_chain(studio: Studio, framepack: Path) -> None:
    plan = plan_of(2, mode="chaining")
    made = studio.clips(plan, backend=f"framepack:{framepack}")
    assert outcomes(made) == ["rendered", "rendered"] and len(set(hashes(made))) == 2
    again = studio.clips(changed(plan, 1, prompt="It rains."), backend=f"framepack:{framepack}")
    assert outcomes(again) == ["cached", "rendered"]


def test_forwards_only(studio: Studio, framepack: Path, tmp_path: Path) -> None:
    """F1 samples from the first frame on; a folder says so by its name, its files are alike."""
    folder = tmp_path / "FramePack_F1_mine"
    folder.symlink_to(framepack)
    with pytest.raises(CannotRender, match="takes no last frame"):
        studio.clips(plan_of(), backend=f"framepack:{folder}")
    forwards = studio.clips(plan_of(mode="chaining", frames=73), backend=f"framepack:{folder}")
    backwards = studio.clips(plan_of(mode="chaining", frames=73), backend=f"framepack:{framepack}")
    assert forwards.outcomes[0].model.id == "framepack-f1"
    assert hashes(forwards) != hashes(backwards)


def test_guidance_against_the_negative_prompt(studio: Studio, framepack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without `true_guidance` the negative prompt is not sent, and does not change the pixels."""
    plain, fog = plan_of(), changed(plan_of(), 0, negative="fog")
    one, two = (studio.clips(p, backend=f"framepack:{framepack}").outcomes[0].clip for p in (plain, fog))
    assert one and two and one.frames_sha256 == two.frames_sha256 and one.made["negative_sent"] is None
    monkeypatch.setenv("LONGVID_FRAMEPACK__TRUE_GUIDANCE", "3")
    three, four = (studio.clips(p, backend=f"framepack:{framepack}").outcomes[0].clip for p in (plain, fog))
    assert three and four and len({one.frames_sha256, three.frames_sha256, four.frames_sha256}) == 3
    assert four.made["negative_sent"] == "fog" and four.made["pipeline"] == "HunyuanVideoFramepackPipeline"
