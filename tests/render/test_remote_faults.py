"""What can go wrong at each step of a remote clip: bought once, told of, gone on with."""

from __future__ import annotations

from typing import Any

import pytest

from longvid_core.errors import StoreError
from longvid_core.models.clip import Outcome
from longvid_core.store.journal import Journal
from tests.fake_clips import made_clip
from tests.fake_images import FakeImages
from tests.fake_runway import FakeRunway
from tests.fake_video import Answer, Asked, patience
from tests.films import outcomes
from tests.remote_parts import CHARGE, VEO, FarStudio, far, runway

__all__ = ["far", "runway"]


def one(far: FarStudio) -> Outcome:
    """The outcome of a film of one shot."""
    return far.clips(far.plan(1), backend=VEO).outcomes[0]


# -- submitting ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mood", [[429, {"retry-after": "0"}, {"error": "slow down"}], 500, 503])
def test_a_refusal_is_submitted_again(far: FarStudio, runway: FakeRunway, mood: Any) -> None:
    runway.moods = {"submit": [mood, mood]}
    made = one(far)
    assert made.outcome == "rendered" and runway.charges == 1 and len(runway.to("submit")) == 3
    assert far.states() == ["refused", "refused", "verified"] and far.spent() == CHARGE and far.held() == 0
    assert [a.state for a in made.attempts] == ["failed", "failed", "rendered"] and made.cost.paid == CHARGE


def test_after_the_last_attempt_the_segment_fails_and_nothing_was_paid(far: FarStudio, runway: FakeRunway) -> None:
    runway.moods = {"submit": [503] * 4}
    made = one(far)
    assert made.outcome == "failed" and len(runway.to("submit")) == 4 and runway.charges == far.held() == 0
    for words in ("runway:veo3.1", "503", "Paid for it: $0.00"):
        assert words in (made.message or "")
    assert one(far).outcome == "rendered" and runway.charges == 1


def test_two_clips_never_share_one_job(far: FarStudio, runway: FakeRunway, monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that answers with the id of an earlier job: which the new one is, a person must say."""
    assert one(far).outcome == "rendered"
    (first,) = runway.jobs
    submit = runway.answer

    def answer(step: str, asked: Asked, mood: Any) -> Answer:
        answered = submit(step, asked, mood)
        return Answer({**answered.body, "id": first}) if step == "submit" else answered

    monkeypatch.setattr(runway, "answer", answer)
    made = far.clips(far.plan(2), backend=VEO)
    assert outcomes(made) == ["cached", "unknown"] and first in (made.outcomes[1].message or "")
    assert far.states() == ["verified", "unknown"] and runway.charges == 2


def test_an_id_that_cannot_be_written_down_is_told(far: FarStudio, runway: FakeRunway, monkeypatch: pytest.MonkeyPatch) -> None:
    step = Journal.step

    def full(self: Journal, job: int, state: Any, *args: Any, **more: Any) -> Any:
        if state == "submitted":
            raise StoreError("the disk is full.")
        return step(self, job, state, *args, **more)

    monkeypatch.setattr(Journal, "step", full)
    with pytest.raises(StoreError):
        one(far)
    (theirs,) = runway.jobs
    assert far.told(f"jobs resolve 1 adopt {theirs}") == 1


def test_what_the_provider_will_not_do_is_asked_once(far: FarStudio, runway: FakeRunway) -> None:
    runway.moods = {"submit": [[400, {}, {"error": "Validation of body failed"}]]}
    made = one(far)
    assert made.outcome == "failed" and "Validation of body failed" in (made.message or "")
    assert len(runway.to("submit")) == 1 and far.states() == ["refused"] and far.held() == 0


LOST = [408, 502, 504, 524, "late:504", "late:reset", "late:html", "cut", "reset", "html", "hang"]


@pytest.mark.parametrize("mood", LOST)
def test_a_lost_answer_is_for_a_person_to_settle(far: FarStudio, runway: FakeRunway, mood: Any) -> None:
    far.remote(timeout_s=patience(mood))
    runway.moods = {"submit": [mood]}
    bought = str(mood).startswith("late") or mood == "cut"
    made = one(far)
    assert made.outcome == "unknown" and "may have been bought (up to $1.60)" in (made.message or "")
    assert "longvid jobs resolve 1 adopt ID" in (made.message or "") and "resubmit" in (made.message or "")
    assert far.states() == ["unknown"] and far.held() == 1_600_000 and runway.charges == bought
    assert one(far).outcome == "unknown" and len(runway.to("submit")) == 1, "never submitted again in silence"
    far.remote(timeout_s=20)
    if bought:
        far.resolve(1, "submitted", remote_id=next(iter(runway.jobs)))
    else:
        far.resolve(1, "resubmit")
    assert one(far).outcome == "rendered" and runway.charges == 1 and far.spent() == CHARGE and far.held() == 0


def test_the_siblings_of_an_unknown_one_finish(far: FarStudio, runway: FakeRunway) -> None:
    runway.moods = {"submit": ["late:reset"]}
    made = far.clips(far.plan(3), backend=VEO)
    assert sorted(outcomes(made)) == ["rendered", "rendered", "unknown"]
    assert runway.charges == 3 == len(made.clips) + far.states().count("unknown")


def test_on_unknown_resubmit_buys_again_and_says_so(far: FarStudio, runway: FakeRunway) -> None:
    far.settings = {**far.settings, "on_unknown": "resubmit"}
    runway.moods = {"submit": ["late:reset", 504]}
    made = one(far)
    assert made.outcome == "rendered" and runway.charges == 2 and far.states() == ["resubmit", "resubmit", "verified"]
    assert far.told("on_unknown: resubmit") == 2 and [a.state for a in made.attempts] == ["unknown", "unknown", "rendered"]
    assert far.steps(1) == ["intent", "unknown", "resubmit"]


def test_a_take_that_was_dropped_is_not_bought(far: FarStudio, runway: FakeRunway) -> None:
    runway.moods = {"submit": [504]}
    one(far)
    far.resolve(1, "dropped")
    made = one(far)
    assert made.outcome == "failed" and "was dropped" in (made.message or "") and "--reroll 0" in (made.message or "")
    assert len(runway.to("submit")) == 1
    far.resolve(1, "resubmit")
    assert one(far).outcome == "rendered"


# -- how jobs end --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["again", "aborted", "none", "THIRD_PARTY.UNAVAILABLE"])
def test_a_job_that_fails_inside_is_submitted_again(far: FarStudio, runway: FakeRunway, end: str) -> None:
    runway.moods = {"end": [end, end]}
    made = one(far)
    assert made.outcome == "rendered" and len(runway.to("submit")) == 3
    assert far.states() == ["failed", "failed", "verified"] and far.held() == 0


def test_not_for_ever(far: FarStudio, runway: FakeRunway) -> None:
    far.remote(retries=1)
    runway.moods = {"end": ["again"] * 9}
    made = one(far)
    assert made.outcome == "failed" and len(runway.to("submit")) == 2
    for words in ("runway:veo3.1", "INTERNAL.BAD_OUTPUT.CODE01", "job 2", "Paid for it: $0.00"):
        assert words in (made.message or "")


def test_a_job_that_is_refused_is_not_submitted_again(far: FarStudio, runway: FakeRunway) -> None:
    runway.moods = {"end": ["refused"]}
    made = one(far)
    assert made.outcome == "failed" and "ASSET.INVALID" in (made.message or "") and len(runway.to("submit")) == 1


@pytest.mark.parametrize("step", ["submit", "end"])
def test_moderated_words_are_put_into_others(
    far: FarStudio, runway: FakeRunway, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    runway.moods = {step: ["moderated"]}
    with FakeImages(rewording=lambda prompt: f"Gently: {prompt}") as language:
        monkeypatch.setenv("OPENAI_API_KEY", "key-of-a-language-model")
        monkeypatch.setenv("OPENAI_BASE_URL", f"{language.url}/v1")
        far.settings = {**far.settings, "planner": "openai:gpt-5.4-mini"}
        made = one(far)
    assert made.outcome == "rendered" and made.prompt_sent.startswith("Gently: Shot 0")
    assert [job.prompt.startswith("Gently") for job in far.jobs()] == [False, True]
    assert [a.prompt for a in made.attempts] == [job.prompt for job in far.jobs()]
    if step == "end":  # Runway charges for what it moderates
        assert made.cost.paid == far.spent() == 2 * CHARGE


def test_moderated_without_anybody_to_reword_is_a_failure_with_its_price(far: FarStudio, runway: FakeRunway) -> None:
    runway.moods = {"end": ["moderated"]}
    made = one(far)
    assert made.outcome == "failed" and "SAFETY.INPUT.TEXT" in (made.message or "") and "$0.20" in (made.message or "")
    assert made.cost.paid == far.spent() == CHARGE


def test_a_job_that_never_ends_can_be_waited_for_another_time(far: FarStudio, runway: FakeRunway) -> None:
    far.remote(deadline_s=0.4)
    far.settings = {**far.settings, "fallback": ("animatic",)}
    runway.moods = {"end": ["never"]}
    made = one(far)
    assert made.outcome == "failed", "nobody else is asked while it may yet be charged"
    assert "deadline" in (made.message or "") and "longvid jobs cancel 1" in (made.message or "")
    assert far.states() == ["running"] and far.held() > 0
    next(iter(runway.jobs.values())).end = None
    assert one(far).outcome == "rendered" and runway.charges == 1 and far.told("goes on with job 1") == 1


# -- polling -------------------------------------------------------------------------------------------------------------------

SICK = [[429, {"retry-after": "0.1"}, {"error": "slow down"}], 500, 502, 504, "reset", "cut", "html", 503]


def test_a_poll_that_fails_loses_no_job(far: FarStudio, runway: FakeRunway) -> None:
    runway.moods = {"poll": list(SICK)}
    made = one(far)
    assert made.outcome == "rendered" and runway.charges == 1 and len(runway.to("poll")) > len(SICK)
    assert far.told("is asked for again") == 1, "a silence is told of once"


def test_a_job_that_is_not_known_for_a_moment_is_waited_for(far: FarStudio, runway: FakeRunway) -> None:
    runway.moods = {"poll": [404, 404]}
    assert one(far).outcome == "rendered" and runway.charges == 1


def test_a_job_that_is_not_known_any_more_is_not_bought_again(far: FarStudio, runway: FakeRunway) -> None:
    """Another account's key is set, say: what was bought is still there, and comes with the right one."""
    runway.moods = {"poll": [404] * 3}
    made = one(far)
    assert made.outcome == "unknown" and "RUNWAYML_API_SECRET" in (made.message or "") and far.states() == ["unknown"]
    assert one(far).outcome == "rendered" and runway.charges == 1 and far.spent() == CHARGE


def test_a_key_that_ends_in_the_middle_leaves_the_job_to_the_next_run(far: FarStudio, runway: FakeRunway) -> None:
    far.settings = {**far.settings, "fallback": ("animatic",)}
    runway.moods = {"poll": [401]}
    made = one(far)
    assert made.outcome == "failed" and "401" in (made.message or "") and "run the same again" in (made.message or "")
    assert far.states() == ["submitted"]
    assert one(far).outcome == "rendered" and runway.charges == 1


@pytest.mark.parametrize("skew_s", [-7200, 7200])
def test_a_clock_that_is_hours_off_changes_nothing(far: FarStudio, runway: FakeRunway, skew_s: float) -> None:
    runway.skew_s = skew_s
    assert one(far).outcome == "rendered" and runway.charges == 1


# -- fetching ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moods", [["expired"], ["truncate", "reset", 500], ["garbage"], ["html"], [[200, {}, "x"], 403]])
def test_a_clip_that_does_not_come_whole_is_fetched_again(far: FarStudio, runway: FakeRunway, moods: list[Any]) -> None:
    runway.moods = {"fetch": moods}
    made = one(far)
    assert made.outcome == "rendered" and made.clip is not None and made.clip.frames == 96
    assert runway.charges == 1 and far.states() == ["verified"] and far.spent() == CHARGE and far.scraps() == []


def test_half_a_clip_that_says_it_is_whole_is_not_taken_for_one(
    far: FarStudio, runway: FakeRunway, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = runway.clip_of
    halves = iter([True, False])
    monkeypatch.setattr(runway, "clip_of", lambda job: whole(job)[: len(whole(job)) // 2] if next(halves) else whole(job))
    made = one(far)
    assert made.outcome == "rendered" and made.clip is not None and made.clip.frames == 96
    assert len(runway.to("fetch")) == 2 and runway.charges == 1 and far.told("cannot be used") == 1


@pytest.mark.parametrize("mood", [503, 403, 451, "html", [302, {"location": "/clips/away.mp4"}, {}], [302, {}, {}]])
def test_a_clip_that_cannot_be_fetched_now_is_fetched_by_the_next_run(far: FarStudio, runway: FakeRunway, mood: Any) -> None:
    far.settings = {**far.settings, "fallback": ("animatic",)}
    runway.moods = {"fetch": [mood] * 40}
    made = one(far)
    assert made.outcome == "failed" and "$0.20" in (made.message or "") and "run the same again" in (made.message or "")
    assert far.states() == ["succeeded"] and far.scraps() == [] and made.cost.paid == CHARGE
    runway.moods = {}
    assert one(far).outcome == "rendered" and runway.charges == 1 and far.spent() == CHARGE


@pytest.mark.parametrize(("fps", "frames", "words"), [("300", 1200, "300 frames a second"), ("24", 1, "no moving picture")])
def test_what_no_film_can_be_made_of_is_no_clip(
    far: FarStudio, runway: FakeRunway, monkeypatch: pytest.MonkeyPatch, fps: str, frames: int, words: str
) -> None:
    monkeypatch.setattr(runway, "clip_of", lambda job: made_clip(64, 48, fps, frames))
    made = one(far)
    assert made.outcome == "failed" and words in (made.message or "") and "buys another" in (made.message or "")
    assert far.states() == ["failed"] and far.scraps() == [] and len(runway.to("fetch")) == 1


@pytest.mark.parametrize(("moods", "code"), [(["gone"], "gone"), (["garbage"] * 3, "unusable")])
def test_a_clip_that_is_lost_for_good_is_told_with_what_it_cost(
    far: FarStudio, runway: FakeRunway, moods: list[Any], code: str
) -> None:
    runway.moods = {"fetch": moods}
    made = one(far)
    assert made.outcome == "failed" and f"({code})" in (made.message or "") and "$0.20" in (made.message or "")
    assert [(a.state, a.code, a.paid) for a in made.attempts] == [("failed", code, CHARGE)] and far.scraps() == []
