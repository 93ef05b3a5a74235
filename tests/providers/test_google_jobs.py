"""Jobs at Google, against a server on the loopback: looking at them, fetching their clips, stopping them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from longvid_core.media.probe import probe
from longvid_core.providers.faults import Refused, Transient
from longvid_core.providers.jobs import Ended, RemoteJob, Running, Succeeded
from tests.fake_google import FakeGoogle
from tests.fake_video import KEY, patience
from tests.google_parts import BOTH, OMNI, VEO, Asks, Opens


async def test_a_job_of_veos_lives(google: FakeGoogle, google_video: Opens, google_request: Asks) -> None:
    google.polls, google.skew_s = 2, -7 * 3600
    renders = google_video()
    job = await renders.submit(VEO, google_request())
    assert [await renders.poll(job) for _ in range(3)] == [Running(), Running(), Succeeded(prompt="a harbour In rich detail.")]


async def test_a_job_of_omnis_lives(google: FakeGoogle, google_video: Opens, google_request: Asks) -> None:
    google.polls = 2
    renders = google_video()
    job = await renders.submit(OMNI, google_request())
    seen = [await renders.poll(job) for _ in range(3)]
    assert seen == [Running(queued=True, refundable=True), Running(), Succeeded(facts={"output_tokens": 4 * 5792})]


async def test_what_omni_charged_follows_from_its_tokens(google: FakeGoogle, google_video: Opens, google_request: Asks) -> None:
    renders = google_video()
    state = await renders.poll(await renders.submit("gemini-omni-1.1-flash", google_request()))
    assert isinstance(state, Succeeded) and state.micro_usd == round(4 * 5792 * 17.5 + 1000 * 1.5 + 10 * 9)


async def test_a_state_that_is_not_known_is_waited_out(google: FakeGoogle, google_video: Opens, google_request: Asks) -> None:
    renders = google_video()
    job = await renders.submit(OMNI, google_request())
    google.moods["poll"] = [[200, {}, {"id": job.id, "status": "dreaming"}]]
    assert await renders.poll(job) == Running()


@pytest.mark.parametrize(
    ("model", "end", "kind", "code"),
    [
        (VEO, "again", "again", "13"), (VEO, "aborted", "again", "10"), (VEO, "cancelled", "again", "1"),
        (VEO, "code:8", "again", "8"), (VEO, "code:14", "again", "14"), (VEO, "code:4", "again", "4"),
        (VEO, "refused", "refused", "3"), (VEO, "code:7", "refused", "7"), (VEO, "code:99", "refused", "99"),
        (VEO, "words", "moderated", "3"), (VEO, "moderated", "moderated", "rai_media_filtered"),
        (VEO, "empty", "refused", "empty"),
        (OMNI, "again", "again", "internal"), (OMNI, "aborted", "again", "cancelled"),
        (OMNI, "cancelled", "again", "cancelled"), (OMNI, "refused", "refused", "invalid_argument"),
        (OMNI, "moderated", "moderated", "safety"), (OMNI, "words", "moderated", "completed"),
        (OMNI, "empty", "refused", "completed"), (OMNI, "incomplete", "refused", "incomplete"),
    ],
)  # fmt: skip
async def test_how_jobs_end(
    google: FakeGoogle, google_video: Opens, google_request: Asks, model: str, end: str, kind: str, code: str
) -> None:
    google.moods = {"end": [end]}
    renders = google_video()
    state = await renders.poll(await renders.submit(model, google_request()))
    assert isinstance(state, Ended) and (state.kind, state.code) == (kind, code)
    assert state.message and KEY not in state.message


@pytest.mark.parametrize("model", BOTH)
@pytest.mark.parametrize("mood", [429, 500, 503, 408, 504, "hang", "reset", "cut", "html"])
async def test_a_look_that_fails_is_one_call_and_nothing_is_bought(
    google: FakeGoogle, google_video: Opens, google_request: Asks, model: str, mood: Any, tmp_path: Path
) -> None:
    renders = google_video(timeout_s=patience(mood))
    job = await renders.submit(model, google_request())
    google.clip_of(google.jobs[job.id])  # made beforehand
    google.moods["poll"] = [mood]
    with pytest.raises(Transient) as caught:
        await renders.poll(job)
    assert not caught.value.sent and len(google.to("poll")) == 1
    assert not list(tmp_path.glob("google-*/*"))
    assert isinstance(await renders.poll(job), Succeeded)


# -- fetching -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", BOTH)
async def test_a_clip_inside_the_answer_comes_over_the_wire_once(
    google: FakeGoogle, google_video: Opens, google_request: Asks, model: str, tmp_path: Path
) -> None:
    renders = google_video()
    job = await renders.submit(model, google_request())
    for _ in range(3):
        assert isinstance(await renders.poll(job), Succeeded)
    await renders.fetch(job, tmp_path / "clip.mp4")
    assert len(google.to("poll")) == 1
    assert (tmp_path / "clip.mp4").read_bytes() == google.clip_of(google.jobs[job.id])
    found = probe(tmp_path / "clip.mp4")
    assert (found.frames, found.width, found.height, found.has_audio) == (96, 96, 64, model == OMNI)
    assert not list(tmp_path.glob("google-*/*"))  # nothing else waits: not the pictures that went in either


@pytest.mark.parametrize("model", BOTH)
async def test_another_process_fetches_it_too(
    google: FakeGoogle, google_video: Opens, google_request: Asks, model: str, tmp_path: Path
) -> None:
    job = await google_video().submit(model, google_request())
    await google_video().fetch(RemoteJob.model_validate(job.json_value()), tmp_path / "clip.mp4")
    assert (tmp_path / "clip.mp4").read_bytes() == google.clip_of(google.jobs[job.id])


@pytest.mark.parametrize("model", BOTH)
async def test_a_job_that_a_person_found_is_known_by_its_id_alone(
    google: FakeGoogle, google_video: Opens, google_request: Asks, model: str, tmp_path: Path
) -> None:
    job = await google_video().submit(model, google_request())
    adopted = RemoteJob(id=job.id, model=model)
    assert isinstance(await google_video().poll(adopted), Succeeded)
    await google_video().fetch(adopted, tmp_path / "clip.mp4")
    assert (tmp_path / "clip.mp4").read_bytes() == google.clip_of(google.jobs[job.id])


async def test_a_file_of_the_api_is_waited_for_and_fetched_with_the_key(
    google: FakeGoogle, google_video: Opens, google_request: Asks, tmp_path: Path
) -> None:
    google.delivery, google.processing = "file", 1
    renders = google_video()
    job = await renders.submit(OMNI, google_request())
    assert await renders.poll(job) == Running()
    assert isinstance(await renders.poll(job), Succeeded)
    await renders.fetch(job, tmp_path / "clip.mp4")
    assert (tmp_path / "clip.mp4").read_bytes() == google.clip_of(google.jobs[job.id])
    assert google.to("download")[0].headers["x-goog-api-key"] == KEY


async def test_another_host_is_told_no_key(google: FakeGoogle, google_video: Opens, google_request: Asks, tmp_path: Path) -> None:
    google.delivery = "elsewhere"
    renders = google_video()
    job = await renders.submit(OMNI, google_request())
    await renders.fetch(job, tmp_path / "clip.mp4")
    assert (tmp_path / "clip.mp4").read_bytes() == google.clip_of(google.jobs[job.id])
    (asked,) = google.to("fetch")
    assert asked.headers["host"].startswith("localhost") and KEY not in str(asked.headers)


@pytest.mark.parametrize("looked", [True, False])
async def test_an_expired_address_is_asked_for_anew(
    google: FakeGoogle, google_video: Opens, google_request: Asks, tmp_path: Path, looked: bool
) -> None:
    google.delivery, google.moods = "file", {"fetch": ["expired"]}
    renders = google_video()
    job = await renders.submit(OMNI, google_request())
    if looked:
        await renders.poll(job)
        await renders.fetch(job, tmp_path / "clip.mp4")
    else:  # this address was fresh: something stands in the way, and what was paid for is not given up
        with pytest.raises(Transient, match="does not give"):
            await renders.fetch(job, tmp_path / "clip.mp4")
        await renders.fetch(job, tmp_path / "clip.mp4")
    assert (tmp_path / "clip.mp4").read_bytes() == google.clip_of(google.jobs[job.id])


@pytest.mark.parametrize("model", BOTH)
async def test_a_clip_that_is_gone_is_gone(
    google: FakeGoogle, google_video: Opens, google_request: Asks, model: str, tmp_path: Path
) -> None:
    job = await google_video().submit(model, google_request())
    google.jobs[job.id].signature = 0
    with pytest.raises(Refused, match="no longer"):
        await google_video().fetch(job, tmp_path / "clip.mp4")
    assert not (tmp_path / "clip.mp4").exists()


@pytest.mark.parametrize("mood", ["truncate", "reset", "hang", 500, 429])
async def test_a_fetch_that_breaks_off_leaves_nothing_and_is_tried_again(
    google: FakeGoogle, google_video: Opens, google_request: Asks, tmp_path: Path, mood: Any
) -> None:
    google.delivery, google.moods = "file", {"fetch": [mood]}
    renders = google_video(timeout_s=patience(mood))
    job = await renders.submit(OMNI, google_request())
    google.clip_of(google.jobs[job.id])  # made beforehand
    with pytest.raises(Transient) as caught:
        await renders.fetch(job, tmp_path / "clip.mp4")
    assert not caught.value.sent and not (tmp_path / "clip.mp4").exists()
    await renders.fetch(job, tmp_path / "clip.mp4")
    assert (tmp_path / "clip.mp4").read_bytes() == google.clip_of(google.jobs[job.id])


@pytest.mark.parametrize("model", BOTH)
async def test_nothing_is_fetched_of_a_job_without_a_clip(
    google: FakeGoogle, google_video: Opens, google_request: Asks, model: str, tmp_path: Path
) -> None:
    google.polls, google.moods = 1, {"end": ["refused"]}
    renders = google_video()
    job = await renders.submit(model, google_request())
    with pytest.raises(Transient, match="no clip yet"):
        await renders.fetch(job, tmp_path / "clip.mp4")
    with pytest.raises(Refused, match="Failed with refused"):
        await renders.fetch(job, tmp_path / "clip.mp4")


# -- cancelling ---------------------------------------------------------------------------------------------------------------


async def test_veo_cannot_be_stopped(google: FakeGoogle, google_video: Opens, google_request: Asks) -> None:
    google.polls = 9
    renders = google_video()
    job = await renders.submit(VEO, google_request())
    refund = await renders.cancel(job)
    assert not refund.stopped and "charged" in refund.message and isinstance(await renders.poll(job), Running)


async def test_omni_can(google: FakeGoogle, google_video: Opens, google_request: Asks) -> None:
    google.polls = 9
    renders = google_video()
    job = await renders.submit(OMNI, google_request())
    assert (await renders.cancel(job)).stopped
    assert await renders.poll(job) == Ended(
        code="cancelled", message="Google gave no clip, and no reason: cancelled.", kind="again"
    )
    over = await renders.cancel(job)
    assert over.stopped and "nothing to stop" in over.message
    assert (await renders.cancel(job.model_copy(update={"id": "v1_unknown"}))).stopped
