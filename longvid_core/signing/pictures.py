"""Keyframes as files: which of them a manifest tells of, and the plan that names them by hash."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import BadInput
from ..files import sha256_file, write_bytes
from ..media.images import asset_of
from .statement import Statement


@dataclass(frozen=True)
class Picture:
    """A PNG with the pixels of one of the manifest's keyframes."""

    path: Path
    keyframe: str
    pixels_sha256: str


def pictures_of(statement: Statement, place: Path) -> tuple[Picture, ...]:
    """The manifest's keyframes among the PNG files in a folder, or the one file named. BadInput where there is none."""
    found = []
    for file in png_files(place):
        pixels = asset_of(file).pixels_sha256
        if pixels in statement.keyframes:
            found.append(Picture(path=file, keyframe=statement.keyframes[pixels], pixels_sha256=pixels))
    if not found:
        raise BadInput(
            f"{place} holds no keyframe of {statement.path.name}.", "They are told by their pixels, not by their names."
        )
    return tuple(found)


def png_files(place: Path) -> tuple[Path, ...]:
    """The PNG files in a folder, in order, or the one file named, absolute. BadInput where there is none."""
    place = place.absolute()
    files = tuple(sorted(place.glob("*.png"))) if place.is_dir() else (place,)
    if not files or not files[0].is_file() or files[0].suffix.lower() != ".png":
        what = "does not exist" if not place.exists() else "holds no PNG" if place.is_dir() else "is no PNG"
        raise BadInput(f"{place} {what}.", "--keyframes takes the folder that `longvid keyframes` made, or one of its pictures.")
    return files


def update_plan(pictures: Sequence[Picture]) -> None:
    """In the plan.json beside signed pictures, set the hashes of their files anew; their pixels, and so all keys, stay."""
    for folder in {p.path.parent for p in pictures}:
        plan = folder / "plan.json"
        if not plan.is_file():
            continue
        signed = {p.path.resolve(): p.pixels_sha256 for p in pictures}
        try:
            value = json.loads(plan.read_text(encoding="utf-8-sig"))
        except ValueError:
            continue  # not a plan, whatever it is
        changed = False
        for image in _images(value):
            file = (folder / str(image["path"])).resolve()
            if signed.get(file) == image["pixels_sha256"] and image["sha256"] != (new := sha256_file(file)):
                image["sha256"], changed = new, True
        if changed:
            write_bytes(plan, (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode())


def _images(value: Any) -> Iterator[dict[str, Any]]:
    """Every asset in a plan: an object with a path and both hashes."""
    if isinstance(value, dict):
        if {"path", "sha256", "pixels_sha256"} <= set(value):
            yield value
        for each in value.values():
            yield from _images(each)
    elif isinstance(value, list):
        for each in value:
            yield from _images(each)
