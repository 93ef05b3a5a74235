"""Models that the catalog does not list, by the schema they publish; and whether the catalog still agrees with those it lists."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from longvid_core.catalog import FrameRule, ModelEntry, SeedSupport, find_backend
from longvid_core.errors import BadInput, CannotRender, UnknownName
from longvid_core.providers.faults import Refused, Transient
from longvid_core.providers.schemas import as_taken, differences, entry_of_schema, schema_of
from longvid_core.settings import Settings
from tests.fake_replicate import FakeReplicate
from tests.fake_video import KEY
from tests.replicate_models import COMMUNITY, FILE, MODELS, TEXT, VIDEO, Published, choice, number
from tests.replicate_parts import LISTED, PRO, Wanted, given, now, opened, submitted

DRIFT, TIDES = "amateur/drift", "acme/tides"


def entry(model: str) -> ModelEntry:
    return find_backend(f"replicate:{model}", "video").entry


# -- unlisted models ----------------------------------------------------------------------------------------------------------


def test_an_official_model_is_known_by_its_schema_alone(replicate: FakeReplicate) -> None:
    found = find_backend(f"replicate:{TIDES}", "video")
    assert str(found) == f"replicate:{TIDES}" and found.entry.remote and not found.entry.any_size
    assert (found.entry.first_frame, found.entry.last_frame, found.entry.negative_prompt) == ("required", "optional", True)
    assert found.entry.seconds == (5, 8) and found.entry.ratios == ("16:9", "9:16") and found.entry.audio
    assert found.entry.resolutions == ("540p", "720p")
    assert found.entry.seed == SeedSupport(parameter="seed", range=(0, 65535), promise="accepted")
    assert found.entry.price is None and found.entry.outputs_live_s == 3600
    assert found.entry.inputs == {
        "prompt": "prompt", "negative": "negative_prompt", "first": "start_image", "last": "end_image", "seconds": "duration",
        "ratio": "aspect_ratio", "resolution": "resolution", "audio": "generate_audio",
    }  # fmt: skip


def test_it_is_asked_for_once_in_a_process(replicate: FakeReplicate) -> None:
    async def inside_a_loop() -> ModelEntry:
        return entry(TIDES)

    assert now(inside_a_loop()) == entry(TIDES)
    opened().fingerprint(TIDES)
    assert [a.path for a in replicate.asked] == [f"/v1/models/{TIDES}"]


def test_listed_models_are_found_without_asking(replicate: FakeReplicate) -> None:
    assert [str(find_backend(f"replicate:{model}", "video")) for model in LISTED] == [f"replicate:{m}" for m in LISTED]
    assert not replicate.asked


def test_numbers_that_are_words_are_sent_as_words(replicate: FakeReplicate, replicate_request: Wanted) -> None:
    submitted(replicate, replicate_request(frames=8 * 24, last=None), TIDES)
    assert {name: value for name, value in given(replicate).items() if name != "start_image"} == {
        "prompt": "a harbour", "negative_prompt": "rain", "duration": "8", "aspect_ratio": "16:9", "resolution": "540p",
        "seed": 41, "generate_audio": False,
    }  # fmt: skip
    assert replicate.to("submit")[0].path == f"/v1/models/{TIDES}/predictions"


def test_a_community_model_is_asked_for_by_its_version(
    replicate: FakeReplicate, replicate_request: Wanted, tmp_path: Path
) -> None:
    assert entry(DRIFT).frames == FrameRule(step=8, offset=1, min=33, max=257) and entry(DRIFT).any_fps
    assert entry(DRIFT).plan_frames == FrameRule(step=8, offset=1, min=33, max=97)
    jobs, job = submitted(replicate, replicate_request(frames=97, fps=30, last=None), DRIFT)
    (asked,) = replicate.to("submit")
    assert asked.path == "/v1/predictions" and asked.fields["version"] == COMMUNITY and job.extra == {"version": COMMUNITY}
    assert (given(replicate)["num_frames"], given(replicate)["fps"]) == (97, 30)
    assert now(jobs.poll(job)).facts["version"] == COMMUNITY
    now(jobs.fetch(job, tmp_path / "clip.mp4"))
    assert (tmp_path / "clip.mp4").read_bytes() == replicate.clip_of(replicate.jobs[job.id])


def test_a_pinned_version_of_a_listed_model_has_its_own_schema_and_the_listed_price(replicate: FakeReplicate) -> None:
    pinned = dataclasses.replace(MODELS[PRO], version=COMMUNITY)
    replicate.models[PRO] = dataclasses.replace(pinned, inputs={**pinned.inputs, "duration": number(5, 3, 6)})
    found = entry(f"{PRO}:{COMMUNITY}")
    assert found.seconds == (3, 4, 5, 6) and found.price == LISTED[PRO].price and found.native_fps == 24
    assert [a.path for a in replicate.asked] == [f"/v1/models/{PRO}", f"/v1/models/{PRO}/versions/{COMMUNITY}"]
    assert opened().fingerprint(f"{PRO}:{COMMUNITY}")["version"] == COMMUNITY


def test_what_changes_what_a_request_means_changes_the_key(replicate: FakeReplicate) -> None:
    def key(model: Published) -> str:
        return str(schema_of(DRIFT, model.version, model.openapi).sha256)

    plain = MODELS[DRIFT]
    steps = dataclasses.replace(plain, inputs={**plain.inputs, "steps": number(40, 1, 100)})
    words = dataclasses.replace(plain, description="Made new words for itself", example="https://x/y.mp4")
    assert key(plain) == key(words) != key(steps)
    found = opened().fingerprint(DRIFT)
    assert found["schema"] == key(plain) and found["version"] == COMMUNITY
    assert opened().fingerprint(TIDES)["version"] is None


@pytest.mark.parametrize(
    ("model", "reason", "shown"),
    [
        ("acme/still", "what it gave once is no video (out.webp)", "image (uri)"),
        ("acme/upscale", "it takes no prompt", "video (uri), duration (integer)"),
        ("acme/lips", "it cannot do without voice, which nothing here gives", "voice (uri)"),
        ("acme/words", "it gives no file", "Its output: string"),
        ("acme/shy", "publishes no schema", "OWNER/NAME:VERSION"),
    ],
)
def test_a_model_that_cannot_render_segments_is_refused_with_what_it_is(
    replicate: FakeReplicate, model: str, reason: str, shown: str
) -> None:
    with pytest.raises(CannotRender) as caught:
        entry(model)
    assert reason in str(caught.value) and shown in str(caught.value)


def test_what_the_settings_give_is_not_missing(replicate: FakeReplicate) -> None:
    settings = Settings(remote={"inputs": {"replicate:acme/lips": {"voice": "https://x/y.wav"}}})  # type: ignore[arg-type]
    found = find_backend("replicate:acme/lips", "video", settings)
    assert found.entry.seconds == tuple(range(1, 10))


@pytest.mark.parametrize("model", ["acme/none", "nonsense", "acme/tides:0123", "../files"])
def test_a_model_that_is_not_there(replicate: FakeReplicate, model: str) -> None:
    with pytest.raises(UnknownName, match="OWNER/NAME|has no model"):
        entry(model)


def test_asking_for_a_schema_goes_wrong(replicate: FakeReplicate, monkeypatch: pytest.MonkeyPatch) -> None:
    replicate.moods = {"schema": [[401, {}, {"detail": f"says {KEY}"}], 503]}
    with pytest.raises(Refused) as caught:
        entry(TIDES)
    assert caught.value.everything and KEY not in str(caught.value)
    with pytest.raises(Transient):
        entry(TIDES)
    assert len(replicate.asked) == 2
    monkeypatch.delenv("REPLICATE_API_TOKEN")
    with pytest.raises(BadInput, match="REPLICATE_API_TOKEN"):
        entry(TIDES)


# -- reading schemas ----------------------------------------------------------------------------------------------------------


def read(**more: Any) -> ModelEntry:
    inputs = {"prompt": TEXT, "image": FILE, "duration": number(5, 1, 4), **more.pop("inputs", {})}
    model = Published(inputs, **more)
    return entry_of_schema(schema_of("a/b", None, model.openapi))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (choice(6, 6, 10), (6, 10)),
        (choice("5", "5", "10"), (5, 10)),
        (number(5, -1, 4), (1, 2, 3, 4)),
        (number(5, 2), (5,)),
        (number(None, 0, 3, "number"), (1, 2, 3)),
        ({"type": "number", "minimum": 1.5, "maximum": 3.5}, (2, 3)),
        (choice("5s", "5s", "10 seconds"), (5, 10)),
        ({"const": 6}, (6,)),
        ({"type": ["integer", "null"], "minimum": 1, "maximum": 2}, (1, 2)),
        ({"anyOf": [{"type": "integer", "minimum": 1, "maximum": 2}, {"type": "string"}]}, (1, 2)),
        (number(), ()),
    ],
)
def test_lengths_in_seconds(value: dict[str, Any], seconds: tuple[float, ...]) -> None:
    found = read(inputs={"duration": value})
    assert found.seconds == seconds and ("seconds" in found.inputs) == bool(seconds)


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (number(81, 81, 121), FrameRule(step=8, offset=1, min=81, max=121)),
        (number(85, 5, 161), FrameRule(step=4, offset=1, min=5, max=161)),
        (number(50, 10, 100), FrameRule(min=10, max=100)),
        (number(49), FrameRule(min=49, max=49)),
        (choice(81, 81, 121), FrameRule(min=81, max=81)),
    ],
)
def test_lengths_in_frames(value: dict[str, Any], rule: FrameRule) -> None:
    assert read(inputs={"num_frames": value}).frames == rule


@pytest.mark.parametrize(
    ("taken", "sent"),
    [
        ({"type": "integer"}, 5),
        ({"type": "string"}, "5"),
        ({"enum": ["5", "10"]}, "5"),
        ({"enum": ["5.0", "10.0"], "type": "string"}, "5.0"),
        ({"enum": ["5s", "10s"], "type": "string"}, "5s"),
        ({"enum": [5, 10], "type": "integer"}, 5),
    ],
)
def test_a_number_is_sent_as_it_is_listed(taken: dict[str, Any], sent: Any) -> None:
    assert repr(as_taken(5, taken)) == repr(sent)


def test_references_and_unions_are_followed() -> None:
    parts = {
        "Kind": {"enum": ["480p", "720p"], "type": "string"},
        "Input": {
            "properties": {
                "prompt": {"type": "string", "maxLength": 500},
                "resolution": {"anyOf": [{"$ref": "#/components/schemas/Kind"}, {"type": "null"}]},
                "image": {"oneOf": [{"type": "null"}, FILE]},
                "seconds": {"$ref": "#/components/schemas/Seconds"},
            }
        },
        "Seconds": {"allOf": [{"type": "integer", "minimum": 1, "maximum": 3}]},
        "Output": {"anyOf": [VIDEO, {"type": "null"}]},
    }
    found = entry_of_schema(schema_of("a/b", None, {"components": {"schemas": parts}}))
    assert found.resolutions == ("480p", "720p") and found.first_frame == "optional" and found.seconds == (1, 2, 3)
    assert found.prompt_limit is not None and found.prompt_limit.characters == 500


def test_a_schema_that_goes_round_ends() -> None:
    parts = {"Input": {"properties": {"prompt": {"$ref": "#/components/schemas/Prompt"}}}, "Prompt": {"$ref": "x/Prompt"}}
    with pytest.raises(CannotRender, match="takes no prompt"):
        entry_of_schema(schema_of("a/b", None, {"components": {"schemas": parts}}))


def test_rates_and_sizes() -> None:
    found = read(inputs={"fps": choice(24, 24, 48), "size": choice("832x480", "832x480", "480x832")})
    assert found.native_fps == 24 and not found.any_fps and "fps" not in found.inputs
    assert found.sizes == ("832x480", "480x832") and found.inputs["size"] == "size"
    assert found.seed.promise == "none" and found.determinism == "none"


# -- whether the catalog still holds ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", LISTED)
def test_the_catalog_agrees_with_what_models_publish(replicate: FakeReplicate, model: str) -> None:
    assert now(opened().check(model)) == ()
    assert [a.path for a in replicate.asked] == [f"/v1/models/{model}"]


SEEDANCE = MODELS[PRO].inputs


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"last_frame_image": None, "end_image": FILE}, {"inputs.last": ("last_frame_image", "end_image")}),
        ({"image": None}, {"inputs.first": ("image", "")}),
        ({"duration": choice(5, 5, 10)}, {"seconds": ("2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12", "5, 10")}),
        ({"duration": number(5, 2, 14)}, {"seconds": ("2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12",) + (
            "2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14",)}),
        ({"duration": number(5, 1, 12)}, {}),
        ({"resolution": choice("720p", "720p", "1080p")}, {"resolutions": ("480p, 720p, 1080p", "720p, 1080p")}),
        ({"resolution": choice("720p", "480p", "720p", "1080p", "4k")}, {}),
        ({"aspect_ratio": choice("16:9", "16:9", "9:16")},
         {"ratios": ("16:9, 4:3, 1:1, 3:4, 9:16, 21:9, 9:21", "16:9, 9:16")}),
        ({"seed": None}, {"seed": ("seed", "none")}),
        ({"seed": number(None, 0, 65535)}, {"seed.range": ("0, 2147483647", "0, 65535")}),
        ({"negative_prompt": TEXT}, {"inputs.negative": ("", "negative_prompt")}),
        ({"prompt": {**TEXT, "maxLength": 2000}}, {"prompt_limit": ("", "2000")}),
        ({"prompt": None}, {"inputs.prompt": ("prompt", ""), "inputs": ("", "it takes no prompt")}),
    ],
)  # fmt: skip
def test_every_difference_is_told(replicate: FakeReplicate, changed: dict[str, Any], told: dict[str, tuple[str, str]]) -> None:
    inputs = {name: value for name, value in {**SEEDANCE, **changed}.items() if value is not None}
    replicate.models[PRO] = Published(inputs, required=())
    found = now(opened().check(PRO))
    assert {d.field: (d.listed, d.live) for d in found} == told


def test_differences_in_what_is_required_counted_or_always_said() -> None:
    def told(model: str, **inputs: Any) -> dict[str, tuple[str, str]]:
        published = MODELS[model]
        required = inputs.pop("required", published.required)
        changed = dataclasses.replace(published, inputs={**published.inputs, **inputs}, required=required)
        return {d.field: (d.listed, d.live) for d in differences(LISTED[model], schema_of(model, None, changed.openapi))}

    wan, kling = "wan-video/wan-2.2-i2v-a14b", "kwaivgi/kling-v2.1"
    assert told(wan, num_frames=number(81, 81, 121)) == {"frames": ("81 to 97", "81 to 121")}
    assert told(wan, num_frames=number(85, 85, 100)) == {"frames": ("81 to 97", "85 to 100")}
    assert told(kling, mode=choice("std", "std", "master")) == {"always.mode": ("pro", "std, master")}
    assert told(kling, voice=FILE, required=("prompt", "voice")) == {
        "inputs": ("", "it cannot do without voice, which nothing here gives")
    }
    assert told(PRO, required=("prompt", "image")) == {"first_frame": ("optional", "required")}


def test_an_unlisted_model_agrees_with_itself_and_one_that_is_gone_is_unknown(replicate: FakeReplicate) -> None:
    assert now(opened().check(TIDES)) == ()
    del replicate.models[PRO]
    with pytest.raises(UnknownName, match=PRO):
        now(opened().check(PRO))
