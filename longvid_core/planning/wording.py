"""What a model is told: whole sentences that stand alone, with who is meant and how they look, and the film's style."""

from __future__ import annotations

import re

from .durations import without_lengths
from .script import Scene, Script, plain
from .textkit import density, printable, says_something

LEAD = re.compile(r"^(?:(?:and then|but then|and so|then|and|but|so|or|yet|plus|next|after that|finally),?\s+)+", re.IGNORECASE)
_STAGED = re.compile(r"^(?:start|begin|end|finish) with (?=(?:an?|the|his|her|their)\s)", re.IGNORECASE)
SUBORDINATE = re.compile(r"^(?:(?:and|but)\s+)?(?:while|as|where|until|before|after|so that)\s+", re.IGNORECASE)
_TIMECODE = re.compile(r"[\[(]\s*\d{1,2}:\d{2}(?::\d{2})?(?:\s*[-–—]\s*\d{1,2}:\d{2}(?::\d{2})?)?\s*[\])]\s*")
_CUT = re.compile(
    r"\b(?:(?:SMASH|HARD|MATCH|JUMP|QUICK)[\s-])?CUTS? (?:BACK )?TO\b[:.]?\s*|\b(?:FADE|CROSSFADE|DISSOLVE|WIPE)[\s-](?:IN"
    r"|OUT|TO(?: BLACK| WHITE)?)\b[:.]?\s*"
)


_FLAGS = re.compile(
    r"(?<=\s)--(?:ar|aspect|v|version|style|stylize|s|q|quality|seed|chaos|niji|motion|fps|hd|raw)\b(?:\s+[\d:.]+)?"
)


def story_words(text: str) -> str:
    """The words of a beat without marks, lengths, transitions and markup; a whole sentence or more."""
    text = _row_words(text) if text.strip().startswith("|") else text
    text = re.sub(r"\\([\"n])", lambda m: '"' if m[1] == '"' else " ", text)  # as JSON writes them
    text = _FLAGS.sub("", text)
    whole = plain(printable(text))
    said = without_lengths(plain(_CUT.sub(" ", _TIMECODE.sub("", printable(text)))))
    said = said if says_something(said) else whole
    said = re.sub(r"(?<=[,.;:!?…—–-])\s+/+\s+|^\s*/+\s+|\s+/+\s*$", " ", said)  # the line ends of a poem written in one line
    said = re.sub(r"\s+//?\s+(?=[^\W\d])", ", ", said)
    said = re.sub(
        r"^([^\[\](]{1,40})\]\s*", lambda m: f"{m[1]}: ", said
    )  # `[CUT TO: CLOSE UP]`, of which a mark took the first half
    said = re.sub(r"\s+([,.;:!?…])(?=\s|$)", r"\1", said)
    said = re.sub(r"^[\s,;:.·•|>–—→=-]+(?=\w)|(?:\s*(?:→|->|=>|⇒|➜|\|))+\s*$", "", said)
    return " ".join(said.split()).strip()


def _row_words(text: str) -> str:
    """A table's row as a sentence, its number and length left out."""
    cells = [c.strip() for c in text.strip().strip("|").split("|")]
    kept = [
        c
        for c in cells
        if c
        and not re.fullmatch(r"[\d.#]+|[\d:.,]+\s*s?\s*[-–—]\s*[\d:.,]+\s*s?(?:ec\.?)?", c)
        and says_something(without_lengths(f"({c})"))
    ]
    return ", ".join(kept) or text


def as_sentence(words: str, keep_lead: bool = False) -> str:
    """`words` with a capital, with an end, and (unless `keep_lead`) without a joining word in front."""
    bare = words if keep_lead else LEAD.sub("", words).strip()
    bare = _STAGED.sub("", bare)
    words = bare if says_something(bare) else words
    words = words.rstrip(" ,;:–—-") if not words.endswith("...") else words
    if re.match(r"[a-zà-þа-я][^A-Z]*?(?:\W|$)", words):
        words = words[0].upper() + words[1:]
    return ended(words)


def run_together(said: list[str]) -> str:
    """Sentences in a row: a space between them, unless their script has none."""
    words = ""
    for sentence in filter(None, said):
        solid = words and density(words[-1]) is not None or words[-1:] in "。！？」"
        words = words + sentence if words and solid else f"{words} {sentence}"
    return words.strip()


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
    parts += [f"No {', no '.join(script.refused)}"] if script.refused else []
    return " ".join(ended(p) for p in parts)


def note_words(scene: Scene) -> str:
    """A scene's own camera, light and sound lines."""
    return " ".join(ended(f"{said[:1].upper()}{said[1:]}: {words}") for _, said, words in scene.notes)


def joined(*parts: str) -> str:
    """The parts that say something, a space between."""
    return " ".join(p.strip() for p in parts if p and p.strip())
