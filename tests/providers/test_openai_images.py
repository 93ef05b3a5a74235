"""OpenAI's images through its own SDK, against a server on the loopback."""

from __future__ import annotations

import asyncio
import base64
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from longvid_core.catalog import entry_of, find_backend
from longvid_core.catalog.sizes import size_to_ask
from longvid_core.errors import BadInput, MissingTool
from longvid_core.media.images import asset_of
from longvid_core.models import Reference, VisualState
from longvid_core.providers.base import ImageRequest, Surroundings, Watch
from longvid_core.providers.faults import Moderated, Refused, Transient
from longvid_core.providers.openai import PROVIDER
from longvid_core.settings import ImageSettings, Settings
from tests.fake_images import KEY, FakeImages, assert_one_fault
from tests.fake_video import patience


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeImages]:
    with FakeImages() as fake:
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("OPENAI_BASE_URL", f"{fake.url}/v1")
        yield fake


def request(**more: Any) -> ImageRequest:
    return ImageRequest(**{"prompt": "a harbour", "visual": VisualState(), "seed": None, "width": 832, "height": 480, **more})


def draw(target: Path, wanted: ImageRequest, model: str = "gpt-image-2", **images: Any) -> dict[str, Any]:
    settings = Settings().model_copy(update={"images": ImageSettings(**{"timeout_s": 20.0, **images})})
    with PROVIDER.opened(Surroundings(settings=settings, sha256_of=str)) as painter:
        return dict(asyncio.run(painter.draw(model, wanted, target, Watch())))


def test_a_picture_is_asked_for_once_and_written_as_it_came(fake: FakeImages, tmp_path: Path) -> None:
    made = draw(tmp_path / "x.png", request(), quality="low")
    (asked,) = fake.asked
    assert asked.path == "/v1/images/generations" and asked.authorization == f"Bearer {KEY}"
    assert (asked.prompt, asked.fields["model"], asked.fields["quality"]) == ("a harbour", "gpt-image-2", "low")
    assert "seed" not in asked.fields and "seed" not in made
    assert Image.open(tmp_path / "x.png").size == tuple(map(int, made["size"].split("x")))


@pytest.mark.parametrize(
    ("model", "frame", "size"),
    [
        ("gpt-image-2", (1280, 720), (1280, 720)),
        ("gpt-image-2", (1000, 1000), (1008, 1008)),
        ("gpt-image-2", (832, 480), (1072, 624)),
        ("gpt-image-2", (4096, 1024), (3840, 1280)),
        ("gpt-image-2", (8192, 8192), (2880, 2880)),
        ("gpt-image-1.5", (832, 480), (1536, 1024)),
        ("gpt-image-1.5", (480, 832), (1024, 1536)),
        ("gpt-image-1.5", (512, 512), (1024, 1024)),
        ("gpt-image-1.5", (1920, 1080), (1536, 1024)),
    ],
)
def test_the_nearest_legal_size_at_or_above_the_frames(model: str, frame: tuple[int, int], size: tuple[int, int]) -> None:
    entry = entry_of("openai").models[model]
    found = size_to_ask(entry, *frame)
    assert found == size
    assert max(found) <= 3 * min(found) and all(side % 16 == 0 for side in found)


def test_references_go_into_an_edit_in_order(fake: FakeImages, tmp_path: Path) -> None:
    references = []
    for name, colour in (("a", "red"), ("b", "blue")):
        Image.new("RGB", (64, 48), colour).save(tmp_path / f"{name}.png")
        references.append(asset_of(tmp_path / f"{name}.png"))
    wanted = request(references=(Reference(role="first", image=references[0]), Reference(role="cast:Mara", image=references[1])))
    made = draw(tmp_path / "x.png", wanted, "gpt-image-1.5")
    (asked,) = fake.asked
    assert asked.path == "/v1/images/edits" and asked.fields["input_fidelity"] == "high"
    assert [p.convert("RGB").getpixel((0, 0)) for p in asked.pictures] == [(255, 0, 0), (0, 0, 255)]
    assert asked.prompt.startswith("a harbour") and "moment before" in asked.prompt
    assert made["prompt_sent"] == asked.prompt


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
def test_a_mask_is_transparent_where_the_picture_may_change(fake: FakeImages, tmp_path: Path, fit: Any) -> None:
    Image.new("RGB", (832, 480), "red").save(tmp_path / "base.png")
    mask = Image.new("L", (832, 480), 0)
    mask.paste(255, (0, 0, 416, 480))
    mask.save(tmp_path / "mask.png")
    wanted = request(
        fit=fit,
        references=(
            Reference(role="first", image=asset_of(tmp_path / "base.png")),
            Reference(role="mask", image=asset_of(tmp_path / "mask.png")),
        ),
    )
    draw(tmp_path / "x.png", wanted, "gpt-image-1.5")
    (asked,) = fake.asked
    (sent,) = (Image.open(io.BytesIO(data)) for data in asked.files["mask"])
    (picture,) = asked.pictures
    assert sent.size == picture.size == (1536, 1024) and sent.mode == "RGBA"
    alpha = sent.getchannel("A")
    assert alpha.getpixel((400, 512)) == 0 and alpha.getpixel((1100, 512)) == 255
    assert sum(alpha.histogram()[1:255]) == 0


def refusal(status: int, code: str | None = None) -> tuple[int, dict[str, str], dict[str, Any]]:
    return status, {}, {"error": {"message": f"no, says {KEY}", "code": code, "type": "x"}}


@pytest.mark.parametrize(
    ("mood", "kind", "facts"),
    [
        ((429, {"retry-after": "7"}, {"error": {"message": "slow down"}}), Transient, {"retry_after": 7.0, "busy": True}),
        (refusal(429, "insufficient_quota"), Refused, {"everything": True}),
        (refusal(500), Transient, {"sent": False}),
        (refusal(503), Transient, {"sent": False}),
        (refusal(504), Transient, {"sent": True}),
        (refusal(401), Refused, {"everything": True}),
        (refusal(402), Refused, {"everything": True}),
        (refusal(403), Refused, {"everything": True}),
        (refusal(400), Refused, {"everything": False}),
        ("moderate", Moderated, {"reason": "Your request was rejected by the safety system: violence."}),
        ("hang", Transient, {"sent": True}),
        ("drip", Transient, {"sent": True}),
        ("reset", Transient, {"sent": True}),
        ("truncate", Transient, {"sent": True}),
        ("empty", Refused, {"everything": False}),
        ("html", Refused, {"everything": False}),
    ],
)
def test_each_misfortune_is_one_call_and_one_fault(
    fake: FakeImages, tmp_path: Path, mood: Any, kind: type, facts: dict[str, Any]
) -> None:
    assert_one_fault(fake, mood, lambda: draw(tmp_path / "x.png", request(), timeout_s=patience(mood)), kind, facts)
    assert not (tmp_path / "x.png").exists()


def test_nobody_there_is_said_with_the_place_to_look(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    with pytest.raises(Transient, match="cannot be reached") as caught:
        draw(tmp_path / "x.png", request())
    assert not caught.value.sent and "images.base_url" in str(caught.value)


def test_without_a_key_nothing_is_asked(fake: FakeImages, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(BadInput, match="OPENAI_API_KEY"):
        draw(tmp_path / "x.png", request())
    assert not fake.asked


def test_without_the_sdk_the_extra_is_named(fake: FakeImages, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(MissingTool, match=r"longvid\[openai\]"):
        draw(tmp_path / "x.png", request())


def test_what_was_charged_comes_from_the_tokens(fake: FakeImages, tmp_path: Path) -> None:
    fake.usage = {
        "input_tokens": 1100, "output_tokens": 2000, "total_tokens": 3100,
        "input_tokens_details": {"image_tokens": 1000, "text_tokens": 100},
    }  # fmt: skip
    assert draw(tmp_path / "x.png", request())["micro_usd"] == 100 * 5 + 1000 * 8 + 2000 * 30
    assert "micro_usd" not in draw(tmp_path / "x.png", request(), "gpt-image-1.5")
    fake.usage = {"output_tokens": "many"}
    assert "micro_usd" not in draw(tmp_path / "x.png", request()), "what it does not say is not free"


@pytest.mark.parametrize("wrapped", ["data:image/png;base64,{}", "{}\n", " \n{}"])
def test_a_picture_that_a_server_wraps_is_a_picture(fake: FakeImages, tmp_path: Path, wrapped: str) -> None:
    fake.moods = [(200, {}, {"data": [{"b64_json": wrapped.format(base64.b64encode(b"a picture").decode())}]})]
    draw(tmp_path / "x.png", request())
    assert (tmp_path / "x.png").read_bytes() == b"a picture"


def test_an_address_in_a_pictures_place_is_named(fake: FakeImages, tmp_path: Path) -> None:
    fake.moods = [(200, {}, {"data": [{"url": "http://127.0.0.1:9/x.png"}]})]
    with pytest.raises(Refused, match="no picture but an address"):
        draw(tmp_path / "x.png", request())


@pytest.mark.parametrize(
    ("asked", "drawn"),
    [("gpt-image-1", "gpt-image-2"), ("dall-e-3", "gpt-image-2"), ("dall-e-2", "gpt-image-1-mini"), ("gpt-image-2", None)],
)
def test_a_retired_name_has_a_successor(asked: str, drawn: str | None) -> None:
    found = find_backend(f"openai:{asked}", "image")
    assert str(found) == f"openai:{drawn or asked}" and found.asked == f"openai:{asked}"
    assert (found.succession is None) == (drawn is None)
