"""The store's folders: clips, assets, films and runs, with scratch space that a killed process cannot leave behind."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock, Timeout
from pydantic import ValidationError

from ..errors import BadInput
from ..files import sha256_file, whole_file, write_bytes, writing
from ..models.asset import Asset
from ..models.base import Frozen
from ..models.clip import Clip
from ..models.film import Film
from ..validation import describe
from .hashes import FileHashes
from .shelf import Shelf

Value = TypeVar("Value", bound=Frozen)


class Store:
    """Everything under one `home`. Any number of processes may use it at once."""

    def __init__(self, home: Path, notice: Callable[[str], None] = lambda message: None) -> None:
        self.home = home
        with writing(home):
            for name in ("clips", "assets", "films", "answers", "runs", "scratch", "incoming"):
                (home / name).mkdir(parents=True, exist_ok=True)
        locks, damaged = home / "locks", home / "damaged"
        self.clips = Shelf(home / "clips", locks, damaged, notice)
        self.films = Shelf(home / "films", locks, damaged, notice)
        self.pictures = Shelf(home / "assets", locks, damaged, notice)
        self.answers = Shelf(home / "answers", locks, damaged, notice)
        """What language models answered, raw."""
        self.hashes = FileHashes(home / "hashes")

    # -- clips, films, pictures as values -------------------------------------------------------------------------------

    def clip(self, render_key: str, *, thorough: bool = False) -> Clip | None:
        """The clip of that key, checked, or None."""
        return self._value(self.clips, render_key, self.as_clip, thorough=thorough)

    def as_clip(self, render_key: str, path: Path, facts: dict[str, Any]) -> Clip:
        """A clip out of what `clips.get` or `clips.put` returned, with its preview where there is one, whole."""
        proxy = self.clips.get(_proxy_key(render_key))
        return Clip(render_key=render_key, path=str(path), proxy=str(proxy[0]) if proxy else None, **_known(Clip, facts))

    def note_take(self, request_key: str, render_key: str) -> None:
        """Note that a clip is about to be kept for a request, whatever model renders it, the newest last."""
        file = self._takes(request_key)
        with writing(file):
            file.parent.mkdir(parents=True, exist_ok=True)
        keys = [key for key in _keys_in(file) if key != render_key]
        write_bytes(file, json.dumps([*keys, render_key]).encode(), self.clips.parts)

    def earlier_take(self, request_key: str) -> Clip | None:
        """The newest clip there is of a request, by whatever model and settings; None where there is none."""
        found = (self.clip(key) for key in reversed(_keys_in(self._takes(request_key))))
        return next((clip for clip in found if clip is not None), None)

    def _takes(self, request_key: str) -> Path:
        return self.home / "takes" / request_key[:2] / f"{request_key}.json"

    def keep_proxy(self, render_key: str, temporary: Path) -> Path:
        """Take in a finished preview of a clip, on the store's own disk; gives where it stands."""
        return self.clips.put(_proxy_key(render_key), temporary, ".mp4", {}, clear=False)[0]

    def proxy_path(self, render_key: str) -> Path:
        """Where a clip's H.264 copy stands, or will."""
        return self.clips.path(_proxy_key(render_key), ".mp4")

    def film(self, key: str) -> Film | None:
        """The film of that key, checked, or None."""
        return self._value(self.films, key, lambda key, path, facts: Film(key=key, path=str(path), **_known(Film, facts)))

    def picture(self, key: str) -> Asset | None:
        """The picture drawn under that key, checked, or None."""
        return self._value(self.pictures, key, lambda key, path, facts: Asset(path=str(path), **_known(Asset, facts)))

    def picture_made(self, key: str) -> dict[str, Any] | None:
        """How the picture under that key was made, as it was noted with it; None where nothing was."""
        found = self.pictures.get(key)
        return found[1].get("made") if found else None

    def note_instead(self, key: str, other: str, why: str) -> None:
        """Note that the picture under `other` was drawn instead of the one that `key` would be, and why."""
        file = self._instead(key)
        with writing(file):
            file.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(file, json.dumps({"key": other, "why": why}).encode(), self.pictures.parts)

    def instead(self, key: str) -> tuple[str, str] | None:
        """The key of the picture that was drawn instead of the one under `key`, and why; None where none was."""
        try:
            noted = json.loads(self._instead(key).read_bytes())
            return str(noted["key"]), str(noted["why"])
        except (OSError, ValueError, TypeError, LookupError):  # it is only a note
            return None

    def _instead(self, key: str) -> Path:
        return self.home / "takes" / key[:2] / f"{key}.instead.json"

    @staticmethod
    def _value(
        shelf: Shelf, key: str, make: Callable[[str, Path, dict[str, Any]], Value], *, thorough: bool = False
    ) -> Value | None:
        """What `make` makes of the key's file and facts. A record that says too little is damaged like any other."""
        found = shelf.get(key, thorough=thorough)
        try:
            return make(key, *found) if found else None
        except ValidationError as error:
            shelf.set_aside(key, f"its record does not hold: {describe(error, 1)[0]}")
            return None

    def keep_original(self, asset: Asset) -> Asset:
        """A copy of a person's own picture, byte for byte, under its hash: their file may move, ours will not."""
        source = Path(asset.path)
        if source.is_relative_to(self.home) and not source.is_relative_to(self.home / "scratch"):
            return asset
        target = self.home / "assets" / "originals" / asset.sha256[:2] / f"{asset.sha256}{source.suffix.lower()}"
        if not target.is_file() or sha256_file(target) != asset.sha256:
            with writing(target):
                target.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(target, self.pictures.parts) as temporary:
                shutil.copyfile(source, temporary)
                if sha256_file(temporary) != asset.sha256:  # else what is keyed by one picture would show another
                    raise BadInput(f"the picture {source} changed while it was being read.", "Run it again with the new one.")
        return asset.model_copy(update={"path": str(target)})

    def incoming(self, name: str) -> Path:
        """Where a clip lies from when it is fetched until it is checked and kept. It outlives the run: fetching it again may
        not be possible."""
        return self.home / "incoming" / name

    def at_work(self, run_id: str) -> bool:
        """Whether a run's process lives. One of another store, on the same ledger, is taken to, save those of `replays`."""
        homes = (self.home, *self.replays.glob("*"))
        home = next((home for home in homes if (home / "runs" / run_id).is_dir()), None)
        if home is None:
            return True
        lock = FileLock(home / "scratch" / f"{run_id}.lock")
        try:
            if Path(lock.lock_file).exists():
                lock.acquire(timeout=0).lock.release()
            return False
        except OSError:  # held, which Timeout is one of; or on a disk where nobody may ask
            return True

    @property
    def replays(self) -> Path:
        """Where the stores of replays stand that buy what they render: their runs are in this store's ledger."""
        return self.home / "replays"

    # -- scratch ---------------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def scratch(self, run_id: str) -> Iterator[Path]:
        """A folder on the store's own disk for one run's unfinished files; gives its path.

        It is held by a lock while the process lives, so that the next run can tell an abandoned one, and removes it.
        """
        root = self.home / "scratch"
        self._sweep(root)
        folder, lock = root / run_id, FileLock(root / f"{run_id}.lock")
        with writing(root):
            lock.acquire(timeout=10)  # another run's sweep may hold it for an instant
            folder.mkdir()
        shelves = (self.clips, self.films, self.pictures, self.answers)
        for shelf in shelves:
            shelf.parts = folder
        try:
            yield folder
        finally:
            for shelf in shelves:
                shelf.parts = None
            shutil.rmtree(folder, ignore_errors=True)
            lock.release()
            Path(lock.lock_file).unlink(missing_ok=True)

    @staticmethod
    def _sweep(root: Path) -> None:
        """Remove what killed runs left. A run's lock is free only once its process is gone."""
        for path in root.glob("*.lock"):
            lock = FileLock(path)
            try:
                lock.acquire(timeout=0)
            except (Timeout, OSError):
                continue
            try:
                shutil.rmtree(root / path.stem, ignore_errors=True)
                if not (root / path.stem).exists():  # a child that outlived it may have made a file just then: the next run's
                    path.unlink(missing_ok=True)
            finally:
                lock.release()


def _proxy_key(render_key: str) -> str:
    """The key of a clip's preview: kept like a clip, with a record, so that a damaged one is noticed and made again."""
    return f"{render_key}.proxy"


def _keys_in(file: Path) -> list[str]:
    """The render keys noted in a file; none where there is no such note, or none that can be read: it is only a note."""
    try:
        return [str(key) for key in json.loads(file.read_bytes())]
    except (OSError, ValueError, TypeError):
        return []


def _known(model: type[Frozen], facts: dict[str, Any]) -> dict[str, Any]:
    """Those facts that the model has a field for: a newer Longvid may have written more, and its clips are good."""
    return {name: value for name, value in facts.items() if name in model.model_fields}
