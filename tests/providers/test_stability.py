"""Stable Diffusion 3.5 over REST, against a server on the loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from longvid_core.catalog import entry_of
from longvid_core.catalog.sizes import ratio_to_ask
from longvid_core.errors import BadInput
from longvid_core.media.images import asset_of
from longvid_core.models import Reference, VisualState
from longvid_core.providers.base import ImageRequest, Surroundings, Watch
from longvid_core.providers.faults import Moderated, Refused, Transient
from longvid_core.providers.stability import PROVIDER
from longvid_core.seeds import map_seed
from longvid_core.settings import ImageSettings, Settings
from tests.fake_images import KEY, FakeImages, assert_one_fault
from tests.fake_video import patience


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeImages]:
    with FakeImages() as fake:
        monkeypatch.setenv("STABILITY_API_KEY", KEY)
        monkeypatch.setenv("STABILITY_BASE_URL", fake.url)
        yield fake


def request(**more: Any) -> ImageRequest:
    return ImageRequest(**{"prompt": "a harbour", "visual": VisualState(), "seed": 41, "width": 832, "height": 480, **more})


def draw(target: Path, wanted: ImageRequest, **images: Any) -> dict[str, Any]:
    settings = Settings().model_copy(update={"images": ImageSettings(**{"timeout_s": 20.0, **images})})
    with PROVIDER.opened(Surroundings(settings=settings, sha256_of=str)) as painter:
        return dict(asyncio.run(painter.draw("sd3.5-large", wanted, target, Watch())))


def test_a_picture_from_words(fake: FakeImages, tmp_path: Path) -> None:
    made = draw(tmp_path / "x.png", request(negative="rain"))
    (asked,) = fake.asked
    assert asked.path == "/v2beta/stable-image/generate/sd3" and asked.authorization == f"Bearer {KEY}"
    assert asked.fields == {
        "model": "sd3.5-large", "prompt": "a harbour", "output_format": "png", "seed": "41", "negative_prompt": "rain",
        "mode": "text-to-image", "aspect_ratio": "16:9",
    }  # fmt: skip
    assert made["seed"] == 41 and Image.open(tmp_path / "x.png").size == (1344, 768)


def test_a_picture_from_the_one_before(fake: FakeImages, tmp_path: Path) -> None:
    Image.new("RGB", (832, 480), "red").save(tmp_path / "before.png")
    before = Reference(role="first", image=asset_of(tmp_path / "before.png"))
    draw(tmp_path / "x.png", request(references=(before,)), strength=0.4)
    (asked,) = fake.asked
    assert asked.fields["mode"] == "image-to-image" and asked.fields["strength"] == "0.4"
    assert "aspect_ratio" not in asked.fields
    (picture,) = asked.pictures
    assert picture.size == (1280, 768) and picture.getpixel((640, 384)) == (255, 0, 0)


def test_a_seed_is_never_the_one_that_means_random() -> None:
    low, high = entry_of("stability").models["sd3.5-large"].seed.range
    assert [map_seed(s, low, high) for s in (0, 1, 2**32 - 2, 2**32 - 1)] == [1, 1, 2**32 - 2, 2]


@pytest.mark.parametrize(
    ("frame", "ratio"),
    [((832, 480), "16:9"), ((480, 832), "9:16"), ((640, 640), "1:1"), ((1200, 800), "3:2"), ((2100, 900), "21:9")],
)
def test_the_nearest_shape(frame: tuple[int, int], ratio: str) -> None:
    assert ratio_to_ask(entry_of("stability").models["sd3.5-large"], *frame) == ratio


def said(status: int, name: str = "error", **headers: str) -> tuple[int, dict[str, str], dict[str, Any]]:
    return status, headers, {"id": "1", "name": name, "errors": [f"no, says {KEY}"]}


@pytest.mark.parametrize(
    ("mood", "kind", "facts"),
    [
        ("moderate", Moderated, {"reason": "the picture was filtered for its content"}),
        (said(403, "content_moderation"), Moderated, {}),
        (said(403), Refused, {"everything": True}),
        (said(401), Refused, {"everything": True}),
        (said(402), Refused, {"everything": True}),
        (said(400), Refused, {"everything": False}),
        ((429, {"Retry-After": "3"}, {}), Transient, {"retry_after": 3.0, "busy": True}),
        (said(500), Transient, {"sent": False}),
        (said(502), Transient, {"sent": True}),
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


def test_without_a_key_nothing_is_asked(fake: FakeImages, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("STABILITY_API_KEY")
    with pytest.raises(BadInput, match="STABILITY_API_KEY"):
        draw(tmp_path / "x.png", request())
    assert not fake.asked
