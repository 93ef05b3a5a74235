"""The page a text stands on: the title on top, headings that are drawn with a line, and the hours of a day."""

from __future__ import annotations

import re
from dataclasses import replace

from .beats import verb_at
from .lexicon import label_kinds
from .marks import Piece
from .script import about_film, plain
from .visual_words import time_in

_OPENS = "\"“«'’("
_CLOCKED = re.compile(r"\s*(?=[\[(【]?\d{1,2}:\d{2})")


def words_of(text: str, piece: Piece) -> str:
    """The words of a piece, on one line, without markup."""
    return plain(text[piece.content : piece.end]).strip("# ").strip()


def title_at(text: str, pieces: list[Piece]) -> int:
    """The start of the piece that is the film's title; -1 where there is none."""
    shown = [p for p in pieces if not p.markup]
    if not shown:
        return -1
    first = shown[0]
    if not first.level:
        return first.start if _heads_the_page(text, pieces, first) else -1
    if first.scene or len(shown) < 2:
        return -1
    rivals = [p for p in shown[1:] if p.level and p.level <= first.level]
    words = words_of(text, first)
    return -1 if rivals or not words or words.lower() in label_kinds() else first.start


def _heads_the_page(text: str, pieces: list[Piece], first: Piece) -> bool:
    """Whether a line by itself on top, `The Last Tram`, is a title: in capitals, no sentence, no hour, nothing of the film."""
    at = pieces.index(first)
    marks = (first.scene, first.slug, first.bullet, first.code, first.label, first.join, first.clock, first.seconds)
    if any(marks) or first.number is not None or at + 2 >= len(pieces) or pieces[at + 1].markup != "blank":
        return False
    said = words_of(text, first)
    words = said.split()
    if not 1 <= len(words) <= 8 or said[-1] in ".!?…:;,。！？":
        return False
    opens = words[0][0].isupper() or words[0][0] in _OPENS
    if not said.isupper():
        capitals = opens and all(w[0].isupper() or w[0] in _OPENS or len(w) < 4 for w in words)
        several = len(words) > 1 or any(p.scene or p.slug or p.join for p in pieces)
        if not capitals or not several or verb_at(["x", *words]) is not None:
            return False
    return time_in(said) is None and about_film(said) is None


def with_underlined_headings(text: str, pieces: list[Piece]) -> list[Piece]:
    """A line over a row of `=` is a heading too."""
    found = list(pieces)
    for at in range(1, len(found)):
        under, line = found[at], found[at - 1]
        if (
            under.markup == "rule"
            and text[under.start : under.end].strip().startswith("=")
            and not line.markup
            and line.gap
            and not line.level
        ):
            found[at - 1] = replace(line, level=1)
            found[at] = replace(under, markup="fence")
    return found


def hours_as_words(text: str, pieces: list[Piece]) -> list[Piece]:
    """The pieces, of which bare times that are no film's (`5:30 - the bakery opens`, `0:59 left on the clock`) are words.

    A film's timecodes are spans, or begin within its first minute and go on.
    """
    timed = [p for p in pieces if p.clock is not None]
    starts = [p.clock[0] for p in timed if p.clock is not None]
    spans = any(p.clock is not None and p.clock[1] is not None for p in timed)
    if not timed or spans or starts[0] == 0 or (starts[0] < 60 and len(timed) > 1):
        return pieces
    return [_untimed(text, p) if p.clock is not None else p for p in pieces]


def _untimed(text: str, piece: Piece) -> Piece:
    begin = _CLOCKED.match(text, piece.start, piece.end)
    if begin and text[begin.end()] in "[(【" and piece.clock:  # `[10:02] Ana: …`: a line of its own, of no known length
        return replace(piece, clock=(piece.clock[0], piece.clock[0]))
    return replace(piece, clock=None, content=begin.end() if begin else piece.content)
