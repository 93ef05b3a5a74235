"""Which key goes where: a settings file may name any address, and must not carry a key there that was set for another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from longvid_core.access import access, is_own
from longvid_core.errors import BadInput
from longvid_core.settings import load_settings
from tests.cli.conftest import Longvid, longvid
from tests.fake_images import FakeImages
from tests.fake_openai import fake_openai

__all__ = ["longvid"]

HOSTED, OTHER, MINE = "sk-planted-hosted", "sk-planted-other", "sk-planted-mine"
ELSEWHERE = "https://llm.example.com/v1"


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", HOSTED)
    monkeypatch.setenv("STABILITY_API_KEY", OTHER)


def sent(tmp_path: Path, yaml: str, provider: str = "openai", use: Any = "planner") -> str | None:
    file = tmp_path / "longvid.yaml"
    file.write_text(yaml)
    found = access(provider, use, load_settings(file))
    return found.key.get_secret_value() if found.key is not None else None


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("yaml", "key"),
    [
        ("{}", HOSTED),
        ("planner: {base_url: https://api.openai.com/v1}", HOSTED),
        ("planner: {base_url: https://eu.api.openai.com/v1}", HOSTED),
        ("planner: {base_url: http://localhost:11434/v1}", None),
        (f"planner: {{base_url: {ELSEWHERE}}}", None),
        (f"planner: {{base_url: {ELSEWHERE}}}\nkeys: {{openai: {MINE}}}", None),
        (f"planner: {{base_url: {ELSEWHERE}}}\nkeys: {{planner: {MINE}}}", MINE),
        ("planner: {base_url: https://api.openai.com.example.com/v1}", None),
        ("planner: {base_url: https://api.openai.com@example.com/v1}", None),
        ("planner: {base_url: https://notapi.openai.com.evil/v1}", None),
        (f"keys: {{planner: {MINE}}}", HOSTED),
    ],
)
def test_a_planners_key_goes_where_it_was_set_for(tmp_path: Path, yaml: str, key: str | None) -> None:
    assert sent(tmp_path, yaml) == key


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("yaml", "provider", "key"),
    [
        ("images: stability", "stability", OTHER),
        (f"images: {{backend: stability, base_url: {ELSEWHERE}}}", "stability", None),
        (f"images: {{backend: stability, base_url: {ELSEWHERE}}}\nkeys: {{images: {MINE}}}", "stability", MINE),
        (f"images: {{backend: stability, base_url: {ELSEWHERE}}}", "openai", HOSTED),
        (f"images: {{backend: openai:gpt-image-2, base_url: {ELSEWHERE}}}", "openai", None),
        ("images: {backend: openai, base_url: https://api.openai.com/v1}", "openai", HOSTED),
    ],
)
def test_a_painters_key_goes_where_it_was_set_for(tmp_path: Path, yaml: str, provider: str, key: str | None) -> None:
    assert sent(tmp_path, yaml, provider, "images") == key


@pytest.mark.usefixtures("keys")
def test_the_providers_own_variable_takes_its_key_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", f"{ELSEWHERE}/")
    assert sent(tmp_path, "{}") == HOSTED
    assert sent(tmp_path, f"planner: {{base_url: {ELSEWHERE}}}") == HOSTED, "both name the same place"
    assert sent(tmp_path, "planner: {base_url: https://llm.example.com:8443/v1}") is None
    assert sent(tmp_path, f"images: {{backend: openai, base_url: {ELSEWHERE}/images}}", use="images") == HOSTED


@pytest.mark.usefixtures("keys")
def test_the_environment_can_hold_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGVID_KEYS__PLANNER", MINE)
    assert sent(tmp_path, f"planner: {{base_url: {ELSEWHERE}}}") == MINE


@pytest.mark.usefixtures("keys")
def test_a_key_that_is_missing_is_asked_for_by_its_place(tmp_path: Path) -> None:
    file = tmp_path / "longvid.yaml"
    file.write_text(f"planner: {{base_url: {ELSEWHERE}}}")
    with pytest.raises(BadInput, match="none for llm.example.com") as caught:
        access("openai", "planner", load_settings(file)).ready()
    assert "keys.planner" in str(caught.value) and "OPENAI_API_KEY is not sent there" in str(caught.value)
    file.write_text("planner: {base_url: http://localhost:11434/v1}")
    access("openai", "planner", load_settings(file)).ready()
    file.write_text(f'planner: {{base_url: "{ELSEWHERE}"}}\nkeys: {{planner: "two\\nlines"}}')
    with pytest.raises(BadInput, match=r"keys\.planner holds a line break"):
        access("openai", "planner", load_settings(file)).ready()


def test_machines_of_ones_own() -> None:
    own = (
        "http://localhost:1/v1",
        "http://127.0.0.1/v1",
        "http://[::1]:8/v1",
        "http://192.168.1.7:1234/v1",
        "http://box:8000/v1",
    )
    assert [is_own(address) for address in own] == [True] * 5
    assert [is_own(a) for a in ("https://api.openai.com/v1", "https://8.8.8.8/v1", "https://localhost.example.com/v1")] == [
        False
    ] * 3


def test_a_folder_from_elsewhere_gets_no_key(longvid: Longvid, tmp_path: Path) -> None:
    """A longvid.yaml in the folder one works in sends plans, pictures and rewording to a server of its own."""
    with fake_openai() as model, FakeImages() as images:
        images.refuses = lambda prompt: "again" not in prompt
        (tmp_path / "longvid.yaml").write_text(
            f"planner: {{name: 'openai:test-1', base_url: '{model.url}'}}\n"
            f"images: {{backend: openai, base_url: '{images.url}/v1'}}\nretry: {{attempts: 1}}\n"
        )
        assert longvid("plan", "A heron waits. It lifts off.", "-o", "plan.json", "--size", "160x96").code == 0
        ran = longvid("keyframes", "plan.json", "-o", "board")
        assert ran.code == 2 and "keys.images" in ran.err and images.asked == []
        (tmp_path / "longvid.yaml").write_text((tmp_path / "longvid.yaml").read_text() + f"keys: {{images: {MINE}}}\n")
        model.otherwise = "A heron again."
        assert longvid("keyframes", "plan.json", "-o", "board").code in (0, 3)
        assert {a.authorization for a in images.asked} == {f"Bearer {MINE}"}
        assert set(model.keys) == {"Bearer none"} and len(model.keys) > 1, "the rewording went there, too"
