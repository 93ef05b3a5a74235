"""The shape of a catalog file."""

from __future__ import annotations

import datetime
import math
from typing import Any, Literal

from pydantic import Field, model_validator

from ..models.base import Fps, Frozen, exact_fps
from ..models.records import Bound, Determinism

Need = Literal["none", "optional", "required"]


class FrameRule(Frozen):
    """Which clip lengths a model makes: frames = step * n + offset, from `min` to `max`."""

    step: int = Field(1, ge=1)
    offset: int = Field(0, ge=0)
    min: int = Field(ge=1)
    max: int = Field(ge=1)

    def allows(self, frames: int) -> bool:
        """Whether `frames` is one of the lengths."""
        return self.min <= frames <= self.max and (frames - self.offset) % self.step == 0

    def nearest(self, frames: float) -> int:
        """The allowed length nearest to `frames`; of two as near, the shorter."""
        low = math.ceil((self.min - self.offset) / self.step)
        high = math.floor((self.max - self.offset) / self.step)
        n = math.ceil((frames - self.offset) / self.step - 0.5)
        return self.step * max(low, min(high, n)) + self.offset


class SeedSupport(Frozen):
    """`native`: the picture follows from it; `accepted`: taken, not promised; `none`: there is no such parameter."""

    parameter: str | None = None
    range: tuple[int, int] = (0, 2**64 - 1)
    promise: Literal["native", "accepted", "none"]


class TokenPrice(Frozen):
    """US dollars for a million tokens, of models that report what they used."""

    text_in: float = Field(ge=0)
    image_in: float = Field(0, ge=0)
    image_out: float = Field(0, ge=0, description="Pictures, or video")
    text_out: float = Field(0, ge=0, description="Words and thoughts")


class Price(Frozen):
    """What one unit costs, who says so, and when it was looked up."""

    unit: Literal["free", "second", "clip", "image", "frame"]
    usd: float = Field(ge=0)
    high_usd: float | None = Field(None, ge=0, description="The upper end, where the price is uncertain")
    tokens: TokenPrice | None = Field(None, description="What the unit's price comes from, where the answer tells the tokens")
    evidence: Literal["ours", "sdk", "tried", "documentation", "third-party", "unverified"]
    checked: datetime.date


class PromptLimit(Frozen):
    """How long a prompt may be, in one of the units providers count in."""

    characters: int | None = Field(None, ge=1)
    utf16: int | None = Field(None, ge=1)
    tokens: int | None = Field(None, ge=1)


class Sampling(Frozen):
    """What a model's publisher samples it with: the defaults of those settings."""

    steps: int = Field(ge=1)
    guidance: float = Field(ge=0)
    shift: float | None = Field(None, gt=0, description="The scheduler's flow shift; none: as the model's files say")
    negative: str = Field("", description="The negative prompt")


class ModelEntry(Frozen):
    """One model's capabilities. Everything here is data; no code branches on a model's name."""

    label: str
    first_frame: Need = "none"
    last_frame: Need = "none"
    references: int = Field(0, ge=0, description="How many reference pictures it takes")
    mask: bool = Field(False, description="Edits only the area that a mask names, of the first reference picture")
    fidelity: tuple[Literal["high", "low"], ...] = Field((), description="How closely references can be kept, where one may say")
    negative_prompt: bool = Field(False, description="Draws with a negative prompt")
    native_fps: Fps | None = Field(None, description="The rate a plan gets that names no other")
    any_fps: bool = Field(False, description="Renders at whatever rate the plan has")
    frames: FrameRule | None = Field(None, description="Legal lengths, where the model counts frames")
    plan_frames: FrameRule | None = Field(None, description="Lengths a new plan is given, where that is narrower")
    seconds: tuple[float, ...] = Field((), description="Legal lengths, where the model counts seconds")
    sizes: tuple[str, ...] = Field((), description="Legal WxH; empty: any within the bounds below")
    size_multiple: int = Field(2, ge=1)
    min_side: int = 16
    max_side: int = 8192
    any_size: bool = Field(
        True, description="Makes the plan's size (and rate), whatever that is; else what comes is kept as it is, and fitted"
    )
    ratios: tuple[str, ...] = Field((), description="Legal W:H, where a shape is asked for and not a size")
    max_ratio: float | None = Field(None, ge=1, description="How much longer one side may be than the other")
    pixels: tuple[int, int] | None = Field(None, description="Fewest and most pixels")
    prompt_limit: PromptLimit | None = None
    seed: SeedSupport
    determinism: Determinism
    bit_exact_on: tuple[str, ...] = Field((), description="Types of device on which a request gives the same bits twice")
    bound: Bound | None = Field(
        None, description="How far a second rendering was found to be from the first, at most, where that was measured"
    )
    price: Price | None = None
    concurrency: int | Literal["cpus"] = 1
    audio: bool = Field(False, description="Its clips have sound")
    remote: bool = Field(False, description="Rendered far away, by jobs that are submitted, polled and fetched")
    interface: str | None = Field(
        None, description="Which of its provider's interfaces it is asked through, where there are several"
    )
    poll_s: float = Field(5, gt=0, description="The shortest time between two looks at a job, in seconds")
    typical_s: float | None = Field(None, gt=0, description="How long a job usually takes, where it tells no progress")
    outputs_live_s: float | None = Field(None, gt=0, description="How long a finished clip can be fetched, in seconds")
    resolutions: tuple[str, ...] = Field((), description="Tiers it is asked for by name (`720p`), where that is so")
    inputs: dict[str, str] = Field(
        {}, description="What its interface calls what we call prompt, negative, first, last, seconds, frames, fps, ratio, "
        "resolution, audio"
    )  # fmt: skip
    always: dict[str, Any] = Field(
        {}, description="What else every request says, as its interface names it: {promptExpansionMode: disabled}"
    )
    repositories: dict[str, str] = Field(
        {},
        description="Where its weights are: OWNER/NAME of `base`, OWNER/NAME[/FOLDER] of each part that is elsewhere",
    )
    sampling: Sampling | None = None
    retires: datetime.date | None = None
    source: str = Field(description="Where these facts are from")
    checked: datetime.date

    def determinism_on(self, device: str | None) -> Determinism:
        """The promise for a clip that was rendered on this type of device (`cpu`, `cuda`); None: not known."""
        return "bit-exact" if device in self.bit_exact_on else self.determinism

    def legal_frames(self, fps: float) -> FrameRule | tuple[int, ...] | None:
        """The lengths this model makes, in frames at `fps`: a rule, or a list where it counts seconds."""
        if self.seconds:
            return tuple(round(s * exact_fps(fps)) for s in self.seconds)
        return self.frames


class Retired(Frozen):
    """A name that is gone."""

    successor: str = Field(description="The model that takes its place")
    since: datetime.date | None = None


class ProviderEntry(Frozen):
    """One vendor's models of one kind."""

    provider: str
    kind: Literal["image", "video"]
    label: str
    default: str
    models: dict[str, ModelEntry]
    retired: dict[str, Retired] = Field({}, description="Names of models that are gone, with what renders in their place")
    others: bool = Field(False, description="Takes names that are not listed (a folder, a repository) and knows what they are")
    hosted: bool = Field(False, description="A host's own node renders with it; it cannot be chosen by name")

    @model_validator(mode="after")
    def _default_exists(self) -> ProviderEntry:
        if self.default not in self.models:
            raise ValueError(f"default is {self.default!r}, which is not under models")
        for name, gone in self.retired.items():
            if gone.successor not in self.models:
                raise ValueError(f"retired.{name}: its successor {gone.successor!r} is not under models")
        return self
