"""Lengths: the ones written in a text, and the sharing of a film's length over segments in frames a model can make."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from math import ceil, floor, gcd

from .brief import Limits
from .lexicon import AFTER_SPACELESS, SPACELESS, Patterns, any_of, split_terms, words

_CLOCK = r"(?!9[:：]16\b)(?:\d{1,2}[:：])?\d{1,2}[:：]\d{2}(?:[.,]\d+)?"
LEFT = rf"(?<![\d:.])(?<!(?-i:[^\W{SPACELESS}]))"  # where a number may begin: not inside a word, unless its script has no spaces


def _solid(term: str) -> bool:
    """Whether a term is written without a space after a number, or before what follows it."""
    return re.search(rf"[{SPACELESS}\uac00-\ud7a3]", term) is not None


def _either(found: Iterable[str]) -> str:
    return "|".join(sorted((t.replace(" ", r"[\s-]+") for t in found), key=lambda t: (-len(t), t))) or r"(?!)"


@functools.cache
def spelt() -> dict[str, float]:
    """Spelt numbers of every language we know, by what they are."""
    return {**words()["numbers"], **words()["number_words"]}


@functools.cache
def number(least: float = 0) -> str:
    """A pattern for a number in front of what it counts: digits of any script, or a word for `least` or more."""
    said = [t for t, n in spelt().items() if n >= least]
    spaced, solid = (_either(t for t in said if _solid(t) == kind) for kind in (False, True))
    return rf"(?:\d+(?:[.,٫]\d+)?(?!\d)|(?:{spaced})(?=[\s-])|(?:{solid}))"


@functools.cache
def _units(seconds: int | None = None) -> str:
    """A pattern for the units of so many seconds; of all of them."""
    tables: dict[int, str] = words()["units"]
    listed = [t for n, units in tables.items() if seconds in (None, n) for t in split_terms(units)]
    spaced, solid = (_either(t for t in listed if _solid(t) == kind) for kind in (False, True))
    return rf"(?:(?:{spaced})(?!\w)|(?:{solid}))"


@functools.cache
def amount() -> str:
    """A pattern for a length: `4s`, `six seconds`, `2 minutes 30 seconds`, `1:30`, `三十秒`. Digits need no space before it."""
    one = rf"{number()}[\s-]*{_units()}"
    whole = _either(words()["spelt_lengths"])
    return (
        rf"(?:(?:about|approx\.?|approximately|around|roughly|ca\.?|~|≈)\s*)?(?:{one}(?:\s*(?:and\s*)?{one})?|{_CLOCK}"
        rf"|{number()}['′]\s*{number()}[\"″]|(?:{whole})(?!\w))"
    )


@functools.cache
def _links() -> str:
    return _either(split_terms(words()["amount_links"]))


def listed(name: str) -> str:
    """A pattern for any term of a list, a word of its own where its script has spaces."""
    return f"(?:{any_of(words()[name])})"


@functools.cache
def _sign() -> re.Pattern[str]:
    whole = _either(words()["spelt_lengths"])
    units = rf"(?<=(?-i:[\d\s{SPACELESS}\uac00-\ud7a3-])){_units()}"
    return re.compile(rf"{units}|\d[:：]\d\d|\d\s*['′\"″]|['′]\s*\w+[\"″]|{whole}", re.IGNORECASE)


def may_hold_length(text: str) -> bool:
    """Whether it is worth to look for a length in `text`: the patterns for that take half a second to compile."""
    return _sign().search(text) is not None


@functools.cache
def _patterns() -> Patterns:
    long = amount()
    films = listed("film_nouns")
    later = rf"(?!\s*{listed('later_words')})"
    stated = (
        rf"{LEFT}(?P<e>{long})(?:\s+|{AFTER_SPACELESS})(?:of\s+)?{listed('totals_after')}"
        rf"|{listed('totals_before')}(?:\s*{listed('totals_between')})*\s*[:：]?\s*(?P<f>{long})"
        rf"|(?P<noun>{films})(?:[\s-]+\w+){{0,2}}?(?:\s*{listed('film_links')}){{1,2}}\s*(?P<g>{long})"
    )
    texts = {
        "amount": rf"{LEFT}(?P<d>{long}){later}",
        "linked": rf"{LEFT}(?P<d>{long}){later}(?:\s*(?:{_links()})(?:(?!\w)|{AFTER_SPACELESS}))?",
        "paren": rf"[(\[{{（［【]\s*(?:duration:?\s*)?(?P<d>{long})\s*[)\]}}）］】]",
        "held": rf"(?<!\w)(?:for|during|lasting|lasts|hold(?:s|ing)?(?:\s+for)?)\s+(?P<d>{long}){later}(?!\s+of)",
        "film": (
            rf"{LEFT}(?P<d>{long})(?:[\s-]+long)?(?:[\s-]+|\s*(?:{_links()})\s*|{AFTER_SPACELESS})"
            rf"(?:(?:[^\W\d]|-)+[\s-]+){{0,3}}?{films}|{stated}"
        ),
        "stated": stated,
        "shot": rf"{LEFT}(?P<d>{long})(?:[\s-]+long)?[\s-]+(?:\w+\s+){{0,2}}?(?:{any_of(words()['shot_nouns'])})",
        "tail": rf"[,;–—-]\s*(?P<d>{long})\s*[.]?\s*$",
        "number": rf"{LEFT}(?P<n>{number()})[\s-]*(?P<u>{_units()}|['′\"″](?!\w))",
        "minute": rf"{_units(60)}$|['′]$",
    }
    return Patterns(texts)


def seconds_of(text: str) -> float | None:
    """The seconds in a length such as `4s`, `1:30`, `two minutes`, `1m 20s`, `三十秒`, `٣٠ ثانية`. None where it is not one."""
    clock = re.search(_CLOCK, text)
    if clock:
        total = 0.0
        for part in re.split("[:：]", clock.group().replace(",", ".")):
            total = total * 60 + float(part)
        return total or None
    whole = next((n for t, n in words()["spelt_lengths"].items() if t in text), None)
    if whole is not None:
        return float(whole)
    total, found = 0.0, False
    for match in _patterns()["number"].finditer(text) if may_hold_length(text) else ():
        total, found = total + number_of(match["n"]) * (60 if _patterns()["minute"].match(match["u"]) else 1), True
    if not found and re.fullmatch(r"\s*\d+(?:\.\d+)?\s*\.?\s*", text):
        return float(text.strip().rstrip(".")) or None
    return total if found and total > 0 else None


def number_of(said: str) -> float:
    """What a match of `number` is."""
    said = " ".join(said.lower().replace("-", " ").split())
    return float(said.replace(",", ".").replace("٫", ".")) if said[0].isdigit() else float(spelt()[said])


def film_length(text: str) -> float | None:
    """The film's length in a sentence about the film: `a 15-second ad`, `two minutes long`, `Duration: 1:30`, `30秒の動画`."""
    match = _patterns()["film"].search(text) if may_hold_length(text) else None
    return seconds_of(next(g for g in match.group("d", "e", "f", "g") if g)) if match else None


def length_in(text: str) -> float | None:
    """Any length in a sentence that is about the film: `Music video, 1:30.`"""
    match = _patterns()["amount"].search(text) if may_hold_length(text) else None
    return seconds_of(match["d"]) if match else None


def beat_length(text: str) -> float | None:
    """A beat's own length: `(4s)`, `for six seconds`, `a 3-second shot`. What happens `two minutes later` is not one."""
    for name in ("paren", "shot", "held", "tail") if may_hold_length(text) else ():
        match = _patterns()[name].search(text)
        seconds = seconds_of(match["d"]) if match else None
        if seconds is not None and (name == "paren" or 1.5 <= seconds <= 30):
            return seconds
    return None


def without_amounts(text: str) -> str:
    """`text` without any length in it."""
    return _patterns()["linked"].sub("", text) if may_hold_length(text) else text


def without_lengths(text: str, everywhere: bool = False) -> str:
    """`text` without the lengths that `beat_length` and `film_length` read; `everywhere`: without any."""
    if not may_hold_length(text):
        return text
    found = _patterns()
    text = found["tail"].sub(".", found["paren"].sub("", text))
    if everywhere:
        text = found["stated"].sub(lambda m: m["noun"] or "", text)
        text = found["linked"].sub("", text)
    else:
        text = found["film"].sub(lambda m: m.group().replace(m["d"], "", 1).lstrip(" -") if m["d"] else m["noun"] or "", text)
    text = found["shot"].sub(lambda m: m.group().replace(m["d"], "", 1).lstrip(" -"), text)
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
