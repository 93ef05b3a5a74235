"""Plain words among the marks: which are the story, and which speak of the film, its look or its people."""

from __future__ import annotations

import re

from .beats import sentences
from .cast import names_look
from .counts import each_length, only_format
from .durations import film_length
from .script import (
    Passage,
    Scene,
    Script,
    about_film,
    asks_for_style,
    closes_chat,
    film_head,
    film_words,
    opens_story,
    plain,
    refused_in,
)
from .telling import shows_besides, spoken
from .textkit import says_something


def lengths_from_clocks(scenes: list[Scene]) -> None:
    """Timecodes give lengths: from begin to end, or to the next one's begin."""
    timed = [s for s in scenes if s.clock is not None]
    for at, scene in enumerate(timed):
        first, last = scene.clock or (0.0, None)
        if last is None and at + 1 < len(timed):
            last = (timed[at + 1].clock or (None, None))[0]
        if scene.seconds is None and last is not None and last > first:
            scene.seconds = last - first


def sort_prose(script: Script) -> None:
    """Take out of the prose what is said about the film: before the first marked scene, and sentences about style anywhere."""
    marked = next((s for s in script.scenes if s.kind != "prose"), None)
    kept: list[Scene] = []
    for place, scene in enumerate(script.scenes):
        if scene.kind == "prose":
            leading = place == 0 and marked is not None and can_open(marked)
            scene.passages = [q for p in scene.passages for q in _story_of(script, p, leading, place == 0)]
        elif scene.kind == "item" and len(script.scenes) > 1 and _only_asks(script, scene):
            for p in scene.passages:
                note_style(script, script.text[p.start : p.end])
            continue
        if scene.passages:
            kept.append(scene)
    script.scenes = kept
    if not kept or all(_thin(script, s) for s in kept):
        return
    last = kept[-1].passages[-1]
    if kept[-1].kind == "prose" or last.code or last.speech:
        return
    spans = sentences(script.text, last.start, last.end)
    while len(spans) > 1 and _is_aside(script.text[slice(*spans[-1])]):
        low, _ = spans.pop()
        note_style(script, script.text[low : last.end])
        last.end = low
    if (
        len(kept[-1].passages) > 1
        and (last.gap or refused_in(script.text[last.start : last.end]))
        and len(spans) == 1
        and _is_aside(script.text[last.start : last.end])
    ):
        note_style(script, script.text[last.start : last.end])
        kept[-1].passages.pop()


def _is_aside(said: str) -> bool:
    return asks_for_style(said) or closes_chat(said)


def _only_asks(script: Script, scene: Scene) -> bool:
    """Whether an entry of a list is a wish for the film, `- no text`, and shows nothing."""
    said = [script.text[p.start : p.end] for p in scene.passages if not p.code and not p.speech]
    return (
        scene.seconds is None
        and scene.clock is None
        and all(asks_for_style(s) for s in said)
        and len(said) == len(scene.passages)
    )


def note_style(script: Script, said: str) -> None:
    """A sentence about the film's look; what it forbids goes to the negative prompt too."""
    if only_format(plain(said)):
        script.note_format(said, meta=True)
        return
    script.each = script.each or each_length(said)
    if refused := refused_in(said):
        script.negative += refused
        script.refused += refused
        return
    if match := re.match(
        r"\s*(?:keep|use|with) (?:an? |the )?(?:\w+ )?(?:character|protagonist)s?\s*:\s*(.+)", plain(said), re.IGNORECASE
    ):
        script.characters.append(match[1])
        return
    if words := film_words(said):
        script.style.append(words)


_LATE = re.compile(
    r"final|last|next|closing|end|outro|hero|bridge|epilogue|finale|climax|tag|drop|chorus|\b(?:INT|EXT)\b", re.IGNORECASE
)


_LIST_OF = re.compile(
    r"(?:shot ?list|storyboard|script|screenplay|outline) (?:for|of|to)\s+[\"“«]([^\"”»]+)[\"”»]\W*", re.IGNORECASE
)


def can_open(scene: Scene) -> bool:
    """Whether a marked scene can be the film's first, so that the words before it are about the film."""
    number = re.search(r"\d+", scene.mark)
    late = (scene.clock[0] > 0 if scene.clock else bool(number and int(number.group()) > 1)) or bool(_LATE.search(scene.mark))
    return scene.join is None and not late


def _thin(script: Script, scene: Scene) -> bool:
    return not any(says_something(script.text[p.start : p.end]) for p in scene.passages)


def _thoughts(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The sentences of a passage, and apart from them a first or last line that only says how the film is to be."""
    lines = [start + m.end() for m in re.finditer(r"\n(?=\s*\S)", text[start:end])]
    low, high = start, end
    if lines and about_film(text[start : lines[0]]) == "meta":
        low = lines[0]
    if lines and lines[-1] > low and about_film(text[lines[-1] : end]) == "meta":
        high = lines[-1]
    edges = [(start, low)] if low > start else []
    return [*edges, *sentences(text, low, high), *([(high, end)] if high < end else [])]


def _story_of(script: Script, passage: Passage, leading: bool, first_scene: bool) -> list[Passage]:
    """The parts of a prose passage that are story; the rest is noted. `leading`: marked scenes follow it."""
    if passage.code or passage.speech:
        return [passage]
    kept: list[Passage] = []
    begun = False
    for low, high in _thoughts(script.text, passage.start, passage.end):
        if not begun and first_scene and not leading and (head := film_head(script.text[low:high])):
            named = script.text[low : low + head].strip(" :：\n")
            script.note_format(named, meta=about_film(named) == "meta")
            script.context += filter(None, [film_words(named)])
            low += head
        said = script.text[low:high]
        kind = about_film(said)
        if kind is None and first_scene and low == passage.start and not (spoken(plain(said)) or shows_besides(plain(said))):
            script.total = script.total or film_length(said)
        if kind == "film" and not (leading or first_scene):
            kind = None
        if leading and kind is None and not begun:
            begun = opens_story(said)
            if not begun:
                kind = "film"
        if kind is None:
            begun = True
            if kept and kept[-1].end == low:
                kept[-1].end = high
            else:
                kept.append(Passage(low, high, passage.gap or bool(kept)))
        else:
            if kind in ("film", "meta"):
                script.note_format(said, meta=kind == "meta")
                forbidden = [thing for part in re.split(r"[/|·•,]", said) for thing in refused_in(part)] if kind == "meta" else []
                script.negative += forbidden
                script.refused += forbidden
            else:
                script.total = script.total or film_length(said)
            words = film_words(said)
            if kind == "style":
                note_style(script, said)
            elif kind == "film" and (listed := _LIST_OF.fullmatch(words)):
                script.title = script.title or listed[1]
            elif kind == "film" and words:
                (script.characters if names_look(words) else script.context).append(words)
    return kept
