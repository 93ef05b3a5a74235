"""Water: it mirrors what stands behind it, breaks it by waves that grow towards us, and carries the light."""

from __future__ import annotations

import numpy as np
from PIL import Image

from .brush import strokes
from .noise import fbm, lattice, smooth
from .palette import Rgb, array, mix, scale
from .scene import Scene, blend
from .stage import lay_over


def so_far(scene: Scene) -> np.ndarray:
    """Everything painted up to now, as colours (h, w, 3) over the whole canvas."""
    frame = Image.new("RGB", (scene.stage.width, scene.stage.height))
    for layer in scene.stage.layers:
        lay_over(frame, layer.image, layer.left, layer.top, layer.mode)
    return np.asarray(frame).astype(np.float32) / np.float32(255)


def paint_water(
    scene: Scene,
    *,
    top: float,
    deep: Rgb,
    rough: float = 0.4,
    depth: float = 0.45,
    bottom: float | None = None,
    name: str = "water",
) -> None:
    """Water from `top` down (to `bottom`). `rough`: 0 a mirror .. 1 a storm."""
    stage, scheme = scene.stage, scene.scheme
    width, height = stage.width, stage.height
    above = so_far(scene)
    near = np.clip((stage.ys - np.float32(top)) / np.float32(max(0.15, 1.12 - top)), 0, 1.2)
    far = 1 / (near[:, 0] + np.float32(0.05))
    rows = np.clip(far / 20 * (height - 1), 0, height - 1).astype(np.int32)
    swell = fbm(scene.rng("swell", name), width, height, 9, octaves=4, stretch=3.0, gain=0.55)[rows]
    chop = fbm(scene.rng("chop", name), width, height, 26, octaves=4, stretch=3.4, gain=0.6)[rows]
    wave = swell * 0.55 + chop * 0.45
    push = (wave - 0.5) * np.float32(0.05 + 0.3 * rough) * (0.25 + near)
    mirror_y = (
        stage.py(top)
        - (stage.ys * 0 + np.arange(height, dtype=np.float32)[:, None] - np.float32(stage.py(top))) * np.float32(0.92)
        + push * np.float32(stage.unit * 1.2)
    )
    mirror_x = np.arange(width, dtype=np.float32)[None, :] + (chop - 0.5) * np.float32(stage.unit * (0.05 + 0.12 * rough)) * (
        0.2 + near
    )
    mirror_y = np.minimum(mirror_y, np.float32(stage.py(top) - 1.5))
    source = above[np.clip(mirror_y, 0, height - 1).astype(np.int32), np.clip(mirror_x, 0, width - 1).astype(np.int32)]
    body = mix(deep, scheme.shade, 0.35)
    body = scale(body, 0.35 + 0.62 * scheme.level)
    fresnel = np.clip(0.84 - 0.62 * near - np.float32(0.25 * rough) + (wave - 0.5) * np.float32(0.9 + rough), 0.04, 0.95)
    paint = blend(np.broadcast_to(array(body), source.shape), source * np.float32(0.93), fresnel)
    # Faces of waves turned from us are dark, crests catch the sky.
    paint = paint * (1 + (wave - 0.5)[..., None] * np.float32(0.35 + 1.1 * rough))
    line = smooth(stage.ys, top + 0.035, top)
    paint = blend(paint, scheme.haze, line * np.ones_like(wave) * np.float32(0.2 + 0.35 * min(1.0, scheme.haze_amount)))
    if rough > 0.5:
        crest = smooth(chop * 0.5 + swell * 0.5, 0.56, 0.68) * smooth(
            fbm(scene.rng("foam", name), width, height, 40, octaves=3, stretch=2)[rows], 0.42, 0.62
        )
        foam = mix(scheme.horizon, (1, 1, 1), 0.45)
        paint = blend(
            paint,
            scale(foam, 0.45 + 0.6 * scheme.level),
            crest * np.float32(0.85 * rough) * (0.35 + 0.65 * smooth(near, 0.0, 0.25)),
        )
    cover = np.clip((stage.ys - np.float32(top)) * np.float32(stage.frame_height) + np.float32(0.5), 0, 1) * np.ones_like(wave)
    if bottom is not None:
        edge = bottom + (lattice(scene.rng("shore", name), width, 2, 4 * stage.aspect, 1)[0] - 0.5) * 0.06
        cover = cover * (1 - smooth(stage.ys - edge[None, :], -0.004, 0.004))
    # Strokes: fine at the horizon, broad in front; two passes.
    pixel = stage.unit / 480
    mask = cover
    broad = strokes(
        paint,
        scene.rng("broad", name),
        size=5.5 * pixel * scene.stroke,
        ratio=4.5,
        wander=0.1 + 0.22 * rough,
        variety=0.05,
        cover=1.4,
        keep=0.25,
        mask=mask * (near > 0.2),
    )
    fine = strokes(
        paint,
        scene.rng("fine", name),
        size=2.0 * pixel * scene.stroke,
        ratio=7,
        wander=0.06 + 0.1 * rough,
        variety=0.045,
        cover=1.1,
        keep=0.3,
        mask=mask * (near < 0.5),
    )
    paint = blend(fine, broad, smooth(near, 0.18, 0.45) * np.ones_like(wave))
    stage.add(name, depth, paint, cover, life="water")
    paint_glitter(scene, top, chop, near, cover, rough, depth)


def paint_glitter(
    scene: Scene, top: float, chop: np.ndarray, near: np.ndarray, cover: np.ndarray, rough: float, depth: float
) -> None:
    """The path of light under sun or moon: dashes, close together far away, wide and broken in front."""
    stage, scheme = scene.stage, scene.scheme
    strength = {"storm": 0.22, "rain": 0.15, "fog": 0.25}.get(scene.weather, 0.85) * (0.35 + 0.65 * scene.behind)
    high = scheme.sun_height
    spread = np.float32(0.025 + 0.1 * high) + near * np.float32(0.12 + 0.2 * rough + 0.2 * high)
    path = 1 - smooth(np.abs(stage.xs - np.float32(scene.sun_x)) * np.float32(min(1.6, stage.aspect)) / spread, 0.1, 1.0)
    spark = smooth(chop, 0.5, 0.66)
    light = path * (spark * 0.9 + 0.12) * np.float32(strength) * cover * (1 - smooth(near, 0.75, 1.15))
    stage.glow("glitter", depth + 0.001, light[..., None] * array(mix(scheme.sun, scheme.key, 0.35)), life="shimmer")
