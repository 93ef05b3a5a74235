"""Refusing what a model cannot do, before anything is spent: the field, and the models that could."""

from __future__ import annotations

from collections.abc import Mapping

from ..catalog import Backend, ModelEntry, entry_of, find_backend, provider_names
from ..errors import CannotRender
from ..models.plan import Plan, Segment


def backend_for(segment: Segment, default: Backend | Mapping[str, Backend]) -> Backend:
    """The backend that renders a segment: its own, or the run's. default: by segment id, it leaves the plan's choice aside."""
    if isinstance(default, Mapping):
        return default[segment.id]
    return find_backend(segment.backend, "video") if segment.backend else default


def check_plan(plan: Plan, default: Backend | Mapping[str, Backend]) -> None:
    """Raise CannotRender for the first segment that its backend's catalog entry rules out."""
    for segment in plan.segments:
        backend = backend_for(segment, default)
        if wrong := mismatch(plan, segment, backend.entry):
            raise CannotRender(f"segment {segment.index} ({segment.id}) {wrong} ({backend}).", _way_out(plan, segment))


def mismatch(plan: Plan, segment: Segment, entry: ModelEntry) -> str | None:
    """What about the segment this model cannot do, naming the plan's field; None where it can do it all."""
    starts = segment.first_keyframe is not None or plan.mode == "chaining"
    ends = segment.last_keyframe is not None
    if starts and entry.first_frame == "none":
        return "has a first_keyframe, and the model takes no first frame"
    if not starts and entry.first_frame == "required":
        return "has no first_keyframe, and the model needs a first frame"
    if ends and entry.last_frame == "none":
        return "has a last_keyframe, and the model takes no last frame"
    if not ends and entry.last_frame == "required":
        return "has no last_keyframe, and the model needs a last frame"
    fitted = not entry.any_size and bool(entry.seconds)  # its clips are conformed when they are joined
    if not entry.any_fps and not fitted and entry.native_fps is not None and plan.fps != entry.native_fps:
        return f"is planned at fps {plan.fps:g}, and the model renders {entry.native_fps:g}"
    if wrong := _wrong_length(segment.frames, entry, plan.fps):
        return wrong
    if not entry.any_size:
        return None
    size = f"{plan.width}x{plan.height}"
    if entry.sizes and size not in entry.sizes:
        return f"has width x height {size}, and the model makes {', '.join(entry.sizes)}"
    if not all(entry.min_side <= n <= entry.max_side and n % entry.size_multiple == 0 for n in (plan.width, plan.height)):
        return (
            f"has width x height {size}, and the model makes multiples of {entry.size_multiple} "
            f"from {entry.min_side} to {entry.max_side}"
        )
    return None


def _wrong_length(frames: int, entry: ModelEntry, fps: float) -> str | None:
    legal = entry.legal_frames(fps)
    if legal is None:
        return None
    if isinstance(legal, tuple):
        return (
            None if frames in legal else f"has frames {frames}, and at {fps:g} fps the model makes {', '.join(map(str, legal))}"
        )
    if legal.allows(frames):
        return None
    rule = f" of the form {legal.step}n+{legal.offset}" if legal.step > 1 else ""
    return f"has frames {frames}, and the model makes {legal.min} to {legal.max}{rule}"


def _way_out(plan: Plan, segment: Segment) -> str:
    able = [
        f"{provider}:{name}"
        for provider in provider_names("video")
        for name, entry in entry_of(provider).models.items()
        if mismatch(plan, segment, entry) is None
    ]
    return f"Use {' or '.join(able)}, or change the plan." if able else "No listed model can do it; change the plan."
