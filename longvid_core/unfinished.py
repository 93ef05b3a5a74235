"""Hidden names for what is under way in a person's own folder, and the sweeping of those that a killed process left there.

Every name is held by a lock for as long as its process lives: the system frees it when the process ends, however it ends.
So whoever writes into that folder next can tell an abandoned file from one that is being written, on any machine that sees
the same files, and a process id that was given out again fools nobody.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

PREFIX = ".longvid-"
_PART, _LOCK = ".part", ".lock"


@contextlib.contextmanager
def hidden_name(folder: Path) -> Iterator[Path]:
    """A path in `folder` for a file or a folder under way; what stands there after the block is removed.

    First removes what killed processes left in `folder`. Raises OSError where nothing can be written there.
    """
    sweep(folder)
    lock, handle = _new_lock(folder)
    part = lock.with_suffix(_PART)
    try:
        yield part
    finally:
        try:
            _remove(part)
        finally:
            os.close(handle)
            lock.unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Remove what lies in `folder` under hidden names that no living process holds."""
    try:
        locks = [path for path in folder.iterdir() if path.name.startswith(PREFIX) and path.suffix == _LOCK]
    except OSError:
        return  # a folder that may be written but not listed shows nobody what lies in it
    for lock in locks:
        # Whatever goes wrong with leftovers, of another user perhaps, is no reason to fail the work that found them.
        with contextlib.suppress(OSError):
            _sweep_one(lock)


def _sweep_one(lock: Path) -> None:
    handle = os.open(lock, os.O_RDWR)
    try:
        if not _try_lock(handle):
            return
        _remove(lock.with_suffix(_PART))
        if os.name == "posix":
            lock.unlink()  # while it is held, so that nobody can take it for theirs
    finally:
        os.close(handle)
    if os.name != "posix":
        lock.unlink()  # such a system removes no open file


def _new_lock(folder: Path) -> tuple[Path, int]:
    """A lock file that this process holds: its path and its open handle."""
    while True:
        lock = folder / f"{PREFIX}{secrets.token_hex(8)}{_LOCK}"
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            # Another process may sweep it away between these two steps; then it is no lock, and another is made.
            if _try_lock(handle, otherwise=True) and lock.exists():
                return lock, handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _try_lock(handle: int, otherwise: bool = False) -> bool:
    """Whether this process holds the lock now. `otherwise`: the answer where the file system knows no locks."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return otherwise
    return True


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
