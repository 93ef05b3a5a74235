"""Who is in the film and how they look: from character lines, and from descriptions in the story itself."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field

from .beats import verb_at
from .lexicon import pattern, terms, verb_forms
from .script import plain
from .textkit import word_count

_NAME = r"(?:[A-ZÀ-ÞА-ЯΑ-Ω][\w'’-]*\.?)(?:\s+(?:(?:de|van|von|the|of|la|el|bin)\s+)?[A-ZÀ-ÞА-ЯΑ-Ω][\w'’-]*){0,3}"
_DECLARED = re.compile(
    rf"\s*(?P<name>{_NAME}|[^\x00-\u024f\s]{{1,16}})\s*(?P<age>[(（][^()（）]*[)）])?\s*(?:[:：,，、=]|\s[–—-]+\s|—)\s*(?P<look>\S.*)$",
    re.DOTALL,
)
_IS = re.compile(
    rf"\s*(?P<name>{_NAME})\s+(?:is|has|wears|looks)\s+(?P<look>(?:an?\s|in\s|\d|[^\W\d]+[\s-]years?[\s-]old|dressed|always|about).*)$",
    re.DOTALL,
)
_WEARS = re.compile(rf"\s*(?P<name>{_NAME})\s+(?P<look>(?:has|wears|is wearing|always wears)\s.*)$", re.DOTALL)
_TOKEN = re.compile(r"[^\W\d_](?:[\w'’-]*\w)?|\d+|[^\w\s]")
_NOT_NAMES = {"The", "A", "An", "He", "She", "It", "They", "We", "I", "In", "On", "At", "And", "But", "Then", "This", "There", "When", "While", "As", "Her", "His", "Their", "Its", "All", "Each", "Every", "No", "Scene", "Shot", "Everything"}  # fmt: skip


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
    shown_as: str = field(default="")

    @property
    def said(self) -> str:
        """How to call them in a prompt: `Mira`, `the keeper`."""
        return self.name if self.named else self.shown_as or f"the {self.name}"


def names_look(words: str) -> bool:
    """Whether a sentence says who somebody is: `Mira is nine years old, with …`."""
    match = _IS.match(words) or _WEARS.match(words)
    return bool(match and match["name"].split()[0] not in _NOT_NAMES)


def declared(entries: list[str]) -> list[Person]:
    """The people of `Character:` lines: `MIRA, nine years old, short black hair`; `Tom: a tall man`; `a woman in red`."""
    people: list[Person] = []
    for entry in entries:
        parts = re.split(r";\s+(?=[A-ZÀ-Þ])|\n", entry)
        for part in (plain(p).strip(" .-–—•*") for p in parts):
            person = _declared(part, people)
            if person is not None:
                people.append(person)
    return people


def _declared(part: str, people: list[Person]) -> Person | None:
    match = _DECLARED.match(part) or _IS.match(part) or _WEARS.match(part)
    if match and match["name"].split()[0] not in _NOT_NAMES:
        name, look = match["name"].strip(), match["look"].strip(" .")
        name = name.title() if name.isupper() and len(name) > 1 else name
        age = (match["age"] or "").strip("()（） ") if "age" in match.re.groupindex else ""
        look = f"{age}, {look}" if age else look
        known = next((p for p in people if p.named and p.name == name), None)
        if known is not None:
            known.look = f"{known.look}, {look}" if known.look else look
            return None
        first = name.split()[0].strip(".")
        heads = {name} | ({first} if len(first) > 2 and first not in ("The", "Captain", "Doctor", "Mrs", "Miss") else set())
        return Person(name, heads, look, _sex_in(look), named=True)
    if not part or word_count(part) > 60:
        return None
    if people and re.match(r"(?:she|he|they)\b", part, re.IGNORECASE):
        people[-1].look = f"{people[-1].look}, {re.sub(r'^(?:she|he|they) (?:is |are |wears? )?', '', part, flags=re.IGNORECASE)}"
        return None
    head = _head_noun(part)
    if head is not None:
        return Person(
            head, {head}, re.sub(r"^(?:an?|the)\s+", "", part), _sex_of(head) or _sex_in(part), animal=head in terms("creatures")
        )
    if word_count(part) <= 3 and part[:1].isupper():
        return Person(part, {part}, "", named=True)
    return None


def _head_noun(part: str) -> str | None:
    return next((t.lower() for t in _TOKEN.findall(part) if t.lower() in _roles()), None)


@functools.cache
def _roles() -> frozenset[str]:
    return frozenset(r for kind in ("women", "men", "people", "creatures") for r in terms(kind) if " " not in r)


def _sex_of(noun: str) -> str:
    return "f" if noun in terms("women") else "m" if noun in terms("men") else ""


def _sex_in(text: str) -> str:
    tokens = {t.lower() for t in _TOKEN.findall(text)}
    female = bool(tokens & ({"she", "her", "hers"} | terms("women")))
    male = bool(tokens & ({"he", "his", "him"} | terms("men")))
    return "f" if female and not male else "m" if male and not female else ""


# ---- descriptions in the story -----------------------------------------------------------------------------------------------

_DETERMINER = {"a", "an", "the", "his", "her", "its", "their", "our", "my", "one"}


def discovered(sentences: list[str], known: list[Person]) -> list[Person]:
    """The people and animals of the story, each with what is said of their looks where they come in. `known` ones first."""
    people = list(known)
    for sentence in sentences:
        spots = list(_TOKEN.finditer(sentence))
        tokens = [m.group() for m in spots]
        at = 0
        while at < len(tokens):
            noun = tokens[at].lower()
            if noun in _roles() and not (at + 1 < len(tokens) and tokens[at + 1].lower() in _roles()):
                at = _meet(sentence, spots, tokens, at, people)
            at += 1
    return people


def _meet(sentence: str, spots: list[re.Match[str]], tokens: list[str], at: int, people: list[Person]) -> int:
    """Someone is mentioned at token `at`: know them again, or meet them. Returns the last token used."""
    noun = tokens[at].lower()
    low = at
    while (
        low > 0
        and at - low < 4
        and tokens[low - 1].lower() not in _DETERMINER
        and tokens[low - 1][0].isalpha()
        and tokens[low - 1].lower() not in verb_forms()
    ):
        low -= 1
    determiner = tokens[low - 1].lower() if low > 0 and tokens[low - 1].lower() in _DETERMINER else ""
    if not determiner:
        return at
    adjectives = " ".join(t for t in tokens[low:at])
    look, last, alias = _tail(sentence, spots, tokens, at)
    person = next((p for p in people if noun in p.heads), None)
    if person is not None:
        person.mentions += 1
        if look and not person.look and determiner not in ("a", "an"):
            person.look = look
        elif look and determiner in ("a", "an") and not person.named and not person.look:
            person.look = ", ".join(filter(None, (adjectives, look)))
        return last
    own = determiner in ("his", "her", "their") and noun in terms("women") | terms("men")
    look = look if alias else ", ".join(filter(None, (adjectives, look))) if look else ""
    heads = {noun} | ({alias} if alias else set())
    sex = _sex_of(noun) or (_sex_of(alias) if alias else "")
    people.append(
        Person(
            noun, heads, look, sex, animal=noun in terms("creatures"), mentions=1, shown_as=f"{determiner} {noun}" if own else ""
        )
    )
    return last


def _tail(sentence: str, spots: list[re.Match[str]], tokens: list[str], at: int) -> tuple[str, int, str]:
    """The looks told right after token `at`, the last token they use, and the other noun of `its skipper, a young woman`."""
    chunks: list[str] = []
    alias, last, here = "", at, at + 1
    while here < len(tokens) and len(chunks) < 6:
        comma = tokens[here] == ","
        start = here + 1 if comma else here
        if tokens[here] not in (",",) and chunks:
            break
        stop = start
        while (
            stop < len(tokens)
            and tokens[stop] not in ',;:.!?—–()"“'
            and not (stop > start and tokens[stop].lower() in verb_forms() and tokens[stop - 1].lower() not in _DETERMINER)
        ):
            if (
                stop > start
                and tokens[stop].lower() in ("who", "that", "which", "while", "as", "and")
                and not (tokens[stop].lower() == "and" and _looks(tokens[stop + 1 : stop + 5]))
            ):
                break
            stop += 1
        chunk = tokens[start:stop]
        if not chunk or not _is_look(chunk, first=not comma, appositive=comma and not chunks):
            break
        head = chunk[0].lower()
        if comma and head in ("a", "an") and not chunks:
            alias = next((t.lower() for t in chunk if t.lower() in _roles()), "")
        chunks.append(sentence[spots[start].start() : spots[stop - 1].end()])
        last, here = stop - 1, stop
    return ", ".join(chunks), last, alias


def _looks(tokens: list[str]) -> bool:
    said = " ".join(tokens)
    return bool(pattern("garments").search(said) or pattern("looks").search(said))


def _is_look(chunk: list[str], first: bool, appositive: bool) -> bool:
    head = chunk[0].lower()
    if len(chunk) > 12:
        return False
    if first:
        return head in ("in", "with", "wearing", "dressed", "wrapped") and _looks(chunk)
    if head in ("wearing", "dressed", "in", "with"):
        return _looks(chunk)
    if head.endswith("ing") or head in verb_forms():
        return False
    if appositive and head in ("a", "an") and any(t.lower() in _roles() for t in chunk):
        return True
    return _looks(chunk) and verb_at(["x", *chunk]) is None
