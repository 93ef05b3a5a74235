"""Where a beat plays: the place the text last named, for the beats that name none."""

from __future__ import annotations

import functools
import re

from .lexicon import compiled, opens_with, pattern, terms, verb_forms
from .script import Scene
from .textkit import word_count
from .visual_words import weather_is_over

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
    until today tonight now again once nearby is are was were has have
    toward towards through across along like for around between who that which the a an his her
    their""".split()
)
_WITHIN = frozenset("in on at inside aboard through into onto across up down within along".split())
_IN_ONE = rf"\b(?:{'|'.join(sorted(_WITHIN))})\s+(?:[\w'’-]+\s+){{0,{_MOST_BEFORE}}}$"
_SIDES = frozenset("inside outside aboard under beneath below above".split())
_DATELINE = re.compile(
    r"\b(?:\d{3,4}s?|\d+\s?(?:BC|AD|BCE|CE))\b|^(?:the )?(?:year|spring|summer|autumn|winter)\b", re.IGNORECASE
)
_MOVED_ON = re.compile(
    r"^\W*(?:outside|inside|indoors|outdoors|upstairs|downstairs|elsewhere|meanwhile|later|(?:far )?(?:below|above|away)"
    r"|back (?:in|at|home)|(?:\w+ )?(?:hours?|days?|weeks?|months?|years?|minutes?) later|the next|underwater|next)\b",
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
        self.weather = ""
        self.scene: Scene | None = None

    def of(self, said: str, scene: Scene) -> tuple[str, str, str]:
        """What to name besides the words of a beat, `a long hospital corridor, in the rain`.

        For all of it, and for a picture of its beginning or of its end whose words name no place. Empty where none is known.

        A new scene, `Meanwhile` and `Outside` begin anew. A dateline, `Rome, 44 BC.`, lasts until another one.
        """
        if scene is not self.scene:
            self.scene, self.place, self.weather = scene, "", ""
        if _MOVED_ON.match(said) or opens_with("cut_openers").match(said):
            self.place, self.weather = "", ""
            self.epoch = "" if names_place(self.epoch) else self.epoch
        now = weather_in(said)
        weather = "" if now is not None else self.weather
        self.weather = self.weather if now is None else now
        line = dateline(said)
        if line:
            self.epoch, self.place = line, ""
        named = "" if scene.settings else place_in(said.replace(line, "", 1))  # a heading or a slugline says it already
        before, self.place = self.place, named or self.place
        epoch = "" if line or scene.settings else self.epoch
        carried = "" if names_place(said) else before

        def listed(place: str, since: str) -> str:
            return ", ".join(filter(None, (place, since, weather)))

        return listed(carried, epoch), listed(before or self.place, epoch), listed(self.place, epoch)


_WEATHER = {
    "in the rain": r"(?:rain|rains|raining|downpour|drizzle|monsoon|rain-soaked|rainy)",
    "in falling snow": r"(?:snowing|snowfall|blizzard|snowstorm|snowflakes|falling snow|snow (?:falls|is falling))",
    "in the fog": r"(?:fog|foggy|mist|misty)",
    "in the storm": r"(?:storm|stormy|thunderstorm|gale|hurricane|lightning)",
}


def as_place(said: str) -> str:
    """What `Whereabouts.of` gave, as a sentence for a prompt; empty for nothing."""
    if not said or said in _WEATHER:
        return f"{said[:1].upper()}{said[1:]}." if said else ""
    return f"Location: {said}."


def weather_in(said: str) -> str | None:
    """The bad weather that a beat is in, `in the rain`; empty where it is over or clear; None where the beat does not say."""
    if weather_is_over(said) or re.search(r"\b(?:sunny|sunlit|sunshine|starlit|sunlight|clear sky)\b", said, re.IGNORECASE):
        return ""
    bare = pattern("not_weather").sub(" ", said)
    if re.search(r"\b(?:windows?|sounds?|like|after|before|no|without|distant|far)\b", bare, re.IGNORECASE):
        return None
    for words, found in _WEATHER.items():
        if re.search(rf"\b{found}\b", bare, re.IGNORECASE):
            return words
    return "" if re.search(r"\b(?:snow|snowy|sun|moon|moonlit)\b", bare, re.IGNORECASE) else None  # another weather than before


def dateline(said: str) -> str:
    """What opens a beat and says only where and when: `Rome, 44 BC`. Empty where none does."""
    first = re.match(r"\s*([A-Z\d][^.!?:;]{2,40})\.(?=\s|$)", said)
    if not first or word_count(first[1]) > 6 or not _DATELINE.search(first[1]):
        return ""
    return "" if _has_verb(first[1]) else first[1].strip()


def names_place(said: str) -> bool:
    """Whether `said` is at a place, or speaks of one."""
    for match in _noun().finditer(said):
        thing = match.group().lower() in terms("place_things")
        if _is_noun(said, match) and (not thing or re.search(_IN_ONE, said[: match.start()], re.IGNORECASE)):
            return True
    return False


def _is_noun(said: str, match: re.Match[str]) -> bool:
    """Not the verb, `he stages`, nor a part of another thing's name, `the church tower`, `a street lamp`."""
    after = re.match(r"[\s-]+([^\W_]+)", said[match.end() :])
    if after is None:
        return True
    following = after[1].lower()
    return following in _AFTER or following in verb_forms() or following.endswith(("ing", "ly"))


def _has_verb(words: str) -> bool:
    return any(t.lower() in verb_forms() for t in _WORD.findall(words)[1:])


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
        thing = match.group().lower() in terms("place_things")
        start = max(said.rfind(mark, 0, match.start()) for mark in ".!?") + 1
        sentence = re.split(r"[.!?](?:\s|$)", said[start:], maxsplit=1)[0]
        fragment = not _has_verb(sentence)
        led_in = before == "," and (fragment or (article and not _has_verb(said[start:low])))  # `Far below, the village sleeps`
        opens = (not lead or before in ".!?;:" or led_in) and not thing
        if thing and before not in _WITHIN:
            continue
        owned = re.match(r"(?:his|her|its|their|my|our)\b", said[low:], re.IGNORECASE)
        if (before in terms("place_prepositions") or (opens and (article or taken or fragment))) and not owned:
            tail = re.match(r" of (?:the |an? )?[\w'’-]+(?=[\s.,;]|$)", said[match.end() :])
            words = said[low : match.end()] + (tail.group() if tail else "")
            words = words[:1].lower() + words[1:] if article or low == match.start() else words
            bare = not article and before in terms("place_prepositions")  # `at sea`, `in deep space`
            found = f"{before} {words}" if bare or before in _SIDES else words
    return found
