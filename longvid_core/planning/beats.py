"""Cutting words where a film would: between sentences, then clauses; never inside a quotation, a bracket or `Mr. 3.5`."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, replace

from .lexicon import plural_verbs, terms, verb_forms
from .textkit import density, pieces, says_something, word_count

PARAGRAPH, SENTENCE, CLAUSE, PHRASE = 4, 3, 2, 1

_END = re.compile(
    r"(?P<arrow>\s+(?:→|->|=>|⇒|➜|⟶)\s+)|(?P<dot>[.!?…]+)(?P<close>[\"”’'»)\]*_`]*)(?=\s|$)"
    r"|(?P<dense>[。！？｡؟।॥۔]+)(?P<dclose>[」』”’\"）】»)\]]*)"
)
_QUOTED = re.compile(
    r"(?<![\w])\"(?=\S)[^\"\n]{1,400}(?<=\S)\"(?!\w)|“[^”]{1,600}”|„[^“”]{1,400}[“”]|«[^»]{1,600}»|「[^」]{1,400}」|『[^』]{1,400}』"
    r"|(?<!\w)‘[^‘\n]{1,300}?’(?!\w)|(?<!\w)'(?=\S)[^'\n]{1,300}(?<=[.,!?])'(?!\w)|\([^()\n]{1,300}\)|（[^（）]{1,300}）"
    r"|\[[^\[\]\n]{1,200}\]|\{[^{}\n]{1,300}\}|`[^`\n]{1,200}`"
)
_TAG = re.compile(
    r"\s*(?:[^\W\d_]+\s+){0,3}?(?:says?|said|asks?|asked|shouts?|shouted|whispers?|whispered|replies|replied|cries|calls?"
    r"|yells?|murmurs?|mutters?|laughs?)\b"
)


@dataclass(frozen=True)
class Unit:
    """One beat, or a part of one: text[start:end]. `rank`: how strong the break before it is. `subject`: carried into a
    clause that has none of its own."""

    start: int
    end: int
    rank: int
    cut: bool = False
    scene: int = 0
    subject: str = ""
    weight: float = 0.0


def sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The sentences of text[start:end], blank ones left to their neighbour; together they are all of it."""
    part = text[start:end]
    shut = [(m.start(), m.end()) for m in _QUOTED.finditer(part)]
    cuts = [0]
    for match in _END.finditer(part):
        stop = match.end()
        inside = next((s for s in shut if s[0] < match.start() < s[1]), None)
        if inside and stop < inside[1]:
            continue
        after = part[stop:]
        if _goes_on(part, match, after, bool(inside)):
            continue
        stop += len(after) - len(after.lstrip())
        if stop < len(part):
            cuts.append(stop)
    return _spans(part, start, cuts)


def _goes_on(part: str, match: re.Match[str], after: str, quoted: bool) -> bool:
    """Whether what looks like the end of a sentence is not one."""
    following = after.lstrip()[:1]
    if match["arrow"]:
        return quoted
    if match["dense"]:
        return bool(quoted and following and following == after[:1] and not following.isspace())
    dots = match["dot"]
    if quoted and (following.islower() or _TAG.match(after)):
        return True
    if set(dots) <= {".", "…"} and len(dots) + dots.count("…") > 1:
        return following.islower() or not says_something(part[: match.start()])
    if dots != ".":
        return False
    before = re.search(r"[^\s(\[\"“]+$", part[max(0, match.start() - 32) : match.start()])
    word = before.group().lower() if before else ""
    if word in _abbreviations():
        return bool(following) and (
            word not in ("etc", "a.m", "p.m", "co", "inc", "ltd", "min", "sec", "no") or following.islower()
        )
    return len(word) == 1 and word.isalpha() and part[match.start() - 1].isupper() and following.isupper()


@functools.cache
def _abbreviations() -> frozenset[str]:
    return terms("abbreviations")


def _spans(part: str, offset: int, cuts: list[int]) -> list[tuple[int, int]]:
    """Spans between `cuts`; one that says nothing goes to the span before it (or after, at the beginning)."""
    edges = [*sorted(set(cuts)), len(part)]
    spans: list[tuple[int, int]] = []
    for low, high in zip(edges, edges[1:], strict=False):
        if spans and (
            not says_something(part[low:high]) or not says_something(part[spans[-1][0] - offset : spans[-1][1] - offset])
        ):
            spans[-1] = (spans[-1][0], high + offset)
        else:
            spans.append((low + offset, high + offset))
    return spans


def verse_lines(text: str, start: int, end: int) -> list[tuple[int, int]] | None:
    """The lines of a paragraph that is written as verse or as one thought a line; None for wrapped prose."""
    lines = text[start:end].rstrip("\n").split("\n")
    if len(lines) < 2 or max(len(line.strip()) for line in lines) > 64:
        return None
    lengths = [len(line.strip()) for line in lines[:-1]]
    ended = sum(line.rstrip()[-1:] in ".!?,;:…—。！？、،؟" for line in lines)
    longest = max(len(line.strip()) for line in lines)
    if longest > 50 and min(lengths) > longest - 14 and ended < 0.7 * len(lines):
        return None
    cuts, at = [0], 0
    for line in lines[:-1]:
        at += len(line) + 1
        cuts.append(at)
    return _spans(text[start:end], start, cuts)


# ---- clauses -----------------------------------------------------------------------------------------------------------------

_STRONG = re.compile(
    r";\s+|；|؛\s*|\s+(?:→|->|=>|⇒|➜)\s+|\s+(?:—|–|--)\s+|—|,?\s+and\s+then\s+|,\s+then\s+|,\s+(?=suddenly\b)|\.{3}\s+|…\s*"
)
_LIST = re.compile(r",\s+(?:and\s+|but\s+|so\s+|or\s+|yet\s+)?|\s+and\s+")
_COMMA = re.compile(r"[,،]\s+|[、，]")
_LEADS = re.compile(r"^(?:and|then|but|so|or|yet|suddenly|finally|now)\b,?\s*", re.IGNORECASE)
_RELATIVE = re.compile(r"(?<!\w)(?:that|which|who|where|as|while|until|before|when|if)(?!\w)[^,;]*$", re.IGNORECASE)
_PRONOUN = {"he", "she", "they", "it", "we", "i", "you", "who", "which", "that"}
_DETERMINERS = {
    "a",
    "an",
    "the",
    "his",
    "her",
    "its",
    "their",
    "this",
    "that",
    "these",
    "those",
    "my",
    "our",
    "your",
    "one",
    "two",
    "three",
    "four",
    "both",
    "some",
    "another",
    "every",
    "each",
}

_TOKEN = re.compile(r"[^\W\d_](?:[\w'’-]*\w)?|\d+|[,;:]")


def split_clauses(text: str, unit: Unit, forced: bool = False) -> list[Unit]:
    """The unit at its clauses, each able to stand alone; `forced`: at commas too. One unit where there are none."""
    part = text[unit.start : unit.end]
    shut = [(m.start(), m.end()) for m in _QUOTED.finditer(part)]

    def free(match: re.Match[str]) -> bool:
        return not any(a < match.start() < b for a, b in shut) and match.start() > 0

    cuts: dict[int, int] = {}
    lead = leading_subject(part)
    for match in filter(free, _STRONG.finditer(part)):
        if _stands(part[: match.start()], 3) and _stands(part[match.end() :], 3):
            dash = match.group().strip() in ("—", "–", "--")
            if not dash or (_has_verb(part[: match.start()]) and _has_verb(part[match.end() :])):
                cuts[_opening(match)] = CLAUSE
    for match in filter(free, _LIST.finditer(part)):
        left, right = part[: match.start()], part[match.end() :]
        bare = "," not in match.group()
        if (bare or opens_with_verb(_LEADS.sub("", right))) and (
            _RELATIVE.search(left) or not (lead or not opens_with_verb(right))
        ):
            continue
        if _has_verb(left) and _stands(left, 3) and _stands(right, 3) and _opens_clause(right):
            cuts[_opening(match)] = CLAUSE
    if forced:
        last = 0
        for match in filter(free, _COMMA.finditer(part)):
            if word_count(part[last : match.start()]) >= 4 and word_count(part[match.end() :]) >= 4:
                cuts.setdefault(match.end(), PHRASE)
                last = match.end()
    if not cuts:
        return [unit]
    found: list[Unit] = []
    for low, high in _spans(part, unit.start, [0, *cuts]):
        rank = cuts.get(low - unit.start, unit.rank)
        first = not found
        words_here = _LEADS.sub("", text[low:high].lstrip())
        subject = unit.subject if first else (lead if lead and opens_with_verb(words_here) else "")
        found.append(
            replace(
                unit,
                start=low,
                end=high,
                rank=unit.rank if first else rank,
                cut=unit.cut and first,
                subject=subject,
                weight=word_count(text[low:high]),
            )
        )
    return found


def _opening(match: re.Match[str]) -> int:
    """Where the later clause begins: a joining word (`and`, `then`) goes with it."""
    said = match.group()
    word = re.search(r"[^\W\d_]", said)
    return match.start() + word.start() if word else match.end()


def _stands(part: str, least: float) -> bool:
    return word_count(part) >= least


def _has_verb(part: str) -> bool:
    return verb_at(_TOKEN.findall(part)) is not None


def opens_with_verb(part: str) -> bool:
    """Whether `part` begins with what somebody does: `climbs`, `slowly turns`."""
    tokens = _TOKEN.findall(part)
    if tokens and tokens[0].lower().endswith("ly"):
        tokens = tokens[1:]
    return bool(tokens) and tokens[0].lower() in verb_forms() and tokens[0].lower() not in _PRONOUN


def _opens_clause(part: str) -> bool:
    """Whether `part` opens with a verb, or with a subject and its verb."""
    if opens_with_verb(part):
        return True
    tokens = _TOKEN.findall(part)[:9]
    head = tokens[0].lower() if tokens else ""
    if head not in _DETERMINERS and head not in _PRONOUN and not (tokens and tokens[0][:1].isupper()):
        return False
    if head in ("who", "which", "that"):
        return False
    at = verb_at(tokens)
    return at is not None and 1 <= at <= 6 and "," not in tokens[:at]


def verb_at(tokens: list[str]) -> int | None:
    """The index of the first finite verb among `tokens`, by the words we know; None where there is none."""
    forms = verb_forms()
    for index, token in enumerate(tokens):
        word = token.lower()
        if word in forms and index > 0:
            before = tokens[index - 1].lower()
            if before in _DETERMINERS - {"this", "that", "one", "both", "some", "each", "another"} or before in terms(
                "prepositions"
            ):
                continue
            return index
        if index > 0 and tokens[index - 1].lower() in ("they", "we", "i", "you") and word in plural_verbs():
            return index
    return None


def leading_subject(part: str) -> str:
    """Who or what the first verb of `part` belongs to: `he`, `the keeper`, `Mira`. Empty where it cannot be told."""
    spots = list(_TOKEN.finditer(part))
    at = verb_at([m.group() for m in spots])
    if at is None:
        return ""
    low = at
    while low > 0:
        word = spots[low - 1].group()
        if word in ",;:" and low < at:
            return ""
        low -= 1
        if word.lower() in _PRONOUN:
            return word if word.lower() not in ("who", "which", "that") else ""
        if word.lower() in _DETERMINERS and not (low > 0 and spots[low - 1].group().lower() in terms("prepositions")):
            break
        if (
            word[:1].isupper()
            and word.lower() not in _DETERMINERS
            and low > 0
            and not spots[low - 1].group()[:1].isupper()
            and spots[low - 1].group().lower() not in _DETERMINERS
        ):
            break
    said = part[spots[low].start() : spots[at - 1].end()]
    return said if 0 < len(said.split()) <= 6 and "," not in said else ""


def split_words(text: str, unit: Unit, count: int) -> list[Unit]:
    """The unit cut into `count` shares of about equal length between words (graphemes, where a script has no spaces)."""
    part = text[unit.start : unit.end]
    starts = [_softer(part, at) for at in pieces(part, count)]
    edges = [*sorted(set(starts)), len(part)]
    return [
        replace(
            unit,
            start=unit.start + low,
            end=unit.start + high,
            rank=unit.rank if low == 0 else PHRASE,
            cut=unit.cut and low == 0,
            subject=unit.subject if low == 0 else "",
            weight=word_count(part[low:high]),
        )
        for low, high in zip(edges, edges[1:], strict=False)
    ]


_SOFT = re.compile(
    r"(?<=\s)(?:and|while|as|then|when|but|until|where|with|into|over|under|through|towards?|before|after|y|et|und|und dann"
    r"|и)\s(?!(?:who|which|that|then)\b)",
    re.IGNORECASE,
)


_SOFTER = re.compile(
    r"(?<=\s)(?:past|from|across|along|around|behind|beyond|at|by|in|on|to|for|above|below|beside|carrying|holding|wearing"
    r"|[^\W\d_]{3,}ing)\s(?=\w)",
    re.IGNORECASE,
)


def _softer(part: str, at: int) -> int:
    """A nearby place that reads as a joint (before `and`, after a comma, at a particle), or `at`."""
    if at == 0:
        return 0
    low, high = max(1, at - 24), min(len(part), at + 24)
    near = [m.start() for m in _SOFT.finditer(part, low, high)]
    near += [m.end() for m in re.finditer(r"[,;:،、，]\s*", part[low:high])] if density(part[at]) else []
    if density(part[at]) is not None:
        near = [m.end() + low for m in re.finditer(r"[、，。\s]", part[low:high])]
    elif not near:  # rather a little off than between a noun and what describes it
        low, high = max(1, at - 40), min(len(part), at + 40)
        near = [m.start() for m in _SOFTER.finditer(part, low, high)] or [m.start() for m in _SOFT.finditer(part, low, high)]
    return min(near, key=lambda n: abs(n - at)) if near else at


def reading_seconds(weight: float) -> float:
    """How long a beat of so many words wants to be on screen: about 4 to 6 s, longer beats longer."""
    return max(2.0, min(20.0, 2.3 + 0.15 * weight))
