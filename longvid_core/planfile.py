"""plan.json on disk: reading one that a person may have edited, writing one that can be moved with its pictures."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from .errors import BadInput, NewerSchema
from .models.plan import PLAN_SCHEMA, Plan
from .validation import describe


def load_plan(path: Path) -> Plan:
    """The plan in a file. Picture paths become absolute; pictures are checked against the hashes beside them.

    A picture may be given by `path` alone: its hashes are filled in, and its source becomes `user`. BadInput names the
    file and every field that does not hold.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise BadInput(
            f"cannot read the plan {path}: {why}.", "Check the path; `longvid plan -o plan.json` makes one."
        ) from error
    return parse_plan(text, folder=path.absolute().parent, name=str(path))


def parse_plan(text: str, *, folder: Path, name: str = "the plan") -> Plan:
    """The plan in a JSON text, its picture paths taken from `folder`."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise BadInput(f"{name} is not JSON: {error}.", "Mend it, or make it again with `longvid plan`.") from error
    if not isinstance(value, dict):
        raise BadInput(f"{name} is not a plan: it must be a JSON object.", "Make one with `longvid plan`.")
    check_schema(value, PLAN_SCHEMA, name)
    for keyframe in _dicts(value.get("keyframes")):
        image = keyframe.get("image")
        if isinstance(image, dict):
            if "sha256" not in image and "pixels_sha256" not in image:
                keyframe["source"] = "user"
                keyframe.pop("made", None)
            keyframe["image"] = _picture(image, folder, f"{name}: keyframe {keyframe.get('id')}")
    for owner in (*_dicts(value.get("keyframes")), *_dicts(value.get("cast"))):
        for reference in _dicts(owner.get("references")):
            if isinstance(reference.get("image"), dict):
                reference["image"] = _picture(reference["image"], folder, f"{name}: {owner.get('id') or owner.get('name')}")
    try:
        return Plan.model_validate(value)
    except ValidationError as error:
        raise BadInput(f"{name} does not hold:", *describe(error), "See `longvid schema plan` for every field.") from error


def save_plan(plan: Plan, path: Path) -> None:
    """Write the plan, its picture paths relative to the file's own folder where they can be."""
    from .files import write_bytes

    write_bytes(path, plan_json(plan, path.absolute().parent).encode())


def plan_json(plan: Plan, folder: Path | None = None) -> str:
    """The plan as indented JSON, ending in a newline; picture paths relative to `folder` where one is given."""
    value = plan.json_value()
    if folder is not None:
        for image in _pictures(value):
            if Path(image["path"]).is_relative_to(folder):
                image["path"] = os.path.relpath(image["path"], folder)
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def check_schema(value: dict[str, Any], schema: str, name: str) -> None:
    """Refuse a file of another kind, or of a version this Longvid does not know."""
    found = value.get("schema")
    kind, _, version = schema.rpartition("/")
    if found == schema:
        return
    found_kind, _, found_version = str(found).rpartition("/")
    if found_kind == kind and found_version.isdigit() and int(found_version) > int(version):
        raise NewerSchema(f"{name} is {found}, and this Longvid reads {schema}.", "Upgrade Longvid (pip install -U longvid).")
    raise BadInput(f"{name}: schema is {found!r}; it must be {schema!r}.", "Is this the file you meant?")


def _picture(image: dict[str, Any], folder: Path, where: str) -> dict[str, Any]:
    from .media.images import asset_of

    path = image.get("path")
    if not isinstance(path, str) or not path:
        raise BadInput(f"{where}: image.path is missing.", "Give the picture's path, or set image to null to have it drawn.")
    asset = asset_of(folder / path)
    for field in ("sha256", "pixels_sha256"):
        if field in image and image[field] != getattr(asset, field):
            raise BadInput(
                f"{where}: the picture {path} is not the one the plan was written with ({field} differs).",
                f"To use the new picture, delete sha256 and pixels_sha256 beside {path!r} in the plan; or restore the old one.",
            )
    return {**image, **asset.json_value()}


def _pictures(value: dict[str, Any]) -> list[dict[str, Any]]:
    owners = [*_dicts(value.get("keyframes")), *_dicts(value.get("cast"))]
    found = [k["image"] for k in owners if isinstance(k.get("image"), dict)]
    return found + [r["image"] for k in owners for r in _dicts(k.get("references")) if isinstance(r.get("image"), dict)]


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []
