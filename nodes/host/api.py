"""The one place that imports ComfyUI's node API."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from comfy_api.latest import ComfyExtension, Input, InputImpl, Types, io, ui
from comfy_execution.progress import get_progress_state
from comfy_execution.utils import get_executing_context

__all__ = [
    "ComfyExtension",
    "Input",
    "InputImpl",
    "Types",
    "before_queueing",
    "core_node",
    "get_executing_context",
    "get_progress_state",
    "io",
    "ui",
]


def core_node(name: str) -> Any:
    """The class of one of ComfyUI's nodes, by its name in workflows. `nodes` is ComfyUI's own module of that name."""
    return importlib.import_module("nodes").NODE_CLASS_MAPPINGS[name]


def before_queueing(look: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Let `look` see, and change, whatever is asked of ComfyUI's queue before it is validated."""
    from server import PromptServer

    PromptServer.instance.add_on_prompt_handler(look)
