"""Lengths: the ones written in a text, and the sharing of a film's length over segments in frames a model can make."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from math import ceil, floor, gcd

from .brief import Limits
from .lexicon import pattern, words
from .textkit import says_something

_UNIT = (
    r"(?:seconds?|secs?|s|minutes?|mins?|min|m|sekunden?|secondes?|segundos?|secondi|секунды?|сек|秒間?|分間?|分钟|초|분|ثانية|ثوان"
    r"|ثواني|שניות)"
)
_MINUTE = re.compile(r"m|분|分|мин", re.IGNORECASE)
_CLOCK = r"(?!9:16\b)(?:\d{1,2}:)?\d{1,2}:\d{2}(?:[.,]\d+)?"


@functools.cache
def _spelt() -> str:
    return "|".join(sorted((t.replace(" ", r"[\s-]+") for t in words()["number_words"]), key=len, reverse=True))


@functools.cache
def _amount() -> str:
    """A pattern for a length: `4s`, `six seconds`, `2 minutes 30 seconds`, `1:30`. Digits need no space before the unit."""
    number = rf"(?:\d+(?:[.,]\d+)?|(?:{_spelt()})(?=[\s-]))"
    one = rf"{number}[\s-]*{_UNIT}(?!\w)"
    return (
        rf"(?:(?:about|approx\.?|approximately|around|roughly|ca\.?|~|≈)\s*)?(?:{one}(?:\s*(?:and\s*)?{one})?|{_CLOCK}"
        rf"|{number}['′]\s*{number}[\"″])"
    )


@functools.cache
def _patterns() -> dict[str, re.Pattern[str]]:
    amount = _amount()
    films = pattern("film_nouns").pattern
    later = r"(?!\s+(?:later|ago|before|after|earlier|from now))"

    def regex(text: str) -> re.Pattern[str]:
        return re.compile(text, re.IGNORECASE)

    return {
        "amount": regex(rf"(?<![\w:.])(?P<d>{amount}){later}"),
        "whole": regex(rf"\s*(?P<d>{amount}|\d+(?:\.\d+)?)\s*\.?\s*$"),
        "paren": regex(rf"[(\[{{（［【]\s*(?:duration:?\s*)?(?P<d>{amount})\s*[)\]}}）］】]"),
        "held": regex(rf"(?<!\w)(?:for|during|lasting|lasts|hold(?:s|ing)?(?:\s+for)?)\s+(?P<d>{amount}){later}(?!\s+of)"),
        "film": regex(
            rf"(?<![\w:.])(?P<d>{amount})(?:[\s-]+long)?[\s-]+(?:(?:[^\W\d]|-)+[\s-]+){{0,3}}?(?:{films})"
            rf"|(?<![\w:.])(?P<e>{amount})\s+(?:long|in\s+length|in\s+total|total|runtime|overall)(?!\w)"
            rf"|(?<!\w)(?:total|length|duration|runtime|running\s+time)(?:\s+(?:length|duration|of|is))*\s*:?\s*(?P<f>{amount})"
        ),
        "shot": regex(rf"(?<![\w:.])(?P<d>{amount})(?:[\s-]+long)?[\s-]+(?:\w+\s+){{0,2}}?(?:{pattern('shot_nouns').pattern})"),
        "count": regex(rf"(?<!\w)(?:\d+|{_spelt()})[\s-]+(?:shots?|scenes?|segments?|clips?)(?!\w)(?!\s+of\b)"),
        "filler": regex(
            r"(?<!\w)(?:please|make|it|the|an?|film|video|movie|is|be|should|must|lasts?|runs?|for|exactly|about|roughly|around|only"
            r"|just|in|total|all|overall|altogether|long|length|duration|runtime|each|and|of|with|or|so)(?!\w)"
        ),
        "tail": regex(rf"[,;–—-]\s*(?P<d>{amount})\s*[.]?\s*$"),
        "number": regex(rf"(?<!\w)(?P<n>\d+(?:[.,]\d+)?|{_spelt()})[\s-]*(?P<u>{_UNIT}|['′\"″])(?!\w)"),
    }


def seconds_of(text: str) -> float | None:
    """The seconds in a length such as `4s`, `1:30`, `two minutes`, `1m 20s`. None where it is not one."""
    clock = re.search(_CLOCK, text)
    if clock:
        total = 0.0
        for part in clock.group().replace(",", ".").split(":"):
            total = total * 60 + float(part)
        return total or None
    spelt: dict[str, float] = words()["number_words"]
    total, found = 0.0, False
    for match in _patterns()["number"].finditer(text):
        said, unit = " ".join(match["n"].lower().replace("-", " ").split()), match["u"]
        number = float(said.replace(",", ".")) if said[0].isdigit() else float(spelt[said])
        total, found = total + number * (60 if _MINUTE.match(unit) or unit in "'′" else 1), True
    if not found and re.fullmatch(r"\s*\d+(?:\.\d+)?\s*\.?\s*", text):
        return float(text.strip().rstrip(".")) or None
    return total if found and total > 0 else None


def film_length(text: str) -> float | None:
    """The film's length in a sentence about the film: `a 15-second ad`, `two minutes long`, `Duration: 1:30`."""
    match = _patterns()["film"].search(text)
    return seconds_of(match["d"] or match["e"] or match["f"]) if match else None


def length_in(text: str) -> float | None:
    """Any length in a sentence that is about the film: `Music video, 1:30.`"""
    match = _patterns()["amount"].search(text)
    return seconds_of(match["d"]) if match else None


def beat_length(text: str) -> float | None:
    """A beat's own length: `(4s)`, `for six seconds`, `a 3-second shot`. What happens `two minutes later` is not one."""
    for name in ("paren", "shot", "held", "tail"):
        match = _patterns()[name].search(text)
        seconds = seconds_of(match["d"]) if match else None
        if seconds is not None and (name == "paren" or 1.5 <= seconds <= 30):
            return seconds
    return None


def only_format(text: str) -> bool:
    """Whether a sentence says nothing but the film's length or its number of shots: `Five shots, twenty seconds in total.`"""
    found = _patterns()
    bare = found["count"].sub("", text)
    if film_length(text) is None and (bare == text or ("shot" in text.lower() and not found["amount"].search(text))):
        return False  # `Three shots.` may be heard
    return not says_something(found["filler"].sub("", found["amount"].sub("", bare)))


def without_lengths(text: str, everywhere: bool = False) -> str:
    """`text` without the lengths that `beat_length` and `film_length` read; `everywhere`: without any."""
    found = _patterns()
    text = found["tail"].sub(".", found["paren"].sub("", text))
    text = found["film"].sub(lambda m: m.group().replace(m["d"], "", 1).lstrip(" -") if m["d"] else "", text)
    text = found["shot"].sub(lambda m: m.group().replace(m["d"], "", 1).lstrip(" -"), text)
    if everywhere:
        text = found["amount"].sub("", text)
    return found["held"].sub(lambda m: m.group() if (seconds_of(m["d"]) or 99) > 30 else "", text)


# ---- sharing frames ----------------------------------------------------------------------------------------------------------


def share_frames(limits: Limits, wanted: Sequence[float], total: float | None) -> list[int]:
    """A legal length in frames for each segment.

    `wanted`: frames each would like. `total`: what they are to add up to, met as nearly as any legal choice can (of two as
    near, the shorter); the differences from `wanted` are shared out evenly by proportion. None: each gets its nearest.
    """
    if total is None:
        return [limits.nearest(w) for w in wanted]
    grid = _grid(limits)
    return _on_grid(wanted, total, *grid) if grid else _from_list(wanted, total, sorted(set(limits.choices)))


def reachable(limits: Limits, count: int) -> tuple[int, int]:
    """The fewest and most frames that `count` segments can have together."""
    return count * limits.shortest, count * limits.longest


def spacing(limits: Limits) -> int:
    """The largest gap between neighbouring legal lengths, in frames."""
    if limits.rule is not None:
        return limits.rule.step
    choices = sorted(set(limits.choices))
    return max((b - a for a, b in zip(choices, choices[1:], strict=False)), default=1)


def _grid(limits: Limits) -> tuple[int, int, int] | None:
    """Shortest length, step, number of steps, where the lengths are evenly spaced."""
    if limits.rule is not None:
        return limits.shortest, limits.rule.step, (limits.longest - limits.shortest) // limits.rule.step
    choices = sorted(set(limits.choices))
    gaps = {b - a for a, b in zip(choices, choices[1:], strict=False)}
    return (choices[0], gaps.pop() if gaps else 1, len(choices) - 1) if len(gaps) <= 1 else None


def _on_grid(wanted: Sequence[float], total: float, low: int, step: int, top: int) -> list[int]:
    count = len(wanted)
    steps = max(0, min(count * top, ceil((total - count * low) / step - 0.5)))
    ideal = _scaled(wanted, steps, low, step, top)
    taken = [floor(x + 1e-9) for x in ideal]
    by_remainder = sorted(range(count), key=lambda i: (taken[i] - ideal[i], i))
    missing = steps - sum(taken)
    while missing > 0:
        for i in by_remainder:
            if missing > 0 and taken[i] < top:
                taken[i], missing = taken[i] + 1, missing - 1
    return [low + step * n for n in taken]


def _scaled(wanted: Sequence[float], steps: int, low: int, step: int, top: int) -> list[float]:
    """`wanted` in steps above `low`, scaled by one factor and kept within 0..top so that they add up to `steps`."""

    def at(factor: float) -> list[float]:
        return [min(float(top), max(0.0, (w * factor - low) / step)) for w in wanted]

    small, large = 0.0, 1.0
    while sum(at(large)) < steps and large < 1e12:
        large *= 2
    for _ in range(80):
        middle = (small + large) / 2
        small, large = (middle, large) if sum(at(middle)) < steps else (small, middle)
    return at(small)


def _from_list(wanted: Sequence[float], total: float, choices: list[int]) -> list[int]:
    """The best choices by dynamic programming over the running sum; for lengths that are not evenly spaced."""
    low = choices[0]
    unit = gcd(*(c - low for c in choices))
    steps = [(c - low) // unit for c in choices]
    factor = total / sum(wanted)
    room, ideal = 4 * steps[-1] + 16, 0.0
    layers: list[dict[int, tuple[float, int]]] = [{0: (0.0, 0)}]
    for w in wanted:
        goal = w * factor
        ideal += min(float(steps[-1]), max(0.0, (goal - low) / unit))
        layer: dict[int, tuple[float, int]] = {}
        for reached, (cost, _) in layers[-1].items():
            for index, n in enumerate(steps):
                bill = cost + (low + unit * n - goal) ** 2
                if bill < layer.get(reached + n, (float("inf"), 0))[0]:
                    layer[reached + n] = (bill, index)
        if len(layer) > 8 * room:
            layer = {s: v for s, v in layer.items() if abs(s - ideal) <= 4 * room}
        layers.append(layer)
    base = len(wanted) * low
    at = min(layers[-1], key=lambda s: (abs(base + unit * s - total), s))
    taken = []
    for layer in reversed(layers[1:]):
        index = layer[at][1]
        taken.append(choices[index])
        at -= steps[index]
    return taken[::-1]
