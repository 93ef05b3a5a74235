"""In which fields two records of a model differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def differences(before: Mapping[str, Any], now: Mapping[str, Any], where: str = "") -> list[str]:
    """The fields in which two fingerprints differ, by their paths. Of a list of objects each is looked into by its place."""
    return [one for name in sorted({*before, *now}) for one in _differ(before.get(name), now.get(name), f"{where}{name}")]


def _differ(one: Any, other: Any, where: str) -> list[str]:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return differences(one, other, f"{where}{_class(one, other)}.")
    if _objects(one) and _objects(other) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return [said for place, (a, b) in pairs for said in _differ(a, b, f"{where}[{place}]")]
    return [] if one == other else [where]


def _class(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """Of a node of ComfyUI's graph, what a person knows it by."""
    kind = one.get("class_type")
    return f" {kind}" if kind is not None and kind == other.get("class_type") else ""


def _objects(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(each, Mapping) for each in value)
