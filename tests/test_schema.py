"""The schemas that ship as files: they are what the models say, and they tell a manifest from what is none."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from longvid_core.errors import UnknownName
from longvid_core.manifest.build import build_manifest, manifest_json
from longvid_core.planfile import plan_json
from longvid_core.schema import SCHEMAS, SHIPPED, schema_file, schema_text
from tests.cli.conftest import Longvid, longvid
from tests.films import Studio, small_plan

__all__ = ["longvid"]

TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
    "integer": int,
    "number": (int, float),
}
TOLD = {"$schema", "$id", "$defs", "title", "description", "default", "format"}
"""Keywords that refuse nothing."""


def refused(value: Any, rule: dict[str, Any] | bool, root: dict[str, Any], at: str = "$") -> list[str]:
    """Where a value does not hold by a JSON Schema (2020-12), as paths. Only what our schemas use; any other keyword fails."""
    if isinstance(rule, bool):
        return [] if rule else [at]
    found: list[str] = []
    for word, said in rule.items():
        if word in TOLD or word in ("properties", "patternProperties", "prefixItems"):
            continue
        if word == "$ref":
            found += refused(value, root["$defs"][said.removeprefix("#/$defs/")], root, at)
        elif word == "anyOf":
            found += [] if any(not refused(value, each, root, at) for each in said) else [at]
        elif word == "additionalProperties":
            known = rule.get("properties", {})
            if isinstance(value, dict):
                for name, each in value.items():
                    found += refused(each, said, root, f"{at}.{name}") if name not in known else []
        elif word == "items":
            skipped = len(rule.get("prefixItems", ()))
            if isinstance(value, list):
                found += [f for i, each in enumerate(value[skipped:]) for f in refused(each, said, root, f"{at}[{i}]")]
        else:
            found += [] if holds(word, said, value) else [at]
    if isinstance(value, dict):
        inner = rule.get("properties", {})
        found += [f for n, each in inner.items() if n in value for f in refused(value[n], each, root, f"{at}.{n}")]
    if isinstance(value, list):
        pairs = zip(value, rule.get("prefixItems", ()), strict=False)
        found += [f for i, (each, its) in enumerate(pairs) for f in refused(each, its, root, f"{at}[{i}]")]
    return found


def holds(word: str, said: Any, value: Any) -> bool:
    """One keyword that looks at a value alone. It counts for values of its own type only."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    checks = {
        "type": lambda: is_a(said, value),
        "const": lambda: value == said,
        "enum": lambda: value in said,
        "required": lambda: not isinstance(value, dict) or set(said) <= set(value),
        "pattern": lambda: not isinstance(value, str) or re.search(said, value) is not None,
        "minLength": lambda: not isinstance(value, str) or len(value) >= said,
        "maxLength": lambda: not isinstance(value, str) or len(value) <= said,
        "minItems": lambda: not isinstance(value, list) or len(value) >= said,
        "maxItems": lambda: not isinstance(value, list) or len(value) <= said,
        "minimum": lambda: not number or value >= said,
        "maximum": lambda: not number or value <= said,
        "exclusiveMinimum": lambda: not number or value > said,
        "exclusiveMaximum": lambda: not number or value < said,
        "multipleOf": lambda: not number or value % said == 0,
    }
    return bool(checks[word]())


def is_a(name: str, value: Any) -> bool:
    """Whether the value is of that type: every whole number is a number, and true is none."""
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, TYPES[name]) or (name == "number" and isinstance(value, int))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A film that was really made."""
    return Studio(tmp_path_factory.mktemp("schema")).make(small_plan(2, cuts=(1,)))


def shipped(name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(schema_file(name).read_bytes())
    return value


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_file_is_what_the_model_says(name: str) -> None:
    """`longvid schema -o longvid_core/schemas` writes it anew."""
    assert schema_file(name).read_bytes().decode() == schema_text(name)
    assert shipped(name)["$id"] == f"urn:longvid:{name}/1"


def test_there_is_a_file_for_each_and_no_other() -> None:
    assert {path.name for path in SHIPPED.iterdir()} == {f"{name}-1.schema.json" for name in SCHEMAS}
    with pytest.raises(UnknownName, match="'film'"):
        schema_file("film")


def test_the_command_writes_them(longvid: Longvid, tmp_path: Path) -> None:
    assert longvid("schema", "plan", "-o", "new/here", "--json").last["files"] == ["new/here/plan-1.schema.json"]
    assert (tmp_path / "new/here/plan-1.schema.json").read_bytes() == schema_file("plan").read_bytes()


def test_a_film_that_was_made_holds_by_them(made: Any) -> None:
    manifest = json.loads(manifest_json(build_manifest(made)))
    assert refused(manifest, shipped("manifest"), shipped("manifest")) == []
    plan = json.loads(plan_json(made.rendered.plan))
    assert refused(plan, shipped("plan"), shipped("plan")) == []


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        (("film", "frames_sha256"), "F" * 64, "$.film.frames_sha256"),
        (("segments", 1, "seed", "sent"), 7, "$.segments[1].seed.sent"),
        (("segments", 0, "outcome"), "fine", "$.segments[0].outcome"),
        (("plan", "keyframes", 0, "mood"), "blue", "$.plan.keyframes[0].mood"),
        (("segments",), [], "$.segments"),
        (("schema",), "longvid.manifest/2", "$.schema"),
        (("plan", "fps"), 0, "$.plan.fps"),
    ],
)
def test_what_is_none_does_not(made: Any, path: tuple[Any, ...], value: Any, where: str) -> None:
    manifest = json.loads(manifest_json(build_manifest(made)))
    spot = manifest
    for step in path[:-1]:
        spot = spot[step]
    spot[path[-1]] = value
    assert where in refused(manifest, shipped("manifest"), shipped("manifest"))
