"""The graph of a manifest, wired again: links, settings, and files by whatever they are called here."""

from __future__ import annotations

import copy
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from longvid_core.comfyui.canvas import one_segment
from longvid_core.comfyui.installed import installed
from longvid_core.comfyui.naming import defaults, name_of
from longvid_core.comfyui.recorded import recorded, wanted, workflow
from longvid_core.comfyui.weights import Weights
from longvid_core.errors import BadInput
from longvid_core.files import sha256_file
from longvid_core.models.asset import Asset
from longvid_core.models.visual import VisualState
from longvid_core.planfile import plan_json
from longvid_core.providers.base import VideoRequest, in_words
from longvid_core.seeds import segment_seed
from longvid_core.settings import ComfyuiSettings


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


FINGERPRINT: dict[str, Any] = {
    "graph": {
        "nodes": [
            {"class_type": "UNETLoader", "inputs": {"unet_name": {"sha256": [sha256("wan")]}, "weight_dtype": "default"}},
            {
                "class_type": "LoraLoaderModelOnly",
                "inputs": {
                    "lora_name": {"sha256": [sha256("lora")]},
                    "model": {"node": 0, "output": 0},
                    "strength_model": 0.5,
                },
                "changed": "2026-11-20",
            },
            {"class_type": "Mixed", "inputs": {"parts": [{"node": 0, "output": 1}, {"deep": {"sha256": [sha256("vae")]}}]}},
        ],
        "inputs": {"model": {"node": 1, "output": 0}, "vae": {"node": 2, "output": 0}},
    },
    "sampling": {"sampler": "euler", "steps": 2, "cfg": 1.0, "negative": "blurred"},
}


def changed(path: list[Any], value: Any) -> dict[str, Any]:
    """The fingerprint with one thing in it changed."""
    found = copy.deepcopy(FINGERPRINT)
    at = found
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return found


def test_the_graph_is_wired_as_it_was() -> None:
    canvas = recorded(FINGERPRINT)
    names = {each: f"{each.input}.safetensors" for each in wanted(canvas)}
    assert [each.where for each in names] == ["UNETLoader.unet_name", "LoraLoaderModelOnly.lora_name", "Mixed.parts"]
    assert workflow(canvas, "{}", names.__getitem__, {"planner": "offline"}) == {
        "up0": {"class_type": "UNETLoader", "inputs": {"unet_name": "unet_name.safetensors", "weight_dtype": "default"}},
        "up1": {
            "class_type": "LoraLoaderModelOnly",
            "inputs": {"lora_name": "lora_name.safetensors", "model": ["up0", 0], "strength_model": 0.5},
        },
        "up2": {"class_type": "Mixed", "inputs": {"parts": [["up0", 1], {"deep": "parts.safetensors"}]}},
        "plan": {"class_type": "LongvidSegmentPlanner", "inputs": {"planner": "offline", "edited_plan": "{}"}},
        "sampler": {
            "class_type": "LongvidWanFLF2VSampler",
            "inputs": {
                "sampler": "euler", "steps": 2, "cfg": 1.0, "negative": "blurred", "segments": "all", "plan": ["plan", 0],
                "model": ["up1", 0], "vae": ["up2", 0],
            },
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fingerprint", "said"),
    [
        ({"sampling": {}}, "not whole: graph: is missing"),
        ({**FINGERPRINT, "run": "20261120"}, "something new every time"),
        (changed(["graph", "nodes", 0, "inputs", "folder"], {"path": "ab"}), "UNETLoader.folder was an absolute path"),
        (changed(["graph", "nodes", 1, "inputs", "model"], {"node": 7, "output": 0}), "LoraLoaderModelOnly.model comes from"),
        (changed(["graph", "inputs", "vae"], {"node": 3, "output": 0}), "the sampler's models come from nowhere"),
    ],
)
def test_what_nobody_can_repeat_is_refused(fingerprint: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        recorded(fingerprint)


def test_a_request_becomes_a_plan_that_asks_for_the_same() -> None:
    first, last = (Asset(path=f"/{n}.png", sha256=sha256(n), pixels_sha256=sha256(n)) for n in ("one", "two"))
    look = VisualState(palette=("teal",))
    request = VideoRequest(
        prompt="A boat", negative="rain", visual=look, seed=2**63 + 1, frames=5, fps=29.97, width=64, height=48, first=first,
        last=last, fit="pad",
    )  # fmt: skip
    plan = one_segment(request)
    (segment,) = plan.segments
    assert segment_seed(plan, segment) == 2**63 + 1 and (segment.frames, segment.negative) == (5, "rain")
    assert in_words(segment.prompt, plan.visual_of(segment)) == request.prompt_sent
    assert [plan.keyframe(name).image for name in (segment.first_keyframe, segment.last_keyframe)] == [first, last]
    assert (plan.fps, plan.width, plan.height, plan.fit) == (29.97, 64, 48, "pad")
    alone = one_segment(request.model_copy(update={"last": None}))
    assert alone.segments[0].last_keyframe is None and "/one.png" in plan_json(alone)


# -- files ---------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def comfyui(tmp_path: Path) -> Path:
    """A folder as ComfyUI's is: models in the usual places, and some on another disk."""
    folder = tmp_path / "ComfyUI"
    texts = {
        "main.py": "",
        "models/diffusion_models/sub/wan.safetensors": "wan",
        "models/loras/same.safetensors": "lora",
        "models/vae/same.safetensors": "vae",
        "models/diffusers/whole/unet.bin": "part one",
        "models/diffusers/whole/text/encoder.bin": "part two",
        "custom_nodes/pack/own.pth": "beside the code",
        "../elsewhere/checkpoints/big.ckpt": "elsewhere",
        "extra_model_paths.yaml": "disk:\n  base_path: ../elsewhere\n  checkpoints: |\n    checkpoints\n    more\n",
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def weights(comfyui: Path, *arguments: str) -> Weights:
    at = installed(ComfyuiSettings(path=comfyui, arguments=arguments))
    return Weights(at, sha256_file, lambda file: None)


def asked(class_type: str, name: str, *texts: str) -> Any:
    node = {"class_type": class_type, "inputs": {name: {"sha256": [sha256(text) for text in texts]}}}
    (found,) = wanted(recorded({"graph": {"nodes": [node], "inputs": {}}, "sampling": {}}))
    return found


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("unet_name", "wan", "models/diffusion_models/sub/wan.safetensors"),
        ("lora_name_2", "lora", "models/loras/same.safetensors"),
        ("ckpt_name", "elsewhere", "../elsewhere/checkpoints/big.ckpt"),
        ("model", "beside the code", "custom_nodes/pack/own.pth"),
    ],
)
def test_a_file_is_found_by_what_is_in_it(comfyui: Path, name: str, text: str, place: str) -> None:
    (found,) = weights(comfyui).find(asked("Loader", name, text))
    assert found.samefile(comfyui / place)


def test_a_file_that_is_not_here_is_named_by_the_input_that_wants_it(comfyui: Path) -> None:
    read: list[str] = []

    def reading(file: Path) -> str:
        read.append(file.name)
        return sha256_file(file)

    at = installed(ComfyuiSettings(path=comfyui))
    with pytest.raises(BadInput, match=r"UNETLoader\.unet_name names a file .* none of the 1 in diffusion_models has the sha256"):
        Weights(at, reading, lambda file: None).find(asked("UNETLoader", "unet_name", "other"))
    assert read == ["wan.safetensors"], "no LoRA is read for a model"
    read.clear()
    known = Weights(at, reading, lambda file: sha256("lora") if file.name == "big.ckpt" else None)
    assert [f.name for f in known.find(asked("LoraLoader", "lora_name", "lora"))] == ["big.ckpt"] and not read


def test_folders_of_another_base_are_those_of_the_arguments(comfyui: Path, tmp_path: Path) -> None:
    other = tmp_path / "base" / "models" / "vae"
    other.mkdir(parents=True)
    (other / "v.pt").write_text("vae")
    with pytest.raises(BadInput, match="LoraLoader.lora_name"):
        weights(comfyui, "--base-directory", str(tmp_path / "base")).find(asked("LoraLoader", "lora_name", "lora"))
    (found,) = weights(comfyui, "--lowvram", "--base-directory", str(tmp_path / "base")).find(asked("V", "vae_name", "vae"))
    assert found == (other / "v.pt").resolve()


def folders_of(comfyui: Path) -> dict[str, list[str]]:
    models = comfyui / "models"
    return {kind: [str(models / kind)] for kind in ("diffusion_models", "loras", "vae", "diffusers")}


def named(comfyui: Path, node: dict[str, Any], name: str, *texts: str) -> str:
    one = asked("Loader", name, *texts)
    files = weights(comfyui).find(one)
    return name_of(one, files, {"input": {"required": node}}, folders_of(comfyui), sha256_file)


@pytest.mark.parametrize("combo", [lambda *o: [list(o), {}], lambda *o: ["COMBO", {"options": list(o)}]], ids=["old", "new"])
def test_a_file_goes_by_the_name_that_its_loader_offers(comfyui: Path, combo: Any) -> None:
    nested = str(Path("sub", "wan.safetensors"))
    assert named(comfyui, {"unet_name": combo("a", nested)}, "unet_name", "wan") == nested
    whole = named(comfyui, {"model_path": combo("whole")}, "model_path", "part one", "part two")
    assert whole == "whole", "of a loader that takes all in a folder"
    with pytest.raises(BadInput, match="where that node does not look for it: it lies in sub"):
        named(comfyui, {"unet_name": combo("a")}, "unet_name", "wan")
    (comfyui / "models" / "loras" / "copy.safetensors").write_text("wan")
    assert named(comfyui, {"unet_name": combo("copy.safetensors")}, "unet_name", "wan") == "copy.safetensors"


def test_a_file_of_no_combo_goes_by_its_path(comfyui: Path) -> None:
    assert named(comfyui, {"path": ["STRING", {}]}, "path", "lora") == "same.safetensors"
    own = named(comfyui, {"path": ["STRING", {}]}, "path", "beside the code")
    assert Path(own).is_absolute() and Path(own).name == "own.pth"


def test_a_nodes_required_inputs_get_what_it_offers() -> None:
    required = {"prompt": ["STRING", {"multiline": True}], "mode": [["a", "b"], {}], "n": ["INT", {"default": 3}]}
    assert defaults({"input": {"required": required}}) == {"prompt": "", "mode": "a", "n": 3}


def test_two_files_of_one_name_are_told_apart(comfyui: Path) -> None:
    """A fingerprint has the hashes of all files that a name stands for: here of the LoRA and the VAE of that name."""
    found = named(comfyui, {"lora_name": [["same.safetensors"], {}]}, "lora_name", "lora", "vae")
    assert found == "same.safetensors"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (ComfyuiSettings(), "no ComfyUI is named to repeat it in: --comfyui FOLDER"),
        (ComfyuiSettings(path=Path("nowhere")), "nowhere is no ComfyUI"),
        (ComfyuiSettings(path=Path("ComfyUI"), python=Path("nopython")), "there is no Python"),
        (ComfyuiSettings(path=Path("ComfyUI"), arguments=("--base-directory",)), "comfyui.arguments"),
    ],
)
def test_a_comfyui_that_is_not_there_is_said(
    comfyui: Path, monkeypatch: pytest.MonkeyPatch, settings: ComfyuiSettings, said: str
) -> None:
    monkeypatch.chdir(comfyui.parent)
    with pytest.raises(BadInput, match=said):
        installed(settings)


def test_the_pack_is_looked_for_among_the_custom_nodes(comfyui: Path) -> None:
    assert not installed(ComfyuiSettings(path=comfyui)).has_pack
    root = Path(__file__).resolve().parents[2]
    (comfyui / "custom_nodes" / "longvid").symlink_to(root, target_is_directory=True)
    assert installed(ComfyuiSettings(path=comfyui)).has_pack
    (comfyui / ".venv" / "bin").mkdir(parents=True)
    (comfyui / ".venv" / "bin" / "python").write_text("")
    assert installed(ComfyuiSettings(path=comfyui)).python == comfyui.resolve() / ".venv" / "bin" / "python"


def test_a_hash_known_by_notes_is_json_of_this_file(tmp_path: Path) -> None:
    from longvid_core.store.hashes import FileHashes

    file = tmp_path / "w.bin"
    file.write_text("wan")
    hashes = FileHashes(tmp_path / "hashes")
    assert hashes.known(file) is None and hashes.sha256(file) == sha256("wan") == hashes.known(file)
    assert json.loads(next((tmp_path / "hashes").iterdir()).read_text())["sha256"] == sha256("wan")
    file.write_text("other")
    assert hashes.known(file) is None and hashes.known(tmp_path / "gone") is None
