"""What a model is told: whole sentences that stand alone, with who is meant and how they look, and the film's style."""

from __future__ import annotations

import functools
import re

from .cast import Person
from .durations import without_lengths
from .lexicon import pattern, terms, verb_forms
from .script import Scene, Script, plain
from .textkit import density, printable, says_something

LEAD = re.compile(r"^(?:(?:and then|but then|and so|then|and|but|so|or|yet|plus|next|after that|finally),?\s+)+", re.IGNORECASE)
_TIMECODE = re.compile(r"[\[(]\s*\d{1,2}:\d{2}(?::\d{2})?(?:\s*[-–—]\s*\d{1,2}:\d{2}(?::\d{2})?)?\s*[\])]\s*")
_CUT = re.compile(
    r"\b(?:(?:SMASH|HARD|MATCH|JUMP|QUICK)[\s-])?CUTS? (?:BACK )?TO\b[:.]?\s*|\b(?:FADE|CROSSFADE|DISSOLVE|WIPE)[\s-](?:IN|OUT|TO(?: BLACK| WHITE)?)\b[:.]?\s*"
)


def story_words(text: str) -> str:
    """The words of a beat without marks, lengths, transitions and markup; a whole sentence or more."""
    whole = plain(printable(text))
    said = without_lengths(plain(_CUT.sub(" ", _TIMECODE.sub("", printable(text)))))
    said = said if says_something(said) else whole
    said = re.sub(r"\s+([,.;:!?…])(?=\s|$)", r"\1", said)
    said = re.sub(r"^[\s,;:.·•|>–—→=-]+(?=\w)|(?:\s*(?:→|->|=>|⇒|➜|\|))+\s*$", "", said)
    return " ".join(said.split()).strip()


def as_sentence(words: str, keep_lead: bool = False) -> str:
    """`words` with a capital, with an end, and (unless `keep_lead`) without a joining word in front."""
    bare = words if keep_lead else LEAD.sub("", words).strip()
    words = bare if says_something(bare) else words
    words = words.rstrip(" ,;:–—-") if not words.endswith("...") else words
    if re.match(r"[a-zà-þа-я][^A-Z]*?(?:\W|$)", words):
        words = words[0].upper() + words[1:]
    return ended(words)


def ended(words: str) -> str:
    """`words` with a full stop where nothing ends them."""
    words = words.rstrip(" ,;:–—-") or words
    tail = words.rstrip("\"”’'»)]`*_")[-1:]
    if not tail or not (tail.isalnum() or tail in "%°"):
        return words
    return words + ("。" if density(tail) == 1.7 or (density(tail) == 2.4) else ".")


def speech_words(text: str) -> str:
    """A screenplay speech, `MIRA (whispering) / Higher!`, as a sentence: `Mira (whispering) says: "Higher!"`."""
    lines = [line.strip() for line in text.strip().split("\n") if line.strip()]
    if len(lines) < 2:
        return plain(text)
    name = lines[0].title() if lines[0].isupper() else lines[0]
    how = [line for line in lines[1:] if re.fullmatch(r"\([^)]*\)", line)]
    said = " ".join(line for line in lines[1:] if line not in how)
    manner = f" {' '.join(how)}" if how else ""
    return f'{name}{manner} says: "{said}"' if said else plain(text)


# ---- who is meant ------------------------------------------------------------------------------------------------------------

_PRONOUN = re.compile(r"(?<![\w'’])(?:he|she|him|her|his|hers)(?![\w'’])", re.IGNORECASE)
_QUOTE = re.compile(r"\"[^\"\n]*\"|“[^”]*”|«[^»]*»|「[^」]*」")
_BOTH = re.compile(r"^(?:both of them|the two of them|the two|they both)\b", re.IGNORECASE)


class Company:
    """Follows the people through the film, so that a segment which says only `she` can say who."""

    def __init__(self, people: list[Person]) -> None:
        self.people = people
        self.recent: list[Person] = []
        self.thing = ""

    def name_them(self, words: str) -> tuple[str, list[Person]]:
        """`words` with its first dangling pronoun turned into who is meant, and the people in it. Then remembers them."""
        seen = self.mentioned(words)
        bare = _QUOTE.sub(lambda m: " " * len(m.group()), words)
        first = _PRONOUN.search(bare)
        found = [p for p in seen if first is None or self._place(p, words) < first.start()]
        if first is not None and not found:
            person = self._meant(first.group().lower())
            if person is not None:
                relative = _owns_person(bare[first.end() :]) and first.group().lower() in ("his", "her")
                words = words[: first.start()] + self._instead(first, bare, person) + words[first.end() :]
                seen = seen if relative else [person, *[p for p in seen if p is not person]]
        both = _BOTH.match(words)
        if both and len(self.recent) >= 2:
            first_two = sorted(self.recent[:2], key=lambda p: not p.named)
            words = f"Both {first_two[0].said} and {first_two[1].said}" + words[both.end() :]
            seen = [*first_two, *[p for p in seen if p not in first_two]]
        elif self.thing:
            words = self._name_thing(words, seen)
        self._remember(words, seen)
        return words, seen

    def _name_thing(self, words: str, seen: list[Person]) -> str:
        """`It`, at the beginning or where nothing else has been named yet, is what the beat before was about."""
        if words[:3] in ("It ", "it "):
            return self.thing[0].upper() + self.thing[1:] + words[2:]
        match = re.search(r"(?<![\w'’])it(?![\w'’])", words)
        if match is None or not seen:
            return words
        before = words[: match.start()]
        for person in seen:
            before = mention(person).sub(" ", before, count=1).replace(person.look or "\0", " ")
        if re.search(r"(?<!\w)(?:an?|the|this|that|his|her|its|their|some|two)\s", before, re.IGNORECASE):
            return words
        return words[: match.start()] + self.thing + words[match.end() :]

    def mentioned(self, words: str) -> list[Person]:
        """The people named or called by their noun in `words`, in the order they come."""
        hits = [(self._place(p, words), n, p) for n, p in enumerate(self.people)]
        return [p for place, _, p in sorted(hits, key=lambda h: h[:2]) if place < len(words) + 1]

    def _place(self, person: Person, words: str) -> int:
        match = mention(person).search(words)
        return match.start() if match else len(words) + 1

    def _meant(self, pronoun: str) -> Person | None:
        sex = "f" if pronoun.startswith(("she", "her")) else "m"
        for person in self.recent:
            if person.sex == sex:
                return person
            if not person.sex and not person.animal:
                person.sex = sex
                return person
        return next((p for p in self.recent if p.animal and not p.sex), None)

    def _instead(self, match: re.Match[str], bare: str, person: Person) -> str:
        said, word = person.said, match.group().lower()
        after = re.match(r"\s+([^\W\d_]+)", bare[match.end() :])
        owns = word == "his" or (word == "her" and after is not None and after[1].lower() not in _AFTER_OBJECT)
        said = f"{said}'s" if owns or word == "hers" else said
        return said[0].upper() + said[1:] if match.start() == 0 or match.group()[0].isupper() else said

    def _remember(self, words: str, seen: list[Person]) -> None:
        from .beats import leading_subject

        for person in reversed(seen):
            if person in self.recent:
                self.recent.remove(person)
            self.recent.insert(0, person)
        del self.recent[4:]
        subject = leading_subject(words)
        if subject and subject.lower() not in ("he", "she", "it", "they", "we", "i", "you", "there"):
            person_like = any(mention(p).search(subject) for p in self.people if not p.animal)
            noun = re.sub(r"^(?:an?|the)\s+", "", subject, flags=re.IGNORECASE)
            self.thing = "" if person_like or subject[:1].isupper() and noun == subject else f"the {noun}"
        else:
            self.thing = self.thing if subject else ""


def _owns_person(after: str) -> bool:
    """Whether a possessive goes with somebody else: `her grandmother`."""
    match = re.match(r"\s+(?:[\w-]+\s+)?([^\W\d_]+)", after)
    near = re.match(r"\s+([^\W\d_]+)", after)
    kin = terms("women") | terms("men") | terms("people")
    return bool(near and near[1].lower() in kin) or bool(match and match[1].lower() in kin)


_AFTER_OBJECT = {"in", "on", "at", "to", "from", "with", "and", "as", "by", "into", "through", "up", "down", "over", "under", "away", "back", "while", "again", "for", "off", "out", "across", "past", "toward", "towards", "the", "a", "an", "until", "before", "after", "around", "along"}  # fmt: skip


@functools.cache
def _mention(heads: frozenset[str], named: bool) -> re.Pattern[str]:
    listed = "|".join(sorted(map(re.escape, heads), key=lambda h: (-len(h), h)))
    solid = any(density(c) for h in heads for c in h)
    if named:
        return re.compile(
            f"(?:{listed})" if solid else rf"(?<!\w)(?:{listed})(?!\w)", 0 if any(len(h) < 4 for h in heads) else re.IGNORECASE
        )
    return re.compile(
        rf"(?<!\w)(?:the|an?|his|her|their|our|its|this|that)\s+(?:[\w-]+\s+){{0,3}}?(?:{listed})(?!\w)", re.IGNORECASE
    )


def mention(person: Person) -> re.Pattern[str]:
    """What finds the person in a sentence."""
    return _mention(frozenset(person.heads), person.named)


def with_looks(words: str, people: list[Person]) -> str:
    """`words` with each person's look in brackets where they first come, unless the words tell it already."""
    for person in people:
        if not person.look or _told(words, person.look):
            continue
        match = next((m for m in mention(person).finditer(words) if not words[m.end() :].startswith(("'s", "’s"))), None)
        if match is None:
            said = person.said
            words = f"{ended(words)} {said[0].upper()}{said[1:]}: {person.look}." if mention(person).search(words) else words
        elif words[match.end() :].lstrip().startswith("("):
            continue
        else:
            words = f"{words[: match.end()]} ({person.look}){words[match.end() :]}"
    return words


def _told(words: str, look: str) -> bool:
    wanted = {w for w in re.findall(r"\w{3,}", look.lower()) if w not in ("with", "and", "the", "years", "wearing")}
    have = set(re.findall(r"\w{3,}", words.lower()))
    return bool(wanted) and len(wanted & have) >= 0.6 * len(wanted)


# ---- the whole prompt --------------------------------------------------------------------------------------------------------


def phase(part: int, parts: int) -> str:
    """Which moment of a beat that fills several segments. Different for each."""
    if parts == 1:
        return ""
    if part == 0:
        return "The moment begins."
    if part == parts - 1:
        return "The moment comes to its end."
    if parts == 3:
        return "Halfway through the moment."
    return f"Moment {part + 1} of {parts}, {round(100 * part / (parts - 1))}% of the way through."


def scene_lead(scene: Scene, words: str) -> str:
    """The scene's place, to stand before the beat, unless the beat names it."""
    said = [s for s in scene.settings if s and s.lower().strip(" .") not in words.lower()]
    return ". ".join(s[:1].upper() + s[1:].rstrip(" .") for s in said)


def film_tail(script: Script) -> str:
    """What every prompt ends with: setting, what film it is, style."""
    parts = []
    if script.setting:
        parts.append("Setting: " + "; ".join(s.rstrip(" .") for s in script.setting))
    parts += [c.rstrip(" .") if c.rstrip()[-1:] == "." else c for c in script.context]
    plain_styles = [s.rstrip(" .") for s in script.style if ": " not in s[:24]]
    if plain_styles:
        parts.append("Style: " + "; ".join(s[0].lower() + s[1:] if s[1:2].islower() else s for s in plain_styles))
    parts += [s.rstrip(" .") for s in script.style if ": " in s[:24]]
    return " ".join(ended(p) for p in parts)


def note_words(scene: Scene) -> str:
    """A scene's own camera, light and sound lines."""
    return " ".join(ended(f"{said[:1].upper()}{said[1:]}: {words}") for _, said, words in scene.notes)


def joined(*parts: str) -> str:
    return " ".join(p.strip() for p in parts if p and p.strip())


__all__ = [
    "Company",
    "as_sentence",
    "ended",
    "film_tail",
    "joined",
    "mention",
    "note_words",
    "pattern",
    "phase",
    "scene_lead",
    "speech_words",
    "story_words",
    "terms",
    "verb_forms",
    "with_looks",
]
