"""The plan: what the film is to be, before a pixel exists. `plan.json` is this model and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Literal

from pydantic import AwareDatetime, Field, model_validator

from .asset import Asset, Reference
from .base import Fps, Frozen, Seed64, Sha256
from .records import Fit, PictureMade, PlannerRecord, SeedPolicy
from .visual import VisualState

PLAN_SCHEMA = "longvid.plan/1"

Mode = Literal["keyframe", "chaining"]
Join = Literal["continuous", "cut"]

__all__ = ["PLAN_SCHEMA", "Approval", "CastMember", "Fit", "Join", "Keyframe", "Mode", "Plan", "SeedPolicy", "Segment"]

Id = Field(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")


class CastMember(Frozen):
    """A recurring character or place and how it always looks."""

    name: str = Field(min_length=1)
    look: str = ""
    references: tuple[Reference, ...] = ()


class Keyframe(Frozen):
    """A still that anchors a segment's ends. `image` is None until it is drawn or supplied."""

    id: str = Id
    prompt: str
    visual: VisualState = VisualState()
    references: tuple[Reference, ...] = ()
    source: str | None = Field(None, description="Who made the image: `user`, or PROVIDER:MODEL; None until it exists")
    image: Asset | None = None
    made: PictureMade | None = Field(None, description="How the image came about; None where it was supplied")


class Segment(Frozen):
    """One generated span of the film. `text` is its share of the user's words, whole; `prompt` is what a model gets."""

    id: str = Id
    index: int = Field(ge=0)
    join: Join = Field(description="How it meets the segment before it; the first one's counts for nothing")
    text: str = ""
    prompt: str = Field(min_length=1, pattern=r"\S")
    negative: str = ""
    frames: int = Field(ge=1, lt=2**31, description="At the plan's fps, the frame shared with the neighbour included")
    seed: Seed64 | None = Field(None, description="Set: this seed, whatever the policy says")
    reroll: int = Field(0, ge=0, lt=2**31, description="Which take: 0 is the first")
    first_keyframe: str | None = None
    last_keyframe: str | None = None
    visual: VisualState = VisualState()
    complexity: float = Field(0.5, ge=0, le=1)
    locked: bool = False
    backend: str | None = Field(None, description="PROVIDER[:MODEL] for this segment alone")


class Approval(Frozen):
    """A person's yes to one take. Its names are there because somebody wrote them; nothing is taken from the machine."""

    segment: str = Field(description="The segment's id")
    reroll: int = Field(ge=0, lt=2**31, description="Which take, as in the segment")
    render_key: Sha256 | None = Field(None, description="The take by everything that makes it; None: no film was looked at")
    clip_sha256: Sha256 | None = None
    by: str = Field(min_length=1, max_length=200, pattern=r"\S")
    note: str = Field("", max_length=4000)
    at: AwareDatetime


class Plan(Frozen):
    """A whole film, planned. Seeds are decimal strings in JSON; picture paths are relative to the plan's own folder."""

    schema_: Literal["longvid.plan/1"] = Field("longvid.plan/1", alias="schema")
    title: str = Field(pattern=r"^[^\x00]*$")
    mode: Mode
    fps: Fps
    width: int = Field(ge=16, le=8192, multiple_of=2)
    height: int = Field(ge=16, le=8192, multiple_of=2)
    fit: Fit = Field("crop", description="How pictures and clips of another shape are brought to width x height")
    seed: Seed64
    seed_policy: SeedPolicy = "derived"
    seed_step: int = Field(1, gt=-(2**53), lt=2**53, description="For the policy `stride`: base + index * step")
    planned_by: str | None = Field(None, description="Who planned it: `offline`, openai:MODEL, or who stood in for whom")
    planner: PlannerRecord | None = Field(None, description="How it was planned; None for one written by hand")
    visual: VisualState = VisualState()
    cast: tuple[CastMember, ...] = ()
    keyframes: tuple[Keyframe, ...] = ()
    segments: tuple[Segment, ...] = Field(min_length=1)
    approvals: tuple[Approval, ...] = Field((), description="In the order they were given; they change no pixel and no key")

    @model_validator(mode="after")
    def _consistent(self) -> Plan:
        """Ids are unique and known, indexes count up, neighbours share a keyframe exactly when they join."""
        _unique("keyframes", [k.id for k in self.keyframes])
        _unique("segments", [s.id for s in self.segments])
        known = {k.id for k in self.keyframes}
        previous: Segment | None = None
        for position, segment in enumerate(self.segments):
            where = f"segments[{position}] ({segment.id})"
            if segment.index != position:
                raise ValueError(f"{where}.index is {segment.index}; it must be {position}, its place in the list")
            for end in ("first_keyframe", "last_keyframe"):
                name = getattr(segment, end)
                if name is not None and name not in known:
                    raise ValueError(f"{where}.{end} names keyframe {name!r}, which is not in keyframes")
            if self.mode == "keyframe":
                if segment.first_keyframe is None:
                    raise ValueError(f"{where}.first_keyframe is null; keyframe mode needs one (or use mode chaining)")
                if previous is not None:
                    shared = previous.last_keyframe is not None and previous.last_keyframe == segment.first_keyframe
                    if shared != (segment.join == "continuous"):
                        raise ValueError(
                            f"{where}.join is {segment.join}, but it {'shares' if shared else 'does not share'} a "
                            "keyframe with the segment before it; neighbours share one exactly when the join is continuous"
                        )
            elif segment.first_keyframe is None and position == 0:
                raise ValueError(f"{where}.first_keyframe is null; the first segment of a chain needs a first frame")
            elif position and (segment.first_keyframe is None) != (segment.join == "continuous"):
                raise ValueError(
                    f"{where}.join is {segment.join}; in chaining mode a continuous join has first_keyframe null "
                    "(it starts on the last frame before it) and a cut has one set"
                )
            previous = segment
        return self

    def keyframe(self, keyframe_id: str) -> Keyframe:
        """The keyframe of that id. KeyError where there is none."""
        return next(k for k in self.keyframes if k.id == keyframe_id)

    def with_keyframes(self, keyframes: Iterable[Keyframe]) -> Plan:
        """The plan with these keyframes in place of the ones of the same ids."""
        new = {k.id: k for k in keyframes}
        return self.model_copy(update={"keyframes": tuple(new.get(k.id, k) for k in self.keyframes)})

    def visual_of(self, segment: Segment) -> VisualState:
        """The segment's visual state, resolved over the plan's base."""
        return segment.visual.over(self.visual)

    @property
    def continuous_joins(self) -> int:
        """How many neighbours share a frame."""
        return sum(s.join == "continuous" for s in self.segments[1:])

    @property
    def film_frames(self) -> int:
        """Frames of the film when every clip has exactly its segment's frames."""
        return sum(s.frames for s in self.segments) - self.continuous_joins


def _unique(field: str, ids: list[str]) -> None:
    twice = sorted(i for i, count in Counter(ids).items() if count > 1)
    if twice:
        raise ValueError(f"{field}: id {', '.join(twice)} is used more than once")
