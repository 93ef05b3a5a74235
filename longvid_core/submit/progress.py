"""What a server tells while it works on a job, as typed values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Queued:
    """The job waits; `position` others come first (0: it runs)."""

    prompt_id: str
    position: int


@dataclass(frozen=True)
class NodeProgress:
    """A node works: `done` of `total` steps. `nodes_done` of `nodes_total` nodes of the workflow are finished."""

    node: str
    title: str
    done: float
    total: float
    nodes_done: int
    nodes_total: int


@dataclass(frozen=True)
class Told:
    """Something a person should know: a lost connection, a download that is tried again."""

    message: str


@dataclass(frozen=True)
class Saved:
    """A result was downloaded to `path`."""

    path: str
    bytes: int


Signal = Queued | NodeProgress | Told | Saved
Tell = Callable[[Signal], None]
