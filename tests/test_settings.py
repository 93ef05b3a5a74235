"""longvid.yaml and the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from longvid_core.errors import BadInput
from longvid_core.settings import Settings, load_settings


def test_without_a_file_the_defaults_are_the_contracts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    assert (settings.mode, settings.size, settings.fit) == ("keyframe", "832x480", "crop")
    assert (settings.planner.name, settings.images.backend, settings.backend) == ("offline", "card", "animatic")


def test_the_file_here_is_read_and_a_named_one_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "longvid.yaml").write_text("mode: chaining\nimages: card:card\nfilm:\n  crf: 12\n")
    settings = load_settings()
    assert settings.mode == "chaining" and settings.images.backend == "card:card"
    assert settings.film.crf == 12 and settings.film.codec == "h264"
    (tmp_path / "other.yaml").write_text("size: 640x360\n")
    assert load_settings(tmp_path / "other.yaml").mode == "keyframe"


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "longvid.yaml").write_text("home: /nowhere\n")
    monkeypatch.setenv("LONGVID_HOME", str(tmp_path / "store"))
    assert load_settings(tmp_path / "longvid.yaml").store_home == tmp_path / "store"


def test_a_variable_that_cannot_be_used_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "longvid.yaml").write_text("mode: chaining\n")
    monkeypatch.setenv("LONGVID_POLL_INTERVAL", "-1")
    with pytest.raises(BadInput, match="settings in LONGVID_POLL_INTERVAL or .*longvid.yaml cannot be used"):
        load_settings(tmp_path / "longvid.yaml")


def test_comfyui_is_named_by_the_file_its_own_variable_and_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COMFYUI_PATH", raising=False)
    file = tmp_path / "longvid.yaml"
    file.write_text("comfyui: {path: /file, arguments: [--lowvram]}\n")
    assert load_settings(file).comfyui.path == Path("/file")
    monkeypatch.setenv("COMFYUI_PATH", "/variable")
    assert load_settings(file).comfyui.path == Path("/variable") and load_settings(file).comfyui.arguments == ("--lowvram",)
    monkeypatch.setenv("LONGVID_COMFYUI__PATH", "/ours")
    assert load_settings(file).comfyui.path == Path("/ours")
    file.write_text("comfyui: /short\n")
    assert load_settings(file).comfyui.path == Path("/ours")


def test_a_key_in_the_environment_changes_no_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    before = load_settings()
    for name in ("OPENAI_API_KEY", "STABILITY_API_KEY", "RUNWAYML_API_SECRET", "REPLICATE_API_TOKEN", "GOOGLE_API_KEY"):
        monkeypatch.setenv(name, "planted-secret")
    assert load_settings() == before
    assert "planted-secret" not in repr(load_settings())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("moode: keyframe\n", "moode: there is no such field"),
        ("mode: dream\n", "mode"),
        ("size: big\n", "size"),
        ("film: {crf: 99}\n", r"film\.crf"),
        ("film: {colour: red}\n", r"film\.colour: there is no such field"),
        ("- a\n- b\n", "holds no settings"),
        ("a: [\n", "is not YAML"),
        ("1: x\n", "holds no settings"),
    ],
)
def test_each_fault_names_file_and_field(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "longvid.yaml").write_text(text)
    with pytest.raises(BadInput, match=said) as caught:
        load_settings(tmp_path / "longvid.yaml")
    assert "longvid.yaml" in str(caught.value)


def test_an_empty_file_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "longvid.yaml").write_text("# nothing yet\n")
    assert load_settings(tmp_path / "longvid.yaml") == Settings()


def test_a_named_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no\.yaml"):
        load_settings(tmp_path / "no.yaml")
