"""A core session on behalf of the node that is executing."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from comfy.model_management import processing_interrupted

from .errors import on_the_node
from .progress import NodeProgress

if TYPE_CHECKING:
    from longvid_core.render.session import Session

    from .api import io


@contextlib.asynccontextmanager
async def session(node: type[io.ComfyNode], *, recorded: bool = True) -> AsyncIterator[Session]:
    """The store and ledger of LONGVID_HOME, with ComfyUI's cancel button, progress bar and previews.

    LongvidErrors come out of it fit to be shown on the node; see `errors.on_the_node`. `recorded` False: it only looks.
    """
    from longvid_core.render.session import open_session
    from longvid_core.settings import load_settings

    with on_the_node():
        with NodeProgress() as progress:
            command = f"ComfyUI: {node.SCHEMA.display_name}"
            with open_session(
                load_settings(),
                command=command,
                emit=progress.emit,
                interrupted=processing_interrupted,
                preview=progress.preview,
                recorded=recorded,
            ) as core:
                yield core
