"""Where the film cuts: at marks, at new places and times, at new subjects after a paragraph; otherwise it flows on."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import Literal

from .beats import CLAUSE, PARAGRAPH, SENTENCE, Unit, leading_subject, opens_with_verb, sentences, verb_at, verse_lines
from .cast import names_look
from .durations import without_lengths
from .lexicon import opens_with, patterns, terms
from .script import Script
from .textkit import density, says_something, word_count
from .visual_words import framing_label, time_in

_LEANS = re.compile(r"(?:and|but|or|nor)\b|(?:of|from|than|that|which|who|whose|where|until|till)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{4,}")

_FRAMED = re.compile(
    r"\W*(?:an?\s+|the\s+)?(?:(?:extreme|tight|slow|sudden|macro|big)\s+)?(?:close[\s-]?up|wide shot|medium shot"
    r"|establishing shot|aerial (?:shot|view)|overhead shot|drone shot|insert|pov|macro shot|detail shot|long shot|close on"
    r"|wide on|tight on|reverse angle)\b",
    re.IGNORECASE,
)


def units_of(script: Script) -> list[Unit]:
    """The film's beats, sentence by sentence, each knowing whether the film cuts to it."""
    text = script.text
    found: list[Unit] = []
    for number, scene in enumerate(script.scenes):
        fresh = True
        for passage in scene.passages:
            if passage.speech or passage.code:
                spans = [(passage.start, passage.end)]
            else:
                lines = verse_lines(text, passage.start, passage.end)
                lines = _whole_thoughts(text, lines) if lines is not None else None
                spans = lines if lines is not None else sentences(text, passage.start, passage.end)
            for place, (low, high) in enumerate(_with_their_lengths(text, spans)):
                if not says_something(text[low:high]):
                    continue
                rank = (
                    PARAGRAPH
                    if fresh or (place == 0 and passage.gap and not passage.nested)
                    else CLAUSE
                    if lines is not None and _runs_on(text, low)
                    else SENTENCE
                )
                unit = Unit(low, high, rank, scene=number, weight=_weight(text[low:high]))
                if not found:
                    cut = True
                elif fresh:
                    cut = _scene_cuts(scene.kind, scene.join, text, unit, found)
                else:
                    cut = _words_cut(text, unit, found, within=scene.kind == "scene")
                found.append(replace(unit, cut=cut))
                fresh = False
    return found


def _with_their_lengths(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans, of which one that is only a length, `（4秒）`, goes with the one before it."""
    found: list[tuple[int, int]] = []
    for low, high in spans:
        if found and says_something(text[low:high]) and not says_something(without_lengths(text[low:high])):
            found[-1] = (found[-1][0], high)
        else:
            found.append((low, high))
    return found


def _whole_thoughts(text: str, lines: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Verse lines, of which one that leaves its clause open goes together with the next, where that cannot stand alone."""
    found: list[tuple[int, int]] = []
    for low, high in lines:
        before = text[found[-1][0] : low].rstrip() if found else ""
        words = text[low:high].strip()
        leans = words[:1].islower() and (opens_with_verb(words) or bool(_LEANS.match(words)))
        if before and before[-1:].isalnum() and leans and word_count(before) + word_count(words) <= 20:
            found[-1] = (found[-1][0], high)
        else:
            found.append((low, high))
    return found


def _weight(words: str) -> float:
    """Words to show. A sentence that only says how somebody looks needs little time of its own."""
    return word_count(words) * (0.4 if names_look(words) else 1.0)


def _runs_on(text: str, start: int) -> bool:
    """Whether the verse line before `start` leaves its sentence open."""
    if unicodedata.category(text[start : start + 1] or " ") == "So":
        return False  # a line that an emoji opens
    return text[max(0, start - 8) : start].rstrip()[-1:] not in ".!?…。！？"


def _scene_cuts(kind: str, join: Literal["cut", "continuous"] | None, text: str, unit: Unit, before: list[Unit]) -> bool:
    if join is not None:
        return join == "cut"
    if kind == "scene":
        return True
    words = text[unit.start : unit.end]
    if kind == "item":
        moves_on = time_in(words) is not None or framing_label(words) is not None
        return moves_on or not opens_with("continue_openers").match(words)
    return _words_cut(text, unit, before)


def _words_cut(text: str, unit: Unit, before: list[Unit], within: bool = False) -> bool:
    """Whether the words themselves say that this is somewhere or some time else. `within`: a marked scene goes on."""
    words = text[unit.start : unit.end].strip()
    if opens_with("cut_openers").match(words) or framing_label(words) or _FRAMED.match(words):
        return not _same_shot(words)
    if _opens_with_time(words):
        return True
    if opens_with("continue_openers").match(words):
        fresh = re.match(r"(?:and )?then,?\s+(?=[^\W\d_])", words, re.IGNORECASE)
        return bool(fresh) and _names_another(words[fresh.end() if fresh else 0 :]) and not _shares(words, text, before)
    if opens_with("place_openers").match(words):
        subject = leading_subject(words).lower() or _after_opener(words)
        if subject.split()[:1] and subject.split()[0] in ("he", "she", "they", "it", "we", "i"):
            return False
        return subject.startswith(("a ", "an ")) or not _shares(subject, text, before)
    return unit.rank >= PARAGRAPH and not within and not _shares(words, text, before)


def _names_another(words: str) -> bool:
    """`Egyptian bakers with clay moulds`: a picture in words without a verb, not a deed."""
    bare = words.rstrip(" .!")
    return verb_at(["x", *re.findall(r"[^\W\d_]+", bare)]) is None and not opens_with_verb(bare) and len(bare.split()) >= 3


def _after_opener(words: str) -> str:
    """The few words that come after `Inside,` or `On the table`: whom or what the beat is about."""
    head, comma, rest = words.partition(",")
    if comma and len(head.split()) <= 5:
        return " ".join(rest.split()[:4]).lower()
    return " ".join(words.split()[3:7]).lower()


def _same_shot(words: str) -> bool:
    """`Next to him` and `Later` begin alike; only the second is a cut."""
    return bool(
        re.match(r"next (?:to|door)\b|back (?:in|at) (?:his|her|their) (?:hands?|seat|chair|pocket)\b", words, re.IGNORECASE)
    )


def _opens_with_time(words: str) -> bool:
    """`Dawn.`, `At dusk,`, `Night:`; not `Dawn breaks over …` and not a beat that merely mentions an hour."""
    head = re.match(
        r"\W*(?:(?:at|by|in|on|it is|it's|now|early|late|deep)\s+)*(?:the\s+|a\s+)?(?P<rest>.*)", words, re.IGNORECASE | re.DOTALL
    )
    rest = head["rest"] if head else words
    for found in patterns("times").values():
        match = found.match(rest)
        if match:
            after = rest[match.end() :].lstrip(" ")[:1]
            return after in ("", ".", ",", ":", "—", "–", "…", "。", "、", "，", "\n", "؛", "،")
    return False


def _shares(words: str, text: str, before: list[Unit]) -> bool:
    """Whether `words` go on about something the two beats before were about."""
    earlier = " ".join(text[u.start : u.end] for u in before[-2:])
    if any(density(c) for c in words[:12]):
        return bool(_pairs(words) & _pairs(earlier))
    mine = {w.lower().rstrip("s") for w in _WORD.findall(words)} - terms("common_words")
    theirs = {w.lower().rstrip("s") for w in _WORD.findall(earlier)} - terms("common_words")
    return bool(mine & theirs)


def _pairs(words: str) -> set[str]:
    """Pairs of neighbouring Han or katakana characters, which carry the nouns where words are not spaced."""
    solid = [c if "\u3400" <= c <= "\u9fff" or "\u30a0" <= c <= "\u30fe" else " " for c in words]
    return {a + b for a, b in zip(solid, solid[1:], strict=False) if a != " " and b != " "}
