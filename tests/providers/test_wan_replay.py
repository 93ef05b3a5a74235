"""A film by a local model, replayed from its manifest: its settings restored, its weights known by their hashes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from longvid_core.cli import main

PROMPT = "A storm over the sea. CUT TO: A red boat."


def longvid(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, dict, str]:
    """The exit code, the last line of stdout, and all of both."""
    capsys.readouterr()
    code = main([str(a) for a in args])
    out, err = capsys.readouterr()
    return code, json.loads(out.splitlines()[-1]) if out else {}, out + err


def test_the_same_weights_give_the_same_film(
    flf2v: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    model = tmp_path / "model"
    shutil.copytree(flf2v, model)
    settings = tmp_path / "longvid.yaml"
    settings.write_text(f"backend: wan:{model}\nwan: {{steps: 2, guidance: 1, device: cpu}}\n")
    code, _, said = longvid(
        capsys, "make", PROMPT, "--segments", "2", "--seconds", "1", "--size", "64x48", "--json", "-o", "film.mp4"
    )
    assert code == 0, said
    manifest = (tmp_path / "film.manifest.json").read_text()
    assert str(tmp_path) not in manifest
    assert {s["determinism_reason"].partition(":")[0] for s in json.loads(manifest)["segments"]} == {"wan"}

    settings.unlink()
    monkeypatch.setenv("LONGVID_HOME", str(tmp_path / "empty"))
    code, done, said = longvid(capsys, "replay", "film.manifest.json", "--backend", f"wan:{model}", "--json")
    assert code == 0, said
    assert [s["result"] for s in done["segments"]] == ["identical bytes"] * 2
    assert done["film_again"]["result"] == "identical bytes"

    code, done, said = longvid(capsys, "replay", "film.manifest.json", "--json")
    assert code == 1 and [s["result"] for s in done["segments"]] == ["not repeated"] * 2
    assert "segment_started" not in said

    weights = next((model / "transformer").glob("*.safetensors"))
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    code, done, said = longvid(capsys, "replay", "film.manifest.json", "--check", "--backend", f"wan:{model}", "--json")
    wrong = {f["what"]: f["message"] for f in done["findings"] if f["holds"] is False}
    assert code == 1 and list(wrong) == ["model wan:wan2.1-flf2v"]
    assert "weights.transformer" in wrong["model wan:wan2.1-flf2v"]
