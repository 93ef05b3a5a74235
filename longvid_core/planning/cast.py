"""Who is in the film and how they look: from character lines, and from descriptions in the story itself."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from .lexicon import pattern, terms
from .script import plain
from .textkit import word_count

_NAME = r"(?:[A-ZÀ-ÞА-ЯΑ-Ω][\w'’-]*\.?)(?:\s+(?:(?:de|van|von|the|of|la|el|bin)\s+)?[A-ZÀ-ÞА-ЯΑ-Ω][\w'’-]*){0,3}"
_DECLARED = re.compile(
    rf"\s*(?P<name>{_NAME}|[^\x00-\u024f\s]{{1,16}})\s*(?P<age>[(（][^()（）]*[)）])?\s*(?:[:：,，、=]|\s[–—-]+\s|—)\s*(?P<look>\S.*)$",
    re.DOTALL,
)
_IS = re.compile(
    rf"\s*(?P<name>{_NAME})\s+(?:is|looks)\s+(?P<look>(?:an?\s|in\s|(?:her|his|their)\s\w+,|\d|[^\W\d]+[\s-]years?[\s-]old|dressed|always|about).*)$",
    re.DOTALL,
)
_WEARS = re.compile(rf"\s*(?P<name>{_NAME})\s+(?P<look>(?:has|wears|is wearing|always wears)\s.*)$", re.DOTALL)
_TOKEN = re.compile(r"[^\W\d_](?:[\w'’-]*\w)?|\d+|[^\w\s]")


@dataclass
class Person:
    """Someone (or some animal) the film shows. `heads`: the words that mean them; `sex`: f, m, or '' while unknown."""

    name: str
    heads: set[str]
    look: str = ""
    sex: str = ""
    named: bool = False
    animal: bool = False
    mentions: int = 0
    shown_as: str = ""
    owned: bool = False
    ambiguous: bool = False
    shown: bool = False
    declared: bool = False
    met_as: str = ""

    @property
    def said(self) -> str:
        """How to call them in a prompt: `Mira`, `the keeper`."""
        return self.name if self.named else self.shown_as or f"the {self.name}"


def names_look(words: str) -> bool:
    """Whether a sentence says who somebody is or what they look like: `Mira is nine years old`, `Sam wears a red scarf`."""
    return look_said(words) is not None


def look_said(words: str) -> tuple[str, str] | None:
    """The name and the look in `Mira is nine years old, with short hair`; None where a sentence says no such thing."""
    match = _IS.match(words) or _WEARS.match(words)
    if match is None or match["name"].split()[0] in terms("not_names"):
        return None
    look = re.sub(r"^(?:wears|is wearing|always wears)\s+", "wearing ", match["look"].strip(" .;"))
    look = re.sub(r"^has\s+", "with ", look)
    worn = pattern("garments").search(look) or pattern("looks").search(look) or re.match(r"\w+[\s-]years?[\s-]old|\d+\b", look)
    return (match["name"].strip(), look) if worn else None


def declared(entries: list[str]) -> list[Person]:
    """The people of `Character:` lines: `MIRA, nine years old, short black hair`; `Tom: a tall man`; `a woman in red`."""
    people: list[Person] = []
    for entry in entries:
        parts = re.split(r";\s+(?=[A-ZÀ-Þ])|\n", entry)
        for part in (plain(p).strip(" .-–—•*") for p in parts):
            person = _declared(part, people)
            if person is not None:
                person.declared = True
                people.append(person)
    return people


def _declared(part: str, people: list[Person]) -> Person | None:
    if called := re.match(rf"(?P<a>an?\s[^,;:]{{2,40}}?)\s+(?:named|called)\s+(?P<n>{_NAME})(?P<b>.*)", part, re.DOTALL):
        part = f"{called['n']}, {called['a']}{called['b']}"
    match = _DECLARED.match(part) or _IS.match(part) or _WEARS.match(part)
    titled = match and re.match(r"The [A-Z]", match["name"]) and not word_count(match["name"]) > 3
    if match and (titled or match["name"].split()[0] not in terms("not_names")):
        name, look = match["name"].strip(), match["look"].strip(" .")
        name = name.title() if name.isupper() and len(name) > 1 else name
        age = (match["age"] or "").strip("()（） ") if "age" in match.re.groupindex else ""
        look = f"{age}, {look}" if age else look
        known = next((p for p in people if p.named and p.name == name), None)
        if known is not None:
            known.look = f"{known.look}, {look}" if known.look else look
            return None
        first = name.split()[-1] if titled else name.split()[0].strip(".")
        heads = {name} | ({first} if len(first) > 2 and first not in ("The", "Captain", "Doctor", "Mrs", "Miss") else set())
        return Person(name, heads, look, sex_in(look), named=True)
    if not part or word_count(part) > 60:
        return None
    if people and re.match(r"(?:she|he|they)\b", part, re.IGNORECASE):
        people[-1].look = f"{people[-1].look}, {re.sub(r'^(?:she|he|they) (?:is |are |wears? )?', '', part, flags=re.IGNORECASE)}"
        return None
    head = _head_noun(part)
    if head is not None:
        look = re.sub(r"^the\s+", "", part)
        return Person(head, {head}, look, sex_of(head) or sex_in(part), animal=head in terms("creatures"), mentions=1)
    if word_count(part) <= 3 and part[:1].isupper():
        return Person(part, {part}, "", named=True)
    return None


def _head_noun(part: str) -> str | None:
    return next((t.lower() for t in _TOKEN.findall(part) if t.lower() in roles()), None)


@functools.cache
def roles() -> frozenset[str]:
    return frozenset(r for kind in ("women", "men", "people", "creatures") for r in terms(kind) if " " not in r)


def sex_of(noun: str) -> str:
    return "f" if noun in terms("women") else "m" if noun in terms("men") else ""


def sex_in(text: str) -> str:
    tokens = {t.lower() for t in _TOKEN.findall(text)}
    female = bool(tokens & ({"she", "her", "hers"} | terms("women")))
    male = bool(tokens & ({"he", "his", "him"} | terms("men")))
    return "f" if female and not male else "m" if male and not female else ""
