"""Workflows in API format: `{node id: {"class_type", "inputs", "_meta"}}`, and setting inputs in them by name."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from ..errors import BadInput, UnknownName

Workflow = dict[str, dict[str, Any]]
_EXPORT = "In ComfyUI: menu, File, Export (API). Longvid's own workflows have their API form in workflows/api/."


def load_workflow(path: Path) -> Workflow:
    """Read a workflow in API format; `-` reads stdin. BadInput for anything else, the canvas format included."""
    name = "stdin" if str(path) == "-" else str(path)
    try:
        data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise BadInput(f"cannot read the workflow {name}: {error.strerror}.", "Check the path.") from error
    try:
        value = json.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError) as error:
        raise BadInput(f"{name} is no JSON: {error}.", f"A workflow is a JSON file in API format. {_EXPORT}") from error
    except RecursionError as error:
        raise BadInput(f"{name} is nested too deeply to be a workflow.", _EXPORT) from error
    if isinstance(value, dict) and isinstance(value.get("nodes"), list):
        raise BadInput(f"{name} is in the canvas format, which only the browser can turn into a job.", _EXPORT)
    if not isinstance(value, dict) or not value or not all(map(_is_node, value.values())):
        raise BadInput(f"{name} is no workflow: an API-format file maps node ids to class_type and inputs.", _EXPORT)
    return value


def _is_node(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("class_type"), str) and isinstance(value.get("inputs", {}), dict)


def title_of(workflow: Workflow, node_id: str) -> str:
    """The node's title as a person reads it, or its class."""
    node = workflow.get(node_id, {})
    meta = node.get("_meta")
    title = meta.get("title") if isinstance(meta, dict) else None
    return str(title or node.get("class_type") or node_id)


def set_inputs(
    workflow: Workflow, assignments: Sequence[str], known_inputs: Callable[[str], Iterable[str]] = lambda class_type: ()
) -> Workflow:
    """A copy of the workflow with every `NODE.INPUT=VALUE` set.

    NODE is an id, a class_type or a title, in this order; it must name one node. VALUE is read as JSON where it is JSON,
    and brought to the type that stands there now. `known_inputs` lists a class's inputs, for those the file leaves out.
    BadInput or UnknownName, naming what there is, when an assignment fits nothing.
    """
    changed = {node_id: {**node, "inputs": dict(node.get("inputs", {}))} for node_id, node in workflow.items()}
    for assignment in assignments:
        target, equals, text = assignment.partition("=")
        if not equals or "." not in target:
            raise BadInput(f"--set {assignment} is not NODE.INPUT=VALUE.", "For example: --set 6.text='a red boat'.")
        node_id, name = _resolve(changed, target, known_inputs)
        inputs = changed[node_id]["inputs"]
        inputs[name] = _coerce(f"--set {target}", text, inputs.get(name))
    return changed


def _resolve(workflow: Workflow, target: str, known_inputs: Callable[[str], Iterable[str]]) -> tuple[str, str]:
    """The node id and input behind `NODE.INPUT`. Titles and inputs may hold dots themselves, so every dot is tried."""
    dots = [i for i, letter in enumerate(target) if letter == "."]
    splits = [(target[:i], target[i + 1 :], _nodes_named(workflow, target[:i])) for i in reversed(dots)]
    for known in (lambda node: node["inputs"], lambda node: known_inputs(node["class_type"])):
        for _, name, nodes in splits:
            fitting = [node for node in nodes if name in known(workflow[node])]
            if len(nodes) > 1 and fitting:
                listed = ", ".join(f"{node} ({title_of(workflow, node)})" for node in nodes)
                raise BadInput(f"--set {target} could mean several nodes: {listed}.", "Name the one by its id.")
            if fitting:
                return fitting[0], name
    for named, name, nodes in splits:
        if nodes:
            has = ", ".join(workflow[nodes[0]]["inputs"]) or "none that the workflow sets"
            raise UnknownName(f"node {named} ({title_of(workflow, nodes[0])}) has no input {name!r}.", f"It has: {has}.")
    there_is = ", ".join(f"{node} ({title_of(workflow, node)})" for node in list(workflow)[:40])
    raise UnknownName(f"the workflow has no node {splits[-1][0]!r}.", f"There is: {there_is}.")


def _nodes_named(workflow: Workflow, name: str) -> list[str]:
    if name in workflow:
        return [name]
    by_class = [node_id for node_id, node in workflow.items() if node["class_type"] == name]
    return by_class or [node_id for node_id in workflow if title_of(workflow, node_id) == name]


def _coerce(where: str, text: str, now: Any) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    if isinstance(now, str):
        return value if isinstance(value, str) else text
    if isinstance(now, bool):
        return _of_type(where, value, bool, value, "true or false")
    if isinstance(now, int):
        whole = int(value) if isinstance(value, float) and value.is_integer() else value
        return _of_type(where, whole, int, value, "a whole number")
    if isinstance(now, float):
        number = float(value) if isinstance(value, int) and not isinstance(value, bool) else value
        return _of_type(where, number, float, value, "a number")
    return value  # a link, an object, or nothing yet: the server checks what it is given


def _of_type(where: str, value: Any, wanted: type, given: Any, words: str) -> Any:
    if type(value) is wanted:
        return value
    raise BadInput(f"{where} takes {words}, and {given!r} is not one.", "See the node's input in the workflow file.")
