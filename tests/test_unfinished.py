"""What a killed process leaves in a person's folder: gone with the next file written there, never while someone is at work."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from longvid_core.files import temporary_folder, whole_file, work_folder, write_bytes
from longvid_core.unfinished import PREFIX, hidden_name, sweep
from tests.media.clips import ffmpeg

AT_WORK = """
import sys
from pathlib import Path
from longvid_core.files import whole_file, work_folder
folder = Path(sys.argv[1])
with whole_file(folder / "film.mp4") as part, work_folder(folder) as work:
    part.write_bytes(b"half a film")
    (work / "conformed.mkv").write_bytes(b"half a clip")
    print("at work", flush=True)
    sys.stdin.read()
"""


def at_work(folder: Path) -> subprocess.Popen[str]:
    """A process that has a file and a folder under way in `folder`."""
    process = subprocess.Popen(
        [sys.executable, "-c", AT_WORK, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "at work\n"
    return process


def killed(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.stdin is not None and process.stdout is not None
    process.stdin.close()
    process.stdout.close()


def hidden(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if p.name.startswith(PREFIX))


def test_the_next_file_written_there_sweeps_what_a_killed_process_left(tmp_path: Path) -> None:
    killed(at_work(tmp_path))
    assert len(hidden(tmp_path)) == 4  # a file, a folder, and what held them
    write_bytes(tmp_path / "other.json", b"{}")
    assert [p.name for p in tmp_path.iterdir()] == ["other.json"]


def test_what_is_being_written_by_another_process_stays(tmp_path: Path) -> None:
    process = at_work(tmp_path)
    try:
        before = hidden(tmp_path)
        write_bytes(tmp_path / "other.json", b"{}")
        sweep(tmp_path)
        assert hidden(tmp_path) == before
    finally:
        killed(process)
    sweep(tmp_path)
    assert hidden(tmp_path) == []


def test_what_another_thread_writes_stays(tmp_path: Path) -> None:
    with whole_file(tmp_path / "a.bin") as part, work_folder(tmp_path) as work:
        part.write_bytes(b"a")
        thread = threading.Thread(target=write_bytes, args=(tmp_path / "b.bin", b"b"))
        thread.start()
        thread.join()
        assert part.exists() and work.is_dir()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.bin", "b.bin"]


def test_what_a_killed_process_left_with_the_systems_temporary_files_goes_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(at_work(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with temporary_folder() as folder:
        (folder / "clips.txt").write_text("a list")
        assert folder.parent == tmp_path and len(hidden(tmp_path)) == 2
    assert list(tmp_path.iterdir()) == []


def test_a_persons_own_hidden_files_are_left_alone(tmp_path: Path) -> None:
    for name in (".longvid-notes.part", ".longvid.yaml", "film.lock"):
        (tmp_path / name).write_text("mine")
    sweep(tmp_path)
    assert len(list(tmp_path.iterdir())) == 3


def test_nothing_hidden_stays_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), hidden_name(tmp_path) as part:
        part.mkdir()
        (part / "x").write_text("x")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_a_killed_concat_leaves_nothing_once_the_next_one_ran(tmp_path: Path) -> None:
    clip, films = tmp_path / "clip.mkv", tmp_path / "films"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=640x360:rate=16:duration=12", "-c:v", "ffv1", clip)
    films.mkdir()

    def concat(preset: str) -> subprocess.Popen[bytes]:
        command = ["concat", str(clip), str(clip), "-o", str(films / "film.mp4"), "--preset", preset]
        return subprocess.Popen([sys.executable, "-m", "longvid_core", *command], stdout=subprocess.DEVNULL)

    process = concat("veryslow")
    while process.poll() is None and not any(films.glob("*.part")):
        time.sleep(0.01)
    process.kill()
    assert process.wait() == -signal.SIGKILL, "it was done before it could be killed"
    assert hidden(films) and not (films / "film.mp4").exists()
    assert concat("ultrafast").wait() == 0
    assert [p.name for p in films.iterdir()] == ["film.mp4"]
