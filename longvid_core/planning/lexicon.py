"""The planner's words, from `words.yaml`, as compiled patterns."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from importlib import resources
from typing import Any

from ..yaml_text import parse_yaml

# Scripts that fix little words to nouns: before them (Hebrew, Arabic) or after (Korean).
_HEBREW, _ARABIC, _HANGUL = re.compile("[\u0590-\u05ff]"), re.compile("[\u0600-\u06ff]"), re.compile("[\uac00-\ud7a3]")
SPACELESS = r"\u0e00-\u0eff\u3005-\u30ff\u3400-\u9fff"
AFTER_SPACELESS = rf"(?<=(?-i:[{SPACELESS}]))"  # where upper and lower case are one, `re` looks at each of these letters
_SPACELESS = re.compile(f"[{SPACELESS}]")
# Vowel signs of Indic scripts are no letters to `\w`: a word neither begins nor ends beside one.
_EDGES = r"(?<![\w\u0900-\u0963])", r"(?![\w\u0900-\u0963])"


@functools.cache
def words() -> dict[str, Any]:
    """The whole file."""
    data: dict[str, Any] = parse_yaml(resources.files(__package__).joinpath("words.yaml").read_text(encoding="utf-8"))
    return data


def split_terms(listed: str) -> list[str]:
    """The terms of a comma-separated list."""
    return re.split(r",\s+", listed.strip())


@functools.cache
def terms(name: str) -> frozenset[str]:
    """A list of plain words, such as `verbs`."""
    return frozenset(split_terms(words()[name]))


class Patterns(dict[str, re.Pattern[str]]):
    """Patterns by name, each compiled when it is first asked for: with the words of a dozen languages that takes a moment."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def __missing__(self, name: str) -> re.Pattern[str]:
        self[name] = re.compile(self._texts[name], re.IGNORECASE)
        return self[name]


def compiled(listed: str) -> re.Pattern[str]:
    """One pattern that finds any of the terms of a comma-separated list, as `any_of` has it."""
    return re.compile(any_of(listed), re.IGNORECASE)


def any_of(listed: str) -> str:
    """A pattern's text for any of the terms as whole words, the longest first. A space stands for blanks or a hyphen."""
    spaced: list[str] = []
    solid: list[str] = []
    for term in sorted(split_terms(listed), key=lambda t: (-len(t), t)):
        said = term.replace(" ?", r"[\s-]?").replace(" ", r"[\s-]+")
        if _HEBREW.match(term):
            said = "[והבלמכש]{0,2}" + said
        elif _ARABIC.match(term):
            said = "[وفبكل]{0,2}(?:ال)?" + said
        elif _HANGUL.match(term):
            said += r"\w{0,2}"
        (solid if _SPACELESS.search(term) else spaced).append(said)
    parts = []
    if spaced:
        parts.append(rf"{_EDGES[0]}(?:{'|'.join(spaced)}){_EDGES[1]}")
    if solid:
        parts.append("|".join(solid))
    return "|".join(parts)


@functools.cache
def pattern(name: str) -> re.Pattern[str]:
    """The pattern of a list, such as `garments`."""
    return compiled(words()[name])


@functools.cache
def patterns(name: str) -> dict[Any, re.Pattern[str]]:
    """The patterns of a table, such as `moves`, in the file's order."""
    return {key: compiled(str(listed)) for key, listed in words()[name].items()}


@functools.cache
def opens_with(name: str) -> re.Pattern[str]:
    """Like `pattern`, but only at the very beginning (after quotes and blanks)."""
    return re.compile(rf"[\s\"'“‘«(\[]*(?:{pattern(name).pattern})", re.IGNORECASE)


@functools.cache
def label_kinds() -> dict[str, str]:
    """Label word (lower case) → its kind: style, setting, character …"""
    return {term: kind for kind, listed in words()["labels"].items() for term in split_terms(listed)}


@functools.cache
def verb_forms() -> frozenset[str]:
    """Third-person and auxiliary forms that can be the verb of a sentence in a film prompt: climbs, is, has …"""
    return frozenset(form for verb in terms("verbs") for form in (_third(verb),)) | terms("be_verbs")


@functools.cache
def plural_verbs() -> frozenset[str]:
    """Base forms, the verb after a plural or `they`."""
    return terms("verbs")


def _third(verb: str) -> str:
    if verb == "have":
        return "has"
    if verb.endswith(("s", "x", "z", "ch", "sh", "o")):
        return verb + "es"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ies"
    return verb + "s"
