"""Large files are read once, and again only when they change."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from longvid_core.errors import Unreadable
from longvid_core.store.hashes import FileHashes


class Reading:
    """Counts the bytes that were read."""

    def __init__(self) -> None:
        self.done: list[int] = []

    def __call__(self, done: int, total: int) -> None:
        self.done.append(done)


def test_a_file_is_read_once_and_its_progress_reaches_its_size(tmp_path: Path) -> None:
    file = tmp_path / "weights"
    file.write_bytes(os.urandom(100_000))
    first, second = Reading(), Reading()
    assert FileHashes(tmp_path / "hashes").sha256(file, first) == hashlib.sha256(file.read_bytes()).hexdigest()
    assert FileHashes(tmp_path / "hashes").sha256(file, second) == hashlib.sha256(file.read_bytes()).hexdigest()
    assert first.done[-1] == 100_000 and second.done == []


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    file, hashes = tmp_path / "weights", FileHashes(tmp_path / "hashes")
    file.write_bytes(b"one")
    before = hashes.sha256(file)
    file.write_bytes(b"two")
    os.utime(file, ns=(1, 1))
    assert hashes.sha256(file) == hashlib.sha256(b"two").hexdigest() != before


def test_a_link_to_a_file_is_that_file(tmp_path: Path) -> None:
    file, link, reading = tmp_path / "weights", tmp_path / "link", Reading()
    file.write_bytes(b"one")
    link.symlink_to(file)
    hashes = FileHashes(tmp_path / "hashes")
    assert hashes.sha256(file) == hashes.sha256(link, reading)
    assert reading.done == []


def test_a_note_that_cannot_be_read_costs_only_another_reading(tmp_path: Path) -> None:
    file, hashes = tmp_path / "weights", FileHashes(tmp_path / "hashes")
    file.write_bytes(b"one")
    before = hashes.sha256(file)
    for note in hashes.folder.iterdir():
        note.write_text("{")
    assert hashes.sha256(file) == before


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "weights"
    file.write_bytes(b"one")
    with pytest.raises(Unreadable, match="changed while it was being read"):
        FileHashes(tmp_path / "hashes").sha256(file, lambda done, total: os.utime(file, ns=(1, 1)))


def test_what_progress_raises_stops_the_reading_and_notes_nothing(tmp_path: Path) -> None:
    file, hashes = tmp_path / "weights", FileHashes(tmp_path / "hashes")
    file.write_bytes(b"one")

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hashes.sha256(file, stop)
    assert not hashes.folder.exists()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="weights"):
        FileHashes(tmp_path / "hashes").sha256(tmp_path / "weights")
