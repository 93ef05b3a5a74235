"""From a manifest back to a plan: the same pictures, the same seeds, and clips that the store still has."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from longvid_core.errors import BadInput
from longvid_core.manifest.build import manifest_path, write_manifest
from longvid_core.manifest.bundle import write_bundle
from longvid_core.manifest.restore import restored
from longvid_core.media.images import asset_of
from longvid_core.models import Plan
from longvid_core.models.records import PlannerRecord
from longvid_core.render.clips import render_clips
from longvid_core.render.film import export_film
from longvid_core.render.keyframes import draw_keyframes
from longvid_core.render.session import Session, open_session
from longvid_core.seeds import segment_seed
from longvid_core.settings import Settings
from longvid_core.store.home import Store
from tests.films import Studio, outcomes, small_plan


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store, a film of three segments whose first picture is a person's own, and its manifest."""
    folder = tmp_path_factory.mktemp("film")
    Image.radial_gradient("L").resize((64, 48)).convert("RGB").save(folder / "mine.png")
    plan = small_plan(3, cuts=(2,)).model_copy(
        update={"planner": PlannerRecord(by="offline", prompt="A.", prompt_sha256="1" * 64)}
    )
    image = Store(folder / "home").keep_original(asset_of(folder / "mine.png"))
    first = plan.keyframes[0].model_copy(update={"image": image, "source": "user"})
    film = folder / "film.mp4"
    release = export_film(Studio(folder / "home").make(plan.with_keyframes([first])), film)
    write_manifest(release, manifest_path(film))
    return folder


def opened(home: Path) -> Iterator[Session]:
    with open_session(Settings().model_copy(update={"home": home}), command="test", emit=lambda event: None) as session:
        yield session


@pytest.fixture
def session(place: Path) -> Iterator[Session]:
    yield from opened(place / "home")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Session]:
    yield from opened(tmp_path / "other")


def rendered_from(plan: Plan, session: Session) -> list[str]:
    async def run() -> list[str]:
        return outcomes(await render_clips(await draw_keyframes(plan, session), session))

    return asyncio.run(run())


@pytest.mark.parametrize("name", ["film.manifest.json", "film.mp4"])
def test_a_film_that_was_restored_is_in_the_store_already(place: Path, session: Session, name: str) -> None:
    found = restored(place / name, session)
    assert found.missing == () and len(found.keyframes) == 5
    assert found.plan.planner == found.manifest.planner is not None, "whoever goes on with it still says who planned it"
    assert found.seeds == tuple(segment_seed(found.manifest.plan, s) for s in found.manifest.plan.segments)
    assert all(k.made is not None for k in found.keyframes[1:]) and found.keyframes[0].source == "user"
    assert rendered_from(found.plan, session) == ["cached"] * 3


def test_a_bundle_brings_its_pictures_along(place: Path, elsewhere: Session, tmp_path: Path) -> None:
    bundle = write_bundle(place / "film.manifest.json", tmp_path / "film.zip", Store(place / "home")).path
    found = restored(bundle, elsewhere)
    assert found.missing == ()
    for keyframe in found.keyframes:
        assert keyframe.image is not None and Path(keyframe.image.path).is_relative_to(tmp_path / "other")
    assert rendered_from(found.plan, elsewhere) == ["rendered"] * 3


def test_drawn_pictures_that_are_gone_are_named_and_drawn_anew(place: Path, elsewhere: Session) -> None:
    elsewhere.store.keep_original(asset_of(place / "mine.png"))
    found = restored(place / "film.manifest.json", elsewhere)
    assert found.missing == ("k01", "k02", "k03", "k04") and [k.id for k in found.keyframes] == ["k00"]
    assert rendered_from(found.plan, elsewhere) == ["rendered"] * 3


def test_a_persons_own_picture_that_is_gone_is_an_error(place: Path, elsewhere: Session) -> None:
    with pytest.raises(BadInput, match=r"keyframe k00\.(.|\n)*longvid bundle"):
        restored(place / "film.manifest.json", elsewhere)


def test_without_its_words_nobody_goes_on_with_it(place: Path, session: Session, tmp_path: Path) -> None:
    bundle = write_bundle(place / "film.manifest.json", tmp_path / "film.zip", Store(place / "home"), shared=True).path
    with pytest.raises(BadInput, match="shared without its words"):
        restored(bundle, session)
