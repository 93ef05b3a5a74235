"""Where a beat plays: the place the text last named, for the beats that name none."""

from __future__ import annotations

import functools
import re

from .lexicon import compiled, opens_with, terms, verb_forms
from .script import Scene
from .textkit import word_count

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*|[.,;:!?—–]")
_MOST_BEFORE = 4  # adjectives and nouns between an article and the place: `the old stone fishing village`
_STOPS = frozenset(
    """and or but who which that where while as with of for from to he she it they we i you his her its their in on at into onto
    over under through across along up down by inside behind beside beneath above below near around toward towards past until
    like is are was were there then so off out""".split()
)
_ARTICLES = frozenset("a an the this that his her its their our my one another".split())
_AFTER = frozenset(
    """in on at with of as and but or where while when under over by from to into near beside below above behind after before
    until is are was were has have toward towards through across along like for around between who that which the a an his her
    their""".split()
)
_DATELINE = re.compile(r"\b(?:\d{3,4}|\d+\s?(?:BC|AD|BCE|CE))\b|^(?:the )?(?:year|spring|summer|autumn|winter)\b", re.IGNORECASE)
_MOVED_ON = re.compile(
    r"^\W*(?:outside|inside|indoors|outdoors|upstairs|downstairs|elsewhere|meanwhile|later|below|above|far away|back (?:in|at|home)|"
    r"(?:\w+ )?(?:hours?|days?|weeks?|months?|years?|minutes?) later|the next|underwater|next)\b",
    re.IGNORECASE,
)


@functools.cache
def _noun() -> re.Pattern[str]:
    from .lexicon import words

    return compiled(words()["places"])


class Whereabouts:
    """Follows the story from place to place."""

    def __init__(self) -> None:
        self.place = ""
        self.epoch = ""
        self.scene: Scene | None = None

    def of(self, said: str, scene: Scene) -> tuple[str, str]:
        """The place to name besides the words of a beat, `a long hospital corridor`, and the one to name besides a part of them.

        Empty where the words name one, or none is known.

        A new scene, `Meanwhile` and `Outside` begin anew. A dateline, `Rome, 44 BC.`, lasts until another one.
        """
        if scene is not self.scene:
            self.scene, self.place = scene, ""
        if _MOVED_ON.match(said) or opens_with("cut_openers").match(said):
            self.place = ""
        line = dateline(said)
        if line:
            self.epoch, self.place = line, ""
        named = place_in(said)
        carried = "" if names_place(said) else self.place
        if named:
            self.place = named
        if scene.settings:  # a heading or a slugline says it
            return "", ""
        epoch = "" if line else self.epoch
        return ", ".join(filter(None, (carried, epoch))), ", ".join(filter(None, (self.place, self.epoch)))


def dateline(said: str) -> str:
    """What opens a beat and says only where and when: `Rome, 44 BC`. Empty where none does."""
    first = re.match(r"\s*([A-Z][^.!?:;]{2,40})\.(?=\s|$)", said)
    if not first or word_count(first[1]) > 6 or not _DATELINE.search(first[1]):
        return ""
    return "" if any(t.lower() in verb_forms() for t in _WORD.findall(first[1])[1:]) else first[1].strip()


def names_place(said: str) -> bool:
    """Whether any word of `said` is a place, the story's or another."""
    return any(_is_noun(said, match) for match in _noun().finditer(said))


def _is_noun(said: str, match: re.Match[str]) -> bool:
    """Not the verb, `he stages`, nor a part of another thing's name, `the church tower`, `a street lamp`."""
    after = re.match(r"[\s-]+([^\W_]+)", said[match.end() :])
    if after is None:
        return True
    following = after[1].lower()
    return following in _AFTER or following in verb_forms() or following.endswith(("ing", "ly"))


def place_in(said: str) -> str:
    """The last place `said` is at, with its article and adjectives; empty where it is at none that we know."""
    found = ""
    for match in _noun().finditer(said):
        if not _is_noun(said, match):
            continue
        low = match.start()
        lead = list(_WORD.finditer(said, max(0, low - 64), low))
        taken = 0
        article = False
        while lead and taken <= _MOST_BEFORE and not article:
            word = lead[-1].group().lower()
            if not word[0].isalnum() or word in _STOPS - _ARTICLES or (word in verb_forms() and word.endswith("s")):
                break
            article = word in _ARTICLES
            low = lead.pop().start()
            taken += 1
        before = lead[-1].group().lower() if lead else ""
        opens = not lead or before in ".!?;:"
        owned = re.match(r"(?:his|her|its|their|my|our)\b", said[low:], re.IGNORECASE)
        if (before in terms("place_prepositions") or (opens and (article or taken))) and not owned:
            tail = re.match(r" of (?:the |an? )?[\w'’-]+(?=[\s.,;]|$)", said[match.end() :])
            words = said[low : match.end()] + (tail.group() if tail else "")
            found = words[:1].lower() + words[1:] if article else words
    return found
