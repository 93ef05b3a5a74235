"""A film of the canvas, replayed from its manifest alone in a ComfyUI of its own, with tiny models at the true architecture."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from longvid_core.cli import main
from longvid_core.manifest.build import write_manifest
from longvid_core.models import Manifest, Outcome, Rendered
from longvid_core.render.clips import render_clips
from longvid_core.render.film import export_film, join_film
from longvid_core.render.keyframes import draw_keyframes
from longvid_core.render.session import open_session
from longvid_core.settings import Settings
from tests.comfy.client import Client
from tests.comfy.wan import MANIFEST, STEPS, sampled, wan_plan, wan_prompt
from tools.comfy_host import comfyui_path

LORA = "graph.nodes[1] LoraLoaderModelOnly.inputs.strength_model"
Replay = Callable[..., tuple[int, list[dict[str, Any]]]]


@pytest.fixture
def film(tiny: Client, tmp_path: Path) -> Path:
    """A chain of two segments sampled on the canvas, with a LoRA, and a third one that the animatic moves."""
    plan = wan_plan(3, mode="chaining", cuts=(2,))
    outputs = tiny.run(wan_prompt(plan, unet="tiny_wan_i2v", lora=0.5))
    sampled_film = Manifest.model_validate_json(tiny.saved(outputs, MANIFEST).read_text(encoding="utf-8"))

    async def mixed() -> Path:
        settings = Settings().model_copy(update={"home": tiny.home})
        with open_session(settings, command="test", emit=lambda event: None) as session:
            drawn = await draw_keyframes(plan, session)
            moved = await render_clips(drawn, session, backend="animatic", only={2})
            own = [
                Outcome(
                    **{name: getattr(record, name) for name in Outcome.model_fields if name not in ("clip", "message")},
                    clip=session.store.clip(record.render_key),
                )
                for record in sampled_film.segments[:2]
            ]
            last = moved.outcomes[0].model_copy(update={"index": 2})
            release = await join_film(Rendered(plan=drawn, outcomes=(*own, last)), session)
            exported = export_film(release, tmp_path / "film.mp4")
            write_manifest(exported, tmp_path / "film.manifest.json")
            return tmp_path / "film.manifest.json"

    return asyncio.run(mixed())


@pytest.fixture
def replay(tiny: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Replay:
    """`longvid replay` on a store where nothing is: its code, and what it said, line by line."""
    for name in ("COMFYUI_PATH", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TINY_LOG", tiny.host.environment["TINY_LOG"])
    monkeypatch.setenv("LONGVID_HOME", str(tmp_path / "empty"))
    config = tmp_path / "settings.yaml"
    config.write_text(json.dumps({"comfyui": {"arguments": ["--base-directory", str(tiny.host.base)]}}))

    def run(*args: object) -> tuple[int, list[dict[str, Any]]]:
        capsys.readouterr()
        code = main(["replay", *map(str, args), "--config", str(config), "--json"])
        return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return run


def messages(lines: list[dict[str, Any]]) -> str:
    return "\n".join(str(line.get("message", "")) for line in lines)


def test_it_is_the_same_film_to_the_byte(film: Path, tiny: Client, replay: Replay, tmp_path: Path) -> None:
    count = sampled(tiny)
    written = written_by(tiny)
    code, lines = replay(film, "-o", tmp_path / "again", "--comfyui", comfyui_path())
    assert code == 0, lines
    assert [s["result"] for s in lines[-1]["segments"]] == ["identical bytes"] * 3
    assert lines[-1]["film_again"]["result"] == "identical bytes"
    assert (tmp_path / "again" / "film.mp4").read_bytes() == film.with_name("film.mp4").read_bytes()
    again = json.loads((tmp_path / "again" / "film.manifest.json").read_text())["segments"]
    first = json.loads(film.read_text())["segments"]
    assert [s["model"] for s in again] == [s["model"] for s in first], "as the ComfyUI there found it, file by file"
    assert [s["made"] for s in again] == [s["made"] for s in first], "device, threads, sigmas, libraries"
    assert sampled(tiny, count) == 2 * STEPS
    steps = [(line["id"], line["done"]) for line in lines if line["event"] == "progress" and line.get("unit") == "step"]
    assert ("s00", STEPS) in steps and ("s01", STEPS) in steps
    assert written_by(tiny) == written, "nothing is left in the user's ComfyUI"
    assert not list((tmp_path / "empty").glob("clips/*/*"))


def written_by(comfy: Client) -> set[Path]:
    """What lies in the folders that a ComfyUI writes into, and what there is in the store of the canvas."""
    base = comfy.host.base
    places = [*(base / name for name in ("output", "temp", "user", "input")), comfy.home / "clips", comfy.home / "runs"]
    return {file for place in places for file in place.rglob("*")}


def rewrite(film: Path, change: Callable[[dict[str, Any]], None]) -> None:
    value = json.loads(film.read_text())
    change(value)
    film.write_text(json.dumps(value))


def test_what_is_otherwise_is_named_before_anything_is_sampled(
    film: Path, tiny: Client, replay: Replay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, lines = replay(film, "--check")
    found = {f["what"]: f for f in lines[-1]["findings"]}
    assert code == 0 and found["model comfyui:wan"]["holds"] is None
    assert "no ComfyUI is named" in found["model comfyui:wan"]["message"]

    monkeypatch.setenv("COMFYUI_PATH", str(comfyui_path()))
    code, lines = replay(film, "--check")
    found = {f["what"]: f for f in lines[-1]["findings"]}
    assert code == 0 and found["model comfyui:wan"]["holds"] and "3 model files are here" in found["model comfyui:wan"]["message"]

    weights = tiny.host.base / "models" / "diffusion_models" / "tiny_wan_i2v.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    code, lines = replay(film, "--check")
    assert code == 1 and [f["what"] for f in lines[-1]["findings"] if f["holds"] is False] == ["model comfyui:wan"]
    assert "UNETLoader.unet_name names a file that is not in this ComfyUI" in messages(lines[-1]["findings"])
    count = sampled(tiny)
    code, lines = replay(film)
    assert code == 1
    assert [s["result"] for s in lines[-1]["segments"]] == ["not repeated", "not repeated", "identical bytes"]
    said = next(i for i, line in enumerate(lines) if "UNETLoader.unet_name" in line.get("message", ""))
    assert said < next(i for i, line in enumerate(lines) if line["event"] == "segment_started")
    assert "starting ComfyUI" not in messages(lines) and sampled(tiny, count) == 0

    def stronger(value: dict[str, Any]) -> None:
        (lora,) = (
            n for n in value["segments"][1]["model"]["fingerprint"]["graph"]["nodes"] if n["class_type"].startswith("Lora")
        )
        lora["inputs"]["strength_model"] = 0.75

    rewrite(film, stronger)
    code, lines = replay(film)
    assert (
        f"segment 1 (s01): its key does not follow from the plan, pictures and model beside it: one of them was changed: "
        f"unlike in segment 0 (s00) is {LORA}." in messages(lines)
    )
    monkeypatch.setenv("LONGVID_HOME", str(tiny.home))
    code, lines = replay(film, "--check")
    wrong = {f["what"]: f["message"] for f in lines[-1]["findings"] if f["holds"] is False}
    assert wrong["segment 1 (s01)"].endswith(f"was changed: {LORA}"), "as the store knows it"
