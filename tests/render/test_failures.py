"""One segment's failure is its own; refusals come before any work; an outside package's provider is like any other."""

from __future__ import annotations

from pathlib import Path

import pytest

from longvid_core.errors import BadInput, CannotRender, Interrupted, RenderFailed, UnknownName
from longvid_core.models import Keyframe
from tests.films import Studio, changed, outcomes, small_plan

pytestmark = pytest.mark.usefixtures("moody")


def open_ended(**more):
    """A plan that `moody`, which takes no last frame, can render."""
    plan = small_plan(3, cuts=(1, 2), **more)
    for i in range(3):
        plan = changed(plan, i, last_keyframe=None)
    return plan


@pytest.mark.parametrize(
    ("mood", "why"),
    [("REFUSE", "not in the mood"), ("CRASH", "ZeroDivisionError: moody fell over"), ("SHORT", "4 frames instead of 5")],
)
def test_a_failed_segment_leaves_its_siblings_alone(studio: Studio, mood: str, why: str) -> None:
    plan = changed(open_ended(), 1, prompt=f"{mood} now")
    made = studio.clips(plan, backend="moody")
    assert outcomes(made) == ["rendered", "failed", "rendered"]
    assert why in (made.outcomes[1].message or "")
    assert [a.state for a in made.outcomes[1].attempts] == ["failed"]
    with pytest.raises(RenderFailed, match="1 of 3 segments") as caught:
        studio.make(plan, backend="moody")
    assert caught.value.exit_code == 3 and "segment 1 (s01)" in str(caught.value) and why in str(caught.value)
    assert not list((studio.home / "films").rglob("*.mp4"))


def test_mending_the_cause_renders_only_what_is_missing(studio: Studio) -> None:
    studio.clips(changed(open_ended(), 1, prompt="REFUSE now"), backend="moody")
    assert outcomes(studio.clips(open_ended(), backend="moody")) == ["cached", "rendered", "cached"]


def test_in_a_chain_the_rest_waits_for_the_one_that_failed(studio: Studio) -> None:
    plan = changed(small_plan(4, mode="chaining", cuts=(3,)), 1, prompt="REFUSE now")
    made = studio.clips(plan, backend="moody")
    assert outcomes(made) == ["rendered", "failed", "failed", "rendered"]
    assert "last frame of segment 1 (s01)" in (made.outcomes[2].message or "")


def test_a_provider_without_a_seed_goes_on_without_and_says_so(studio: Studio) -> None:
    outcome = studio.clips(open_ended(), backend="moody").outcomes[0]
    assert outcome.seed.requested is not None and outcome.seed.sent is None
    assert outcome.determinism == "none"


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (small_plan(2), "last_keyframe"),
        (open_ended().model_copy(update={"fps": 24}), "fps 24"),
        (changed(open_ended(), 2, frames=101), "frames 101"),
    ],
    ids=["a last frame", "another rate", "too long"],
)
def test_what_a_model_cannot_do_is_refused_with_who_could(studio: Studio, plan, said: str) -> None:
    with pytest.raises(CannotRender, match=said) as caught:
        studio.clips(plan, backend="moody")
    assert "animatic:animatic" in str(caught.value)
    assert studio.attempts() == []


def test_a_segment_may_name_its_own_backend(studio: Studio) -> None:
    made = studio.clips(changed(open_ended(), 1, backend="moody:plain"))
    assert [o.model.provider for o in made.outcomes] == ["animatic", "moody", "animatic"]


def test_an_unknown_backend_is_named_with_what_there_is(studio: Studio) -> None:
    with pytest.raises(UnknownName, match="animatik") as caught:
        studio.clips(small_plan(1), backend="animatik")
    assert "Did you mean animatic" in str(caught.value)


def test_a_picture_that_is_gone_is_not_quietly_replaced(studio: Studio, tmp_path: Path) -> None:
    from PIL import Image

    from longvid_core.media.images import asset_of

    mine = tmp_path / "mine.png"
    Image.new("RGB", (64, 48)).save(mine)
    plan = small_plan(1).with_keyframes([Keyframe(id="k00", prompt="x", image=asset_of(mine), source="user")])
    mine.unlink()
    with pytest.raises(BadInput, match="k00"):
        studio.clips(plan)


def test_stopping_keeps_what_is_finished_and_leaves_no_scraps(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("longvid_core.render.lanes.cpus", lambda: 2)  # with many more all six would be done together
    plan = small_plan(6)

    def after_two() -> bool:
        return sum(e.event == "segment_done" for e in studio.events) >= 2

    with pytest.raises(Interrupted) as caught:
        studio.clips(plan, interrupted=after_two)
    assert caught.value.exit_code == 5
    assert list((studio.home / "scratch").iterdir()) == []
    done = [s for s, state in studio.attempts() if state == "rendered"]
    again = studio.clips(plan)
    assert 2 <= outcomes(again).count("cached") == len(done) < 6
