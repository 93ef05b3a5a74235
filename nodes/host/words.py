"""What nodes show as text: a plan, its seeds, what became of the clips, the manifest, each as plain lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from longvid_core.models.base import exact_fps
from longvid_core.money import amount, dollars
from longvid_core.planning.provenance import unmet_of
from longvid_core.seeds import segment_seed

if TYPE_CHECKING:
    from longvid_core.estimate import Estimate
    from longvid_core.models import Manifest, Plan, Rendered, Segment


def plan_text(plan: Plan) -> str:
    """The plan as a shot list: what, when, how long, how it is seen, and what the model is asked for."""
    head = f"{plan.title}\n{_shape(plan)} · {plan.mode} mode · {counted(len(plan.segments), 'segment')}"
    told = unmet_of(plan)
    lines = [head, *([f"Note: {told}"] if told else [])]
    frame = 0
    for segment in plan.segments:
        frame -= int(segment.index > 0 and segment.join == "continuous")
        lines += ["", *_shot(plan, segment, frame)]
        frame += segment.frames
    return "\n".join(lines)


def seeds_text(plan: Plan) -> str:
    """Each segment's seed."""
    rows = [f"{s.index:02}  {segment_seed(plan, s)}" for s in plan.segments]
    return "\n".join([f"{plan.seed_policy} · base {plan.seed}", *rows])


def clips_text(rendered: Rendered, warnings: Sequence[str] = (), paid: str = "") -> str:
    """How many clips were rendered and how many came from the store, what was paid, each one's line, and the warnings."""
    kinds = Counter(o.outcome for o in rendered.outcomes)
    head = " · ".join(f"{n} {kind}" for kind, n in kinds.items())
    rows = []
    for outcome in rendered.outcomes:
        length = f"{outcome.clip.frames} frames" if outcome.clip else outcome.message or ""
        cost = f" · {amount(outcome.cost.paid)}" if outcome.cost.paid else ""
        rows.append(f"{outcome.index:02}  {outcome.outcome} · {length} · {outcome.model.provider} · {outcome.determinism}{cost}")
    drawn = (
        f"keyframe {k.id} is by {k.source}: {k.made.fallback}" for k in rendered.plan.keyframes if k.made and k.made.fallback
    )
    notes = [f"Note: {text}" for text in (*drawn, *warnings)]
    noted = ["", *notes] if notes else []
    return "\n".join([f"{counted(len(rendered.outcomes), 'clip')}: {head}", *([paid] if paid else []), *rows, *noted])


def paid_text(foreseen: Estimate, paid: int) -> str:
    """What the run cost (micro-dollars), and what was foreseen; nothing where nothing costs anything."""
    if foreseen.unpriced:
        return f"{amount(paid)} paid in this run, as far as it is known; the price of {', '.join(foreseen.unpriced)} is not."
    if not paid and not foreseen.high_micro_usd:
        return ""
    dates = [item.checked for item in foreseen.segments if item.checked and item.high_micro_usd]
    known = f", at prices of {min(dates)}" if dates else ""
    return f"{amount(paid)} paid in this run; the estimate was {dollars(foreseen.low_micro_usd, foreseen.high_micro_usd)}{known}."


def manifest_text(manifest: Manifest) -> str:
    """What the manifest certifies, in a few lines."""
    film = manifest.film
    kinds = Counter(s.outcome for s in manifest.segments)
    models = dict.fromkeys(f"{s.model.provider}:{s.model.id}" for s in manifest.segments)
    weakest = max((s.determinism for s in manifest.segments), key=("bit-exact", "best-effort", "none").index)
    return "\n".join(
        [
            manifest.plan.title,
            f"{film.frames} frames · {timecode(film.frames, film.fps)} · {film.width}×{film.height} at {film.fps:g} fps",
            f"{counted(len(manifest.segments), 'segment')}: {' · '.join(f'{n} {kind}' for kind, n in kinds.items())}",
            f"by {', '.join(models)}",
            f"determinism: {weakest}",
            f"film    {film.sha256[:16]}",
            f"frames  {film.frames_sha256[:16]}",
        ]
    )


def counted(number: int, what: str) -> str:
    """`1 clip`, `7 clips`."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def timecode(frame: int, fps: float) -> str:
    """A place in the film as m:ss.t."""
    tenths = round(frame / exact_fps(fps) * 10)
    return f"{tenths // 600}:{tenths % 600 // 10:02}.{tenths % 10}"


def _shape(plan: Plan) -> str:
    return f"{timecode(plan.film_frames, plan.fps)} · {plan.width}×{plan.height} at {plan.fps:g} fps"


def _shot(plan: Plan, segment: Segment, start: int) -> list[str]:
    join = "" if segment.index == 0 else " · cut" if segment.join == "cut" else " · goes on"
    look = plan.visual_of(segment)
    seen = ", ".join(word.replace("_", " ") for word in (look.lens.framing, look.camera.move, look.light.time_of_day) if word)
    head = f"{segment.index:02}  {timecode(start, plan.fps)} – {timecode(start + segment.frames, plan.fps)}{join}"
    return [f"{head}{' · ' + seen if seen else ''}", segment.prompt]
