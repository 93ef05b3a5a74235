"""The marks in a text that are structure, not words: headings, numbers, `Scene 2:`, `INT. KITCHEN`, `CUT TO`, timecodes, labels.

A text is cut into `Piece`s at line ends and before marks inside a line; each knows its own marks and where its words begin.
Pieces tile the text: nothing is lost between them.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Literal, TypedDict

from .durations import amount, may_hold_length, seconds_of
from .lexicon import label_kinds, split_terms, words
from .textkit import says_something

_B = r"[*_`]{0,3}"  # emphasis around a mark
_ITEM = re.compile(
    rf"{_B}(?:\((?P<a>\d{{1,3}})\)|(?P<b>\d{{1,3}})[.)](?!\d)|(?P<c>\d{{1,3}})\ufe0f?\u20e3|(?P<d>[①-⑳])"
    rf"|(?P<e>[一二三四五六七八九十]{{1,3}})、|(?P<f>\d{{1,3}})/(?=\s)){_B}(?=\s|$|[^\d\s.])"
)
_BULLET = re.compile(r"(?:[-*+•‣◦▪●○■►▶→–—]|\[[ xX]\])(?:\s+\[[ xX]\])?\s+(?=\S)")
_HEADING = re.compile(r"(?P<h>#{1,6})(?:\s+|$)")
_RULE = re.compile(r"(?:[-*_=~–—⁂※]\s*){3,}$|⁂$")
_ROW = re.compile(r"\|.*\|.*\|$")
_ROW_RULE = re.compile(r"\|(?:\s*:?-+:?\s*\|)+$")
_FENCE = re.compile(r"(?:```|~~~)\S*\s*$")
_CLOCK = r"(?!9:16\b)(?:\d{1,2}:)?\d{1,2}:\d{2}(?:[.,]\d{1,3})?"
_RANGE = (
    rf"(?P<from>{_CLOCK}|\d+(?:\.\d+)?\s*s?)\s*(?:-|–|—|→|~|to|〜|～)+>?\s*(?P<to>{_CLOCK}|\d+(?:\.\d+)?\s*s(?:ec(?:onds?)?)?)"
)
_SLUG = re.compile(
    rf"{_B}(?:\d{{1,3}}[A-Z]?[.)]?\s+)?(?:(?:INT|EXT|EST)\.?\s*/\s*(?:INT|EXT)|INT|EXT|I/E|EST|Int(?=\.)|Ext(?=\.))(?:\."
    rf"|\b(?=\s))\s*[-–—:]?\s*(?=\S)"
)
_SLUG_TIME = re.compile(
    r"(?:[-–—,.]|\s)\s*(?:DAY|NIGHT|DAWN|DUSK|MORNING|AFTERNOON|EVENING|NOON|MIDNIGHT|SUNSET|SUNRISE|CONTINUOUS|LATER"
    r"|SAME(?: TIME)?|MOMENTS LATER|GOLDEN HOUR|MAGIC HOUR)\b[.:]?",
    re.IGNORECASE,
)
_CUT_WORDS = (
    r"(?:(?:HARD|SMASH|MATCH|JUMP|QUICK|FLASH|INTER|TIME)[\s-]?)?CUTS?\s*(?:BACK\s+)?(?:TO|IN)(?:\s+(?:BLACK|WHITE))?(?!\w)"
    r"|(?:SMASH|MATCH|JUMP|HARD|INTER)[\s-]?CUT(?!\w)|BACK TO(?=\s*:)|FLASH(?:BACK| FORWARD)(?:\s+TO)?(?!\w)|FADE[\s-](?:IN"
    r"|OUT|UP)(?!\w)|FADES? TO(?:\s+(?:BLACK|WHITE))?(?!\w)|WIPE TO(?!\w)|IRIS (?:IN|OUT)(?!\w)|THE END(?=\W*$)"
)
_FLOW_WORDS = (
    r"(?:CROSS[\s-]?)?(?:DISSOLVES?|FADES?)\s+(?:INTO|TO)(?=\s*:)|(?:CROSS[\s-]?)?DISSOLVES?(?:\s+(?:TO|INTO))?(?!\w)"
    r"|CROSS[\s-]?FADE(?:S?\s+TO)?(?!\w)|MORPHS?\s+(?:TO|INTO)(?!\w)|WHIP[\s-]PAN TO(?!\w)|CONTINUOUS SHOT(?=\s*:)"
)
_TRANSITION = re.compile(
    rf"{_B}[>(\[]?\s{{0,4}}(?:(?P<flow>{_FLOW_WORDS})|(?P<cut>{_CUT_WORDS}))\s*[)\]]?{_B}\s*[:.,;…—–-]*{_B}\s*"
)
_SAID_CUT = re.compile(
    r"(?:(?:then|and then|and|we|now)\s+){0,2}(?:(?P<flow>(?:cross[\s-]?)?dissolves?\s+(?:to|into)(?!\w))|(?P<cut>(?:(?:hard"
    r"|smash|match|jump|quick)[\s-])?cuts?\s+(?:back\s+)?to(?:\s+(?:black|white)(?=\W*$))?(?!\w)|schnitt\s+(?:auf|zu)(?!\w)"
    r"|corte\s+a(?!\w)|coupe\s+(?:sur|à|vers)(?!\w)|fade in(?=\s*[:.])|fade out(?=\s*[:.]|$)"
    r"|smash cut(?!\w)))\s*[:.,…—–-]*\s*",
    re.IGNORECASE,
)
_LABEL = re.compile(rf"{_B}(?P<label>[^\W\d][\w.&'’/ -]{{0,30}}?){_B}\s*(?:[:：]|\s[–—-]\s){_B}\s*")


@dataclass(frozen=True)
class Piece:
    """A line, or the part of one from a mark to the next. Its words are text[content:end]."""

    start: int
    content: int
    end: int
    opens_line: bool
    gap: bool = False
    indent: int = 0
    level: int = 0
    scene: bool = False
    number: int | None = None
    bullet: bool = False
    slug: bool = False
    join: Literal["cut", "continuous"] | None = None
    seconds: float | None = None
    clock: tuple[float, float | None] | None = None
    label: str | None = None
    said: str = ""
    name: str = ""
    markup: Literal["", "rule", "fence", "blank"] = ""
    code: bool = False


class _Marks(TypedDict, total=False):
    """What is read of a piece's marks, one after another: fields of `Piece`."""

    indent: int
    level: int
    scene: bool
    number: int
    bullet: bool
    slug: bool
    join: Literal["cut", "continuous"]
    seconds: float | None
    clock: tuple[float, float | None]
    label: str
    said: str
    name: str


@functools.cache
def _time() -> re.Pattern[str]:
    bracketed = _RANGE.replace("<from>", "<from2>").replace("<to>", "<to2>")
    return re.compile(
        rf"{_B}(?:[\[(【]\s*{bracketed}\s*[\])】]|{_RANGE}(?!\w)|[\[(]\s*(?P<at2>{_CLOCK})\s*[\])]|(?P<at>{_CLOCK})(?=\s*[:"
        rf"|–—-]|\s)){_B}\s*[:：|–—-]?\s*",
        re.IGNORECASE,
    )


@functools.cache
def _length() -> re.Pattern[str]:
    long = amount()
    return re.compile(
        rf"{_B}(?:[(\[{{（［【]\s*(?P<a>{long})\s*[)\]}}）］】]|[,–—-]?\s*(?P<b>{long})(?=\s*[:：|–—-])){_B}\s*[:：|,–—-]?\s*",
        re.IGNORECASE,
    )


@functools.cache
def _scene() -> re.Pattern[str]:
    names = "|".join(sorted(split_terms(words()["scene_words"]), key=len, reverse=True))
    untold = "|".join(t.replace(" ", r"[\s-]") for t in split_terms(words()["untold_scenes"]))
    spelt = "|".join(t for t in words()["number_words"] if " " not in t and t != "a")
    number = rf"(?P<n>\d{{1,3}}[a-zA-Z]?(?!\w)|{spelt}|[ivxIVX]{{1,5}}(?!\w)|[一二三四五六七八九十]+)"
    return re.compile(
        rf"{_B}(?:{untold})(?:\s+(?:\d{{1,2}}|{spelt}))?(?P<told>{_B}\s*(?:[:：]|\s[–—-]\s){_B})\s*"
        rf"|(?P<lone>{_B}[\[(【](?:{untold})(?:\s+(?:\d{{1,2}}|{spelt}))?[^\[\]()【】\n]{{0,24}}[\])】]{_B}\s*(?=\n|$))"
        rf"|(?P<bare>{_B}(?:verse|(?:pre[\s-]?)?chorus|bridge|refrain)(?:\s+(?:\d{{1,2}}|{spelt}))?{_B}[ \t]*(?=\n|$))"
        rf"|{_B}[\[(【<]?\s{{0,4}}(?:(?:{names})\s*(?:no\.?|number|nr\.?|n°|№|\#)?\s*{number}(?:\s*(?:/|of)\s*\d+)?"
        rf"|第\s*[\d一二三四五六七八九十]+\s*(?:场|場|幕|镜|鏡|章|话|話|シーン|カット|节)景?)"
        rf"(?=\W|$)\s*(?P<after>[\])】>]?{_B}\s*(?:[:：.|,)\]–—-]+{_B}|(?=[(\[（【])|(?=\s*$)|(?=\n)|(?=\s+(?-i:[A-ZÀ-ÞА-Я]))"
        rf"|(?<=[\])】>])))\s*",
        re.IGNORECASE,
    )


@functools.cache
def _named() -> re.Pattern[str]:
    """What a time has in front of it where a line opens with both: `Hook (0-3s): `."""
    span = _RANGE.replace("?P<from>", "").replace("?P<to>", "")
    time = rf"[\[(（【]\s*(?:{span}|{_CLOCK}|{amount()})\s*[\])）】]\s*{_B}\s*[:：–—-]"
    return re.compile(rf"{_B}(?P<name>[^\W\d_][\w'’&/ -]{{0,30}}?){_B}\s*(?={time})", re.IGNORECASE)


_LONGEST = 200
"""Letters in which a mark of a length, blanks and all, is told."""
_BRACKET = re.compile(r"[\[(（【]")


def _name_at(text: str, at: int, end: int) -> re.Match[str] | None:
    return _named().match(text, at, end) if _BRACKET.search(text, at, min(end, at + _LONGEST)) else None


def pieces_of(text: str) -> list[Piece]:
    """The pieces of `text` (its line breaks being newlines), in order; together they are all of it."""
    found: list[Piece] = []
    gap, code, at = True, False, 0
    for line in text.splitlines(keepends=True) if text else []:
        start, end = at, at + len(line)
        at = end
        bare = line.strip()
        if not bare:
            found.append(Piece(start, end, end, True, markup="blank"))
            gap = True
            continue
        if _FENCE.match(bare):
            code = not code
            found.append(Piece(start, end, end, True, gap, markup="fence"))
            continue
        if code:
            found.append(Piece(start, start, end, True, gap, code=True))
            gap = False
            continue
        if _RULE.match(bare):
            found.append(Piece(start, end, end, True, gap, markup="rule"))
            gap = True
            continue
        if _ROW.match(bare):
            found.append(_row(text, start, end, gap, at))
            gap = False
            continue
        breaks = [start, *_breaks_in(text, start, end), end]
        for index in range(len(breaks) - 1):
            if breaks[index] < breaks[index + 1]:
                found.extend(_read(text, breaks[index], breaks[index + 1], index == 0, gap and index == 0))
        gap = False
    return found


def _row(text: str, start: int, end: int, gap: bool, following: int) -> Piece:
    """A row of a table: a shot of its own, with its number and length; head and rule rows hold no words of the story."""
    below = text[following : text.find("\n", following) if "\n" in text[following:] else len(text)]
    if _ROW_RULE.match(text[start:end].strip()) or _ROW_RULE.match(below.strip()):
        return Piece(start, end, end, True, gap, markup="fence")
    cells = [c.strip() for c in text[start:end].strip().strip("|").split("|")]
    seconds = next((seconds_of(c) for c in cells if may_hold_length(c) and re.fullmatch(amount(), c, re.IGNORECASE)), None)
    clock = next((span for c in cells if (span := clock_range(c)) is not None), None)
    return Piece(start, start, end, True, gap, number=0, seconds=seconds, clock=clock)


_HEAD = re.compile(r"[\s#>*_•+–—-]*(?:\(?\d{1,3}[.)]\s+)?[*_]*")
_ENDS = frozenset('.!?;:…。！？؟।])"”’»*_—–-')


def _ends(said: str) -> bool:
    """Whether a sentence, a label or a bracket ends there."""
    return said.rstrip()[-1:] in _ENDS


def _breaks_in(text: str, start: int, end: int) -> list[int]:
    """Where marks begin inside the line text[start:end]."""
    line = text[start:end]
    found: set[int] = set()
    opening = _HEAD.match(line)
    assert opening is not None  # each of its parts may be absent
    head = opening.end()
    for match in _scene().finditer(line):
        at = match.start()
        if at <= head or line[at - 1].isalnum():
            continue
        closed = match["told"] or (match["after"] or "").strip() or line[match.end() : match.end() + 1] in ("(", "[", "（", "【")
        if closed and (not match["told"] or (line[at].isupper() and _ends(line[:at]))):
            found.add(at)
    for match in _TRANSITION.finditer(line):
        if match.start() > head and not line[match.start() - 1].isalnum():
            found.add(match.start())
    for match in _SAID_CUT.finditer(line):
        if match.start() > head and re.search(r"[.!?;,…—–]\s+$", line[: match.start()]):
            found.add(match.start())
    if ":" in line:
        for match in _time().finditer(line):
            closes = _scene().match(line, head) is not None and not says_something(line[match.end() :])
            opened = _name_at(line, head, len(line))
            closes = closes or (opened is not None and match.start() <= opened.end())
            told = match["from"] and line[: match.end()].rstrip()[-1:] in ":：" and _ends(line[: match.start()])
            if told and match.start() > head:  # `… 3-6s: the flame …`
                found.add(match.start())
            if match.start() > head and line[match.start()] in "[(【" and line[match.start() - 1].isspace() and not closes:
                found.add(match.start())
    for match in _SLUG.finditer(line):
        if match.start() > head and _ends(line[: match.start()]):
            found.add(match.start())
    for match in re.finditer(r"(?<=\s)[^\W\d_][\w&'’ -]{1,24}?:\s", line):
        before = line[: match.start()]
        kind = label_kinds().get(match.group()[:-2].strip().lower())
        if kind and match.group()[0].isupper() and _ends(before) and not before.rstrip().endswith(":"):
            found.add(match.start())
    found.update(_numbered(line, head))
    return sorted(start + p for p in found)


def _numbered(line: str, head: int) -> list[int]:
    """Starts of `1) … 2) … 3) …` written in one line: only where they count up from one."""
    spots = [(m.start(), int(m[1] or m[2])) for m in re.finditer(r"(?<!\S)(?:\(?(\d{1,2})\)|(\d{1,2})\.)(?=\s+\S)", line)]
    run: list[int] = []
    expected = 1
    for place, number in spots:
        if number == expected and (place <= head or expected > 1 or _ends(line[:place]) or ")" in line[place : place + 4]):
            run.append(place)
            expected += 1
    return [p for p in run if p > head] if len(run) >= 2 else []


def _read(text: str, start: int, end: int, opens_line: bool, gap: bool) -> list[Piece]:
    """The piece text[start:end] with its marks read; a slugline followed by words in the same line gives two."""
    at = start
    marks: _Marks = {}

    def skip() -> None:
        nonlocal at
        while at < end and (text[at].isspace() or (text[at] == ">" and opens_line)):
            at += 1

    skip()
    marks["indent"] = at - start if opens_line else 0
    for _ in range(12):
        before = at
        at = _one_mark(text, at, end, opens_line, marks)
        if at == before:
            break
        skip()
    if marks.get("level") or marks.get("scene"):
        marks.setdefault("seconds", _trailing_length(text[at:end]))
        if marks["seconds"] is None and "clock" not in marks:
            marks["seconds"] = _trailing_span(text[at:end])
    piece = Piece(start, min(at, end), end, opens_line, gap, **marks)
    if piece.slug:
        line = text[at:end]
        stop = _SLUG_TIME.search(line) or re.search(r"[.:]\s+(?=\S)", line)
        rest = line[stop.end() :].strip(" *_\n") if stop else ""
        if stop and rest and not re.fullmatch(r"\d{1,3}[A-Z]?", rest):
            cut = at + stop.end()
            return [Piece(start, at, cut, opens_line, gap, **marks), *_read(text, cut, end, False, False)]
    return [piece]


def _one_mark(text: str, at: int, end: int, opens_line: bool, marks: _Marks) -> int:
    """Read one mark at `at` into `marks` and return where it ends; `at` itself where there is none."""
    match: re.Match[str] | None
    if "label" in marks:
        return at
    if opens_line and "level" not in marks and len(marks) == 1 and (match := _HEADING.match(text, at, end)):
        marks["level"] = len(match["h"])
        return match.end()
    if "slug" not in marks and (match := _SLUG.match(text, at, end)):
        marks["slug"] = True
        return match.end()
    if "scene" not in marks and (match := _scene().match(text, at, end)):
        marks["scene"] = True
        return match.end()
    if opens_line and "bullet" not in marks and "number" not in marks and (match := _BULLET.match(text, at, end)):
        marks["bullet"] = True
        return match.end()
    if "number" not in marks and "scene" not in marks and (match := _ITEM.match(text, at, end)):
        digits = next(g for g in match.groups() if g)
        marks["number"] = int(digits) if digits.isascii() and digits.isdigit() else 0
        return match.end()
    if opens_line and not {"name", "clock", "seconds"} & set(marks) and (match := _name_at(text, at, end)):
        marks["name"] = match["name"]
        return match.end()
    if "clock" not in marks and (match := _time().match(text, at, end)):
        first = match["from"] or match["from2"] or match["at"] or match["at2"]
        last = match["to"] or match["to2"]
        marks["clock"] = (_clock_seconds(first), _clock_seconds(last) if last else None)
        return match.end()
    if (
        "seconds" not in marks
        and may_hold_length(text[at : min(end, at + _LONGEST)])
        and (match := _length().match(text, at, end))
    ):
        seconds = seconds_of(match["a"] or match["b"])
        if seconds:
            marks["seconds"] = seconds
            return match.end()
    if "join" not in marks and (match := _TRANSITION.match(text, at, end) or _SAID_CUT.match(text, at, end)):
        marks["join"] = "continuous" if match["flow"] else "cut"
        return match.end()
    if (match := _LABEL.match(text, at, end)) and (kind := label_kinds().get(match["label"].strip().lower())):
        marks["label"], marks["said"] = kind, match["label"].strip()
        return match.end()
    return at


def _clock_seconds(said: str) -> float:
    total = 0.0
    for part in re.sub(r"[^\d:.,]", "", said).replace(",", ".").split(":"):
        total = total * 60 + float(part or 0)
    return total


def _trailing_span(line: str) -> float | None:
    """The length of a timecode that closes a heading: `The Awakening (0:00-0:05)`."""
    match = next((m for m in _time().finditer(line) if not says_something(line[m.end() :])), None)
    if match is None or not (last := match["to"] or match["to2"]):
        return None
    seconds = _clock_seconds(last) - _clock_seconds(match["from"] or match["from2"])
    return seconds if seconds > 0 else None


def _trailing_length(line: str) -> float | None:
    if not may_hold_length(line):
        return None
    match = re.search(rf"[(\[（【]\s*({amount()})\s*[)\]）】]\W*$", line, re.IGNORECASE)
    return seconds_of(match[1]) if match else None


def clock_range(said: str) -> tuple[float, float] | None:
    """The begin and end of a span of time, `0:00-0:05`, `4-9s`, in seconds; None for anything else."""
    match = re.fullmatch(rf"\s*{_RANGE}\s*", said, re.IGNORECASE)
    return (_clock_seconds(match["from"]), _clock_seconds(match["to"])) if match else None
