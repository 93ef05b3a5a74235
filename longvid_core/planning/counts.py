"""Numbers of shots: how many a sentence about the film asks for, how long each is to be, and what says nothing besides."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from .durations import LEFT, amount, film_length, listed, may_hold_length, number, number_of, seconds_of, spelt, without_amounts
from .lexicon import AFTER_SPACELESS, SPACELESS, Patterns, any_of, opens_with, pattern, words
from .textkit import says_something


@dataclass(frozen=True)
class Count:
    """So many shots. `scenes`: they were called scenes, which a film may divide further."""

    number: int
    scenes: bool


@functools.cache
def _patterns() -> Patterns:
    many = rf"(?P<n>{number(2)}|one(?=[\s-])|1(?!\d))"
    units = listed("counted")
    named = rf"{units}|parts?(?=[\s-]+{listed('film_nouns')})"
    times = rf"{many.replace('<n>', '<x>')}\s*[x×]\s*(?={amount()})"
    dual = "|".join(words()["duals"])
    each, after, one = listed("each_before"), listed("each_after"), rf"(?:\s*(?:\w+\s+)?{units})?"
    texts = {
        "sign": rf"{units}|\bparts?\b|\b(?:pieces|beats|sequences|chapters)\b|(?:{dual})(?!\w)",
        "count": (
            rf"{LEFT}(?:{many}(?:\s*[x×])?(?:[\s-]+|\s*(?:{any_of(words()['counters'])})\s*|{AFTER_SPACELESS}|(?<=\d))"
            rf"(?:{amount()}[\s-]+)?(?:(?:short|equal|long|quick|continuous|single|separate|different|distinct|video)[\s-]+)?"
            rf"(?P<u>{named})|{times}|(?P<dual>{dual})(?!\w))(?!\s+of\b(?!\s+(?:about\s+|exactly\s+)?{amount()}))"
        ),
        "parts": (
            rf"\b(?:split|divide|divided|break|cut|broken)\b[^.!?]{{0,30}}?\b(?:into|in)\s+(?:exactly\s+)?{many}[\s-]+"
            r"(?:equal\s+)?(?:parts|pieces|beats|sequences|chapters)\b"
        ),
        "each": (
            rf"{LEFT}(?P<a>{amount()})\s*(?:(?:long|for)\s+)?{after}|{each}{one}\s*(?:\w+\s+){{0,2}}?[:：]?\s*(?P<b>{amount()})"
            rf"|{LEFT}(?:{number(2)})(?:\s*[x×]\s*|[\s-]+)(?P<c>{amount()})[\s-]+{units}|\d\s*[x×]\s*(?P<e>{amount()})|{units}\s+(?:of|de|di|von|à|по)\s+(?P<d>{amount()})"
        ),
        "wished": (
            r"\s*(?:please\s+)?(?:(?:can|could|would) you (?:please )?)?(?:create|make|generate|produce|give me"
            r"|(?:i|we) (?:want|need)|i would like|i['’]d like)\s+(?:me\s+|us\s+)?(?:exactly\s+)?"
        ),
        "clip": (
            rf"\W*(?:please\s+)?(?:(?:make|create|generate|produce)\s+(?:me\s+)?)?(?:an?|one)\s+{amount()}(?:[\s-]+long)?[\s-]+"
            r"(?:video[\s-]+)?(?:clip|shot|take|scene)\W*"
        ),
        "asking": any_of(words()["asking_words"]),
        "leads": rf"(?:^|[^\w\s]|(?-i:[{SPACELESS}])|\d|{listed('count_leads')})\s*$",
        "english": r"(?:shot|scene|segment|clip)s?$",
    }
    return Patterns(texts)


def _may_count(text: str) -> bool:
    """Whether it is worth to look for a number of shots."""
    return _patterns()["sign"].search(text) is not None or (re.search("[x×]", text) is not None and may_hold_length(text))


def count_said(text: str) -> Count | None:
    """The number of shots in words that are known to be about the film: a label's, or a sentence that `only_format` finds."""
    found = _patterns()
    if not _may_count(text):
        return None
    if match := found["count"].search(text):
        return _count(match)
    if match := found["parts"].search(text):
        return Count(int(number_of(match["n"])), False)
    return None


def bare_count(value: str) -> Count | None:
    """The number that a label such as `Shots:` gives, `5`, `five`, `5 x 4s`; None where it gives a list of shots."""
    match = re.fullmatch(
        rf"\s*(?P<n>{number(1)}|[^\W\d_]+)(?:\s*[x×,(]?\s*{amount()}(?:\s+each)?\)?)?\W*(?:{listed('counted')}\W*)?", value
    )
    if match is None or not (match["n"].isdigit() or match["n"].lower() in spelt()):
        return None
    many = number_of(match["n"])
    return Count(int(many), False) if many == int(many) and many >= 1 else None


def film_count(text: str) -> Count | None:
    """The number of shots in a sentence that says what the film is: `a film in four shots`, `a three-shot ad`.

    None where the number is of what it shows: `a film about two scenes in a museum`.
    """
    match = _film_count(text)
    return _count(match) if match else None


def asks_for_shots(text: str) -> bool:
    """`I need four clips of a lonely robot`: a wish for so many shots of something."""
    match = _patterns()["wished"].match(text)
    return match is not None and _patterns()["count"].match(text, match.end()) is not None


def _film_count(text: str) -> re.Match[str] | None:
    if not _may_count(text):
        return None
    wish = _patterns()["wished"].match(text)
    if wish and (wished := _patterns()["count"].match(text, wish.end())):
        return wished
    for match in _patterns()["count"].finditer(text):
        after = text[match.end() :]
        if not _patterns()["english"].search(match.group()):
            return match
        if re.match(rf"[\s-]+(?:\w+[\s-]+)?{listed('film_nouns')}", after, re.IGNORECASE):
            return match
        follows = re.match(r"\s+(\w+)", after)
        goes_on = follows is None or bool(opens_with("count_follows").match(follows[1])) or re.match(r"\s+of\b", after)
        if goes_on and _patterns()["leads"].search(text[: match.start()]):
            return match
    return None


def _count(match: re.Match[str]) -> Count | None:
    if match["x"]:
        return Count(int(number_of(match["x"])), False)
    if match["dual"]:
        return Count(2, bool(pattern("counted_scenes").search(match["dual"])) or match["dual"].startswith("مشهد"))
    many = number_of(match["n"])
    if many != int(many) or many < 1:
        return None
    return Count(int(many), bool(re.fullmatch(pattern("counted_scenes").pattern, match["u"], re.IGNORECASE)))


def each_length(text: str) -> float | None:
    """How long each shot is to be: `five seconds each`, `3 seconds per step`, `four 5-second shots`, `每个镜头5秒`."""
    match = _patterns()["each"].search(text) if may_hold_length(text) else None
    return seconds_of(next(g for g in match.group("a", "b", "c", "d", "e") if g)) if match else None


def without_each(text: str) -> str:
    """`text` without how long each shot is to be."""
    return _patterns()["each"].sub("", text) if may_hold_length(text) else text


def only_format(text: str) -> bool:
    """Whether a sentence says nothing but the film's length or its number of shots: `Five shots, twenty seconds in total.`"""
    found = _patterns()
    bare = found["parts"].sub("", found["count"].sub(" ", text)) if _may_count(text) else text
    counted = bare != text
    timed = may_hold_length(text) and (
        film_length(text) is not None or each_length(text) is not None or found["clip"].fullmatch(text) is not None
    )
    if not counted and not timed:
        return False
    rest = without_amounts(bare)
    asks = timed or rest != bare or found["asking"].search(bare)
    if counted and not asks and re.search(r"shot", text, re.IGNORECASE):
        return False  # `Three shots.` may be heard
    return not says_something(_bare(rest))


def _bare(text: str) -> str:
    for name in ("film_nouns", "counted", "format_fillers"):
        text = pattern(name).sub("", text)
    return text


def without_counts(text: str) -> str:
    """A sentence that says what the film is, without its number of shots: `A fable in 3 scenes about a crow` is about a crow."""
    wish = _patterns()["wished"].match(text)
    if wish and (match := _patterns()["count"].match(text, wish.end())):
        each = rf"[\s,]*(?:(?:of\s+)?{amount()}(?:\s+each)?|each)?[\s,]*(?:(?:of|about|showing|with)\s+)?"
        return re.sub(f"^{each}", "", text[match.end() :], flags=re.IGNORECASE)
    match = _film_count(text)
    if match is None:
        return text
    before = re.sub(rf"(?:,\s*)?(?:{listed('count_leads')}\s*)+$", "", text[: match.start()], flags=re.IGNORECASE)
    after = re.sub(rf"^\s+(?:of\s+)?(?:about\s+)?{amount()}(?:\s+each)?|^\s+each\b", "", text[match.end() :])
    return " ".join((before.rstrip() + " " + after.lstrip(" -")).split())
