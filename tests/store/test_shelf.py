"""What a person counts on from the store: whole files or none, damage noticed, one writer at a time."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from PIL import Image

from longvid_core.errors import BadInput, Interrupted, StoreError
from longvid_core.media.images import asset_of
from longvid_core.store import Store

KEY = "ab" + "0" * 62


@pytest.fixture
def notices() -> list[str]:
    return []


@pytest.fixture
def store(tmp_path: Path, notices: list[str]) -> Store:
    return Store(tmp_path / "home", notices.append)


def put(store: Store, data: bytes = b"frames", key: str = KEY) -> Path:
    temporary = store.home / "scratch" / "x.mkv"
    temporary.write_bytes(data)
    return store.clips.put(key, temporary, ".mkv", {"frames": 3})[0]


def edit(path: Path, **fields: object) -> None:
    """Change fields of the record beside a file."""
    record = path.with_suffix(".json")
    record.write_text(json.dumps({**json.loads(record.read_text()), **fields}))


def later(path: Path) -> None:
    """Until the file system tells a change made now from those that were made to the file: its clock may tick slowly."""
    last, probe = path.stat().st_ctime_ns, path.parent / "clock"
    while True:
        probe.write_bytes(b"")
        now = probe.stat().st_mtime_ns
        probe.unlink()
        if now > last:
            return
        time.sleep(0.001)


FACTS = {"frames": 3, "fps": 16, "width": 64, "height": 48, "frames_sha256": "0" * 64}


def test_what_was_put_comes_back_with_its_facts(store: Store) -> None:
    path = put(store)
    found = store.clips.get(KEY)
    assert found is not None
    assert found[0] == path and path.read_bytes() == b"frames"
    assert found[1]["frames"] == 3 and found[1]["bytes"] == 6 and len(found[1]["sha256"]) == 64
    assert list((store.home / "scratch").glob("*.mkv")) == []


def test_a_file_without_its_record_does_not_exist(store: Store) -> None:
    path = put(store)
    path.with_suffix(".json").unlink()
    assert store.clips.get(KEY) is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"fraMes"),
        lambda path: path.write_bytes(b"frame"),
        lambda path: path.unlink(),
        lambda path: path.with_suffix(".json").write_text("{"),
        lambda path: path.with_suffix(".json").write_text('{"file": 3}'),
        lambda path: edit(path, facts=5),
        lambda path: edit(path, file="../../../x.mkv"),
    ],
    ids=["a byte changed", "cut short", "gone", "record cut short", "record of another shape", "no facts", "file elsewhere"],
)
def test_a_damaged_artifact_is_named_set_aside_and_not_served(store: Store, notices: list[str], damage) -> None:
    path = put(store)
    later(path)
    damage(path)
    assert store.clips.get(KEY) is None
    assert len(notices) == 1 and KEY[:12] in notices[0] and "damaged" in notices[0]
    assert list((store.home / "damaged").iterdir())
    put(store)
    assert store.clips.get(KEY) is not None and len(notices) == 1


def test_a_record_that_says_too_little_is_damaged_and_one_that_says_more_is_not(store: Store, notices: list[str]) -> None:
    path = put(store)
    edit(path, facts={**FACTS, "from_a_newer_longvid": 1})
    assert store.clip(KEY) is not None and not notices
    edit(path, facts={"frames": 3})
    assert store.clip(KEY) is None and "damaged" in notices[0]


def test_a_preview_goes_with_the_clip_it_is_of(store: Store) -> None:
    path = put(store)
    store.proxy_path(KEY).write_bytes(b"a preview of these frames")
    path.write_bytes(b"damaged")
    assert store.clips.get(KEY) is None
    put(store, b"other frames")
    assert not store.proxy_path(KEY).exists()


def test_a_picture_that_changed_since_it_was_hashed_is_not_kept_under_the_old_hash(store: Store, tmp_path: Path) -> None:
    picture = tmp_path / "mine.png"
    Image.new("RGB", (8, 8), "red").save(picture)
    asset = asset_of(picture)
    Image.new("RGB", (8, 8), "blue").save(picture)
    with pytest.raises(BadInput, match=r"mine\.png changed"):
        store.keep_original(asset)
    assert not [p for p in (store.home / "assets" / "originals").rglob("*") if p.is_file()]


def test_rot_that_leaves_the_times_alone_is_found_by_a_thorough_look(store: Store) -> None:
    path = put(store)
    path.write_bytes(b"fraMes")
    record = path.with_suffix(".json")
    value = json.loads(record.read_text())
    stat = path.stat()
    value["stat"] = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
    record.write_text(json.dumps(value))
    assert store.clips.get(KEY, thorough=True) is None


def test_a_store_copied_elsewhere_is_checked_once_and_served(store: Store, tmp_path: Path) -> None:
    put(store)
    subprocess.run(["cp", "-r", store.home, tmp_path / "moved"], check=True)
    moved = Store(tmp_path / "moved")
    found = moved.clips.get(KEY)
    assert found is not None and found[0].is_relative_to(tmp_path / "moved")


def test_two_processes_never_hold_one_key(store: Store, tmp_path: Path) -> None:
    script = textwrap.dedent(
        """
        import asyncio, os, sys, time
        from pathlib import Path
        from longvid_core.store import Store
        store, log = Store(Path(sys.argv[1])), sys.argv[2]
        def say(word):
            handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            os.write(handle, f"{word}\\n".encode()); os.close(handle)
        async def main():
            for _ in range(5):
                async with store.clips.lock("k" * 64, lambda: False):
                    say("in"); await asyncio.sleep(0.01); say("out")
        asyncio.run(main())
        """
    )
    log = tmp_path / "log"
    workers = [subprocess.Popen([sys.executable, "-c", script, str(store.home), str(log)]) for _ in range(3)]
    assert [w.wait(600) for w in workers] == [0, 0, 0]
    assert log.read_text().split() == ["in", "out"] * 15


def test_waiting_for_a_key_can_be_interrupted(store: Store) -> None:
    async def wait() -> None:
        async with store.clips.lock(KEY, lambda: False):
            async with store.clips.lock(KEY, lambda: True):
                pass

    with pytest.raises(Interrupted):
        asyncio.run(wait())


def test_what_a_killed_run_left_is_swept_and_a_living_one_is_not(store: Store) -> None:
    script = (
        "import os, sys; from pathlib import Path; from longvid_core.store import Store\n"
        "with Store(Path(sys.argv[1])).scratch('dead') as folder:\n"
        "    (folder / 'half.mkv').write_bytes(b'half'); os.kill(os.getpid(), 9)\n"
    )
    assert subprocess.run([sys.executable, "-c", script, str(store.home)]).returncode == -9
    assert (store.home / "scratch" / "dead" / "half.mkv").exists()
    with store.scratch("one") as one, store.scratch("two"):
        assert one.is_dir()
        assert not (store.home / "scratch" / "dead").exists()
    assert list((store.home / "scratch").iterdir()) == []


def test_a_home_that_cannot_be_a_folder_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"LONGVID_HOME"):
        Store(tmp_path / "file" / "home")


def test_a_full_disk_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    """RLIMIT_FSIZE stands for the disk's end: the system answers EFBIG where a full disk answers ENOSPC."""
    script = textwrap.dedent(
        """
        import os, resource, signal, sys
        from pathlib import Path
        from longvid_core.errors import StoreError
        from longvid_core.files import copy_file
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        try:
            copy_file(Path(sys.argv[1]), Path(sys.argv[2]))
        except StoreError as error:
            print(error)
            print(os.listdir(Path(sys.argv[2]).parent))
        """
    )
    (tmp_path / "big").write_bytes(os.urandom(5000))
    (tmp_path / "to").mkdir()
    command = [sys.executable, "-c", script, tmp_path / "big", tmp_path / "to" / "copy"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "cannot write" in said and said.strip().endswith("[]")
