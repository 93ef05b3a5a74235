"""How alike pictures look, as numbers: palette, light, texture, and what vision models make of them.

Every distance is 0 for the same look and grows with the difference. Palette: the 1-Wasserstein (earth mover's) distance of the
a* and of the b* values in CIELAB, averaged (Rubner, Tomasi and Guibas, 2000). Light: the same of L*, which sees brightness and
contrast. Texture: the chi-squared distance of uniform local binary patterns, 0 to 1 (Ojala, Pietikäinen and Mäenpää, 2002).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import Field

from ..errors import MissingTool
from ..models.base import Frozen
from .frames import iterate_frames, rgb_image

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

SAMPLES = 5
"""Frames of a clip that are looked at, evenly spaced, both ends included."""
_SIDE = 192
_QUANTILES = 512
_NEIGHBOURS, _RADIUS = 8, 1


class Coherence(Frozen):
    """How alike clips look: the mean over neighbours in the film, and over all pairs. Lower is closer; similarities: higher."""

    palette: float
    light: float
    texture: float
    palette_all: float
    light_all: float
    texture_all: float
    clip: float | None = Field(None, description="Cosine similarity of CLIP's view, mean over neighbours")
    dino: float | None = Field(None, description="Cosine similarity of DINO's view, mean over neighbours")


@dataclass(frozen=True)
class Look:
    """What a clip looks like. lab: quantiles of L*, a*, b*, 3 x n; texture: a histogram that sums to 1."""

    lab: np.ndarray
    texture: np.ndarray


class Viewer(Protocol):
    """A vision model: one vector of length 1 for some pictures."""

    def __call__(self, pictures: Sequence[Image]) -> np.ndarray: ...


def sampled(path: str | Path, frames: int) -> list[Image]:
    """The frames of a clip that are looked at, in order, RGB, one decoded at a time."""
    wanted = {round(i * (frames - 1) / max(1, SAMPLES - 1)) for i in range(SAMPLES)}
    return [rgb_image(frame) for index, frame in enumerate(iterate_frames(path)) if index in wanted]


def look_of(pictures: Sequence[Image]) -> Look:
    """The look of these pictures together. MissingTool without scikit-image."""
    import numpy as np

    try:
        from skimage.color import rgb2lab
        from skimage.feature import local_binary_pattern
    except ImportError as error:
        raise MissingTool(
            "measuring how alike clips look needs scikit-image.", 'Install it: pip install "longvid[metrics]"'
        ) from error
    small = [_small(picture) for picture in pictures]
    lab = np.concatenate([rgb2lab(np.asarray(p)).reshape(-1, 3) for p in small])
    at = (np.arange(_QUANTILES) + 0.5) / _QUANTILES
    bins = np.arange(_NEIGHBOURS + 3)
    counts = np.zeros(_NEIGHBOURS + 2)
    for picture in small:
        patterns = local_binary_pattern(np.asarray(picture.convert("L")), _NEIGHBOURS, _RADIUS, "uniform")
        counts += np.histogram(patterns, bins=bins)[0]
    return Look(lab=np.quantile(lab, at, axis=0).T, texture=counts / counts.sum())


def apart(one: Look, other: Look) -> tuple[float, float, float]:
    """(palette, light, texture): how far apart two looks are."""
    import numpy as np

    light, a, b = np.abs(one.lab - other.lab).mean(axis=1)
    both = one.texture + other.texture
    texture = 0.5 * float((((one.texture - other.texture) ** 2)[both > 0] / both[both > 0]).sum())
    return float(a + b) / 2, float(light), texture


def coherence(clips: Sequence[Sequence[Image]], viewers: dict[str, Viewer] | None = None) -> Coherence:
    """How alike the clips look, each given by its pictures, in the film's order; at least two."""
    looks = [look_of(pictures) for pictures in clips]
    near = [apart(one, other) for one, other in itertools.pairwise(looks)]
    far = [apart(one, other) for one, other in itertools.combinations(looks, 2)]
    values: dict[str, float] = {}
    for position, name in enumerate(("palette", "light", "texture")):
        values[name] = _mean([pair[position] for pair in near])
        values[f"{name}_all"] = _mean([pair[position] for pair in far])
    for name, viewer in (viewers or {}).items():
        views = [viewer(pictures) for pictures in clips]
        values[name] = _mean([float(one @ other) for one, other in itertools.pairwise(views)])
    return Coherence(**values)


def viewer_of(kind: str, model: str) -> Viewer:
    """CLIP (`clip`) or DINO (`dino`) from a folder, or from what Hugging Face's cache already has: nothing is downloaded.

    MissingTool where transformers or the weights are not there.
    """
    try:
        import torch
        from transformers import AutoImageProcessor, AutoModel

        processor: Any = AutoImageProcessor.from_pretrained(model, local_files_only=True)
        network: Any = AutoModel.from_pretrained(model, local_files_only=True).eval()
    except (ImportError, OSError, ValueError) as error:
        raise MissingTool(f"the weights of {kind.upper()} ({model}) are not here.", f"Name their folder: --{kind}.") from error

    def view(pictures: Sequence[Image]) -> np.ndarray:
        inputs = processor(images=list(pictures), return_tensors="pt")
        with torch.inference_mode():
            if hasattr(network, "get_image_features"):
                found = network.get_image_features(pixel_values=inputs["pixel_values"])
                found = getattr(found, "pooler_output", found)
            else:
                found = network(pixel_values=inputs["pixel_values"]).last_hidden_state[:, 0]
        vector = found.float().mean(dim=0)
        array: np.ndarray = (vector / vector.norm()).numpy()
        return array

    return view


def _small(picture: Image) -> Image:
    from PIL import Image

    scale = _SIDE / max(picture.size)
    size = (max(3, round(picture.width * scale)), max(3, round(picture.height * scale)))
    return picture.convert("RGB").resize(size, Image.Resampling.BOX)


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 6)
