"""Films whose clips come from a remote provider: keys and money first, then what became of each segment, in words."""

from __future__ import annotations

import io
import os
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console

from longvid_core.cli.screen import Screen
from longvid_core.events import Notice
from longvid_core.media.frames import count_and_hash, iterate_frames, rgb_array
from longvid_core.media.probe import probe
from longvid_core.models import Manifest
from longvid_core.planfile import save_plan
from longvid_core.settings import Settings
from tests.fake_images import FakeImages
from tests.fake_runway import FakeRunway
from tests.films import changed, small_plan

from .conftest import QUICK, ROOT, RUNWAY, Longvid, Ran, refused

RENDER = ("render", "plan.json", "--backend", RUNWAY)


def outcomes(ran: Ran) -> list[str]:
    return [line["outcome"] for line in ran.lines if line["event"] == "segment_done"]


def manifest(folder: Path) -> Manifest:
    return Manifest.model_validate_json((folder / "film.manifest.json").read_text())


# -- before anything is spent --------------------------------------------------------------------------------------------------
def test_a_missing_key_is_said_before_anything_is_drawn(
    longvid: Longvid, runway: FakeRunway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RUNWAYML_API_SECRET")
    ran = longvid(*RENDER)
    assert ran.code == 2 and "RUNWAYML_API_SECRET" in ran.err and "dev.runwayml.com" in ran.err
    assert not list((Settings().store_home / "assets").rglob("*.png")) and not runway.asked
    told = longvid("estimate", "plan.json", "--backend", RUNWAY)
    assert told.code == 0 and "$0.80 to $1.20" in told.out and "warning: runway needs a key" in told.out


def test_what_is_in_the_store_needs_no_key(longvid: Longvid, runway: FakeRunway, monkeypatch: pytest.MonkeyPatch) -> None:
    assert longvid(*RENDER).code == 0
    monkeypatch.delenv("RUNWAYML_API_SECRET")
    again = longvid(*RENDER, "--json")
    assert again.code == 0 and outcomes(again) == ["cached", "cached"] and runway.charges == 2


@pytest.mark.parametrize(
    ("option", "words"),
    [
        (("--fallback", "nobody"), "--fallback nobody"),
        (("--on-unknown", "guess"), "ask or resubmit"),
        (("--on-failure", "cry"), "stop or placeholder"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(longvid: Longvid, runway: FakeRunway, option: tuple[str, str], words: str) -> None:
    assert words in refused(longvid(*RENDER, *option))


def test_a_wrong_fallback_in_the_settings_is_said_before_any_work(longvid: Longvid, runway: FakeRunway, tmp_path: Path) -> None:
    (tmp_path / "longvid.yaml").write_text("fallback: [nobody]\n")
    assert "longvid.yaml" in refused(longvid(*RENDER)) and not runway.asked


# -- money ---------------------------------------------------------------------------------------------------------------------
def test_a_budget_below_the_estimate_buys_nothing(longvid: Longvid, runway: FakeRunway) -> None:
    ran = longvid(*RENDER, "--budget", "0.79")
    assert ran.code == 4 and "$0.80" in ran.err and not runway.asked


def test_each_submit_holds_what_it_may_cost(longvid: Longvid, runway: FakeRunway) -> None:
    runway.polls = 4
    ran = longvid(*RENDER, "--budget", "0.9")  # for one there is room, for two at once, at most $0.60 each, there is not
    assert ran.code == 0 and (runway.charges, runway.at_once) == (2, 1)
    runway.reset()
    runway.polls = 40
    assert longvid(*RENDER, "--reroll", "0,1", "--budget", "1.2").code == 0 and runway.at_once == 2


def test_what_is_under_way_is_not_counted_again(longvid: Longvid, runway: FakeRunway, tmp_path: Path) -> None:
    runway.seconds = 600
    (tmp_path / "longvid.yaml").write_text(QUICK + "remote: {deadline_s: 0.3}\n")
    assert longvid(*RENDER).code == 3
    (tmp_path / "longvid.yaml").write_text(QUICK)
    found = longvid("estimate", "plan.json", "--backend", RUNWAY, "--json").lines[0]
    assert [s["under_way"] for s in found["segments"]] == [True, True] and found["high_micro_usd"] == 0
    assert "2 under way" in longvid("estimate", "plan.json", "--backend", RUNWAY).out
    runway.seconds = 0
    ran = longvid(*RENDER, "--budget", "0.01", "--json")
    assert ran.code == 0 and outcomes(ran) == ["rendered", "rendered"] and runway.charges == 2


def test_pictures_hold_their_price_too(longvid: Longvid, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    save_plan(small_plan(2), tmp_path / "plan.json")
    (tmp_path / "longvid.yaml").write_text(QUICK)
    with FakeImages() as fake:
        monkeypatch.setenv("STABILITY_BASE_URL", fake.url)
        assert longvid("keyframes", "plan.json", "--images", "stability", "-o", "board", "--budget", "0.2").code == 0
        told = longvid("spend", "--json").last
    assert told["total_micro_usd"] == 3 * 65_000 and told["held_micro_usd"] == 0


# -- what became of it ---------------------------------------------------------------------------------------------------------
def test_the_terminal_tells_of_jobs_and_what_they_cost(longvid: Longvid, runway: FakeRunway) -> None:
    runway.polls = 4
    ran = longvid(*RENDER)
    assert ran.code == 0
    for id in runway.jobs:
        assert f"at {RUNWAY} queued, {id}" in ran.out
    assert ran.out.count("rendering") == 2 and "$0.40" in ran.out, "twice 20 credits"


def test_a_failure_names_segment_provider_code_and_what_was_paid(longvid: Longvid, runway: FakeRunway) -> None:
    runway.moods["end"] = ["moderated"]
    ran = longvid(*RENDER)
    assert ran.code == 3
    for words in ("segment", "failed", RUNWAY, "SAFETY.INPUT.TEXT", "Paid for it: $0.20"):
        assert words in ran.err, ran.err
    assert "1 of 2 segments" in ran.err


def test_a_fallback_renders_what_the_backend_does_not(longvid: Longvid, runway: FakeRunway, tmp_path: Path) -> None:
    runway.moods["end"] = ["refused"]
    ran = longvid(*RENDER, "--fallback", "animatic", "--json")
    assert ran.code == 0 and outcomes(ran) == ["rendered", "rendered"]
    assert sorted(s.model.provider for s in manifest(tmp_path).segments) == ["animatic", "runway"]
    assert [line["message"] for line in ran.lines if line["event"] == "notice" and line["level"] == "warning"]
    again = longvid(*RENDER, "--fallback", "animatic", "--budget", "0", "--json")
    assert again.code == 0 and outcomes(again) == ["cached", "cached"] and len(runway.jobs) == 2


def test_a_placeholder_is_named_and_asked_for_anew(longvid: Longvid, runway: FakeRunway) -> None:
    runway.moods["end"] = ["refused"]
    ran = longvid(*RENDER, "--on-failure", "placeholder")
    assert ran.code == 3
    for words in ("1 placeholder", "ASSET.INVALID", "The same command again"):
        assert words in " ".join(ran.out.split()), ran.out
    again = longvid(*RENDER, "--on-failure", "placeholder", "--json")
    assert again.code == 0 and sorted(outcomes(again)) == ["cached", "rendered"]


def test_a_lost_answer_is_bought_again_only_where_that_is_said(longvid: Longvid, runway: FakeRunway) -> None:
    runway.moods["submit"] = ["late:reset"]
    ran = longvid(*RENDER, "--on-unknown", "resubmit")
    assert ran.code == 0 and runway.charges == 3
    assert longvid("spend", "--json").last["perhaps_micro_usd"] == 600_000


def test_somebody_at_the_terminal_is_asked(runway: FakeRunway, tmp_path: Path) -> None:
    save_plan(small_plan(1, frames=64), tmp_path / "plan.json")
    runway.moods["submit"] = ["late:reset"]
    screen, terminal = os.openpty()
    command = [sys.executable, "-m", "longvid_core", *RENDER]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.Popen(command, cwd=tmp_path, env=env, stdin=terminal, stderr=terminal, stdout=subprocess.DEVNULL)
    try:
        os.close(terminal)
        assert "may have been bought" in _read_until(screen, "\n> ", run)
        (theirs,) = runway.jobs
        os.write(screen, b"what?\n")
        assert "none of these" in _read_until(screen, "\n> ", run)
        os.write(screen, f"adopt {theirs}\n".encode())
        assert run.wait(600) == 0 and runway.charges == 1 and (tmp_path / "film.mp4").is_file()
    finally:
        run.kill()
        run.wait()
        os.close(screen)


def _read_until(screen: int, words: str, run: subprocess.Popen[bytes]) -> str:
    """What is written there up to these words. A reading may end in the middle of a letter."""
    seen = b""
    until = time.monotonic() + 600
    while words.encode() not in seen.replace(b"\r", b""):
        assert time.monotonic() < until and run.poll() is None, seen
        if select.select([screen], [], [], 1)[0]:
            seen += os.read(screen, 1000)
    return seen.decode(errors="replace")


def test_what_happens_while_one_is_asked_is_shown_afterwards() -> None:
    shown = io.StringIO()
    screen = Screen(Console(file=shown, force_terminal=True, width=100), lambda: False)
    with screen.paused():
        screen.emit(Notice(message="Another job is done."))
        assert "Another job" not in shown.getvalue()
    assert "Another job is done." in shown.getvalue()


# -- mixed films ---------------------------------------------------------------------------------------------------------------
def test_clips_of_other_rates_sizes_and_sound_make_one_film(longvid: Longvid, runway: FakeRunway, tmp_path: Path) -> None:
    (tmp_path / "longvid.yaml").write_text(QUICK + "remote: {audio: true}\n")
    runway.size = (128, 72)
    save_plan(changed(small_plan(3, frames=64), 1, backend=RUNWAY), tmp_path / "plan.json")
    ran = longvid("render", "plan.json", "--backend", "animatic", "--json")
    assert ran.code == 0, ran.err
    made = manifest(tmp_path)
    assert [s.clip.frames for s in made.segments if s.clip] == [64, 96, 64]
    film = probe(tmp_path / "film.mp4")
    assert made.film.frames == film.frames == count_and_hash(tmp_path / "film.mp4")[0] == 3 * 64 - 2
    assert (film.width, film.height) == (64, 48) and film.fps == 16 and film.has_audio


def test_a_slate_counts_the_films_frames(longvid: Longvid, runway: FakeRunway, tmp_path: Path) -> None:
    plan = small_plan(2, frames=64)
    save_plan(changed(plan, 0, backend=RUNWAY), tmp_path / "mixed.json")
    for name in ("plan", "mixed"):
        ran = longvid("render", f"{name}.json", "--backend", "animatic", "--slate", "--codec", "ffv1", "-o", f"{name}.mkv")
        assert ran.code == 0, ran.err

    def second(film: str) -> list[bytes]:
        return [rgb_array(frame).tobytes() for frame in iterate_frames(tmp_path / film)][64:]

    assert len(second("plan.mkv")) == 63 and second("plan.mkv") == second("mixed.mkv")
