"""How the core's errors reach the canvas: the message on the node, and ComfyUI's own way of stopping."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from comfy.model_management import InterruptProcessingException

from longvid_core.errors import Interrupted, LongvidError


@contextlib.contextmanager
def on_the_node() -> Iterator[None]:
    """Let a LongvidError go up with its message alone, and turn Interrupted into ComfyUI's own interruption.

    ComfyUI shows `str(error)` on the node and logs the traceback. The chain of causes and the core's frames would bury
    the message there, and a LongvidError says everything in its text. So a new one is raised, from here.
    """
    try:
        yield
    except Interrupted:
        raise InterruptProcessingException from None
    except LongvidError as error:
        raise type(error)(error.what, *error.way_out) from None
