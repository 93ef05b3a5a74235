"""Land: ridges in depth, ground planes, dunes, terraces, rocks and grass."""

from __future__ import annotations

import numpy as np

from .brush import blur, bristle, roughen
from .noise import Array, fbm, ridge_line, smooth
from .palette import Rgb, array, mix, rgb, saturate, scale
from .scene import Scene, blend

GROUND: dict[str, Rgb] = {
    "fields": rgb("#7d9a4a"), "hills": rgb("#6f9450"), "terraces": rgb("#86a84c"), "mountains": rgb("#6d7a6a"),
    "desert": rgb("#d9a868"),
    "snow": rgb("#e6edf4"), "beach": rgb("#dcc495"), "village": rgb("#77904f"), "road": rgb("#8a8457"), "garden": rgb("#6d9a4c"),
    "forest": rgb("#4a6a3c"), "lake": rgb("#6a8a54"), "river": rgb("#6a8a54"), "street": rgb("#6f7076"), "city": rgb("#5c6470"),
}  # fmt: skip


def paint_ridge(
    scene: Scene,
    name: str,
    depth: float,
    base: float,
    height: float,
    colour: Rgb,
    *,
    bumps: float = 2.5,
    sharp: float = 0.0,
    gain: float = 0.46,
    snow: float = 0.0,
    lean: float = 0.0,
    rocky: float = 0.0,
    to: float | None = None,
    trees: float = 0.0,
) -> np.ndarray:
    """One range of hills or mountains standing on frame height `base`, `height` frames tall. Returns its crest (y by column).

    `snow`: how far down the snow lies (share of the height). `lean`: tilts the range, + up to the right. `trees`: a wooded crest.
    """
    stage, scheme = scene.stage, scene.scheme
    width = stage.width
    line = ridge_line(scene.rng("ridge", name), width, bumps * max(1.0, stage.aspect / 1.5), sharp=sharp, gain=gain, octaves=7)
    line = np.clip((line - 0.5) * 1.7 + 0.5, 0, 1.1) + np.float32(lean) * (stage.xs[0] - 0.5)
    if trees:
        spikes = ridge_line(scene.rng("trees", name), width, width / max(4.0, stage.unit * 0.016), octaves=3, sharp=0.7)
        line = line + (spikes - 0.3) * np.float32(trees)
    crest = np.float32(base) - line * np.float32(height)
    cover = np.clip((stage.ys - crest[None, :]) * np.float32(stage.frame_height) + np.float32(0.5), 0, 1)
    if to is not None:
        cover = cover * (1 - smooth(stage.ys, to - 0.004, to + 0.004))
    below = np.clip((stage.ys - crest[None, :]) / np.float32(max(0.02, height)), 0, 3)
    # Relief: slopes that face the sun, from a height field that follows the crest.
    relief = fbm(scene.rng("relief", name), width, stage.height, 6 if sharp < 0.5 else 4, octaves=5, stretch=0.7, gain=0.5)
    span = max(2, round(stage.unit * (0.012 if sharp < 0.5 else 0.03)))
    slope = np.clip((np.roll(crest, -span) - np.roll(crest, span)) * np.float32(-scene.side * 2.2), -1, 1)[None, :] * np.maximum(
        0, 1 - below * 0.7
    )
    bumpy = (relief - np.roll(relief, round(-scene.side * span * 1.5), axis=1)) * np.float32(
        (3.2 if sharp < 0.5 else 4.2) + 1.2 * rocky
    )
    light = np.clip(0.46 + 0.5 * slope + bumpy * np.float32(scene.contrast), 0, 1)
    if sharp >= 0.5:
        light = smooth(light, 0.2, 0.8)
    lit, shade = scheme.lit(colour, 1.0), scheme.lit(colour, 0.12 if sharp < 0.5 else 0.0)
    paint = blend(scene.air(shade, depth), scene.air(lit, depth), light)
    hue = (fbm(scene.rng("hue", name), width, stage.height, 4, octaves=3) - 0.5)[..., None]
    paint = paint * (1 + hue * array((0.24, 0.14, -0.1)))
    if snow:
        capped = smooth(below + (relief - 0.5) * 0.9 - np.float32(0.2) * light, snow + 0.07, snow - 0.07)
        white = blend(
            scene.air(mix(scheme.shade, (0.86, 0.9, 1.0), 0.55), depth),
            scene.air(mix((1, 1, 1), scheme.key, 0.45), depth),
            smooth(light, 0.34, 0.6),
        )
        paint = blend(paint, white if scheme.level > 0.5 else white * 0.55, capped)
    # Mist gathers at the foot.
    foot = smooth(below, 0.35, 1.5) * np.float32(min(0.85, 0.7 * (1 - depth) * (0.5 + scheme.haze_amount)))
    paint = blend(paint, scheme.haze, foot)
    edge = smooth(below, 0.07, 0.0) * np.float32(0.34 * scene.behind * (0.4 + 0.6 * (1 - depth)))
    paint = blend(paint, scene.air(mix(scheme.key, scheme.sun, 0.5), depth), edge * (0.35 + 0.65 * scene.toward_sun(0.9)))
    tilt = np.broadcast_to(
        np.clip(np.gradient(crest).astype(np.float32) * np.float32(stage.frame_height), -1, 1)[None, :] * 0.8, cover.shape
    )
    scene.lay(name, depth, paint, cover, size=3.4 + 3.4 * depth, ratio=2.6, angle=tilt, wander=0.45, variety=0.05, keep=0.25)
    return crest


def paint_ground(
    scene: Scene,
    name: str,
    depth: float,
    top: float,
    colour: Rgb,
    *,
    roll: float = 0.02,
    rows: float = 0.0,
    wet: float = 0.0,
    patch: float = 0.5,
) -> None:
    """A plane from `top` down to beyond the frame, in perspective. `rows`: strength of furrows or drifts running across."""
    stage, scheme = scene.stage, scene.scheme
    width, height = stage.width, stage.height
    crest = np.float32(top) - (ridge_line(scene.rng("ground", name), width, 1.6, octaves=4) - 0.5) * np.float32(roll)
    cover = np.clip((stage.ys - crest[None, :]) * np.float32(stage.frame_height) + np.float32(0.5), 0, 1)
    near = np.clip((stage.ys - np.float32(top)) / np.float32(max(0.12, 1.08 - top)), 0, 1)
    index, _ = perspective(scene, top)
    blotch = fbm(scene.rng("blotch", name), width, height, 7, octaves=5, stretch=1.6)[index]
    band = fbm(scene.rng("band", name), width, height, 16, octaves=3, stretch=9)[index]
    light = np.clip(0.66 + (blotch - 0.5) * np.float32(1.1 * patch) + (band - 0.5) * np.float32(0.7 * rows + 0.25), 0, 1)
    light = light * (1 - 0.42 * smooth(near, 0.45, 1.0))
    pool = 1 - smooth(np.abs(stage.xs - np.float32(scene.focus + 0.1 * scene.side)) + (1 - near) * 0.1, 0.05, 0.75)
    light = np.clip(light * 0.82 + 0.2 * pool * (1 - near * 0.4), 0, 1)
    paint = blend(scheme.lit(colour, 0.14), scheme.lit(colour, 1.0), light)
    hue = (fbm(scene.rng("hue", name), width, height, 5, octaves=3)[index] - 0.5)[..., None]
    paint = paint * (1 + hue * array((0.3, 0.12, -0.16)) * np.float32(patch))
    paint = blend(
        paint,
        scheme.haze,
        np.clip((1 - near) ** 3 * np.float32(0.3 + 0.55 * scheme.haze_amount) * (1 - depth * 0.35), 0, 0.9)
        * np.ones_like(stage.xs),
    )
    if wet:
        sheen = smooth(band, 0.5, 0.74) * np.float32(wet)
        paint = blend(paint, mix(scheme.horizon, scheme.middle, 0.4), sheen)
    scene.lay(name, depth, paint, cover, size=5.5, ratio=3.4, angle=0.0, wander=0.3, variety=0.06, keep=0.22)


def perspective(scene: Scene, top: float) -> tuple[Array, Array]:
    """(rows, scale): for every canvas row below `top`, which row of a flat texture shows there, and how large things are."""
    stage = scene.stage
    near = np.clip((stage.ys[:, 0] - np.float32(top)) / np.float32(max(0.12, 1.15 - top)), 0, 1.2)
    far = 1 / (near * 1.0 + np.float32(0.06))
    rows = np.clip((far / far.max()) * (stage.height - 1), 0, stage.height - 1).astype(np.int32)
    return rows, near


def paint_dunes(scene: Scene) -> None:
    """Sand in long crests: one face in the light, one in shade, the edge between them drawn sharp."""
    stage, scheme = scene.stage, scene.scheme
    sand = GROUND["desert"]
    count = 4
    for i in range(count):
        f = i / (count - 1)
        depth = 0.22 + 0.62 * f
        base = scene.horizon + 0.015 + 0.5 * (1 - scene.horizon) * f * 1.5
        crest = np.float32(base) - ridge_line(
            scene.rng("dune", i), stage.width, 0.9 + 1.1 * (1 - f), octaves=3, gain=0.3
        ) * np.float32(0.05 + 0.15 * f)
        below = stage.ys - crest[None, :]
        cover = np.clip(below * np.float32(stage.frame_height) + np.float32(0.5), 0, 1)
        # The slip face: a second crest that winds away from the first.
        wind = ridge_line(scene.rng("slip", i), stage.width, 2.4, octaves=3, gain=0.4) - 0.5
        split = below - np.float32(0.03 + 0.1 * f) * (1 + 2.4 * wind[None, :]) * smooth(
            np.sin(stage.xs * (5 - 2 * f) + i * 1.9), -0.6, 0.9
        )
        lee = smooth(split, 0.002, -0.002)
        ripple = fbm(scene.rng("ripple", i), stage.width, stage.height, 46, octaves=2, stretch=4)
        light = np.clip(0.9 - 0.74 * lee - 0.5 * smooth(below, 0.04, 0.5) + (ripple - 0.5) * 0.26 * f, 0, 1)
        paint = blend(scene.air(scheme.lit(sand, 0.1), depth), scene.air(scheme.lit(sand, 1.0), depth), light)
        paint = blend(paint, scheme.haze, smooth(below, 0.06, 0.3) * np.float32(0.5 * (1 - f) * scheme.haze_amount))
        scene.lay(f"dune {i}", depth, paint, cover, size=4 + 3 * f, ratio=5, angle=-0.08, wander=0.22, variety=0.035, keep=0.3)


def paint_terraces(scene: Scene) -> None:
    """Stepped paddies winding down a slope: water or young rice on the treads, dark grass on the risers."""
    stage, scheme = scene.stage, scene.scheme
    width = stage.width
    steps = 11
    sway = ridge_line(scene.rng("terrace"), width, 1.5, octaves=3, gain=0.35) - 0.5
    for i in range(steps):
        f = (i + 1) / steps
        depth = 0.3 + 0.55 * f
        local = ridge_line(scene.rng("terrace", i), width, 2.2, octaves=3, gain=0.4) - 0.5
        top = scene.horizon - 0.05 + (1.24 - scene.horizon) * f**1.55
        crest = (
            np.float32(top)
            - (sway * np.float32(0.1 + 0.24 * f) + local * np.float32(0.025 + 0.05 * f))
            - np.float32(0.16 * (1 - f)) * scene.side * (stage.xs[0] - 0.5)
        )
        below = stage.ys - crest[None, :]
        cover = np.clip(below * np.float32(stage.frame_height) + np.float32(0.5), 0, 1)
        riser = 0.007 + 0.034 * f
        bank = smooth(below, riser * 0.86, riser * 1.1)
        grass = fbm(scene.rng("blades", i), width, stage.height, 44, octaves=3, stretch=0.35)
        wave = fbm(scene.rng("wind", i), width, stage.height, 10, octaves=4, stretch=3)
        flooded = i % 3 == 1
        green = mix(rgb("#a5bd4c"), rgb("#6f9c45"), (i * 0.37) % 1)
        tread = blend(scheme.lit(green, 0.55), scheme.lit(scale(saturate(green, 1.1), 1.12), 1.0), smooth(wave, 0.3, 0.7))
        if flooded:
            mirror = mix(scheme.horizon, scheme.middle, 0.35 + 0.3 * f)
            tread = blend(mirror, scale(mirror, 0.74), smooth(wave, 0.45, 0.75) * 0.7)
        lip = smooth(below, riser * 0.0, riser * 0.3)
        wall = blend(
            scheme.lit(rgb("#8fa54a"), 0.9), scheme.lit(rgb("#4d5f33"), 0.2), np.clip(lip * 0.8 + (grass - 0.5) * 0.8, 0, 1)
        )
        paint = blend(wall, tread, bank)
        paint = blend(paint, scheme.haze, np.full_like(cover, (1 - f) ** 1.6 * 0.62 * (0.5 + 0.5 * scheme.haze_amount)))
        scene.lay(
            f"terrace {i}",
            depth,
            paint,
            cover * smooth(below, 0.62, 0.5),
            size=2.6 + 3.0 * f,
            ratio=3.6,
            angle=0.0,
            wander=0.3,
            variety=0.06,
            keep=0.2,
        )


def paint_rock(
    scene: Scene, name: str, depth: float, x: float, y: float, width: float, height: float, colour: Rgb, *, flat: float = 0.5
) -> None:
    """A rock or islet rising from (`x`, `y`), `width` frames wide and `height` tall, broken into lit and shaded planes."""
    stage, scheme = scene.stage, scene.scheme
    across = (stage.xs - np.float32(x)) / np.float32(width / 2)
    rough = ridge_line(scene.rng("rock", name), stage.width, 5 / max(0.12, width), octaves=6, sharp=0.5, gain=0.55)
    profile = np.clip(1 - np.abs(across[0]) ** (2 + 3 * flat), 0, 1) * (0.62 + 0.62 * (rough - 0.3))
    crest = np.float32(y) - profile * np.float32(height)
    below = stage.ys - crest[None, :]
    cover = (
        np.clip(below * np.float32(stage.frame_height), 0, 1) * (np.abs(across) < 1) * (1 - smooth(stage.ys, y - 0.002, y + 0.01))
    )
    cover = roughen(cover, max(0.6, 1.1 * scene.edge * stage.unit / 480), scene.rng("edge", name))
    facets = fbm(
        scene.rng("facets", name), stage.width, stage.height, 10 / max(0.25, height * 2), octaves=5, stretch=1.3, gain=0.6
    )
    step = max(1, round(stage.unit * 0.008))
    relief = (facets - np.roll(facets, (-step, round(-scene.side * step)), (0, 1))) * 7
    light = np.clip(0.3 + relief - across * np.float32(-0.26 * scene.side) + 0.3 * smooth(below, 0.05, 0.0), 0, 1)
    paint = blend(scene.air(scheme.lit(colour, 0.0), depth), scene.air(scheme.lit(colour, 0.9), depth), smooth(light, 0.12, 0.85))
    paint = blend(paint, scale(scheme.shade, 0.4), smooth(stage.ys, y - 0.03, y) * np.ones_like(cover) * 0.5)
    scene.lay(
        name, depth, paint, cover, size=3.0 + 2 * depth, ratio=2.2, angle=0.5 * scene.side, wander=0.6, variety=0.08, keep=0.15
    )


def paint_grass(
    scene: Scene, name: str, depth: float, top: float, colour: Rgb, *, tall: float = 0.1, flowers: Rgb | None = None
) -> None:
    """Blades along the bottom edge, dark and close: the picture's threshold."""
    stage, scheme = scene.stage, scene.scheme
    rng = scene.rng("grass", name)
    from PIL import Image, ImageDraw

    mask = Image.new("L", (stage.width, stage.height))
    tone = Image.new("L", (stage.width, stage.height))
    d1, d2 = ImageDraw.Draw(mask), ImageDraw.Draw(tone)
    line = (ridge_line(rng, stage.width, 2.2, octaves=4) - 0.5) * 0.1
    count = int(1100 * max(1.0, stage.aspect / 1.7))
    xs = rng.random(count) * stage.width
    # Tufts: high towards one corner, low or absent under the subject.
    clump = ridge_line(rng, stage.width, 7 * stage.aspect / 1.7, octaves=3)
    corner = (
        smooth(np.abs(stage.xs[0] - np.float32(1 - scene.focus)), 0.75, 0.05) * 0.2
        + smooth(np.abs(stage.xs[0] - np.float32(scene.focus)), 0.12, 0.75) * 0.75
        + 0.2
    )
    height = np.clip((clump - 0.24) * 2.2, 0.0, 1.3) * corner
    for i in range(count):
        x = float(xs[i])
        ground = stage.py(top + float(line[int(x)]) + 0.16)
        h = (0.3 + 0.9 * float(rng.random())) * tall * stage.unit * (0.25 + 1.5 * float(height[int(x)]))
        bend = (float(rng.standard_normal()) * 0.22 + 0.12 * scene.side) * h
        w = (0.0028 + 0.004 * float(rng.random())) * stage.unit
        tip = (x + bend, ground - h - 0.04 * stage.unit)
        mid = (x + bend * 0.25, ground - h * 0.5)
        points = [(x - w, ground + stage.unit), (mid[0] - w, mid[1]), tip, (mid[0] + w, mid[1]), (x + w, ground + stage.unit)]
        d1.polygon(points, fill=255)
        d2.polygon(points, fill=int(40 + 170 * float(rng.random()) ** 2))
        if flowers and i % 14 == 0:
            r = w * 2.6
            d1.ellipse((tip[0] - r, tip[1] - r, tip[0] + r, tip[1] + r), fill=255)
            d2.ellipse((tip[0] - r, tip[1] - r, tip[0] + r, tip[1] + r), fill=255)
    cover = blur(np.asarray(mask).astype(np.float32) / np.float32(255), 0.6)
    light = np.asarray(tone).astype(np.float32) / np.float32(255)
    rise = smooth(stage.ys, top + 0.26, top - 0.06)
    paint = blend(scheme.lit(scale(colour, 0.5), 0.05), scheme.lit(colour, 0.85), np.clip(light * (0.25 + 0.75 * rise), 0, 1))
    if flowers:
        paint = blend(paint, scheme.lit(flowers, 0.85), (light > 0.97).astype(np.float32))
    paint = paint * (1 + bristle(rng, stage.width, stage.height, pitch=3, stretch=0.5)[..., None] * 0.06)
    stage.add(name, depth, paint, np.clip(cover * 1.2, 0, 1))
