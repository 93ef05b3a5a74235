"""Who stands in for whom: a fallback that can do it, a marked placeholder, nobody; and chains that go on from the exact frame."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from longvid_core.errors import BadInput, RenderFailed
from longvid_core.manifest.build import build_manifest
from longvid_core.media.frames import iterate_frames, read_last_frame, rgb_array
from longvid_core.media.images import asset_of, save_png
from longvid_core.models import VisualState
from longvid_core.providers.base import VideoRequest
from longvid_core.providers.ends import end_png
from tests.fake_replicate import FakeReplicate
from tests.fake_runway import FakeRunway
from tests.fake_video import picture
from tests.films import outcomes
from tests.remote_parts import CHARGE, VEO, FarStudio, far, runway

__all__ = ["far", "runway"]

TURBO = "runway:gen4_turbo"
"""Takes no last frame. Two seconds are 32 frames of these plans."""
FAST = "runway:veo3.1_fast"


def prefer(far: FarStudio, *fallback: str, **more: Any) -> None:
    far.settings = {**far.settings, "fallback": fallback, **more}


# -- fallbacks -----------------------------------------------------------------------------------------------------------------


def test_the_next_backend_renders_what_the_first_does_not(far: FarStudio, runway: FakeRunway) -> None:
    prefer(far, FAST)
    runway.moods = {"end": ["refused"]}
    plan = far.plan(2)
    made = far.make(plan, backend=VEO)
    assert outcomes(made) == ["rendered"] * 2
    other = next(o for o in made.rendered.outcomes if o.model.id == "veo3.1_fast")
    assert [(a.model, a.state) for a in other.attempts] == [("veo3.1", "failed"), ("veo3.1_fast", "rendered")]
    assert [a.number for a in other.attempts] == [1, 2] and other.cost.paid == CHARGE
    assert far.told("ASSET.INVALID") == 1 and far.told("runway:veo3.1_fast renders it instead") == 1
    again = far.make(plan, backend=VEO)
    assert outcomes(again) == ["cached"] * 2 and again.film == made.film and len(runway.to("submit")) == 3
    assert far.told("stood in for runway:veo3.1 before") == 1
    attempts = [[s.attempts for s in build_manifest(film).segments] for film in (made, again)]
    assert attempts[0] == attempts[1], "the manifest of the same film tells the same"


def test_a_fallbacks_job_that_is_under_way_is_gone_on_with(far: FarStudio, runway: FakeRunway) -> None:
    prefer(far, FAST)
    runway.moods = {"end": ["refused", "never"]}
    plan = far.plan(1)
    far.settings["remote"] = {**far.settings.get("remote", {}), "deadline_s": 0.5}
    assert outcomes(far.clips(plan, backend=VEO)) == ["failed"]
    next(job for job in runway.jobs.values() if job.end == "never").end = None
    (outcome,) = far.clips(plan, backend=VEO).outcomes
    assert outcome.outcome == "rendered" and outcome.model.id == "veo3.1_fast"
    assert len(runway.to("submit")) == 2, "the segment's own backend is not asked again beside a job that is paid for"


def test_what_moderation_cost_is_told_with_the_fallbacks_clip(far: FarStudio, runway: FakeRunway) -> None:
    prefer(far, FAST)
    runway.moods = {"end": ["moderated"]}
    (outcome,) = far.clips(far.plan(1), backend=VEO).outcomes
    assert outcome.model.id == "veo3.1_fast" and outcome.cost.paid == far.spent() == 2 * CHARGE


def test_a_fallback_that_cannot_do_it_is_passed_over(far: FarStudio, runway: FakeRunway, monkeypatch: pytest.MonkeyPatch) -> None:
    """One takes no last frame, one has no key, one is over the budget: the fourth renders it."""
    monkeypatch.delenv("REPLICATE_API_TOKEN", raising=False)
    prefer(far, TURBO, "replicate:bytedance/seedance-1-pro", "runway:klingO3_4k", "animatic")
    far.budget = 1.65
    runway.moods = {"submit": [[400, {}, {"error": "no"}]]}
    (outcome,) = far.clips(far.plan(1), backend=VEO).outcomes
    assert outcome.outcome == "rendered" and outcome.model.provider == "animatic" and runway.charges == 0
    for words in ("gen4_turbo cannot stand in: the segment has a last_keyframe", "replicate needs a key", "over the budget"):
        assert far.told(words) == 1, words


def test_another_vendor_renders_what_the_first_does_not(
    far: FarStudio, runway: FakeRunway, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefer(far, "replicate:bytedance/seedance-1-pro")
    runway.moods = {"submit": [[402, {}, {"error": "no credit"}]]}
    with FakeReplicate(size=(64, 48)) as replicate:
        for name, value in replicate.env.items():
            monkeypatch.setenv(name, value)
        (outcome,) = far.clips(far.plan(1), backend=VEO).outcomes
    assert outcome.outcome == "rendered" and outcome.model.provider == "replicate" and replicate.charges == 1
    assert outcome.seed.returned == outcome.seed.sent is not None, "this one tells which seed it used"
    assert [a.seed_returned for a in outcome.attempts] == [None, outcome.seed.sent] and runway.charges == 0


def test_nobody_is_paid_beside_a_job_that_may_have_been_bought(far: FarStudio, runway: FakeRunway) -> None:
    prefer(far, FAST, "animatic")
    runway.moods = {"submit": ["late:504"]}
    (outcome,) = far.clips(far.plan(1), backend=VEO).outcomes
    assert outcome.outcome == "unknown" and len(runway.to("submit")) == 1


def test_a_fallback_that_is_not_needed_is_not_touched(
    far: FarStudio, runway: FakeRunway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody's weights are read, and nobody's package is missed, for a clip that another renders."""
    from longvid_core.render.renderers import Renderers

    asked, record = [], Renderers.record
    monkeypatch.setattr(Renderers, "record", lambda self, backend: asked.append(str(backend)) or record(self, backend))
    prefer(far, "wan", "framepack")
    assert outcomes(far.clips(far.plan(1), backend=VEO)) == ["rendered"] and set(asked) == {VEO}


# -- placeholders --------------------------------------------------------------------------------------------------------------


def marked(clip: Any) -> bool:
    """Whether every frame has the bar that says what it is."""
    frames = [rgb_array(frame) for frame in iterate_frames(Path(clip.path))]
    return len(frames) == clip.frames and all(tuple(f[1, 10]) == (255, 176, 59) for f in frames)


def test_a_placeholder_is_marked_in_film_and_manifest(far: FarStudio, runway: FakeRunway) -> None:
    prefer(far, on_failure="placeholder")
    runway.moods = {"end": ["moderated"]}
    plan = far.plan(2)
    made = far.make(plan, backend=VEO)
    assert sorted(outcomes(made)) == ["placeholder", "rendered"] and made.film.frames == 2 * 64 - 1
    standing, other = sorted(made.rendered.outcomes, key=lambda o: o.outcome)
    assert standing.clip is not None and marked(standing.clip) and other.clip is not None and not marked(other.clip)
    record = build_manifest(made).segments[standing.index]
    assert record.outcome == "placeholder" and record.made["placeholder"] is True and record.cost.paid == CHARGE
    assert [(a.model, a.code) for a in record.attempts] == [("veo3.1", "SAFETY.INPUT.TEXT")]
    assert far.told("A placeholder stands in its place") == 1
    again = far.make(plan, backend=VEO)
    assert sorted(outcomes(again)) == ["cached", "rendered"] and runway.charges == 3, "the real one is asked for again"


def test_without_the_policy_there_is_no_film(far: FarStudio, runway: FakeRunway) -> None:
    runway.moods = {"end": ["refused"]}
    with pytest.raises(RenderFailed, match="1 of 2 segments") as caught:
        far.make(far.plan(2), backend=VEO)
    assert caught.value.exit_code == 3 and "runway:veo3.1" in str(caught.value) and "ASSET.INVALID" in str(caught.value)


def test_no_clip_is_bought_that_goes_on_from_a_placeholder(far: FarStudio, runway: FakeRunway) -> None:
    """It would begin on a picture that says PLACEHOLDER, and be bought again once the real one is there."""
    prefer(far, on_failure="placeholder")
    runway.moods = {"end": [None, "refused"]}
    plan = far.plan(4, mode="chaining", cuts=(3,), frames=32)
    runway.seconds = 0.2
    made = far.clips(plan, backend=TURBO)
    assert sorted(outcomes(made)) in (
        ["placeholder"] * 2 + ["rendered"] * 2, ["placeholder"] + ["rendered"] * 3, ["placeholder"] * 3 + ["rendered"]
    )  # fmt: skip
    kinds = outcomes(made)[:3]
    broken = kinds.index("placeholder") if "placeholder" in kinds else 3
    assert all(kind == "placeholder" for kind in kinds[broken:])
    assert len(runway.to("submit")) == outcomes(made).count("rendered") + 1
    for outcome in made.outcomes[broken + 1 : 3]:
        assert f"segment {outcome.index - 1} (s0{outcome.index - 1}), which it goes on from, is a placeholder" in outcome.message
        assert outcome.clip is not None and marked(outcome.clip)
    again = far.clips(plan, backend=TURBO)
    assert "placeholder" not in outcomes(again) and runway.charges == 5


# -- chains --------------------------------------------------------------------------------------------------------------------


def test_a_chain_goes_one_by_one_each_from_the_exact_last_frame(far: FarStudio, runway: FakeRunway, tmp_path: Path) -> None:
    runway.seconds = 0.1
    made = far.make(far.plan(3, mode="chaining", frames=32), backend=TURBO)
    assert runway.at_once == 1 and runway.charges == 3 and made.film.frames == 3 * 32 - 2
    jobs = list(runway.jobs.values())
    for before, job in zip(made.rendered.clips, jobs[1:], strict=False):
        last = tmp_path / "last.png"
        save_png(read_last_frame(Path(before.path)).image, last)
        request = VideoRequest(
            prompt="", negative="", visual=VisualState(), seed=None, frames=32, fps=16, width=64, height=48, first=None, last=None
        )
        (given,) = job.fields["promptImage"]
        wide, _, high = job.fields["ratio"].partition(":")
        expected = Image.open(io.BytesIO(end_png(asset_of(last), (int(wide), int(high)), request)))
        assert picture(given["uri"]).tobytes() == expected.tobytes() and given["position"] == "first"


def test_a_chain_ends_where_one_has_no_clip(far: FarStudio, runway: FakeRunway) -> None:
    runway.moods = {"end": [None, "refused"]}
    made = far.clips(far.plan(3, mode="chaining", frames=32), backend=TURBO)
    assert outcomes(made) == ["rendered", "failed", "failed"] and len(runway.to("submit")) == 2
    assert "last frame of segment 1 (s01), which has no clip" in (made.outcomes[2].message or "")
    assert outcomes(far.clips(far.plan(3, mode="chaining", frames=32), backend=TURBO)) == ["cached", "rendered", "rendered"]


def test_no_key_is_needed_where_a_fallbacks_clip_is_stored(
    far: FarStudio, runway: FakeRunway, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefer(far, "animatic")
    runway.moods = {"end": ["refused"]}
    plan = far.plan(1)
    made = far.make(plan, backend=VEO)
    monkeypatch.delenv("RUNWAYML_API_SECRET")
    assert far.make(plan, backend=VEO).film == made.film
    with pytest.raises(BadInput, match="needs a key"):
        far.make(far.plan(2), backend=VEO)
