"""The templates as a person meets them: opened in ComfyUI's own frontend, read, run."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from longvid_core.media.probe import probe
from tests.comfy.client import Client, node_id, template
from tests.fake_runway import FakeRunway
from tools.browser import Canvas, open_canvas
from tools.comfy_host import ROOT, ComfyHost

NAMES = sorted(path.stem for path in (ROOT / "workflows").glob("*.json"))
OFFLINE = ["chaining_mode", "keyframe_mode"]
REMOTE = ["remote_chaining_mode", "remote_keyframe_mode"]
STAND_INS = {"CLIPLoader": "TinyText", "CLIPVisionLoader": "TinyVision"}
TINY = {
    "wan_keyframe_mode": {"UNETLoader": "tiny_wan_flf2v.safetensors", "VAELoader": "tiny_wan_vae.safetensors"},
    "wan_chaining_mode": {"UNETLoader": "tiny_wan_i2v.safetensors", "VAELoader": "tiny_wan_vae.safetensors"},
    "keyframes_from_checkpoint": {"CheckpointLoaderSimple": "tiny_sd3.ckpt"},
}
TITLE = 30  # a node's title bar stands above its box


def workflow(name: str) -> dict[str, Any]:
    return json.loads((ROOT / "workflows" / f"{name}.json").read_text(encoding="utf-8"))


def playable(name: str) -> dict[str, Any]:
    """The template, with tiny models in the place of those it names."""
    whole = workflow(name)
    for node in whole["nodes"]:
        if node["type"] in STAND_INS:
            node.update(type=STAND_INS[node["type"]], inputs=[], properties={})
            del node["widgets_values"]
        elif file := TINY.get(name, {}).get(node["type"]):
            node["widgets_values"][0], node["properties"] = file, {}
    return whole


def make_small(canvas: Canvas, seconds: float = 4) -> None:
    """A film that renders in a moment."""
    canvas.page.evaluate(
        """(seconds) => {
            const sampled = window.app.graph._nodes.some((n) => n.type === "LongvidWanFLF2VSampler");
            const [width, height] = sampled ? [96, 64] : [192, 112];
            const small = {width, height, seconds, steps: 2, cfg: 1};
            const ours = window.app.graph._nodes.filter((n) => /SegmentPlanner|WanFLF2V|^KSampler/.test(n.type));
            for (const widget of ours.flatMap((n) => n.widgets)) if (widget.name in small) widget.value = small[widget.name];
        }""",
        seconds,
    )


def run(canvas: Canvas) -> None:
    """Press Run, and wait until the manifest's summary stands on its node, or an error does."""
    canvas.page.evaluate("async () => { await window.app.queuePrompt(0) }")
    assert canvas.page.evaluate("() => window.app.lastNodeErrors") in (None, {}), "ComfyUI does not take this graph"
    canvas.wait_for(
        """() => {
            const text = (type) => window.app.graph._nodes.find((n) => n.type === type)
                ?.widgets.find((w) => w.name === "longvid_text")?.element.textContent ?? "";
            return window.app.lastExecutionError || text("LongvidManifestWriter").includes("determinism");
        }"""
    )
    assert canvas.page.evaluate("() => window.app.lastExecutionError?.exception_message ?? null") is None
    canvas.settle()


@pytest.fixture(scope="module", params=NAMES)
def opened(host: ComfyHost, chromium: BrowserContext, request: pytest.FixtureRequest) -> Iterator[tuple[Canvas, str]]:
    """A template, just opened, and its name. The frontend takes seconds to start: each template is looked at, then run."""
    with open_canvas(host.url, browser=chromium) as canvas:
        canvas.load(workflow(request.param))
        yield canvas, request.param


def test_what_the_canvas_queues_is_the_api_twin(opened: tuple[Canvas, str]) -> None:
    canvas, name = opened
    assert canvas.prompt() == template(name)
    unknown = "() => window.app.graph._nodes.filter((n) => !LiteGraph.registered_node_types[n.type]).map((n) => n.type)"
    assert canvas.page.evaluate(unknown) == []
    assert canvas.complaints == []
    assert [url for url in canvas.missing if "longvid" in url] == []


def test_one_sees_the_flow_at_a_glance(opened: tuple[Canvas, str]) -> None:
    canvas, name = opened
    nodes = canvas.page.evaluate(
        """() => window.app.graph._nodes.map((n) => (
            {id: String(n.id), title: n.title, type: n.type, pos: [...n.pos], size: [...n.size], needs: [...n.computeSize()]}))"""
    )
    groups = canvas.page.evaluate("() => window.app.graph._groups.map((g) => [...g.pos, ...g.size])")
    boxes = {n["id"]: (n["pos"][0], n["pos"][1] - TITLE, n["size"][0], n["size"][1] + TITLE) for n in nodes}
    for one, other in itertools.combinations(boxes, 2):
        assert not overlap(boxes[one], boxes[other]), f"{one} and {other} overlap"
    for one, other in itertools.combinations(groups, 2):
        assert not overlap(one, other)
    for node in nodes:
        assert node["needs"][0] <= node["size"][0] + 1 and node["needs"][1] <= node["size"][1] + 1, f"{node['title']} is cut off"
        if node["type"].startswith("Longvid"):
            assert sum(inside(boxes[node["id"]], group) for group in groups) == 1, f"{node['title']} is in no group"
    for _, source, _, target, *_ in workflow(name)["links"]:
        (left, top, width, _), (x, y, *_) = boxes[str(source)], boxes[str(target)]
        assert x >= left + width or (x == left and y > top), f"the link from {source} to {target} runs backwards"
    assert any(node["type"] == "MarkdownNote" for node in nodes)


def overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return all(one[i] < other[i] + other[i + 2] and other[i] < one[i] + one[i + 2] for i in (0, 1))


def sizes(canvas: Canvas) -> dict[str, list[float]]:
    """Each node's, by its title, once they stay: the frontend lays out in steps."""
    read = "() => Object.fromEntries(window.app.graph._nodes.map((n) => [n.title, [...n.size]]))"
    found, before = canvas.page.evaluate(read), None
    while found != before:
        canvas.settle()
        found, before = canvas.page.evaluate(read), found
    return found


def inside(box: tuple[float, ...], group: tuple[float, ...]) -> bool:
    return all(group[i] <= box[i] and box[i] + box[i + 2] <= group[i] + group[i + 2] for i in (0, 1))


def test_a_film_from_the_canvas(opened: tuple[Canvas, str], comfy: Client, runway: FakeRunway) -> None:
    canvas, name = opened
    canvas.load(playable(name))
    seconds = 4 if name in OFFLINE else 16 if name in REMOTE else 1.5  # four shots of four seconds, the shortest there are
    make_small(canvas, seconds)
    before = sizes(canvas)
    run(canvas)
    assert canvas.complaints == []
    grown = {title: (before[title], size) for title, size in sizes(canvas).items() if size != before[title]}
    assert grown == {}, "a node grew over its neighbour when its results came"
    titles = canvas.page.evaluate(
        """() => window.app.graph._nodes.map((n) => n.widgets?.find((w) => w.name === "longvid_text")?.element.textContent)"""
    )
    assert sum(bool(text) and "appear" not in text for text in titles) == 4
    prefix = template(name)[node_id(template(name), "LongvidConcat")]["inputs"]["filename_prefix"]
    (film,) = comfy.host.output.glob(f"{prefix}_*.mp4")
    found = probe(film)
    assert abs(found.frames / found.fps - seconds) <= 1.5
    canvas.wait_for(
        """(name) => [...document.querySelectorAll("video")]
            .some((v) => (v.currentSrc || v.src || v.querySelector("source")?.src || "").includes(name))""",
        given=film.name,
    )


def test_the_node_shows_what_it_costs_while_it_runs_and_after(canvas: Canvas, comfy: Client, runway: FakeRunway) -> None:
    runway.seconds, runway.moods = 0.1, {"end": ["never"] * 4}
    canvas.load(workflow("remote_keyframe_mode"))
    make_small(canvas, 16)
    canvas.fit()  # what is out of sight is not drawn
    canvas.page.evaluate("async () => { await window.app.queuePrompt(0) }")
    canvas.page.get_by_text("paid $0.00 of $1.60 to $2.40").wait_for()
    while len(runway.jobs) < 4:
        canvas.settle()
    for job in runway.jobs.values():
        job.end = None
    canvas.page.get_by_text("$0.80 paid in this run; the estimate was $1.60 to $2.40").wait_for()
    assert runway.charges == 4
    assert canvas.complaints == []


def test_a_missing_key_is_told_on_the_node_and_nothing_runs(canvas: Canvas, comfy: Client) -> None:
    canvas.load(workflow("remote_keyframe_mode"))
    canvas.page.evaluate(
        """() => {
            const node = window.app.graph._nodes.find((n) => n.type === "LongvidRemoteVideo");
            node.widgets.find((w) => w.name === "backend").value = "replicate:kwaivgi/kling-v2.1";
        }"""
    )
    canvas.fit()
    ran = comfy.get("/history")
    canvas.page.evaluate("async () => { await window.app.queuePrompt(0) }")
    told = canvas.page.get_by_text("Set REPLICATE_API_TOKEN in the environment")
    told.wait_for()
    whole = """(line) => line.parentElement === window.app.graph._nodes.find((n) => n.type === "LongvidRemoteVideo")
        .widgets.find((w) => w.name === "longvid_text").element && line.parentElement.textContent"""
    assert told.evaluate(whole).startswith("replicate needs a key")
    assert comfy.get("/history") == ran and comfy.events() == []


@pytest.mark.parametrize("name", OFFLINE)
def test_in_nodes_2_0_what_was_made_stands_alone(canvas: Canvas, comfy: Client, name: str) -> None:
    """There the last live preview would stay beside the pictures, and the node would grow over its neighbour."""
    choose = "async (value) => { await window.app.ui.settings.setSettingValueAsync('Comfy.VueNodes.Enabled', value) }"
    canvas.page.evaluate(choose, True)
    try:
        canvas.load(workflow(name))
        make_small(canvas)
        before = sizes(canvas)["Keyframe Generator"]
        run(canvas)
        assert sizes(canvas)["Keyframe Generator"] == before
        assert canvas.complaints == []
    finally:
        canvas.page.evaluate(choose, False)


def test_running_twice_from_the_canvas_renders_nothing_more(canvas: Canvas, comfy: Client) -> None:
    """The seed stays where it is, and what the nodes show is no part of what is queued."""
    canvas.load(workflow("keyframe_mode"))
    make_small(canvas)
    before = canvas.prompt()
    run(canvas)
    assert canvas.prompt() == before
    done = len(comfy.events())
    run_again = "async () => { await window.app.queuePrompt(0) }"
    canvas.page.evaluate(run_again)
    comfy.wait_for_event("stage_done", sum(e["event"] == "stage_done" for e in comfy.events()[:done]) + 2)
    assert set(comfy.outcomes()) == {"cached"}


def test_dropping_the_film_brings_the_workflow_back(canvas: Canvas, comfy: Client) -> None:
    canvas.load(workflow("chaining_mode"))
    make_small(canvas)
    queued = canvas.prompt()
    run(canvas)
    (film,) = comfy.host.output.glob("longvid/downstream_*.mp4")
    canvas.page.evaluate("() => window.app.graph.clear()")
    canvas.page.evaluate(
        """async ([name, data]) => {
            const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
            await window.app.handleFile(new File([bytes], name, {type: "video/mp4"}));
        }""",
        [film.name, base64.b64encode(film.read_bytes()).decode()],
    )
    canvas.settle()
    assert canvas.prompt() == queued


@pytest.mark.parametrize(
    ("class_type", "widget", "value", "says"),
    [
        ("LongvidSegmentPlanner", "prompt", " ", "the prompt is empty."),
        ("LongvidConcat", "filename_prefix", "../out", "filename_prefix '../out' cannot be used"),
    ],
)
def test_an_error_is_told_on_the_node(canvas: Canvas, class_type: str, widget: str, value: str, says: str) -> None:
    canvas.load(workflow("keyframe_mode"))
    make_small(canvas)
    canvas.page.evaluate(
        """([type, name, value]) => {
            const node = window.app.graph._nodes.find((n) => n.type === type);
            node.widgets.find((w) => w.name === name).value = value;
        }""",
        [class_type, widget, value],
    )
    canvas.fit()
    before = canvas.prompt()
    canvas.page.evaluate("async () => { await window.app.queuePrompt(0) }")
    told = canvas.page.get_by_text(says)
    told.wait_for()
    canvas.settle()
    where = canvas.page.evaluate(
        """(type) => {
            const node = window.app.graph._nodes.find((n) => n.type === type);
            const {left, top, width, height} = window.app.canvas.canvas.getBoundingClientRect();
            const {scale, offset} = window.app.canvas.ds;
            const [x, y] = [(node.pos[0] + offset[0]) * scale + left, (node.pos[1] + offset[1]) * scale + top];
            return [x, y, node.size[0] * scale, node.size[1] * scale];
        }""",
        class_type,
    )
    box = told.bounding_box()
    assert box is not None
    assert inside((box["x"], box["y"], box["width"], box["height"]), tuple(where))
    assert canvas.prompt() == before


def test_the_seed_control_starts_as_fixed(canvas: Canvas) -> None:
    canvas.page.evaluate("() => window.app.graph.clear()")
    values = canvas.page.evaluate(
        """() => {
            const node = LiteGraph.createNode("LongvidSeedLock");
            window.app.graph.add(node);
            const seed = node.widgets.find((w) => w.name === "seed");
            return [seed.linkedWidgets.length, seed.linkedWidgets[0].value];
        }"""
    )
    assert values == [1, "fixed"]
