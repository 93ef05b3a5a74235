"""The offline planner: rules, no network, the same plan every time. The way through from a brief to a plan."""

from __future__ import annotations

import math

from ..canonical import sha256_of
from ..errors import BadInput, CannotRender
from ..models.base import exact_fps
from ..models.plan import CastMember, Plan, Segment
from ..seeds import hashed_seed
from .beats import Unit
from .brief import Brief, Limits
from .cast import Person, declared
from .durations import reachable, share_frames, spacing
from .grouping import Group, copies, natural_groups, to_count
from .joins import units_of
from .keyframes import keyframes_of
from .parse import parse
from .people import discovered
from .provenance import by_rules
from .script import Script, plain
from .shots import Shot, only_other, shots_of
from .textkit import printable, says_something, shortened, tidy_lines
from .wishes import Wish, fits, unmet, wish_of
from .wording import story_words

MOST_SEGMENTS = 2000
_CALM_S, _BRISK_S = 8.0, 3.0  # seconds a segment has on average at the most and at the least, where the number is ours to choose


class OfflinePlanner:
    """A `Planner` that needs nothing but the text."""

    async def plan(self, brief: Brief, limits: Limits) -> Plan:
        return plan_offline(brief, limits)


def plan_offline(brief: Brief, limits: Limits) -> Plan:
    """The plan for a brief: beats, joins, lengths within `limits`, prompts that stand alone, keyframes, visual state.

    BadInput where the prompt says nothing; CannotRender where number and length contradict what the model can make.
    """
    text = tidy_lines(brief.prompt)
    script = parse(text) if says_something(printable(text)) else None
    units = units_of(script) if script else []
    if script is None or not units:
        what = "has marks and headings but no words to film" if says_something(text) else "is empty"
        raise BadInput(f"prompt {what}.", "Say what the film shows: a sentence is enough, a page is fine.")
    rate = float(exact_fps(limits.fps))
    shortest_s, longest_s = limits.shortest / rate, limits.longest / rate
    natural = natural_groups(script, units, shortest_s, longest_s)
    wish = wish_of(brief, script, natural)
    seconds = _film_seconds(brief, script, natural, wish)
    if wish.number is None:
        _as_long_each(natural, script.each)
    groups = _numbered(brief, limits, text, natural, seconds, rate, wish)
    if wish.number is not None and brief.seconds is None:
        _as_long_each(groups, script.each)
    people = _people(script, units)
    shots, base = shots_of(script, groups, people)
    frames = _frames(brief, limits, shots, seconds, rate)
    keyframes, ends = keyframes_of(script, shots, brief.mode)
    width = max(2, len(str(len(shots))))
    segments = [
        Segment(
            id=f"s{place + 1:0{width}d}",
            index=place,
            join="continuous" if place and not shot.cut else "cut",
            text=shot.text,
            prompt=shot.prompt,
            negative=", ".join(dict.fromkeys(n.rstrip(" .") for n in script.negative)),
            frames=frames[place],
            first_keyframe=ends[place][0],
            last_keyframe=ends[place][1],
            visual=only_other(shot.visual, base),
            complexity=shot.complexity,
        )
        for place, shot in enumerate(shots)
    ]
    return Plan(
        title=_title(brief, script, text, units),
        mode=brief.mode,
        fps=limits.fps,
        width=brief.width,
        height=brief.height,
        fit=brief.fit,
        seed=brief.seed if brief.seed is not None else derived_seed(brief),
        seed_policy=brief.seed_policy,
        seed_step=brief.seed_step,
        planned_by="offline",
        planner=by_rules(brief, unmet(wish, groups, seconds, limits)),
        visual=base,
        cast=tuple(CastMember(name=p.name, look=p.look) for p in _cast(people)),
        keyframes=tuple(keyframes),
        segments=tuple(segments),
    )


def derived_seed(brief: Brief) -> int:
    """The base seed of a brief that names none: a hash of the prompt and everything that was asked for."""
    return hashed_seed("brief", sha256_of(brief.model_copy(update={"seed": None, "title": None}).json_value()))


def _people(script: Script, units: list[Unit]) -> list[Person]:
    known = declared(script.characters)
    return discovered([plain(printable(script.text[u.start : u.end])) for u in units], known)


def _cast(people: list[Person]) -> list[Person]:
    """Who goes into the plan's cast: everyone with a look, each name once."""
    found: dict[str, Person] = {}
    for person in people:
        if person.look or person.named:
            found.setdefault(person.name, person)
    return list(found.values())


def _title(brief: Brief, script: Script, text: str, units: list[Unit]) -> str:
    first = story_words(text[units[0].start : units[0].end])
    for candidate in (brief.title, script.title, *script.context[:1], first, plain(printable(text))):
        said = shortened(printable(candidate or ""), 60)
        if says_something(said):
            said = said.strip(" .,;:→|#*_<>-")
            return said[:1].upper() + said[1:]
    return "Untitled"


# ---- how many, how long ------------------------------------------------------------------------------------------------------


def _film_seconds(brief: Brief, script: Script, natural: list[Group], wish: Wish) -> float | None:
    """The film's length: asked for, or written over its scenes, or of the whole in the text; None where none is said."""
    if brief.seconds is not None:
        return brief.seconds
    said = [g.seconds for g in natural]
    if all(s is not None for s in said):
        return sum(s for s in said if s is not None)
    if script.total is None and script.each is not None:
        return script.each * (brief.segments or wish.number or sum(g.parts for g in natural))
    return script.total


def _as_long_each(groups: list[Group], seconds: float | None) -> None:
    """`five seconds each`: for all that have no length of their own."""
    for group in groups if seconds is not None else ():
        group.seconds = group.seconds or (seconds or 0.0) * group.parts


def _numbered(
    brief: Brief, limits: Limits, text: str, natural: list[Group], seconds: float | None, rate: float, wish: Wish
) -> list[Group]:
    """The groups in the number asked for, or in one that suits the length."""
    if wish.number is not None and (seconds is None or fits(limits, wish.number, seconds * rate)):
        return to_count(text, copies(natural), min(wish.number, MOST_SEGMENTS))
    if wish.number is not None:
        natural = to_count(text, copies(natural), min(wish.number, MOST_SEGMENTS))
    count = sum(g.parts for g in natural)
    if brief.segments is not None:
        groups = to_count(text, copies(natural), brief.segments)
        if brief.seconds is not None:
            _check(brief, limits, groups, rate)
        return groups
    if seconds is None:
        return natural if count <= MOST_SEGMENTS else to_count(text, natural, MOST_SEGMENTS)
    wanted = seconds * rate
    least = max(1, math.ceil((wanted - 1 - spacing(limits) / 2) / max(1, limits.longest - 1)))
    if least > MOST_SEGMENTS:
        longest = MOST_SEGMENTS * limits.longest / rate
        field = "seconds" if brief.seconds is not None else "prompt"
        raise CannotRender(
            f"{field} asks for {seconds:g} s, more than {MOST_SEGMENTS} segments of {limits.backend} can be.",
            f"Ask for at most {int(longest)} s (--seconds), or make several films.",
        )
    timed = all(g.seconds is not None for g in natural)
    low, high = math.ceil(seconds / (_CALM_S if count > 1 else 10.5)), max(1, math.floor(seconds / _BRISK_S))
    shots = len({g.scene for g in natural} if len({g.scene for g in natural}) > 1 else {0})
    count = (
        count
        if wish.number is not None or (timed and brief.seconds is None)
        else min(max(count, low), max(high, shots if seconds / shots >= 1 else high, low))
    )
    count = min(MOST_SEGMENTS, max(count, least))
    while True:
        groups = to_count(text, copies(natural), count)
        joins = sum(g.parts for g in groups) - sum(g.cut for g in groups[1:]) - 1
        fewest, most = reachable(limits, count)
        if most - joins < wanted - spacing(limits) / 2 and count < MOST_SEGMENTS:
            count += 1
        elif fewest - joins > wanted + limits.shortest / 4 and count > 1 and count > least:
            count -= 1
            least = max(least, 1)
            if count == least:
                return to_count(text, copies(natural), count)
        else:
            return groups


def _check(brief: Brief, limits: Limits, groups: list[Group], rate: float) -> None:
    """CannotRender where `segments` and `seconds` cannot both be had."""
    assert brief.segments is not None and brief.seconds is not None
    joins = brief.segments - sum(g.cut for g in groups[1:]) - 1
    low, high = (n - joins for n in reachable(limits, brief.segments))
    wanted, slack = brief.seconds * rate, spacing(limits)
    if low - slack <= wanted <= high + slack:
        return
    many = brief.segments == 1
    fitting = math.ceil(wanted / limits.longest), max(1, math.floor(wanted / max(1, limits.shortest - 1)))
    count = f"about {fitting[0]} to {fitting[1]} segments" if fitting[0] < fitting[1] else f"{max(1, fitting[1])} segment(s)"
    raise CannotRender(
        f"seconds is {brief.seconds:g}, and {brief.segments} segment{'' if many else 's'} of {limits.backend} make "
        f"{low / rate:.2f} to {high / rate:.2f} s (each {limits.shortest} to {limits.longest} frames at {limits.fps} fps).",
        f"Ask for {low / rate:.2f} to {high / rate:.2f} seconds, or for {count}, or leave one of the two out.",
    )


def _frames(brief: Brief, limits: Limits, shots: list[Shot], seconds: float | None, rate: float) -> list[int]:
    """A legal length for each shot; where the film has a length, the total nearest to it."""
    joins = sum(not s.cut for s in shots[1:])
    flows = [at > 0 and not s.cut for at, s in enumerate(shots)]
    wanted = [s.wants * rate for s in shots]
    if seconds is not None:
        factor = seconds * rate / sum(wanted)
        wanted = [w * factor for w in wanted]
    wanted = [w + flow for w, flow in zip(wanted, flows, strict=True)]
    if seconds is None:
        return share_frames(limits, wanted, None)
    return share_frames(limits, wanted, seconds * rate + joins)
