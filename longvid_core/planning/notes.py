"""Labels and headings among the scenes: which are a scene's own, and which hold for the whole film."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .beats import verb_at
from .places import generic, is_slug
from .prose import can_open
from .script import Scene, Script, film_words, plain
from .textkit import word_count


@dataclass(frozen=True)
class Note:
    """A label below a scene's first words. `apart`: after a gap or inside a line; `wide`: as it stands it may be the film's."""

    scene: Scene
    kind: str
    said: str
    words: str
    apart: bool
    wide: bool


def settle(
    script: Script, notes: list[Note], lengths: list[tuple[Scene, float | None]], of_film: Callable[[str, str, str], None]
) -> None:
    """Give each note and each length to its scene or, by `of_film(kind, label, words)`, to the film.

    The film's is what is said once: before the first marked scene, or below the last one as if it were no part of it.
    """
    marked = [s for s in script.scenes if s.kind != "prose"]
    for scene, seconds in lengths:
        if len(lengths) == 1 < len(marked) and scene is marked[-1] and not any(s.seconds for s in marked):
            script.total = script.total or seconds
        else:
            scene.seconds = scene.seconds or seconds
    kinds = [(note.kind, note.said) for note in notes]
    leads = bool(marked) and script.scenes[0].kind == "prose" and can_open(marked[0])
    for note in notes:
        below = note.wide and len(marked) > 1 and note.scene is marked[-1] and note.kind in ("style", "look_note", "sound")
        before = leads and note.scene is script.scenes[0]
        once = kinds.count((note.kind, note.said)) == 1
        if once and (below or before or (note.apart and note.kind == "style")):
            of_film(note.kind, note.said, note.words)
        elif note.kind in ("setting", "time"):
            note.scene.settings.append(film_words(note.words))
        else:
            note.scene.notes.append((note.kind, note.said, note.words))


def headings_as_settings(script: Script) -> None:
    """What stands over a scene's words is where it plays; a heading over nothing is all there is to show. Empty scenes go."""
    for scene in script.scenes:
        passages = scene.passages
        if len(passages) > 1 and passages[1].nested and not passages[0].nested:
            first = script.text[passages[0].start : passages[0].end]
            passages[0].heading |= word_count(first) <= 5 and verb_at(["x", *first.split()]) is None
        body = [p for p in passages if not p.heading]
        if not body and not scene.notes:
            continue
        for words in (plain(script.text[p.start : p.end]).strip("# ") for p in passages if p.heading):
            known = any(words.startswith(s[:8]) or s in words for s in scene.settings)
            if not known and not generic(words) and not is_slug(scene, words):
                scene.settings.append(film_words(words))
        scene.passages = body
    script.scenes = [s for s in script.scenes if s.passages]
