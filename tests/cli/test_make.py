"""From a prompt on the command line to a plan and a film: options, settings, defaults, seeds."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from longvid_core.models import Plan
from longvid_core.planfile import load_plan

from .conftest import Longvid, refused

STORY = "A boat leaves the harbour at dawn. Gulls follow it out to sea.\n\nCUT TO: night. The storm breaks over the boat."
QUICK = ("--images", "tollpaint", "--backend", "toll", "--size", "64x48")


def plan_of(longvid: Longvid, *args: object) -> Plan:
    """The plan that `longvid plan` writes."""
    ran = longvid("plan", STORY, *args, "-o", "plan.json")
    assert ran.code == 0, ran.err
    return load_plan(Path("plan.json"))


def test_what_holds_when_nothing_is_said(longvid: Longvid) -> None:
    plan = plan_of(longvid)
    assert (plan.mode, plan.width, plan.height, plan.fps, plan.fit, plan.seed_policy) == (
        "keyframe",
        832,
        480,
        16,
        "crop",
        "derived",
    )


def test_help_promises_what_holds(longvid: Longvid) -> None:
    import re

    from longvid_core.cli import options as o
    from longvid_core.models import plan as models
    from longvid_core.models.film import FilmOptions
    from longvid_core.planning.brief import Brief
    from longvid_core.settings import Settings

    said = re.sub(r"[│\s]+", " ", longvid("make", "--help").out)
    settings, film = Settings(), FilmOptions()
    brief = Brief(prompt="x")
    assert (settings.mode, settings.fit, settings.seed_policy) == (brief.mode, brief.fit, brief.seed_policy)
    assert settings.size == f"{brief.width}x{brief.height}"
    assert settings.film.model_dump() == film.model_dump()
    for default in (brief.mode, settings.size, brief.fit, brief.seed_policy, film.codec, film.crf, film.preset):
        assert f"(default: {default})" in said
    for default in (settings.planner.name, settings.images.backend, settings.backend):
        assert f"(default: {default})" in said
    named = [models.Mode, models.Fit, models.SeedPolicy, FilmOptions.model_fields["codec"].annotation]
    assert [o.MODES, o.FITS, o.POLICIES, o.CODECS] == [literal.__args__ for literal in named]


def test_options_come_before_the_settings_and_those_before_defaults(longvid: Longvid, tmp_path: Path) -> None:
    (tmp_path / "longvid.yaml").write_text("size: 320x240\nfps: 12\nmode: chaining\n")
    plan = plan_of(longvid, "--fps", "8")
    assert (plan.width, plan.height, plan.fps, plan.mode) == (320, 240, 8, "chaining")
    (tmp_path / "other.yaml").write_text("size: 160x120\n")
    plan = plan_of(longvid, "--config", "other.yaml")
    assert (plan.width, plan.mode) == (160, "keyframe")


@pytest.mark.parametrize("number", [1, 2, 7])
def test_segments_gives_exactly_that_many(longvid: Longvid, number: int) -> None:
    assert len(plan_of(longvid, "--segments", number).segments) == number


def test_seconds_is_the_films_length(longvid: Longvid) -> None:
    plan = plan_of(longvid, "--seconds", "20")
    assert abs(plan.film_frames / plan.fps - 20) <= 0.5


# -- the same command is the same plan ------------------------------------------------------------------------------------------


def test_the_same_command_gives_the_same_bytes(longvid: Longvid, tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        assert longvid("plan", STORY, "-o", name).code == 0
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_prompt_file_and_stdin_say_the_same(longvid: Longvid, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "story.txt").write_text(STORY, encoding="utf-8")
    longvid("plan", STORY, "-o", "a.json")
    longvid("plan", "-f", "story.txt", "-o", "b.json")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xef\xbb\xbf" + STORY.encode())))
    longvid("plan", "-f", "-", "-o", "c.json")
    assert len({(tmp_path / name).read_bytes() for name in ("a.json", "b.json", "c.json")}) == 1


def test_without_o_the_plan_is_stdout_and_the_storyboard_stderr(longvid: Longvid, tmp_path: Path) -> None:
    ran = longvid("plan", STORY)
    assert Plan.model_validate_json(ran.out).title in ran.err and "832x480" in ran.err
    assert list(tmp_path.iterdir()) == []


def test_a_key_in_the_environment_changes_nothing(longvid: Longvid, monkeypatch: pytest.MonkeyPatch) -> None:
    with_keys = longvid("plan", STORY).out
    monkeypatch.delenv("OPENAI_API_KEY")
    assert longvid("plan", STORY).out == with_keys


# -- seeds ----------------------------------------------------------------------------------------------------------------------


def test_seeds_are_taken_whole(longvid: Longvid) -> None:
    plan = plan_of(longvid, "--seed", 2**64 - 1, "--seed-policy", "stride", "--seed-step", "3")
    assert (plan.seed, plan.seed_policy, plan.seed_step) == (2**64 - 1, "stride", 3)


def test_a_generation_id_has_its_seed(longvid: Longvid) -> None:
    first, second = plan_of(longvid, "--generation-id", "take-7"), plan_of(longvid, "--generation-id", "take-8")
    assert first.seed_policy == "from_id" and first.seed != second.seed
    assert plan_of(longvid, "--generation-id", "take-7", "--seed-policy", "from_id") == first


def test_a_random_seed_is_printed_and_is_another_each_time(longvid: Longvid) -> None:
    seeds = set()
    for _ in range(2):
        ran = longvid("plan", STORY, "--seed", "random")
        seed = json.loads(ran.out)["seed"]
        assert f"seed {seed}" in ran.err
        seeds.add(seed)
    assert len(seeds) == 2


# -- films ----------------------------------------------------------------------------------------------------------------------


def test_a_prompt_becomes_a_film(longvid: Longvid, toll: None, tmp_path: Path) -> None:
    ran = longvid("make", STORY, *QUICK, "--segments", "2", "--seconds", "2", "-o", "film.mp4", "--json")
    assert ran.code == 0, ran.err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["film.manifest.json", "film.mp4"]
    assert [s["outcome"] for s in ran.last["segments"]] == ["rendered"] * 2
    again = longvid("make", STORY, *QUICK, "--segments", "2", "--seconds", "2", "-o", "film.mp4", "--json")
    assert [s["outcome"] for s in again.last["segments"]] == ["cached"] * 2


def test_a_dry_run_makes_nothing_and_estimates(longvid: Longvid, toll: None, tmp_path: Path) -> None:
    ran = longvid("make", STORY, *QUICK, "--seconds", "4", "--dry-run", "-o", "film.mp4", "--json")
    assert ran.code == 0 and ran.last["film"] is None
    estimate = next(line for line in ran.lines if line["event"] == "estimate")
    assert estimate["low_micro_usd"] > 1_600_000
    assert list(tmp_path.iterdir()) == []
    over = longvid("make", STORY, *QUICK, "--seconds", "4", "--budget", "1", "-o", "film.mp4")
    assert over.code == 4 and "$1.00" in over.err and list(tmp_path.iterdir()) == []


def test_a_picture_of_ones_own_is_the_first_keyframe(longvid: Longvid, toll: None, tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (100, 100), "red").save(tmp_path / "mine.png")
    ran = longvid("make", STORY, *QUICK, "--seconds", "2", "--first-image", "mine.png", "-o", "film.mp4", "--json")
    first = next(line for line in ran.lines if line["event"] == "keyframe_done" and line["index"] == 0)
    assert first["source"] == "user" and ran.code == 0


def test_another_codec_has_another_container(longvid: Longvid, toll: None, tmp_path: Path) -> None:
    ran = longvid("make", STORY, *QUICK, "--segments", "1", "--seconds", "1", "--codec", "ffv1", "--json")
    assert ran.code == 0 and ran.last["film"] == str(tmp_path / "film.mkv")
    assert "film.mkv" in refused(longvid("make", STORY, "--codec", "ffv1", "-o", "film.mp4"))


def test_a_drawn_seed_and_a_piped_prompt_are_resumed_as_they_were(
    longvid: Longvid, toll: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(STORY.encode())))
    first = longvid("make", "-f", "-", "--seed", "random", *QUICK, "--segments", "1", "--seconds", "1", "--json")
    run = first.lines[0]["run"]
    again = longvid("jobs", "resume", run, "--json")
    assert again.code == 0, again.err
    assert again.last["segments"][0]["render_key"] == first.last["segments"][0]["render_key"]
    assert again.last["segments"][0]["outcome"] == "cached"
