"""Small questions about text in any script: graphemes, words, how long it reads, what is safe to send."""

from __future__ import annotations

import bisect
import re
import unicodedata

_ZWJ, _ZWNJ = "\u200d", "\u200c"
_SPACING = {"\u0e33", "\u0eb3"}  # Thai and Lao AM: vowels that belong to the consonant before them
_BREAKS = re.compile(r"\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
# Scripts that write words without spaces: kana, Han, Hangul is not one of them; Thai, Lao, Khmer, Myanmar, Tibetan are.
_DENSE = (
    (0x0E00, 0x0EFF, 4.0), (0x0F00, 0x109F, 4.0), (0x1780, 0x17FF, 4.0), (0x3005, 0x3007, 2.0), (0x3040, 0x30FF, 2.4),
    (0x3400, 0x4DBF, 1.7), (0x4E00, 0x9FFF, 1.7), (0xF900, 0xFAFF, 1.7), (0x20000, 0x3FFFF, 1.7),
)  # fmt: skip
_SAYING = frozenset(("Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Nl", "No", "So", "Sc"))
_WORD = re.compile(r"\S+")


def tidy_lines(text: str) -> str:
    """`text` without a leading byte order mark and with every line break as a newline."""
    return _BREAKS.sub("\n", text.removeprefix("\ufeff"))


def printable(text: str) -> str:
    """`text` without what no model should read: controls, bidi overrides, byte order marks, unassigned code points."""
    kept = (c if c.isspace() or _shown(c) else "" for c in text)
    return "".join(kept)


def _shown(char: str) -> bool:
    if char in (_ZWJ, _ZWNJ) or 0xE0020 <= ord(char) <= 0xE007F:
        return True
    return unicodedata.category(char) not in ("Cc", "Cf", "Cn", "Cs", "Co")


def says_something(text: str) -> bool:
    """Whether there is a letter, digit, emoji or currency sign in `text`: something one could film."""
    return any(unicodedata.category(c) in _SAYING for c in text)


def clusters(text: str) -> list[str]:
    """`text` cut between graphemes: an accent, a skin tone, a flag or a joined emoji stays whole (after UAX 29)."""
    found: list[str] = []
    flags = 0
    for char in text:
        regional = 0x1F1E6 <= ord(char) <= 0x1F1FF
        joins = bool(found) and (_extends(char) or _holds(found[-1][-1], char) or (regional and flags % 2 == 1))
        flags = flags + 1 if regional else 0
        if joins:
            found[-1] += char
        else:
            found.append(char)
    return found


def _extends(char: str) -> bool:
    code = ord(char)
    if code < 0x300:
        return False
    return (
        unicodedata.category(char) in ("Mn", "Mc", "Me")
        or char in (_ZWJ, _ZWNJ)
        or char in _SPACING
        or 0x1F3FB <= code <= 0x1F3FF
        or 0xE0020 <= code <= 0xE007F
        or 0x1160 <= code <= 0x11FF
    )


def _holds(last: str, char: str) -> bool:
    """Whether `last` pulls the character after it into its grapheme."""
    if last < "\u0300":
        return last == "\r" and char == "\n"
    return last == _ZWJ or (unicodedata.combining(last) == 9 and unicodedata.category(char) == "Lo")


def density(char: str) -> float | None:
    """How many such characters read like one English word; None for scripts that put spaces between words."""
    code = ord(char)
    if code < 0x0E00:
        return None
    return next((per for low, high, per in _DENSE if low <= code <= high), None)


def word_count(text: str) -> float:
    """How many English words `text` reads like: by spaces, by characters where a script has none, by length at the least."""
    total = 0.0
    for match in _WORD.finditer(text):
        token = match.group()
        if token.isascii():
            total += max(1.0, len(token) / 12) if any(map(str.isalnum, token)) else 0.25
            continue
        rest = 0
        for char in token:
            per = density(char)
            if per is not None:
                total += 1 / per
            elif unicodedata.category(char) == "So":
                total += 1
            elif char.isalnum():
                rest += 1
        total += max(1.0, rest / 12) if rest else 0
    return total


def pieces(text: str, count: int) -> list[int]:
    """Offsets that cut `text` into `count` shares of about equal length, between words.

    The first offset is 0. There are fewer offsets than `count` where there are fewer words. No share is blank. Where a
    script has no spaces, in very long tokens and between emoji, the cut is between graphemes.
    """
    found = [m for m in _WORD.finditer(text) if m.start() == 0 or not _extends(text[m.start()])]  # a mark may follow a blank
    starts = [m.start() for m in found]
    if len(starts) < count:
        starts = []
        for word in found:
            starts.append(word.start())
            starts += _inside(word.group(), word.start())
    if len(starts) <= count:
        return [0, *starts[1:]]
    chosen, at = [0], 0
    for share in range(1, count):
        goal = len(text) * share / count
        low, high = at + 1, len(starts) - (count - share)
        at = bisect.bisect_left(starts, goal, low, high)
        if at > low and goal - starts[at - 1] <= starts[at] - goal:
            at -= 1
        chosen.append(starts[at])
    return chosen


def _inside(token: str, at: int) -> list[int]:
    """Where a token may be cut: before every grapheme that says something, if it is long or not of letters with spaces."""
    if not (len(token) > 40 or any(density(c) or unicodedata.category(c) == "So" for c in token)):
        return []
    starts: list[int] = []
    opening = True
    for cluster in clusters(token):
        if not opening and says_something(cluster):
            starts.append(at)
        opening = False
        at += len(cluster)
    return starts


def shortened(text: str, limit: int) -> str:
    """The first words of `text`, at most `limit` characters, no grapheme cut; with an ellipsis where something is left out."""
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    kept = ""
    for cluster in clusters(text[: limit + 40]):
        if len(kept) + len(cluster) > limit - 1:
            break
        kept += cluster
    at = kept.rfind(" ")
    return (kept[:at] if at > limit // 2 else kept).rstrip(" ,;:.-–—") + "…"
