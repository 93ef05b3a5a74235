"""The pictures that a manifest names, and finding them again in the store."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import StoreError
from ..models.manifest import Manifest, PictureRecord

if TYPE_CHECKING:
    from ..store.home import Store


def named_pictures(manifest: Manifest) -> Iterator[PictureRecord]:
    """Every picture by content, more than once where it is named so: keyframes, cast, references of each drawing and render."""
    yield from needed_pictures(manifest)
    records = [r for k in manifest.keyframes for r in k.references] + [r for s in manifest.segments for r in s.references]
    yield from (PictureRecord(sha256=r.sha256, pixels_sha256=r.pixels_sha256) for r in records)


def needed_pictures(manifest: Manifest) -> Iterator[PictureRecord]:
    """Those that nothing else in the manifest leads to: keyframes, their references and the cast's. The others follow from them:
    a keyframe at the film's size, the last frame of the clip before."""
    plan = manifest.plan
    assets = [k.image for k in plan.keyframes if k.image is not None]
    assets += [r.image for k in plan.keyframes for r in k.references] + [r.image for m in plan.cast for r in m.references]
    yield from (PictureRecord(sha256=a.sha256, pixels_sha256=a.pixels_sha256) for a in assets)
    yield from (k.image for k in manifest.keyframes if k.image is not None)


def stored_pictures(manifest: Manifest, store: Store) -> dict[str, Path]:
    """Where the store keeps the manifest's pictures, by the sha256 of each file.

    A picture saved anew counts as the same one: its pixels are. StoreError, naming them, where one that is needed is not there.
    """
    found: dict[str, Path] = {}
    needed = {p.pixels_sha256 for p in needed_pictures(manifest)}
    shelf = StoredPictures(store)
    for picture in {p.pixels_sha256: p for p in named_pictures(manifest)}.values():
        sha256, path = shelf.find(picture) or (None, None)
        if sha256 is not None and path is not None:
            found[sha256] = path
            needed.discard(picture.pixels_sha256)
    if needed:
        names = _names(manifest, needed)
        raise StoreError(
            f"the store does not have {len(needed)} of the film's references: {', '.join(names)}.",
            "Set LONGVID_HOME to the store that the film was made in.",
        )
    return found


class StoredPictures:
    """The pictures of a store, found by content."""

    def __init__(self, store: Store) -> None:
        self._originals = store.home / "assets" / "originals"
        self._shelf = store.pictures
        self._index: tuple[dict[str, str], dict[str, str]] | None = None

    def find(self, picture: PictureRecord) -> tuple[str, Path] | None:
        """The sha256 and path of a file with these pixels, whole; the very file where it is there. None: there is none."""
        from ..files import sha256_file
        from ..media.images import asset_of

        for path in sorted((self._originals / picture.sha256[:2]).glob(f"{picture.sha256}.*")):
            if sha256_file(path) == picture.sha256 and asset_of(path).pixels_sha256 == picture.pixels_sha256:
                return picture.sha256, path
        by_file, by_pixels = self._known()
        for key in filter(None, (by_file.get(picture.sha256), by_pixels.get(picture.pixels_sha256))):
            stored = self._shelf.get(key)
            if stored is not None and asset_of(stored[0]).pixels_sha256 == picture.pixels_sha256:
                return str(stored[1]["sha256"]), stored[0]
        return None

    def _known(self) -> tuple[dict[str, str], dict[str, str]]:
        """The keys of all drawn pictures, by the hash of the file and by that of the pixels."""
        if self._index is None:
            by_file: dict[str, str] = {}
            by_pixels: dict[str, str] = {}
            for record in sorted(self._shelf.folder.glob("[0-9a-f][0-9a-f]/*.json")):
                try:
                    value = json.loads(record.read_bytes())
                    by_file.setdefault(value["sha256"], record.stem)
                    by_pixels.setdefault(value["facts"]["pixels_sha256"], record.stem)
                except (OSError, ValueError, TypeError, KeyError):
                    continue  # a damaged record; whoever asks for its key is told
            self._index = by_file, by_pixels
        return self._index


def _names(manifest: Manifest, pixels: Iterable[str]) -> list[str]:
    """What people call those pictures: by keyframe, else by hash."""
    wanted = set(pixels)
    plan = manifest.plan
    names = {k.image.pixels_sha256: f"keyframe {k.id}" for k in plan.keyframes if k.image is not None}
    return sorted(names.get(p, f"picture {p[:16]}") for p in wanted)[:20]
