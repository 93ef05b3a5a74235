"""A core session on behalf of the node that is executing."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from comfy.model_management import processing_interrupted

from .errors import on_the_node
from .progress import NodeProgress

if TYPE_CHECKING:
    from longvid_core.render.session import Session

    from .api import io


@contextlib.asynccontextmanager
async def session(
    node: type[io.ComfyNode], settings: Mapping[str, Any] | None = None, budget_usd: float = 0.0
) -> AsyncIterator[Session]:
    """The store and ledger of LONGVID_HOME, with ComfyUI's cancel button, progress bar and previews.

    `settings`: what the node's own inputs set, before longvid.yaml. `budget_usd`: what this run may cost; 0: as the settings say.
    LongvidErrors come out of it fit to be shown on the node; see `errors.on_the_node`.
    """
    from longvid_core.render.session import open_session
    from longvid_core.settings import load_settings

    with on_the_node(), NodeProgress() as progress:
        command = f"ComfyUI: {node.SCHEMA.display_name}"
        chosen = load_settings().model_copy(update=dict(settings or {}))
        with open_session(
            chosen,
            command=command,
            emit=progress.emit,
            interrupted=processing_interrupted,
            preview=progress.preview,
        ) as core:
            budget = budget_usd or chosen.budget
            core.budget_micro_usd = None if budget is None else round(budget * 1_000_000)
            yield core


@contextlib.contextmanager
def looking() -> Iterator[Session]:
    """The same store for a node that only asks what its run would do: it leaves nothing in store and ledger."""
    from longvid_core.render.looking import look
    from longvid_core.settings import load_settings

    with on_the_node(), NodeProgress() as progress:
        with look(load_settings(), emit=progress.emit, interrupted=processing_interrupted) as core:
            yield core
