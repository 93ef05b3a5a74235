"""From a manifest back to a plan that can be gone on with: its pictures found again, its seeds as they were."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BadInput
from ..models.asset import Asset, Reference
from ..models.manifest import Manifest, PictureRecord
from ..models.plan import Keyframe, Plan
from ..seeds import segment_seed
from .bundle import is_bundle, opened_bundle
from .load import load_manifest
from .references import StoredPictures
from .restored import picture_made
from .sides import manifest_of

if TYPE_CHECKING:
    from ..render.session import Session


@dataclass(frozen=True)
class Restored:
    """A film's plan with its pictures in the store. missing: ids of keyframes to be drawn anew, their picture being nowhere."""

    manifest: Manifest
    plan: Plan
    missing: tuple[str, ...]

    @property
    def keyframes(self) -> tuple[Keyframe, ...]:
        """Those that have their picture."""
        return tuple(k for k in self.plan.keyframes if k.image is not None)

    @property
    def seeds(self) -> tuple[int, ...]:
        """Each segment's seed, as it was asked for."""
        return tuple(segment_seed(self.plan, s) for s in self.plan.segments)


def restored(path: Path, session: Session) -> Restored:
    """The film of a manifest, of the one beside a film, or of a bundle, whose pictures go into the store.

    BadInput for a manifest without its words, and where a picture that a person supplied is neither in the store nor in the
    bundle; the rest as in `load_manifest` and `opened_bundle`.
    """
    shelf = StoredPictures(session.store)

    def stored(picture: PictureRecord) -> Path | None:
        found = shelf.find(picture)
        return found[1] if found else None

    with _opened(path, session) as (manifest, inside):
        if manifest.shared:
            raise BadInput(f"{path.name} was shared without its words, so nobody can go on with it.", "Use the original one.")
        return _with_pictures(manifest, lambda picture: stored(picture) or inside(picture), session)


@contextlib.contextmanager
def _opened(path: Path, session: Session) -> Iterator[tuple[Manifest, Callable[[PictureRecord], Path | None]]]:
    if not is_bundle(path):
        yield load_manifest(manifest_of(path)), lambda picture: None
        return
    with opened_bundle(path, session.interrupted) as bundle:
        yield load_manifest(bundle.manifest), lambda picture: bundle.picture(picture.pixels_sha256)


def _with_pictures(manifest: Manifest, find: Callable[[PictureRecord], Path | None], session: Session) -> Restored:
    from ..media.images import asset_of

    lost: list[str] = []

    def kept(image: Asset, named: str) -> Asset | None:
        path = find(PictureRecord(sha256=image.sha256, pixels_sha256=image.pixels_sha256))
        if path is None:
            lost.append(named)
            return None
        return session.store.keep_original(asset_of(path))

    def references(of: tuple[Reference, ...], named: str) -> tuple[Reference, ...]:
        found = [(r, kept(r.image, f"{named}'s reference {r.role}")) for r in of]
        return tuple(r.model_copy(update={"image": image}) for r, image in found if image is not None)

    plan = manifest.plan
    cast = tuple(m.model_copy(update={"references": references(m.references, m.name)}) for m in plan.cast)
    records = {k.id: k for k in manifest.keyframes}
    keyframes, missing = [], []
    for keyframe in plan.keyframes:
        image = kept(keyframe.image, f"keyframe {keyframe.id}") if keyframe.image is not None else None
        drawn = keyframe.source not in (None, "user")
        if image is None and keyframe.image is not None and drawn:
            lost.pop()
            missing.append(keyframe.id)
        own = {
            "image": image,
            "source": keyframe.source if image else None,
            "made": picture_made(records.get(keyframe.id)) if image else None,
        }
        keyframes.append(
            keyframe.model_copy(update={**own, "references": references(keyframe.references, f"keyframe {keyframe.id}")})
        )
    if lost:
        raise BadInput(
            f"pictures of this film are neither in the store nor in a bundle: {', '.join(lost[:20])}.",
            "Name its bundle (longvid bundle MANIFEST -o FILE), or set LONGVID_HOME to the store it was made in.",
        )
    whole = plan.model_copy(update={"cast": cast, "keyframes": tuple(keyframes), "planner": manifest.planner})
    return Restored(manifest, whole, tuple(missing))
