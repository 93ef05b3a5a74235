"""What a model's name stands for, and what is said of names that stand for nothing useful."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from longvid_core.catalog import find_backend
from longvid_core.errors import BadInput, LongvidError, Unreadable
from longvid_core.providers.framepack import PROVIDER as FRAMEPACK
from longvid_core.providers.wan import PROVIDER
from tests.local_models import around, save_gguf, save_wan, wan_transformer

WEIGHTS = Path("transformer", "diffusion_pytorch_model.safetensors")


@pytest.fixture
def mine(flf2v: Path, tmp_path: Path) -> Path:
    """A folder of one's own, to change."""
    return Path(shutil.copytree(flf2v, tmp_path / "mine"))


def fingerprint(model: object, **wan: Any) -> dict[str, Any]:
    with PROVIDER.opened(around(wan)) as run:
        return run.fingerprint(str(model))


def changed_json(file: Path, **fields: Any) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **fields}))


def single(folder: Path, kind: str, prefix: str = "") -> Path:
    """A transformer as a file of its own."""
    from safetensors.torch import save_file

    file = folder / f"{kind}.safetensors"
    save_file({prefix + name: t.contiguous() for name, t in wan_transformer(kind).state_dict().items()}, file)
    return file


def test_a_key_follows_the_content_and_not_the_place(mine: Path, tmp_path: Path) -> None:
    before = fingerprint(mine)
    renamed = mine.rename(tmp_path / "Wan of last year")
    assert fingerprint(renamed) == before
    assert str(tmp_path) not in json.dumps(before)

    changed_json(renamed / "transformer" / "config.json", _name_or_path="/somewhere/else", _diffusers_version="9.9")
    assert fingerprint(renamed) == before

    weights = bytearray((renamed / WEIGHTS).read_bytes())
    weights[-1] ^= 1
    (renamed / WEIGHTS).write_bytes(weights)
    after = fingerprint(renamed)
    assert after["weights"] != before["weights"] and after["configs"] == before["configs"]


@pytest.mark.parametrize(
    "file", ["scheduler/scheduler_config.json", "text_encoder/config.json", "tokenizer/tokenizer_config.json"]
)
def test_a_changed_configuration_is_another_key(mine: Path, file: str) -> None:
    before = fingerprint(mine)
    changed_json(mine / file, shift=3.0)
    assert fingerprint(mine)["configs"] != before["configs"]


def test_a_changed_vocabulary_is_another_key(mine: Path) -> None:
    before = fingerprint(mine)
    file = mine / "tokenizer" / "tokenizer.json"
    file.write_text(file.read_text().replace("-3.0", "-4.0", 1))
    assert fingerprint(mine)["configs"]["tokenizer"] != before["configs"]["tokenizer"]


PIXELS = [{"steps": 5}, {"guidance": 2.0}, {"shift": 3.0}, {"negative": "fog"}, {"dtype": "fp32"}, {"vae_dtype": "bf16"}]
PIXELS += [{"vae_tiling": True}, {"layerwise_fp8": True}, {"quantization": "torchao:int8"}, {"attention": "sage"}]


def test_settings_that_change_pixels_are_in_the_key_and_others_are_not(flf2v: Path) -> None:
    plain = fingerprint(flf2v)
    keys = [json.dumps(fingerprint(flf2v, **setting), sort_keys=True) for setting in PIXELS]
    assert len({json.dumps(plain, sort_keys=True), *keys}) == len(PIXELS) + 1
    same = (
        {"offload": "model"},
        {"device": "cpu"},
        {"attention": "flash"},
        {"vae_slicing": True},
        {"deterministic": True},
        {"offline": True},
    )
    assert all(fingerprint(flf2v, **setting) == plain for setting in same)


def test_a_fingerprint_needs_no_torch(flf2v: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from tests.local_models import around; from longvid_core.providers.wan import PROVIDER\n"
        f"with PROVIDER.opened(around()) as run: print(run.fingerprint({str(flf2v)!r})['model'])\n"
        "assert not {'torch', 'diffusers', 'transformers'} & set(sys.modules), sorted(sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], capture_output=True, text=True)
    assert run.returncode == 0 and run.stdout.strip() == "wan2.1-flf2v", run.stderr


def test_a_file_goes_by_its_content_too(flf2v: Path, tmp_path: Path) -> None:
    one = tmp_path / "one.safetensors"
    shutil.copy(flf2v / WEIGHTS, one)
    before = fingerprint(one, base=str(flf2v))
    assert before["weights"]["transformer"] == fingerprint(flf2v)["weights"][WEIGHTS.as_posix()]
    assert fingerprint(one.rename(tmp_path / "two.safetensors"), base=str(flf2v)) == before


def test_what_a_folder_is_like(flf2v: Path, i2v: Path, tmp_path: Path) -> None:
    assert PROVIDER.like(str(flf2v)) == "flf2v-14b-720p" and PROVIDER.like(str(i2v)) == "i2v-14b-480p"
    alone = tmp_path / "alone"
    shutil.copytree(flf2v / "transformer", alone)
    assert PROVIDER.like(str(alone)) == "flf2v-14b-720p"
    assert find_backend(f"wan:{i2v}", "video").entry.last_frame == "none"


def test_what_a_single_file_is_like(flf2v: Path, tmp_path: Path) -> None:
    assert PROVIDER.like(str(single(tmp_path, "flf2v"))) == "flf2v-14b-720p"
    assert PROVIDER.like(str(single(tmp_path, "i2v", "model.diffusion_model."))) == "i2v-14b-480p"
    assert PROVIDER.like(str(save_gguf(flf2v, tmp_path / "wan.gguf"))) == "flf2v-14b-720p"


@pytest.mark.parametrize(
    ("name", "like"),
    [
        ("Wan-AI/Wan2.1-FLF2V-14B-720P-diffusers", "flf2v-14b-720p"),
        ("someone/Wan2.1-I2V-finetune", "i2v-14b-480p"),
        ("Wan-AI/Wan2.2-I2V-A14B-Diffusers", "i2v-a14b"),
    ],
)
def test_what_a_repository_calls_itself(name: str, like: str) -> None:
    assert PROVIDER.like(name) == like


def test_two_transformers_for_the_noisy_and_the_quiet_steps(tmp_path: Path) -> None:
    """Wan2.2: one frame or two, and where it changes over is part of the key."""
    folder = save_wan(tmp_path / "A14B", "i2v-2.2")
    assert PROVIDER.like(str(folder)) == "i2v-a14b"
    found = fingerprint(folder)
    assert found["model"] == "wan2.2-i2v" and found["options"] == {"boundary_ratio": 0.9}
    assert "transformer_2/diffusion_pytorch_model.safetensors" in found["weights"]


def text_to_video(folder: Path) -> Path:
    changed_json(folder / "transformer" / "config.json", in_channels=16)
    return folder


def other_model(folder: Path) -> Path:
    changed_json(folder / "transformer" / "config.json", _class_name="FluxTransformer2DModel")
    return folder


def no_model(folder: Path) -> Path:
    shutil.rmtree(folder / "transformer")
    return folder


def cut_file(folder: Path) -> Path:
    file = folder / "cut.safetensors"
    file.write_bytes((folder / WEIGHTS).read_bytes()[:100])
    return file


def no_gguf(folder: Path) -> Path:
    file = folder / "wan.gguf"
    file.write_bytes(b"GGML" + bytes(100))
    return file


def missing_shard(folder: Path) -> Path:
    index = {"weight_map": {"a": "diffusion_pytorch_model-00001-of-00002.safetensors"}}
    (folder / "transformer" / "diffusion_pytorch_model.safetensors.index.json").write_text(json.dumps(index))
    return folder


def pickled(folder: Path) -> Path:
    (folder / WEIGHTS).rename((folder / WEIGHTS).with_suffix(".bin"))
    return folder


def no_text_encoder(folder: Path) -> Path:
    shutil.rmtree(folder / "text_encoder")
    return folder


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (text_to_video, "reads 16 channels"),
        (other_model, "FluxTransformer2DModel"),
        (no_model, "neither model_index.json nor config.json"),
        (cut_file, "no safetensors file, or only its beginning"),
        (no_gguf, "no GGUF file"),
        (lambda f: single(f, "t2v"), "reads 16 channels"),
        (lambda f: single(f, "i2v-2.2"), "half of Wan2.2"),
        (missing_shard, "lacks 1 of 1 weight files"),
        (pickled, "can run code"),
        (no_text_encoder, "text_encoder"),
        (lambda f: f / "nothing.safetensors", "no such file or folder"),
        (lambda f: f / "model_index.json", "or the folder of a diffusers model"),
        (lambda f: "someone/model", "cannot be told from its name"),
    ],
)
def test_what_is_no_model_is_named(mine: Path, spoil: Any, said: str) -> None:
    wrong = spoil(mine)
    with pytest.raises(LongvidError) as refused:
        PROVIDER.like(str(wrong))
        fingerprint(wrong, base=str(mine))
    assert said in str(refused.value) and refused.value.way_out
    assert isinstance(refused.value, (BadInput, Unreadable))


def test_weights_that_do_not_fit_are_not_made_up(mine: Path, tmp_path: Path) -> None:
    """diffusers would fill in random numbers and only warn of it."""
    import asyncio

    changed_json(mine / "transformer" / "config.json", num_layers=3)
    with PROVIDER.opened(around()) as run, pytest.raises(BadInput, match="blocks.2.*among them"):
        asyncio.run(asyncio.to_thread(run._loaded, str(mine)))


def test_a_base_that_does_not_fit(flf2v: Path, i2v: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="wan2.1-flf2v.*wan2.1-i2v"):
        fingerprint(single(tmp_path, "flf2v"), base=str(i2v))
    with pytest.raises(BadInput, match="wan.base"):
        fingerprint(single(tmp_path, "flf2v"), base="./nowhere/at/all")
    with pytest.raises(Unreadable, match="name that: wan.base: FOLDER"):
        fingerprint(single(tmp_path, "flf2v"), offline=True)


def test_framepack_tells_its_own_from_others(framepack: Path, flf2v: Path, tmp_path: Path) -> None:
    assert FRAMEPACK.like(str(framepack)) == "i2v-hy"
    assert FRAMEPACK.like("lllyasviel/FramePack_F1_I2V_HY_20250503") == "f1-i2v-hy"
    with pytest.raises(BadInput, match="WanTransformer3DModel"):
        FRAMEPACK.like(str(flf2v))
    with pytest.raises(BadInput, match="folders only"):
        FRAMEPACK.like(str(tmp_path / "framepack.safetensors"))
