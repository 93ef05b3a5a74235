"""`longvid schema`: JSON Schema of the files people write and read."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from .options import Json


def schema(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="plan, manifest, visual, signature or settings (default: all of them).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Print the JSON Schema of a plan, a manifest, a visual state, a signature or longvid.yaml."""
    from ..schema import SCHEMAS, schema_of

    found = schema_of(name) if name else {each: schema_of(each) for each in SCHEMAS}
    if as_json:
        print(json.dumps({"event": "done", "schema": found}))
    else:
        print(json.dumps(found, indent=2, ensure_ascii=False))


def register(app: typer.Typer) -> None:
    app.command()(schema)
