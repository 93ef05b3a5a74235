"""What a shot looks like, as typed fields one can compare: camera, lens, light, palette, wardrobe, props, style."""

from __future__ import annotations

from typing import Literal, TypeVar

from pydantic import Field, FiniteFloat

from .base import Frozen

CameraMove = Literal[
    "static", "push_in", "pull_out", "pan_left", "pan_right", "tilt_up", "tilt_down", "truck_left", "truck_right",
    "crane_up", "crane_down", "orbit_left", "orbit_right", "zoom_in", "zoom_out", "follow", "handheld",
]  # fmt: skip
CameraHeight = Literal["ground", "low", "eye", "high", "aerial"]
CameraSpeed = Literal["slow", "steady", "fast"]
Framing = Literal["extreme_wide", "wide", "full", "medium", "close", "extreme_close"]
TimeOfDay = Literal["dawn", "morning", "noon", "afternoon", "golden_hour", "dusk", "night"]
KeyDirection = Literal["left", "right", "front", "back", "top", "below"]
LightQuality = Literal["hard", "soft", "diffuse"]


class Camera(Frozen):
    """How the camera stands and moves during the shot."""

    move: CameraMove | None = None
    height: CameraHeight | None = None
    speed: CameraSpeed | None = None


class Lens(Frozen):
    """What the camera sees through."""

    focal_length_mm: float | None = Field(None, ge=4, le=2000, description="Full-frame equivalent")
    framing: Framing | None = None
    aperture: float | None = Field(None, ge=0.5, le=64, description="f-number; small means shallow focus")


class Light(Frozen):
    """The light rig, as far as the words tell it."""

    time_of_day: TimeOfDay | None = None
    key_direction: KeyDirection | None = None
    quality: LightQuality | None = None
    temperature_k: int | None = Field(None, ge=1000, le=20000, description="Colour temperature of the key, kelvin")


class VisualState(Frozen):
    """Every visual control of a shot. A field left None (or empty) inherits from the plan's base.

    `palette`: colour words or `#rrggbb`. `style`: weight by style name, 1.0 being plain.
    """

    camera: Camera = Camera()
    lens: Lens = Lens()
    light: Light = Light()
    palette: tuple[str, ...] = ()
    wardrobe: tuple[str, ...] = ()
    props: tuple[str, ...] = ()
    style: dict[str, FiniteFloat] = Field(default_factory=dict)

    def over(self, base: VisualState) -> VisualState:
        """This state laid over `base`: set fields win, unset ones inherit, style weights merge by name."""
        return VisualState(
            camera=_over(self.camera, base.camera),
            lens=_over(self.lens, base.lens),
            light=_over(self.light, base.light),
            palette=self.palette or base.palette,
            wardrobe=self.wardrobe or base.wardrobe,
            props=self.props or base.props,
            style={**base.style, **self.style},
        )

    def to_prompt(self) -> str:
        """The state in words, always in the same order, for a model that reads prose. Empty when nothing is set."""
        return ", ".join(_phrases(self))


_Part = TypeVar("_Part", bound=Frozen)


def _over(top: _Part, base: _Part) -> _Part:
    values = {**base.model_dump(exclude_none=True), **top.model_dump(exclude_none=True)}
    return type(top)(**values)


def _phrases(state: VisualState) -> list[str]:
    camera, lens, light = state.camera, state.lens, state.light
    phrases = []
    if lens.framing:
        phrases.append(_FRAMING[lens.framing])
    if camera.height:
        phrases.append(_HEIGHT[camera.height])
    if camera.move:
        speed = f"{camera.speed} " if camera.speed and camera.move != "static" else ""
        phrases.append(speed + _MOVE[camera.move])
    if lens.focal_length_mm:
        phrases.append(f"{lens.focal_length_mm:g} mm lens")
    if lens.aperture:
        phrases.append(f"f/{lens.aperture:g}")
    if light.time_of_day:
        phrases.append(_TIME[light.time_of_day])
    if light.quality or light.key_direction:
        quality = f"{light.quality} " if light.quality else ""
        phrases.append(f"{quality}key light{_KEY[light.key_direction] if light.key_direction else ''}")
    if light.temperature_k:
        phrases.append(f"{light.temperature_k} K")
    if state.palette:
        phrases.append("palette of " + ", ".join(state.palette))
    if state.wardrobe:
        phrases.append("wearing " + ", ".join(state.wardrobe))
    if state.props:
        phrases.append("with " + ", ".join(state.props))
    phrases += [name if weight == 1 else f"{name} ({weight:g})" for name, weight in sorted(state.style.items())]
    return phrases


_FRAMING = {
    "extreme_wide": "extreme wide shot", "wide": "wide shot", "full": "full shot", "medium": "medium shot",
    "close": "close-up", "extreme_close": "extreme close-up",
}  # fmt: skip
_HEIGHT = {
    "ground": "camera on the ground", "low": "low angle", "eye": "eye level", "high": "high angle", "aerial": "aerial view",
}  # fmt: skip
_MOVE = {
    "static": "locked-off camera", "push_in": "push-in", "pull_out": "pull-out", "pan_left": "pan left",
    "pan_right": "pan right", "tilt_up": "tilt up", "tilt_down": "tilt down", "truck_left": "truck left",
    "truck_right": "truck right", "crane_up": "crane up", "crane_down": "crane down", "orbit_left": "orbit left",
    "orbit_right": "orbit right", "zoom_in": "zoom in", "zoom_out": "zoom out", "follow": "camera follows",
    "handheld": "handheld camera",
}  # fmt: skip
_TIME = {
    "dawn": "dawn light", "morning": "morning light", "noon": "noon light", "afternoon": "afternoon light",
    "golden_hour": "golden hour", "dusk": "dusk light", "night": "night",
}  # fmt: skip
_KEY = {
    "left": " from the left", "right": " from the right", "front": " from the front", "back": " from behind",
    "top": " from above", "below": " from below",
}  # fmt: skip
