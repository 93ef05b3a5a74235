"""Reading a prompt as a painter would: where are we, who is there, what hour, what weather, what do they wear."""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass, field

from .lexicon import (
    COLOUR,
    ENGLISH,
    FOREIGN_ONLY,
    GARMENTS,
    HEADWEAR,
    HOMES,
    HOURS,
    INTERIORS,
    KIN,
    NOUN_LEADS,
    NOUN_OR_VERB,
    SETTINGS,
    SUBJECTS,
    TRAITS,
    VERB_FOLLOWERS,
    WEATHER,
)

_TOKEN = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*", re.UNICODE)
_ASIDE = re.compile(r"^\s*(style|character|characters|cast|look|palette|note|negative)\b.*?:", re.IGNORECASE)
_SIMILE = re.compile(r"\b(?:like|as if|as though)\s+(?:an?|the|it)\b[^.,;:!?]*", re.IGNORECASE)
_OVER = re.compile(
    r"\b(?:(?:after|no|without|past)\s+(?:the\s+|any\s+)?(?:\w+\s+)?(?:storm|rain|snow|fog|mist|clouds?)|(?:storm|rain|snow|fog|mist)\w*\s+"
    r"(?:has|have|had|is|was)?\s*(?:blown|passed|passes|fades|dies|stopped"
    r"|stops|ended|ends|over|cleared|clears|lifted|lifts|gone|broken up)\b)",
    re.IGNORECASE,
)
"""Weather that is over."""
_AGE = re.compile(r"\b[\w-]+[\s-](?:years?|months?)[\s-]old\b", re.IGNORECASE)
_WHERE = re.compile(r"^\s*(?:location|setting|place)\s*:", re.IGNORECASE)
_MOONSCAPE = re.compile(
    r"\b(?:on|across) (?:the moon|mars|(?:the )?[\w ]{0,16}\bmars)\b|\blocation: (?:the )?(?:moon|mars|[\w ]{0,16}\bmars)\b"
    r"|\b(?:moon|mars)(?:['’]s)? (?:surface|base|landing|dust|rock|rover)|\blunar (?:surface|base|dust|rover)|\bmartian\b"
    r"|\bof mars\b|\bcrater\b(?=.*\bastronaut)"
)
_INSIDE = re.compile(r"^\s*(?:location:\s*)?(?:int\b\.?|inside\b|interior\b)", re.IGNORECASE)


@dataclass(frozen=True)
class Reading:
    """What the words call for. Scores are relative; an empty `settings` means no known word at all."""

    settings: dict[str, float]
    subjects: dict[str, float]
    weather: dict[str, float]
    hours: dict[str, float]
    traits: frozenset[str]
    homes: dict[str, float] = field(default_factory=dict)
    """Where the people and animals in it are usually found."""
    garment: str | None = None
    headwear: str | None = None
    colours: dict[str, str] = field(default_factory=dict)
    """`#rrggbb` by the noun that follows the colour word: {"raincoat": "#e8c33a"}."""
    moonscape: bool = False
    """Whether it plays on the ground of the moon or of Mars."""
    plain: str = ""

    @property
    def setting(self) -> str | None:
        return max(self.settings, key=lambda key: self.settings[key]) if self.settings else None

    @property
    def sky(self) -> str | None:
        return max(self.weather, key=lambda key: self.weather[key]) if self.weather else None

    @property
    def hour(self) -> str | None:
        return max(self.hours, key=lambda key: self.hours[key]) if self.hours else None

    def has(self, *subjects: str) -> bool:
        return any(self.subjects.get(subject, 0) >= 0.3 for subject in subjects)


def read(prompt: str) -> Reading:
    """`prompt` as scores by key. Earlier words weigh more, asides (Style:, Character:) and similes little or nothing."""
    text = unicodedata.normalize("NFKC", prompt).lower()
    scores: tuple[dict[str, float], ...] = ({}, {}, {}, {})
    traits: dict[str, float] = {}
    homes: dict[str, float] = {}
    colours: dict[str, str] = {}
    worn: list[tuple[float, str]] = []
    heads: list[tuple[float, str]] = []
    position = 0
    kin = False
    english = not ENGLISH.isdisjoint(_TOKEN.findall(text))
    for sentence in re.split(r"(?<=[.!?。！？\n;])\s*", text):
        aside, where = bool(_ASIDE.match(sentence)), bool(_WHERE.match(sentence))
        sentence = _AGE.sub(_aged, _OVER.sub(" ", _SIMILE.sub(" ", sentence)))
        tokens = _TOKEN.findall(sentence)
        inside = bool(_INSIDE.match(sentence)) and not aside
        for index, token in enumerate(tokens):
            emphasis = (0.22 if aside else 1.0) / (1 + position / 26)
            position += 0 if aside else 1
            if (english and token in FOREIGN_ONLY) or does(tokens, index):
                continue
            pair = f"{token}-{tokens[index + 1]}" if index + 1 < len(tokens) else ""
            for table, tally in zip((SETTINGS, SUBJECTS, WEATHER, HOURS), scores, strict=True):
                if where and table is SUBJECTS:
                    continue  # where it plays, not what is seen there
                for key, weight in _look_up(table, pair) or _look_up(table, token):
                    tally[key] = tally.get(key, 0) + weight * emphasis
            for key, weight in _look_up(HOMES, token):
                homes[key] = homes.get(key, 0) + weight * emphasis
            for key, weight in _look_up(TRAITS, pair) or _look_up(TRAITS, token):
                traits[key] = traits.get(key, 0) + weight
            colour = COLOUR.get(token) or next((COLOUR[part] for part in token.split("-") if part in COLOUR), None)
            for noun in tokens[index + 1 : index + 4]:
                if colour is None or noun in COLOUR:
                    break
                colours.setdefault(_singular(noun), colour)
                if noun in GARMENTS or noun in HEADWEAR:
                    break
            kin = kin or (token in KIN and not aside)
            if _singular(token) in GARMENTS:
                worn.append((emphasis, _singular(token)))
            if _singular(token) in HEADWEAR:
                heads.append((emphasis, _singular(token)))
        if inside:
            known = [key for key in INTERIORS if key in scores[0] and key != "room"]
            for key in known or ["room"]:
                scores[0][key] = scores[0].get(key, 0) + 1.6
            if known:
                scores[0].pop("room", None)
    _unspaced(text, scores, colours)
    moonscape = _MOONSCAPE.search(text) is not None and not inside
    if moonscape:
        scores[0]["space"] = scores[0].get("space", 0) + 2.0
    if "space" in scores[0] and re.search(r"\b(?:earth|moon)\b", text):
        scores[1]["planet"] = max(1.0, scores[1].get("planet", 0))
    if kin and "couple" not in scores[1]:
        # Someone else's grandmother: what an aside says about the main character is not about her.
        worn = [entry for entry in worn if entry[0] > 0.23]
        if scores[1].get("child", 0) < 0.3:
            scores[1].pop("child", None)
        else:
            scores[1]["couple"] = 1.0
    settings, subjects, weather, hours = scores
    return Reading(
        settings,
        subjects,
        weather,
        hours,
        traits=frozenset(traits),
        homes=homes,
        moonscape=moonscape,
        garment=max(worn)[1] if worn else None,
        headwear=max(heads)[1] if heads else None,
        colours=colours,
        plain=text.strip(),
    )


def does(tokens: list[str], index: int) -> bool:
    """Whether a word that may name a thing says what somebody does here: `she waves to him`, `monks ring the bell`."""
    token = tokens[index]
    if index == 0 or not any(form in NOUN_OR_VERB for form in _forms(token)):
        return False
    if token.endswith("ing") and token not in NOUN_OR_VERB and not any(token in table for table in (SETTINGS, SUBJECTS, WEATHER)):
        return True
    before = tokens[index - 1]
    after = tokens[index + 1] if index + 1 < len(tokens) else ""
    if before in ("i", "we", "they", "you", "he", "she", "it", "who", "will", "can", "must"):
        return True
    if before in NOUN_LEADS:
        return before == "to" and after in ("a", "an", "the", "his", "her", "their", "it", "him", "them")
    if before in COLOUR or before.isdecimal() or before.endswith(("ing", "y", "en", "ed", "'s", "’s")):
        return False
    if any(key in ("person", "woman", "child", "crowd") for key, _ in _look_up(SUBJECTS, before)):
        return True
    third = token.endswith("s") and not token.endswith("ss")
    return after in VERB_FOLLOWERS and (third or before.endswith("s") or token == "rose")


_YOUNG = frozenset("one two three four five six seven eight nine ten eleven twelve thirteen fourteen".split())


def _aged(match: re.Match[str]) -> str:
    """ "nine years old" is a child, not an old person; "seventy years old" is one."""
    word = re.split(r"[\s-]", match.group())[0].lower()
    years = int(word) if word.isdecimal() else 10 if word in _YOUNG else 40
    return "child" if years < 15 else "old" if years >= 60 else " "


def _unspaced(text: str, scores: tuple[dict[str, float], ...], colours: dict[str, str]) -> None:
    """Adds words of scripts without spaces, longest first, wherever they stand."""
    if text.isascii():
        return
    for table, tally in zip((SETTINGS, SUBJECTS, WEATHER, HOURS), scores, strict=True):
        left = text
        for word in _solid_words(id(table)):
            if (at := left.find(word)) < 0:
                continue
            left = left.replace(word, " " * len(word))  # 自転車 is a bicycle, and no 車
            for key, weight in table[word]:
                tally[key] = tally.get(key, 0) + (weight + len(word)) / (1 + at / 30)
    for word, colour in COLOUR.items():
        if _solid(word) and word in text:
            colours.setdefault(word, colour)


@functools.cache
def _solid_words(table: int) -> tuple[str, ...]:
    """The words of a table (by its identity: it lives as long as the module) that are looked for anywhere, longest first."""
    named = next(t for t in (SETTINGS, SUBJECTS, WEATHER, HOURS) if id(t) == table)
    return tuple(sorted(filter(_solid, named), key=lambda word: (-len(word), word)))


def _solid(word: str) -> bool:
    """Whether a word's script joins words, or little words to nouns, so that it is looked for anywhere in the text."""
    return ord(word[0]) > 0x2E80 or 0x590 <= ord(word[0]) <= 0x97F


def _look_up(table: dict[str, tuple[tuple[str, int], ...]], token: str) -> tuple[tuple[str, int], ...]:
    for form in _forms(token):
        if form in table:
            return table[form]
    return ()


def _forms(token: str) -> tuple[str, ...]:
    token = token.replace("’", "'").removesuffix("'s")
    forms = [token]
    if "\u0400" <= token[:1] <= "\u052f":  # Cyrillic: the table holds stems
        return token, *(token[:-n] for n in (1, 2, 3) if len(token) - n >= 3 + (n > 1))
    if len(token) > 3:
        for ending, instead in (
            ("ies", "y"),
            ("es", ""),
            ("s", ""),
            ("ing", ""),
            ("ing", "e"),
            ("ed", ""),
            ("ed", "e"),
            ("y", ""),
        ):
            if token.endswith(ending) and len(token) - len(ending) > (2 if instead or ending == "s" else 3):
                forms.append(token[: -len(ending)] + instead)
    return tuple(forms)


def _singular(token: str) -> str:
    return token[:-1] if len(token) > 3 and token.endswith("s") and not token.endswith("ss") else token
