"""The sha256 of large files that do not change: read once, then known by path, size and time of change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from ..errors import Unreadable
from ..files import in_words, write_bytes, writing

_CHUNK = 1 << 24


class FileHashes:
    """Hashes of model files, kept in `folder`: a record for each path, with the size and time it held for.

    `new`: where new ones are kept instead, by someone who must not write into `folder`.
    """

    def __init__(self, folder: Path, new: Path | None = None) -> None:
        self.folder, self._new = folder, new or folder

    def known(self, path: Path) -> str | None:
        """The file's sha256 where it was read before and has not changed since; None where it would have to be read."""
        path = path.resolve()
        try:
            stamp = _stamp(path)
        except Unreadable:
            return None
        name = _record(path)
        return _known(self._new / name, stamp) or _known(self.folder / name, stamp)

    def sha256(self, path: Path, progress: Callable[[int, int], None] = lambda done, total: None) -> str:
        """The file's sha256. `progress` is called with bytes read and their total, only when the file has to be read.

        Unreadable where there is no such file, it cannot be read, or it changes meanwhile. What `progress` raises goes up.
        """
        path = path.resolve()
        if known := self.known(path):
            return known
        name, stamp = _record(path), _stamp(path)
        digest = hashlib.sha256()
        try:
            with open(path, "rb") as file:
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
                    progress(file.tell(), stamp[0])
        except OSError as error:
            raise Unreadable(f"cannot read {path}: {in_words(error)[0]}.") from error
        if _stamp(path) != stamp:
            raise Unreadable(f"{path} changed while it was being read.", "Wait until it is whole, then run it again.")
        record = self._new / name
        with writing(record):
            record.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(record, json.dumps({"stamp": stamp, "sha256": digest.hexdigest()}).encode())
        return digest.hexdigest()


def _record(path: Path) -> str:
    return f"{hashlib.sha256(str(path).encode()).hexdigest()}.json"


def _stamp(path: Path) -> list[int]:
    try:
        stat = path.stat()
    except OSError as error:
        raise Unreadable(f"cannot read {path}: {in_words(error)[0]}.", "Check the path.") from error
    return [stat.st_size, stat.st_mtime_ns]


def _known(record: Path, stamp: list[int]) -> str | None:
    """The hash noted for a file of this size and time; None where there is none, or the note cannot be read."""
    try:
        noted = json.loads(record.read_bytes())
        return str(noted["sha256"]) if noted["stamp"] == stamp else None
    except (OSError, ValueError, TypeError, KeyError):
        return None  # it is only a note: the file is read again
