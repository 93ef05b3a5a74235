"""Noticing nodes that say each time that they changed, in other words than ComfyUI's own: by the clock, say."""

from __future__ import annotations

import json
from typing import Any

from .graph import Upstream

_before: dict[str, Any] = {}
"""What each node said when its graph last ran, by everything else that is known of it."""


def changed_again(graph: Upstream) -> list[str]:
    """The classes of nodes that say something else than in the last run, though nothing about them is known to be different."""
    found = set()
    for node, said in graph.said:
        if _before.setdefault(known := json.dumps(node, sort_keys=True), said) != said:
            found.add(node["class_type"])
            _before[known] = said
    return sorted(found)
