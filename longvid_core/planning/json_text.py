"""A film written as JSON, as people and assistants hand it on: its shots, what holds for all of them, and where each stands.

The text is kept as it is; a script only points into it. Text that is no JSON, or has no words to film, is left to `parse`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from .counts import Count
from .durations import seconds_of
from .lexicon import label_kinds, pattern, terms
from .marks import clock_range
from .script import Passage, Scene, Script
from .textkit import says_something, word_count

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_IGNORED = frozenset(
    "id index number no scene shot segment seed version model type schema step order key transition transitions".split()
)
_TOLD = frozenset(
    "name description look looks appearance age wardrobe clothing outfit costume hair face build gender ethnicity".split()
)
_HOLDERS = frozenset(
    "scenes shots segments clips storyboard sequence sequences beats timeline frames shot list scene list panels steps".split()
)


@dataclass(frozen=True)
class _Leaf:
    """A value that is no list or object: what it says, under which keys (numbers stand in lists), and where: text[start:end]."""

    path: tuple[str | int, ...]
    said: str
    start: int
    end: int
    quoted: bool

    @property
    def key(self) -> str:
        named = next((k for k in reversed(self.path) if isinstance(k, str)), "")
        return _spaced(named)

    @property
    def kind(self) -> str:
        """What a label of that name says; empty for names that are none."""
        names = [_spaced(k) for k in reversed(self.path) if isinstance(k, str)]
        found = (label_kinds().get(name) for named in names for name in (named, named.split(" ")[-1]))
        return next((kind for kind in found if kind), "")


def _spaced(key: str) -> str:
    """A key as words: `aspectRatio`, `aspect_ratio` and `aspect-ratio` are `aspect ratio`."""
    return re.sub(r"[_-]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", key)).strip().lower()


def json_script(text: str) -> Script | None:
    """The script of a text that is JSON through and through, or a fenced block of it; None for any other."""
    body = re.fullmatch(r"\s*(?:```\w*\s*\n)?(?P<json>[{\[].*[}\]])\s*(?:```)?\s*", text, re.DOTALL)
    if body is None:
        return None
    try:
        json.loads(body["json"], strict=False)
    except (ValueError, RecursionError):
        return None
    leaves = list(_leaves(text, body.start("json"), body.end("json")))
    held = _shots_at(leaves)
    script = Script(text)
    scenes: dict[str | int, Scene] = {}
    for leaf in leaves:
        if held is None:
            _of_shot(script, scenes.setdefault("", Scene("scene")), leaf, lone=True)
        elif leaf.path[: len(held)] == held and len(leaf.path) > len(held):
            _of_shot(script, scenes.setdefault(leaf.path[len(held)], Scene("scene", mark="{")), leaf)
        else:
            _of_film(script, leaf)
    script.scenes = [s for s in scenes.values() if s.passages]
    _people(script, [leaf for leaf in leaves if _is_cast(leaf)])
    return script if script.scenes else None


def _leaves(text: str, start: int, end: int) -> Iterator[_Leaf]:
    """Every value, in order. `text` is known to be valid JSON there."""
    stack: list[list[str | int]] = []  # of each open list or object: its kind, and the key or number it is at
    is_key = False
    for token in _TOKEN.finditer(text, start, end):
        said = token.group()
        if said in "{[":
            stack.append(["{", ""] if said == "{" else ["[", 0])
            is_key = said == "{"
        elif said in "}]":
            stack.pop()
            is_key = False
        elif said == ",":
            is_key = stack[-1][0] == "{"
            if isinstance(stack[-1][1], int):
                stack[-1][1] += 1
        elif said == ":":
            is_key = False
        elif is_key:
            stack[-1][1] = str(json.loads(said, strict=False))
        else:
            quoted = said[0] == '"'
            value = str(json.loads(said, strict=False)) if quoted else said
            path = tuple(level[1] for level in stack)
            yield _Leaf(path, " ".join(value.split()), token.start() + quoted, token.end() - quoted, quoted)


def _shots_at(leaves: list[_Leaf]) -> tuple[str | int, ...] | None:
    """The keys of the list that holds the shots; None where there is no such list."""
    for leaf in leaves:
        for at, key in enumerate(leaf.path):
            before = leaf.path[at - 1] if at else ""
            held = not at or (isinstance(before, str) and before.lower().replace("_", " ") in _HOLDERS)
            if isinstance(key, int) and held:
                return leaf.path[:at]
    return None


def _of_shot(script: Script, scene: Scene, leaf: _Leaf, lone: bool = False) -> None:
    """What one value says of its shot. `lone`: there is one, so that what holds for the film is said beside it."""
    key, kind, said = leaf.key, leaf.kind, leaf.said
    if kind == "duration" or key in ("seconds", "duration seconds", "duration s", "length s"):
        scene.seconds = scene.seconds or (seconds_of(said) if says_something(said) else None)
    elif leaf.quoted and (span := clock_range(said)) is not None:
        scene.clock = scene.clock or span
        scene.seconds = scene.seconds or ((span[1] - span[0]) if span[1] is not None and span[1] > span[0] else None)
    elif not leaf.quoted or not says_something(said) or (key in _IGNORED and word_count(said) < 3) or _is_cast(leaf):
        return
    elif lone and kind in ("title", "style", "meta", "count", "negative"):
        _of_film(script, leaf)
    elif kind == "negative":
        script.negative.append(said)
    elif kind in ("setting", "time", "title"):
        scene.settings.append(said)
    elif kind in ("style", "look_note", "sound"):
        scene.notes.append((kind, key, said))
    elif kind in ("meta", "count"):
        return
    else:
        scene.passages.append(Passage(leaf.start, leaf.end, True))


def _of_film(script: Script, leaf: _Leaf) -> None:
    """What a value outside the list of shots says of the film."""
    key, kind, said = leaf.key, leaf.kind, leaf.said
    if kind == "title":
        script.title = script.title or said
    elif kind == "duration" or key in ("seconds", "duration seconds", "total seconds"):
        script.total = script.total or seconds_of(said)
    elif kind == "count" and said.isdecimal() and int(said):
        script.count = script.count or Count(int(said), key.endswith("scenes"))
    elif not leaf.quoted or not says_something(said) or _is_cast(leaf) or kind in ("meta", "count"):
        return
    elif kind == "negative":
        script.negative.append(said)
    elif kind == "setting":
        script.setting.append(said)
    elif kind in ("style", "look_note", "sound", "time"):
        bare = pattern("geometry").sub("", said).strip(" ,;")
        script.style += [bare if kind == "style" else f"{key[:1].upper()}{key[1:]}: {bare}"] if says_something(bare) else []
    elif kind == "action" or (word_count(said) >= 4 and key not in terms("containers")):
        script.context.append(said)


def _is_cast(leaf: _Leaf) -> bool:
    """Whether a value is under `characters`; of a shot's, the names of who is in it."""
    return _cast_at(leaf) is not None


def _cast_at(leaf: _Leaf) -> int | None:
    spots = (n for n, k in enumerate(leaf.path) if isinstance(k, str) and label_kinds().get(_spaced(k)) == "character")
    return next(spots, None)


def _people(script: Script, leaves: list[_Leaf]) -> None:
    """`characters`, as a list of objects, of texts, or of looks by name."""
    entries: dict[tuple[str | int, ...], dict[str, str]] = {}
    for leaf in leaves:
        at = (_cast_at(leaf) or 0) + 2
        told = len(leaf.path) == at and isinstance(leaf.path[-1], str) and _spaced(leaf.path[-1]) in _TOLD  # of the only one
        entries.setdefault(leaf.path[: at - told], {})[leaf.key if told or len(leaf.path) > at else ""] = leaf.said
    for path, parts in entries.items():
        name = parts.pop("name", None) or (str(path[-1]) if isinstance(path[-1], str) and "" in parts and len(path) > 1 else "")
        looks = ", ".join(p for k, p in parts.items() if says_something(p) and k not in _IGNORED)
        named = name and label_kinds().get(name.lower()) != "character"
        script.characters += [f"{name}: {looks}" if named and looks else name if named and not looks else looks]
