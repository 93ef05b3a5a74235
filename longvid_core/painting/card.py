"""Cards as files: a PNG that carries the recipe it was painted from, and the way back from the file to its layers."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any

from PIL import Image, PngImagePlugin
from pydantic import ValidationError

from ..canonical import canonical_json
from ..media.images import load_rgb, save_png
from ..models.visual import VisualState
from . import PIXEL_VERSION
from .compose import Painting, flatten, paint
from .scene import Recipe

CHUNK = "longvid.card"
"""The PNG text chunk that holds the recipe, as JSON."""

_CACHE_PIXELS, _CACHE_SIZE = 3_300_000, 64
"""Cards in memory: three of a common video's size, or more small ones. A larger one than a third of it is not kept."""
_cache: OrderedDict[bytes, Painting] = OrderedDict()
_lock = threading.Lock()


def recipe_json(recipe: Recipe) -> dict[str, Any]:
    """The recipe as it stands in the file."""
    return {
        "version": PIXEL_VERSION,
        "prompt": recipe.prompt,
        "visual": recipe.visual.json_value(),
        "seed": str(recipe.seed),
        "width": recipe.width,
        "height": recipe.height,
    }


def painting_of(recipe: Recipe) -> Painting:
    """The layers of `recipe`: painted, or kept from a moment ago (neighbouring clips share a card)."""
    key = canonical_json(recipe_json(recipe))
    with _lock:
        if key in _cache:
            _cache.move_to_end(key)
            return _cache[key]
    painting = paint(recipe)
    if _pixels(painting) <= _CACHE_PIXELS // 3:
        with _lock:
            _cache[key] = painting
            while len(_cache) > _CACHE_SIZE or sum(map(_pixels, _cache.values())) > _CACHE_PIXELS:
                _cache.popitem(last=False)
    return painting


def _pixels(painting: Painting) -> int:
    return painting.width * painting.height


def save_card(recipe: Recipe, target: Path) -> None:
    """Paints `recipe` and writes it to `target`, whole or not at all."""
    info = PngImagePlugin.PngInfo()
    info.add_text(CHUNK, _ascii(recipe))
    save_png(flatten(painting_of(recipe)), target, info)


def _ascii(recipe: Recipe) -> str:
    """JSON in ASCII: a PNG text chunk is Latin-1."""
    return json.dumps(recipe_json(recipe), ensure_ascii=True, sort_keys=True, separators=(",", ":"))


def card_of(path: Path) -> tuple[Image.Image, Painting | None]:
    """The picture at `path` (RGB) and, where it is a card as we painted it, its layers.

    None for a picture that carries no recipe, one of another version, or one whose pixels were changed since.
    """
    picture = load_rgb(path)
    recipe = recipe_in(path)
    if recipe is None or (recipe.width, recipe.height) != picture.size:
        return picture, None
    painting = painting_of(recipe)
    return picture, painting if flatten(painting).tobytes() == picture.tobytes() else None


def recipe_in(path: Path) -> Recipe | None:
    """The recipe that a picture's file carries; None where it is no card, or one of another version."""
    with Image.open(path) as opened:
        text = opened.info.get(CHUNK)
    if not isinstance(text, str):
        return None
    try:
        value = json.loads(text)
        if value["version"] != PIXEL_VERSION:
            return None
        visual = VisualState.model_validate(value["visual"])
        return Recipe(str(value["prompt"]), visual, int(value["seed"]), int(value["width"]), int(value["height"]))
    except (ValueError, KeyError, TypeError, ValidationError):
        return None  # not a recipe of ours: the picture is moved as any other
