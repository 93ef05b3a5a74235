"""`longvid schema`: JSON Schema of the files people write and read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from .options import Json


def schema(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="plan, manifest, visual, signature or settings (default: all of them).")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FOLDER", help="Write NAME-VERSION.schema.json there instead of printing it."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Print the JSON Schema of a plan, a manifest, a visual state, a signature or longvid.yaml."""
    from ..schema import SCHEMAS, schema_of

    if output is not None:
        _written(output, (name,) if name else SCHEMAS, as_json)
        return
    found = schema_of(name) if name else {each: schema_of(each) for each in SCHEMAS}
    if as_json:
        print(json.dumps({"event": "done", "schema": found}))
    else:
        print(json.dumps(found, indent=2, ensure_ascii=False))


def _written(folder: Path, names: tuple[str, ...], as_json: bool) -> None:
    from ..files import write_bytes, writing
    from ..schema import schema_file, schema_text

    texts = {schema_file(name, folder): schema_text(name) for name in names}
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for path, text in texts.items():
        write_bytes(path, text.encode())
    if as_json:
        print(json.dumps({"event": "done", "files": [str(path) for path in texts]}))
    else:
        print("\n".join(str(path) for path in texts))


def register(app: typer.Typer) -> None:
    app.command()(schema)
