"""What a running ComfyUI calls a file that was found by its hash, in words that the node takes which is to load it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import BadInput
from .recorded import Wanted
from .weights import files_in

Folders = Mapping[str, Sequence[str]]
"""Every folder ComfyUI looks into, by the kind of what is in it, as it tells them itself."""


def name_of(
    wanted: Wanted, files: Sequence[Path], node: Mapping[str, Any], folders: Folders, sha256_of: Callable[[Path], str]
) -> str:
    """The name by which the node loads what is wanted. BadInput where it offers none.

    files: one for each hash. node: the class as ComfyUI describes it. A name that stands for exactly the wanted files goes before
    one that stands for others, too.
    """
    kinds = [[Path(root) for root in own] for kind, own in folders.items() if kind != "custom_nodes"]
    offered = _offered(node, wanted.input)
    names = list(dict.fromkeys(name for file in files for name in _names(file, sum(kinds, []), whole=len(files) > 1)))
    fitting = [name for name in names if offered is None or name in offered]
    for name in fitting:
        if {sha256_of(file) for file in _files(name, kinds)} == set(wanted.sha256):
            return name
    if fitting:
        return fitting[0]
    for name in offered or ():  # the same file may lie where this node looks, too
        if any(sha256_of(file) in wanted.sha256 for file in _files(name, kinds)):
            return name
    if offered is None:
        return str(files[0])
    raise BadInput(
        f"{wanted.where} names a file that is here, {files[0].name}, where that node does not look for it: it lies in "
        f"{files[0].parent.name}"
    )


def defaults(node: Mapping[str, Any]) -> dict[str, Any]:
    """A value for each input that a class of nodes requires: its default, else the first that it offers, else no text."""
    found: dict[str, Any] = {}
    for name, spec in (node.get("input", {}).get("required") or {}).items():
        options = _offered(node, name)
        settings = spec[1] if len(spec) > 1 and isinstance(spec[1], dict) else {}
        found[name] = settings.get("default", options[0] if options else "")
    return found


def _offered(node: Mapping[str, Any], name: str) -> list[str] | None:
    """What a combo offers; None for an input that is none. ComfyUI has two ways of describing one."""
    inputs = node.get("input", {})
    spec = next((group[name] for group in inputs.values() if isinstance(group, dict) and name in group), None)
    if not spec:
        return None
    options = spec[0] if isinstance(spec[0], list) else spec[1].get("options") if len(spec) > 1 else None
    return [str(option) for option in options] if isinstance(options, list) else None


def _names(file: Path, roots: Iterable[Path], *, whole: bool) -> list[str]:
    """A file by its path below each folder that it lies in; with `whole` also each folder between."""
    found = []
    for root in roots:
        for one, above in ((file, root), (file.resolve(), root.resolve())):
            if one.is_relative_to(above):
                below = one.relative_to(above)
                found += [str(part) for part in (below, *(list(below.parents)[:-1] if whole else ()))]
    return found


def _files(name: str, kinds: Iterable[Sequence[Path]]) -> list[Path]:
    """The files that a name stands for: of each kind the first one, or all in a folder."""
    found: list[Path] = []
    for roots in kinds:
        place = next((root / name for root in roots if (root / name).exists()), None)
        if place is not None:
            found += files_in(place) if place.is_dir() else [place]
    return list(dict.fromkeys(found))
