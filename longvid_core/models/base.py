"""What every model shares: frozen, no unknown fields, seeds as decimal strings, money as whole micro-dollars."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

SEED_LIMIT = 2**64


class Frozen(BaseModel):
    """A value: immutable, compared by content, refusing fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, defer_build=True)

    def json_value(self) -> dict[str, Any]:
        """The model as plain JSON types, under its public field names."""
        return self.model_dump(mode="json", by_alias=True)


def _seed(value: Any) -> Any:
    if isinstance(value, bool) or isinstance(value, float):
        raise ValueError("a seed is a whole number from 0 to 18446744073709551615, written as a decimal string")
    if isinstance(value, str):
        if not (value.isascii() and value.isdigit()):
            raise ValueError("a seed is a whole number from 0 to 18446744073709551615, written as a decimal string")
        return int(value)
    return value


Seed64 = Annotated[
    int,
    Field(ge=0, lt=SEED_LIMIT),
    BeforeValidator(_seed),
    PlainSerializer(str, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,20}$", "description": "0 to 2^64-1, decimal"}),
]
"""An unsigned 64-bit seed. A decimal string in JSON, because JSON numbers do not hold 64 bits."""

MicroUsd = Annotated[int, Field(ge=0, description="Millionths of a US dollar")]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


MIN_FPS, MAX_FPS = 0.01, 240


def _fps(value: Any) -> Any:
    refusal = "fps is a number of frames a second, such as 16, 24 or 29.97"
    if isinstance(value, bool):
        raise ValueError(refusal)
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(refusal) from error
    return int(number) if number.is_integer() else number


Fps = Annotated[
    int | float,
    Field(ge=MIN_FPS, le=MAX_FPS),
    BeforeValidator(_fps),
    WithJsonSchema({"type": "number", "minimum": MIN_FPS, "maximum": MAX_FPS}),
]
"""Frames a second, one in 100 seconds at the least. 23.976, 29.97 and 59.94 stand for the exact NTSC rates; see `exact_fps`."""


def exact_fps(fps: int | float) -> Fraction:
    """The exact rate behind a written one: 29.97 is 30000/1001, 16 is 16."""
    for base in (24, 30, 48, 60, 120):
        ntsc = Fraction(base * 1000, 1001)
        if abs(float(ntsc) - fps) < 0.005:
            return ntsc
    return Fraction(fps).limit_denominator(1001)
