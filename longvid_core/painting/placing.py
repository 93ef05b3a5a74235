"""Putting a thing where it belongs: on the ground, at its size, in its colour."""

from __future__ import annotations

from .model import Piece, paint_model, paint_shadow
from .palette import Rgb, rgb
from .scene import Scene

WATERY = ("sea", "beach", "harbour", "lake", "river")


def tone(scene: Scene, *nouns: str, default: str) -> Rgb:
    """The colour the words give one of `nouns`, or the default."""
    for noun in nouns:
        if noun in scene.words.colours:
            return rgb(scene.words.colours[noun])
    return rgb(default)


def ground_line(scene: Scene) -> float:
    """Where the subject's feet stand, in frame heights."""
    low = {"extreme_wide": 0.34, "wide": 0.5, "full": 0.74}.get(scene.framing, 0.9)
    return scene.horizon + (1 - scene.horizon) * low


def place(
    scene: Scene,
    name: str,
    depth: float,
    pieces: list[Piece],
    x: float,
    y: float,
    size: float,
    *,
    shadow: float = 0.0,
    flip: float | None = None,
    life: str = "",
) -> None:
    """Stands `pieces` on the frame point (`x`, `y`), looking into the picture, on its shadow (`shadow`: its width)."""
    if shadow and scene.weather not in ("storm", "rain", "fog"):
        paint_shadow(scene, f"{name} shadow", depth - 0.01, x, y, shadow * size, size * 0.9, 0.55)
    paint_model(
        scene, name, depth, pieces, x, y, size, flip=(1 if scene.focus < 0.5 else -1) if flip is None else flip, life=life
    )


def large(scene: Scene) -> float:
    """How large the large things are drawn: by framing, gently."""
    return {"extreme_wide": 0.5, "wide": 0.85, "full": 1.15, "medium": 1.4, "close": 1.6, "extreme_close": 1.9}[scene.framing]
