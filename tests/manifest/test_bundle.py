"""Bundles: complete, the same twice, and harmless whoever made them."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image

from longvid_core.errors import BadInput, Interrupted, LongvidError, NewerSchema, NotEqual, StoreError
from longvid_core.manifest.build import manifest_json, manifest_path, write_manifest
from longvid_core.manifest.bundle import is_bundle, opened_bundle, write_bundle
from longvid_core.manifest.load import load_manifest
from longvid_core.manifest.share import share
from longvid_core.manifest.wordless import check_tags
from longvid_core.media.images import asset_of
from longvid_core.media.tags import write_tags
from longvid_core.models import Reference
from longvid_core.models.plan import CastMember
from longvid_core.render.film import export_film
from longvid_core.store.home import Store
from tests.films import Studio, small_plan

Bundle = Callable[..., Path]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store, and a film that has a person's own picture for its cast, a manifest and a workflow."""
    folder = tmp_path_factory.mktemp("film")
    Image.radial_gradient("L").resize((40, 30)).convert("RGB").save(folder / "nora.png")
    plan = small_plan(3, cuts=(2,))
    studio = Studio(folder / "home")
    image = Store(folder / "home").keep_original(asset_of(folder / "nora.png"))
    member = CastMember(name="Nora", look="a keeper", references=(Reference(role="cast", image=image),))
    film = folder / "film.mp4"
    release = export_film(studio.make(plan.model_copy(update={"cast": (member,)})), film)
    write_tags(film, {"workflow": json.dumps({"nodes": [], "note": "é 雪"}), "prompt": "{}"})
    write_manifest(release, manifest_path(film))
    return folder


@pytest.fixture
def bundle(place: Path, tmp_path: Path) -> Bundle:
    def write(name: str = "film.zip", **how: object) -> Path:
        store = Store(place / "home")
        return write_bundle(place / "film.manifest.json", tmp_path / name, store, **{"film": place / "film.mp4", **how}).path

    return write


def names(path: Path) -> list[str]:
    return zipfile.ZipFile(path).namelist()


def test_it_holds_what_a_replay_needs(bundle: Bundle, place: Path) -> None:
    manifest = load_manifest(place / "film.manifest.json")
    path = bundle()
    assert is_bundle(path) and not is_bundle(place / "film.manifest.json") and not is_bundle(place / "film.mp4")
    with opened_bundle(path) as opened:
        assert opened.manifest.read_bytes() == (place / "film.manifest.json").read_bytes()
        pictures = [k.image for k in manifest.keyframes if k.image] + [r.image for r in manifest.plan.cast[0].references]
        assert len(pictures) == 6
        for picture in pictures:
            found = opened.picture(picture.pixels_sha256)
            assert found is not None and asset_of(found).pixels_sha256 == picture.pixels_sha256
        assert opened.picture("0" * 64) is None
        assert opened.canvas() == {"workflow": {"nodes": [], "note": "é 雪"}, "prompt": {}}
        clip = manifest.segments[0].clip
        assert clip is not None and opened.clip(clip.sha256) is None
        folder = opened.folder
    assert not folder.exists()


def test_clips_go_in_when_asked_for(bundle: Bundle, place: Path) -> None:
    with opened_bundle(bundle(clips=True)) as opened:
        for segment in load_manifest(opened.manifest).segments:
            assert segment.clip is not None
            found = opened.clip(segment.clip.sha256)
            assert found is not None and hashlib.sha256(found.read_bytes()).hexdigest() == segment.clip.sha256


def test_the_same_film_gives_the_same_bytes(bundle: Bundle) -> None:
    assert bundle("a.zip", clips=True).read_bytes() == bundle("b.zip", clips=True).read_bytes()
    assert len({i.date_time for i in zipfile.ZipFile(bundle()).infolist()}) == 1


def test_shared_it_holds_no_words_and_no_names(bundle: Bundle, place: Path) -> None:
    data = bundle(shared=True).read_bytes()
    manifest = load_manifest(place / "film.manifest.json")
    words = [w for s in manifest.plan.segments for w in (s.prompt, s.text) if w] + ["Nora", "a keeper", "nora.png", "workflow"]
    words += [k.prompt for k in manifest.plan.keyframes]
    assert not [w for w in [*words, str(place)] if w.encode() in data]
    with opened_bundle(bundle(shared=True)) as opened:
        assert load_manifest(opened.manifest).shared and opened.canvas() == {}
        assert opened.picture(manifest.plan.cast[0].references[0].image.pixels_sha256) is not None


def test_what_was_shared_before_gets_its_words_back_from_nowhere(place: Path, tmp_path: Path) -> None:
    manifest = load_manifest(place / "film.manifest.json")
    file = tmp_path / "shared.manifest.json"
    file.write_text(manifest_json(share(manifest)))
    store = Store(place / "home")
    data = write_bundle(file, tmp_path / "it.zip", store, film=place / "film.mp4").path.read_bytes()
    assert not [k.id for k in manifest.plan.keyframes if k.prompt.encode() in data] and b"workflow" not in data
    with opened_bundle(tmp_path / "it.zip") as opened:
        assert opened.manifest.read_bytes() == file.read_bytes()


def test_clips_in_whose_files_words_may_stand_are_not_shared(bundle: Bundle, place: Path, tmp_path: Path) -> None:
    assert any(name.startswith("clips/") for name in names(bundle(shared=True, clips=True)))
    elsewhere = tmp_path / "clip.mp4"
    shutil.copy(place / "film.mp4", elsewhere)
    with pytest.raises(BadInput, match=r"tags: longvid_film, prompt, title, workflow\.\n.*--clips"):
        check_tags([elsewhere])


def test_it_names_no_folder(bundle: Bundle, place: Path) -> None:
    assert str(place).encode() not in bundle().read_bytes()


def test_a_signature_travels_with_its_manifest(bundle: Bundle, place: Path) -> None:
    signature = place / "film.signature.json"
    signature.write_text("{}")
    try:
        with opened_bundle(bundle()) as opened:
            assert opened.manifest.with_name("film.signature.json").read_text() == "{}"
        assert "film.signature.json" not in names(bundle("shared.zip", shared=True))
    finally:
        signature.unlink()


def test_a_reference_that_the_store_has_not_is_named(place: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"6 of the film's references: keyframe k00, keyframe k01.*\n.*LONGVID_HOME"):
        write_bundle(place / "film.manifest.json", tmp_path / "none.zip", Store(tmp_path / "empty"))
    assert not (tmp_path / "none.zip").exists()


def test_a_stop_leaves_nothing(bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        bundle(interrupted=lambda: True)
    assert [p for p in tmp_path.iterdir() if p.is_file()] == []


# -- from strangers ------------------------------------------------------------------------------------------------------------


def rewritten(path: Path, change: Callable[[str, bytes], bytes | None] = lambda name, data: data, **extra: object) -> Path:
    """The bundle with entries changed (None: left out), and `extra` ones: name to bytes, behind them."""
    with zipfile.ZipFile(path) as old:
        entries = {name: old.read(name) for name in old.namelist()}
    target = path.with_name("changed.zip")
    with zipfile.ZipFile(target, "w") as new:
        for name, data in entries.items():
            if (out := change(name, data)) is not None:
                new.writestr(name, out)
        for name, data in extra.items():
            new.writestr(name, data)  # type: ignore[arg-type]
    return target


def with_entry(path: Path, info: zipfile.ZipInfo | str, data: bytes = b"x", **how: int) -> Path:
    """A copy with one more entry."""
    target = path.with_name("more.zip")
    target.write_bytes(path.read_bytes())
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr(info, data, **how)  # type: ignore[arg-type]
    return target


def refused(path: Path, kind: type[LongvidError] = BadInput) -> str:
    with pytest.raises(kind) as error, opened_bundle(path):
        pass
    return str(error.value)


EVIL = [
    "../evil.json", "/etc/evil", "C:\\evil", "references/../../evil.png", "references\\..\\evil", "//host/share/evil",
    "references/" + "0" * 64 + ".svg", "references/" + "A" * 64 + ".png", "clips/" + "0" * 64 + ".mkv/evil", "evil.pickle", "",
    "film.manifest.json\0", "FILM.MANIFEST.JSON", "references/", "aux", "clips/" + "0" * 64 + ".mkv\n",
]  # fmt: skip


@pytest.mark.parametrize("name", EVIL)
def test_names_that_no_bundle_has_are_refused(bundle: Bundle, tmp_path: Path, name: str) -> None:
    info = zipfile.ZipInfo("placeholder")
    info.filename = name
    before = set(tmp_path.rglob("*"))
    assert "no bundle" in refused(with_entry(bundle(), info))
    assert {p for p in set(tmp_path.rglob("*")) - before if p.suffix != ".zip"} == set()


@settings(max_examples=30, deadline=None)
@given(name=st.text(min_size=1, max_size=40), data=st.binary(max_size=100))
def test_whatever_else_an_entry_is_called_it_is_refused(name: str, data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    assume(name.partition("\0")[0])
    path = tmp_path_factory.mktemp("evil") / "evil.zip"
    texts = ("bundle.json", "film.manifest.json", "plan.json", "film.signature.json", "workflow.json", "prompt.json")
    with zipfile.ZipFile(path, "w") as archive:
        for each in ("bundle.json", "film.manifest.json", "plan.json"):
            archive.writestr(each, "{}")
        if name not in texts:
            archive.writestr(name.encode("utf-8", "replace").decode(), data)
    with pytest.raises(LongvidError), opened_bundle(path):
        pass


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_bundle_damaged_anywhere_is_refused_or_the_same(
    place: Path, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    whole = write_bundle(place / "film.manifest.json", folder / "a.zip", Store(place / "home")).path.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    flipped = data.draw(st.integers(1, 255))
    (folder / "b.zip").write_bytes(whole[:at] + bytes([whole[at] ^ flipped]) + whole[at + 1 :])
    try:
        with opened_bundle(folder / "b.zip") as opened:
            assert opened.manifest.read_bytes() == (place / "film.manifest.json").read_bytes()
    except LongvidError as error:
        assert error.exit_code in (1, 2)


def test_a_link_is_refused(bundle: Bundle) -> None:
    info = zipfile.ZipInfo("workflow.json")
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    path = rewritten(bundle(), lambda name, data: None if name == "workflow.json" else data)
    assert "no plain file" in refused(with_entry(path, info, b"/etc/passwd"))


def test_an_entry_twice_is_refused(bundle: Bundle) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        path = with_entry(bundle(), "plan.json", b"{}")
    assert "twice" in refused(path)


def test_an_archive_that_unpacks_to_many_times_its_size_is_refused(bundle: Bundle) -> None:
    path = rewritten(bundle(), lambda name, data: None if name == "prompt.json" else data)
    bomb = with_entry(path, "prompt.json", b"[" + b" " * (64 << 20) + b"]", compress_type=zipfile.ZIP_DEFLATED)
    listed = json.loads(zipfile.ZipFile(bomb).read("bundle.json"))
    data = zipfile.ZipFile(bomb).read("prompt.json")
    for entry in listed["files"]:
        if entry["path"] == "prompt.json":
            entry.update(sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))
    with zipfile.ZipFile(bomb) as old, zipfile.ZipFile(bomb.with_name("bomb.zip"), "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, json.dumps(listed) if name == "bundle.json" else old.read(name))
    assert "times its size" in refused(bomb.with_name("bomb.zip"))


def test_a_size_that_is_not_true_is_refused(bundle: Bundle) -> None:
    def lie(name: str, data: bytes) -> bytes:
        return data.replace(b'"bytes": ', b'"bytes": 1') if name == "bundle.json" else data

    assert "not the file that its list names" in refused(rewritten(bundle(), lie), NotEqual)


def test_a_changed_file_is_found(bundle: Bundle) -> None:
    changed = rewritten(bundle(), lambda name, data: data + b" " if name == "plan.json" else data)
    assert "plan.json" in refused(changed, BadInput)
    same_size = rewritten(bundle(), lambda name, data: data.replace(b"Small", b"Smell") if name == "plan.json" else data)
    assert "plan.json" in refused(same_size, NotEqual)


def test_a_missing_or_unlisted_file_is_found(bundle: Bundle) -> None:
    gone = rewritten(bundle(), lambda name, data: None if name == "workflow.json" else data)
    assert "not whole" in refused(gone, NotEqual)
    assert "not whole" in refused(with_entry(gone, "film.signature.json", b"{}"), NotEqual)
    assert "no bundle" in refused(rewritten(bundle(), lambda name, data: None if name == "film.manifest.json" else data))


def listed_with(path: Path, name: str, data: bytes) -> Path:
    """A copy with one more entry that its list names."""
    listed = json.loads(zipfile.ZipFile(path).read("bundle.json"))
    listed["files"].append({"path": name, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)})
    return rewritten(path, lambda n, d: json.dumps(listed).encode() if n == "bundle.json" else d, **{name: data})


def with_words(path: Path, name: str, old: bytes, new: bytes) -> Path:
    """A bundle in which one file says something else, and whose list gives that file's own hash."""
    archive = zipfile.ZipFile(path)
    said = archive.read(name).replace(old, new)
    listed = json.loads(archive.read("bundle.json"))
    next(f for f in listed["files"] if f["path"] == name)["sha256"] = hashlib.sha256(said).hexdigest()
    files = {name: said, "bundle.json": json.dumps(listed).encode()}
    return rewritten(path, lambda each, data: files.get(each, data))


def test_a_picture_that_the_manifest_does_not_name_is_refused(bundle: Bundle) -> None:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(file, "PNG")
    name = f"references/{hashlib.sha256(file.getvalue()).hexdigest()}.png"
    assert "named nowhere" in refused(listed_with(bundle(), name, file.getvalue()), NotEqual)


def test_a_plan_that_is_not_the_manifests_is_refused(bundle: Bundle) -> None:
    """People may unpack it by hand."""
    changed = with_words(bundle(), "plan.json", b"Small", b"Smell")
    assert "not the plan in its manifest" in refused(changed, NotEqual)


def test_what_is_wrong_with_its_manifest_is_said_of_the_bundle(bundle: Bundle) -> None:
    changed = with_words(bundle(), "film.manifest.json", b"longvid.manifest/1", b"longvid.manifest/9")
    said = refused(changed, NewerSchema)
    assert said.startswith(f"{changed}: film.manifest.json is longvid.manifest/9") and "Upgrade Longvid" in said


@pytest.mark.parametrize(
    "data", [b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(evil) run\n", b"<svg/>", b"\x80\x04K\x01.", b""]
)
def test_what_is_no_picture_by_its_content_is_refused(bundle: Bundle, data: bytes) -> None:
    name = f"references/{hashlib.sha256(data).hexdigest()}.png"
    assert "no picture" in refused(listed_with(bundle(), name, data))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"PK\x05\x06" + bytes(18), b"no archive at all"])
def test_what_is_no_archive_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "no.zip").write_bytes(data)
    assert "bundle" in refused(tmp_path / "no.zip")
    assert "Check the path" in refused(tmp_path / "none.zip")


def test_a_newer_bundle_is_refused_politely(bundle: Bundle) -> None:
    path = rewritten(bundle(), lambda name, data: data.replace(b"longvid.bundle/1", b"longvid.bundle/2"))
    assert "Upgrade Longvid" in refused(path, NewerSchema)
