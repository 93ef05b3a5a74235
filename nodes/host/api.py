"""The one place that imports ComfyUI's node API."""

from comfy_api.latest import ComfyAPI, ComfyExtension, Input, InputImpl, Types, io, ui
from comfy_execution.utils import get_executing_context

__all__ = ["ComfyAPI", "ComfyExtension", "Input", "InputImpl", "Types", "get_executing_context", "io", "ui"]
