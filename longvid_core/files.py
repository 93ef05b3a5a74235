"""Files that are there whole or not at all, and the system's refusals in words."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path

from .errors import BadInput, StoreError
from .unfinished import hidden_name

_CHUNK = 1 << 20
_ELSEWHERE = "to another disk: -o for the film, LONGVID_HOME for the store"
_WORDS = {
    errno.ENOSPC: ("the disk is full", f"Free some space, or write {_ELSEWHERE}."),
    errno.EDQUOT: ("the disk quota is used up", f"Free some space, or write {_ELSEWHERE}."),
    errno.EFBIG: ("the file is larger than this system allows", f"Write {_ELSEWHERE}."),
    errno.EROFS: ("the disk is read-only", f"Write {_ELSEWHERE}."),
    errno.EACCES: ("permission denied", "Choose a place that you may use (-o, LONGVID_HOME), or change its permissions."),
    errno.EPERM: ("the system does not permit it", "Choose a place that you may use (-o, LONGVID_HOME)."),
    errno.ENOENT: ("there is no such file or folder", "Check the path."),
    errno.EEXIST: ("a file stands where a folder is needed", "Move it, or choose another place (-o, LONGVID_HOME)."),
    errno.EISDIR: ("it is a folder", "Name a file."),
    errno.ENOTDIR: ("a part of the path is not a folder", "Check the path, or choose another place (-o, LONGVID_HOME)."),
    errno.ENAMETOOLONG: ("the name is too long", "Choose a shorter one."),
    errno.EMFILE: ("too many files are open", "Raise the limit (ulimit -n), or run fewer things at once."),
}


def in_words(error: OSError) -> tuple[str, str]:
    """Why the system refused, and the way out (empty where there is none to tell)."""
    return _WORDS.get(error.errno or 0, (error.strerror or str(error), ""))


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turns an OSError of the block into a StoreError that names `path` and the way out."""
    try:
        yield
    except OSError as error:
        why, way_out = in_words(error)
        raise StoreError(f"cannot write {path}: {why}.", *filter(None, [way_out])) from error


def check_folder(target: Path) -> None:
    """BadInput unless `target` lies in an existing folder and is not a folder itself."""
    folder = target.parent
    if not folder.exists():
        raise BadInput(f"cannot write {target}: the folder {folder} does not exist.", f"Create it: mkdir -p {folder}")
    if not folder.is_dir():
        raise BadInput(f"cannot write {target}: {folder} is not a folder.", "Give another place for the output.")
    if target.is_dir():
        raise BadInput(f"cannot write {target}: it is a folder.", "Give a file name in it.")


@contextmanager
def whole_file(target: Path, parts: Path | None = None, stale: Path | None = None) -> Iterator[Path]:
    """A temporary path, which takes the name `target` when the block ends well and vanishes when it does not.

    It lies in `parts`, a folder on the same disk that is swept after a crash, or hidden beside `target`, where the next
    file written there sweeps. `stale`: as in `settle`. BadInput when the folder is missing, StoreError when the disk is full
    or the folder read-only.
    """
    check_folder(target)
    with writing(target), nullcontext(_part_in(parts)) if parts else hidden_name(target.parent) as temporary:
        try:
            yield temporary
            settle(temporary, target, stale)
        finally:
            temporary.unlink(missing_ok=True)


def _part_in(parts: Path) -> Path:
    return parts / f"{secrets.token_hex(8)}.part"


@contextmanager
def work_folder(beside: Path) -> Iterator[Path]:
    """A folder for what is needed meanwhile, hidden in the folder `beside`, gone after the block. Errors as in `whole_file`."""
    with ExitStack() as stack:
        with writing(beside):
            folder = stack.enter_context(hidden_name(beside))
            folder.mkdir(mode=0o700)
        yield folder


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder in the system's place for what is needed meanwhile, gone after the block. Errors as in `whole_file`.

    What a killed process left there goes with the next one that is made.
    """
    import tempfile

    with work_folder(Path(tempfile.gettempdir())) as folder:
        yield folder


def write_bytes(target: Path, data: bytes, parts: Path | None = None) -> None:
    """Write a small file so that it is there whole or not at all. `parts` and errors as in `whole_file`."""
    with whole_file(target, parts) as temporary:
        temporary.write_bytes(data)


def copy_file(source: Path, target: Path, parts: Path | None = None, stale: Path | None = None) -> None:
    """Copy a file so that the copy is there whole or not at all. The rest as in `whole_file`."""
    with whole_file(target, parts, stale) as temporary:
        shutil.copyfile(source, temporary)


def settle(temporary: Path, final: Path, stale: Path | None = None) -> None:
    """Give a finished file its final name: flushed to the disk first, then renamed in one step. Raises OSError.

    `stale`: a file that tells of what stood under that name before. It goes in the step before, so that it never stands
    beside what it does not tell of, whenever the process or the machine stops.
    """
    with open(temporary, "rb+") as file:  # Windows flushes only what may be written
        os.fsync(file.fileno())
    if stale is not None and stale.exists():
        stale.unlink()
        _sync_folder(stale.parent)
    os.replace(temporary, final)
    _sync_folder(final.parent)


def sha256_file(path: Path) -> str:
    """Hex sha256 of a file, read in pieces."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(_CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def _sync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut, where the system can (POSIX)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems sync no folders
            raise
    finally:
        os.close(handle)
