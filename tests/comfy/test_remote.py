"""Hosted models on the canvas: a real ComfyUI, the real SDKs, and services on the loopback that charge."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from longvid_core.media.probe import probe
from longvid_core.models import Manifest
from tests.comfy.client import PATIENCE_S, Client, Ended, Prompt, Refused, node_id, template, with_inputs
from tests.fake_replicate import FakeReplicate
from tests.fake_runway import FakeRunway
from tests.fake_video import KEY, FakeVideo
from tools.comfy_host import ComfyHost

SHOTS, SECONDS, FPS = 3, 4, 24
RATE = 5 * 10_000
"""Micro-dollars a second that the loopback's Runway charges."""
UNSET = ("REPLICATE_API_TOKEN", "GOOGLE_API_KEY", "GEMINI_API_KEY", "OPENAI_API_KEY")


def environment(base: Path, runway: FakeVideo, replicate: FakeVideo) -> dict[str, str]:
    """Runway with its key, Replicate without one, and a hurry."""
    addresses = {**runway.env, "REPLICATE_BASE_URL": replicate.url, **dict.fromkeys(UNSET, "")}
    hurry = {"LONGVID_POLL_INTERVAL": "0.1", "LONGVID_RETRY__FIRST_WAIT_S": "0.1"}
    return {"LONGVID_HOME": str(base / "longvid"), "XDG_CONFIG_HOME": str(base / "config"), **addresses, **hurry}


@pytest.fixture(scope="module")
def services() -> Iterator[tuple[FakeRunway, FakeReplicate]]:
    with FakeRunway() as runway, FakeReplicate() as replicate:
        yield runway, replicate


@pytest.fixture(scope="module")
def remote_host(tmp_path_factory: pytest.TempPathFactory, services: tuple[FakeRunway, FakeReplicate]) -> Iterator[ComfyHost]:
    base = tmp_path_factory.mktemp("remote")
    with ComfyHost(base, environment=environment(base, *services)) as running:
        yield running


@pytest.fixture
def runway(services: tuple[FakeRunway, FakeReplicate]) -> FakeRunway:
    """With no jobs; small clips, done at once."""
    return as_new(services[0])


@pytest.fixture
def replicate(services: tuple[FakeRunway, FakeReplicate]) -> FakeReplicate:
    return as_new(services[1])


@pytest.fixture
def comfy(remote_host: ComfyHost, runway: FakeRunway, replicate: FakeReplicate) -> Client:
    """With an empty store, no films and no longvid.yaml."""
    client = Client(remote_host, remote_host.base / "longvid")
    for folder in (client.home, remote_host.output / "longvid", remote_host.base / "config"):
        shutil.rmtree(folder, ignore_errors=True)
    return client


def as_new(fake: Any) -> Any:
    fake.reset()
    fake.seconds, fake.polls, fake.size = 0.0, 0, (64, 48)
    return fake


def remote(mode: str, **clips: Any) -> Prompt:
    """A template with three shots of four seconds, more or less. `clips`: inputs of the node that renders them."""
    prompt = with_inputs(
        template(f"remote_{mode}_mode"), "LongvidSegmentPlanner", width=128, height=72, segments=SHOTS, seconds=SHOTS * SECONDS
    )
    return with_inputs(prompt, "LongvidRemoteVideo", **clips)


def manifest_of(comfy: Client, prompt: Prompt, outputs: dict[str, Any]) -> Manifest:
    path = comfy.saved(outputs, node_id(prompt, "LongvidManifestWriter"))
    return Manifest.model_validate_json(path.read_text(encoding="utf-8"))


def text(prompt: Prompt, outputs: dict[str, Any]) -> str:
    """What stands on the node that rendered."""
    return "\n".join(outputs[node_id(prompt, "LongvidRemoteVideo")]["text"])


def complaint(comfy: Client, prompt: Prompt) -> str:
    with pytest.raises(Ended) as ended:
        comfy.run(prompt)
    assert ended.value.message["node_type"] == "LongvidRemoteVideo"
    return ended.value.message["exception_message"]


def until(true: Callable[[], bool], comfy: Client, timeout: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < deadline, comfy.host.tail()
        time.sleep(0.02)


def quiet(fake: FakeVideo, comfy: Client) -> None:
    """Until nothing is asked for as long as five looks of every job would take."""
    asked = -1
    deadline = time.monotonic() + PATIENCE_S
    while asked != len(fake.asked):
        assert time.monotonic() < deadline, comfy.host.tail()
        asked = len(fake.asked)
        time.sleep(0.5)


def under_way(comfy: Client) -> int:
    """Jobs that were seen to be running."""
    return len({e["job"] for e in comfy.events() if e["event"] == "job" and e["state"] == "running"})


def never_done(fake: FakeVideo) -> None:
    fake.seconds, fake.moods = 0.1, {"end": ["never"] * SHOTS}


def finish(fake: FakeVideo) -> None:
    for job in fake.jobs.values():
        job.end = None


@pytest.mark.parametrize("mode", ["keyframe", "chaining"])
def test_a_template_makes_a_film_and_pays_for_each_shot_once(comfy: Client, runway: FakeRunway, mode: str) -> None:
    prompt = remote(mode)
    outputs = comfy.run(prompt)
    film, manifest = probe(comfy.saved(outputs, node_id(prompt, "LongvidConcat"))), manifest_of(comfy, prompt, outputs)
    plan = manifest.plan
    joins = sum(s.join == "continuous" for s in plan.segments[1:])
    assert (film.width, film.height, film.fps) == (128, 72, FPS)
    assert film.frames == manifest.film.frames == SHOTS * SECONDS * FPS - joins
    assert plan.mode == mode and joins > 0
    assert runway.charges == SHOTS
    assert [(s.outcome, s.cost.paid) for s in manifest.segments] == [("rendered", RATE * s.frames // FPS) for s in plan.segments]
    assert "$0.60 paid in this run; the estimate was $" in text(prompt, outputs)
    asked = len(runway.asked)

    again = comfy.run(prompt)
    assert set(comfy.outcomes()) == {"cached"}
    assert len(runway.asked) == asked, "what the store has is not even asked for"
    assert "paid in this run" not in text(prompt, again)
    assert comfy.saved(again, node_id(prompt, "LongvidConcat")) == comfy.saved(outputs, node_id(prompt, "LongvidConcat"))


def test_the_estimate_comes_first_and_the_running_total_follows(comfy: Client, runway: FakeRunway) -> None:
    told = [line for line in comfy.watch(remote("keyframe")).texts if line.endswith("$1.20 to $1.80")]
    assert told[0].endswith("estimate: $1.20 to $1.80")
    totals = [re.findall(r"paid \$([0-9.]+) of", line)[0] for line in told[1:]]
    assert totals == sorted(totals) and totals[0] == "0.00" and totals[-1] == "0.60"


def test_each_finished_clip_is_shown_at_once(comfy: Client, runway: FakeRunway) -> None:
    assert comfy.watch(remote("chaining")).pictures >= SHOTS


def test_without_a_key_nothing_runs_and_the_way_to_one_is_told(comfy: Client, replicate: FakeReplicate) -> None:
    planned, model = "replicate:kwaivgi/kling-v2.1", "acme/tides"
    prompt = remote("keyframe", backend=planned, model=model, budget_usd=0)
    prompt = with_inputs(prompt, "LongvidSegmentPlanner", backend=planned, segments=2, seconds=10)
    before = comfy.get("/history")
    with pytest.raises(Refused) as refused:
        comfy.queue(prompt)
    (errors,) = refused.value.answer["node_errors"].values()
    (error,) = errors["errors"]
    assert errors["class_type"] == "LongvidRemoteVideo"
    assert "REPLICATE_API_TOKEN" in error["details"] and "replicate.com/account/api-tokens" in error["details"]
    assert comfy.get("/history") == before and not any(comfy.get("/queue").values())
    assert comfy.events() == [] and replicate.asked == []

    settings = comfy.host.base / "config" / "longvid" / "longvid.yaml"
    settings.parent.mkdir(parents=True)
    settings.write_text(f"keys: {{replicate: {KEY}}}\n")
    outputs = comfy.run(prompt)
    assert {s.model.id for s in manifest_of(comfy, prompt, outputs).segments} == {model}
    assert replicate.charges == 2
    assert f"the price of replicate:{model} is not" in text(prompt, outputs)


def test_pictures_alone_can_be_had_without_the_key(comfy: Client) -> None:
    prompt = remote("keyframe", backend="replicate:kwaivgi/kling-v2.1")
    keyframes = node_id(prompt, "LongvidKeyframeGenerator")
    asked = {"prompt": prompt, "client_id": comfy.id, "partial_execution_targets": [keyframes]}
    assert comfy.wait(comfy.post("/prompt", asked)["prompt_id"])[keyframes]["images"]


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        ({"budget_usd": 1.0}, ["estimate of $1.20 is over the budget of $1.00", "nothing was spent"]),
        ({"fallback": "runwy:gen4.5"}, ["no provider 'runwy'", "Did you mean runway?"]),
        ({"model": "gen9"}, ["runway has no model 'gen9'"]),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_asked(
    comfy: Client, runway: FakeRunway, inputs: dict[str, Any], says: list[str]
) -> None:
    message = complaint(comfy, remote("keyframe", **inputs))
    assert all(words in message for words in says), message
    assert runway.asked == []


def test_a_model_that_is_gone_from_the_list_is_told_of_when_it_is_queued(comfy: Client) -> None:
    with pytest.raises(Refused, match="runway has no model 'gen1'"):
        comfy.queue(remote("keyframe", backend="runway:gen1"))


def test_cancel_stops_asking_and_what_is_under_way_is_fetched_the_next_time(comfy: Client, runway: FakeRunway) -> None:
    never_done(runway)
    prompt = remote("keyframe")
    queued = comfy.queue(prompt)
    until(lambda: under_way(comfy) == SHOTS, comfy)
    comfy.post("/interrupt", {})
    with pytest.raises(Ended) as ended:
        comfy.wait(queued)
    assert ended.value.kind == "execution_interrupted"
    quiet(runway, comfy)
    assert runway.charges == SHOTS

    finish(runway)
    outputs = comfy.run(prompt)
    assert comfy.outcomes() == ["rendered"] * SHOTS
    assert len(runway.to("submit")) == runway.charges == SHOTS
    assert manifest_of(comfy, prompt, outputs).film.frames > 0


def test_what_waits_for_its_turn_is_cancelled_and_its_money_given_back(comfy: Client, runway: FakeRunway) -> None:
    runway.seconds = 1000
    prompt = remote("keyframe")
    queued = comfy.queue(prompt)
    until(lambda: sum(job.polls > 0 for job in list(runway.jobs.values())) == SHOTS, comfy)
    comfy.post("/interrupt", {})
    with pytest.raises(Ended, match="interrupted"):
        comfy.wait(queued)
    assert runway.charges == 0
    runway.seconds = 0
    comfy.run(prompt)
    assert comfy.outcomes() == ["rendered"] * SHOTS and runway.charges == SHOTS


def test_a_lost_answer_leaves_one_shot_open_and_a_word_settles_it(comfy: Client, runway: FakeRunway) -> None:
    runway.moods = {"submit": ["late:reset"]}
    prompt = remote("keyframe")
    message = complaint(comfy, prompt)
    assert re.search(r"job (\d) at runway:veo3.1_fast may have been bought.*longvid jobs resolve \1 adopt", message, re.DOTALL)
    assert sorted(comfy.outcomes()) == ["rendered", "rendered", "unknown"]
    assert runway.charges == SHOTS

    assert "may have been bought" in complaint(comfy, prompt)
    assert runway.charges == SHOTS, "nothing is bought again without a word"
    settled = with_inputs(prompt, "LongvidRemoteVideo", on_unknown="resubmit")
    comfy.run(settled)
    assert sorted(comfy.outcomes()) == ["cached", "cached", "rendered"]
    assert runway.charges == SHOTS + 1


def test_a_refused_shot_is_rendered_by_the_fallback(comfy: Client, runway: FakeRunway) -> None:
    runway.moods = {"end": ["refused"]}
    prompt = remote("keyframe", fallback="runway:veo3.1, animatic")
    manifest = manifest_of(comfy, prompt, comfy.run(prompt))
    assert sorted(s.model.id for s in manifest.segments) == ["veo3.1", "veo3.1_fast", "veo3.1_fast"]
    assert [s.outcome for s in manifest.segments] == ["rendered"] * SHOTS


def test_a_refused_shot_stops_the_film_or_is_marked(comfy: Client, runway: FakeRunway) -> None:
    runway.moods = {"end": ["refused"]}
    prompt = remote("keyframe")
    message = complaint(comfy, prompt)
    assert "ASSET.INVALID" in message and "runway" in message
    runway.moods = {"end": ["refused"]}
    marked = with_inputs(prompt, "LongvidRemoteVideo", on_failure="placeholder")
    outputs = comfy.run(marked)
    assert sorted(comfy.outcomes()) == ["cached", "cached", "placeholder"]
    assert sorted(s.outcome for s in manifest_of(comfy, marked, outputs).segments) == ["cached", "cached", "placeholder"]
    assert "placeholder" in text(marked, outputs)


def test_the_key_is_in_nothing_that_is_kept_or_told(comfy: Client, runway: FakeRunway) -> None:
    """The loopback repeats the key it was sent wherever it can: in refusals, and in what it says of failed jobs."""
    runway.moods = {"submit": [[401, {}, {"error": f"no such key: {KEY}"}]], "end": ["refused"]}
    prompt = remote("keyframe")
    with pytest.raises(Ended) as ended:
        comfy.run(prompt, {"nodes": []})
    told = [str(ended.value.message)]
    comfy.run(with_inputs(prompt, "LongvidRemoteVideo", fallback="animatic"), {"nodes": []})
    told += [json.dumps(comfy.get(path)) for path in ("/history", "/queue", "/object_info/LongvidRemoteVideo")]
    assert not any(KEY in words for words in told)
    kept = comfy.kept()
    assert {".mp4", ".json", ".jsonl", ".db", ".log"} <= {path.suffix for path in kept}
    assert [path.name for path, data in kept.items() if KEY.encode() in data] == []


def test_a_killed_server_goes_on_with_its_jobs(tmp_path: Path) -> None:
    with FakeRunway(size=(64, 48)) as runway, FakeReplicate() as replicate:
        never_done(runway)
        around, prompt = environment(tmp_path, runway, replicate), remote("keyframe")
        host = ComfyHost(tmp_path, environment=around).start()
        comfy = Client(host, tmp_path / "longvid")
        try:
            comfy.queue(prompt)
            until(lambda: under_way(comfy) == SHOTS, comfy)
            host.kill()
        finally:
            host.stop()
        finish(runway)
        with ComfyHost(tmp_path, environment=around) as again:
            comfy = Client(again, comfy.home)
            outputs = comfy.run(prompt)
            assert comfy.outcomes() == ["rendered"] * SHOTS
            assert manifest_of(comfy, prompt, outputs).film.frames > 0
        assert len(runway.to("submit")) == runway.charges == SHOTS
