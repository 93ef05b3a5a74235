"""What a node's inputs were made from: the graph upstream of them, with every file it names known by its content."""

from __future__ import annotations

import hashlib
import math
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import folder_paths
from comfy_execution.graph_utils import is_link

if TYPE_CHECKING:
    from comfy_execution.graph import DynamicPrompt

_LONGEST_NAME = 1024
_NO_MODELS = ("custom_nodes", "datasets", "configs")
_LORA_IN_TEXT = re.compile(r"<lora:([^:<>]+)[:>]")
_EXACT = 2**53
"""Integers from here on are no numbers in canonical JSON; as text, ComfyUI takes them, too."""


@dataclass
class Upstream:
    """The graph upstream of some inputs of a node.

    nodes: in an order that follows from the wiring alone, each `{"class_type", "inputs"}`; a link is `{"node": place in
    this list, "output": number}`, a string that names a model or input file `{"sha256": [...]}`. inputs: where each input
    of ours comes from. files: what each input's strings name, with its sha256. changing: the classes of nodes that ComfyUI
    runs every time. said: what the others answered that were asked whether they changed, each `(node without it, answer)`.
    """

    nodes: list[dict[str, Any]] = field(default_factory=list)
    inputs: dict[str, dict[str, int]] = field(default_factory=dict)
    files: dict[str, dict[Path, str]] = field(default_factory=dict)
    changing: set[str] = field(default_factory=set)
    said: list[tuple[dict[str, Any], Any]] = field(default_factory=list)

    def json_value(self) -> dict[str, Any]:
        """The graph as JSON, for a key: no node ids, titles, paths or file names in it."""
        return {"nodes": self.nodes, "inputs": self.inputs}


def upstream(prompt: DynamicPrompt, node_id: str, names: tuple[str, ...], sha256_of: Callable[[Path], str]) -> Upstream:
    """The graph upstream of those of the node's inputs that are connected.

    Two prompts get the same one exactly when the same classes with the same settings and files are wired the same way.
    """
    found = Upstream()
    for name in names:
        link = prompt.get_node(node_id)["inputs"].get(name)
        if is_link(link):
            files: dict[Path, str] = {}
            walk = _Walk(prompt, sha256_of, found, files)
            found.inputs[name] = walk.link(link)
            found.files[name] = files
    return found


class _Walk:
    """One input's way up. Nodes that another input's way met are found again by their content."""

    def __init__(self, prompt: DynamicPrompt, sha256_of: Callable[[Path], str], found: Upstream, files: dict[Path, str]) -> None:
        self._prompt, self._sha256_of, self._found, self._files = prompt, sha256_of, found, files
        self._places: dict[str, int] = {}

    def link(self, link: list[Any]) -> dict[str, int]:
        return {"node": self._node(link[0]), "output": link[1]}

    def _node(self, node_id: str) -> int:
        if node_id not in self._places:
            node = self._prompt.get_node(node_id)
            value: dict[str, Any] = {"class_type": node["class_type"], "inputs": self._values(node["inputs"])}
            if loras := self._in_text(node["inputs"]):
                value["loras"] = loras
            changed = node.get("is_changed")  # ComfyUI's own note of what the node's fingerprint function returned
            if _is_nan(changed):
                self._found.changing.add(node["class_type"])
            elif changed is not None:
                said = _as_json(changed)
                self._found.said.append((dict(value), said))
                value["changed"] = said
            if value not in self._found.nodes:
                self._found.nodes.append(value)
            self._places[node_id] = self._found.nodes.index(value)
        return self._places[node_id]

    def _in_text(self, inputs: Mapping[str, Any]) -> list[str]:
        """The hashes of the LoRAs that its texts name as `<lora:NAME:STRENGTH>`: without a suffix, often without a folder."""
        names = {name.strip() for text in inputs.values() if isinstance(text, str) for name in _LORA_IN_TEXT.findall(text)}
        meant = [file for file in folder_paths.get_filename_list("loras") if names & _short(file)] if names else []
        files = {Path(path) for file in meant if (path := folder_paths.get_full_path("loras", file))}
        return self._hashes(files)

    def _hashes(self, files: Iterable[Path]) -> list[str]:
        hashes = {file: self._sha256_of(file) for file in files}
        self._files.update(hashes)
        return sorted(set(hashes.values()))

    def _values(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._value(inputs[name]) for name in sorted(inputs)}

    def _value(self, value: Any) -> Any:
        if is_link(value):
            return self.link(value)
        if isinstance(value, Mapping):
            return self._values(value)
        if isinstance(value, (list, tuple)):
            return [self._value(each) for each in value]
        if isinstance(value, str) and (files := _named(value)):
            return {"sha256": self._hashes(files)}
        if isinstance(value, str) and os.path.isabs(value):  # a folder, or nothing: told apart, and not told to others
            return {"path": hashlib.sha256(value.encode()).hexdigest()}
        return str(value) if isinstance(value, int) and abs(value) >= _EXACT else value


def _named(text: str) -> list[Path]:
    """The files that `text` names: in any of ComfyUI's model folders, among its inputs, or by a whole path."""
    if not 0 < len(text) <= _LONGEST_NAME or "\n" in text or "\0" in text:
        return []
    if os.path.isabs(text):
        return [Path(text)] if os.path.isfile(text) else []
    found: list[str] = []
    for kind, (folders, extensions) in list(folder_paths.folder_names_and_paths.items()):
        if kind in _NO_MODELS:
            continue
        if file := folder_paths.get_full_path(kind, text):
            found.append(file)
        elif "folder" in extensions and text.strip("./"):  # such a loader takes everything in it
            found += [str(f) for folder in folders for f in sorted(Path(folder, text).rglob("*")) if f.is_file()]
    if not found and os.path.splitext(text)[1] and ".." not in text:
        own = folder_paths.get_annotated_filepath(text)
        found = [own] if os.path.isfile(own) else []
    return [Path(file) for file in dict.fromkeys(found)]


def _short(file: str) -> set[str]:
    """What a text may call a file: with or without its suffix, with or without its folder."""
    whole = Path(file)
    return {str(whole), str(whole.with_suffix("")), whole.name, whole.stem}


def _as_json(value: Any) -> Any:
    """Whatever a node says of itself as canonical JSON takes it: what that has no word for as a hash of Python's."""
    if isinstance(value, (list, tuple)):
        return [_as_json(each) for each in value]
    if isinstance(value, (set, frozenset)):
        return sorted(map(repr, value))
    if isinstance(value, Mapping):
        return {str(name): _as_json(each) for name, each in value.items()}
    if isinstance(value, int) and abs(value) >= _EXACT:
        return str(value)
    if value is None or isinstance(value, (str, int)) or isinstance(value, float) and math.isfinite(value):
        return value
    return hashlib.sha256(repr(value).encode()).hexdigest()


def _is_nan(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(_is_nan(each) for each in value)
    return isinstance(value, float) and math.isnan(value)
