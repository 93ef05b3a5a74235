"""Bringing a prompt within a model's limit: by whole clauses, the least telling first, and never in silence."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from ..catalog.models import PromptLimit
from ..models.visual import VisualState
from ..providers.base import in_words

_CLAUSE = re.compile(r"[^,;:.!?…，；：、。！？\n]*(?:[,;:.!?…，；：、。！？\n]+(?=\s|$|[^\W\d_])|[,;:.!?…，；：、。！？\n]|$)\s*")
_LOOSE_END = " \t\n,;:，；：、-–—"
_BYTES_A_TOKEN = 3
"""Fewer than any tokenizer in use gets out of English or Chinese text on average: an estimate that errs on the short side."""


class Fitted(NamedTuple):
    """What is sent, and the clauses there was no room for."""

    sent: str
    left_out: str


def fit_prompt(prompt: str, visual: VisualState, limit: PromptLimit | None) -> Fitted:
    """Prompt and visual state in one text within `limit`. What fits goes as it is.

    Else clauses are left out whole: those of the visual state from its end, then those of the prompt from its end. The first
    clause always stays; where it alone is too long it ends at a word.
    """
    whole = in_words(prompt, visual)
    if limit is None or _fits(whole, limit):
        return Fitted(whole, "")
    story, look = _clauses(prompt), _clauses(visual.to_prompt())
    left_out: list[str] = []
    while look:
        left_out.insert(0, look.pop())
        sent = _joined(story, look)
        if _fits(sent, limit):
            return Fitted(sent, _told(left_out))
    while len(story) > 1:
        left_out.insert(0, story.pop())
        sent = _joined(story, [])
        if _fits(sent, limit):
            return Fitted(sent, _told(left_out))
    sent, rest = _cut(story[0] if story else whole, limit)
    return Fitted(sent, _told([rest, *left_out]))


def length_of(text: str, limit: PromptLimit) -> tuple[int, int]:
    """(length, limit) in the unit that `limit` counts in; of several, the one that is nearest to its end."""
    counted = [
        (measure(text), most)
        for most, measure in (
            (limit.characters, len),
            (limit.utf16, lambda t: len(t.encode("utf-16-le", "surrogatepass")) // 2),
            (limit.tokens, lambda t: math.ceil(len(t.encode("utf-8", "surrogatepass")) / _BYTES_A_TOKEN)),
        )
        if most is not None
    ]
    return max(counted, key=lambda pair: pair[0] / pair[1], default=(0, 1))


def _fits(text: str, limit: PromptLimit) -> bool:
    length, most = length_of(text, limit)
    return length <= most


def _clauses(text: str) -> list[str]:
    """The text in pieces that end at punctuation; joined they are the text again."""
    return [piece for piece in _CLAUSE.findall(text) if piece.strip()]


def _joined(story: list[str], look: list[str]) -> str:
    told, seen = _ended("".join(story)), "".join(look).strip(_LOOSE_END)
    return f"{told} {seen[0].upper()}{_ended(seen[1:])}" if seen else told


def _ended(text: str) -> str:
    """The text without what hangs loose at its end, and with a full stop."""
    text = text.strip().rstrip(_LOOSE_END)
    return text if not text or text[-1] in ".!?…。！？" else f"{text}."


def _told(clauses: list[str]) -> str:
    return " ".join(c.strip() for c in clauses if c.strip())


def _cut(text: str, limit: PromptLimit) -> tuple[str, str]:
    """The longest beginning within the limit that ends at a word (or, of one endless word, anywhere), and the rest."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _fits(text[:middle], limit) else (low, middle - 1)
    space = text.rfind(" ", 0, low + 1)
    at = space if space > 0 else low
    return text[:at].rstrip(_LOOSE_END), text[at:]
