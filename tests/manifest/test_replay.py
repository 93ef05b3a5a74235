"""What can be repeated and what cannot, and how much two renderings may differ."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from longvid_core.errors import LongvidError
from longvid_core.manifest.build import build_manifest
from longvid_core.manifest.differ import differences
from longvid_core.manifest.findings import FilmAgain, Replayed, SegmentAgain
from longvid_core.manifest.recheck import check
from longvid_core.manifest.references import stored_pictures
from longvid_core.manifest.repeatable import model_at_hand, prepare
from longvid_core.manifest.replay import Originals, chosen, segment_again, within
from longvid_core.manifest.restored import settings_of
from longvid_core.media.delta import Delta
from longvid_core.media.images import asset_of
from longvid_core.models.asset import Reference
from longvid_core.models.manifest import Manifest, PictureRecord
from longvid_core.models.plan import CastMember
from longvid_core.models.records import Bound, ModelRecord
from longvid_core.render.looking import look
from longvid_core.render.session import Session
from longvid_core.settings import ComfyuiSettings, Settings
from longvid_core.store import Store
from tests.films import Studio, small_plan


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with look(Settings(home=tmp_path / "empty"), emit=lambda event: None) as looked:
        yield looked


def nowhere(picture: PictureRecord) -> Path | None:
    return None


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (ModelRecord(provider="foreign", id="foreign", fingerprint={}), "made elsewhere"),
        (ModelRecord(provider="comfyui", id="wan", fingerprint={}), "its record of the canvas is not whole"),
        (ModelRecord(provider="nobody", id="one", fingerprint={}), "there is no provider 'nobody'"),
        (ModelRecord(provider="animatic", id="other", fingerprint={}), "animatic has no model 'other'"),
    ],
)
def test_a_model_that_is_not_to_be_had_says_why(session: Session, model: ModelRecord, why: str) -> None:
    if why.startswith("animatic"):
        assert model_at_hand(model, session).differs, "the nearest one is another"
        return
    with pytest.raises(LongvidError) as said:
        model_at_hand(model, session)
    assert why in said.value.what


def test_differences_are_named_by_their_place() -> None:
    before = {"weights": {"a": "1", "b": "2"}, "sampled": {"steps": 2}, "dtype": "bf16"}
    now = {"weights": {"a": "1", "b": "3"}, "sampled": {"steps": 2, "shift": 5.0}, "dtype": "bf16"}
    assert differences(before, now) == ["sampled.shift", "weights.b"]
    one, other = ({"nodes": [{"class_type": "Lora", "inputs": {"strength": n, "model": [1]}}]} for n in (1, 2))
    assert differences(one, other) == ["nodes[0] Lora.inputs.strength"]
    assert differences(one, {"nodes": []}) == ["nodes"], "of another length it is another list"


def test_the_same_bytes_by_another_model_are_told_as_such(tmp_path: Path) -> None:
    release = Studio(tmp_path).make(small_plan(1))
    record, outcome = build_manifest(release).segments[0], release.rendered.outcomes[0]
    originals = Originals(clip=lambda record: None, film=None)
    assert segment_again(record, outcome, originals, ssim=False).message == ""
    other = outcome.model.model_copy(update={"fingerprint": {**outcome.model.fingerprint, "pixels": 0}})
    again = segment_again(record, outcome.model_copy(update={"model": other}), originals, ssim=False)
    assert again.result == "identical bytes" and again.message == "the same, though the model is another one: pixels"


@pytest.mark.parametrize(
    ("made", "arguments", "threads"),
    [
        ({"device": "cpu", "threads": 3, "deterministic": True}, ("--lowvram", "--cpu", "--deterministic"), 3),
        ({"device": "cuda", "threads": 3, "deterministic": False}, ("--lowvram",), None),
    ],
)
def test_comfyui_is_started_as_it_computed(
    tmp_path: Path, made: dict[str, Any], arguments: tuple[str, ...], threads: int | None
) -> None:
    manifest = build_manifest(Studio(tmp_path).make(small_plan(1)))
    model = ModelRecord(provider="comfyui", id="wan", fingerprint={})
    canvas = manifest.segments[0].model_copy(update={"model": model, "made": made})
    settings = Settings(home=tmp_path, comfyui=ComfyuiSettings(arguments=("--lowvram",)))
    found = settings_of(manifest.model_copy(update={"segments": (canvas,)}), settings).comfyui
    assert (found.arguments, found.threads) == (arguments, threads)


def test_settings_that_change_pixels_are_those_of_the_film(tmp_path: Path) -> None:
    manifest = build_manifest(Studio(tmp_path).make(small_plan(1)))
    record = manifest.segments[0]
    sampled = {"steps": 7, "guidance": 1.5, "shift": 3.0, "negative": "rain"}
    fingerprint = {"provider": "wan", "model": "wan2.1-flf2v", "sampled": sampled, "dtype": "fp32", "vae_tiling": True}
    local = record.model_copy(
        update={"model": ModelRecord(provider="wan", id="wan2.1-flf2v", fingerprint=fingerprint), "made": {"device": "cpu"}}
    )
    found = settings_of(manifest.model_copy(update={"segments": (local,)}), Settings(home=tmp_path, fallback=("animatic",)))
    wan = found.wan
    assert (wan.steps, wan.guidance, wan.shift, wan.negative, wan.dtype, wan.vae_tiling) == (7, 1.5, 3.0, "rain", "fp32", True)
    assert (wan.device, wan.offline, found.fallback) == ("cpu", True, ())


def test_a_placeholder_is_nothing_to_repeat(tmp_path: Path, session: Session) -> None:
    manifest = build_manifest(Studio(tmp_path / "home").make(small_plan(2, cuts=(1,))))
    marked = manifest.segments[1].model_copy(update={"outcome": "placeholder"})
    repeat = prepare(manifest.model_copy(update={"segments": (manifest.segments[0], marked)}), session, nowhere)
    assert list(repeat.impossible) == ["s01"] and "placeholder" in repeat.impossible["s01"]
    assert repeat.redrawn == ("k00", "k01", "k02", "k03") and all(k.image is None for k in repeat.plan.keyframes)


def test_a_check_says_that_a_placeholder_is_one(tmp_path: Path) -> None:
    studio = Studio(tmp_path / "home")
    manifest = build_manifest(studio.make(small_plan(1)))
    marked = manifest.segments[0].model_copy(update={"outcome": "placeholder", "made": {"placeholder": True}})
    manifest = manifest.model_copy(update={"segments": (marked,)})
    with look(Settings(home=tmp_path / "home"), emit=lambda event: None) as session:
        found = check(manifest, manifest.json_value(), session, nowhere, lambda r: None, path=tmp_path / "m.json", film=None)
    assert [f.message for f in found.findings if f.what == "segment 0 (s00)" and f.holds is None]


def test_what_goes_on_from_the_impossible_is_impossible(tmp_path: Path, session: Session) -> None:
    manifest = build_manifest(Studio(tmp_path / "home").make(small_plan(4, mode="chaining", cuts=(3,))))
    marked = manifest.segments[1].model_copy(update={"outcome": "placeholder"})
    first, _, *others = manifest.segments
    repeat = prepare(manifest.model_copy(update={"segments": (first, marked, *others)}), session, nowhere)
    repeat, render = chosen(repeat, frozenset({0, 2, 3}), nowhere)
    assert render == {0, 3} and "goes on from segment 1 (s01)" in repeat.impossible["s02"]


def test_references_of_the_cast_are_kept_for_whoever_makes_the_film_again(tmp_path: Path) -> None:
    Image.new("RGB", (20, 20), "red").save(tmp_path / "anna.png")
    anna = Reference(role="cast:Anna", image=asset_of(tmp_path / "anna.png"))
    plan = small_plan(1, cast=(CastMember(name="Anna", references=(anna,)),))
    manifest = build_manifest(Studio(tmp_path / "home").make(plan))
    (tmp_path / "anna.png").unlink()
    assert anna.image.sha256 in stored_pictures(manifest, Store(tmp_path / "home"))


@pytest.mark.parametrize(
    ("delta", "bound", "held"),
    [
        (Delta(frames=(5, 5)), Bound(largest=0), True),
        (Delta(frames=(5, 5), first=1, largest=1, psnr_db=60), Bound(largest=0), False),
        (Delta(frames=(5, 5), first=1, largest=1, psnr_db=60), Bound(largest=2, psnr_db=50), True),
        (Delta(frames=(5, 5), first=1, largest=1, psnr_db=40), Bound(psnr_db=50), False),
        (Delta(frames=(5, 4)), Bound(largest=9), False),
    ],
)
def test_a_bound_holds_or_does_not(delta: Delta, bound: Bound, held: bool) -> None:
    assert within(delta, bound) is held


def segment(**said: Any) -> SegmentAgain:
    return SegmentAgain(index=0, id="s00", **{"promised": "bit-exact", "bound": Bound(largest=0), **said})


@pytest.mark.parametrize(
    ("again", "film", "holds"),
    [
        (segment(result="identical bytes"), "identical bytes", True),
        (segment(result="identical bytes"), "differs", False),
        (segment(result="identical frames"), "identical frames", True),
        (segment(result="differs"), "differs", False),
        (segment(result="differs", promised="best-effort", bound=None), "differs", True),
        (segment(result="not repeated"), None, False),
        (segment(result="failed"), None, False),
    ],
)
def test_what_was_promised_is_what_counts(again: SegmentAgain, film: Any, holds: bool) -> None:
    joined = FilmAgain(result=film) if film else None
    found = Replayed(title="It", manifest_sha256="0" * 64, segments=(again,), film=joined)
    assert found.holds is holds and found.failed is (again.result == "failed")


def test_a_manifest_read_back_is_the_same_model(tmp_path: Path) -> None:
    manifest = build_manifest(Studio(tmp_path).make(small_plan(1)))
    assert Manifest.model_validate(manifest.json_value()) == manifest
