"""Nothing is rendered twice: keys, the store, and what one change costs."""

from __future__ import annotations

from pathlib import Path

import pytest

from longvid_core.media.tags import read_tags
from longvid_core.models.film import FilmOptions
from tests.films import Studio, changed, outcomes, small_plan


def test_a_second_run_renders_nothing(studio: Studio) -> None:
    first = studio.make(small_plan(3))
    again = studio.make(small_plan(3))
    assert outcomes(first) == ["rendered"] * 3
    assert outcomes(again) == ["cached"] * 3
    assert again.film == first.film
    assert [state for _, state in studio.attempts()] == ["rendered"] * 3
    assert not [e for e in studio.events if e.event == "progress"], "the film was joined a second time"


def test_one_prompt_changed_in_ten_renders_one_clip(studio: Studio) -> None:
    plan = small_plan(10, cuts=(4,))
    studio.clips(plan)
    again = studio.clips(changed(plan, 5, prompt="Shot 5: now it snows."))
    assert [i for i, o in enumerate(outcomes(again)) if o == "rendered"] == [5]


def test_in_a_chain_it_is_that_one_and_those_after_it_up_to_the_next_cut(studio: Studio) -> None:
    plan = small_plan(7, mode="chaining", cuts=(5,))
    studio.clips(plan)
    again = studio.clips(changed(plan, 2, prompt="Shot 2: now it snows at night, in heavy fog."))
    assert [i for i, o in enumerate(outcomes(again)) if o == "rendered"] == [2, 3, 4]


@pytest.mark.parametrize(
    "change",
    [
        {"negative": "blurry"},
        {"reroll": 1},
        {"frames": 9},
        {"seed": 8},
    ],
    ids=str,
)
def test_what_changes_pixels_changes_the_key_of_that_segment_alone(studio: Studio, change: dict) -> None:
    plan = small_plan(3)
    before = studio.clips(plan).outcomes
    after = studio.clips(changed(plan, 1, **change)).outcomes
    assert [a.render_key != b.render_key for a, b in zip(before, after, strict=True)] == [False, True, False]


def test_what_does_not_change_pixels_keeps_the_key(studio: Studio) -> None:
    plan = small_plan(2)
    studio.clips(plan)
    told = changed(plan, 1, text="The user's own words.", complexity=0.9, locked=True).model_copy(update={"title": "Other"})
    assert outcomes(studio.clips(told)) == ["cached", "cached"]


def test_inserting_a_segment_leaves_the_others_clips_alone(studio: Studio) -> None:
    plan = small_plan(4, cuts=(1, 2, 3))
    studio.clips(plan)
    segments = list(plan.segments)
    segments.insert(2, segments[2].model_copy(update={"id": "new", "prompt": "Something else.", "first_keyframe": "k00"}))
    longer = plan.model_copy(update={"segments": tuple(s.model_copy(update={"index": i}) for i, s in enumerate(segments))})
    assert outcomes(studio.clips(longer)) == ["cached", "cached", "rendered", "cached", "cached"]


def test_other_film_options_join_again_and_render_nothing(studio: Studio) -> None:
    plan = small_plan(2)
    first = studio.make(plan)
    other = studio.make(plan, options=FilmOptions(codec="ffv1"))
    assert outcomes(other) == ["cached", "cached"]
    assert Path(other.film.path).suffix == ".mkv" and other.film.sha256 != first.film.sha256
    assert other.film.frames == first.film.frames


def test_a_film_of_another_title_bears_that_title(studio: Studio) -> None:
    plan = small_plan(1)
    studio.make(plan)
    other = studio.make(plan.model_copy(update={"title": "The Other"}))
    assert outcomes(other) == ["cached"]
    assert read_tags(other.film.path)["title"] == "The Other"


def test_the_same_plan_in_two_empty_stores_gives_the_same_bytes(tmp_path: Path) -> None:
    plan = small_plan(3, cuts=(2,))
    one, two = Studio(tmp_path / "one").make(plan), Studio(tmp_path / "two").make(plan)
    assert Path(one.film.path).read_bytes() == Path(two.film.path).read_bytes()
    assert [c.sha256 for c in one.rendered.clips] == [c.sha256 for c in two.rendered.clips]


@pytest.mark.parametrize("victim", ["a byte", "the end", "the file", "the record"])
def test_a_damaged_clip_is_named_and_rendered_again_never_joined(studio: Studio, victim: str) -> None:
    plan = small_plan(3)
    first = studio.make(plan)
    clip = Path(first.rendered.clips[1].path)
    data = clip.read_bytes()
    if victim == "a byte":
        clip.write_bytes(data[:500] + bytes([data[500] ^ 1]) + data[501:])
    elif victim == "the end":
        clip.write_bytes(data[:-1])
    elif victim == "the file":
        clip.unlink()
    else:
        clip.with_suffix(".json").write_text("{")
    again = studio.make(plan)
    assert outcomes(again) == ["cached", "rendered", "cached"]
    assert [n for n in studio.notices() if first.rendered.clips[1].render_key[:12] in n and "damaged" in n]
    assert again.film.sha256 == first.film.sha256


def test_a_damaged_film_is_joined_again(studio: Studio) -> None:
    plan = small_plan(2)
    first = studio.make(plan)
    film = Path(first.film.path)
    whole = film.read_bytes()
    film.write_bytes(whole[: len(whole) // 2])
    assert Path(studio.make(plan).film.path).read_bytes() == whole


def test_a_clip_without_its_proxy_gets_one_again(studio: Studio) -> None:
    plan = small_plan(1)
    proxy = Path(studio.clips(plan).clips[0].proxy or "")
    proxy.unlink()
    assert outcomes(studio.clips(plan)) == ["cached"]
    assert proxy.stat().st_size > 0


@pytest.mark.parametrize("damage", ["cut short", "overwritten", "emptied"])
def test_a_damaged_preview_is_made_again(studio: Studio, damage: str) -> None:
    plan = small_plan(2)
    made = studio.clips(plan)
    proxy = Path(made.clips[0].proxy or "")
    whole = proxy.read_bytes()
    proxy.write_bytes({"cut short": whole[:-100], "overwritten": bytes(len(whole)), "emptied": b""}[damage])
    again = studio.clips(plan)
    assert outcomes(again) == ["cached"] * 2 and again.clips[0].proxy == str(proxy)
    assert proxy.read_bytes() == whole
    (said,) = studio.notices()
    assert f"clips/{made.outcomes[0].render_key[:12]}.proxy is damaged" in said
    assert outcomes(studio.clips(plan)) == ["cached"] * 2 and not studio.notices()
