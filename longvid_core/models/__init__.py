"""Frozen, versioned values that travel between stages. No I/O in here."""

from .asset import Asset, Reference
from .base import Frozen, MicroUsd, Seed64, exact_fps
from .clip import (
    Attempt,
    Clip,
    Cost,
    Determinism,
    ModelRecord,
    Outcome,
    OutcomeKind,
    ReferenceRecord,
    Rendered,
    SeedRecord,
)
from .film import Film, Release
from .manifest import MANIFEST_SCHEMA, ClipRecord, FilmRecord, KeyframeRecord, Manifest, SegmentRecord
from .plan import PLAN_SCHEMA, Approval, CastMember, Fit, Join, Keyframe, Mode, Plan, SeedPolicy, Segment
from .records import PictureAttempt, PictureMade
from .visual import Camera, Lens, Light, VisualState

__all__ = [
    "MANIFEST_SCHEMA", "PLAN_SCHEMA", "Approval", "Asset", "Attempt", "Camera", "CastMember", "Clip", "ClipRecord", "Cost",
    "Determinism", "Film", "FilmRecord", "Fit", "Frozen", "Join", "Keyframe", "KeyframeRecord", "Lens", "Light", "Manifest",
    "MicroUsd", "Mode", "ModelRecord", "Outcome", "OutcomeKind", "PictureAttempt", "PictureMade", "Plan", "Reference",
    "ReferenceRecord", "Release", "Rendered", "Seed64", "SeedPolicy", "SeedRecord", "Segment", "SegmentRecord",
    "VisualState", "exact_fps",
]  # fmt: skip
