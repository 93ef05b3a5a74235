"""A store that is looked at: everything in it is found, and nothing in it is touched."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .hashes import FileHashes
from .home import Store
from .shelf import Shelf


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
