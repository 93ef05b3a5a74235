"""The people and animals a story brings in, with what it says of their looks where they come in."""

from __future__ import annotations

import re
from collections import Counter

from .beats import verb_at
from .cast import Person, look_said, roles, sex_in, sex_of
from .lexicon import pattern, terms, verb_forms

_TOKEN = re.compile(r"[^\W\d_](?:[\w'’-]*\w)?|\d+\w*|[^\w\s]")
_DETERMINER = {"a", "an", "the", "his", "her", "its", "their", "our", "my", "one"}
_ENGLISH = {"the", "a", "an", "and", "of", "in", "on", "with", "to", "his", "her", "is", "at", "he", "she", "it"}
_BEFORE_NAME = {",", '"', "”", "’", "'"}
_PLACED = {
    "in",
    "at",
    "from",
    "to",
    "near",
    "of",
    "over",
    "through",
    "across",
    "on",
    "into",
    "towards",
    "around",
    "outside",
    "inside",
}


def discovered(sentences: list[str], known: list[Person]) -> list[Person]:
    """Everyone in the story: the `known` ones first, then in the order they come in."""
    people = list(known)
    names = _names(sentences)
    for sentence in sentences:
        for clause in re.split(r";\s+", sentence):
            if (said := look_said(clause)) and (said[0] in names or any(p.name == said[0] for p in people)):
                person = _named(people, said[0])
                person.look, person.sex = person.look or said[1], person.sex or sex_in(said[1].split(",")[0])
        if (said := look_said(sentence)) and any(p.name == said[0] for p in people):
            continue  # who `a tall woman` is has been said
        sentence = re.sub(r"\[[^\]]*\]", lambda m: " " * len(m.group()), sentence)  # `[DRONE, RISING]` is nobody
        spots = list(_TOKEN.finditer(sentence))
        tokens = [m.group() for m in spots]
        shouted = sentence.upper() == sentence
        at = 0
        while at < len(tokens):
            noun = tokens[at].lower()
            if _introduces(tokens, at) and not shouted or tokens[at] in names:
                at = _meet_name(sentence, spots, tokens, at, people)
            elif noun in roles() and not (at + 1 < len(tokens) and tokens[at + 1].lower() in roles()):
                at = _meet(sentence, spots, tokens, at, people)
            at += 1
    return people


# ---- names -------------------------------------------------------------------------------------------------------------------


def _names(sentences: list[str]) -> set[str]:
    """Words that are names of people: capitals inside a sentence, more than once, and not mostly after `in` or `to`."""
    inside: Counter[str] = Counter()
    placed: Counter[str] = Counter()
    every: Counter[str] = Counter()
    called: set[str] = set()
    if not _reads_as_english(sentences):
        return called
    for sentence in sentences:
        if (said := look_said(sentence)) and said[0].isalpha() and said[0].istitle() and said[0] not in terms("capital_words"):
            called.add(said[0])  # `Maya is a tall woman with silver braids`
        tokens = _TOKEN.findall(sentence)
        if sum(t[:1].isupper() for t in tokens) > 0.6 * len(tokens) > 2:
            continue
        for at, token in enumerate(tokens):
            if (
                not (token[0].isupper() and token[1:].islower() and len(token) > 1)
                or token in terms("capital_words")
                or token.lower() in roles()
            ):
                continue
            every[token] += 1
            before = tokens[at - 1] if at else "."
            if before in ("named", "called"):
                called.add(token)
            if before[0].isalpha() or before in _BEFORE_NAME:
                inside[token] += 1
                placed[token] += before.lower() in _PLACED or (before.lower() == "the")
    return called | {n for n in inside if every[n] >= 2 and inside[n] and placed[n] * 2 < every[n]}


def _reads_as_english(sentences: list[str]) -> bool:
    """Whether capitals mean names here; German writes every noun with one."""
    tokens = [t.lower() for s in sentences for t in _TOKEN.findall(s) if t[0].isalpha()]
    return sum(t in _ENGLISH for t in tokens) * 14 >= len(tokens)


def _named(people: list[Person], name: str) -> Person:
    person = next((p for p in people if name in p.heads), None)
    if person is None:
        person = Person(name, {name}, named=True)
        people.append(person)
    return person


def _introduces(tokens: list[str], at: int) -> bool:
    """`JOE, 60s, …` in a screenplay, or a known first name before `, a girl in …`."""
    token = tokens[at]
    if at + 2 >= len(tokens):
        return False
    if tokens[at + 1] == "(":  # `VERA (58, grey bun) unlocks`
        inside = tokens[at + 2]
        return token.isupper() and len(token) > 2 and (inside[0].isdigit() or inside.islower()) and ")" in tokens[at:]
    if tokens[at + 1] != ",":
        return False
    if token.isupper() and len(token) > 2 and token.isalpha():
        return True
    capital = token[0].isupper() and token[1:].islower() and len(token) > 2 and token not in terms("capital_words")
    if capital and re.fullmatch(r"[1-9]\d?", tokens[at + 2]) and tokens[at + 3 : at + 4] == [","]:
        return True  # `Pietro, 71, hands like bark`
    return (
        capital
        and tokens[at + 2].lower() in ("a", "an")
        and any(t.lower() in roles() or "year" in t for t in tokens[at + 3 : at + 7])
    )


def _meet_name(sentence: str, spots: list[re.Match[str]], tokens: list[str], at: int, people: list[Person]) -> int:
    shout = tokens[at].isupper() and len(tokens[at]) > 1
    name = tokens[at].title() if shout else tokens[at]
    new = not any(name in p.heads for p in people)
    before = tokens[at - 1].lower() if at else ""
    if new and before in ("named", "called") and at > 1:
        owner = next((p for p in reversed(people) if tokens[at - 2].lower() in p.heads), None)
        if owner is not None:
            owner.name, owner.named = name, True
            owner.heads.add(name)
            owner.look = owner.look or owner.met_as
            return at
    person = _named(people, name)
    person.mentions += 1
    if shout:
        person.heads.add(tokens[at])
    if new and before in roles():
        person.sex = sex_of(before)
    if tokens[at + 1 : at + 2] == ["("] and shout:
        last = tokens.index(")", at)
        look, alias = sentence[spots[at + 2].start() : spots[last].start()].strip(), ""
    else:
        look, last, alias = _tail(sentence, spots, tokens, at, loose=shout)
    if look and not person.look:
        person.look = look
        person.sex = person.sex or sex_of(alias) or sex_in(look)
    return max(at, last)


# ---- nouns -------------------------------------------------------------------------------------------------------------------


def _meet(sentence: str, spots: list[re.Match[str]], tokens: list[str], at: int, people: list[Person]) -> int:
    """Someone is mentioned at token `at`: know them again, or meet them. Returns the last token used."""
    noun = tokens[at].lower()
    low = at
    while (
        low > 0
        and at - low < 4
        and tokens[low - 1].lower() not in _DETERMINER
        and tokens[low - 1][0].isalpha()
        and tokens[low - 1].lower() not in verb_forms()
    ):
        low -= 1
    determiner = tokens[low - 1].lower() if low > 0 and tokens[low - 1].lower() in _DETERMINER else ""
    if not determiner:
        return at
    adjectives = " ".join(t for t in tokens[low:at])
    if tokens[at + 1 : at + 2] == [","] and tokens[at + 3 : at + 4] == [","] and _is_name(tokens[at + 2]):
        return _meet_apposed(sentence, spots, tokens, low, at, people)
    look, last, alias = _tail(sentence, spots, tokens, at)
    person = next((p for p in people if noun in p.heads), None)
    if person is not None:
        person.mentions += 1
        if determiner in ("a", "an") and look and person.look and look not in person.look and not person.named:
            person.look, person.ambiguous = "", True
        if person.ambiguous:
            return last
        if look and not person.look and determiner not in ("a", "an"):
            person.look = look
        elif look and determiner in ("a", "an") and not person.named and not person.look:
            person.look = ", ".join(filter(None, (adjectives, look)))
        return last
    own = determiner in ("his", "her", "their") and noun in terms("women") | terms("men")
    look = look if alias else ", ".join(filter(None, (adjectives, look))) if look else ""
    heads = {noun} | ({alias} if alias else set())
    sex = sex_of(noun) or (sex_of(alias) if alias else "")
    animal = noun in terms("creatures")
    shown_as = f"{determiner} {noun}" if own else ""
    owned = determiner in ("his", "her", "their", "its")
    people.append(
        Person(
            noun,
            heads,
            look,
            sex,
            animal=animal,
            mentions=1,
            shown_as=shown_as,
            owned=owned,
            met_as=sentence[spots[max(0, low - 1)].start() : spots[at].end()],
        )
    )
    return last


def _is_name(token: str) -> bool:
    return token[0].isupper() and token[1:].islower() and token not in terms("capital_words")


def _meet_apposed(sentence: str, spots: list[re.Match[str]], tokens: list[str], low: int, at: int, people: list[Person]) -> int:
    """`A boy, Tomas, ten, in a blue jumper, kicks a ball`: noun and name are one person."""
    person = _named(people, tokens[at + 2])
    person.heads.add(tokens[at].lower())
    person.sex, person.mentions = person.sex or sex_of(tokens[at].lower()), person.mentions + 1
    look, last, _ = _tail(sentence, spots, tokens, at + 2, loose=True)
    met = re.sub(r"^the\s+", "", sentence[spots[max(0, low - 1)].start() : spots[at].end()], flags=re.IGNORECASE)
    person.look = person.look or ", ".join(filter(None, (met[0].lower() + met[1:], look)))
    return max(at + 2, last)


def _tail(sentence: str, spots: list[re.Match[str]], tokens: list[str], at: int, loose: bool = False) -> tuple[str, int, str]:
    """The looks told right after token `at`, the last token they use, and the other noun of `its skipper, a young woman`."""
    chunks: list[str] = []
    alias, last, here = "", at, at + 1
    while here < len(tokens) and len(chunks) < 6:
        comma = tokens[here] == ","
        start = here + 1 if comma else here
        if tokens[here] not in (",",) and chunks:
            break
        stop = start
        while (
            stop < len(tokens)
            and tokens[stop] not in ',;:.!?—–()"“'
            and not (stop > start and tokens[stop].lower() in verb_forms() and tokens[stop - 1].lower() not in _DETERMINER)
        ):
            if (
                stop > start
                and tokens[stop].lower() in ("who", "that", "which", "while", "as", "and")
                and not (tokens[stop].lower() == "and" and _looks(tokens[stop + 1 : stop + 5]))
            ):
                break
            stop += 1
        chunk = tokens[start:stop]
        if not chunk or not (loose and comma and _describes(chunk) or _is_look(chunk, not comma, comma and not chunks)):
            break
        head = chunk[0].lower()
        if comma and head in ("a", "an") and not chunks:
            alias = next((t.lower() for t in chunk if t.lower() in roles()), "")
        chunks.append(sentence[spots[start].start() : spots[stop - 1].end()])
        last, here = stop - 1, stop
    return ", ".join(chunks), last, alias


def _describes(chunk: list[str]) -> bool:
    """What may stand between a screenplay's capitals and the verb: `60s`, `sunburnt`, `a straw hat`."""
    return (
        len(chunk) <= 7
        and chunk[0].lower() not in verb_forms()
        and not chunk[0].endswith("ing")
        and verb_at(["x", *chunk]) is None
    )


def _looks(tokens: list[str]) -> bool:
    said = " ".join(tokens)
    return bool(pattern("garments").search(said) or pattern("looks").search(said))


def _is_look(chunk: list[str], first: bool, appositive: bool) -> bool:
    head = chunk[0].lower()
    if len(chunk) > 12:
        return False
    if first:
        return head in ("in", "with", "wearing", "dressed", "wrapped") and _looks(chunk)
    if head in ("wearing", "dressed", "in", "with"):
        return _looks(chunk)
    if head.endswith("ing") or head in verb_forms():
        return False
    if appositive and head in ("a", "an") and any(t.lower() in roles() for t in chunk):
        return True
    return _looks(chunk) and verb_at(["x", *chunk]) is None
