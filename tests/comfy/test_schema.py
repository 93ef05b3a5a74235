"""What ComfyUI tells the world about the nodes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.comfy.client import Client
from tools.comfy_host import ROOT, ComfyHost

SAVED = json.loads((ROOT / "tests" / "nodes" / "saved_ids.json").read_text(encoding="utf-8"))
NAMES = {
    "LongvidSegmentPlanner": "LLM Segment Planner",
    "LongvidSeedLock": "Seed Lock",
    "LongvidKeyframeGenerator": "Keyframe Generator",
    "LongvidWanFLF2VSampler": "Wan2.1 FLF2V Sampler",
    "LongvidRemoteVideo": "Remote Video Backend",
    "LongvidLastFrame": "Last-Frame Extractor",
    "LongvidConcat": "FFmpeg Concat",
    "LongvidManifestWriter": "Manifest Writer",
}


@pytest.fixture(scope="module")
def info(host: ComfyHost) -> dict[str, Any]:
    everything = Client(host, host.base).get("/object_info")
    return {name: value for name, value in everything.items() if value["python_module"] == "custom_nodes.longvid"}


def inputs_of(node: dict[str, Any]) -> dict[str, Any]:
    return {name: spec for group in ("required", "optional") for name, spec in node["input"].get(group, {}).items()}


def shape_of(node: dict[str, Any]) -> dict[str, Any]:
    """What a saved workflow depends on: names and order of inputs (widget values are saved by place), and of outputs."""
    return {
        "inputs": [f"{name}: {spec[0]}" for name, spec in inputs_of(node).items()],
        "outputs": [f"{name}: {kind}" for name, kind in zip(node["output_name"], node["output"], strict=True)],
    }


def test_what_workflows_were_saved_with_still_fits(info: dict[str, Any]) -> None:
    """New inputs and outputs go to the end, and are written down in saved_ids.json; what stands there never changes."""
    assert {name: shape_of(node) for name, node in sorted(info.items())} == SAVED


def test_the_nodes_have_the_names_people_look_for(info: dict[str, Any]) -> None:
    assert {name: info[name]["display_name"] for name in NAMES} == NAMES


def test_every_input_and_output_says_what_it_is(info: dict[str, Any]) -> None:
    silent = [
        f"{name}.{key}" for name, node in info.items() for key, spec in inputs_of(node).items() if not spec[1].get("tooltip")
    ]
    silent += [f"{name}: an output" for name, node in info.items() if not all(node["output_tooltips"])]
    assert silent == []


def test_every_node_is_described_and_findable(info: dict[str, Any]) -> None:
    for name, node in info.items():
        assert node["category"] == "Longvid", name
        assert len(node["description"]) > 40, name
        assert node["search_aliases"], name


def test_every_node_has_a_help_page(info: dict[str, Any]) -> None:
    pages = {p.stem: p.read_text(encoding="utf-8") for p in (ROOT / "web" / "docs").glob("*.md")}
    assert set(pages) == set(info)
    assert all(page.startswith(f"# {info[name]['display_name']}\n") for name, page in pages.items())


def test_no_node_asks_for_a_key(info: dict[str, Any]) -> None:
    words = ("key", "token", "secret", "password")
    asking = [f"{n}.{i}" for n, node in info.items() for i, spec in inputs_of(node).items() if spec[0] == "STRING" and i in words]
    assert asking == []


def test_the_seed_stays_fixed_unless_someone_changes_that(info: dict[str, Any]) -> None:
    assert inputs_of(info["LongvidSeedLock"])["seed"][1]["control_after_generate"] == "fixed"


def test_the_templates_are_listed_with_thumbnails(host: ComfyHost) -> None:
    listed = Client(host, host.base).get("/workflow_templates")["longvid"]
    assert {"keyframe_mode", "chaining_mode", "wan_keyframe_mode", "wan_chaining_mode"} <= set(listed)
    assert {p.stem for p in (ROOT / "workflows").glob("*.jpg")} == set(listed)
