"""Films rendered far away: each clip is bought once, told of whole, within what the provider and the budget allow."""

from __future__ import annotations

from pathlib import Path

import pytest

from longvid_core.errors import BadInput, OverBudget
from longvid_core.manifest.build import build_manifest
from tests.fake_runway import FakeRunway
from tests.films import changed, outcomes
from tests.remote_parts import CHARGE, STEPS, VEO, FarStudio, far, held_until, runway

__all__ = ["far", "runway"]


def test_four_segments_are_four_charges_and_again_none(far: FarStudio, runway: FakeRunway) -> None:
    plan = far.plan(4)
    made = far.make(plan, backend=VEO)
    assert outcomes(made) == ["rendered"] * 4 and made.film.frames == 4 * 64 - 3
    assert runway.charges == 4 and far.spent() == 4 * CHARGE and far.held() == 0
    assert all(far.steps(job) in (STEPS, [s for s in STEPS if s != "running"]) for job in (1, 2, 3, 4))
    assert far.scraps() == []
    again = far.make(plan, backend=VEO)
    assert outcomes(again) == ["cached"] * 4 and again.film == made.film
    assert runway.charges == 4 and len(runway.to("submit")) == 4 and far.spent() == 4 * CHARGE
    assert [o.attempts for o in again.rendered.outcomes] == [o.attempts for o in made.rendered.outcomes]
    far.make(changed(plan, 2, prompt="Something else."), backend=VEO)
    assert runway.charges == 5, "a changed prompt is that segment's alone"


def test_the_manifest_says_what_was_asked_and_paid(far: FarStudio, runway: FakeRunway) -> None:
    made = far.make(far.plan(2), backend=VEO)
    jobs = sorted(far.jobs(), key=lambda job: job.index)
    assert [clip.sha256 for clip in made.rendered.clips] == [job.file_sha256 for job in jobs], "byte for byte"
    for segment, job in zip(build_manifest(made).segments, jobs, strict=True):
        sent = runway.jobs[job.remote_id or ""].fields
        assert segment.prompt_sent == sent["promptText"] == job.prompt
        assert segment.seed.sent == sent["seed"] == job.seed_sent and segment.seed.requested is not None
        assert segment.seed.returned is None and segment.determinism == "best-effort"
        (attempt,) = segment.attempts
        assert (attempt.state, attempt.remote_id, attempt.paid) == ("rendered", job.remote_id, CHARGE)
        assert (attempt.provider, attempt.model, attempt.seed_sent) == ("runway", "veo3.1", sent["seed"])
        assert segment.cost.paid == CHARGE and segment.made["job"] == job.remote_id
        assert {r.role for r in segment.references} == {"first", "last"}


def test_too_many_at_once_narrow_the_lane_and_all_get_through(
    far: FarStudio, runway: FakeRunway, monkeypatch: pytest.MonkeyPatch
) -> None:
    runway.limit = 2
    held_until(runway, lambda: len(runway.to("submit")) > 2, monkeypatch)
    made = far.clips(far.plan(5), backend=VEO)
    assert outcomes(made) == ["rendered"] * 5 and runway.charges == 5 and runway.at_once == 2
    refused = far.states().count("refused")
    assert refused == len(runway.to("submit")) - 5 > 0 and far.states().count("verified") == 5
    assert far.spent() == 5 * CHARGE and far.held() == 0
    assert far.told("too many tasks") == refused


def test_an_account_that_may_less_at_once_is_heeded(far: FarStudio, runway: FakeRunway, monkeypatch: pytest.MonkeyPatch) -> None:
    held_until(runway, lambda: len(runway.jobs) == 2, monkeypatch)
    far.remote(concurrency={"runway": 2})
    far.clips(far.plan(4), backend=VEO)
    assert runway.at_once == 2 and len(runway.to("submit")) == 4


def test_a_model_without_a_seed_goes_on_without_and_says_so_once(far: FarStudio, runway: FakeRunway) -> None:
    made = far.clips(far.plan(2, mode="chaining", cuts=(1,), frames=80), backend="runway:kling2.5_turbo_pro")
    assert far.told("kling2.5_turbo_pro takes no seed") == 1
    assert all("seed" not in job.fields for job in runway.jobs.values())
    for outcome in made.outcomes:
        assert outcome.seed.requested is not None and outcome.seed.sent is None and outcome.determinism == "none"
    far.clips(far.plan(2, mode="chaining", cuts=(1,), frames=80), backend="runway:kling2.5_turbo_pro")
    assert far.told("takes no seed") == 0, "nothing was rendered"


def test_a_long_prompt_is_fitted_and_what_was_left_out_is_told(far: FarStudio, runway: FakeRunway) -> None:
    prompt = ", ".join(f"clause {n} of the 🌊 story" for n in range(60))
    plan = changed(far.plan(1), 0, prompt=prompt)
    made = far.make(plan, backend=VEO)
    (sent,) = (job.fields["promptText"] for job in runway.jobs.values())
    assert 900 < len(sent.encode("utf-16-le")) // 2 <= 1000
    (segment,) = build_manifest(made).segments
    assert segment.prompt_sent == sent and "clause 59" in segment.left_out and "clause 59" not in sent
    assert made.rendered.plan.segments[0].prompt == prompt


def test_without_a_key_it_is_said_before_anything_else(
    far: FarStudio, runway: FakeRunway, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = far.plan(1)
    made = far.make(plan, backend=VEO)
    monkeypatch.delenv("RUNWAYML_API_SECRET")
    assert far.make(plan, backend=VEO).film == made.film, "what is stored needs no key"
    with pytest.raises(BadInput, match="needs a key") as caught:
        far.make(far.plan(2), backend=VEO)
    assert "RUNWAYML_API_SECRET" in str(caught.value) and "dev.runwayml.com" in str(caught.value)
    assert len(far.jobs()) == 1 and caught.value.exit_code == 2


def test_a_budget_is_a_hard_stop(far: FarStudio, runway: FakeRunway) -> None:
    """Each may cost 0.80 to 1.60 dollars by the catalog, and costs 0.20 here: one after the other three fit into 2.10."""
    far.budget = 2.1
    far.remote(concurrency={"runway": 1})
    made = far.clips(far.plan(3), backend=VEO)
    assert outcomes(made) == ["rendered"] * 3
    far.budget = 1.5
    with pytest.raises(OverBudget, match=r"may cost \$1.60") as caught:
        far.clips(far.plan(4), backend=VEO)
    assert caught.value.exit_code == 4 and runway.charges == 3 and far.held() == 0


def test_a_budget_waits_for_what_is_under_way_and_then_buys_what_still_fits(far: FarStudio, runway: FakeRunway) -> None:
    """Two at once might cost 3.20 dollars. Each costs 0.20: once the first is paid there is room for the second."""
    far.budget, runway.seconds = 2.1, 0.3
    assert outcomes(far.clips(far.plan(3), backend=VEO)) == ["rendered"] * 3
    assert runway.at_once == 1 and far.spent() == 3 * CHARGE


def test_what_is_under_way_counts_before_anything_new_is_bought(far: FarStudio, runway: FakeRunway) -> None:
    """The later segment's job may cost 1.60 dollars. The earlier segment waits for it, and then is too much."""
    plan = far.plan(2)
    runway.moods = {"end": ["never"]}
    far.remote(deadline_s=0.3)
    assert outcomes(far.clips(plan, backend=VEO, only={1})) == ["failed"] and far.states() == ["running"]
    far.budget = 2.0
    with pytest.raises(OverBudget):
        far.clips(plan, backend=VEO)
    assert len(runway.to("submit")) == 1 and far.states() == ["running"]


def test_with_a_budget_a_model_without_a_price_is_refused(
    far: FarStudio, runway: FakeRunway, monkeypatch: pytest.MonkeyPatch
) -> None:
    from longvid_core.catalog import Backend, find_backend

    found = find_backend(VEO, "video")
    unpriced = Backend(found.provider, found.model, found.entry.model_copy(update={"price": None}))
    far.budget = 100
    with pytest.raises(OverBudget, match=r"price of runway:veo3\.1 is not known"):
        far.clips(far.plan(1), backend=unpriced)
    assert runway.asked == []


def test_clips_of_another_length_than_was_asked_are_kept_and_told_of(far: FarStudio, runway: FakeRunway, tmp_path: Path) -> None:
    with runway.lock:
        take = runway.take
        runway.take = lambda *a, **k: take(*a[:5], 48, **k)  # type: ignore[method-assign]
    made = far.clips(far.plan(1), backend=VEO)
    assert outcomes(made) == ["rendered"] and made.clips[0].frames == 48
    assert far.told("made 2.0 s, and was asked for 4.0 s") == 1
