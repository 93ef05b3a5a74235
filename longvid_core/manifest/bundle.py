"""A film's manifest with everything that its replay needs, in one file: made the same twice, and safe to open from a stranger.

It is a ZIP archive whose entries are `bundle.json` (a list of the others, with their sizes and hashes), `film.manifest.json`,
`plan.json`, `references/SHA256.EXT`, and where there are such `film.signature.json`, `workflow.json`, `prompt.json` and
`clips/SHA256.EXT`. Names are fixed or made of hashes, so that none of them is anybody's; nothing in it is ever executed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import stat
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

from pydantic import Field, ValidationError

from ..canonical import strict_json
from ..errors import BadInput, Interrupted, NotEqual, StoreError
from ..files import sha256_file, temporary_folder, whole_file
from ..models.base import Frozen, Sha256
from ..validation import describe

if TYPE_CHECKING:
    from ..models.manifest import Manifest
    from ..models.plan import Plan
    from ..store.home import Store

BUNDLE_SCHEMA = "longvid.bundle/1"
MANIFEST, PLAN, SIGNATURE, LIST = "film.manifest.json", "plan.json", "film.signature.json", "bundle.json"
CANVAS = {"workflow.json": "workflow", "prompt.json": "prompt"}
"""Entries that hold what ComfyUI put into the film's container, and the names of those tags."""

_TEXTS = (LIST, MANIFEST, PLAN, SIGNATURE, *CANVAS)
_PICTURE = re.compile(r"references/(?P<sha256>[0-9a-f]{64})\.(png|jpg|jpeg|webp|bmp|gif|tif|tiff)")
_CLIP = re.compile(r"clips/(?P<sha256>[0-9a-f]{64})\.(mkv|mp4|mov|webm|m4v)")
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
"""Pictures that a bundle may hold. What else Pillow knows may start other programs (EPS) or hold scripts."""

_CHUNK = 1 << 20
_MOST_ENTRIES = 100_000
_LARGEST_TEXT = 256 << 20
_LARGEST_PICTURE = 512 << 20
_LARGEST_RATIO = 64
"""How many times its own size an archive may unpack to, besides one mebibyte: pictures and clips hardly shrink at all."""
_DATE = (1980, 1, 1, 0, 0, 0)


class Entry(Frozen):
    """One file of a bundle."""

    path: str
    sha256: Sha256
    bytes: int = Field(ge=0)


class BundleList(Frozen):
    """`bundle.json`: everything else in the bundle, in order."""

    schema_: Literal["longvid.bundle/1"] = Field("longvid.bundle/1", alias="schema")
    files: tuple[Entry, ...]


@dataclass(frozen=True)
class Bundled:
    """A bundle that was written: how many references and clips are in it, and its own size and hash."""

    path: Path
    references: int
    clips: int
    shared: bool
    bytes: int
    sha256: str


@dataclass(frozen=True)
class OpenBundle:
    """A bundle's files, unpacked and checked, while it is open."""

    folder: Path
    manifest: Path
    pictures: Mapping[str, Path]

    def picture(self, pixels_sha256: str) -> Path | None:
        """The picture with these pixels; None where the bundle has none."""
        return self.pictures.get(pixels_sha256)

    def clip(self, sha256: str) -> Path | None:
        """The clip of that hash; None where the bundle has hashes only."""
        return next(iter(self.folder.glob(f"clips/{sha256}.*")), None) if re.fullmatch("[0-9a-f]{64}", sha256) else None

    def canvas(self) -> dict[str, Any]:
        """The workflow and the prompt that made the film on the canvas, by tag; empty where it was not made there."""
        files = {tag: self.folder / name for name, tag in CANVAS.items()}
        return {tag: strict_json(file.read_text(encoding="utf-8")) for tag, file in files.items() if file.is_file()}


# -- writing -------------------------------------------------------------------------------------------------------------------


def write_bundle(
    manifest: Path,
    target: Path,
    store: Store,
    *,
    film: Path | None = None,
    clips: bool = False,
    shared: bool = False,
    interrupted: Callable[[], bool] = lambda: False,
) -> Bundled:
    """Write the bundle of a manifest's film: the same manifest, pictures and workflow give the same bytes.

    film: its file, for the workflow it carries. clips: take in the clips themselves, not their hashes alone. shared: without any
    words, those of the workflow and in the pictures' tags included: it proves a film, and replays it for nobody who has not got
    them; what pictures show stays. The bundle of a manifest that was shared before is that, too. StoreError where a reference or
    clip is not in the store, BadInput where words would go out inside a clip's own file, Interrupted when asked for.
    """
    from ..planfile import plan_json
    from .build import manifest_json
    from .load import load_manifest
    from .references import stored_pictures
    from .share import share
    from .wordless import bare_pictures, check_tags

    read = load_manifest(manifest)
    made = share(read) if shared else read
    as_it_is = made is read
    texts = {MANIFEST: manifest.read_bytes() if as_it_is else manifest_json(made).encode(), PLAN: plan_json(made.plan).encode()}
    if as_it_is:
        from ..approval import signature_beside

        signature = signature_beside(manifest)
        texts |= {SIGNATURE: signature.read_bytes()} if signature.is_file() else {}
    if film is not None and not made.shared:
        texts |= _canvas_of(film)
    with temporary_folder() as bare:
        stored = stored_pictures(read, store)
        pictures = bare_pictures(stored.values(), bare) if made.shared else stored
        files = {f"references/{sha256}{path.suffix.lower()}": path for sha256, path in pictures.items()}
        if clips:
            files |= _clips_of(read, store)
            if made.shared:
                check_tags(files[name] for name in files if _CLIP.fullmatch(name))
        _write(target, texts, files, interrupted)
    return Bundled(target, len(pictures), len(files) - len(pictures), made.shared, target.stat().st_size, sha256_file(target))


def _canvas_of(film: Path) -> dict[str, bytes]:
    """What ComfyUI wrote into the film's container, where that is JSON."""
    from ..media.tags import read_tags

    tags, found = read_tags(film), dict[str, bytes]()
    for name, tag in CANVAS.items():
        with contextlib.suppress(ValueError):
            found |= {name: (json.dumps(strict_json(tags[tag]), ensure_ascii=False) + "\n").encode()} if tag in tags else {}
    return found


def _clips_of(manifest: Manifest, store: Store) -> dict[str, Path]:
    found, missing = {}, []
    for segment in manifest.segments:
        clip = store.clip(segment.render_key, thorough=True)
        if segment.clip is None or clip is None or clip.sha256 != segment.clip.sha256:
            missing.append(f"segment {segment.index} ({segment.id})")
        else:
            found[f"clips/{clip.sha256}{Path(clip.path).suffix.lower()}"] = Path(clip.path)
    if missing:
        raise StoreError(
            f"the store does not have the clip of {', '.join(missing)}.", "Leave --clips out: their hashes go in all the same."
        )
    return found


def _write(target: Path, texts: dict[str, bytes], files: dict[str, Path], interrupted: Callable[[], bool]) -> None:
    """Everything stored as it is, in order, with one date: compressors differ between machines, and pictures hardly shrink."""
    entries = [Entry(path=name, sha256=hashlib.sha256(data).hexdigest(), bytes=len(data)) for name, data in texts.items()]
    for name, path in files.items():
        found = _PICTURE.fullmatch(name) or _CLIP.fullmatch(name)
        if found is None:
            raise BadInput(f"{path} cannot go into a bundle: files of its kind are not taken.", "Save it as PNG.")
        entries.append(Entry(path=name, sha256=found["sha256"], bytes=path.stat().st_size))
    listed = BundleList(files=tuple(sorted(entries, key=lambda e: e.path)))
    head = (json.dumps(listed.json_value(), indent=2) + "\n").encode()
    with whole_file(target) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_info(LIST, len(head)), head)
        for entry in listed.files:
            if interrupted():
                raise Interrupted("bundling: stopped.", "Run it again to do it over.")
            with archive.open(_info(entry.path, entry.bytes), "w") as out:
                if entry.path in texts:
                    out.write(texts[entry.path])
                else:
                    _copy(files[entry.path], out, entry)


def _info(name: str, size: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _DATE)
    info.create_system, info.external_attr, info.file_size = 3, (stat.S_IFREG | 0o644) << 16, size
    return info


def _copy(source: Path, out: IO[bytes], entry: Entry) -> None:
    digest = hashlib.sha256()
    with open(source, "rb") as file:
        while piece := file.read(_CHUNK):
            digest.update(piece)
            out.write(piece)
    if digest.hexdigest() != entry.sha256:
        raise StoreError(f"{source} is damaged: its hash is not the one in the manifest.", "Make the film again, then bundle it.")


# -- opening -------------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def opened_bundle(path: Path, interrupted: Callable[[], bool] = lambda: False) -> Iterator[OpenBundle]:
    """The bundle at `path`, unpacked into a folder of its own that goes when the block ends, every hash checked.

    It may come from anybody. BadInput, saying why, for what is no bundle or is made to do harm: other names than a bundle has,
    links, entries twice, sizes that are not true, archives that unpack to many times their size. NotEqual where a file is
    not what the list or the manifest says.
    """
    with temporary_folder() as folder:
        _unpack(path, folder, interrupted)
        yield OpenBundle(folder, folder / MANIFEST, _checked(folder, str(path)))


def is_bundle(path: Path) -> bool:
    """Whether a file is an archive, as bundles are, and no JSON; or is called one, and `opened_bundle` says what is wrong."""
    from .sides import BUNDLE_SUFFIXES

    try:
        with open(path, "rb") as file:
            return file.read(4) == b"PK\x03\x04" or path.suffix.lower() in BUNDLE_SUFFIXES
    except OSError:
        return path.suffix.lower() in BUNDLE_SUFFIXES


def _unpack(path: Path, folder: Path, interrupted: Callable[[], bool]) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            _check_entries(path, infos)
            room = _Room(path, _CHUNK + _LARGEST_RATIO * path.stat().st_size)
            by_name = {info.filename: info for info in infos}
            listed = _listed(path, _text(archive, by_name[LIST], room))
            if {e.path for e in listed.files} | {LIST} != set(by_name):
                raise NotEqual(f"the bundle {path} is not whole: its files are not those in its list.")
            for entry in listed.files:
                if interrupted():
                    raise Interrupted("opening the bundle: stopped.", "Run it again.")
                target = folder / entry.path
                target.parent.mkdir(exist_ok=True, mode=0o700)
                _extract(archive, by_name[entry.path], target, entry, room)
                if entry.path.startswith("references/"):
                    _check_picture(target)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, ValueError, RuntimeError) as error:
        raise BadInput(f"{path} is no bundle that can be read: {error}.", _WAY_OUT) from error
    except OSError as error:
        from ..files import in_words

        raise BadInput(
            f"cannot read the bundle {path}: {in_words(error)[0]}.", "Check the path, and the disk's space."
        ) from error


_WAY_OUT = "`longvid bundle MANIFEST -o FILE` makes one. Do not open this one otherwise, if a stranger sent it."


def _check_entries(path: Path, infos: list[zipfile.ZipInfo]) -> None:
    """BadInput for anything that a bundle's own writer would not have put there."""
    if len(infos) > _MOST_ENTRIES:
        raise BadInput(f"the bundle {path} has {len(infos)} entries; {_MOST_ENTRIES} are the most.", _WAY_OUT)
    seen: set[str] = set()
    for info in infos:
        name = info.orig_filename
        if name not in _TEXTS and not _PICTURE.fullmatch(name) and not _CLIP.fullmatch(name):
            raise BadInput(f"the bundle {path} has an entry {name[:100]!r}, which no bundle has.", _WAY_OUT)
        if name in seen:
            raise BadInput(f"the bundle {path} has the entry {name} twice.", _WAY_OUT)
        seen.add(name)
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG) or info.is_dir():
            raise BadInput(f"the entry {name} of the bundle {path} is no plain file.", _WAY_OUT)
        if info.flag_bits & 1:
            raise BadInput(f"the entry {name} of the bundle {path} is encrypted.", _WAY_OUT)
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise BadInput(f"the entry {name} of the bundle {path} is compressed in a way that bundles are not.", _WAY_OUT)
    for name in (LIST, MANIFEST, PLAN):
        if name not in seen:
            raise BadInput(f"{path} is no bundle: it has no {name}.", _WAY_OUT)


class _Room:
    """How many bytes may still come out of an archive: counted as they come, whatever its index says."""

    def __init__(self, path: Path, left: int) -> None:
        self.path, self.left = path, left

    def take(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise BadInput(f"the bundle {self.path} unpacks to more than {_LARGEST_RATIO} times its size.", _WAY_OUT)


def _pieces(archive: zipfile.ZipFile, info: zipfile.ZipInfo, room: _Room, most: int) -> Iterator[bytes]:
    size = 0
    with archive.open(info) as file:
        while piece := file.read(_CHUNK):
            size += len(piece)
            room.take(len(piece))
            if size > most:
                raise BadInput(f"the entry {info.filename} of the bundle {room.path} is larger than it may be.", _WAY_OUT)
            yield piece


def _text(archive: zipfile.ZipFile, info: zipfile.ZipInfo, room: _Room) -> bytes:
    return b"".join(_pieces(archive, info, room, _LARGEST_TEXT))


def _extract(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, entry: Entry, room: _Room) -> None:
    most = {"references": _LARGEST_PICTURE, "clips": entry.bytes}.get(entry.path.partition("/")[0], _LARGEST_TEXT)
    digest, size = hashlib.sha256(), 0
    with open(target, "xb") as file:
        for piece in _pieces(archive, info, room, min(most, entry.bytes)):
            digest.update(piece)
            size += len(piece)
            file.write(piece)
    named = _PICTURE.fullmatch(entry.path) or _CLIP.fullmatch(entry.path)
    if (digest.hexdigest(), size) != (entry.sha256, entry.bytes) or (named and named["sha256"] != entry.sha256):
        raise NotEqual(f"{entry.path} of the bundle {room.path} is not the file that its list names.", "Get the bundle again.")


def _listed(path: Path, data: bytes) -> BundleList:
    from ..planfile import check_schema

    value = strict_json(data.decode("utf-8"))
    if not isinstance(value, dict):
        raise BadInput(f"{path} is no bundle: its list is no JSON object.", _WAY_OUT)
    check_schema(value, BUNDLE_SCHEMA, f"the bundle {path}")
    try:
        return BundleList.model_validate(value)
    except ValidationError as error:
        raise BadInput(f"the list of the bundle {path} does not hold:", *describe(error, 3)) from error


def _check_picture(file: Path) -> None:
    """BadInput unless it is, by its content, a picture of a kind that is decoded and nothing more."""
    from PIL import Image

    Image.init()
    known = [kind for kind in _FORMATS if kind in Image.OPEN]  # not every build of Pillow has them all
    try:
        with Image.open(file, formats=known) as image:
            image.verify()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise BadInput(f"the reference {file.name} of the bundle is no picture that can be read.", _WAY_OUT) from error


def _checked(folder: Path, bundle: str) -> dict[str, Path]:
    """The pictures by their pixels. NotEqual for a picture or clip that the manifest does not name, and for another plan."""
    from ..media.images import asset_of
    from .load import parse_manifest, read_value
    from .references import named_pictures

    manifest = parse_manifest(read_value(folder / MANIFEST, f"{bundle}: {MANIFEST}"), f"{bundle}: {MANIFEST}")
    if manifest.plan != _plan(folder / PLAN, bundle):
        raise NotEqual(f"{PLAN} of the bundle {bundle} is not the plan in its manifest.", "Get the bundle again.")
    pictures = {asset_of(file).pixels_sha256: file for file in sorted((folder / "references").glob("*"))}
    clips = {file.stem: file for file in (folder / "clips").glob("*")}
    named = {p.pixels_sha256 for p in named_pictures(manifest)} | {s.clip.sha256 for s in manifest.segments if s.clip}
    for content, file in (*pictures.items(), *clips.items()):
        if content not in named:
            raise NotEqual(f"{file.parent.name}/{file.name} of the bundle is named nowhere in its manifest.")
    return pictures


def _plan(file: Path, bundle: str) -> Plan:
    from ..models.plan import Plan
    from .load import read_value

    value = read_value(file, f"{bundle}: {PLAN}")
    try:
        return Plan.model_validate(value)
    except ValidationError as error:
        raise BadInput(f"{PLAN} of the bundle {bundle} does not hold:", *describe(error)) from error
