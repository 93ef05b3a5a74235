"""Writing a file whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import BadInput, LongvidError, StoreError


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
def whole_file(target: Path) -> Iterator[Path]:
    """A temporary path beside `target`, which takes its name when the block ends well and vanishes when it does not.

    BadInput when the folder is missing, StoreError when the disk is full or the folder read-only.
    """
    target = Path(target)
    check_folder(target)
    temporary = target.parent / f".longvid-{secrets.token_hex(8)}.part"
    try:
        yield temporary
        with open(temporary, "rb+") as written:
            os.fsync(written.fileno())
        os.replace(temporary, target)
    except OSError as error:
        raise disk_error(error, target) from error
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(target.parent)


@contextmanager
def work_folder(beside: Path) -> Iterator[Path]:
    """A folder for what is needed meanwhile, in the folder `beside`, gone after the block. StoreError as in `whole_file`."""
    try:
        made = tempfile.TemporaryDirectory(prefix=".longvid-", dir=beside)
    except OSError as error:
        raise disk_error(error, beside) from error
    with made as name:
        yield Path(name)


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut, where the system can (POSIX)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems sync no folders
            raise disk_error(error, folder) from error
    finally:
        os.close(handle)


def disk_error(error: OSError, target: Path) -> LongvidError:
    """What a person can do about `error`, met while writing `target`."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreError(f"cannot write {target}: the disk is full.", "Free some space, or write to another disk.")
    if error.errno == errno.EFBIG:
        return StoreError(f"cannot write {target}: the file is larger than this system allows.", "Write to another disk.")
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return StoreError(f"cannot write {target}: {error.strerror}.", "Make the folder writable, or write elsewhere.")
    return StoreError(f"cannot write {target}: {error.strerror or error}.")
