"""JSON Schema of the files people write and read, from the models themselves."""

from __future__ import annotations

import importlib
from typing import Any

from .errors import UnknownName

_MODELS = {
    "plan": ("models.plan", "Plan", "longvid.plan/1"),
    "manifest": ("models.manifest", "Manifest", "longvid.manifest/1"),
    "visual": ("models.visual", "VisualState", "longvid.visual/1"),
    "signature": ("models.signature", "FilmSignature", "longvid.signature/1"),
    "settings": ("settings", "Settings", "longvid.settings/1"),
}
SCHEMAS = tuple(_MODELS)
"""The names `schema_of` knows."""


def schema_of(name: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of `plan`, `manifest`, `visual`, `signature` or `settings`. UnknownName for any other."""
    if name not in _MODELS:
        raise UnknownName(f"there is no schema {name!r}.", f"There is: {', '.join(SCHEMAS)}.")
    module, model, identity = _MODELS[name]
    loaded = getattr(importlib.import_module(f".{module}", __package__), model)
    schema = loaded.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": identity, **schema}
