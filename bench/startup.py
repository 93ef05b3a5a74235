"""What it costs merely to be there: `longvid --help`, and importing the pack into ComfyUI."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from .measure import LONGVID, PYTHON, ROOT, Figure, alternately, run

_IMPORT = """
import asyncio, importlib.util, sys, time
pack, host = sys.argv[1:3]
sys.argv = ["main.py", "--cpu"]
sys.path.insert(0, host)
import comfy.options
comfy.options.enable_args_parsing()
import folder_paths, nodes, server, comfy_api.latest
server.PromptServer(asyncio.new_event_loop())  # there is one before ComfyUI loads any pack
start = time.perf_counter()
spec = importlib.util.spec_from_file_location("longvid_pack", pack + "/__init__.py", submodule_search_locations=[pack])
module = importlib.util.module_from_spec(spec)
sys.modules["longvid_pack"] = module
spec.loader.exec_module(module)
async def load():
    extension = await module.comfy_entrypoint()
    await extension.on_load()
    return [node.GET_SCHEMA() for node in await extension.get_node_list()]
schemas = asyncio.run(load())
print("seconds", time.perf_counter() - start, len(schemas))
"""


def figures() -> Iterator[Figure]:
    """Seconds, both at most 0.3."""
    bare, ours = alternately(9, lambda: run(PYTHON).seconds, lambda: run([*LONGVID, "--help"]).seconds)
    yield Figure("longvid --help", ours, "s", 0.3, f"bare python {bare:.3f} s")
    seconds, nodes = min(_pack_import() for _ in range(3))
    yield Figure("import of the pack into ComfyUI", seconds, "s", 0.3, f"{nodes} nodes, their schemas included")


def _pack_import() -> tuple[float, int]:
    """Seconds from importing the pack to having every node's schema, in a process that has ComfyUI loaded."""
    host = Path(os.environ.get("COMFYUI_PATH") or ROOT / ".cache" / "ComfyUI")
    done = subprocess.run([sys.executable, "-c", _IMPORT, str(ROOT), str(host)], capture_output=True, text=True, cwd=host)
    words = next((line.split() for line in done.stdout.splitlines() if line.startswith("seconds ")), None)
    if words is None:
        raise RuntimeError(f"ComfyUI at {host} does not import the pack:\n{done.stderr[-2000:]}")
    return float(words[1]), int(words[2])
