"""Keyframe descriptions: the picture a beat opens on, and the one it ends on. Stills: no camera moves, no lengths."""

from __future__ import annotations

import re

from ..models.plan import Keyframe, Mode
from ..models.visual import Camera, CameraHeight, Framing, Lens, VisualState
from .beats import Unit, sentences, split_clauses
from .company import Company, with_looks
from .lexicon import patterns, verb_forms
from .script import Script, asks_for_style
from .shots import Shot
from .textkit import says_something, word_count
from .whereabouts import dateline, names_place
from .wording import as_sentence, film_tail, joined

_STAGE = re.compile(
    r"^(?:we|the (?:film|video|story|scene|ad|camera|shot))\s+(?:begins?|opens?|starts?|fades? in)\s*(?:on|with"
    r"|by)?\s+(?=\w)|^open(?:ing)? on\s+|^(?:we|the camera)\s+(?:see|sees|find|finds)\s+",
    re.IGNORECASE,
)
_CAMERA_LEAD = re.compile(
    r"^(?:then\s+|slowly\s+|finally\s+)*(?:the (?:camera|drone|shot|view)|we|a (?:drone|camera))\b", re.IGNORECASE
)
_REVEAL = re.compile(
    r"\b(?:until|revealing|to reveal|and reveals?|ending on|to end on|coming to rest on|settling on|landing on|to find|onto"
    r"|on to|towards?|over to)\s+(?P<x>[^.;]{6,})$",
    re.IGNORECASE,
)
_OF = re.compile(
    r"\b(?:across|over|along|through|around|past|behind|above|of|to|into|in on|on)\s+(?P<x>(?:an?|the|his|her|their"
    r"|its)\s[^.;]{3,})$",
    re.IGNORECASE,
)
_CAMERA_CHUNK = re.compile(
    r"^(?:(?:an?|the|with|in)\s+)?(?:(?:slow|slowly|fast|quick|gentle|smooth|steady|sweeping|gradual|long|continuous|single"
    r"|subtle)\s+)*(?:push|pull|pan|tilt|dolly|track|tracking|crane|zoom|orbit|handheld|hand-held|static|steadicam|truck"
    r"|whip|arc|locked)[\w -]*$",
    re.IGNORECASE,
)

_CLOSER: dict[Framing, Framing] = {
    "extreme_wide": "wide",
    "wide": "medium",
    "full": "medium",
    "medium": "close",
    "close": "extreme_close",
    "extreme_close": "extreme_close",
}
_WIDER: dict[Framing, Framing] = {
    "extreme_close": "close",
    "close": "medium",
    "medium": "wide",
    "full": "wide",
    "wide": "extreme_wide",
    "extreme_wide": "extreme_wide",
}
_LOWER: dict[CameraHeight, CameraHeight] = {"aerial": "high", "high": "eye", "eye": "low", "low": "ground", "ground": "ground"}
_HIGHER: dict[CameraHeight, CameraHeight] = {"ground": "low", "low": "eye", "eye": "high", "high": "aerial", "aerial": "aerial"}


def keyframes_of(script: Script, shots: list[Shot], mode: Mode) -> tuple[list[Keyframe], list[tuple[str | None, str | None]]]:
    """The keyframes in the film's order, and each shot's first and last one's id.

    Keyframe mode: neighbours on a continuous join share one; a cut has the end of one shot and the beginning of the next.
    Chaining mode: only the beginning of each chain.
    """
    pictures: list[tuple[str, VisualState]] = []
    ends: list[tuple[int | None, int | None]] = []
    tail = film_tail(script)
    for at, shot in enumerate(shots):
        first: int | None = None
        last: int | None = None
        fresh = at == 0 or shot.cut
        if mode == "keyframe" and not fresh:
            first = ends[-1][1]
        elif fresh:
            first = len(pictures)
            pictures.append(_beginning(shot, tail, None))
        if mode == "keyframe":
            last = len(pictures)
            flows = at + 1 < len(shots) and not shots[at + 1].cut
            pictures.append(_beginning(shots[at + 1], tail, shot) if flows else _ending(shot, tail))
        ends.append((first, last))
    width = max(2, len(str(max(0, len(pictures) - 1))))
    frames = [Keyframe(id=f"k{n:0{width}d}", prompt=words, visual=state) for n, (words, state) in enumerate(pictures)]

    def name(n: int | None) -> str | None:
        return None if n is None else frames[n].id

    return frames, [(name(a), name(b)) for a, b in ends]


def _beginning(shot: Shot, tail: str, before: Shot | None) -> tuple[str, VisualState]:
    """The picture `shot` opens on; where it flows from `before`, the framing that one's camera arrived at."""
    words = opening_picture(shot.story)
    moment = "" if shot.parts == 1 or shot.part == 0 else _part_way(shot.part, shot.parts)
    state = shot.visual
    if before is not None:
        arrived = arrival(before.visual)
        state = state.model_copy(
            update={
                "camera": Camera(height=state.camera.height or arrived.camera.height),
                "lens": state.lens.model_copy(update={"framing": state.lens.framing or arrived.lens.framing}),
            }
        )
    return _still(shot, words, moment, tail, 0), _at_rest(state)


def _ending(shot: Shot, tail: str) -> tuple[str, VisualState]:
    """The picture `shot` ends on."""
    words, opening = closing_picture(shot.story), opening_picture(shot.story)
    moment = "The same shot a few seconds later, the action just completed." if shot.parts > 1 or words == opening else ""
    return _still(shot, words, moment, tail, 1), arrival(shot.visual)


def _part_way(part: int, parts: int) -> str:
    names = {
        (1, 2): "Halfway through the action.",
        (1, 3): "A third of the way through the action.",
        (2, 3): "Two thirds of the way through the action.",
    }
    return names.get((part, parts), f"The action is {round(100 * part / parts)}% done.")


def _still(shot: Shot, words: str, moment: str, tail: str, end: int) -> str:
    people = list(shot.people)
    words, _ = Company.of(people).name_them(words)
    place = shot.place if names_place(words) else shot.ends[end]
    return joined(shot.lead and shot.lead + ".", with_looks(as_sentence(words), people), moment, place, tail)


def _at_rest(state: VisualState) -> VisualState:
    """A still has no camera move."""
    return state.model_copy(update={"camera": Camera(height=state.camera.height)})


def arrival(state: VisualState) -> VisualState:
    """The picture after the camera's move: a push-in ends closer, a crane down ends lower."""
    move, framing, height = state.camera.move, state.lens.framing, state.camera.height
    if move in ("push_in", "zoom_in"):
        framing = _CLOSER[framing or "wide"]
    elif move in ("pull_out", "zoom_out"):
        framing = _WIDER[framing or "medium"]
    elif move == "crane_down":
        height = _LOWER[height or "high"]
    elif move == "crane_up":
        height = _HIGHER[height or "eye"]
    return state.model_copy(
        update={"camera": Camera(height=height), "lens": Lens(**{**state.lens.model_dump(), "framing": framing})}
    )


# ---- words -------------------------------------------------------------------------------------------------------------------


def opening_picture(story: str) -> str:
    """The first thing a beat shows: its first clause, without stage directions."""
    spans = sentences(story, 0, len(story))
    at = 0
    while at + 1 < len(spans) and (word_count(story[slice(*spans[at])]) < 3 or dateline(story[slice(*spans[at])])):
        at += 1
    lead = story[: spans[at][0]] if at else ""
    sentence = Unit(spans[at][0], spans[at][1], 3)
    clause = split_clauses(story, sentence)[0]
    return (lead + without_camera(story[clause.start : clause.end])).strip()


def closing_picture(story: str) -> str:
    """The last thing a beat shows: what the camera arrives at, or its last clause with its subject."""
    spans = sentences(story, 0, len(story))
    at = len(spans) - 1
    while at > 0 and (
        _is_camera_only(story[slice(*spans[at])])
        or asks_for_style(story[slice(*spans[at])])
        or word_count(story[slice(*spans[at])]) < 3
    ):
        at -= 1
    sentence = story[slice(*spans[at])].strip()
    if _CAMERA_LEAD.match(sentence) and (seen := _REVEAL.search(sentence.rstrip(" .!…"))):
        return seen["x"]
    clause = split_clauses(story, Unit(spans[at][0], spans[at][1], 3))[-1]
    words = without_camera(story[clause.start : clause.end])
    return f"{clause.subject} {re.sub(r'^(?:and|then|but)(?: then)?,? ', '', words)}" if clause.subject else words


def _is_camera_only(sentence: str) -> bool:
    """`Low angle, lens flare.`: how it is shot, not what."""
    chunks = [c.strip(" .") for c in sentence.split(",") if c.strip(" .")]
    tables = [
        *patterns("moves").values(),
        *patterns("framings").values(),
        *patterns("heights").values(),
        *patterns("keys").values(),
    ]
    return all(any(t.search(c) for t in tables) or _is_camera_chunk(c) for c in chunks) and word_count(sentence) <= 8


def _is_camera_chunk(words: str) -> bool:
    """`a slow pan across the room`, but not `a truck pulls into the lot`: there it is a thing that does something."""
    return bool(_CAMERA_CHUNK.match(words)) and not any(t.lower() in verb_forms() for t in words.split()[1:])


def without_camera(words: str) -> str:
    """`words` without what the camera does: a still shows where it looks."""
    words = words.strip()
    staged = _STAGE.sub("", words)
    chunks = re.split(r"(,\s+)", staged)
    kept = "".join(c for i, c in enumerate(chunks) if i % 2 == 1 or not _is_camera_chunk(c.strip(" .")))
    kept = re.sub(r"(?:,\s+)+(?=[,.;]|$)", "", re.sub(r"^(?:,\s+)+", "", kept)).strip()
    if _CAMERA_LEAD.match(kept):
        seen = _REVEAL.search(kept.rstrip(" .")) or _OF.search(kept.rstrip(" ."))
        kept = seen["x"] if seen else kept
    return kept if says_something(kept) else words
