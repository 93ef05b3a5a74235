"""The repository itself, as it would be cloned."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's folder."""
    return Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def files(root: Path) -> list[Path]:
    """Every file in git, and those about to be (not ignored)."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=root, check=True, capture_output=True
    )
    found = [root / name for name in listed.stdout.decode().split("\0") if name]
    return [file for file in found if file.is_file()]


@pytest.fixture(scope="session")
def texts(files: list[Path], root: Path) -> dict[str, str]:
    """The text files among them, by path from the root."""
    found = {}
    for file in files:
        try:
            found[file.relative_to(root).as_posix()] = file.read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError):  # no text; or of a test that made it and took it away meanwhile
            continue
    return found
