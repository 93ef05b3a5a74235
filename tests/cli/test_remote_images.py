"""A film whose keyframes come over the wire: what the command says, what the manifest says, and where the key is not."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from longvid_core.models import Manifest
from longvid_core.planfile import save_plan
from tests.cli.conftest import SECRETS, Longvid, refused
from tests.fake_images import FakeImages
from tests.films import small_plan

FAST = "retry: {attempts: 2, first_wait_s: 0.01}\nimages: {timeout_s: 120}\n"


@pytest.fixture
def fake(longvid: Longvid, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeImages]:
    with FakeImages() as fake:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{fake.url}/v1")
        monkeypatch.setenv("STABILITY_BASE_URL", fake.url)
        (tmp_path / "longvid.yaml").write_text(FAST)
        save_plan(small_plan(2), tmp_path / "plan.json")
        yield fake


def manifest(folder: Path) -> Manifest:
    return Manifest.model_validate_json((folder / "film.manifest.json").read_text())


def test_the_manifest_says_where_each_keyframe_came_from(longvid: Longvid, fake: FakeImages, tmp_path: Path) -> None:
    ran = longvid("render", "plan.json", "--images", "stability", "-o", "film.mp4", "--json")
    assert ran.code == 0, ran.err
    assert sum(line["micro_usd"] for line in ran.lines if line["event"] == "spent") == 3 * 65_000
    first, second, third = manifest(tmp_path).keyframes
    assert first.source == "stability:sd3.5-large" and first.model is not None and first.model.id == "sd3.5-large"
    assert first.prompt_sent and first.seed.sent == first.seed.returned and first.cost.paid == 65_000
    assert [r.role for r in second.references] == ["first"]
    assert first.image is not None and second.references[0].pixels_sha256 == first.image.pixels_sha256
    assert third.fallback is None and all(k.made is None for k in manifest(tmp_path).plan.keyframes)
    before = manifest(tmp_path).keyframes
    again = longvid("render", "plan.json", "--images", "stability", "-o", "film.mp4", "--json")
    assert again.code == 0 and not any(line["event"] == "spent" for line in again.lines)
    assert manifest(tmp_path).keyframes == before and fake.drawn == 3


def test_a_board_keeps_what_is_known_of_its_pictures(longvid: Longvid, fake: FakeImages, tmp_path: Path) -> None:
    assert longvid("keyframes", "plan.json", "--images", "stability", "-o", "board").code == 0
    plan = json.loads((tmp_path / "board" / "plan.json").read_text())
    plan["keyframes"][2]["image"] = {"path": "segment_00.png"}
    (tmp_path / "board" / "plan.json").write_text(json.dumps(plan))
    assert longvid("render", "board/plan.json", "-o", "film.mp4").code == 0
    first, _, mine = manifest(tmp_path).keyframes
    assert first.source == "stability:sd3.5-large" and first.cost.paid == 65_000
    assert mine.source == "user" and mine.model is None and mine.cost.paid == 0 and fake.drawn == 3


def test_a_card_that_stands_in_is_told_by_manifest_and_exit_code(longvid: Longvid, fake: FakeImages, tmp_path: Path) -> None:
    fake.moods = ["moderate"]
    ran = longvid("render", "plan.json", "--images", "openai", "-o", "film.mp4")
    assert ran.code == 3 and "instead" in ran.out
    first, second, _ = manifest(tmp_path).keyframes
    assert first.source == "card:card" and "safety system" in str(first.fallback)
    assert [a.state for a in first.attempts] == ["moderated", "drawn"] and second.fallback is None
    fake.moods = ["moderate"]
    ran = longvid("keyframes", "plan.json", "--images", "openai", "-o", "board")
    assert ran.code == 3 and "1 of them a storyboard card in place of what was asked for" in ran.out


def test_a_wrong_key_is_one_message_and_shows_no_key(longvid: Longvid, fake: FakeImages, tmp_path: Path) -> None:
    fake.moods = [(401, {}, {"error": {"message": f"Incorrect API key: {SECRETS['OPENAI_API_KEY']}"}})]
    ran = longvid("render", "plan.json", "--images", "openai", "-o", "film.mp4")
    assert ran.code == 3 and "401" in ran.err and "OPENAI_API_KEY" in ran.err
    assert len(fake.asked) == 1 and not (tmp_path / "film.mp4").exists()
    homes = [tmp_path, Path(os.environ["LONGVID_HOME"])]
    files = [file for home in homes for file in home.rglob("*") if file.is_file()]
    assert not any(secret.encode() in file.read_bytes() for file in files for secret in SECRETS.values())


def test_a_budget_stops_before_anything_is_asked(longvid: Longvid, fake: FakeImages) -> None:
    assert "over the budget" in refused_text(longvid("render", "plan.json", "--images", "stability", "--budget", "0.1"))
    assert "not known" in refused_text(longvid("render", "plan.json", "--images", "stability:sd3.5-large-turbo", "--budget", "9"))
    assert not fake.asked


def refused_text(ran: object) -> str:
    assert ran.code == 4  # type: ignore[attr-defined]
    return ran.err  # type: ignore[attr-defined,no-any-return]


def test_without_a_key_the_variable_is_named(longvid: Longvid, fake: FakeImages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STABILITY_API_KEY")
    ran = longvid("render", "plan.json", "--images", "stability")
    assert ran.code == 2 and "STABILITY_API_KEY" in ran.err and not fake.asked
    assert "fallback" in refused(longvid("render", "plan.json", "--config", bad_settings()))


def bad_settings() -> str:
    Path("bad.yaml").write_text("images: {fallback: 7}\n")
    return "bad.yaml"
