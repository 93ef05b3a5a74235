"""Settings that contradict each other are refused by both their names, before anything is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from longvid_core.diffusion.checks import check_gguf, check_settings
from longvid_core.diffusion.settings import WanSettings
from longvid_core.errors import BadInput
from longvid_core.settings import load_settings


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"offload": "model"}, {"device": "cpu"}),
        ({"layerwise_fp8": True}, {"quantization": "torchao:int8"}),
        ({"layerwise_fp8": True}, {"device": "mps"}),
        ({"layerwise_fp8": True}, {"offload": "sequential"}),
        ({"quantization": "bitsandbytes:4bit"}, {"device": "cpu"}),
        ({"quantization": "torchao:float8"}, {"offload": "sequential"}),
        ({"quantization": "bitsandbytes:8bit"}, {"offload": "group"}),
    ],
)
def test_two_settings_that_do_not_go_together(first: dict[str, Any], second: dict[str, Any]) -> None:
    check_settings("wan", WanSettings(**first))
    check_settings("wan", WanSettings(**second))
    with pytest.raises(BadInput) as refused:
        check_settings("wan", WanSettings(**first, **second))
    assert all(f"wan.{field}" in refused.value.what for field in (*first, *second))
    assert refused.value.way_out


@pytest.mark.parametrize("settings", [{"quantization": "torchao:int8"}, {"layerwise_fp8": True}, {"offload": "sequential"}])
def test_a_file_that_is_quantized_already(settings: dict[str, Any]) -> None:
    check_gguf("wan", WanSettings(offload="group"), "wan.gguf")
    with pytest.raises(BadInput, match=rf"wan\.gguf.*wan\.{next(iter(settings))}"):
        check_gguf("wan", WanSettings(**settings), "wan.gguf")


def test_the_settings_file_is_held_to_what_there_is(tmp_path: Path) -> None:
    file = tmp_path / "longvid.yaml"
    file.write_text("wan: {offload: model, steps: 20, quantization: 'torchao:int8'}\nframepack: {true_guidance: 2}\n")
    settings = load_settings(file)
    assert (settings.wan.offload, settings.wan.steps, settings.wan.dtype) == ("model", 20, "bf16")
    assert (settings.framepack.true_guidance, settings.framepack.vae_dtype) == (2, "fp16")
    for wrong in ("wan: {ofload: model}", "wan: {dtype: int8}", "wan: {steps: 0}"):
        file.write_text(wrong)
        with pytest.raises(BadInput, match="wan"):
            load_settings(file)
    file.write_text("wan: {device: 'cuda:x'}")
    with pytest.raises(BadInput, match="no device 'cuda:x'; it is auto, cpu, mps, cuda"):
        load_settings(file)
