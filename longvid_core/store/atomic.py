"""Files that are there whole or not at all, and the system's refusals in words."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ..errors import StoreError

_CHUNK = 1 << 20
_WHY = {
    errno.ENOSPC: ("the disk is full", "Free some space, or set LONGVID_HOME to a larger disk; then run the same command again."),
    errno.EDQUOT: (
        "the disk quota is used up",
        "Free some space, or set LONGVID_HOME elsewhere; then run the same command again.",
    ),
    errno.EROFS: ("it is on a read-only disk", "Set LONGVID_HOME (or the output path) to a folder that can be written."),
    errno.EACCES: ("writing there is not permitted", "Mend the folder's permissions, or choose another one (LONGVID_HOME, -o)."),
    errno.EPERM: ("writing there is not permitted", "Mend the folder's permissions, or choose another one (LONGVID_HOME, -o)."),
    errno.ENOTDIR: ("a part of that path is a file", "Choose another folder (LONGVID_HOME, -o)."),
    errno.EEXIST: ("a file stands where a folder is needed", "Move it, or choose another folder (LONGVID_HOME, -o)."),
    errno.ENOENT: ("the folder does not exist", "Make the folder first, or choose another one."),
}


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turns an OSError of the block into a StoreError that names `path` and the way out."""
    try:
        yield
    except OSError as error:
        why, way_out = _WHY.get(
            error.errno or 0, (error.strerror or str(error), "Check the disk, then run the same command again.")
        )
        raise StoreError(f"cannot write {path}: {why}.", way_out) from error


def sha256_file(path: Path) -> str:
    """Hex sha256 of a file, read in pieces."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(_CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def settle(temporary: Path, final: Path) -> None:
    """Give a finished file its final name: flushed to the disk first, then renamed in one step."""
    with open(temporary, "rb+") as file:  # Windows flushes only what may be written
        os.fsync(file.fileno())
    os.replace(temporary, final)
    _sync_folder(final.parent)


def write_bytes(final: Path, data: bytes) -> None:
    """Write a small file so that it is there whole or not at all. StoreError when it cannot be written."""
    with writing(final), _beside(final) as temporary:
        temporary.write_bytes(data)
        settle(temporary, final)


def copy_file(source: Path, final: Path) -> None:
    """Copy a file so that the copy is there whole or not at all. StoreError when it cannot be written."""
    with writing(final), _beside(final) as temporary:
        shutil.copyfile(source, temporary)
        settle(temporary, final)


@contextlib.contextmanager
def _beside(final: Path) -> Iterator[Path]:
    handle, name = tempfile.mkstemp(prefix=f".{final.stem[:40]}-", suffix=".part", dir=final.parent)
    os.close(handle)
    temporary = Path(name)
    # mkstemp makes files for the owner alone; a film is to be as readable as any other file of this person.
    umask = os.umask(0)
    os.umask(umask)
    try:
        temporary.chmod(0o666 & ~umask)
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # folders cannot be opened there; NTFS journals the rename
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
