"""Keyframes drawn by remote providers: retried, reworded, handed on, paid once, and told about."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from longvid_core.errors import BadInput, Interrupted, OverBudget, RenderFailed, StoreError
from longvid_core.estimate import check_budget, estimate
from longvid_core.models import Plan
from longvid_core.planning import language_models
from longvid_core.planning.language_models import LanguageModel, TokenPrice
from longvid_core.render.calls import Call
from longvid_core.render.keyframes import draw_keyframes
from longvid_core.render.lanes import Lane
from longvid_core.render.session import Session
from longvid_core.retry import unless
from tests.easel import PICTURE, Easel, cuts, easel, fake, one
from tests.fake_images import KEY, FakeImages

__all__ = ["easel", "fake"]

IMPATIENT = {"timeout_s": 1.0}
"""Only where no answer comes: else a busy machine may keep one waiting for longer."""


def test_a_picture_is_drawn_paid_and_fitted_once(easel: Easel, fake: FakeImages) -> None:
    (drawn,) = easel.draw(one())
    assert Image.open(drawn.image.path).size == (64, 48) and drawn.source == "stability:sd3.5-large"
    made = drawn.made
    assert made is not None and made.received is not None and (made.received.width, made.received.height) == (1344, 768)
    assert made.cost.paid == PICTURE == easel.spent() and made.fit == "crop" and made.fallback is None
    assert made.seed.sent == made.seed.returned and 0 < made.seed.sent < 2**32 - 1
    assert [(a.state, a.prompt) for a in made.attempts] == [("drawn", made.prompt_sent)]
    (again,) = easel.draw(one())
    assert again == drawn and fake.drawn == 1 and easel.spent() == PICTURE and easel.states() == ["rendered"]
    originals = {p.stem for p in (easel.home / "assets" / "originals").rglob("*.png")}
    assert made.received.sha256 in originals


def test_what_is_stored_needs_no_key(easel: Easel, fake: FakeImages, monkeypatch: pytest.MonkeyPatch) -> None:
    easel.draw(one())
    monkeypatch.delenv("STABILITY_API_KEY")
    easel.draw(one())
    with pytest.raises(BadInput, match="STABILITY_API_KEY"):
        easel.draw(one("another"))
    assert fake.drawn == 1


@pytest.mark.parametrize("images", ["stability", "openai"])
def test_what_may_pass_is_asked_again(easel: Easel, fake: FakeImages, images: str) -> None:
    fake.moods = [(429, {"retry-after": "0.2"}, {}), "reset", (500, {}, {})]
    started = time.monotonic()
    (drawn,) = easel.draw(one(), images)
    assert time.monotonic() - started > 0.2
    assert len(fake.images) == 4 and fake.drawn == 1
    assert easel.states() == ["failed", "unknown", "failed", "rendered"]
    assert [a.state for a in drawn.made.attempts] == ["failed", "unknown", "failed", "drawn"]
    assert len([n for n in easel.notices() if "follows in" in n]) == 3


@pytest.mark.parametrize("mood", ["hang", "truncate", (503, {}, {})])
def test_after_the_last_attempt_only_the_first_keyframe_gets_a_card(easel: Easel, fake: FakeImages, mood: Any) -> None:
    easel.images = IMPATIENT if mood == "hang" else {}
    fake.moods = [mood] * 4
    (drawn,) = easel.draw(one())
    assert drawn.source == "card:card" and drawn.made.fallback and len(fake.images) == 4 and easel.spent() == 0
    assert any("instead" in n for n in easel.notices("warning"))
    easel.images, fake.moods = {}, []
    (again,) = easel.draw(one())
    assert again.source == "stability:sd3.5-large", "a card that stood in is no picture the store would give for it"


@pytest.mark.parametrize(("status", "calls"), [(400, 3), (401, 1), (402, 1), (403, 1)])
def test_a_refusal_is_final_and_the_account_is_not_asked_for_every_keyframe(
    easel: Easel, fake: FakeImages, status: int, calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("longvid_core.render.keyframes.width_of", lambda backend: 1)
    fake.moods = [(status, {}, {"errors": [f"no {KEY}"]})] * 3
    with pytest.raises(RenderFailed, match=str(status)) as caught:
        easel.draw(cuts(3))
    assert len(fake.images) == calls and fake.drawn == 0 and easel.spent() == 0
    assert caught.value.exit_code == 3 and KEY not in str(caught.value)
    assert any(e.event == "keyframe_done" and e.source == "card:card" for e in easel.events)  # type: ignore[attr-defined]


def test_siblings_of_a_failed_one_are_drawn_and_kept(easel: Easel, fake: FakeImages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("longvid_core.render.keyframes.width_of", lambda backend: 1)
    fake.moods = [None, (400, {}, {"errors": ["bad words"]}), None]
    with pytest.raises(RenderFailed, match="keyframe k01 has no picture: .*bad words"):
        easel.draw(cuts(3))
    assert fake.drawn == 2
    easel.draw(cuts(3))
    assert fake.drawn == 3 and len(fake.images) == 4 and easel.spent() == 3 * PICTURE


def test_a_refused_prompt_is_reworded_with_the_reason(easel: Easel, fake: FakeImages) -> None:
    easel.planner = "openai:gpt-5.4-mini"
    fake.refuses = lambda prompt: "blood" in prompt
    fake.rewording = lambda prompt: "<think>No blood?</think>\n" + prompt.replace("blood", "red paint")
    (drawn,) = easel.draw(one("blood on the {floor}"), "openai")
    assert [a.prompt for a in fake.images] == ["blood on the {floor}", "red paint on the {floor}"]
    (chat,) = fake.to("chat")
    assert chat.fields["model"] == "gpt-5.4-mini" and "violence" in chat.fields["messages"][-1]["content"]
    assert drawn.made.prompt_sent == "red paint on the {floor}" and drawn.made.fallback is None
    assert easel.spent() == drawn.made.cost.paid, "rewording on a server of one's own is free"
    assert [(a.state, a.prompt) for a in drawn.made.attempts] == [
        ("moderated", "blood on the {floor}"),
        ("drawn", "red paint on the {floor}"),
    ]
    (again,) = easel.draw(one("blood on the {floor}"), "openai")
    assert again.made == drawn.made and fake.drawn == 1, "kept under the words that were asked for"


def test_other_words_that_came_are_asked_for_once(easel: Easel, fake: FakeImages) -> None:
    easel.planner = "openai:gpt-5.4-mini"
    fake.refuses = lambda prompt: "blood" in prompt
    fake.rewording = lambda prompt: f"{prompt.replace('blood', 'red paint')}" + "!" * ("blood" not in prompt)
    # the provider fails once the words are there
    fake.moods = [None, *[(500, {}, {})] * 4]
    assert easel.draw(one("blood on the floor"), "openai")[0].source == "card:card"
    (drawn,) = easel.draw(one("blood on the floor"), "openai")
    assert drawn.made.prompt_sent == "red paint on the floor" and len(fake.to("chat")) == 1
    # words that pass no better are not given again
    fake.refuses = lambda prompt: True
    for chats in (3, 5):
        easel.draw(one("more blood"), "openai")
        assert len(fake.to("chat")) == chats


@pytest.mark.parametrize(("planner", "limit", "calls"), [("openai:x", 2, 3), ("openai:x", 0, 1), ("offline", 2, 1)])
def test_rewording_ends_and_a_card_stands_in(easel: Easel, fake: FakeImages, planner: str, limit: int, calls: int) -> None:
    easel.planner, easel.images = planner, {"reword_limit": limit}
    fake.refuses = lambda prompt: True
    fake.rewording = lambda prompt: prompt + "!"
    drawn = easel.draw(cuts(2))
    assert [k.source for k in drawn] == ["card:card"] * 2 and len(fake.images) == 2 * calls and easel.spent() == 0
    assert all("will not draw this" in k.made.fallback for k in drawn)
    assert [a.state for a in drawn[1].made.attempts] == ["moderated"] * calls + ["drawn"]


@pytest.mark.parametrize("price", [1000.0, None])
def test_other_words_cost_no_more_than_the_budget(
    easel: Easel, fake: FakeImages, monkeypatch: pytest.MonkeyPatch, price: float | None
) -> None:
    tokens = price and TokenPrice(input=price, output=price, evidence="documentation", checked=datetime.date(2026, 11, 20))
    monkeypatch.setattr(language_models, "language_model", lambda *asked: LanguageModel(price=tokens or None))
    easel.planner, fake.refuses, fake.rewording = "openai:x", (lambda prompt: True), (lambda prompt: prompt + "!")

    def drawn(session: Session) -> Plan:
        session.budget_micro_usd = 500_000
        return asyncio.run(draw_keyframes(one(), session, images="openai"))

    assert easel.within(drawn).keyframes[0].source == "card:card"
    assert fake.to("chat") == [] and "budget" in easel.notices("warning")[0]


@pytest.mark.parametrize(
    ("mood", "chats"),
    [
        (b"<html>", 1),
        (b"{}", 1),
        (b'{"choices": [{"index": 0}]}', 1),
        (b'{"choices": [{"message": {"content": null, "refusal": "no"}}]}', 1),
        (b'{"choices": [{"message": {"content": "I\'m sorry, but I cannot do that."}}]}', 1),
        (b'{"choices": [{"message": {"content": "A quiet"}, "finish_reason": "length"}]}', 1),
        ((401, {}, {"error": {"message": "bad key"}}), 1),
        ((500, {}, {}), 4),
        ("hang", 4),
    ],
    ids=["html", "empty", "no message", "refusal", "sorry", "cut off", "401", "500", "hang"],
)
def test_nobody_to_reword_is_no_fault_of_the_film(easel: Easel, fake: FakeImages, mood: Any, chats: int) -> None:
    easel.planner, easel.images = "openai:x", IMPATIENT if mood == "hang" else {}
    fake.refuses, fake.chat_moods = (lambda prompt: True), [mood] * 4
    (drawn,) = easel.draw(one(), "openai")
    assert drawn.source == "card:card" and "will not draw this" in drawn.made.fallback
    assert len(fake.images) == 1 and len(fake.to("chat")) == chats


def test_the_next_provider_is_asked_before_a_card(easel: Easel, fake: FakeImages) -> None:
    easel.images = {"fallback": ("openai:gpt-image-1.5",)}
    fake.moods = ["moderate"]
    (drawn,) = easel.draw(one())
    assert drawn.source == "openai:gpt-image-1.5" and "filtered" in drawn.made.fallback
    assert [(a.provider, a.state) for a in drawn.made.attempts] == [("stability", "moderated"), ("openai", "drawn")]
    assert [a.path for a in fake.images] == ["/v2beta/stable-image/generate/sd3", "/v1/images/generations"]
    assert easel.spent() == drawn.made.cost.paid == 200_000


def test_a_picture_of_a_stand_in_is_not_bought_again_once_the_first_is_back(easel: Easel, fake: FakeImages) -> None:
    """Else the same command would draw another one, and all clips beside it would be bought again, too."""
    easel.images = {"fallback": ("openai",)}
    fake.moods = [(402, {}, {})]
    (first,) = easel.draw(one())
    assert first.source == "openai:gpt-image-2" and fake.drawn == 1
    costs = easel.within(lambda session: estimate(one(), session, backend=None, images="stability"))
    assert costs.high_micro_usd == 0 and costs.keyframes[0].cached
    (again,) = easel.draw(one())
    assert again.image == first.image and fake.drawn == 1 and "402" in again.made.fallback
    assert "stood in for stability" in easel.notices()[0]
    easel.images = {}
    assert easel.draw(one())[0].source == "stability:sd3.5-large", "whoever wants no stand-in gets none"


def test_a_key_that_is_wrong_is_told_and_only_the_configured_provider_steps_in(easel: Easel, fake: FakeImages) -> None:
    easel.images = {"fallback": ("openai",)}
    fake.moods = [(401, {}, {"errors": ["bad key"]})]
    (drawn,) = easel.draw(one())
    assert drawn.source == "openai:gpt-image-2" and any("STABILITY" not in n and "401" in n for n in easel.notices("warning"))


def test_no_more_at_once_than_the_catalog_says(easel: Easel, fake: FakeImages) -> None:
    fake.together, fake.hold_s = 4, 0.2  # a fifth would come meanwhile
    easel.draw(cuts(7), "openai")
    assert fake.at_once == 4 and fake.drawn == 7


async def test_too_many_requests_narrow_the_lane() -> None:
    lane = Lane(4)
    inside, most = 0, 0

    async def work() -> None:
        nonlocal inside, most
        async with lane:
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    lane.narrow()
    lane.narrow()
    lane.narrow()
    assert lane.width == 1
    await asyncio.gather(*(work() for _ in range(5)))
    assert most == 1
    for _ in range(9):
        await lane.widen()
    await asyncio.gather(*(work() for _ in range(9)))
    assert most == 4 == lane.width


@pytest.mark.parametrize("mood", ["garbage", "empty"])
def test_an_answer_without_a_picture_is_not_bought_again(easel: Easel, fake: FakeImages, mood: str) -> None:
    fake.moods = [mood]
    (drawn,) = easel.draw(one())
    assert drawn.source == "card:card" and len(fake.images) == 1
    assert easel.spent() == (PICTURE if mood == "garbage" else 0)


def test_a_picture_that_is_too_small_is_enlarged_only_with_a_word(easel: Easel, fake: FakeImages) -> None:
    (drawn,) = easel.draw(one(size=(1920, 1080)))
    assert Image.open(drawn.image.path).size == (1920, 1080)
    assert any("1344x768, which is enlarged to fill the film's 1920x1080" in n for n in easel.notices("warning"))
    fake.size = (512, 512)
    easel.draw(one("elsewhere"), "openai")
    assert any("drew 512x512, and was asked for" in n for n in easel.notices("warning"))
    assert not any("enlarged" in n for n in easel.notices())


def test_a_stop_ends_the_wait_at_once_and_nothing_is_lost(easel: Easel, fake: FakeImages) -> None:
    fake.moods = [None, "hang"]
    easel.images = {"timeout_s": 60}

    def one_is_done() -> bool:
        return len(fake.images) == 2 and any(e.event == "keyframe_done" for e in easel.events)

    with pytest.raises(Interrupted):
        easel.draw(cuts(2), interrupted=one_is_done)
    assert fake.drawn == 1 and sorted(easel.states()) == ["interrupted", "rendered"]
    assert any("it may be charged" in notice for notice in easel.notices("warning"))
    easel.draw(cuts(2))
    assert fake.drawn == 2 and easel.spent() == 2 * PICTURE


KILLED_WITH_A_PICTURE = """
import os, sys
from pathlib import Path
from longvid_core.render import calls
from tests.easel import Easel, one

calls.Call._cost = lambda self, said: os.kill(os.getpid(), 9)
Easel(Path(sys.argv[1])).draw(one())
"""


def test_a_picture_that_came_before_the_process_was_killed_is_not_bought_again(easel: Easel, fake: FakeImages) -> None:
    def killed_beside(session: Session) -> Plan:
        ended = subprocess.run([sys.executable, "-c", KILLED_WITH_A_PICTURE, str(easel.home)], cwd=Path(__file__).parents[2])
        assert ended.returncode == -9 and fake.drawn == 1 and easel.spent() == 0
        return asyncio.run(draw_keyframes(one(), session, images="stability"))

    (drawn,) = easel.within(killed_beside).keyframes
    assert fake.drawn == 1 and easel.spent() == PICTURE == drawn.made.cost.paid
    assert drawn.made.cost.reckoned == PICTURE and drawn.made.seed.returned == drawn.made.seed.sent
    assert easel.rows("SELECT count(*) FROM doubts") == [(0,)] and list((easel.home / "incoming").iterdir()) == []


def test_a_picture_that_the_disk_did_not_take_is_not_bought_again(
    easel: Easel, fake: FakeImages, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: Any) -> Any:
        raise StoreError("cannot write: the disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(Call, "_taken_in", full)
        with pytest.raises(StoreError):
            easel.draw(one())
    (drawn,) = easel.draw(one())
    assert fake.drawn == 1 and easel.spent() == PICTURE == drawn.made.cost.paid


@pytest.mark.parametrize("damage", ['{"seed": "no number"}', '{"priced_on": "yesterday"}', "cut off"])
def test_a_picture_that_came_and_is_damaged_is_asked_for_again(
    easel: Easel, fake: FakeImages, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    def full(*args: Any) -> Any:
        raise StoreError("cannot write: the disk is full.")

    with monkeypatch.context() as patch, pytest.raises(StoreError):
        patch.setattr(Call, "_taken_in", full)
        easel.draw(one())
    (note,), (picture,) = ((easel.home / "incoming").glob(f"*.{kind}") for kind in ("json", "picture"))
    if damage == "cut off":
        picture.write_bytes(picture.read_bytes()[:100])
    else:
        facts = json.loads(note.read_bytes())
        note.write_text(json.dumps({**facts, "said": {**facts["said"], **json.loads(damage)}}))
    (drawn,) = easel.draw(one())
    assert fake.drawn == 2 and drawn.source == "stability:sd3.5-large" and "is damaged" in easel.notices("warning")[0]
    assert list((easel.home / "incoming").iterdir()) == []


def test_a_picture_whose_answer_was_lost_may_have_been_charged(easel: Easel, fake: FakeImages) -> None:
    fake.moods = ["reset", (500, {}, {})]
    (drawn,) = easel.draw(one())
    assert easel.rows("SELECT item, provider, kind, micro_usd FROM doubts") == [
        (drawn.id, "stability:sd3.5-large", "lost", PICTURE)
    ]
    assert (drawn.made.cost.paid, drawn.made.cost.perhaps) == (PICTURE, PICTURE)
    assert easel.rows("SELECT count(*) FROM holds") == [(0,)]


async def test_an_answer_that_is_there_when_it_is_stopped_is_kept() -> None:
    """It is paid. Libraries give it although they are cancelled (asyncio.wait_for before Python 3.12)."""

    async def answered() -> str:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        return "a picture"

    assert await unless(lambda: True, answered()) == "a picture"
    assert await unless(lambda: True, asyncio.sleep(0, "another")) == "another"
    with pytest.raises(Interrupted):
        await unless(lambda: True, asyncio.sleep(60))


def test_a_retired_model_is_drawn_by_its_successor_with_a_notice(easel: Easel, fake: FakeImages) -> None:
    (drawn,) = easel.draw(one(), "openai:gpt-image-1")
    assert fake.images[0].fields["model"] == "gpt-image-2" and drawn.source == "openai:gpt-image-2"
    assert easel.notices("warning") == ["openai:gpt-image-1 was shut down on 2026-10-23; openai:gpt-image-2 takes its place."]


def test_an_estimate_knows_what_is_drawn_and_a_budget_what_has_no_price(easel: Easel, fake: FakeImages) -> None:
    plan = cuts(2)

    def told(images: str) -> Any:
        return easel.within(lambda session: estimate(plan, session, backend=None, images=images))

    assert told("stability").low_micro_usd == 2 * PICTURE
    easel.draw(plan)
    assert told("stability").high_micro_usd == 0 and all(k.cached for k in told("stability").keyframes)
    with pytest.raises(OverBudget, match="price of stability:sd3.5-large-turbo is not known"):
        check_budget(told("stability:sd3.5-large-turbo"), 5)


def test_the_key_is_nowhere(easel: Easel, fake: FakeImages) -> None:
    easel.planner = "openai:x"
    fake.moods = [(500, {}, {"error": {"message": KEY}}), (429, {"retry-after": "0"}, {"error": {"message": KEY}}), "moderate"]
    fake.rewording = lambda prompt: prompt + " again"
    (drawn,) = easel.draw(one(), "openai")
    assert fake.asked[0].authorization == f"Bearer {KEY}" and drawn.source == "openai:gpt-image-2"
    seen = [json.dumps([e.json_value() for e in easel.events]).encode(), drawn.model_dump_json().encode()]
    files = [Path(folder) / name for folder, _, names in os.walk(easel.home) for name in names]
    assert len(files) > 5
    assert not any(KEY.encode() in data for data in (*seen, *(f.read_bytes() for f in files)))
