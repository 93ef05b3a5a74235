"""What a language model is asked to fill in. A segment answers for itself alone: ids, indexes, seeds, frames and the keyframes
that neighbours share are ours, and hold by construction.

Every field is required and none has bounds: hosted models enforce this schema as it stands, and what a value may be is for
`checks` to say, in words that help.
"""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, field_validator, model_validator

from ..models.plan import CastMember
from ..models.visual import (
    Camera,
    CameraHeight,
    CameraMove,
    CameraSpeed,
    Framing,
    KeyDirection,
    Lens,
    Light,
    LightQuality,
    TimeOfDay,
    VisualState,
)


class Form(BaseModel):
    """The base of what is to be filled in: nothing more is asked for, and what more is said is left aside."""

    model_config = ConfigDict(extra="ignore", json_schema_extra={"additionalProperties": False})

    @model_validator(mode="before")
    @classmethod
    def _unwrapped(cls, given: Any) -> Any:
        """What is asked for, where a model puts it under a name of its own: `{"plan": {...}}`."""
        if isinstance(given, dict) and len(given) == 1 and not given.keys() & cls.model_fields.keys():
            (inner,) = given.values()
            return inner if isinstance(inner, dict) else given
        return given


_LISTED = ("camera_move", "camera_height", "camera_speed", "framing", "time_of_day", "key_light", "light_quality")
"""The fields of `Seen` that are one of a few words."""


class Seen(Form):
    """How a shot is seen. null: the words leave it open."""

    camera_move: CameraMove | None
    camera_height: CameraHeight | None
    camera_speed: CameraSpeed | None
    framing: Framing | None
    focal_length_mm: FiniteFloat | None = Field(description="Full-frame equivalent, 4 to 2000")
    aperture: FiniteFloat | None = Field(description="f-number, 0.5 to 64")
    time_of_day: TimeOfDay | None
    key_light: KeyDirection | None = Field(description="Where the key light comes from")
    light_quality: LightQuality | None
    temperature_k: int | None = Field(description="Colour temperature of the key light, 1000 to 20000")
    palette: list[str] = Field(description="Colour words or #rrggbb")
    wardrobe: list[str]
    props: list[str]

    @field_validator(*_LISTED, mode="before")
    @classmethod
    def _as_listed(cls, word: Any) -> Any:
        """`Push-in` is push_in, and an empty word is none."""
        return re.sub(r"[\s-]+", "_", word.strip().lower()) or None if isinstance(word, str) else word

    def state(self) -> VisualState:
        """The same as a VisualState, numbers brought into its ranges."""
        return VisualState(
            camera=Camera(move=self.camera_move, height=self.camera_height, speed=self.camera_speed),
            lens=Lens(
                framing=self.framing,
                focal_length_mm=_within(self.focal_length_mm, 4, 2000),
                aperture=_within(self.aperture, 0.5, 64),
            ),
            light=Light(
                time_of_day=self.time_of_day,
                key_direction=self.key_light,
                quality=self.light_quality,
                temperature_k=None if self.temperature_k is None else round(_within(self.temperature_k, 1000, 20000) or 0),
            ),
            palette=_words(self.palette),
            wardrobe=_words(self.wardrobe),
            props=_words(self.props),
        )


class CastAnswer(Form):
    """A character or place that comes more than once."""

    name: str = Field(description="As the text calls them")
    look: str = Field(description="How they always look: age, hair, clothes, colours, material. One phrase.")

    def member(self) -> CastMember:
        return CastMember(name=self.name.strip(), look=self.look.strip(" ."))


class SegmentAnswer(Form):
    """One generated span of the film."""

    beats: list[int] = Field(description="Numbers of the beats it shows, in order")
    seconds: FiniteFloat = Field(description="How long it lasts")
    join: Literal["continuous", "cut"] = Field(description="How it meets the segment before: the same shot goes on, or a cut")
    prompt: str = Field(description="What the video model is told: who, what, where. It stands alone.")
    motion: str = Field(description="What moves, and how, from the first frame to the last")
    opening: str | None = Field(description="The still it opens on; null where the join is continuous")
    ending: str = Field(description="The still it ends on")
    visual: Seen
    complexity: FiniteFloat = Field(description="0 to 1: how hard it is to render")
    negative: str = Field(description="What must not be seen; empty where nothing is to be said")


class PlanAnswer(Form):
    """The film, planned segment by segment."""

    title: str
    style: str = Field(description="The look all segments share, one short sentence")
    palette: list[str] = Field(description="The film's own colours; colour words or #rrggbb")
    cast: list[CastAnswer]
    segments: list[SegmentAnswer]

    @field_validator("segments")
    @classmethod
    def _some(cls, segments: list[SegmentAnswer]) -> list[SegmentAnswer]:
        if not segments:
            raise ValueError("there is none; a film has one at least")
        return segments


def _within(value: float | None, low: float, high: float) -> float | None:
    return None if value is None else min(high, max(low, value))


def _words(listed: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip() for word in listed if word.strip()))
