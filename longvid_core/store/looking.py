"""A store that is looked at: everything in it is found, and nothing in it is touched."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ..files import writing
from .hashes import FileHashes
from .home import Store
from .ledger import Ledger, ledger_url
from .shelf import Shelf

_COPIES = 20


def looked_at_ledger(home: Path, url: str | None, aside: Path) -> Ledger:
    """The ledger of the store under `home`, or at `url`, as one who only asks sees it; an empty one where there is none.

    A SQLite file is read as a copy in the folder `aside`: even reading one leaves files beside it. StoreError where it cannot be
    read.
    """
    url = url or ledger_url(home)
    file = _file_of(url)
    if file is None:
        return Ledger(url, look=True)
    if not file.is_file():
        return Ledger("sqlite://")
    copy = aside / "ledger.db"
    with writing(copy):
        _copy(file, copy)
    return Ledger(f"sqlite:///{copy}", shown=url)


def _file_of(url: str) -> Path | None:
    """The file of a SQLite database; None for any other."""
    try:
        found = sa.make_url(url)
    except sa.exc.ArgumentError:
        return None
    plain = found.get_backend_name() == "sqlite" and found.database and found.database != ":memory:" and not found.query
    return Path(str(found.database)) if plain else None


def _copy(file: Path, copy: Path) -> None:
    """Copy a SQLite database with what stands in its log, while nobody writes to either."""
    names = ("", "-wal")
    for _ in range(_COPIES):
        before = [_stamp(Path(f"{file}{name}")) for name in names]
        for name, stamp in zip(names, before, strict=True):
            Path(f"{copy}{name}").unlink(missing_ok=True)
            if stamp is not None:
                shutil.copyfile(f"{file}{name}", f"{copy}{name}")
        if [_stamp(Path(f"{file}{name}")) for name in names] == before:
            return


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        stat = file.stat()
    except FileNotFoundError:
        return None
    return stat.st_size, stat.st_mtime_ns, stat.st_ino


class LookedAt(Store):
    """The store under `home`, there or not, writable or not, as one who only asks sees it.

    What has to be made to answer (a picture at another size, a last frame) goes into the folder `aside`, and with it.
    """

    def __init__(self, home: Path, aside: Path, notice: Callable[[str], None] = lambda message: None) -> None:
        self.home = home
        self.clips = _LookedAt(home / "clips", aside, notice)
        self.films = _LookedAt(home / "films", aside, notice)
        self.pictures = _LookedAt(home / "assets", aside, notice)
        self.answers = _LookedAt(home / "answers", aside, notice)
        # What a model's file is says nothing about a run, and takes minutes to find out: it is noted wherever it can be
        self.hashes = FileHashes(home / "hashes", None if os.access(home, os.W_OK) else aside / "hashes")


class _LookedAt(Shelf):
    def __init__(self, folder: Path, aside: Path, notice: Callable[[str], None]) -> None:
        locks, damaged = aside / "locks", aside / "damaged"
        super().__init__(folder, locks, damaged, notice)
        self._made = Shelf(aside / folder.name, locks, damaged, notice)

    def get(self, key: str, *, thorough: bool = False) -> tuple[Path, dict[str, Any]] | None:
        return self._made.get(key, thorough=thorough) or super().get(key, thorough=thorough)

    def put(
        self, key: str, temporary: Path, suffix: str, facts: dict[str, Any], *, clear: bool = True
    ) -> tuple[Path, dict[str, Any]]:
        return self._made.put(key, temporary, suffix, facts, clear=clear)

    def set_aside(self, key: str, why: str, *paths: Path) -> None:
        self._notice(f"{self.label(key)} is damaged ({why}). A run sets it aside and makes it again.")

    def _write_record(self, key: str, path: Path, facts: dict[str, Any], sha256: str) -> None:
        """Nothing: a record is written here only to remember that its file was read whole once more."""
