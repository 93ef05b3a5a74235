"""Approving a take: it is locked, stands in the manifest, and changes no key and no byte of the film."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest

from longvid_core.approval import approved, approved_in_manifest, outdated
from longvid_core.errors import BadInput, NewerSchema, UnknownName
from longvid_core.manifest.build import build_manifest, manifest_path, write_manifest
from longvid_core.manifest.load import load_manifest
from longvid_core.models import Plan
from longvid_core.planfile import load_plan, plan_json
from tests.films import Studio, changed, outcomes, small_plan

TUESDAY = datetime.datetime(2026, 3, 3, 16, 20, tzinfo=datetime.timezone.utc)


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path / "home")


def test_an_approval_locks_the_segment_and_says_who_what_and_when(tmp_path: Path) -> None:
    plan, approval = approved(small_plan(3), "1", by=" Ann ", note="lovely", at=TUESDAY)
    assert [s.locked for s in plan.segments] == [False, True, False]
    assert approval.json_value() == {
        "segment": "s01", "reroll": 0, "render_key": None, "clip_sha256": None,
        "by": "Ann", "note": "lovely", "at": "2026-03-03T16:20:00Z",
    }  # fmt: skip
    (tmp_path / "plan.json").write_text(plan_json(plan))
    assert load_plan(tmp_path / "plan.json") == plan


def test_it_changes_no_key_and_no_byte_and_is_in_the_manifest(studio: Studio) -> None:
    plan = small_plan(2)
    before = studio.make(plan)
    yes, _ = approved(plan, "s00", by="Ann", film=build_manifest(before), at=TUESDAY)
    after = studio.make(yes)
    assert (
        outcomes(after) == ["cached", "cached"] and after.film.sha256 == before.film.sha256 and after.film.key == before.film.key
    )
    manifest = build_manifest(after)
    (said,) = manifest.plan.approvals
    assert (said.by, said.render_key, said.clip_sha256) == (
        "Ann",
        manifest.segments[0].render_key,
        manifest.segments[0].clip.sha256,
    )


def test_the_take_that_was_looked_at_becomes_the_plans(studio: Studio) -> None:
    """`render --reroll` leaves the plan's file as it is; who approves that film means its take."""
    plan = small_plan(2)
    shown = studio.make(changed(plan, 1, reroll=2))
    yes, approval = approved(plan, "1", by="Ann", film=build_manifest(shown))
    assert yes.segments[1].reroll == approval.reroll == 2
    assert outcomes(studio.make(yes)) == ["cached", "cached"]


def test_a_film_of_other_words_is_not_the_take(studio: Studio) -> None:
    plan = small_plan(2)
    film = build_manifest(studio.make(plan))
    with pytest.raises(BadInput, match="does not show segment 1"):
        approved(changed(plan, 1, prompt="Something else."), "1", by="Ann", film=film)


def test_a_placeholder_is_no_take(studio: Studio) -> None:
    plan = small_plan(1)
    film = build_manifest(studio.make(plan))
    stand_in = film.model_copy(update={"segments": (film.segments[0].model_copy(update={"outcome": "placeholder"}),)})
    with pytest.raises(BadInput, match="is a placeholder in this film"):
        approved(plan, "0", by="Ann", film=stand_in)


@pytest.mark.parametrize("by", ["", "  ", "x" * 201])
def test_somebody_approves(by: str) -> None:
    with pytest.raises(BadInput, match="no approval"):
        approved(small_plan(1), "0", by=by)


def test_a_segment_that_is_not_there(studio: Studio) -> None:
    with pytest.raises(UnknownName, match="no such segment"):
        approved(small_plan(1), "7", by="Ann")


def test_an_approved_segment_that_is_made_from_something_else_is_told(studio: Studio) -> None:
    plan = small_plan(2)
    yes, _ = approved(plan, "1", by="Ann", film=build_manifest(studio.make(plan)))
    assert outdated(studio.make(yes).rendered) == []
    (line,) = outdated(studio.make(changed(yes, 1, prompt="Rain instead.")).rendered)
    assert "segment 1 (s01) is not the take that Ann approved" in line


def test_approvals_survive_a_part_of_the_film(studio: Studio) -> None:
    yes, _ = approved(small_plan(3), "0", by="Ann")
    rendered = studio.clips(yes, only=frozenset({2}))
    assert Plan.model_validate(rendered.plan.json_value()).approvals == yes.approvals


# -- in a film's own manifest ---------------------------------------------------------------------------------------------------


@pytest.fixture
def manifest(studio: Studio, tmp_path: Path) -> Path:
    path = manifest_path(tmp_path / "film.mp4")
    write_manifest(studio.make(small_plan(2)), path)
    return path


def test_a_manifest_takes_approvals_and_nothing_else_changes(manifest: Path) -> None:
    before = json.loads(manifest.read_text())
    approved_in_manifest(manifest, load_manifest(manifest), ["0", "s01", "1", "s00"], by="Ann", note="both")
    after = json.loads(manifest.read_text())
    assert [a["segment"] for a in after["plan"].pop("approvals")] == ["s00", "s01"]
    assert [s.pop("locked") for s in after["plan"]["segments"]] == [True, True]
    before["plan"].pop("approvals"), [s.pop("locked") for s in before["plan"]["segments"]]
    assert after == before


def test_a_signed_manifest_is_left_alone(manifest: Path) -> None:
    manifest.with_name("film.signature.json").write_text("{}")
    before = manifest.read_bytes()
    with pytest.raises(BadInput, match="Approve first and sign after that"):
        approved_in_manifest(manifest, load_manifest(manifest), ["0"], by="Ann")
    assert manifest.read_bytes() == before


def test_a_manifest_that_cannot_be_read_says_why(tmp_path: Path, manifest: Path) -> None:
    value = json.loads(manifest.read_text())
    for text, error, why in (
        ("{", BadInput, "is not JSON"),
        ("[]", BadInput, "must be a JSON object"),
        (json.dumps({**value, "schema": "longvid.manifest/999"}), NewerSchema, "Upgrade Longvid"),
        (json.dumps({**value, "segments": []}), BadInput, "does not hold"),
    ):
        manifest.write_text(text)
        with pytest.raises(error) as said:
            load_manifest(manifest)
        assert why in str(said.value)
