"""What a well-formed answer may still get wrong, in words that a model can act on. `mend` sets right by rule what stays wrong."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from .answer import PlanAnswer, SegmentAnswer
from .ask import Facts
from .cast import Person
from .company import mention
from .durations import reachable, spacing
from .lexicon import plural_verbs, verb_forms
from .people import discovered
from .textkit import density, says_something

DANGLING = re.compile(
    r"^\W*(?P<word>he|she|they|his|her|hers|their|him|them|its|it(?!['’]?s?\s+(?:is\s+)?(?:rain|snow|dawn|dusk|night|noon|morning"
    r"|evening|dark|light|early|late|cold|hot)))\b",
    re.IGNORECASE,
)
"""A prompt that opens with somebody who was named elsewhere. `It rains` names nobody."""

SAME = re.compile(r"\b(?:the|that|this)\s+(?:same|aforementioned|previous|earlier)\s+(?P<noun>[^\W\d_][\w-]*)", re.IGNORECASE)
BEFORE = re.compile(
    r"(?:,\s*)?\b(?:(?:as|like) before|as (?:seen )?(?:earlier|previously)"
    r"|(?:continu(?:es|ing) from (?:the )?|(?:from|in|of) the )(?:last|previous|prior) (?:shot|scene|segment|clip|frame))\b,?",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_ENGLISH = re.compile(r"\b(?:the|a|an|of|and|in|on|with|to|is|as)\b", re.IGNORECASE)


def faults(answer: PlanAnswer, facts: Facts) -> list[str]:
    """Everything that does not hold, each with its place; empty where the answer is good."""
    found = [*_counted(answer, facts), *_covered(answer, facts), *_cast(answer, facts)]
    for at, segment in enumerate(answer.segments):
        found += [f"segments[{at}].{fault}" for fault in _segment(segment, at, facts)]
    return found


def _counted(answer: PlanAnswer, facts: Facts) -> list[str]:
    count, found = len(answer.segments), []
    if facts.count is not None and count != facts.count:
        found.append(f"segments: there are {count}; there must be exactly {facts.count}")
    elif count < facts.fewest:
        found.append(f"segments: {count} of {facts.longest_s:.2f} s at most do not make {facts.seconds:g} s; {facts.fewest} do")
    elif facts.count is None and count > facts.most:
        found.append(f"segments: there are {count}; there must be {facts.most} at most")
    for at, segment in enumerate(answer.segments):
        if not possible(segment.seconds, facts):
            found.append(
                f"segments[{at}].seconds is {segment.seconds:g}; {facts.limits.backend} makes {facts.shortest_s:.2f} to "
                f"{facts.longest_s:.2f}"
            )
    if amiss := length_amiss(answer.segments, facts):
        found.append(f"segments: their seconds add up to {amiss[0]:g}; the film is to be {amiss[1]:g} long")
    return found


def possible(seconds: float, facts: Facts) -> bool:
    """Whether the video model makes a segment of this length, give or take a quarter of a second."""
    return facts.shortest_s - 0.25 <= seconds <= facts.longest_s + 0.25


def length_amiss(segments: Sequence[SegmentAnswer], facts: Facts) -> tuple[float, float] | None:
    """The seconds that the segments add up to and those they should, where the film has a length and they miss it."""
    if facts.seconds is None:
        return None
    low, high = (n / facts.rate for n in reachable(facts.limits, len(segments)))
    wanted, total = min(max(facts.seconds, low), high), sum(s.seconds for s in segments)
    return (total, wanted) if abs(total - wanted) > max(0.1 * wanted, spacing(facts.limits) / facts.rate, 0.5) else None


def _covered(answer: PlanAnswer, facts: Facts) -> list[str]:
    most, found, last = len(facts.units), [], 0
    for at, segment in enumerate(answer.segments):
        numbers = segment.beats
        if not numbers:
            found.append(f"segments[{at}].beats is empty; each segment shows at least one beat")
            continue
        if any(not 1 <= n <= most for n in numbers):
            found.append(f"segments[{at}].beats is {numbers}; the beats are 1 to {most}")
        elif numbers != list(range(numbers[0], numbers[0] + len(numbers))) or not last <= numbers[0]:
            found.append(
                f"segments[{at}].beats is {numbers}; beats come once and in order, and the segment before ends with {last}"
            )
        last = max(last, *numbers)
    missing = sorted(set(range(1, most + 1)) - {n for s in answer.segments for n in s.beats})
    if missing:
        found.append(f"segments: no segment shows beat {', '.join(map(str, missing))}; every beat is shown")
    return found


def _cast(answer: PlanAnswer, facts: Facts) -> list[str]:
    found = []
    names = [entry.name.strip().lower() for entry in answer.cast]
    found += [f"cast: {name!r} has more than one entry; give one, with one look" for name, n in Counter(names).items() if n > 1]
    found += [
        f"cast[{at}].look is empty; say how {e.name!r} always looks" for at, e in enumerate(answer.cast) if not e.look.strip()
    ]
    for name in recurring(answer, facts):
        found.append(f"cast: {name} comes in more than one segment and has no entry; give one, with a look")
    return found


def recurring(answer: PlanAnswer, facts: Facts) -> list[str]:
    """Who (or what place of a name) more than one segment's prompt has and the cast lacks.

    By name: those that rules find in the text and in the prompts. Without one, `the fisherman`: those the text has, where no
    entry is called so or looks so.
    """
    known = {part for entry in answer.cast for part in (entry.name.lower(), *entry.name.lower().split())}
    looks = {word for entry in answer.cast for word in re.findall(r"[^\W\d_]+", entry.look.lower())}
    prompts = [s.prompt for s in answer.segments]
    people = {p.name: p for p in (*facts.people, *discovered([x for w in prompts for x in _SENTENCE.split(w)], [])) if p.named}
    named = [p for p in people.values() if not {p.name.lower(), *(h.lower() for h in p.heads)} & known]
    found = [p.name for p in named if sum(bool(re.search(rf"(?<!\w){re.escape(p.name)}(?!\w)", w)) for w in prompts) > 1]
    nameless = [p for p in facts.people if not p.named and not p.ambiguous and p.name.lower() not in known | looks]
    return found + [p.name for p in nameless if _comes_back(p, prompts)]


def _comes_back(person: Person, prompts: list[str]) -> bool:
    """Whether `the fisherman` of one prompt is the fisherman of another."""
    meant = [m for m in (mention(person).search(prompt) for prompt in prompts) if m is not None]
    return len(meant) > 1 and any(m.group().lower().startswith("the ") for m in meant)


def _segment(segment: SegmentAnswer, at: int, facts: Facts) -> list[str]:
    found = []
    if not says_something(segment.prompt):
        found.append("prompt says nothing")
    for field in ("prompt", "opening", "ending"):
        words = getattr(segment, field) or ""
        for pattern, what in ((DANGLING, "begins with"), (SAME, "says"), (BEFORE, "says")):
            if match := pattern.search(words):
                said = match.group().strip(" ,\"'*#-")
                found.append(f"{field} {what} {said!r}, and the model has seen nothing else; say who or what it is")
                break
    if (at == 0 or segment.join == "cut") and not says_something(segment.opening or ""):
        found.append("opening is missing; after a cut, say the still it opens on")
    if facts.brief.mode == "keyframe" and not says_something(segment.ending):
        found.append("ending is missing; say the still it ends on")
    if not moves(segment.motion):
        found.append(f"motion is {segment.motion!r}; say what moves and how, with verbs")
    found += [f"visual.{name} is null; say it" for name in unseen(segment)]
    if not 0 <= segment.complexity <= 1:
        found.append(f"complexity is {segment.complexity:g}; it is 0 to 1")
    return found


def unseen(segment: SegmentAnswer) -> list[str]:
    """The visual fields that every segment must say, and this one does not."""
    return [f for f in ("camera_move", "framing", "time_of_day", "light_quality") if getattr(segment.visual, f) is None]


def moves(motion: str) -> bool:
    """Whether words tell of movement. Only English can be judged; of other languages any words will do."""
    if not says_something(motion):
        return False
    tokens = [t.lower() for t in re.findall(r"[^\W\d_]+", motion)]
    foreign = any(density(c) for c in motion) or not motion.isascii() or len(tokens) > 3 and not _ENGLISH.search(motion)
    if foreign:
        return True
    verbs = (verb_forms() | plural_verbs() | _SHOWN_MOVING) - _STILL
    return any(t in verbs or (t.endswith("ing") and len(t) > 4 and t not in _NO_MOTION) for t in tokens)


_STILL = {
    "is",
    "are",
    "was",
    "were",
    "has",
    "have",
    "had",
    "can",
    "could",
    "will",
    "would",
    "must",
    "may",
    "might",
    "stands",
    "sat",
}
_NO_MOTION = {
    "nothing",
    "something",
    "morning",
    "evening",
    "building",
    "ceiling",
    "clothing",
    "string",
    "king",
    "ring",
    "lighting",
}
_SHOWN_MOVING = {"pan", "tilt", "dolly", "orbit", "zoom", "crane", "movement", "motion", "locked", "handheld"}
