"""Setting right by rule what a model's answer still gets wrong after it was asked again. Every repair is said."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from ..models.visual import VisualState
from .answer import CastAnswer, PlanAnswer, SegmentAnswer
from .ask import Facts
from .beats import reading_seconds
from .cast import Person, sex_in
from .checks import BEFORE, DANGLING, SAME, length_amiss, moves, possible, recurring
from .company import mention
from .textkit import says_something
from .visual_words import visual_of
from .wording import joined, phase, story_words

Tell = Callable[[str], None]


def mended(answer: PlanAnswer, facts: Facts, tell: Tell) -> PlanAnswer:
    """The answer in the number of segments asked for, its beats in order, every field said; `tell` is told what was changed."""
    cast = _cast(answer, facts, tell)
    people = company(cast)
    timed = [_possible(segment, at, facts, tell) for at, segment in enumerate(answer.segments)]
    segments = _in_number(_in_order(timed, facts, tell), facts, tell)
    if amiss := length_amiss(segments, facts):
        tell(f"its segments added up to {amiss[0]:.4g} s; they are brought to {amiss[1]:.4g} s.")
    done: list[SegmentAnswer] = []
    for at, segment in enumerate(segments):

        def of_this(what: str, at: int = at) -> None:
            tell(f"segment {at}: {what}")

        done.append(_whole(segment, at, done[-1] if done else None, people, facts, of_this))
    return answer.model_copy(update={"cast": cast, "segments": done})


def company(cast: list[CastAnswer]) -> list[Person]:
    """The cast as people who can be found in a sentence: by name, by first name, or, with a small letter, by their noun."""
    found = []
    bares = [re.sub(r"^(?:the|an?)\s+", "", entry.name.strip(), flags=re.IGNORECASE) for entry in cast]
    firsts = Counter(word.lower() for bare in bares for word in bare.split()[:1])
    for entry, bare in zip(cast, bares, strict=True):
        name, named = entry.name.strip(), entry.name.strip()[:1] != entry.name.strip()[:1].lower()
        first = bare.split()[0] if bare.split() else bare
        alone = named and len(first) > 2 and not first.endswith(".") and firsts[first.lower()] == 1
        heads = {bare, name} | ({first} if alone else set())
        found.append(
            Person(bare if not named else name, heads, entry.look.strip(" ."), sex_in(entry.look), named=named, shown_as="")
        )
    return found


def covered(segment: SegmentAnswer, following: SegmentAnswer | None, facts: Facts) -> range:
    """The beats (from 0) a segment shows, once `mended` has put them in order: up to where the next one begins."""
    first = segment.beats[0] - 1
    stop = len(facts.units) if following is None else following.beats[0] - 1
    return range(first, max(stop, first + 1))


def _cast(answer: PlanAnswer, facts: Facts, tell: Tell) -> list[CastAnswer]:
    """One entry for each name, each with a look where anybody knows one."""
    ruled = {p.name.lower(): p.look for p in facts.people if p.look}
    found: dict[str, CastAnswer] = {}
    for entry in answer.cast:
        name = entry.name.strip()
        if not name:
            continue
        if name.lower() in found:
            tell(f"the cast had {name} twice; the first look stays.")
        look = entry.look.strip() or ruled.get(name.lower(), "")
        if not entry.look.strip() and look:
            tell(f"{name} had no look in the cast; it is taken from the text.")
        found.setdefault(name.lower(), CastAnswer(name=name, look=look))
    for name in recurring(answer, facts):
        tell(f"{name} was missing in the cast.")
        found[name.lower()] = CastAnswer(name=name, look=ruled.get(name.lower(), ""))
    return list(found.values())


def _possible(segment: SegmentAnswer, at: int, facts: Facts, tell: Tell) -> SegmentAnswer:
    """The segment in a length that the video model makes; one that is none is as long as its beats take to read."""
    if possible(segment.seconds, facts):
        return segment
    wanted = segment.seconds
    if wanted <= 0:
        wanted = reading_seconds(sum(facts.units[n - 1].weight for n in segment.beats if 1 <= n <= len(facts.units)))
    seconds = min(max(wanted, facts.shortest_s), facts.longest_s)
    tell(f"segment {at}: it was to last {segment.seconds:.4g} s; it lasts {seconds:.4g} s.")
    return segment.model_copy(update={"seconds": seconds})


def _in_order(segments: list[SegmentAnswer], facts: Facts, tell: Tell) -> list[SegmentAnswer]:
    """Each segment beginning where its beats begin, never before the one in front of it; the first one at the beginning."""
    most, before = len(facts.units), 0
    begins: list[int] = []
    for segment in segments:
        first = min((n for n in segment.beats if 1 <= n <= most), default=before or 1)
        before = max(before, first) if begins else 1
        begins.append(before)
    found, changed = [], False
    for at, (segment, first) in enumerate(zip(segments, begins, strict=True)):
        stop = begins[at + 1] if at + 1 < len(begins) else most + 1
        beats = list(range(first, max(stop, first + 1)))
        shared = beats + ([stop] if segment.beats[-1:] == [stop] else [])  # a long beat that the next one goes on with
        changed |= segment.beats not in (beats, shared)
        found.append(segment.model_copy(update={"beats": beats}))
    if changed:
        tell("beats were left out, doubled or out of order; each went to the segment it follows on.")
    return found


def _in_number(segments: list[SegmentAnswer], facts: Facts, tell: Tell) -> list[SegmentAnswer]:
    """As many segments as were asked for, or as the film's length needs."""
    wanted = facts.count if facts.count is not None else min(max(len(segments), facts.fewest), facts.most)
    if len(segments) != wanted:
        done = "joined" if len(segments) > wanted else "divided"
        tell(f"segments: {len(segments)} instead of {wanted}; some were {done}.")
    while len(segments) > wanted:
        at = min(
            range(len(segments) - 1), key=lambda i: (segments[i + 1].join == "cut", segments[i].seconds + segments[i + 1].seconds)
        )
        segments[at : at + 2] = [_together(segments[at], segments[at + 1])]
    if len(segments) < wanted:
        shares = [1] * len(segments)
        while sum(shares) < wanted:
            at = max(range(len(segments)), key=lambda i: (segments[i].seconds / shares[i], -i))
            shares[at] += 1
        segments = [part for s, n in zip(segments, shares, strict=True) for part in _parts(s, n)]
    return segments


_BRIEFEST_S = 2.0
"""A part of a segment is not made shorter than this: of twelve moments in four seconds none is seen."""


def _together(a: SegmentAnswer, b: SegmentAnswer) -> SegmentAnswer:
    return a.model_copy(
        update={
            "beats": sorted({*a.beats, *b.beats}), "seconds": a.seconds + b.seconds, "prompt": joined(a.prompt, b.prompt),
            "motion": joined(a.motion, b.motion), "ending": b.ending, "complexity": max(a.complexity, b.complexity),
        }
    )  # fmt: skip


def _parts(segment: SegmentAnswer, count: int) -> list[SegmentAnswer]:
    """The segment as `count` moments of itself; several beats are shared out, one is shown in parts."""
    found = []
    for part in range(count):
        low, high = (len(segment.beats) * edge // count for edge in (part, part + 1))
        found.append(
            segment.model_copy(
                update={
                    "beats": segment.beats[low:high] or [segment.beats[min(low, len(segment.beats) - 1)]],
                    "seconds": max(segment.seconds / count, min(segment.seconds, _BRIEFEST_S)),
                    "join": segment.join if part == 0 else "continuous",
                    "prompt": joined(segment.prompt, phase(part, count)),
                    "opening": segment.opening if part == 0 else None,
                    "ending": segment.ending if part + 1 == count else joined(segment.ending, phase(part, count)),
                }
            )
        )
    return found


def _whole(
    segment: SegmentAnswer, at: int, before: SegmentAnswer | None, people: list[Person], facts: Facts, tell: Tell
) -> SegmentAnswer:
    """The segment with every field said, and nobody in it who is only known from elsewhere."""
    told = story_words(" ".join(facts.script.text[slice(*facts.span(n - 1))] for n in segment.beats))
    known = [p for p in people if before is not None and mention(p).search(before.prompt)] or people
    alone = standing_alone(segment.prompt, known)
    prompt = alone if says_something(alone) else standing_alone(told, known)
    here = [*_present(prompt, people), *known]
    stands = {"opening": standing_alone(segment.opening or "", here), "ending": standing_alone(segment.ending, here)}
    update: dict[str, object] = {"prompt": prompt, **stands}
    if prompt != alone:
        tell("its prompt said nothing that stands alone; the text's own words stand in.")
    for field, words in {"prompt": alone, **stands}.items():
        if says_something(words) and words != getattr(segment, field):
            tell(f"its {field} spoke of somebody it does not name, or of another shot; names were put in.")
    opening, ending = str(update["opening"]), str(update["ending"])
    if (at == 0 or segment.join == "cut") and not says_something(opening):
        tell("its opening still was missing; the prompt stands in.")
        update["opening"] = update["prompt"]
    elif not says_something(opening):
        update["opening"] = None
    if facts.brief.mode == "keyframe" and not says_something(ending):
        tell("its ending still was missing; the prompt stands in.")
        update["ending"] = update["prompt"]
    if not moves(segment.motion):
        tell("its motion said nothing that moves; the text's own words stand in.")
        update["motion"] = told if moves(told) else ""
    update["visual"] = _seen(segment, before, f"{update['prompt']} {told}", tell)
    if not 0 <= segment.complexity <= 1:
        tell(f"its complexity was {segment.complexity:g}; it is 0 to 1.")
        update["complexity"] = min(1.0, max(0.0, segment.complexity / 10 if 1 < segment.complexity <= 10 else segment.complexity))
    if at == 0:
        update["join"] = "cut"
    return segment.model_copy(update=update)


def standing_alone(words: str, known: list[Person]) -> str:
    """`words` with a name for an opening pronoun and for `the same man`, and nothing about earlier shots."""
    words = BEFORE.sub("", words).strip() if BEFORE.search(words) else words
    words = SAME.sub(lambda m: _called(m["noun"], known) or f"the {m['noun']}", words)
    match = DANGLING.match(words)
    if match is None:
        return words
    word = match["word"].lower()
    person = next((p for p in known if p.sex == _SEX.get(word, p.sex)), known[0] if known else None)
    if word in ("they", "them", "their", "theirs") and len(known) > 1:
        said = f"{known[0].said} and {known[1].said}"
    else:
        said = person.said if person is not None else "the subject"
    if word in ("his", "their", "its") or (word == "her" and re.match(r"\s+[a-z]", words[match.end() :])):
        said += "'s"
    head, rest = words[: match.start("word")], words[match.end() :]
    return f"{head}{said[:1].upper()}{said[1:]}{rest}"


_SEX = {"he": "m", "his": "m", "him": "m", "she": "f", "her": "f", "hers": "f"}


def _called(noun: str, known: list[Person]) -> str:
    """Who of the known is meant by `man`, by their look or their sex."""
    noun = noun.lower()
    for person in known:
        if re.search(rf"(?<!\w){re.escape(noun)}(?!\w)", f"{person.name} {person.look}".lower()):
            return person.said
    wanted = sex_in(noun)
    return next((p.said for p in known if wanted and p.sex == wanted), "")


def _present(words: str, people: list[Person]) -> list[Person]:
    return [p for p in people if mention(p).search(words)]


def _seen(segment: SegmentAnswer, before: SegmentAnswer | None, words: str, tell: Tell) -> object:
    """Its visual fields, the missing ones from the words, else from the shot before, else the plainest there is."""
    said: VisualState = visual_of(words)
    seen, update = segment.visual, {}
    plain = {
        "camera_move": (said.camera.move, "static"),
        "framing": (said.lens.framing, "medium"),
        "time_of_day": (said.light.time_of_day, "afternoon"),
        "light_quality": (said.light.quality, "soft"),
    }
    for name, (read, plainest) in plain.items():
        if getattr(seen, name) is None:
            inherited = getattr(before.visual, name) if before is not None and name != "camera_move" else None
            update[name] = read or inherited or plainest
    if update:
        tell(f"{', '.join(update)} had no value; {', '.join(str(v) for v in update.values())} by rule.")
    return seen.model_copy(update=update)
