"""Reading a manifest that anybody may have written: of an earlier Longvid, of a later one, damaged, or none at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..canonical import strict_json
from ..errors import BadInput, NewerSchema
from ..files import in_words
from ..models.manifest import MANIFEST_SCHEMA, DeterminismRecord, Manifest
from ..models.records import Bound
from ..validation import describe

LARGEST = 256 << 20
"""Bytes of a manifest, at most: some hundred times what a film of a thousand segments needs."""

Step = Callable[[dict[str, Any]], dict[str, Any]]
_KIND = MANIFEST_SCHEMA.rpartition("/")[0]
_WAY_OUT = "Name a film's NAME.manifest.json."

STEPS: dict[int, Step] = {}
"""By schema version, what makes the next one of it. There is no earlier version than 1 and none after it yet."""


def load_manifest(path: Path) -> Manifest:
    """The manifest in a file, with what can be told for sure of what an earlier Longvid did not record.

    BadInput, naming the file and each field that does not hold, where it is no manifest; NewerSchema where it is of a later
    Longvid.
    """
    return parse_manifest(read_value(path), str(path))


def read_value(path: Path, name: str | None = None) -> dict[str, Any]:
    """The manifest's JSON as it stands in the file: what its hash and its signature are of. Errors as in `load_manifest`; `name`
    stands in them, where the path would tell nobody anything."""
    name = name or str(path)
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise BadInput(f"{name} has {size >> 20} MiB; no manifest is larger than {LARGEST >> 20}.", _WAY_OUT)
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise BadInput(f"cannot read {name}: {in_words(error)[0]}.", "Check the path.") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{name} is not a manifest: it is not UTF-8 text.", _WAY_OUT) from error
    try:
        value = strict_json(text)
    except (ValueError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise BadInput(f"{name} is not JSON: {why}.", "Restore it, or make the film again.") from error
    if not isinstance(value, dict):
        raise BadInput(f"{name} is not a manifest: it must be a JSON object.", _WAY_OUT)
    return value


def parse_manifest(value: Mapping[str, Any], name: str = "the manifest") -> Manifest:
    """The manifest that a JSON value is. Errors as in `load_manifest`; `name` stands in them."""
    try:
        manifest = Manifest.model_validate(migrated(dict(value), name))
    except ValidationError as error:
        raise BadInput(f"the manifest {name} does not hold:", *describe(error)) from error
    ids = [s.id for s in manifest.plan.segments]
    if [(s.index, s.id) for s in manifest.segments] != list(enumerate(ids)):
        raise BadInput(f"the manifest {name} does not hold:", "segments: they are not the plan's, in its order")
    return _completed(manifest)


def migrated(
    value: dict[str, Any], name: str, *, schema: str = MANIFEST_SCHEMA, steps: Mapping[int, Step] | None = None
) -> dict[str, Any]:
    """The value brought to `schema`, one version after the other. BadInput for another kind of file, or a version that no step
    leads on from; NewerSchema for a later one."""
    steps = STEPS if steps is None else steps
    kind, _, current = schema.rpartition("/")
    found_kind, _, found = str(value.get("schema")).rpartition("/")
    if found_kind != kind or not (found.isascii() and found.isdigit()) or len(found) > 6:
        raise BadInput(f"{name} is not a manifest: its schema is {value.get('schema')!r}, not {schema!r}.", _WAY_OUT)
    version = int(found)
    if version > int(current):
        raise NewerSchema(
            f"{name} is {found_kind}/{found}, and this Longvid reads {schema}.", "Upgrade Longvid (pip install -U longvid)."
        )
    while version < int(current):
        if version not in steps:
            raise BadInput(f"{name} is {kind}/{version}, which this Longvid cannot read.", "Make the film again.")
        value = {**steps[version](value), "schema": f"{kind}/{version + 1}"}
        version += 1
    return value


def _completed(manifest: Manifest) -> Manifest:
    """What follows from the rest, for a manifest written before it was recorded."""
    if manifest.determinism is not None:
        return manifest
    by_id = {s.id: s for s in manifest.plan.segments}
    segments = tuple(
        s.model_copy(
            update={
                "bound": Bound(largest=0) if s.determinism == "bit-exact" else None,
                "visual": manifest.plan.visual_of(by_id[s.id]),
            }
        )
        for s in manifest.segments
    )
    order = ("none", "best-effort", "bit-exact")
    label = min((s.determinism for s in segments), key=order.index)
    told = DeterminismRecord(label=label, reason="the weakest of its segments' labels; the reasons were not recorded")
    return manifest.model_copy(update={"segments": segments, "determinism": told})
