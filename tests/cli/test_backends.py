"""`longvid backends`: the table at any width, what a plan would cost where, and whether the catalog is still right."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from longvid_core.catalog import entry_of, provider_names
from longvid_core.planfile import save_plan
from tests.fake_replicate import FakeReplicate
from tests.fake_runway import FakeRunway
from tests.films import changed, small_plan

from .conftest import RUNWAY, Longvid, refused

RENDER = ("render", "plan.json", "--backend", RUNWAY)


@pytest.mark.parametrize("width", [80, 110, 200])
def test_every_model_has_a_line_that_fits(longvid: Longvid, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = longvid("backends").out.splitlines()
    assert max(map(len, lines)) <= width
    for kind in ("video", "image"):
        for provider in provider_names(kind):
            for model, entry in entry_of(provider).models.items():
                (line,) = [line for line in lines if line.startswith(f"  {model} ")]
                assert entry.price is None or f"{entry.price.usd:g}".rstrip("0") in line or "free" in line, line
                assert entry.seed.promise != "accepted" or "accepted" in line, line


def test_what_a_plan_costs_where(longvid: Longvid, runway: FakeRunway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert longvid(*RENDER).code == 0
    save_plan(changed(small_plan(2, frames=64), 1, prompt="Something else."), tmp_path / "plan.json")
    told = {offer["backend"]: offer for offer in longvid("backends", "plan.json", "--json").last["offers"]}
    here = told[RUNWAY]
    assert (here["low_micro_usd"], here["high_micro_usd"], here["cached"]) == (400_000, 600_000, 1)
    assert told["runway:veo3.1"]["low_micro_usd"] == 1_600_000 and told["runway:veo3.1"]["cached"] == 0
    assert "takes no last frame" in told["runway:gen4_turbo"]["wrong"]
    assert told["animatic:animatic"]["high_micro_usd"] == 0
    monkeypatch.setenv("COLUMNS", "80")
    shown = longvid("backends", "plan.json")
    assert shown.code == 0 and max(map(len, shown.out.splitlines())) <= 80
    for words in (f"{RUNWAY} $0.40 to $0.60 1", "cannot: segment 0 has a last_keyframe", "runway:gen4_turbo"):
        assert words in " ".join(shown.out.split()), shown.out


def test_segments_with_a_backend_of_their_own_are_left_out(longvid: Longvid, tmp_path: Path) -> None:
    save_plan(changed(small_plan(2, frames=64), 0, backend="runway:veo3.1"), tmp_path / "plan.json")
    last = longvid("backends", "plan.json", "--json").last
    offers = {offer["backend"]: offer for offer in last["offers"]}
    assert last["segments"] == 1 and offers[RUNWAY]["low_micro_usd"] == 400_000


@pytest.fixture
def replicate(longvid: Longvid, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeReplicate]:
    with FakeReplicate() as fake:
        for name, value in fake.env.items():
            monkeypatch.setenv(name, value)
        yield fake


def test_the_catalog_is_compared_with_what_a_model_publishes(longvid: Longvid, replicate: FakeReplicate) -> None:
    name = "bytedance/seedance-1-pro"
    same = longvid("backends", "--check", f"replicate:{name}", "--json")
    assert same.code == 0 and same.last == {"event": "done", "model": f"replicate:{name}", "differences": []}, same.last
    published = replicate.models[name]
    fewer = {field: value for field, value in published.inputs.items() if field != "seed"}
    replicate.models[name] = dataclasses.replace(published, inputs=fewer)
    differs = longvid("backends", "--check", name, "--json")
    assert differs.code == 1 and [d["field"] for d in differs.last["differences"]] == ["seed"]
    assert "published now" in longvid("backends", "--check", name).out


def test_what_cannot_be_compared_is_refused(longvid: Longvid, tmp_path: Path) -> None:
    assert "publishes nothing" in refused(longvid("backends", "--check", "runway:veo3.1"))
    save_plan(small_plan(1), tmp_path / "plan.json")
    assert "--check" in refused(longvid("backends", "plan.json", "--check", "runway:veo3.1"))
