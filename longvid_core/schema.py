"""JSON Schema of the files people write and read, from the models themselves, and the files of it that ship with the package."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
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
SHIPPED = Path(__file__).parent / "schemas"
"""Where each of them is a file, for readers in other languages. `longvid schema -o longvid_core/schemas` writes them anew."""


def schema_of(name: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of `plan`, `manifest`, `visual`, `signature` or `settings`. UnknownName for any other.

    `$id` is the file's own `schema` as a URN (RFC 8141): of `longvid.plan/1` it is `urn:longvid:plan/1`.
    """
    module, model, identity = _known(name)
    loaded = getattr(importlib.import_module(f".{module}", __package__), model)
    schema = loaded.model_json_schema(by_alias=True)
    urn = "urn:" + identity.replace(".", ":", 1)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": urn, **schema}


def schema_file(name: str, folder: Path = SHIPPED) -> Path:
    """The file that holds a schema: `plan-1.schema.json` for version 1 of the plan. UnknownName for any that there is not."""
    version = _known(name)[2].rpartition("/")[2]
    return folder / f"{name}-{version}.schema.json"


def schema_text(name: str) -> str:
    """What stands in that file."""
    return json.dumps(schema_of(name), indent=2, ensure_ascii=False) + "\n"


def _known(name: str) -> tuple[str, str, str]:
    if name not in _MODELS:
        raise UnknownName(f"there is no schema {name!r}.", f"There is: {', '.join(SCHEMAS)}.")
    return _MODELS[name]
