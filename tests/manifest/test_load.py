"""Reading manifests: of today, of earlier, of later, damaged; and those that may go to others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longvid_core.canonical import strict_json
from longvid_core.errors import BadInput, NewerSchema
from longvid_core.manifest import load
from longvid_core.manifest.build import build_manifest, manifest_json, manifest_sha256
from longvid_core.manifest.load import load_manifest, migrated, parse_manifest, read_value
from longvid_core.manifest.share import hidden, share
from longvid_core.models.manifest import Manifest
from longvid_core.models.records import Bound
from longvid_core.models.visual import VisualState
from tests.films import Studio, small_plan

SINCE = ("determinism", "planner", "seams", "shared")
SINCE_OF_SEGMENTS = ("determinism_reason", "bound", "visual")


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    look = VisualState(wardrobe=("a red oilskin",), style={"etching by hand": 1.0}, palette=("#102030", "rust"))
    plan = small_plan(2, visual=look)
    return build_manifest(Studio(tmp_path_factory.mktemp("load")).make(plan))


@pytest.fixture
def file(tmp_path: Path, manifest: Manifest) -> Path:
    path = tmp_path / "film.manifest.json"
    path.write_text(manifest_json(manifest))
    return path


def test_what_was_written_is_read(file: Path, manifest: Manifest) -> None:
    assert load_manifest(file) == manifest


def test_a_manifest_of_an_earlier_longvid_is_completed(file: Path) -> None:
    value: dict[str, Any] = json.loads(file.read_text())
    for name in SINCE:
        del value[name]
    for segment in value["segments"]:
        for name in SINCE_OF_SEGMENTS:
            del segment[name]
    for name in ("key", "options"):
        del value["film"][name]
    file.write_text(json.dumps(value))
    old = load_manifest(file)
    assert old.determinism is not None and old.determinism.label == "bit-exact"
    assert [s.bound for s in old.segments] == [Bound(largest=0)] * 2
    assert old.segments[1].visual == old.plan.visual_of(old.plan.segments[1])
    assert old.seams is None and old.film.options is None


def test_older_versions_are_brought_forward_step_by_step() -> None:
    steps = {
        1: lambda value: {**value, "colour": value["color"]},
        2: lambda value: {name: said for name, said in value.items() if name != "color"},
    }
    old = {"schema": "longvid.manifest/1", "color": "red"}
    assert migrated(old, "it", schema="longvid.manifest/3", steps=steps) == {"schema": "longvid.manifest/3", "colour": "red"}
    assert old == {"schema": "longvid.manifest/1", "color": "red"}
    with pytest.raises(BadInput, match="longvid.manifest/2, which this Longvid cannot read"):
        migrated({"schema": "longvid.manifest/2"}, "it", schema="longvid.manifest/3", steps={})
    with pytest.raises(NewerSchema, match=r"manifest/4, and this Longvid reads longvid.manifest/3(.|\n)*Upgrade"):
        migrated({"schema": "longvid.manifest/4"}, "it", schema="longvid.manifest/3", steps=steps)


def test_a_step_that_is_registered_reads_the_version_before_and_leaves_its_file_alone(
    file: Path, manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version 0 that never was: it called the film `movie`."""
    value: dict[str, Any] = json.loads(file.read_text())
    value["movie"] = value.pop("film")
    value["schema"] = "longvid.manifest/0"
    file.write_text(json.dumps(value))
    with pytest.raises(BadInput, match="film.manifest.json is longvid.manifest/0, which this Longvid cannot read"):
        load_manifest(file)

    def renamed(old: dict[str, Any]) -> dict[str, Any]:
        return {("film" if name == "movie" else name): said for name, said in old.items()}

    monkeypatch.setitem(load.STEPS, 0, renamed)
    assert load_manifest(file) == manifest
    assert read_value(file) == value, "what was signed is what stands in the file"


def test_a_manifest_of_a_later_longvid_is_refused_with_the_way_out(file: Path) -> None:
    value: dict[str, Any] = json.loads(file.read_text())
    file.write_text(json.dumps({**value, "schema": "longvid.manifest/2", "new": True}))
    with pytest.raises(NewerSchema, match=r"manifest/2, and this Longvid reads longvid.manifest/1(.|\n)*Upgrade"):
        load_manifest(file)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is not JSON"),
        ("[]", "must be a JSON object"),
        ("[" * 100_000, "nested too deeply"),
        ('{"schema": "longvid.plan/1"}', "its schema is 'longvid.plan/1'"),
        ('{"schema": "longvid.manifest/x"}', "its schema is"),
        ('{"schema": "longvid.manifest/1", "film": NaN}', "NaN is no number"),
        ('{"schema": "longvid.manifest/1", "schema": "longvid.manifest/1"}', "'schema' stands in it twice"),
        ('{"schema": "longvid.manifest/1"}', "film: is missing"),
        ("\udcff", "not UTF-8"),
        ('{"schema": "longvid.manifest/1", "film": "\\ud800"}', "half a surrogate pair"),
    ],
)
def test_what_is_no_manifest_says_so(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "it.json"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(BadInput) as said:
        load_manifest(path)
    assert why in str(said.value) and "it.json" in str(said.value)


def test_a_file_too_large_is_not_read(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "LARGEST", 1000)
    with pytest.raises(BadInput, match="no manifest is larger"):
        load_manifest(file)


def test_segments_must_be_the_plans(manifest: Manifest) -> None:
    value = manifest.json_value()
    value["segments"].reverse()
    with pytest.raises(BadInput, match="not the plan's"):
        parse_manifest(value)


def test_its_hash_is_of_what_it_says(file: Path, manifest: Manifest) -> None:
    value = read_value(file)
    file.write_text(json.dumps(dict(reversed(list(value.items()))), indent=7))
    assert manifest_sha256(read_value(file)) == manifest_sha256(value) == manifest_sha256(manifest.json_value())
    value["segments"][0]["cost"]["paid"] += 1
    assert manifest_sha256(value) != manifest_sha256(read_value(file))


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.text(), _VALUES, max_size=5))
def test_the_hash_stands_through_round_trips_and_any_order(value: dict[str, Any]) -> None:
    again = strict_json(json.dumps(dict(reversed(list(value.items()))), indent=1, ensure_ascii=False))
    assert manifest_sha256(again) == manifest_sha256(value)


def test_a_shared_manifest_holds_no_words(manifest: Manifest) -> None:
    plan = manifest.plan
    shared = share(manifest)
    text = manifest_json(shared)
    words = [w for s in plan.segments for w in (s.prompt, s.prompt.split(":")[1].strip(" ."))]
    words += [k.prompt for k in plan.keyframes] + ["oilskin", "etching", "rust", "Small"]
    assert not [w for w in words if w in text]
    assert shared.plan.segments[0].prompt == hidden(plan.segments[0].prompt)
    assert "#102030" in text and parse_manifest(json.loads(text)) == shared == share(shared)
    assert [s.render_key for s in shared.segments] == [s.render_key for s in manifest.segments]


def test_words_in_a_renderers_own_record_go_too(manifest: Manifest) -> None:
    made = {"negative_sent": "blurry", "sigmas": [1.0], "text_encoder_on_cpu": True, "scheduler": "UniPC"}
    told = {"inputs": {"negative_prompt": "rain", "promptText": {"a": ["fog"]}, "mode": "pro"}, "text_encoder": "umt5"}
    first = manifest.segments[0]
    model = first.model.model_copy(update={"fingerprint": told})
    segments = (first.model_copy(update={"made": made, "model": model}), *manifest.segments[1:])
    shared = share(manifest.model_copy(update={"segments": segments})).segments[0]
    assert shared.made == {**made, "negative_sent": hidden("blurry")}
    inputs = {"negative_prompt": hidden("rain"), "promptText": {"a": [hidden("fog")]}, "mode": "pro"}
    assert shared.model.fingerprint == {**told, "inputs": inputs}
