"""Refusing what a model cannot do, before anything is spent: the field, and the models that could."""

from __future__ import annotations

from collections.abc import Callable

from ..catalog import Backend, ModelEntry, entry_of, find_backend, provider_names
from ..errors import CannotRender
from ..models.plan import Plan, Segment


def backend_for(segment: Segment, default: Backend) -> Backend:
    """The backend that renders a segment: its own, or the run's."""
    return find_backend(segment.backend, "video") if segment.backend else default


def check_plan(plan: Plan, default: Backend) -> None:
    """Raise CannotRender for the first segment that its backend's catalog entry rules out."""
    for segment in plan.segments:
        backend = backend_for(segment, default)
        for holds, complaint in _rules(plan, segment):
            what = complaint(backend.entry)
            if not holds(backend.entry):
                raise CannotRender(
                    f"segment {segment.index} ({segment.id}) {what}, and {backend} {_cannot(what)}.", _could(plan, segment)
                )


Rule = tuple[Callable[[ModelEntry], bool], Callable[[ModelEntry], str]]


def _rules(plan: Plan, segment: Segment) -> list[Rule]:
    size = f"{plan.width}x{plan.height}"
    has_first = segment.first_keyframe is not None or plan.mode == "chaining"
    return [
        (lambda m: has_first or m.first_frame != "required", lambda m: "has no first frame"),
        (lambda m: not has_first or m.first_frame != "none", lambda m: "starts on a picture"),
        (lambda m: segment.last_keyframe is None or m.last_frame != "none", lambda m: "needs a last frame"),
        (lambda m: segment.last_keyframe is not None or m.last_frame != "required", lambda m: "has no last frame"),
        (lambda m: _legal(m, segment.frames, plan.fps), lambda m: f"has {segment.frames} frames at {plan.fps:g} fps ({_lengths(m, plan.fps)})"),
        (lambda m: not m.sizes or size in m.sizes, lambda m: f"is {size} ({', '.join(m.sizes)} are possible)"),
        (lambda m: _within(m, plan), lambda m: f"is {size} ({m.min_side} to {m.max_side}, multiples of {m.size_multiple}, are possible)"),
    ]  # fmt: skip


def _legal(entry: ModelEntry, frames: int, fps: float) -> bool:
    legal = entry.legal_frames(fps)
    return legal is None or (frames in legal if isinstance(legal, tuple) else legal.allows(frames))


def _within(entry: ModelEntry, plan: Plan) -> bool:
    return all(entry.min_side <= n <= entry.max_side and n % entry.size_multiple == 0 for n in (plan.width, plan.height))


def _lengths(entry: ModelEntry, fps: float) -> str:
    legal = entry.legal_frames(fps)
    if legal is None:
        return "any length is possible"
    if isinstance(legal, tuple):
        return f"{', '.join(map(str, legal))} are possible"
    step = f", {legal.step}n+{legal.offset}," if legal.step > 1 else ""
    return f"{legal.min} to {legal.max}{step} are possible"


def _cannot(what: str) -> str:
    return (
        "takes none"
        if what in ("starts on a picture", "needs a last frame")
        else "needs one"
        if what.startswith("has no")
        else "cannot render that"
    )


def _could(plan: Plan, segment: Segment) -> str:
    able = []
    for provider in provider_names("video"):
        for name, entry in entry_of(provider).models.items():
            if all(holds(entry) for holds, _ in _rules(plan, segment)):
                able.append(f"{provider}:{name}")
    return f"Use {' or '.join(able)}, or change the plan." if able else "No listed model can; change the plan."
