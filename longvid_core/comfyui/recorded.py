"""What a manifest records of the canvas, read back: the graph upstream of the models, its files by hash, how it was sampled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import BadInput
from ..submit.workflow import Workflow
from ..validation import describe

PLAN, SAMPLER = "LongvidSegmentPlanner", "LongvidWanFLF2VSampler"


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Link(_Value):
    """An output of the node at that place in the list."""

    node: int = Field(ge=0)
    output: int = Field(ge=0)


class Node(_Value):
    """One node. In its inputs a link is `{"node", "output"}`, the name of a file `{"sha256": [...]}`, a folder `{"path"}`."""

    class_type: str
    inputs: dict[str, Any]


class Graph(_Value):
    """Everything upstream of the sampler's models."""

    nodes: tuple[Node, ...]
    inputs: dict[Literal["model", "clip", "vae", "clip_vision"], Link]


class Recorded(_Value):
    """The fingerprint of clips that were sampled on the canvas."""

    graph: Graph
    sampling: dict[str, Any]
    run: str | None = None


class Wanted(_Value):
    """Files that an input names, by their hashes. Several: all in a folder, or under one name in folders of two kinds."""

    node: int
    class_type: str
    input: str
    sha256: tuple[str, ...]

    @property
    def where(self) -> str:
        """The input, as a person finds it."""
        return f"{self.class_type}.{self.input}"


def recorded(fingerprint: Mapping[str, Any]) -> Recorded:
    """The fingerprint as it can be repeated. BadInput, saying why, for one that nobody can repeat."""
    try:
        found = Recorded.model_validate(fingerprint)
    except ValidationError as error:
        raise BadInput(f"its record of the canvas is not whole: {'; '.join(describe(error))}") from error
    if found.run is not None:
        raise BadInput("a node upstream of its models makes something new every time it runs, so nobody can make the same again")
    for node in found.graph.nodes:
        for name, value in node.inputs.items():
            for link in _found(value, lambda each: "node" in each and "output" in each):
                if not 0 <= Link.model_validate(link).node < len(found.graph.nodes):
                    raise BadInput(f"its record of the canvas is not whole: {node.class_type}.{name} comes from nowhere")
            if next(iter(_found(value, lambda each: set(each) == {"path"})), None):
                raise BadInput(
                    f"{node.class_type}.{name} was an absolute path, which no manifest tells: only its workflow renders it again"
                )
    if any(link.node >= len(found.graph.nodes) for link in found.graph.inputs.values()):
        raise BadInput("its record of the canvas is not whole: the sampler's models come from nowhere")
    return found


def wanted(canvas: Recorded) -> list[Wanted]:
    """Every file name that has to be found again, in the graph's order."""
    return [
        Wanted(node=place, class_type=node.class_type, input=name, sha256=tuple(sorted(map(str, each["sha256"]))))
        for place, node in enumerate(canvas.graph.nodes)
        for name, value in node.inputs.items()
        for each in _found(value, _is_file)
    ]


def workflow(canvas: Recorded, plan: str, name_of: Callable[[Wanted], str], planner: Mapping[str, Any]) -> Workflow:
    """The graph in API format, sampling `plan` (plan.json's text). planner: what else the planner's node has to be given."""
    nodes: Workflow = {}
    for place, node in enumerate(canvas.graph.nodes):
        inputs = {name: _named(value, place, node.class_type, name, name_of) for name, value in node.inputs.items()}
        nodes[f"up{place}"] = {"class_type": node.class_type, "inputs": inputs}
    models = {name: _link(link) for name, link in canvas.graph.inputs.items()}
    nodes["plan"] = {"class_type": PLAN, "inputs": {**planner, "edited_plan": plan}}
    nodes["sampler"] = {"class_type": SAMPLER, "inputs": {**canvas.sampling, "segments": "all", "plan": ["plan", 0], **models}}
    return nodes


def _named(value: Any, place: int, class_type: str, name: str, name_of: Callable[[Wanted], str]) -> Any:
    """A recorded value as the node is given it: links by id, files by a name."""
    if isinstance(value, list):
        return [_named(each, place, class_type, name, name_of) for each in value]
    if not isinstance(value, dict):
        return value
    if _is_file(value):
        hashes = tuple(sorted(map(str, value["sha256"])))
        return name_of(Wanted(node=place, class_type=class_type, input=name, sha256=hashes))
    if set(value) == {"node", "output"}:
        return _link(Link.model_validate(value))
    return {key: _named(each, place, class_type, name, name_of) for key, each in value.items()}


def _link(link: Link) -> list[Any]:
    return [f"up{link.node}", link.output]


def _is_file(value: dict[str, Any]) -> bool:
    return set(value) == {"sha256"} and isinstance(value["sha256"], list)


def _found(value: Any, fits: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
    """Every object inside a value that fits, outermost first."""
    if isinstance(value, list):
        return [one for each in value for one in _found(each, fits)]
    if not isinstance(value, dict):
        return []
    return [value] if fits(value) else [one for each in value.values() for one in _found(each, fits)]
