"""What a plan or a manifest says of a film and of each segment, as names and texts that can be compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..models.asset import Reference
from ..models.manifest import KeyframeRecord, Manifest
from ..models.plan import Plan, Segment
from ..planning.difference import flat, said
from ..seeds import keyframe_seed, segment_seed


@dataclass(frozen=True)
class Facts:
    """What is said, by name. planned: by the plan. recorded: by a film's manifest alone; None: there is none. known: what may
    not exist yet, and counts only where both have it."""

    planned: dict[str, str]
    recorded: dict[str, str] | None = None
    known: dict[str, str] = field(default_factory=dict)


def film_facts(plan: Plan, manifest: Manifest | None) -> Facts:
    """Of the film as a whole."""
    planned = {
        "title": plan.title,
        "mode": plan.mode,
        "size": f"{plan.width}x{plan.height}",
        "frames a second": f"{plan.fps:g}",
        "fit": plan.fit,
        "base seed": str(plan.seed),
        "seed policy": plan.seed_policy if plan.seed_policy != "stride" else f"stride by {plan.seed_step}",
        "planner": plan.planned_by or "",
    }
    for member in plan.cast:
        planned[f"cast {member.name}"] = member.look or "–"
        planned |= _references(member.references, f"cast {member.name} ")
    if manifest is None:
        return Facts(planned)
    film = manifest.film
    recorded = {"frames": str(film.frames), "encoder": " ".join(film.encoder), "picture": film.frames_sha256}
    if film.options is not None:
        recorded |= flat(film.options.json_value(), "film ", exact=True)
    if (planner := manifest.planner) is not None:
        recorded |= {"planner's model": planner.model or "", "planner's answer": planner.answer_sha256 or ""}
        recorded |= {"prompt of the film": planner.prompt or planner.prompt_sha256}
        recorded |= flat(planner.settings, "planning ", exact=True)
    return Facts(planned, recorded | _environment(manifest.environment))


def _environment(found: Mapping[str, Any]) -> dict[str, str]:
    """Versions by name; files by name and hash."""
    files = found.get("files")
    named = {str(f["name"]): str(f["sha256"]) for f in files if "name" in f and "sha256" in f} if isinstance(files, list) else {}
    own = {name: value for name, value in found.items() if not named or name != "files"}
    return flat({**own, **({"file": named} if named else {})}, "environment ", exact=True)


def segment_facts(plan: Plan, segment: Segment, manifest: Manifest | None) -> Facts:
    """Of one segment: its words, its look, its ends, and what rendered it."""
    planned = {**said(plan, segment), "text": segment.text, "seed": str(segment_seed(plan, segment))}
    planned["approved"] = ", ".join(
        f"by {a.by}{f': {a.note}' if a.note else ''}" for a in plan.approvals if a.segment == segment.id
    )
    known: dict[str, str] = {}
    records = {k.id: k for k in manifest.keyframes} if manifest else {}
    recorded: dict[str, str] = {}
    for end, name in (("opening", segment.first_keyframe), ("ending", segment.last_keyframe)):
        del planned[end]
        if name is None:
            continue
        own = {field: text for field, text in keyframe_says(plan, name).items() if planned.get(field) != text}
        planned |= {f"{end} {field}".removesuffix(" words"): text for field, text in own.items()}
        image = plan.keyframe(name).image
        if image is not None:
            known[f"{end} picture"] = image.pixels_sha256
        if name in records:
            recorded |= _drawn(records[name], f"keyframe {end} ")
    record = next((s for s in manifest.segments if s.id == segment.id), None) if manifest else None
    if record is None:
        return Facts(planned, None, known)
    recorded |= {
        "prompt as sent": record.prompt_sent,
        "left out": record.left_out,
        "seed as sent": _text(record.seed.sent),
        "seed returned": _text(record.seed.returned),
        "model": f"{record.model.provider}:{record.model.id}",
        "determinism": record.determinism,
        "stand-in": "yes" if record.outcome == "placeholder" else "no",
        "clip": record.clip.frames_sha256 if record.clip else "",
    }
    recorded |= flat(record.model.fingerprint, "model ", exact=True)
    if record.determinism_reason:
        recorded["determinism"] += f": {record.determinism_reason}"
    recorded |= flat(record.made, "how ", exact=True)
    ends = {role for role, name in (("first", segment.first_keyframe), ("last", segment.last_keyframe)) if name is not None}
    recorded |= {f"reference {r.role}": r.pixels_sha256 for r in record.references if r.role not in ends}
    return Facts(planned, recorded, known)


def keyframe_says(plan: Plan, name: str) -> dict[str, str]:
    """What a keyframe is drawn from: words, look, seed, references."""
    keyframe = plan.keyframe(name)
    found = {"words": keyframe.prompt, **flat(keyframe.visual.over(plan.visual).json_value())}
    if keyframe.source != "user":
        found["seed"] = str(keyframe_seed(plan, keyframe))
    return {**found, **_references(keyframe.references, "")}


def _references(references: Iterable[Reference], before: str) -> dict[str, str]:
    return {f"{before}reference {r.role}": r.image.pixels_sha256 for r in references}


def _drawn(record: KeyframeRecord, before: str) -> dict[str, str]:
    """How a keyframe's picture came about: nothing of it is in a segment's key besides the picture itself."""
    model = f"{record.model.provider}:{record.model.id}" if record.model else ""
    found = {
        "by": record.source or "",
        "model": model,
        "words as sent": record.prompt_sent,
        "seed as sent": _text(record.seed.sent),
    }
    return {f"{before}{name}": text for name, text in found.items()}


def _text(number: int | None) -> str:
    return "" if number is None else str(number)
