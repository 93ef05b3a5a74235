"""Beats into segments: natural ones first, then merged or split to a wanted number."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import ceil, inf

from .beats import CLAUSE, PARAGRAPH, PHRASE, SENTENCE, Unit, reading_seconds, split_clauses, split_words
from .durations import beat_length
from .script import Script

_PENALTY = {PHRASE: 0.0, CLAUSE: 0.5, SENTENCE: 1.5, PARAGRAPH: 4.0}


@dataclass
class Group:
    """Consecutive beats for one segment, or, with `parts` > 1, for that many progressing moments of the same beat."""

    units: list[Unit]
    parts: int = 1
    seconds: float | None = None
    whole: bool = field(default=False)

    @property
    def weight(self) -> float:
        return sum(u.weight for u in self.units)

    @property
    def wants(self) -> float:
        """Seconds on screen, for all its parts together."""
        return self.seconds if self.seconds is not None else max(3.6, 3.0 * self.parts, reading_seconds(self.weight))

    @property
    def span(self) -> float:
        """Seconds there are to divide."""
        return self.seconds if self.seconds is not None else self.reads

    @property
    def reads(self) -> float:
        """Seconds its words alone ask for."""
        return reading_seconds(self.weight)

    @property
    def cut(self) -> bool:
        return self.units[0].cut

    @property
    def scene(self) -> int:
        return self.units[0].scene


def natural_groups(script: Script, units: list[Unit], shortest_s: float, longest_s: float) -> list[Group]:
    """The film in beats of about 4 to 6 seconds: a marked shot stays whole while it can, prose goes by sentences."""
    found: list[Group] = []
    for number, scene in enumerate(script.scenes):
        own = [u for u in units if u.scene == number]
        if not own:
            continue
        said = [beat_length(script.text[u.start : u.end]) for u in own]
        seconds = scene.seconds
        if seconds is None and scene.kind != "prose" and len(own) <= 4 and sum(s is not None for s in said) == 1:
            seconds = next(s for s in said if s is not None)
        if seconds is not None:
            found += _timed(script.text, own, seconds, longest_s)
        elif (
            scene.kind != "prose"
            and not any(u.cut for u in own[1:])
            and reading_seconds(sum(u.weight for u in own)) <= min(8.0, longest_s)
        ):
            found.append(Group(own))
        else:
            found += _by_beats(script.text, own, said, shortest_s, longest_s)
    return found


def _timed(text: str, units: list[Unit], seconds: float, longest_s: float) -> list[Group]:
    """A scene whose length is written: one segment, or as many as the model's longest makes necessary."""
    groups = [Group(units)]
    count = max(1, ceil((seconds - 0.15) / longest_s))
    if count == 1 and sum(u.weight for u in units) > 60 and seconds > 10:
        count = max(1, min(len(units), round(seconds / 6)))
    groups = to_count(text, groups, count)
    weight = sum(reading_seconds(g.weight / g.parts) * g.parts for g in groups)
    for group in groups:
        group.seconds = seconds * reading_seconds(group.weight / group.parts) * group.parts / weight
    return groups


def _by_beats(text: str, units: list[Unit], said: list[float | None], shortest_s: float, longest_s: float) -> list[Group]:
    """Sentences, the long ones split and the short ones joined. `said`: each one's own written length, if any."""
    groups: list[Group] = []
    for unit, seconds in zip(units, said, strict=True):
        groups += [Group([unit])] if seconds is None else _timed(text, [unit], seconds, longest_s)
    at = 0
    top = min(7.0, longest_s * 1.25)
    while at < len(groups):  # a sentence that is too much for one beat goes by its clauses
        group = groups[at]
        if group.seconds is None and group.wants > top and group.parts == 1:
            halves = _split(text, group, gentle=longest_s >= 4 and group.wants <= 8.5)
            if halves is not None:
                groups[at : at + 1] = halves
                continue
        at += 1
    least = max(3.3, 0.75 * shortest_s)
    most = max(top, least * 2)
    costs = [_joining(a, b, least, most) for a, b in zip(groups, groups[1:], strict=False)]
    while costs:  # and what is too little joins a neighbour, the way it reads
        best = min(range(len(costs)), key=costs.__getitem__)
        if costs[best] == inf:
            break
        _merge(groups, best)
        del costs[best]
        for left in range(max(0, best - 1), min(best + 1, len(costs))):
            costs[left] = _joining(groups[left], groups[left + 1], least, most)
    return groups


def _joining(a: Group, b: Group, least: float, most: float) -> float:
    """What it costs to join `a` and `b` where one is too little by itself; infinite where neither is, or both are too much."""
    small = [g.seconds is None and g.reads < least for g in (a, b)]
    weight = a.weight + b.weight
    if not any(small) or (b.cut and weight > 2) or reading_seconds(weight) > most:
        return inf
    return _bill(a, b) + (0.0 if small[0] else 0.2)


def _bill(a: Group, b: Group) -> float:
    """What it costs the story to show `a` and `b` in one segment."""
    first = b.units[0]
    cost = _PENALTY.get(first.rank, 1.5) + (6.0 if first.cut else 0.0) + (4.0 if a.scene != b.scene else 0.0)
    return cost + (a.weight / a.parts + b.weight / b.parts) / 8


def _merge(groups: list[Group], at: int) -> None:
    a, b = groups[at], groups[at + 1]
    seconds = (a.wants + b.wants) if a.seconds is not None or b.seconds is not None else None
    groups[at : at + 2] = [Group([*a.units, *b.units], 1, seconds)]


def to_count(text: str, groups: list[Group], count: int) -> list[Group]:
    """The same beats in exactly `count` segments (the sum of `parts`)."""
    groups = list(groups)
    total = sum(g.parts for g in groups)
    if total > count:
        bills = [_bill(a, b) for a, b in zip(groups, groups[1:], strict=False)]
        while total > count:
            heavy = max((g for g in groups if g.parts > 1), key=lambda g: g.parts, default=None)
            if heavy is not None:
                heavy.parts, total = heavy.parts - 1, total - 1
                continue
            at = min(range(len(bills)), key=lambda i: (bills[i], i))
            _merge(groups, at)
            total -= 1
            del bills[at]
            for near in (at - 1, at):
                if 0 <= near < len(bills):
                    bills[near] = _bill(groups[near], groups[near + 1])
    while total < count:
        at = max(range(len(groups)), key=lambda i: (groups[i].span / groups[i].parts, -i))
        group = groups[at]
        halves = _split(text, group, gentle=False) if group.parts == 1 else None
        if halves is None:  # rather than showing one beat twice, beats that share a segment get one each
            shared = [i for i, g in enumerate(groups) if g.parts == 1 and len(g.units) > 1]
            if shared:
                at = max(shared, key=lambda i: (groups[i].span, -i))
                halves = _split(text, groups[at], gentle=False)
        if halves is None:
            group.parts += 1
        else:
            groups[at : at + 1] = halves
        total += 1
    return groups


def _split(text: str, group: Group, gentle: bool) -> list[Group] | None:
    """The group in two at its best joint; None where it has none. `gentle`: only between clauses that stand alone."""
    units = group.units
    if len(units) == 1:
        if group.weight > 120:
            units = split_words(text, units[0], ceil(group.weight / 60))
        else:
            units = split_clauses(text, units[0])
        if len(units) == 1 and not gentle:
            units = split_clauses(text, units[0], forced=group.weight > 14)
        if len(units) == 1 and not gentle and group.weight > 30:
            units = split_words(text, units[0], 2)
    if len(units) == 1:
        return None
    total = sum(u.weight for u in units) or 1.0

    def cost(at: int) -> tuple[float, int]:
        left = sum(u.weight for u in units[:at])
        return abs(2 * left / total - 1) - 0.22 * units[at].rank - (0.6 if units[at].cut else 0), at

    at = min(range(1, len(units)), key=cost)
    halves = [Group(units[:at]), Group(units[at:])]
    if gentle and min(h.reads for h in halves) < 2.8:
        return None
    if group.seconds is not None:
        for half in halves:
            half.seconds = group.seconds * half.weight / total
    return halves


def copies(groups: list[Group]) -> list[Group]:
    """Groups that can be regrouped without touching the given ones."""
    return [replace(g, units=list(g.units)) for g in groups]
