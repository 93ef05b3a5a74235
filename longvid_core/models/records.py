"""What a manifest says of anything that was rendered or drawn: which model, which seed, which pictures went in, what it cost."""

from __future__ import annotations

import datetime
from typing import Any, Literal

from pydantic import Field

from .base import Frozen, MicroUsd, Seed64, Sha256

SeedPolicy = Literal["universal", "stride", "derived", "from_id"]
Fit = Literal["crop", "pad", "stretch"]
Determinism = Literal["bit-exact", "best-effort", "none"]


class PlannerRecord(Frozen):
    """Who made the plan, and out of what. The rules have no model and no answer."""

    by: str = Field(description="`offline`, openai:MODEL, or who stood in for whom")
    model: str | None = None
    prompt: str | None = Field(None, description="The user's words, whole; None where they were taken out")
    prompt_sha256: Sha256 = Field(description="Of the user's words in UTF-8")
    answer_sha256: Sha256 | None = Field(
        None, description="Of the answer in the model's own words, in UTF-8: the store keeps them as answers/AB/SHA256.txt"
    )
    settings: dict[str, Any] = Field(default_factory=dict, description="What was asked for besides, and how the model was asked")


class Bound(Frozen):
    """How far a second rendering of the same request may be from the first."""

    largest: int | None = Field(None, ge=0, le=255, description="Largest absolute error of a sample; 0: no sample may differ")
    psnr_db: float | None = Field(None, gt=0, description="Least PSNR over all samples")


class ModelRecord(Frozen):
    """Which model made it: `fingerprint` is everything about the model that changes pixels."""

    provider: str
    id: str
    fingerprint: dict[str, Any]


class SeedRecord(Frozen):
    """One segment's or keyframe's seed, from what was asked for to what the provider says it used."""

    policy: SeedPolicy | None = Field(None, description="None for clips Longvid did not render")
    requested: Seed64 | None = None
    sent: Seed64 | None = Field(None, description="In the provider's range; None where the model takes no seed")
    returned: Seed64 | None = None


class ReferenceRecord(Frozen):
    """A picture that went into a render, by what it was for and its hashes."""

    role: str
    sha256: Sha256
    pixels_sha256: Sha256


class Cost(Frozen):
    """What was paid for one segment or keyframe."""

    paid: MicroUsd = 0
    estimated: MicroUsd = Field(0, description="What one try costs at most, by the price list")
    reckoned: MicroUsd = Field(0, description="That part of `paid` which no provider billed: our price, at its upper end")
    priced_on: datetime.date | None = Field(None, description="When that price was looked up; the oldest of several")
    perhaps: MicroUsd = Field(0, description="What may have been charged besides, at most: answers are lost, or no bill came")


class PictureAttempt(Frozen):
    """One call to an image model. `prompt`: the words that were sent, reworded or not. `unknown`: no answer came."""

    provider: str
    model: str
    prompt: str
    state: Literal["drawn", "moderated", "failed", "unknown"]
    message: str | None = None


class ReceivedPicture(Frozen):
    """The picture as the provider sent it, before it was brought to the frame's size; kept in the store byte for byte."""

    sha256: Sha256
    width: int = Field(ge=1)
    height: int = Field(ge=1)


class PictureMade(Frozen):
    """How a keyframe's picture came about."""

    key: Sha256 = Field(description="What it depends on, hashed: the same key is the same picture, from the store")
    model: ModelRecord
    prompt_sent: str
    negative: str = ""
    seed: SeedRecord = SeedRecord()
    references: tuple[ReferenceRecord, ...] = ()
    received: ReceivedPicture | None = Field(None, description="None where the model draws at the frame's size")
    fit: Fit | None = Field(None, description="How that one was brought to the frame's size")
    attempts: tuple[PictureAttempt, ...] = Field((), description="Every call, those to other providers before it included")
    fallback: str | None = Field(None, description="Why this one drew it and not the one that was asked for")
    cost: Cost = Cost()
