"""A manifest that may go to others: what makes and proves the film stays, what was written by people goes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..models.asset import Asset, Reference
from ..models.clip import Attempt
from ..models.manifest import KeyframeRecord, Manifest, SegmentRecord
from ..models.plan import Approval, CastMember, Keyframe, Plan, Segment
from ..models.records import PictureAttempt, ReferenceRecord
from ..models.visual import VisualState

_CAST = "cast:"
_MARK = "sha256:"
_HIDDEN = re.compile(_MARK + "[0-9a-f]{64}")
_COLOUR = re.compile("#[0-9a-fA-F]{6}")
_WORDS = re.compile("prompt|negative|positive|caption|(^|_)text(?!_encoder)(_|$)", re.IGNORECASE)
"""Names under which a renderer's own record holds words: `negative_sent`, `promptText`, `text`."""


def share(manifest: Manifest) -> Manifest:
    """The manifest without prompts and texts: `sha256:HEX`, the hash of the words in UTF-8, stands in the place of each.

    So two films of the same words can still be told to be that. Hashes, seeds, models, camera, lens, light and costs stay; the
    film and its clips can be checked, and be replayed by nobody who does not have the words. Sharing twice changes nothing.
    """
    if manifest.shared:
        return manifest
    said = manifest.planner
    planner = said.model_copy(update={"prompt": None, "settings": without_words(said.settings)}) if said else None
    return manifest.model_copy(
        update={
            "shared": True,
            "planner": planner,
            "plan": share_plan(manifest.plan),
            "keyframes": tuple(_keyframe_record(k) for k in manifest.keyframes),
            "segments": tuple(_segment_record(s) for s in manifest.segments),
        }
    )


def hidden(words: str) -> str:
    """The words' hash in their place; nothing for no words, and a hash that is one already as it is."""
    if not words or _HIDDEN.fullmatch(words):
        return words
    return _MARK + hashlib.sha256(words.encode()).hexdigest()


def without_words(record: Mapping[str, Any]) -> dict[str, Any]:
    """A fingerprint, or what is recorded of a clip, with the words in it hashed."""
    return {name: _worded(value, _WORDS.search(name) is not None) for name, value in record.items()}


def _worded(value: Any, words: bool) -> Any:
    """words: whether texts are what somebody wrote, by a name that stands over them."""
    if isinstance(value, Mapping):
        return {name: _worded(each, words or _WORDS.search(name) is not None) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_worded(each, words) for each in value]
    return hidden(value) if isinstance(value, str) and words else value


def share_plan(plan: Plan) -> Plan:
    """The plan without its words, as a shared manifest has it. Sharing twice changes nothing."""
    return plan.model_copy(
        update={
            "title": hidden(plan.title),
            "visual": _visual(plan.visual),
            "cast": tuple(_member(m) for m in plan.cast),
            "keyframes": tuple(_keyframe(k) for k in plan.keyframes),
            "segments": tuple(_segment(s) for s in plan.segments),
            "approvals": tuple(_approval(a) for a in plan.approvals),
        }
    )


def _visual(visual: VisualState) -> VisualState:
    """Camera, lens and light are chosen from lists; the rest is told in words."""

    def each(words: Iterable[str]) -> tuple[str, ...]:
        return tuple(hidden(word) for word in words)

    palette = tuple(colour if _COLOUR.fullmatch(colour) else hidden(colour) for colour in visual.palette)
    style = {hidden(name): weight for name, weight in visual.style.items()}
    words = {"wardrobe": each(visual.wardrobe), "props": each(visual.props)}
    return visual.model_copy(update={"palette": palette, "style": style, **words})


def _member(member: CastMember) -> CastMember:
    own = {"name": hidden(member.name), "look": hidden(member.look), "references": _references(member.references)}
    return member.model_copy(update=own)


def _keyframe(keyframe: Keyframe) -> Keyframe:
    return keyframe.model_copy(
        update={
            "prompt": hidden(keyframe.prompt),
            "visual": _visual(keyframe.visual),
            "references": _references(keyframe.references),
            "image": _asset(keyframe.image) if keyframe.image else None,
        }
    )


def _segment(segment: Segment) -> Segment:
    words = {name: hidden(getattr(segment, name)) for name in ("text", "prompt", "negative")}
    return segment.model_copy(update={**words, "visual": _visual(segment.visual)})


def _approval(approval: Approval) -> Approval:
    return approval.model_copy(update={"note": hidden(approval.note)})


def _references(references: Iterable[Reference]) -> tuple[Reference, ...]:
    return tuple(r.model_copy(update={"role": _role(r.role), "image": _asset(r.image)}) for r in references)


def _asset(image: Asset) -> Asset:
    """A person's file may be named after what it shows."""
    return image.model_copy(update={"path": f"{image.sha256[:16]}{Path(image.path).suffix}"})


def _role(role: str) -> str:
    return _CAST + hidden(role.removeprefix(_CAST)) if role.startswith(_CAST) else role


def _records(references: Iterable[ReferenceRecord]) -> tuple[ReferenceRecord, ...]:
    return tuple(r.model_copy(update={"role": _role(r.role)}) for r in references)


def _keyframe_record(record: KeyframeRecord) -> KeyframeRecord:
    model = record.model
    return record.model_copy(
        update={
            "prompt_sent": hidden(record.prompt_sent),
            "negative": hidden(record.negative),
            "references": _records(record.references),
            "attempts": tuple(_picture_attempt(a) for a in record.attempts),
            "fallback": hidden(record.fallback) if record.fallback is not None else None,
            "model": model.model_copy(update={"fingerprint": without_words(model.fingerprint)}) if model else None,
        }
    )


def _segment_record(record: SegmentRecord) -> SegmentRecord:
    return record.model_copy(
        update={
            "prompt_sent": hidden(record.prompt_sent),
            "left_out": hidden(record.left_out),
            "visual": _visual(record.visual) if record.visual else None,
            "references": _records(record.references),
            "model": record.model.model_copy(update={"fingerprint": without_words(record.model.fingerprint)}),
            "made": without_words(record.made),
            "attempts": tuple(_attempt(a) for a in record.attempts),
        }
    )


def _attempt(attempt: Attempt) -> Attempt:
    """A provider's message may repeat what it refuses."""
    words = {"message": attempt.message, "prompt": attempt.prompt}
    return attempt.model_copy(update={name: hidden(said) if said is not None else None for name, said in words.items()})


def _picture_attempt(attempt: PictureAttempt) -> PictureAttempt:
    message = hidden(attempt.message) if attempt.message is not None else None
    return attempt.model_copy(update={"prompt": hidden(attempt.prompt), "message": message})
