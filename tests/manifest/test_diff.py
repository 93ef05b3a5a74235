"""What changed between two films or plans, by meaning; what it touches and what that costs."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longvid_core.approval import approved
from longvid_core.catalog import entry_of
from longvid_core.manifest.build import build_manifest, manifest_json
from longvid_core.manifest.diff import Comparison, Side, compare, matched
from longvid_core.manifest.load import parse_manifest
from longvid_core.manifest.pictures import together
from longvid_core.manifest.share import share, share_plan
from longvid_core.media.delta import picture_delta
from longvid_core.models import Manifest, Plan
from longvid_core.models.film import FilmOptions
from longvid_core.models.visual import Camera, Lens, Light, VisualState
from longvid_core.planning.difference import Difference
from tests.films import Studio, changed, small_plan


def fields(found: Comparison, index: int) -> dict[str, tuple[str, str]]:
    """What changed in one segment of the second one: before and after, by field."""
    (segment,) = (s for s in found.segments if s.index == index and s.state != "removed")
    return {d.field: (d.before, d.after) for d in segment.changes}


def whole(found: Comparison) -> dict[str, tuple[str, str]]:
    return {d.field: (d.before, d.after) for d in found.film}


def touched(found: Comparison) -> list[int]:
    return [s.index for s in found.touched]


def diff(one: Plan | Manifest, other: Plan | Manifest, **how: Any) -> Comparison:
    sides = [Side(x.plan, x) if isinstance(x, Manifest) else Side(x) for x in (one, other)]
    return compare(*sides, **how)


PLAN = small_plan(3)


@pytest.mark.parametrize(
    ("change", "field", "after", "anew"),
    [
        ({"prompt": "Shot 1: nothing moves."}, "prompt", "Shot 1: nothing moves.", [1]),
        ({"text": "Other words of mine."}, "text", "Other words of mine.", []),
        ({"negative": "people"}, "negative", "people", [1]),
        ({"seed": 11}, "seed", "11", [1]),
        ({"frames": 9}, "length", "9 frames", [1]),
        ({"reroll": 1}, "take", "1", [1]),
        ({"locked": True}, "locked", "yes", []),
        ({"complexity": 0.9}, "complexity", "0.9", []),
        ({"backend": "runway:veo3.1"}, "backend", "runway:veo3.1", [1]),
        ({"visual": VisualState(camera=Camera(move="push_in"))}, "camera move", "push in", [1]),
        ({"visual": VisualState(lens=Lens(focal_length_mm=85))}, "lens focal length mm", "85.0", [1]),
        ({"visual": VisualState(lens=Lens(framing="close"))}, "lens framing", "close", [1]),
        ({"visual": VisualState(light=Light(time_of_day="dusk"))}, "light time of day", "dusk", [1]),
        ({"visual": VisualState(palette=("teal", "rust"))}, "palette", "teal, rust", [1]),
        ({"visual": VisualState(wardrobe=("a red coat",))}, "wardrobe", "a red coat", [1]),
        ({"visual": VisualState(style={"noir": 0.5})}, "style noir", "0.5", [1]),
    ],
)
def test_one_thing_changed_is_the_one_thing_named(change: dict[str, Any], field: str, after: str, anew: list[int]) -> None:
    found = diff(PLAN, changed(PLAN, 1, **change))
    assert fields(found, 1)[field][1] == after
    assert set(fields(found, 1)) <= {field, "seed"}
    assert fields(found, 0) == fields(found, 2) == {}
    assert touched(found) == anew and not found.equal


def test_a_plan_differs_from_itself_in_nothing() -> None:
    found = diff(PLAN, Plan.model_validate(json.loads(json.dumps(PLAN.json_value()))))
    assert found.equal and touched(found) == [] and {s.state for s in found.segments} == {"same"}


def test_a_keyframes_words_touch_both_segments_that_meet_there() -> None:
    keyframes = [k.model_copy(update={"prompt": "a lighthouse"}) if k.id == "k02" else k for k in PLAN.keyframes]
    found = diff(PLAN, PLAN.model_copy(update={"keyframes": tuple(keyframes)}))
    assert fields(found, 1) == {"ending": ("forest at dawn, later", "a lighthouse")}
    assert fields(found, 2) == {"opening": ("forest at dawn, later", "a lighthouse")}
    assert touched(found) == [1, 2] and found.keyframes == ("k02",)


def test_what_holds_for_the_whole_film_touches_all_of_it() -> None:
    found = diff(PLAN, PLAN.model_copy(update={"width": 96, "title": "Other"}))
    assert whole(found) == {"title": ("Small", "Other"), "size": ("64x48", "96x48")}
    assert touched(found) == [0, 1, 2] and found.touched[0].touched == "size"
    assert touched(diff(PLAN, PLAN.model_copy(update={"title": "Other"}))) == []


def test_another_base_seed_is_another_seed_for_each() -> None:
    found = diff(PLAN, PLAN.model_copy(update={"seed": 8}))
    assert whole(found) == {"base seed": ("7", "8")}
    assert all("seed" in fields(found, i) for i in range(3)) and touched(found) == [0, 1, 2]


def test_who_approved_what_is_told_and_renders_nothing_anew() -> None:
    yes, _ = approved(PLAN, "1", by="Ann", note="the one")
    found = diff(PLAN, yes)
    assert fields(found, 1) == {"locked": ("no", "yes"), "approved": ("", "by Ann: the one")} and touched(found) == []


def relabelled(plan: Plan, order: list[str]) -> Plan:
    """The plan's segments by id, in that order, all of them after cuts."""
    by_id = {s.id: s for s in plan.segments}
    own = [by_id[name].model_copy(update={"index": i, "join": "cut"}) for i, name in enumerate(order)]
    return Plan.model_validate(plan.model_copy(update={"segments": tuple(own)}).model_dump(by_alias=True))


CUT = small_plan(4, cuts=(1, 2, 3))


def test_added_removed_and_moved_segments_are_told_apart() -> None:
    found = diff(CUT, relabelled(CUT, ["s00", "s03", "s01"]))
    assert [(s.id, s.state, s.moved) for s in found.segments] == [
        ("s00", "same", False),
        ("s03", "same", True),
        ("s01", "same", False),
        ("s02", "removed", False),
    ]
    assert touched(found) == [] and not found.equal
    back = diff(relabelled(CUT, ["s00", "s03", "s01"]), CUT)
    assert [(s.id, s.state) for s in back.segments if s.state == "added"] == [("s02", "added")]
    assert back.touched[0].touched == "it is new"


def test_renumbered_segments_are_matched_by_their_place() -> None:
    ids = {f"s{i:02d}": f"shot{i + 1}" for i in range(4)}
    renamed = tuple(s.model_copy(update={"id": ids[s.id]}) for s in CUT.segments)
    found = diff(
        CUT.model_copy(update={"seed_policy": "universal"}),
        CUT.model_copy(update={"seed_policy": "universal", "segments": renamed}),
    )
    assert [s.before for s in found.segments] == ["s00", "s01", "s02", "s03"]
    assert all(fields(found, i) == {"id": (f"s{i:02d}", f"shot{i + 1}")} for i in range(4))
    assert touched(found) == []


def test_in_a_chain_whatever_follows_is_touched_up_to_the_next_cut() -> None:
    chain = small_plan(5, mode="chaining", cuts=(3,))
    found = diff(chain, changed(chain, 1, prompt="Something else entirely happens."))
    assert touched(found) == [1, 2]
    assert found.touched[1].touched == "it follows on segment 1"


@settings(deadline=None)
@given(st.permutations([f"s{i:02d}" for i in range(4)]), st.sets(st.sampled_from([f"s{i:02d}" for i in range(4)]), max_size=3))
def test_every_segment_of_both_is_in_the_comparison_once(order: list[str], gone: set[str]) -> None:
    other = relabelled(CUT, [name for name in order if name not in gone])
    pairs = matched(CUT.segments, other.segments)
    assert sorted(a.id for a, _ in pairs if a) == [s.id for s in CUT.segments]
    assert [b.id for _, b in pairs if b] == [s.id for s in other.segments]
    assert all(a.id == b.id for a, b in pairs if a and b)
    assert diff(CUT, other).equal == (order == sorted(order) and not gone)


def test_prices_are_the_catalogs_and_an_unknown_one_is_said() -> None:
    other = changed(changed(PLAN, 1, backend="runway:veo3.1", frames=64), 2, backend="nobody:none", frames=7)
    found = diff(PLAN, other)
    price = entry_of("runway").models["veo3.1"].price
    assert price is not None and price.high_usd is not None
    assert found.price.low_micro_usd == round(4e6 * price.usd) and found.price.high_micro_usd == round(4e6 * price.high_usd)
    assert found.price.unpriced == ("nobody:none",)
    assert diff(PLAN, changed(PLAN, 0, prompt="Else."), backend="runway:veo3.1").price.low_micro_usd > 0


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return Studio(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def base(studio: Studio) -> tuple[Manifest, Path]:
    made = studio.make(PLAN)
    return build_manifest(made), Path(made.film.path)


def test_a_film_made_again_differs_in_nothing(studio: Studio, base: tuple[Manifest, Path]) -> None:
    manifest, film = base
    again = build_manifest(studio.make(PLAN))
    assert [s.outcome for s in again.segments] == ["cached"] * 3
    found = compare(Side(manifest.plan, manifest, film), Side(again.plan, again, film))
    assert found.equal and found.picture is not None and found.picture.frames == (13, 13)


def test_two_films_differ_where_their_frames_do(studio: Studio, base: tuple[Manifest, Path]) -> None:
    manifest, film = base
    made = studio.make(changed(PLAN, 2, reroll=1))
    other = build_manifest(made)
    found = compare(Side(manifest.plan, manifest, film), Side(other.plan, other, Path(made.film.path)))
    assert {"take", "seed"} <= set(fields(found, 2)) and touched(found) == [2]
    assert "clip" not in fields(found, 2) and "seed as sent" not in fields(found, 2)
    assert found.segments[2].picture and found.segments[2].picture.first is not None
    assert 9 <= found.segments[2].picture.first < 13
    straight = picture_delta(film, Path(made.film.path))
    assert found.picture is not None
    assert found.picture.psnr_db == pytest.approx(straight.psnr_db, abs=0.01)
    assert found.picture.mean == pytest.approx(straight.mean, abs=1e-4)
    aside = {"psnr_db", "mean", "ssim"}
    assert found.picture.model_dump(exclude=aside) == straight.model_dump(exclude=aside)


def test_deltas_of_parts_add_up_to_nothing_where_nothing_differs(base: tuple[Manifest, Path]) -> None:
    delta = picture_delta(base[1], base[1])
    assert together([(delta, 100), (delta, 100)]).equal


def test_encoding_environment_and_renderer_are_told(studio: Studio, base: tuple[Manifest, Path]) -> None:
    manifest = base[0]
    other = build_manifest(studio.make(PLAN, options=FilmOptions(crf=30)))
    found = diff(manifest, other)
    assert whole(found)["film crf"] == ("18", "30") and touched(found) == []
    value = manifest.json_value()
    value["environment"]["libraries"]["numpy"] = "0.1"
    value["segments"][1]["model"]["fingerprint"]["steps"] = 20
    value["segments"][1]["render_key"] = "0" * 64
    found = diff(manifest, parse_manifest(value))
    assert whole(found)["environment libraries numpy"][1] == "0.1"
    assert fields(found, 1) == {"model steps": ("", "20")} and touched(found) == [1]


def test_a_clip_that_came_out_otherwise_under_the_same_key_is_named(base: tuple[Manifest, Path]) -> None:
    value = base[0].json_value()
    value["segments"][1]["clip"]["frames_sha256"] = "0" * 64
    found = diff(base[0], parse_manifest(value))
    assert list(fields(found, 1)) == ["clip"] and touched(found) == [] and not found.equal


def test_one_pixel_of_a_reference_is_named(base: tuple[Manifest, Path]) -> None:
    value = base[0].json_value()
    value["plan"]["keyframes"][0]["image"]["pixels_sha256"] = "0" * 64
    found = diff(base[0], parse_manifest(value).plan)
    assert list(fields(found, 0)) == ["opening picture"] and touched(found) == [0]


def test_a_plan_against_its_own_film_differs_in_nothing(base: tuple[Manifest, Path]) -> None:
    assert diff(base[0], PLAN).equal and diff(PLAN, base[0]).equal


def test_a_film_without_its_words_is_the_same_film(base: tuple[Manifest, Path]) -> None:
    assert diff(base[0], share(base[0])).equal
    other = share(base[0].model_copy(update={"plan": changed(base[0].plan, 1, prompt="Else.")}))
    assert fields(diff(base[0], other), 1)["prompt"][1].startswith("sha256:")
    assert diff(PLAN, share(base[0])).equal and diff(share(base[0]), share_plan(PLAN)).equal


def test_a_loras_strength_on_the_canvas_is_named_by_its_node(base: tuple[Manifest, Path]) -> None:
    def by(strength: float) -> Manifest:
        nodes = [{"class_type": "UNETLoader", "inputs": {}}, {"class_type": "LoraLoader", "inputs": {"strength_model": strength}}]
        first, *rest = base[0].segments
        model = first.model.model_copy(update={"fingerprint": {"graph": {"nodes": nodes}}})
        return base[0].model_copy(update={"segments": (first.model_copy(update={"model": model}), *rest)})

    found = fields(diff(by(0.5), by(0.6)), 0)
    assert found == {"model graph nodes[1] LoraLoader inputs strength model": ("0.5", "0.6")}


@settings(deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_names_in_a_file_means_nothing(base: tuple[Manifest, Path], chance: random.Random) -> None:
    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            items = list(value.items())
            chance.shuffle(items)
            return {name: shuffled(part) for name, part in items}
        return [shuffled(part) for part in value] if isinstance(value, list) else value

    again = parse_manifest(shuffled(json.loads(manifest_json(base[0]))))
    assert diff(base[0], again).equal
    assert Comparison.model_validate(diff(base[0], again).json_value()).equal


def test_a_comparison_goes_round_through_json() -> None:
    found = diff(PLAN, changed(PLAN, 1, prompt="Else."))
    assert Comparison.model_validate_json(json.dumps(found.json_value())) == found
    assert isinstance(found.segments[1].changes[0], Difference)
