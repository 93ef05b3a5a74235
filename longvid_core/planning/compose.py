"""From an answer that holds to a plan: ids, indexes, frames, shared keyframes and everybody's look, by construction."""

from __future__ import annotations

from ..models.plan import Keyframe, Plan, Segment
from ..models.visual import Camera, VisualState
from .answer import PlanAnswer, SegmentAnswer
from .ask import Facts
from .cast import Person
from .company import with_looks
from .durations import share_frames
from .keyframes import arrival
from .mend import company, covered
from .shots import only_other
from .textkit import pieces, printable, says_something, shortened
from .wording import as_sentence, ended, joined


def composed(answer: PlanAnswer, facts: Facts, planned_by: str) -> Plan:
    """The plan that a mended answer describes. `text` is the user's words, divided by beats; nothing of them is lost."""
    brief, draft = facts.brief, facts.draft
    people = company(answer.cast)
    tail = as_sentence(f"Style: {answer.style.strip()}") if says_something(answer.style) else ""
    base = VisualState(palette=tuple(dict.fromkeys(c.strip() for c in answer.palette if c.strip())), style=draft.visual.style)
    states = [s.visual.state().over(base) for s in answer.segments]
    keyframes, ends = _keyframes(answer.segments, states, people, tail, brief.mode)
    width, texts, frames = max(2, len(str(len(answer.segments)))), _texts(answer.segments, facts), _frames(answer.segments, facts)
    negative = ", ".join(n.rstrip(" .") for n in facts.script.negative)
    segments = [
        Segment(
            id=f"s{at + 1:0{width}d}",
            index=at,
            join="continuous" if at and segment.join == "continuous" else "cut",
            text=texts[at],
            prompt=told(segment.prompt, segment.motion, people, tail),
            negative=", ".join(filter(None, (negative, segment.negative.strip(" .")))),
            frames=frames[at],
            first_keyframe=ends[at][0],
            last_keyframe=ends[at][1],
            visual=only_other(states[at], base),
            complexity=round(segment.complexity, 2),
        )
        for at, segment in enumerate(answer.segments)
    ]
    title = brief.title or shortened(printable(answer.title).strip(), 60)
    return Plan(
        title=title if says_something(title) else draft.title,
        mode=brief.mode,
        fps=draft.fps,
        width=draft.width,
        height=draft.height,
        fit=draft.fit,
        seed=draft.seed,
        seed_policy=draft.seed_policy,
        seed_step=draft.seed_step,
        planned_by=planned_by,
        visual=base,
        cast=tuple(entry.member() for entry in answer.cast),
        keyframes=tuple(keyframes),
        segments=tuple(segments),
    )


def told(prompt: str, motion: str, people: list[Person], tail: str) -> str:
    """What the video model is told: the prompt and its motion, looks beside names, the film's style last."""
    words = ended(printable(prompt).strip())
    if says_something(motion) and motion.strip(" .").lower() not in words.lower():
        words = joined(words, ended(printable(motion).strip()))
    return joined(with_looks(words, people), tail if tail.strip(" .").lower() not in words.lower() else "")


def still(words: str, people: list[Person], tail: str) -> str:
    """What an image model is told of a keyframe."""
    words = ended(printable(words).strip())
    return joined(with_looks(words, people), tail if tail.strip(" .").lower() not in words.lower() else "")


def at_rest(state: VisualState) -> VisualState:
    """A still has no camera move."""
    return state.model_copy(update={"camera": Camera(height=state.camera.height)})


def _keyframes(
    segments: list[SegmentAnswer], states: list[VisualState], people: list[Person], tail: str, mode: str
) -> tuple[list[Keyframe], list[tuple[str | None, str | None]]]:
    """The stills in order, and each segment's first and last one. A continuous neighbour begins on the one before it ends on."""
    pictures: list[tuple[str, VisualState]] = []
    ends: list[tuple[int | None, int | None]] = []
    for at, segment in enumerate(segments):
        fresh = at == 0 or segment.join == "cut"
        first = None if mode == "chaining" else ends[-1][1] if ends else None
        if fresh:
            first = len(pictures)
            pictures.append((still(segment.opening or segment.prompt, people, tail), at_rest(states[at])))
        last = None
        if mode == "keyframe":
            last = len(pictures)
            pictures.append((still(segment.ending, people, tail), at_rest(arrival(states[at]))))
        ends.append((first, last))
    width = max(2, len(str(max(0, len(pictures) - 1))))
    made = [Keyframe(id=f"k{n:0{width}d}", prompt=words, visual=state) for n, (words, state) in enumerate(pictures)]

    def name(n: int | None) -> str | None:
        return None if n is None else made[n].id

    return made, [(name(a), name(b)) for a, b in ends]


def _texts(segments: list[SegmentAnswer], facts: Facts) -> list[str]:
    """Each segment's share of the user's words; a beat that several show is divided among them. Together they are the text."""
    shown = [covered(s, n, facts) for s, n in zip(segments, [*segments[1:], None], strict=True)]
    texts = ["" for _ in segments]
    for beat in range(len(facts.units)):
        low, high = facts.span(beat)
        whole = facts.script.text[low:high]
        owners = [at for at, beats in enumerate(shown) if beat in beats]
        starts = pieces(whole, len(owners)) if len(owners) > 1 else [0]
        edges = [*starts, len(whole)]
        for owner, a, b in zip(owners, edges, edges[1:], strict=False):
            texts[owner] += whole[a:b]
    return [text.strip() for text in texts]


def _frames(segments: list[SegmentAnswer], facts: Facts) -> list[int]:
    """A legal length for each; where the film has one, the total nearest to it."""
    flows = [at > 0 and s.join == "continuous" for at, s in enumerate(segments)]
    wanted = [max(0.1, s.seconds) * facts.rate + flow for s, flow in zip(segments, flows, strict=True)]
    if facts.seconds is None:
        return share_frames(facts.limits, wanted, None)
    return share_frames(facts.limits, wanted, facts.seconds * facts.rate + sum(flows))
