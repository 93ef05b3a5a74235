"""Everything that goes out with a film, at once: manifest, signature, timeline, bundle, plate."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import opentimelineio as otio
import pytest

from longvid_core.errors import BadInput
from longvid_core.manifest.bundle import opened_bundle
from longvid_core.manifest.exports import export_all
from longvid_core.manifest.load import load_manifest
from longvid_core.models.film import Release
from longvid_core.render.film import export_film
from longvid_core.render.session import Session, open_session
from longvid_core.settings import Settings
from longvid_core.signing.verify import verify_film
from tests.films import Studio, small_plan
from tests.signing.certificates import Authority


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Release, Path]:
    home = tmp_path_factory.mktemp("film") / "home"
    plan = small_plan(2).model_copy(update={"fps": 24})
    return Studio(home).make(plan), home


@pytest.fixture
def session(made: tuple[Release, Path]) -> Iterator[Session]:
    with open_session(Settings().model_copy(update={"home": made[1]}), command="test", emit=lambda event: None) as session:
        yield session


@pytest.fixture
def release(made: tuple[Release, Path], tmp_path: Path) -> Release:
    return export_film(made[0], tmp_path / "film.mp4")


def test_all_of_it_beside_the_film(release: Release, session: Session, tmp_path: Path) -> None:
    cert, key = Authority(tmp_path / "studio").leaf("The Colour House")
    found = export_all(
        release, session, certificate=str(cert), certificate_key=str(key),
        timeline="otio and edl", bundle="references and clips", frames="png 8 bit",
    )  # fmt: skip
    names = ["film.signature.json", "film.otio", "film.edl", "film.bundle.zip", "film_frames/frames.json"]
    assert [f.relative_to(tmp_path).as_posix() for f in found.files] == names
    assert found.signer == "The Colour House" and verify_film(tmp_path / "film.mp4").check("film").holds
    assert load_manifest(found.path) == found.manifest
    assert otio.adapters.read_from_file(str(tmp_path / "film.otio")).duration().value == found.manifest.film.frames
    assert len(json.loads((tmp_path / "film_frames" / "frames.json").read_text())["frames"]) == found.manifest.film.frames
    with opened_bundle(tmp_path / "film.bundle.zip") as bundle:
        assert bundle.manifest.with_name("film.signature.json").read_bytes() == (tmp_path / "film.signature.json").read_bytes()
        assert all(s.clip and bundle.clip(s.clip.sha256) for s in found.manifest.segments)


def test_nothing_but_the_manifest_where_nothing_is_asked_for(release: Release, session: Session, tmp_path: Path) -> None:
    found = export_all(release, session)
    assert found.files == () and found.signer is None
    assert sorted(p.name for p in tmp_path.iterdir()) == ["film.manifest.json", "film.mp4"]


def test_shared_it_holds_no_prompt(release: Release, session: Session, tmp_path: Path) -> None:
    export_all(release, session, share=True, timeline="otio", bundle="references")
    plan = release.rendered.plan
    written = b"".join(p.read_bytes() for p in tmp_path.iterdir())
    assert not [words for words in (plan.title, *(s.prompt for s in plan.segments)) if words.encode() in written]


def test_a_choice_that_is_none_is_refused_before_anything_is_written(release: Release, session: Session, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="There is: none, otio"):
        export_all(release, session, timeline="xml")
    assert not (tmp_path / "film.manifest.json").exists()
