"""Builds the templates in `workflows/` and their API twins, in the real frontend, from `tools/templates.py`.

    python -m tools.workflows                     # needs chromium
    python -m tools.workflows --thumbnails        # and the pictures that ComfyUI shows beside their names
    python -m tools.workflows --look /tmp/look    # and pictures of the canvases

The files are what ComfyUI itself saves and queues, so that who opens a template sees exactly what runs.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from tools import templates, templates_checkpoint, templates_remote, templates_wan
from tools.browser import Canvas, open_canvas
from tools.comfy_host import ROOT, ComfyHost
from tools.thumbnails import from_film, from_stills, from_words

TEMPLATES = {
    **templates.TEMPLATES, **templates_wan.TEMPLATES, **templates_checkpoint.TEMPLATES, **templates_remote.TEMPLATES,
}  # fmt: skip

BUILD = """async ({nodes, links, groups, id}) => {
    const {app, LiteGraph} = window;
    app.graph.clear();
    const made = {};
    for (const spec of nodes) {
        const node = LiteGraph.createNode(spec.type);
        if (!node) throw new Error(`there is no node ${spec.type}`);
        app.graph.add(node);
        node.pos = [...spec.pos];
        if (spec.title) node.title = spec.title;
        Object.assign(node.properties, spec.properties);
        if (spec.color) { node.color = spec.color; node.bgcolor = spec.bgcolor; }
        for (const [name, value] of Object.entries(spec.widgets ?? {})) {
            const widget = node.widgets?.find((w) => w.name === name);
            if (!widget) throw new Error(`${spec.type} has no widget ${name}: ${node.widgets?.map((w) => w.name)}`);
            widget.value = value;
        }
        node.setSize([...spec.size]);
        made[spec.key] = node;
    }
    for (const [from, output, to, input] of links) {
        const slot = made[from].outputs.findIndex((o) => o.name === output);
        const target = made[to].inputs.findIndex((i) => i.name === input);
        if (slot < 0 || target < 0) throw new Error(`no link ${from}.${output} to ${to}.${input}`);
        made[from].connect(slot, made[to], target);
    }
    for (const spec of groups) {
        const group = new LiteGraph.LGraphGroup(spec.title);
        group.color = spec.color;
        group.pos = spec.bounding.slice(0, 2);
        group.size = spec.bounding.slice(2);
        app.graph.add(group);
    }
    await new Promise((done) => setTimeout(done, 500));
    const workflow = app.graph.serialize();
    workflow.id = id;
    return {workflow, sizes: Object.fromEntries(Object.entries(made).map(([k, n]) => [k, [...n.size]]))};
}"""


def build(canvas: Canvas, name: str, template: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """(UI format, API format) of a template, as the frontend saves and queues it."""
    built = canvas.page.evaluate(BUILD, template)
    for key, size in built["sizes"].items():
        wanted = next(n["size"] for n in template["nodes"] if n["key"] == key)
        if any(got > want + 1 for got, want in zip(size, wanted, strict=True)):
            print(f"{name}: {key} needs {size}, and has {wanted}", file=sys.stderr)
    workflow = tidy(built["workflow"])
    canvas.load(workflow)
    return workflow, canvas.prompt()


def tidy(workflow: dict[str, Any]) -> dict[str, Any]:
    """Without what differs from one building to the next."""
    workflow["extra"] = {}
    workflow.pop("revision", None)
    return workflow


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--look", type=Path, help="write a picture of each canvas into this folder")
    parser.add_argument("--thumbnails", action="store_true", help="make the thumbnails anew, from films")
    parser.add_argument("--url", help="a running ComfyUI with the pack; default: one is started")
    options = parser.parse_args()
    if options.url:
        write(options.url, options.look, options.thumbnails)
    else:
        with tempfile.TemporaryDirectory() as base, ComfyHost(Path(base)) as host:
            write(host.url, options.look, options.thumbnails)
    return 0


def write(url: str, look: Path | None, thumbnails: bool) -> None:
    """Write every template's files."""
    for name, template in TEMPLATES.items():
        with open_canvas(url) as canvas:  # a new one each time: the frontend keeps widgets' values by the node's number
            workflow, prompt = build(canvas, name, template)
            save(ROOT / "workflows" / f"{name}.json", workflow)
            save(ROOT / "workflows" / "api" / f"{name}.json", prompt)
            if look is not None:
                look.mkdir(parents=True, exist_ok=True)
                canvas.fit()
                canvas.page.screenshot(path=str(look / f"{name}.png"))
    for name in templates.TEMPLATES if thumbnails else ():
        from_film(url, name)
    for name in (*templates_wan.TEMPLATES, *templates_remote.TEMPLATES) if thumbnails else ():
        from_stills(url, name)
    for name in templates_checkpoint.TEMPLATES if thumbnails else ():
        from_words(name)


def save(path: Path, value: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
