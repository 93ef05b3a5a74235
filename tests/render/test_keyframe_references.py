"""What keyframes are drawn from: the one before in the same shot, the cast's pictures, and masks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from longvid_core.canonical import sha256_of
from longvid_core.errors import BadInput, CannotRender, RenderFailed
from longvid_core.estimate import estimate
from longvid_core.media.images import asset_of, load_rgb
from longvid_core.media.masks import load_mask
from longvid_core.models import CastMember, Keyframe, Plan, Reference
from longvid_core.painting import PIXEL_VERSION
from longvid_core.render.keyframes import adopt_images
from longvid_core.render.references import followed
from tests.easel import Easel, easel, fake
from tests.fake_images import FakeImages
from tests.films import small_plan

__all__ = ["easel", "fake"]


def picture(folder: Path, name: str, colour: Any, size: tuple[int, int] = (64, 48)) -> Any:
    Image.new("RGB", size, colour).save(folder / f"{name}.png")
    return asset_of(folder / f"{name}.png")


def worded(plan: Plan, keyframe: str, **changes: Any) -> Plan:
    return plan.with_keyframes([plan.keyframe(keyframe).model_copy(update=changes)])


def colours(asked: Any) -> list[Any]:
    return [p.convert("RGB").getpixel((p.width // 2, p.height // 2)) for p in asked.pictures]


def colour_of(keyframe: Keyframe) -> Any:
    assert keyframe.image is not None
    return Image.open(keyframe.image.path).getpixel((0, 0))


def test_a_shot_goes_on_from_its_beginning_and_a_cut_does_not() -> None:
    assert followed(small_plan(4, cuts=(2,))) == {"k01": "k00", "k02": "k01", "k04": "k03", "k05": "k04"}
    assert followed(small_plan(3, mode="chaining", cuts=(1, 2))) == {}


def test_a_film_that_ends_on_its_first_keyframe_has_an_order() -> None:
    plan = small_plan(3)
    segments = (*plan.segments[:2], plan.segments[2].model_copy(update={"last_keyframe": "k00"}))
    looped = Plan.model_validate(plan.model_copy(update={"segments": segments}).model_dump(by_alias=True))
    assert followed(looped) == {"k01": "k00", "k02": "k01"}


def test_the_keyframe_before_is_the_reference(easel: Easel, fake: FakeImages) -> None:
    drawn = easel.draw(small_plan(3, cuts=(2,)), "openai")
    by_words = {a.prompt.split("\n")[0]: a for a in fake.images}
    asked = [by_words[k.prompt] for k in drawn]
    assert [a.path.rpartition("/")[2] for a in asked] == ["generations", "edits", "edits", "generations", "edits"]
    assert colours(asked[1]) == [colour_of(drawn[0])] and colours(asked[2]) == [colour_of(drawn[1])]
    assert [r.role for r in drawn[2].made.references] == ["first"]
    assert drawn[2].made.references[0].pixels_sha256 == drawn[1].image.pixels_sha256


def test_a_changed_prompt_remakes_that_keyframe_and_what_follows_on_it(easel: Easel, fake: FakeImages) -> None:
    plan = small_plan(4, cuts=(3,))
    before = easel.draw(plan, "openai")
    assert fake.drawn == 6
    changed = worded(plan, "k01", prompt="something else")
    told = easel.within(lambda session: estimate(changed, session, backend=None, images="openai"))
    assert [k.cached for k in told.keyframes] == [True, False, False, False, True, True]
    after = easel.draw(changed, "openai")
    assert [a.image == b.image for a, b in zip(before, after, strict=True)] == [True, False, False, False, True, True]
    assert fake.drawn == 9
    told = easel.within(lambda session: estimate(plan, session, backend=None, images="openai"))
    assert all(k.cached for k in told.keyframes)


def test_a_picture_of_ones_own_is_a_reference_too(easel: Easel, fake: FakeImages, tmp_path: Path) -> None:
    mine = picture(tmp_path, "mine", "red")
    easel.draw(worded(small_plan(1), "k00", image=mine, source="user"), "openai")
    (asked,) = fake.images
    assert colours(asked) == [(255, 0, 0)]


def test_a_picture_of_ones_own_is_enlarged_only_with_a_word(easel: Easel, tmp_path: Path) -> None:
    plan = small_plan(1, size=(128, 96))
    mine = picture(tmp_path, "mine", "red", (64, 48))
    easel.draw(worded(plan, "k00", image=mine, source="user"), "card")
    assert easel.notices("warning") == [
        "keyframe k00: the picture supplied has 64x48 pixels, and is enlarged to fill the film's 128x96."
    ]
    easel.draw(worded(plan, "k00", image=picture(tmp_path, "large", "red", (300, 200)), source="user"), "card")
    assert easel.notices("warning") == []
    pictures = [Image.new("RGB", size) for size in ((128, 96), (100, 96))]
    adopted = easel.within(lambda session: adopt_images(plan, pictures, session))
    assert [k.source for k in adopted.keyframes] == ["user", "user"]
    assert [n.split(":")[0] for n in easel.notices("warning")] == ["keyframe k01"]


def test_the_cast_is_seen_wherever_it_is_named_and_its_look_is_said(easel: Easel, fake: FakeImages, tmp_path: Path) -> None:
    mara = CastMember(
        name="Mara",
        look="a woman in a yellow raincoat",
        references=(Reference(role="sheet", image=picture(tmp_path, "mara", "yellow")),),
    )
    plan = small_plan(2, cuts=(1,)).model_copy(update={"cast": (mara,)})
    plan = worded(worded(plan, "k00", prompt="Mara at sea"), "k02", prompt="On land, MARA waits")
    plan = worded(plan, "k03", prompt="the Maranello road")
    drawn = easel.draw(plan, "openai")
    by_words = {a.prompt.split("\n")[0]: a for a in fake.images}
    first, after_the_cut, other = by_words["Mara at sea"], by_words["On land, MARA waits"], by_words["the Maranello road"]
    assert colours(first) == colours(after_the_cut) == [(255, 255, 0)]
    assert "Mara: a woman in a yellow raincoat" in first.prompt and "raincoat" not in other.prompt
    assert colours(other) == [colour_of(drawn[2])]
    assert [r.role for r in drawn[0].made.references] == ["cast:Mara"]


def test_a_model_with_one_picture_takes_the_one_before_and_no_sheet(easel: Easel, fake: FakeImages, tmp_path: Path) -> None:
    mara = CastMember(name="Mara", references=(Reference(role="sheet", image=picture(tmp_path, "mara", "yellow")),))
    plan = small_plan(1).model_copy(update={"cast": (mara,)})
    plan = worded(worded(plan, "k00", prompt="Mara at sea"), "k01", prompt="Mara on land")
    drawn = easel.draw(plan, "stability")
    assert [a.fields["mode"] for a in fake.images] == ["text-to-image", "image-to-image"]
    assert colours(fake.images[1]) == [colour_of(drawn[0])]
    easel.images = {"strength": 0.2}
    easel.draw(plan, "stability")
    assert fake.drawn == 3, "how far a picture may go from its reference is part of its key, and of no other's"


def test_a_card_that_stands_in_is_no_reference(easel: Easel, fake: FakeImages) -> None:
    fake.moods = ["moderate"]
    drawn = easel.draw(small_plan(1), "openai")
    assert [k.source for k in drawn] == ["card:card", "openai:gpt-image-2"]
    assert [a.path.rpartition("/")[2] for a in fake.images] == ["generations", "generations"]


def test_without_the_keyframe_before_the_next_is_not_asked_for(easel: Easel, fake: FakeImages) -> None:
    plan = small_plan(3)
    fake.moods = [None, (400, {}, {"error": {"message": "no"}})]
    with pytest.raises(RenderFailed, match="k01"):
        easel.draw(plan, "openai")
    assert len(fake.images) == 2 and fake.drawn == 1


def test_cards_have_the_keys_they_always_had(easel: Easel, tmp_path: Path) -> None:
    plan = small_plan(1)
    drawn = easel.draw(plan, "card")
    model = {"provider": "card", "id": "card", "fingerprint": {"provider": "card", "model": "card", "pixels": PIXEL_VERSION}}
    key = sha256_of(
        {
            "kind": "keyframe", "model": model, "prompt": plan.keyframes[0].prompt,
            "visual": plan.keyframes[0].visual.over(plan.visual).json_value(), "seed": str(drawn[0].made.seed.sent),
            "width": 64, "height": 48, "references": [],
        }
    )  # fmt: skip
    assert Path(drawn[0].image.path).stem == key == drawn[0].made.key


# -- masks ---------------------------------------------------------------------------------------------------------------------


def masked(folder: Path, mask: Image.Image, **more: Any) -> Plan:
    """A shot whose last keyframe may differ from its first only inside the mask."""
    mask.save(folder / "mask.png")
    reference = Reference(role="mask", image=asset_of(folder / "mask.png"))
    return worded(small_plan(1), "k01", references=(reference,), **more)


def half(mode: str = "L", size: tuple[int, int] = (640, 480)) -> Image.Image:
    mask = Image.new("L", size, 0)
    mask.paste(255, (0, 0, size[0] // 2, size[1]))
    if mode != "RGBA":
        return mask
    picture = Image.new("RGBA", size, (0, 0, 0, 255))
    picture.putalpha(mask.point(lambda value: 255 - value))
    return picture


@pytest.mark.parametrize("mode", ["1", "P", "LA", "RGBX", "I;16", "CMYK"])
def test_a_mask_is_the_same_in_every_mode(tmp_path: Path, mode: str) -> None:
    """LA and RGBX: with an alpha that is opaque all over, as many programs write a black and white mask."""
    made = half().convert({"RGBX": "RGBA", "I;16": "I"}.get(mode, mode))
    made = made.point(lambda value: value * 257).convert("I;16") if mode == "I;16" else made
    made.save(tmp_path / f"mask.{'tif' if mode == 'CMYK' else 'png'}")
    half().save(tmp_path / "plain.png")
    (file,) = tmp_path.glob("mask.*")
    found, wanted = (load_mask(each, 64, 48, "crop").tobytes() for each in (file, tmp_path / "plain.png"))
    assert found == wanted


@pytest.mark.parametrize("mode", ["L", "RGBA"])
def test_a_mask_restricts_the_edit_whatever_its_size(easel: Easel, fake: FakeImages, tmp_path: Path, mode: str) -> None:
    drawn = easel.draw(masked(tmp_path, half(mode)), "openai")
    asked = fake.images[1]
    assert "mask" in asked.files and "inside the mask" in asked.prompt
    assert [r.role for r in drawn[1].made.references] == ["first", "mask"]
    before, after = (np.asarray(load_rgb(k.image.path), dtype=int) for k in drawn)
    assert (before[:, 32:] == after[:, 32:]).all(), "the service drew all of it anew; outside the mask it is as it was"
    assert np.abs(after[:, :28] - before[:, :28]).max(axis=2).min() > 0, "inside it is what the service drew"
    easel.draw(masked(tmp_path, half("L", (1280, 960))), "openai")
    assert fake.drawn == 2, "the same area at another size is the same picture"
    easel.draw(masked(tmp_path, half("L").transpose(Image.Transpose.FLIP_LEFT_RIGHT)), "openai")
    assert fake.drawn == 3


@pytest.mark.parametrize(
    ("mask", "said"),
    [
        (Image.new("L", (64, 48), 0), "covers nothing"),
        (Image.new("L", (64, 48), 255), "covers everything"),
        (Image.new("RGBA", (64, 48), (0, 0, 0, 0)), "covers everything"),
    ],
)
def test_a_mask_of_nothing_or_everything_is_refused_before_anything_is_paid(
    easel: Easel, fake: FakeImages, tmp_path: Path, mask: Image.Image, said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        easel.draw(masked(tmp_path, mask), "openai")
    assert not fake.asked


def test_a_mask_needs_a_model_that_edits_and_a_picture_to_edit(easel: Easel, fake: FakeImages, tmp_path: Path) -> None:
    with pytest.raises(CannotRender, match="stability:sd3.5-large cannot edit"):
        easel.draw(masked(tmp_path, half()), "stability")
    plan = masked(tmp_path, half())
    moved = worded(plan, "k00", references=plan.keyframe("k01").references)
    with pytest.raises(BadInput, match="k00 has a mask, and no picture"):
        easel.draw(moved, "openai")
    assert not fake.asked


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
def test_a_mask_is_fitted_as_its_picture_is(tmp_path: Path, fit: Any) -> None:
    half("L", (200, 50)).save(tmp_path / "mask.png")
    mask = load_mask(tmp_path / "mask.png", 100, 100, fit)
    assert mask.size == (100, 100) and mask.getpixel((20, 50)) == 255 and mask.getpixel((80, 50)) == 0
    assert mask.getpixel((20, 2)) == (0 if fit == "pad" else 255)
