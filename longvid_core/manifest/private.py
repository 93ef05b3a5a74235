"""Messages without the folders of the machine they were written on: a manifest goes to others."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath, PureWindowsPath

_POSIX = re.compile(r"(?<![\w.:/~-])/(?:[^\s/'\":,;()]+/)*[^\s/'\":,;()]+")
_WINDOWS = re.compile(r"(?<!\w)[A-Za-z]:[\\/](?:[^\\/'\":,;()<>|]+[\\/])*[^\s\\/'\":,;()<>|]+")


def without_folders(text: str) -> str:
    """The text with each path of this machine's file system cut down to the name at its end. Addresses of servers stay, and what
    only looks like a path: nothing here begins like it."""
    for folder in sorted((str(Path.home()), str(Path.cwd())), key=len, reverse=True):
        if len(folder) > 1:
            text = text.replace(folder, "~")
    text = _POSIX.sub(lambda found: PurePosixPath(found[0]).name if _is_here(found[0]) else found[0], text)
    return _WINDOWS.sub(lambda found: PureWindowsPath(found[0]).name, text)


def _is_here(path: str) -> bool:
    return Path(*PurePosixPath(path).parts[:2]).exists()
