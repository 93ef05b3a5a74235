"""Two films with their manifests, made once, and somebody who signs."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from longvid_core.manifest.build import manifest_path, write_manifest
from longvid_core.media.tags import write_tags
from longvid_core.models.film import FilmOptions
from longvid_core.models.signature import Verdict
from longvid_core.render.film import export_film
from longvid_core.signing.authority import make_own
from longvid_core.signing.film import Signed, sign_film, signature_path
from longvid_core.signing.keys import Identity, load_identity
from longvid_core.signing.verify import authorities, verify_film
from tests.films import Studio, small_plan

WORKFLOW = {"prompt": json.dumps({"1": {"class_type": "LongvidConcat"}}), "workflow": json.dumps({"nodes": ["ünï"]})}
"""What ComfyUI keeps in a film."""


@dataclass(frozen=True)
class Reel:
    """A film in a folder of its own, with what lies beside it."""

    film: Path

    @property
    def manifest(self) -> Path:
        return manifest_path(self.film)

    @property
    def signature(self) -> Path:
        return signature_path(self.film)

    @property
    def files(self) -> list[str]:
        return sorted(p.name for p in self.film.parent.iterdir())


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """a.mp4 and b.mp4, as ComfyUI leaves them; c.mov and d.mkv of the same clips as a; and the keyframes of a in `stills`."""
    from longvid_core.cli.stages import save_pictures

    folder = tmp_path_factory.mktemp("shelf")
    studio = Studio(tmp_path_factory.mktemp("store"))
    plan = small_plan(2)
    other = plan.with_keyframes([plan.keyframes[1].model_copy(update={"prompt": "A desert at noon."})])
    for name, of, codec in (
        ("a.mp4", plan, "h264"),
        ("b.mp4", other, "h264"),
        ("c.mov", plan, "prores"),
        ("d.mkv", plan, "ffv1"),
    ):
        release = export_film(studio.make(of, options=FilmOptions(codec=codec)), folder / name)
        write_tags(folder / name, WORKFLOW)
        write_manifest(release, manifest_path(folder / name))
        if name == "a.mp4":
            save_pictures(release.rendered.plan, folder / "stills")
    return folder


@pytest.fixture
def reel(shelf: Path, tmp_path: Path) -> Reel:
    """A copy of a.mp4 with its manifest."""
    return copy_of(shelf, "a.mp4", tmp_path / "reel")


def copy_of(shelf: Path, name: str, folder: Path) -> Reel:
    folder.mkdir(exist_ok=True)
    copy = Reel(folder / name)
    shutil.copy(shelf / name, copy.film)
    shutil.copy(manifest_path(shelf / name), copy.manifest)
    return copy


@pytest.fixture(scope="session")
def own_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `longvid sign --init` makes."""
    return make_own(tmp_path_factory.mktemp("own") / "signing", name="Ann").folder


@pytest.fixture(scope="session")
def own(own_folder: Path) -> Identity:
    return load_identity(own_folder / "cert.pem", own_folder / "key.pem")


@pytest.fixture
def signed(reel: Reel, own: Identity) -> Reel:
    """a.mp4, signed by Ann."""
    sign_film(reel.film, own)
    return reel


@pytest.fixture
def look(own_folder: Path):
    """`look(reel)` checks it, as Ann would."""

    def verify(reel: Reel, **more) -> Verdict:
        return verify_film(reel.film, **{"trust": authorities(own_folder), **more})

    return verify


def broken(verdict: Verdict) -> set[str]:
    """The checks that do not hold."""
    return {check.name for check in verdict.checks if not check.holds}


__all__ = ["Reel", "Signed", "broken", "copy_of"]
