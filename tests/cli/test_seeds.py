"""`longvid seeds`: what a seed does, found out by asking, by paying twice, and by looking."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from longvid_core.planfile import save_plan
from tests.fake_runway import FakeRunway
from tests.films import small_plan

from .conftest import Longvid


def test_asking_costs_nothing_and_leaves_no_trace(longvid: Longvid, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("LONGVID_HOME", str(home))
    done = longvid("seeds", "check", "--backend", "runway:kling2.5_turbo_pro", "--json")
    found = done.last["seed"]
    assert done.code == 0
    assert (found["parameter"], found["promise"], found["determinism"]) == (None, "none", "none")
    assert "no seed" in found["verdict"]
    assert not home.exists()


def test_the_same_segment_twice_is_paid_for_twice_and_once_later(longvid: Longvid, monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeRunway(size=(64, 48)) as fake:
        pointed(fake, monkeypatch)
        args = ("seeds", "check", "--backend", "runway:gen4_turbo", "--spend", "--json")
        first = longvid(*args)
        assert first.last["seed"]["repeats"] == "identical frames"  # no two jobs' files are the same bytes there
        assert first.code == 0 and fake.charges == 2
        seeds = [job.fields["seed"] for job in fake.jobs.values()]
        assert len(set(seeds)) == 1
        second = longvid(*args)
        assert second.last["seed"]["repeats"] == "identical frames" and fake.charges == 3


def test_a_budget_holds_for_both_together(longvid: Longvid, monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeRunway(size=(64, 48)) as fake:
        pointed(fake, monkeypatch)
        args = ("seeds", "check", "--backend", "runway:gen4_turbo", "--spend", "--json", "--budget")
        assert longvid(*args, "0.19").code == 4 and fake.charges == 0  # two seconds at 0.05, twice
        assert longvid(*args, "0.2").code == 0 and fake.charges == 2
        assert longvid(*args, "0.1").code == 0 and fake.charges == 3, "the first is in the store"


def test_a_budget_below_a_comparison_buys_nothing(longvid: Longvid, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    save_plan(small_plan(2, mode="chaining", cuts=(1,), frames=32), tmp_path / "plan.json")
    with FakeRunway(size=(64, 48)) as fake:
        pointed(fake, monkeypatch)
        args = ("seeds", "compare", "plan.json", "--backend", "runway:gen4_turbo", "--policies", "universal,stride", "--json")
        told = longvid(*args, "--budget", "0.29")  # three clips of two seconds: the first has one seed under both
        assert told.code == 4 and not fake.asked and "$0.30" in told.last["message"]
        assert longvid(*args, "--budget", "0.3").code == 0 and fake.charges == 3
        assert longvid(*args, "--budget", "0").code == 0 and fake.charges == 3


def test_the_animatic_repeats_to_the_byte(longvid: Longvid) -> None:
    done = longvid("seeds", "check", "--spend")
    assert done.code == 0 and "identical bytes" in done.out


def test_policies_are_compared_as_numbers_and_as_one_picture(longvid: Longvid, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    save_plan(small_plan(3), plan)
    done = longvid("seeds", "compare", str(plan), "--policies", "universal,derived", "-o", str(tmp_path / "out"), "--json")
    assert done.code == 0
    report = json.loads((tmp_path / "out" / "compare.json").read_text())
    universal, derived = report["policies"]
    assert len(set(universal["seeds"])) == 1 and len(set(derived["seeds"])) == 3
    assert all(universal[name] >= 0 for name in ("palette", "light", "texture", "palette_all"))
    assert set(universal["clips"]).isdisjoint(derived["clips"])
    with Image.open(done.last["picture"]) as picture:
        assert picture.width >= 760 and len(picture.getcolors(1 << 20) or []) > 100


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--policies", "lucky"), "no seed policy 'lucky'"),
        (("--backend", "runway:kling2.5_turbo_pro"), "takes no seed"),
        (("--clip", "nowhere"), "weights of CLIP (nowhere) are not here"),
    ],
)
def test_what_cannot_be_compared_is_refused(longvid: Longvid, tmp_path: Path, args: tuple[str, str], says: str) -> None:
    plan = tmp_path / "plan.json"
    save_plan(small_plan(2, frames=80), plan)
    done = longvid("seeds", "compare", str(plan), *args, "-o", str(tmp_path / "out"))
    assert done.code == 2 and says in done.err


def pointed(fake: FakeRunway, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what runs from here on find the fake, and look often."""
    for name, value in {**fake.env, "LONGVID_POLL_INTERVAL": "0.05"}.items():
        monkeypatch.setenv(name, value)
