"""Renderers that are opened, told what comes, and say how it was done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from longvid_core.catalog import Backend, registry
from longvid_core.errors import UnknownName
from longvid_core.manifest.build import build_manifest
from longvid_core.models.records import ModelRecord
from longvid_core.providers.base import LocalVideo, Surroundings
from tests.films import Studio, changed, outcomes, small_plan
from tests.render.chalk import Chalk, chalk

WIDE: dict[str, Any] = {"size": (64, 48)}


def test_a_renderer_is_told_exactly_what_the_store_lacks_before_anything_is_rendered(studio: Studio) -> None:
    plan = small_plan(4, **WIDE)
    studio.clips(plan, backend=chalk(1), only={0, 2})
    again = chalk(1)
    studio.clips(changed(plan, 2, prompt="Shot 2: rain."), backend=again)
    assert again.renderer.told == [plan.segments[1].prompt, "Shot 2: rain.", plan.segments[3].prompt]
    assert again.renderer.drawn == again.renderer.told
    kinds = [e.stage for e in studio.events if e.event == "progress"]
    assert kinds.index("prepare") < kinds.index("clips")


def test_nothing_is_told_where_nothing_is_missing(studio: Studio) -> None:
    studio.clips(small_plan(2, **WIDE), backend=chalk(1))
    again = chalk(1)
    assert outcomes(studio.clips(small_plan(2, **WIDE), backend=again)) == ["cached"] * 2
    assert again.renderer.told == []


def test_of_a_chain_all_is_told_from_the_first_segment_missing(studio: Studio) -> None:
    plan = small_plan(4, mode="chaining", **WIDE)
    studio.clips(plan, backend=chalk(1))
    again = chalk(1)
    studio.clips(changed(plan, 1, prompt="Shot 1: rain."), backend=again)
    assert again.renderer.told[0] == "Shot 1: rain."


def test_one_at_a_time_is_in_the_films_order(studio: Studio) -> None:
    plan = small_plan(8, cuts=(1, 2, 5), **WIDE)
    backend = chalk(1)
    studio.clips(plan, backend=backend)
    assert backend.renderer.drawn == [s.prompt for s in plan.segments]


def test_how_a_clip_was_made_stays_with_it_and_is_in_the_manifest(studio: Studio) -> None:
    plan = small_plan(2, **WIDE)
    studio.clips(plan, backend=chalk(1))
    cached = studio.make(plan, backend=chalk(1))
    segments = build_manifest(cached).segments
    assert [s.made for s in segments] == [{"device": "cpu", "sticks": 1}] * 2
    assert [s.determinism for s in segments] == ["bit-exact"] * 2, "its catalog entry promises that for a cpu"


def test_a_clip_that_another_model_rendered_than_was_thought_is_kept_as_its(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = chalk(1)
    other = ModelRecord(provider=backend.provider, id=backend.model, fingerprint={"width": 2})
    render = backend.renderer.render

    async def revealed(*args: Any) -> dict[str, Any]:
        return {**await render(*args), "made_by": other.json_value()}

    monkeypatch.setattr(backend.renderer, "render", revealed)
    found = studio.clips(small_plan(1, **WIDE), backend=backend).outcomes[0]
    honest = studio.clips(small_plan(1, **WIDE), backend=chalk(2)).outcomes[0]
    assert found.model == other and found.clip is not None and "made_by" not in found.clip.made
    assert (honest.outcome, honest.render_key) == ("cached", found.render_key)


def in_place_of_the_animatic(renderer: Any) -> Callable[[str], Any]:
    """`load_provider`, with this one as the animatic."""
    return lambda name: renderer if name == "animatic" else registry.load_provider(name)


def test_a_provider_is_opened_once_for_all_segments_and_closed_with_the_run(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    log: list[str] = []

    class Boxed:
        name = "animatic"

        @contextmanager
        def opened(self, around: Surroundings) -> Iterator[LocalVideo]:
            log.append(f"opened for {around.settings.fit}")
            yield Chalk(1)
            log.append("closed")

    monkeypatch.setattr("longvid_core.render.renderers.load_provider", in_place_of_the_animatic(Boxed()))
    assert outcomes(studio.clips(small_plan(3))) == ["rendered"] * 3
    assert log == ["opened for crop", "closed"]


def test_a_host_renderer_cannot_be_chosen_by_name() -> None:
    with pytest.raises(UnknownName, match="no provider 'comfyui'"):
        registry.find_backend("comfyui", "video")
    with pytest.raises(UnknownName, match="renders on its own node only"):
        registry.load_provider("comfyui")
    assert "comfyui" not in registry.provider_names("video")


def test_a_weight_file_is_hashed_once_for_all_runs(studio: Studio, tmp_path: Path) -> None:
    file = tmp_path / "weights.bin"
    file.write_bytes(b"weights")

    class Heavy(Chalk):
        def fingerprint(self, model: str) -> dict[str, Any]:
            return {"weights": self.around.sha256_of(file)}

        @contextmanager
        def opened(self, around: Surroundings) -> Iterator[LocalVideo]:
            self.around = around
            yield self

    for read in (["weights.bin"], []):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("longvid_core.render.renderers.load_provider", in_place_of_the_animatic(Heavy(1)))
            studio.clips(small_plan(1))
        assert [e.id for e in studio.events if e.event == "progress" and e.stage == "weights"] == read


def test_a_backend_of_a_host_is_the_same_one_whatever_renders_it() -> None:
    assert chalk(1) == chalk(2) == Backend("chalk", "stick", chalk(1).entry)
