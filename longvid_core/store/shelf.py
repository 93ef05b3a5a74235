"""One kind of keyed artifact (clips, films, drawn pictures): a file and a record of it, found by a key."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ..errors import Interrupted, StoreError
from ..files import settle, sha256_file, write_bytes, writing


class Shelf:
    """A folder of `ab/KEY.suffix` files, each with `ab/KEY.json` beside it.

    The record is written last, so a file without one does not exist as far as readers are concerned. It holds the file's
    size and sha256 and the facts the caller gave. Readers check it: by hash, or, where `thorough` is not asked for, by hash
    only if the file's size, times or inode changed since it was last hashed.
    """

    def __init__(self, folder: Path, locks: Path, damaged: Path, notice: Callable[[str], None]) -> None:
        self.folder, self._locks, self._damaged, self._notice = folder, locks, damaged, notice
        self.parts: Path | None = None
        """Where unfinished records lie: the run's scratch folder, while there is one."""

    def get(self, key: str, *, thorough: bool = False) -> tuple[Path, dict[str, Any]] | None:
        """The artifact's file and facts, checked; None where there is none. A damaged one is set aside, with a notice."""
        record_path = self._record_path(key)
        try:
            text = record_path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(f"cannot read {record_path}: {error.strerror}.", "Check LONGVID_HOME's permissions.") from error
        try:
            record = json.loads(text)
            path = self.path(key, record["file"].removeprefix(key))
            facts, size, sha256 = dict(record["facts"]), record["bytes"], record["sha256"]
        except (ValueError, TypeError, KeyError, AttributeError):
            self.set_aside(key, "its record cannot be read", record_path)
            return None
        try:
            stat = _stat(path)
        except FileNotFoundError:
            self.set_aside(key, "the file is missing", record_path)
            return None
        if stat[0] != size:
            self.set_aside(key, f"it has {stat[0]} bytes instead of {size}", path, record_path)
            return None
        if thorough or stat != record.get("stat"):
            if sha256_file(path) != sha256:
                self.set_aside(key, "its sha256 is not the one recorded", path, record_path)
                return None
            if stat != record.get("stat"):
                self._write_record(key, path, facts, sha256)
        return path, {**facts, "sha256": sha256, "bytes": size}

    def put(
        self, key: str, temporary: Path, suffix: str, facts: dict[str, Any], *, clear: bool = True
    ) -> tuple[Path, dict[str, Any]]:
        """Take a finished temporary file in under `key`. It must be on the store's own disk (see `Store.scratch`).

        `clear`: what lies there without a record (a preview of a damaged clip, say) is of an earlier file and goes. The
        caller then holds the key's lock.
        """
        path = self.path(key, suffix)
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            sha256 = sha256_file(temporary)
            if clear and not self._record_path(key).exists():
                for old in path.parent.glob(f"{key}.*"):
                    old.unlink(missing_ok=True)
            settle(temporary, path)
        self._write_record(key, path, facts, sha256)
        return path, {**facts, "sha256": sha256, "bytes": path.stat().st_size}

    def forget(self, key: str) -> None:
        """Let what is kept under `key` not count any more; its file goes when another takes its place."""
        with writing(self.folder):
            self._record_path(key).unlink(missing_ok=True)

    def path(self, key: str, suffix: str) -> Path:
        """Where the file of `key` stands, or will."""
        return self.folder / key[:2] / f"{key}{suffix}"

    @contextlib.asynccontextmanager
    async def lock(self, key: str, interrupted: Callable[[], bool]) -> AsyncIterator[None]:
        """Hold `key` alone among all processes on this store. Raises Interrupted if that is asked for while waiting."""
        path = self._locks / f"{self.folder.name}-{key}.lock"
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(path, thread_local=False)
        while not _acquired(lock):
            if interrupted():
                raise Interrupted("interrupted while another run was making the same thing.", "Run it again to go on.")
            await asyncio.sleep(0.1)
        try:
            yield
        finally:
            lock.release()

    def _record_path(self, key: str) -> Path:
        return self.path(key, ".json")

    def _write_record(self, key: str, path: Path, facts: dict[str, Any], sha256: str) -> None:
        stat = _stat(path)
        record = {"file": path.name, "bytes": stat[0], "sha256": sha256, "stat": stat, "facts": facts}
        write_bytes(self._record_path(key), json.dumps(record, sort_keys=True).encode(), self.parts)

    def set_aside(self, key: str, why: str, *paths: Path) -> None:
        """Move damaged files (the record alone where none is named) out of the way, for whoever wants to look at them."""
        paths = paths or (self._record_path(key),)
        with writing(self._damaged):
            self._damaged.mkdir(parents=True, exist_ok=True)
            for path in paths:
                with contextlib.suppress(FileNotFoundError):  # another process may have set it aside just now
                    os.replace(path, self._damaged / f"{path.stem[:16]}-{os.urandom(4).hex()}{path.suffix}")
        self._notice(f"{self.label(key)} is damaged ({why}). It is set aside in damaged/ and made again.")

    def label(self, key: str) -> str:
        """What people are told a file by."""
        name, dot, kind = key.partition(".")
        return f"{self.folder.name}/{name[:12]}{dot}{kind}"


def _acquired(lock: FileLock) -> bool:
    with writing(Path(lock.lock_file)):
        try:
            lock.acquire(timeout=0)
        except Timeout:  # an OSError, but no refusal of the system's
            return False
    return True


def _stat(path: Path) -> list[int]:
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
