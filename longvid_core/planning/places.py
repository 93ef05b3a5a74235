"""Where a scene plays, from its slugline or heading."""

from __future__ import annotations

import re

from .lexicon import terms
from .script import Scene, film_words, plain


def generic(words: str) -> bool:
    """Whether a heading names no place or thing: `Scene`, `Intro`, `Part II`."""
    bare = re.sub(r"[\W\d_]+", " ", words).strip().lower()
    stripped = re.sub(r"\b(?:the|our|a|one|two|three|four|five|six|i|ii|iii|iv|v)\b", "", bare).strip()
    return (
        not stripped
        or stripped in terms("generic_headings")
        or stripped in terms("containers")
        or stripped in terms("scene_words")
    )


def slug_words(words: str, mark: str) -> str:
    """`INT. KITCHEN - NIGHT` as words: `interior: kitchen, night`."""
    said = plain(words).strip(" .:-–—*")
    if numbered := re.match(r"\W*(\d{1,3}[A-Z]?)\b", mark):  # shooting scripts number both ends of the line
        said = re.sub(rf"\s+{numbered[1]}\W*$", "", said)
    parts = [p.strip() for p in re.split(r"\s+[-–—]+\s+|\s*[-–—]{2}\s*", said) if p.strip()]
    kept = [p for p in parts if p.lower().strip(".") not in ("continuous", "same", "same time", "later", "moments later")]
    inside, outside = re.search(r"\bINT\b|I/E", mark, re.IGNORECASE), re.search(r"\bEXT\b", mark, re.IGNORECASE)
    side = "interior: " if inside and not outside else "exterior: " if outside and not inside else ""
    return side + ", ".join(p.lower() if p.isupper() else p for p in kept)


def is_slug(scene: Scene, words: str) -> bool:
    """Whether `words` are the slugline that gave the scene its place."""
    return any(s.endswith((slug_words(words, ""), slug_words(words, scene.mark))) for s in scene.settings)


def as_settings(text: str, scene: Scene) -> list[str]:
    """What the entries of a list below `scene` take over from it: its place, where it has nothing but a heading."""
    if any(not p.heading for p in scene.passages):
        return list(scene.settings) if scene.level else []
    words = [plain(text[p.start : p.end]).strip("# ") for p in scene.passages]
    return list(dict.fromkeys([*scene.settings, *(film_words(w) for w in words if not generic(w))]))
