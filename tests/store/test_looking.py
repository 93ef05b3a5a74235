"""A store that is looked at: what it has is found, what has to be made is found as well, and its folder stays as it was."""

from __future__ import annotations

import os
from pathlib import Path

from longvid_core.store import Store
from longvid_core.store.looking import LookedAt

KEY, OTHER = "ab" + "0" * 62, "cd" + "0" * 62


def test_what_is_made_while_looking_is_found_and_the_store_stays_as_it_was(tmp_path: Path) -> None:
    home, aside = tmp_path / "home", tmp_path / "aside"
    store = Store(home)
    (home / "scratch" / "x").write_bytes(b"kept")
    store.pictures.put(KEY, home / "scratch" / "x", ".png", {"pixels_sha256": "0" * 64})
    before = sorted(home.rglob("*"))
    aside.mkdir()
    looked = LookedAt(home, aside)
    (aside / "y").write_bytes(b"made")
    looked.pictures.put(OTHER, aside / "y", ".png", {"pixels_sha256": "1" * 64})
    kept, made = looked.picture(KEY), looked.picture(OTHER)
    assert kept and made and [Path(p.path).read_bytes() for p in (kept, made)] == [b"kept", b"made"]
    assert looked.clip(KEY) is None and looked.film(KEY) is None
    assert sorted(home.rglob("*")) == before and store.picture(OTHER) is None


def test_weights_are_read_once_by_all_who_look_and_only_their_hash_is_noted(tmp_path: Path) -> None:
    home, aside = tmp_path / "home", tmp_path / "aside"
    known, new = tmp_path / "known.safetensors", tmp_path / "new.safetensors"
    for file in (known, new):
        file.write_bytes(file.name.encode())
    Store(home).hashes.sha256(known)
    before = sorted(home.rglob("*"))
    read: list[int] = []
    for _ in range(2):
        hashes = LookedAt(home, aside).hashes
        for file in (known, new):
            hashes.sha256(file, lambda done, total: read.append(done))
    assert read == [os.path.getsize(new)], "what takes minutes to find out is found out once"
    (note,) = set(home.rglob("*")) - set(before)
    assert note.parent == home / "hashes"


def test_a_store_that_is_not_there_stays_so_whatever_is_read(tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "new.safetensors"
    file.write_bytes(b"new")
    LookedAt(home, tmp_path / "aside").hashes.sha256(file)
    assert not home.exists()
