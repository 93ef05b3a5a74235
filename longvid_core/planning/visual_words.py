"""From words to a `VisualState`: camera, lens, light, colours, clothes, things, style. The words stand in `words.yaml`."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import Any

from ..models.visual import Camera, Lens, Light, VisualState
from .lexicon import pattern, patterns, plural_verbs, split_terms, terms, verb_forms, words

_NOT = re.compile(
    r"(?:\b(?:not|no|never|without|isn['’]?t|aren['’]?t|don['’]?t|doesn['’]?t|nor|avoid|neither|instead of"
    r"|unlike)[^\w.!?;:]+(?:\w+[^\w.!?;:]+){0,2})$",
    re.IGNORECASE,
)
_KELVIN = re.compile(r"(?<!\w)(1\d{3}|[2-9]\d{3}|1\d{4})\s?K(?!\w)")
_MM = re.compile(
    r"(?<![\w.])(\d{1,3}(?:\.\d)?)[\s-]?mm(?!\w)(?!\s*(?:film|grain|stock|print|kodak|footage|imax|reel))", re.IGNORECASE
)
_STOCK = re.compile(
    r"(?:shot|filmed|captured|photographed)\s+on\s+(?:\w+\s+)?(\d{1,2})[\s-]?mm|\b(\d{1,2})[\s-]?mm\s+(?:film|grain|stock"
    r"|print|footage)",
    re.IGNORECASE,
)
_STOP = re.compile(r"(?<!\w)f\s?/\s?(\d{1,2}(?:\.\d)?)|(?<!\w)f(\d\.\d)(?!\w)", re.IGNORECASE)
_WEIGHT = re.compile(r"\(([^():]{2,40}):(\d(?:\.\d+)?)\)")
_TIME_NAME = re.compile(
    r"(?<![.!?:;\n—–\"“(] )(?<!^)\bDawn\b|^Dawn (?!\w*(?:breaks|light|over|comes|rises|is breaking|in|on|at)\b)[a-z]+s\b"
)


_COUNTED = {"a", "an", "the", "his", "her", "their", "its", "two", "three", "four", "of", "with"}


def visual_of(said: str, looks: str = "", label: str = "") -> VisualState:
    """Every visual control that `said` names. `looks`: what the people in it wear. Nothing is invented: unsaid is unset."""
    clothes = ". ".join(filter(None, (said, looks)))
    return VisualState(
        camera=_camera(said),
        lens=_lens(said, label),
        light=_light(said),
        palette=_palette(said),
        wardrobe=_things(clothes, "garments", 5),
        props=_things(said, "props", 5),
        style=style_weights(said),
    )


def _first(said: str, table: str, skip: re.Pattern[str] | None = None) -> tuple[Any, int, int] | None:
    """The earliest hit of a table in `said` that is neither negated nor part of what `skip` finds: key, begin, end."""
    best: tuple[Any, int, int] | None = None
    shut = [m.span() for m in skip.finditer(said)] if skip else []
    for key, found in patterns(table).items():
        for match in found.finditer(said):
            if any(a <= match.start() < b for a, b in shut) or _NOT.search(said, 0, match.start()):
                continue
            if best is None or match.start() < best[1] or (match.start() == best[1] and match.end() > best[2]):
                best = (key, match.start(), match.end())
            break
    return best


# ---- camera and lens ---------------------------------------------------------------------------------------------------------


def _camera(said: str) -> Camera:
    move = _first_move(said)
    speed = None
    if move is not None:
        around = said[max(0, move[1] - 28) : move[2] + 18]
        hit = _first(around, "speeds")
        speed = hit[0] if hit else None
    height = _first(said, "heights") or _led(said, "camera_heights")
    return Camera(move=move[0] if move else None, speed=speed, height=height[0] if height else None)


def _first_move(said: str) -> tuple[Any, int, int] | None:
    sure, led = _first(said, "moves"), _led(said, "camera_moves")
    if sure and led:
        return min(sure, led, key=lambda hit: hit[1])
    return sure or led


def _led(said: str, table: str) -> tuple[Any, int, int] | None:
    """A hit of a table of ambiguous words in a clause that a camera word leads: `we drift down`, not `snow drifts down`."""
    for sentence in re.finditer(r"[^.!?]+", said):
        lead = re.match(
            r"\W*(?:(?:then|slowly|finally|and|as|now|gradually),?\s+)*(?:the|our|a)?\s*(?:[\w-]+\s+){0,2}?(?:"
            + pattern("camera_words").pattern
            + ")",
            sentence.group(),
            re.IGNORECASE,
        )
        lead = lead or re.search(r"[,;]\s*(?:and |as |while )?(?:the camera|we)\b", sentence.group(), re.IGNORECASE)
        opens = re.match(r"\W*high (?:above|over)", sentence.group(), re.IGNORECASE)
        if not lead and not opens:
            continue
        part = sentence.group()[lead.end() if lead else 0 :]
        hit = _first(part, table)
        if hit is not None:
            offset = sentence.start() + (lead.end() if lead else 0)
            return hit[0], hit[1] + offset, hit[2] + offset
    return None


def _lens(said: str, label: str) -> Lens:
    framing = _framing(said, label)
    focal, stop = _MM.search(said), _STOP.search(said)
    stock = _STOCK.search(said)
    length = float(focal[1]) if focal and not (stock and stock.start() <= focal.start() < stock.end()) else None
    if length is None and (hit := _first(said, "lenses")):
        length = float(hit[0])
    aperture = float(stop[1] or stop[2]) if stop else None
    if aperture is None and (hit := _first(said, "apertures")):
        aperture = float(hit[0])
    return Lens(
        framing=framing,
        focal_length_mm=length if length and 4 <= length <= 2000 else None,
        aperture=aperture if aperture and 0.5 <= aperture <= 64 else None,
    )


@functools.cache
def _framing_label() -> re.Pattern[str]:
    names = "|".join(sorted(words()["framing_labels"], key=len, reverse=True))
    return re.compile(
        rf"(?:^|(?<=[.!?]\s))\W*(?P<f>{names})(?:\s+(?:on|shot))?\s*(?:[:–—]|(?<!long)(?<!full)\.(?=\s+\S))|^\W*(?P<c>ECU|MCU|CU|WS|EWS|MS)\b",
        re.IGNORECASE,
    )


def framing_label(said: str) -> str | None:
    """The framing a shot opens with: `Wide:`, `ECU`, `Close on`."""
    match = _framing_label().search(said)
    if match and (match["f"] or match["c"].isupper()):
        return str(words()["framing_labels"][(match["f"] or match["c"]).lower()])
    return None


def _framing(said: str, label: str) -> Any:
    named = framing_label(label or said)
    if named:
        return named
    hit = _first(said, "framings")
    return hit[0] if hit else None


# ---- light -------------------------------------------------------------------------------------------------------------------


def _light(said: str) -> Light:
    time = time_in(said)
    kelvin = _KELVIN.search(said)
    temperature = int(kelvin[1]) if kelvin else None
    if temperature is None:
        hits = [
            (m.start(), key)
            for key, found in patterns("practicals").items()
            if (m := found.search(said)) and not _NOT.search(said, 0, m.start())
        ]
        temperature = int(min(hits)[1]) if hits else words()["temperatures"].get(time)
    quality = None
    if not pattern("spent_weather").search(said):
        hit = _first(said, "qualities", pattern("not_weather"))
        quality = hit[0] if hit else None
    key = _first(said, "keys")
    return Light(time_of_day=time, key_direction=key[0] if key else None, quality=quality, temperature_k=temperature)


def time_in(said: str) -> Any:
    """The time of day said: the last one where a text goes through several, since that is where it ends up."""
    masked = pattern("not_times").sub(lambda m: "·" * len(m.group()), said)
    masked = _TIME_NAME.sub("····", masked)
    hit = _first(masked, "times")
    return hit[0] if hit else None


_HOUR = r"(?:dawn|morning|noon|midday|afternoon|sunset|dusk|twilight|evening|night|midnight|moon)"
_STATES = re.compile(
    rf"\b(?:it is|it['’]s|it was)\s+(?:\w+\s+){{0,3}}{_HOUR}\b|\bin the(?: \w+)? {_HOUR}\b|\bmoonlit\b|\bin the moonlight\b"
    rf"|\b{_HOUR}(?:['’]s)? (?:light|sun|mist|air|sky|haze|glow|wind|breeze|heat|fog|shadows)\b"
    r"|\bthe (?:sun|moon) (?:is|hangs|stands|shines)\b",
    re.IGNORECASE,
)
_CHANGES = re.compile(
    r"\b(?:as|when|until|till|by|then|later|next|turns?|turning|becomes?|falls|comes|breaks|sets|rises|fades|begins)\b",
    re.IGNORECASE,
)


def states_time(said: str) -> bool:
    """Whether `said` tells what time it already is, rather than that an hour comes."""
    sentence = re.match(r"[^.!?]*", said)
    first = sentence.group() if sentence else ""
    return bool(_STATES.search(first)) and not _CHANGES.search(first)


def weather_is_over(said: str) -> bool:
    """Whether `said` ends the bad weather that went before."""
    return bool(pattern("spent_weather").search(said))


# ---- colours, clothes, things ------------------------------------------------------------------------------------------------


_STUFF = re.compile(
    r"\b(?:the|of|on|in|across|through|over|into|under|with) \w+\b(?: (?:\w+ing|\w+s)\b|\W*$|,|\.)|\b\w+ \w+ing\b", re.IGNORECASE
)
"""Around a colour that is a stuff: here it is the stuff, `sand spraying behind it`, `in the sand`."""


@functools.cache
def _colour() -> re.Pattern[str]:
    base, how, not_of = (words()[k].strip() for k in ("colours", "colour_adverbs", "uncoloured_nouns"))
    names = "|".join(sorted((t.strip("'").replace(" ", r"[\s-]") for t in re.split(r",\s+", base)), key=len, reverse=True))
    adverbs = "|".join(re.split(r",\s+", how))
    nouns = "|".join(re.split(r",\s+", not_of))
    return re.compile(
        rf"(?<![\w-])(?P<c>(?:(?:{adverbs})[\s-])?(?:{names}))(?!\w)(?!['’]s)(?![\s-]+(?:\w+\s+)?(?:{nouns})(?!\w))",
        re.IGNORECASE,
    )


def _palette(said: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for named, colours in words()["palettes"].items():
        if re.search(
            rf"(?<!\w){named.replace(' ', '[ -]')}(?!\w)[\w ,-]{{0,24}}(?:palettes?|colou?rs?|tones?|hues?|grade|grading)(?!\w)",
            said,
            re.IGNORECASE,
        ):
            found.update(dict.fromkeys(split_terms(colours) if isinstance(colours, str) else colours))
    for code in re.findall(r"#[0-9a-fA-F]{6}(?!\w)", said):
        found[code.lower()] = None
    masked = pattern("colour_idioms").sub(lambda m: "·" * len(m.group()), said)
    if re.search(r"\bblack[\s-]and[\s-]white\b|\bmonochrome\b", said, re.IGNORECASE):
        found.update(dict.fromkeys(("black", "grey", "white")))
    for match in _colour().finditer(masked):
        word = match["c"]
        named = word[:1].isupper() and match.start() > 0 and masked[: match.start()].rstrip()[-1:] not in '.!?:;"“—–('
        if word.lower() in terms("materials") and _STUFF.search(masked[max(0, match.start() - 12) : match.end() + 16]):
            continue
        if not named and not _NOT.search(masked, 0, match.start()):
            found[" ".join(re.split(r"\s+", word.lower())).replace("golden", "gold").replace("gray", "grey")] = None
    for word, colour in words()["foreign_colours"].items():
        spaceless = not word.isascii() and ord(word[0]) > 0x2E80
        if word in said if spaceless else re.search(rf"(?<![\w-])(?<!film ){word}(?!\w)", said, re.IGNORECASE):
            found[colour] = None
    return tuple(found)[:6]


def _things(said: str, table: str, most: int) -> tuple[str, ...]:
    """Nouns of a table with the adjectives before them: `mustard oilskin coat`, `two tin cups` as `tin cups`."""
    skip = [m.span() for m in pattern("not_props").finditer(said)] if table == "props" else []
    found: dict[str, None] = {}
    for match in pattern(table).finditer(said):
        if any(a <= match.start() < b for a, b in skip) or re.match(
            r"\s+of\s+(?:paint|arms|armou?r|light|water|people|the)\b|[-’']|\s+(?:rehearsal|code|shop|store|maker|face)\b",
            said[match.end() :],
        ):
            continue
        if _NOT.search(said, 0, match.start()):
            continue
        before = re.findall(r"[\w'’-]+|[^\w\s]", said[max(0, match.start() - 48) : match.start()])
        described: list[str] = []
        for word in reversed(before):
            low = word.lower()
            if (
                not word[0].isalnum()
                or low in terms("not_adjectives")
                or len(described) == 3
                or low.endswith(("ing", "ly", "'s", "’s"))
                or (low in verb_forms() and low not in ("paper",))
                or low.isdigit()
                or (
                    low in plural_verbs() and re.search(rf"[^s]s\s+{re.escape(word)}\s", said[: match.start()])
                )  # `workers carry baskets`
            ):
                break
            described.insert(0, low)
        prior = before[-len(described) - 1].lower() if len(before) > len(described) else ""
        if match.group().lower() in verb_forms() | plural_verbs() and (
            prior not in _COUNTED or _acts(said, match, described, prior)
        ):
            continue
        found[" ".join([*described, match.group().lower()])] = None
    kept = [f for f in found if not any(f != other and (other.endswith(" " + f) or other.startswith(f + " ")) for other in found)]
    return tuple(kept)[:most]


def _acts(said: str, match: re.Match[str], described: list[str], prior: str) -> bool:
    """Whether a word of `an owl watches from a post` is what somebody does: a plural after `a`, or words that follow a verb."""
    word = match.group().lower()
    found = re.match(r"\s+([^\W\d_]+)", said[match.end() :])
    after = found[1].lower() if found else ""
    if not described:
        return False
    if word not in verb_forms():  # `monks ring the bell`
        return described[-1].endswith("s") and after in ("the", "a", "an", "his", "her", "their", "its")
    return prior in ("a", "an") or after in terms("after_object") - {"and", "with"}


# ---- style -------------------------------------------------------------------------------------------------------------------


def style_weights(said: str) -> dict[str, float]:
    """Style words in a text with their weights: 1, less for `slightly`, more for `very`, or as written in `(gouache:1.3)`."""
    found: dict[str, float] = {}
    for match in _WEIGHT.finditer(said):
        found[match[1].strip().lower()] = float(match[2])
    stock = _STOCK.search(said)
    if stock:
        found[f"{stock[1] or stock[2]}mm film"] = 1.0
    for match in pattern("styles").finditer(said):
        name = " ".join(match.group().lower().split())
        if _NOT.search(said, 0, match.start()) or any(name in known for known in found):
            continue
        near = said[max(0, match.start() - 18) : match.start()]
        weight = 0.6 if pattern("style_weak").search(near) else 1.3 if pattern("style_strong").search(near) else 1.0
        found[name] = weight
    return found


def style_line(lines: Iterable[str]) -> dict[str, float]:
    """The weights of `Style:` lines, where each phrase is a style, known word or not: `soft gouache`."""
    found: dict[str, float] = {}
    for line in lines:
        said = pattern("geometry").sub("", _WEIGHT.sub("", line.split(": ", 1)[-1]))
        found.update({k: v for k, v in style_weights(line).items() if _WEIGHT.search(line)})
        for phrase in re.split(r"[,;.、，/]|\band\b", said):
            phrase = " ".join(phrase.split()).strip(" -–—").lower()
            if (
                _STOCK.search(phrase)
                or phrase.startswith(("no ", "keep ", "use ", "looks "))
                or re.search(r"\blight(?:ing)?$", phrase)
            ):
                found.update(style_weights(phrase))
                continue
            if not phrase or len(phrase) > 40 or len(phrase.split()) > 4 or re.search(r"palette|colou?rs?\b|tones?\b", phrase):
                found.update({k: v for k, v in style_weights(phrase).items() if k not in found})
                continue
            weight = 0.6 if pattern("style_weak").search(phrase) else 1.3 if pattern("style_strong").search(phrase) else 1.0
            name = re.sub(r"^(?:in|a|an|the|with)\s+", "", phrase)
            found = {k: v for k, v in found.items() if k not in name or k == name}
            if not any(name in known for known in found):
                found[name] = weight
    return dict(list(found.items())[:10])


__all__ = ["framing_label", "states_time", "style_line", "style_weights", "time_in", "visual_of", "weather_is_over"]
