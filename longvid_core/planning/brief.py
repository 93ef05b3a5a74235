"""What a planner is asked for, and what the chosen model can do."""

from __future__ import annotations

from typing import Protocol

from pydantic import Field

from ..catalog import FrameRule, ModelEntry
from ..errors import BadInput
from ..models.base import Fps, Frozen, Seed64
from ..models.plan import Fit, Mode, Plan, SeedPolicy


class Brief(Frozen):
    """One long prompt and everything the person said about the film. None means: not said."""

    prompt: str
    mode: Mode = "keyframe"
    seconds: float | None = Field(None, gt=0, le=86_400, allow_inf_nan=False, description="The film's length")
    segments: int | None = Field(None, ge=1, le=2000)
    width: int = Field(832, ge=16, le=8192, multiple_of=2)
    height: int = Field(480, ge=16, le=8192, multiple_of=2)
    fps: Fps | None = None
    fit: Fit = "crop"
    seed: Seed64 | None = Field(None, description="None: derived from the prompt and these settings")
    seed_policy: SeedPolicy = "derived"
    seed_step: int = 1
    title: str | None = None


class Limits(Frozen):
    """What one segment may be, in the chosen model's own terms, at the plan's frame rate."""

    backend: str
    fps: Fps
    rule: FrameRule | None = Field(None, description="Legal lengths by rule")
    choices: tuple[int, ...] = Field((), description="Legal lengths by list, in frames; used where there is no rule")

    @classmethod
    def of(cls, backend: str, entry: ModelEntry, fps: float | None) -> Limits:
        """The limits of a catalog entry; `fps` None takes the model's native rate."""
        rate = fps if fps is not None and entry.any_fps else entry.native_fps or fps or 16
        legal = entry.plan_frames or entry.legal_frames(rate)
        if isinstance(legal, tuple):
            return cls(backend=backend, fps=rate, choices=tuple(sorted(legal)))
        return cls(backend=backend, fps=rate, rule=legal or FrameRule(step=4, offset=1, min=5, max=161))

    def nearest(self, frames: float) -> int:
        """The legal length nearest to `frames`."""
        if self.rule is not None:
            return self.rule.nearest(frames)
        if not self.choices:
            raise BadInput(f"{self.backend} lists no legal length.", "Give its catalog entry `frames` or `seconds`.")
        return min(self.choices, key=lambda choice: (abs(choice - frames), choice))

    @property
    def shortest(self) -> int:
        return self.nearest(0)

    @property
    def longest(self) -> int:
        return self.nearest(10**9)


class Planner(Protocol):
    """Turns a brief into a plan."""

    async def plan(self, brief: Brief, limits: Limits) -> Plan: ...
