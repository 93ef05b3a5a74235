"""Segments in the making: for each its share of the text, its words, its looks and its light, in the film's order."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..models.visual import Camera, Lens, Light, VisualState
from .beats import SENTENCE, Unit, verb_at
from .cast import Person
from .company import Company, with_looks
from .grouping import Group
from .lexicon import label_kinds, verb_forms, words
from .script import Scene, Script
from .textkit import pieces
from .visual_words import states_time, style_line, time_in, visual_of, weather_is_over
from .whereabouts import Whereabouts, as_place
from .wording import (
    LEAD,
    SUBORDINATE,
    as_sentence,
    film_tail,
    joined,
    note_words,
    phase,
    run_together,
    scene_lead,
    speech_words,
    story_words,
)


@dataclass
class Shot:
    """One segment before it has a length. `story`: its own words, people named; `visual`: everything, base included."""

    text: str
    cut: bool
    story: str
    prompt: str
    visual: VisualState
    people: list[Person]
    scene: Scene
    wants: float
    part: int = 0
    parts: int = 1
    complexity: float = 0.5
    lead: str = ""
    place: str = ""
    """Where it plays, as a sentence, when its own words do not say."""
    ends: tuple[str, str] = ("", "")
    """The same for pictures of its beginning and of its end, whose words are only some of its own."""


def shots_of(script: Script, groups: list[Group], people: list[Person]) -> tuple[list[Shot], VisualState]:
    """The film's shots in order, and what all of them have in common."""
    base = _film_visual(script)
    tail = film_tail(script)
    company = Company(people)
    light = _Daylight(base)
    where = Whereabouts()
    found: list[Shot] = []
    tales = [_told(script, group) for group in groups]
    for at, (group, share) in enumerate(zip(groups, _shares(script.text, groups), strict=True)):
        scene = script.scenes[group.scene]
        told = tales[at]
        story, seen = company.name_them(told, continuing=group.units[0].rank < SENTENCE)
        lead = scene_lead(scene, story)
        words_seen = joined(lead and _daylit(lead) + ".", told, note_words(scene))
        looks = ". ".join(p.look for p in seen if p.look)
        own = visual_of(words_seen, looks, told)
        flows = at + 1 < len(groups) and groups[at + 1].scene == group.scene and not groups[at + 1].cut
        if flows and (at == 0 or group.cut):
            light.foresee(tales[at + 1])
        place, first, last = map(as_place, where.of(told, scene))
        for part in range(group.parts):
            visual = light.through(own, words_seen, cut=group.cut and part == 0).over(base)
            prompt = joined(
                lead and lead + ".", with_looks(story, seen), phase(part, group.parts), note_words(scene), place, tail
            )
            found.append(
                Shot(
                    share[part], group.cut and part == 0, story, prompt, visual, seen, scene, group.wants / group.parts,
                    part, group.parts, _complexity(told, seen, visual), lead, place, (first, last),
                )
            )  # fmt: skip
    return found, _common(found, base)


def _told(script: Script, group: Group) -> str:
    """The words of a group: its clauses joined as written, its sentences one after the other."""
    runs: list[list[Unit]] = []
    for unit in group.units:
        if runs and unit.rank < SENTENCE and runs[-1][-1].end == unit.start:
            runs[-1].append(unit)
        else:
            runs.append([unit])
    said: list[str] = []
    for run in runs:
        raw = _lines_of(script.text, run)
        passage = (
            next((p for s in script.scenes for p in s.passages if p.speech and p.start == run[0].start), None)
            if "\n" in raw.strip()
            else None
        )
        plain_words = speech_words(raw) if passage else story_words(raw)
        if run[0].rank < SENTENCE and not said and not run[0].subject:
            plain_words = SUBORDINATE.sub("", plain_words) or plain_words
        if run[0].subject:
            plain_words = f"{run[0].subject} {_uncapped(plain_words)}"
        said.append(as_sentence(plain_words, keep_lead=bool(said)))
    return run_together(said)


def _lines_of(text: str, run: list[Unit]) -> str:
    """The clauses of a run as written; between lines of verse that nothing divides, a comma."""
    raw = ""
    for unit in run:
        said, bare = text[unit.start : unit.end], raw.rstrip()
        apart = "\n" in raw[len(bare) :] and bare[-1:].isalnum() and said[:1].isupper()
        raw = f"{bare}, {said}" if apart else raw + said
    return raw


def _daylit(lead: str) -> str:
    """A slugline's DAY as a time the light table knows."""
    return re.sub(r",\s*day$", ", broad daylight", lead)


def _uncapped(said: str) -> str:
    bare = LEAD.sub("", said)
    return bare or said


def _shares(text: str, groups: list[Group]) -> list[list[str]]:
    """Each group's share of the text, one for each of its parts. Together they are the text, marks and all."""
    found = []
    start = 0
    for place, group in enumerate(groups):
        end = len(text) if place + 1 == len(groups) else group.units[-1].end
        whole = text[start:end]
        if group.parts == 1:
            found.append([whole.strip()])
        else:
            edges = [*pieces(whole, group.parts), len(whole)]
            parts = [whole[a:b].strip() for a, b in zip(edges, edges[1:], strict=False)]
            found.append(parts + [""] * (group.parts - len(parts)))
        start = end
    return found


# ---- light and style over the film -------------------------------------------------------------------------------------------


def _film_visual(script: Script) -> VisualState:
    """What the lines about the film say of its look."""
    said = ". ".join([*script.style, *script.setting, *script.context])
    seen = visual_of(said)
    lines = style_line(s for s in script.style if label_kinds().get(s.split(": ", 1)[0].lower()) != "sound")
    style = {**{k: v for k, v in seen.style.items() if not any(k in known for known in lines)}, **lines}
    return seen.model_copy(update={"style": dict(list(style.items())[:12]), "wardrobe": (), "props": ()})


class _Daylight:
    """Time of day lasts until the film names another; weather and lamps last until it cuts."""

    def __init__(self, base: VisualState) -> None:
        self.time = base.light.time_of_day
        self.before = Light()

    def foresee(self, following: str) -> None:
        """The hour a scene opens in, where only its second beat says it: `It is early morning and the nets are still wet`."""
        if self.time is None and states_time(following):
            self.time = time_in(following)

    def through(self, own: VisualState, said: str, cut: bool) -> VisualState:
        light = own.light
        named = light.time_of_day is not None
        time = light.time_of_day or self.time
        self.time = time
        if weather_is_over(said) or cut:
            self.before = Light()
        kelvin = light.temperature_k or (None if named else self.before.temperature_k) or words()["temperatures"].get(time)
        quality = light.quality or self.before.quality
        now = Light(time_of_day=time, key_direction=light.key_direction, quality=quality, temperature_k=kelvin)
        self.before = now
        return own.model_copy(update={"light": now})


def _common(shots: list[Shot], base: VisualState) -> VisualState:
    """The base, and besides every single field that all shots agree on."""
    if len(shots) < 2:
        return base
    first = shots[0].visual.model_dump()
    update: dict[str, object] = {}
    for part, model in (("light", Light), ("lens", Lens)):
        values = getattr(base, part).model_dump()
        for name in values:
            if all(getattr(getattr(s.visual, part), name) == first[part][name] for s in shots):
                values[name] = first[part][name]
        update[part] = model(**values)
    return base.model_copy(update=update)


def only_other(state: VisualState, base: VisualState) -> VisualState:
    """What of `state` differs from `base`: the override that, laid over `base`, gives `state` again."""

    def part(model: type, name: str) -> object:
        mine, theirs = getattr(state, name).model_dump(), getattr(base, name).model_dump()
        return model(**{k: v for k, v in mine.items() if v != theirs[k]})

    return VisualState(
        camera=part(Camera, "camera"),
        lens=part(Lens, "lens"),
        light=part(Light, "light"),
        palette=state.palette if state.palette != base.palette else (),
        wardrobe=state.wardrobe if state.wardrobe != base.wardrobe else (),
        props=state.props if state.props != base.props else (),
        style={k: v for k, v in state.style.items() if base.style.get(k) != v},
    )


def _complexity(said: str, people: list[Person], visual: VisualState) -> float:
    """0 to 1: how much happens, from verbs, people, camera and weather; what schedulers go by."""
    tokens = [t.strip(".,;:!?\"'()").lower() for t in said.split()]
    actions = sum(t in verb_forms() and verb_at(["x", t]) is not None for t in tokens) + sum(
        t.endswith("ing") and len(t) > 5 for t in tokens
    )
    camera = visual.camera
    score = 0.12 + 0.07 * min(6, actions) + 0.1 * min(3, len(people)) + 0.004 * min(60, len(tokens) or len(said) / 3)
    score += 0.1 if camera.move not in (None, "static") else 0.0
    score += 0.08 if camera.speed == "fast" or camera.move in ("handheld", "follow", "orbit_left", "orbit_right") else 0.0
    score += 0.06 if visual.light.quality == "diffuse" else 0.0
    return round(min(1.0, score), 2)
