"""What every frame of a film has in common."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..models.plan import Fit


@dataclass(frozen=True)
class Shape:
    """Pixels, exact frames a second, and how clips of another shape are brought to it."""

    width: int
    height: int
    fps: Fraction
    fit: Fit
