"""Colour: the hour's scheme, bent by weather, colour temperature, palette words and style."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from .lexicon import COLOUR

Rgb = tuple[float, float, float]


def rgb(text: str) -> Rgb:
    """`#rrggbb` as three numbers in [0, 1]."""
    value = int(text.lstrip("#"), 16)
    return (value >> 16 & 255) / 255, (value >> 8 & 255) / 255, (value & 255) / 255


def mix(a: Rgb, b: Rgb, t: float) -> Rgb:
    return a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t


def times(a: Rgb, b: Rgb) -> Rgb:
    return a[0] * b[0], a[1] * b[1], a[2] * b[2]


def scale(a: Rgb, s: float) -> Rgb:
    return min(1.0, a[0] * s), min(1.0, a[1] * s), min(1.0, a[2] * s)


def luma(a: Rgb) -> float:
    return 0.299 * a[0] + 0.587 * a[1] + 0.114 * a[2]


def saturate(a: Rgb, s: float) -> Rgb:
    y = luma(a)
    red, green, blue = (min(1.0, max(0.0, y + (c - y) * s)) for c in a)
    return red, green, blue


def array(a: Rgb) -> np.ndarray:
    return np.array(a, np.float32)


def colour_of(word: str) -> Rgb | None:
    """A palette word or `#rrggbb` as a colour; None where the word is unknown."""
    word = word.strip().lower()
    if word.startswith("#"):
        try:
            return rgb(word) if len(word) == 7 else None
        except ValueError:
            return None
    for part in (word, word.replace(" ", "-"), *reversed(word.replace("-", " ").split())):
        if part in COLOUR:
            return rgb(COLOUR[part])
    return None


@dataclass(frozen=True)
class Scheme:
    """The colours a scene is painted with. `key` lights, `shade` is what the light does not reach, `haze` is the air."""

    zenith: Rgb
    middle: Rgb
    horizon: Rgb
    sun: Rgb
    key: Rgb
    shade: Rgb
    haze: Rgb
    accents: tuple[Rgb, ...] = ()
    level: float = 1.0
    """How much light there is: 1 at noon, about 0.3 at night."""
    haze_amount: float = 0.5
    sun_height: float = 0.5
    """Of the sun above the horizon, as a share of the sky."""

    def air(self, colour: Rgb, depth: float) -> Rgb:
        """`colour` seen through `depth` (0 near .. 1 at the horizon) of air."""
        return mix(colour, self.haze, min(1.0, depth * (0.45 + 0.75 * self.haze_amount)))

    def lit(self, colour: Rgb, amount: float) -> Rgb:
        """`colour` under the scheme's light: 0 in full shade, 1 in full key."""
        return mix(times(colour, scale(mix(self.shade, (1, 1, 1), 0.16), 1.25)), scale(times(colour, self.key), 1.12), amount)


def _scheme(line: str) -> Scheme:
    *colours, level, haze, height = line.split()
    zenith, middle, horizon, sun, key, shade, air = (rgb(c) for c in colours)
    return Scheme(
        zenith, middle, horizon, sun, key, shade, air, level=float(level), haze_amount=float(haze), sun_height=float(height)
    )


HOURS: dict[str, Scheme] = {
    hour: _scheme(line)
    for hour, line in {
        #              zenith  middle  horizon sun     key     shade   haze    level haze height
        "dawn":        "#5f74a8 #c79db8 #fbcfae #fff0cf #ffd3b0 #5a5580 #e0b3b4 0.86 0.62 0.13",
        "morning":     "#5a9bd4 #a6d0e6 #f6ecd0 #fff8e0 #fff0d2 #566f98 #c3d8e2 1.00 0.50 0.45",
        "noon":        "#2b78c2 #76b9e2 #d5ecef #fffdf0 #fffaea #466b98 #b4d5e4 1.06 0.34 0.86",
        "afternoon":   "#4a8cc4 #9cc8d8 #f4e4c0 #fff3d0 #ffedc4 #50648c #cdd3c2 1.00 0.44 0.48",
        "golden_hour": "#536a9e #d8a578 #ffd184 #fff0bc #ffcf8c #5c4664 #e4ae78 0.92 0.60 0.16",
        "dusk":        "#1d2b58 #6a5694 #ef9a72 #ffc690 #f0a07c #2e3162 #8c6a90 0.60 0.58 0.06",
        "night":       "#070f26 #11244a #2c4a70 #eaf1ff #9db8e6 #16224a #1f3862 0.36 0.50 0.62",
    }.items()
}  # fmt: skip


def kelvin(temperature: float) -> Rgb:
    """A gentle tint for a colour temperature, white at 5600 K. Piecewise linear over known points."""
    points = ((1000, "#ff7a2a"), (2000, "#ffa050"), (3000, "#ffbf80"), (4000, "#ffdcb4"), (5600, "#ffffff"),
              (7500, "#dce8ff"), (10000, "#bcd4ff"), (20000, "#9cbcff"))  # fmt: skip
    for (low, a), (high, b) in zip(points, points[1:], strict=False):
        if temperature <= high:
            return mix(rgb(a), rgb(b), max(0.0, (temperature - low) / (high - low)))
    return rgb(points[-1][1])


def bend(
    scheme: Scheme, *, weather: str | None, temperature: int | None, accents: tuple[Rgb, ...], style: dict[str, float]
) -> Scheme:
    """The hour's scheme under this weather, key temperature, palette and style."""
    every = ("zenith", "middle", "horizon", "sun", "key", "shade", "haze")

    def all_of(change: Callable[[Rgb], Rgb]) -> Scheme:
        changed: dict[str, Any] = {name: change(getattr(scheme, name)) for name in every}
        return replace(scheme, **changed)

    if weather == "storm":
        scheme = all_of(lambda c: scale(saturate(mix(c, rgb("#566a7c"), 0.4), 0.86), 0.9 if scheme.level > 0.5 else 1.0))
        scheme = replace(scheme, haze_amount=0.62, sun_height=max(0.14, scheme.sun_height * 0.5), level=scheme.level * 0.85)
        scheme = replace(
            scheme,
            zenith=scale(scheme.zenith, 0.8),
            sun=mix(scheme.sun, rgb("#ffe9c4"), 0.45),
            horizon=mix(scheme.horizon, rgb("#d9cdb4"), 0.3 if scheme.level > 0.4 else 0.05),
        )
    elif weather == "rain":
        scheme = all_of(lambda c: scale(saturate(mix(c, rgb("#64798c"), 0.38), 0.8), 0.86))
        scheme = replace(scheme, haze_amount=0.78, level=scheme.level * 0.82)
    elif weather == "fog":
        scheme = all_of(lambda c: saturate(mix(c, scheme.haze, 0.5), 0.7))
        scheme = replace(scheme, haze_amount=1.05)
    elif weather == "snowfall":
        scheme = all_of(lambda c: saturate(mix(c, rgb("#b9c6d6"), 0.34 if scheme.level > 0.5 else 0.12), 0.72))
        scheme = replace(scheme, haze_amount=0.6)
    elif weather == "cloudy":
        scheme = all_of(lambda c: saturate(mix(c, rgb("#9aa6b0"), 0.3 if scheme.level > 0.5 else 0.1), 0.75))
    if temperature is not None:
        tint = kelvin(temperature)
        scheme = all_of(lambda c: mix(c, scale(times(c, tint), 1.06), 0.62))
        scheme = replace(scheme, key=times(scheme.key, tint))
    if accents:
        pull = 0.22 if len(accents) < 4 else 0.3
        dark, light = min(accents, key=luma), max(accents, key=luma)

        def fit(c: Rgb, like: Rgb, t: float) -> Rgb:
            return mix(c, scale(like, min(2.2, (luma(c) + 0.03) / (luma(like) + 0.03))), t)

        middle = accents[len(accents) // 2]
        scheme = replace(
            scheme,
            zenith=fit(scheme.zenith, dark if len(accents) > 1 else middle, pull),
            middle=fit(scheme.middle, middle, pull),
            horizon=fit(scheme.horizon, light, pull),
            haze=fit(scheme.haze, middle, pull),
            key=mix(scheme.key, fit(scheme.key, light, 1), 0.22),
            shade=fit(scheme.shade, dark, pull),
            accents=accents,
        )
    strength = 1.0
    for name, weight in style.items():
        low = name.lower()
        w = max(0.0, min(1.5, weight))
        if any(word in low for word in ("noir", "black and white", "monochrome", "b&w")):
            strength *= 1 - 0.92 * min(1.0, w)
        elif any(word in low for word in ("watercolor", "watercolour", "pastel", "muted", "desaturated", "bleach")):
            strength *= 1 - 0.22 * w
        elif any(word in low for word in ("anime", "animation", "vivid", "technicolor", "vibrant", "pop")):
            strength *= 1 + 0.16 * w
        elif "cyberpunk" in low or "neon" in low:
            strength *= 1 + 0.2 * w
        elif "sepia" in low or "vintage" in low:
            scheme = all_of(partial(_browned, share=0.6 * min(1.0, w)))
    return all_of(lambda c: saturate(c, strength)) if strength != 1.0 else scheme


def _browned(colour: Rgb, share: float) -> Rgb:
    return mix(colour, scale(rgb("#c8a070"), luma(colour) * 1.3 + 0.04), share)
