"""What a film had, as it stands in a plan and in settings: how pictures came about, and what changes pixels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..models.manifest import KeyframeRecord, Manifest
from ..models.records import PictureMade
from ..settings import ComfyuiSettings, Settings

_CANVAS = "comfyui"
_LOCAL = ("wan", "framepack")
"""Providers whose settings have a section of their own."""


def picture_made(record: KeyframeRecord | None) -> PictureMade | None:
    """How a keyframe's picture came about, as it stands in a plan; None where it was supplied."""
    if record is None or record.key is None or record.model is None:
        return None
    return PictureMade(**{name: getattr(record, name) for name in PictureMade.model_fields})


def settings_of(manifest: Manifest, settings: Settings) -> Settings:
    """`settings`, with those that change pixels as the film had them: what its models' fingerprints say of sampling."""
    update: dict[str, Any] = {"fallback": (), "on_failure": "stop"}
    remote: dict[str, Any] = {}
    for record in manifest.segments:
        fingerprint, provider = record.model.fingerprint, record.model.provider
        if provider == _CANVAS:
            update.setdefault(_CANVAS, _started_as(record.made, settings.comfyui))
        if provider in _LOCAL and provider not in update:
            section = getattr(settings, provider)
            said = {**fingerprint, **_dict(fingerprint.get("sampled")), "attention": fingerprint.get("attention")}
            known = {name: said[name] for name in type(section).model_fields if name in said}
            if section.device == "auto" and record.made.get("device") == "cpu":
                known["device"] = "cpu"  # elsewhere the best device there is may be another one
            if isinstance(record.made.get("deterministic"), bool):
                known["deterministic"] = record.made["deterministic"]
            update[provider] = type(section).model_validate({**section.model_dump(), **known, "offline": True})
        if isinstance(fingerprint.get("audio"), bool):
            remote["audio"] = fingerprint["audio"]
        if isinstance(inputs := fingerprint.get("inputs"), dict) and inputs:
            remote.setdefault("inputs", dict(settings.remote.inputs))[f"{provider}:{record.model.id}"] = inputs
    return settings.model_copy(update={**update, "remote": settings.remote.model_copy(update=remote)})


def _started_as(made: Mapping[str, Any], settings: ComfyuiSettings) -> ComfyuiSettings:
    """ComfyUI started so that it computes as it did: on the processor, with as many threads, with exact algorithms alone."""
    wished = {"--cpu": made.get("device") == "cpu", "--deterministic": made.get("deterministic") is True}
    arguments = (*settings.arguments, *(name for name, on in wished.items() if on and name not in settings.arguments))
    threads = made.get("threads") if made.get("device") == "cpu" and isinstance(made.get("threads"), int) else None
    return settings.model_copy(update={"arguments": arguments, "threads": settings.threads or threads})


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
