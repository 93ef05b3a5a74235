"""Longvid for ComfyUI. The nodes are in `nodes/`; everything they do is in `longvid_core/`, which knows no host."""

from __future__ import annotations

from typing import Any

WEB_DIRECTORY = "./web"


async def comfy_entrypoint() -> Any:
    """ComfyUI calls this once, after importing the pack; only then is anything of Longvid's imported."""
    from .nodes.host.core import find_core

    find_core()
    from .nodes.extension import Longvid

    return Longvid()
