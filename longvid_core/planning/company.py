"""Who is meant: names and nouns for dangling pronouns, and everyone's look wherever they appear."""

from __future__ import annotations

import functools
import re

from .beats import leading_subject, opens_with_verb
from .cast import Person
from .lexicon import plural_verbs, terms, verb_forms
from .textkit import density
from .wording import ended

_PRONOUN = re.compile(r"(?<![\w'’])(?:he|she|him|her|his|hers)(?![\w'’])", re.IGNORECASE)
_QUOTE = re.compile(r"\"[^\"\n]*\"|“[^”]*”|«[^»]*»|「[^」]*」")
_BOTH = re.compile(r"^(?:both of them|the two of them|they both|both|they)\s+(?=(\w+))", re.IGNORECASE)


class Company:
    """Follows the people through the film, so that a segment which says only `she` can say who."""

    def __init__(self, people: list[Person]) -> None:
        self.people = people
        self.recent: list[Person] = []
        self.thing = ""

    @classmethod
    def of(cls, people: list[Person]) -> Company:
        """A company that has these people in mind."""
        company = cls(people)
        company.recent = list(people)
        return company

    def name_them(self, words: str, continuing: bool = False) -> tuple[str, list[Person]]:
        """`words` with its first dangling pronoun turned into who is meant, and the people in it. Then remembers them.

        `continuing`: the words are the rest of a sentence, which may lack its subject.
        """
        words = self._lowered(words)
        seen = self.mentioned(words)
        bare = _QUOTE.sub(lambda m: " " * len(m.group()), words)
        first = _PRONOUN.search(bare)
        found = [p for p in seen if first is None or self._place(p, words) < first.start()]
        who = self._subject_of(words, continuing)
        if who is not None:
            words, seen = self._with_subject(words, who), [who, *[p for p in seen if p is not who]]
        elif first is not None and not found:
            person = self._meant(first.group().lower())
            if person is not None:
                relative = _owns_person(bare[first.end() :]) and first.group().lower() in ("his", "her")
                words = words[: first.start()] + self._instead(first, bare, person) + words[first.end() :]
                seen = seen if relative else [person, *[p for p in seen if p is not person]]
        together = self._together(words)
        if together is not None:
            words, seen = together, [*self.recent[:2], *[p for p in seen if p not in self.recent[:2]]]
        elif self.thing:
            words = self._name_thing(words, seen)
        elif words.startswith("It ") and self.recent and self.recent[0].animal:
            words, seen = (
                _capital(self.recent[0].said) + words[2:],
                [self.recent[0], *[p for p in seen if p is not self.recent[0]]],
            )
        self._remember(words, seen)
        return words, seen

    def _lowered(self, words: str) -> str:
        """A screenplay's JOE as Joe."""
        for person in self.people:
            for head in person.heads:
                if person.named and head.isupper() and len(head) > 1:
                    words = re.sub(rf"(?<!\w){re.escape(head)}(?!\w)", person.name, words)
        return words

    def _subject_of(self, words: str, continuing: bool) -> Person | None:
        """Who does what `words`, opening with a verb, say; None where they have a subject."""
        only = [p for p in self.people if p.declared]
        person = self.recent[0] if self.recent else only[0] if len(only) == 1 else None
        if person is not None and person.animal and _PRONOUN.search(words):
            person = next((p for p in self.recent if not p.animal), person)
        if person is None or not opens_with_verb(words):
            return None
        after = words.split()[1:2]
        follows = after[0].lower().strip(".,;") if after else ""
        if follows in verb_forms() or follows in plural_verbs():
            return None  # `Leaves fall`
        return person if continuing or follows in ("a", "an", "the", "his", "her", "its", "their") else None

    def _with_subject(self, words: str, person: Person) -> str:
        """`Chases a butterfly` by whoever it is."""
        fresh = person.look and not person.named and not person.shown and re.match(r"an?\s", person.look)
        said = person.look if fresh else person.said
        return f"{said[0].upper()}{said[1:]} {words[0].lower()}{words[1:]}"

    def _together(self, words: str) -> str | None:
        """`Both of them on the roof` or `They laugh`, by name, where exactly two can be meant."""
        match = _BOTH.match(words)
        if match is None or len(self.recent) < 2:
            return None
        pair = sorted(self.recent[:2], key=lambda p: (not p.named, self.people.index(p)))
        how = match.group().split()[0].lower()
        follows = match[1].lower()
        if how == "both" and "of them" not in match.group().lower() and follows not in plural_verbs():
            return None
        if how == "they" and (
            len(self.recent) > 2
            or any(p.animal != pair[0].animal for p in pair)
            or follows in verb_forms() - {"are", "were", "have"}
            and follows not in plural_verbs()
        ):
            return None
        said = f"{pair[0].said} and {pair[1].said}"
        said = f"Both {said}" if how == "both" else said[0].upper() + said[1:]
        return f"{said} {words[match.end() :]}"

    def _name_thing(self, words: str, seen: list[Person]) -> str:
        """`It`, at the beginning or where nothing else has been named yet, is what the beat before was about."""
        if words[:3] in ("It ", "it "):
            return self.thing[0].upper() + self.thing[1:] + words[2:]
        match = re.search(r"(?<![\w'’])it(?![\w'’])", words)
        if match is None or not seen:
            return words
        before = words[: match.start()]
        if sum(p.animal and self._place(p, words) < match.start() for p in seen) > 1:
            return words  # `the cat sees a moth and follows it`
        for person in seen:
            before = mention(person).sub(" ", before, count=1).replace(person.look or "\0", " ")
        if re.search(r"(?<!\w)(?:an?|the|this|that|his|her|its|their|some|two)\s", before, re.IGNORECASE):
            return words
        return words[: match.start()] + self.thing + words[match.end() :]

    def mentioned(self, words: str) -> list[Person]:
        """The people named or called by their noun in `words`, in the order they come."""
        words = _QUOTE.sub(lambda m: " " * len(m.group()), words)
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
        only = [p for p in self.people if p.declared and not p.animal]
        if not self.recent and len(only) == 1 and only[0].sex in ("", sex):
            only[0].sex = sex
            return only[0]
        return next((p for p in self.recent if p.animal and not p.sex and not p.owned), None)

    def _instead(self, match: re.Match[str], bare: str, person: Person) -> str:
        said, word = person.said, match.group().lower()
        after = re.match(r"\s+([^\W\d_]+)", bare[match.end() :])
        seen = re.search(r"\b(?:sees?|saw|finds?|found|watch(?:es)?|follows?|shows?)\s+$", bare[: match.start()], re.IGNORECASE)
        if word == "her" and seen and after is not None and after[1].lower().endswith("ing"):
            return said  # `we see her walking`
        owns = word == "his" or (word == "her" and after is not None and after[1].lower() not in terms("after_object"))
        said = f"{said}'s" if owns or word == "hers" else said
        return said[0].upper() + said[1:] if match.start() == 0 or match.group()[0].isupper() else said

    def _remember(self, words: str, seen: list[Person]) -> None:
        for person in reversed(seen):
            person.shown = True
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


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _owns_person(after: str) -> bool:
    """Whether a possessive goes with somebody else: `her grandmother`."""
    match = re.match(r"\s+(?:[\w-]+\s+)?([^\W\d_]+)", after)
    near = re.match(r"\s+([^\W\d_]+)", after)
    kin = terms("women") | terms("men") | terms("people")
    return bool(near and near[1].lower() in kin) or bool(match and match[1].lower() in kin)


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


def _met(person: Person, people: list[Person], words: str) -> list[re.Match[str]]:
    """Where the person is meant: the Anna of `Anna Berg` is not, where that is somebody else."""
    longer = [m.span() for p in people if p is not person for m in mention(p).finditer(words)]
    return [
        m
        for m in mention(person).finditer(words)
        if not any(low <= m.start() and m.end() <= high and high - low > m.end() - m.start() for low, high in longer)
    ]


def with_looks(words: str, people: list[Person]) -> str:
    """`words` with each person's look in brackets where they first come, unless the words tell it already."""
    for person in people:
        if not person.look or _told(words, person.look):
            continue
        met = _met(person, people, words)
        match = next((m for m in met if not words[m.end() :].startswith(("'s", "’s"))), None)
        if match is None:
            said = person.said
            words = f"{ended(words)} {said[0].upper()}{said[1:]}: {person.look}." if met else words
        elif words[match.end() :].lstrip().startswith("("):
            continue
        else:
            words = f"{words[: match.end()]} ({person.look}){words[match.end() :]}"
    return words


def _told(words: str, look: str) -> bool:
    if look.lower() in words.lower():
        return True
    wanted = {w for w in re.findall(r"\w{3,}", look.lower()) if w not in ("with", "and", "the", "years", "wearing")}
    have = set(re.findall(r"\w{3,}", words.lower()))
    return bool(wanted) and len(wanted & have) >= 0.6 * len(wanted)
