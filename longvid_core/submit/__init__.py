"""Sending a workflow to a running ComfyUI, as its HTTP and websocket interface describes it, and fetching what it made.

A client like any browser: nothing of ComfyUI is imported, and no host is talked to but the one named.
"""

from .follow import Finished, submit
from .progress import NodeProgress, Queued, Saved, Signal, Tell, Told
from .server import DEFAULT_URL, Server
from .workflow import load_workflow, set_inputs

__all__ = [
    "DEFAULT_URL", "Finished", "NodeProgress", "Queued", "Saved", "Server", "Signal", "Tell", "Told", "load_workflow",
    "set_inputs", "submit",
]  # fmt: skip
