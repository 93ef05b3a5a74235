"""The camera's path: where it stands at every moment of a shot, and what that does to a layer at some depth."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..models.visual import Camera
from .rng import pick

_RATE = {"slow": 0.02, "steady": 0.033, "fast": 0.055}
_LEAST, _MOST = 0.055, 0.148


@dataclass(frozen=True)
class Pose:
    """The camera against its rest. Shares of the frame's width and height; logarithms for the two scales."""

    pan_x: float = 0.0
    pan_y: float = 0.0
    truck_x: float = 0.0
    truck_y: float = 0.0
    zoom: float = 0.0
    dolly: float = 0.0
    orbit: float = 0.0

    def seen(self, depth: float, subject: float) -> tuple[float, float, float]:
        """(x, y, scale) of a layer at `depth`: its shift in frames and its size; (0, 0, 1) at rest."""
        near = 0.1 + 0.9 * depth
        x = self.pan_x + self.truck_x * near + self.orbit * (near - (0.1 + 0.9 * subject))
        y = self.pan_y + self.truck_y * near
        return x, y, math.exp(self.zoom + self.dolly * near)


REST = Pose()


def ease(t: float, ramp: float = 0.32) -> float:
    """0 to 1 over t in 0 .. 1: speeds up over `ramp`, runs evenly, slows down over `ramp`. Still at both ends."""
    t = min(1.0, max(0.0, t))
    top = 1 / (1 - ramp)
    if t < ramp:
        return top * t * t / (2 * ramp)
    if t > 1 - ramp:
        return 1 - top * (1 - t) * (1 - t) / (2 * ramp)
    return top * (t - ramp / 2)


def soft(t: float) -> float:
    """Smoothstep."""
    t = min(1.0, max(0.0, t))
    return t * t * (3 - 2 * t)


class Path:
    """One camera move. `at(u)` is the pose `u` of the way along; the rest pose is at u = 0, negative u lies before it."""

    def __init__(self, camera: Camera, seconds: float, seed: int) -> None:
        self.move = camera.move or _gentle(seed)
        rate = _RATE[camera.speed or ("slow" if camera.move is None else "steady")]
        self.reach = min(_MOST, max(_LEAST, rate * seconds)) * pick(0.92, 1.08, "reach", seed)
        self.phase = pick(0, 1, "phase", seed)
        self.lift = pick(-0.12, 0.12, "lift", seed)

    def at(self, u: float, clock: float = 0.0, life: float = 0.0) -> Pose:
        """The pose at `u`; `clock` (seconds) and `life` (0 at the ends) drive a hand-held camera."""
        r = self.reach * u
        side = r * self.lift
        match self.move:
            case "push_in" | "pull_out":
                s = 1 if self.move == "push_in" else -1
                return Pose(dolly=s * r * 1.55, zoom=s * r * 0.12, truck_x=side)
            case "zoom_in" | "zoom_out":
                return Pose(zoom=(1.2 if self.move == "zoom_in" else -1.2) * r)
            case "pan_left" | "pan_right":
                s = -1 if self.move == "pan_left" else 1
                return Pose(pan_x=s * r * 0.75, truck_x=s * r * 0.12)
            case "tilt_up" | "tilt_down":
                s = -1 if self.move == "tilt_up" else 1
                return Pose(pan_y=s * r * 0.75, truck_y=s * r * 0.12)
            case "truck_left" | "truck_right" | "follow":
                s = -1 if self.move == "truck_left" else 1
                return Pose(truck_x=s * r, pan_x=s * r * 0.05)
            case "crane_up" | "crane_down":
                s = -1 if self.move == "crane_up" else 1
                return Pose(truck_y=s * r * 0.95, dolly=-s * r * 0.25, pan_y=s * r * 0.06)
            case "orbit_left" | "orbit_right":
                s = -1 if self.move == "orbit_left" else 1
                return Pose(orbit=s * r * 1.5, dolly=abs(r) * 0.0 + r * 0.15)
            case "handheld":
                a, b = 6.2832 * (clock * 0.37 + self.phase), 6.2832 * (clock * 0.83 + self.phase * 2)
                w = 0.009 * life
                return Pose(
                    pan_x=w * (math.sin(a) + 0.4 * math.sin(b * 1.7)),
                    pan_y=w * 0.8 * (math.sin(a * 1.31 + 1) + 0.4 * math.sin(b * 1.3)),
                    dolly=r * 0.5,
                )
        return REST


def _gentle(seed: int) -> str:
    return ("push_in", "truck_right", "push_in", "truck_left", "crane_up")[int(pick(0, 5, "gentle", seed))]
