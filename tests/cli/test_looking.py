"""A dry run and an estimate only look: a store that cannot be written answers them, and shows no trace of it after."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from longvid_core.planfile import plan_json
from tests.films import Studio, changed, small_plan

# What a read-only disk would refuse, refused: to root as well.
READ_ONLY = """
import errno, os, sys
home = os.path.join(os.environ["LONGVID_HOME"], "")
CHANGES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.utime")


def watch(event, args):
    inside = [a for a in args if isinstance(a, str) and os.path.join(a, "").startswith(home)]
    writes = event == "open" and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    if inside and (writes or event in (*CHANGES, "sqlite3.connect")):
        raise OSError(errno.EROFS, f"{event} on a read-only disk", inside[0])


sys.addaudithook(watch)
from longvid_core.cli import main
sys.exit(main(sys.argv[1:]))
"""


def looked(folder: Path, *args: str) -> list[dict]:
    """The JSON lines of `longvid` on a store nobody may write; fails where it did not end well."""
    environment = {**os.environ, "LONGVID_HOME": str(folder / "home")}
    command = [sys.executable, "-c", READ_ONLY, *args, "--json"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def everything(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Every file and folder with size, time of change and inode."""
    found = {}
    for path in folder.rglob("*"):
        stat = path.lstat()
        found[str(path)] = (0 if path.is_dir() else stat.st_size, stat.st_mtime_ns, stat.st_ino)
    return found


def cached(lines: list[dict]) -> list[bool]:
    (estimate,) = [line for line in lines if line["event"] == "estimate"]
    return [item["cached"] for item in estimate["segments"]]


COMMANDS = [["estimate", "plan.json"], ["render", "plan.json", "--dry-run"]]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c[0])
@pytest.mark.parametrize("mode", ["keyframe", "chaining"])
def test_what_is_stored_is_found_and_nothing_is_touched(tmp_path: Path, command: list[str], mode: str) -> None:
    plan = small_plan(3, mode=mode)
    studio = Studio(tmp_path / "home")
    made = studio.make(plan)
    (tmp_path / "plan.json").write_text(plan_json(changed(plan, 2, prompt="Something else.")))
    clip = Path(made.rendered.clips[0].path)
    os.utime(clip, (1, 1))  # it is hashed again, and that cannot be noted
    for kept in (tmp_path / "home" / "assets").rglob("*.png") if mode == "chaining" else ():
        if kept.stem not in {Path(k.image.path).stem for k in made.rendered.plan.keyframes if k.image}:
            kept.unlink()  # the last frames: to be read again to know the next segment's key
            kept.with_suffix(".json").unlink()
    before = everything(tmp_path)
    lines = looked(tmp_path, *command)
    assert cached(lines) == [True, True, False] and lines[-1]["event"] == "done"
    assert not [line for line in lines if line["event"] in ("run_started", "notice")]
    assert everything(tmp_path) == before


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c[0])
def test_what_is_damaged_is_said_and_left_to_the_run(tmp_path: Path, command: list[str]) -> None:
    plan = small_plan(2)
    clip = Path(Studio(tmp_path / "home").make(plan).rendered.clips[1].path)
    clip.write_bytes(clip.read_bytes()[:-1])
    (tmp_path / "plan.json").write_text(plan_json(plan))
    before = everything(tmp_path)
    lines = looked(tmp_path, *command)
    assert cached(lines) == [True, False]
    (said,) = [line["message"] for line in lines if line["event"] == "notice"]
    assert clip.stem[:12] in said and "damaged" in said and "A run sets it aside" in said
    assert everything(tmp_path) == before


def test_a_picture_of_ones_own_is_fitted_without_keeping_it(tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (100, 90), "red").save(tmp_path / "mine.png")
    (tmp_path / "plan.json").write_text(plan_json(small_plan(2)))
    before = everything(tmp_path)
    assert cached(looked(tmp_path, "render", "plan.json", "--dry-run")) == [False, False]
    command = [
        "make",
        "A boat at sea. A red lighthouse.",
        "--size",
        "64x48",
        "--seconds",
        "2",
        "--first-image",
        "mine.png",
        "--dry-run",
    ]
    lines = looked(tmp_path, *command)
    assert lines[-1] == {"event": "done", "film": None, "manifest": None, "segments": []}
    assert everything(tmp_path) == before, "not even the store's folder was made"


def test_a_prompt_from_stdin_is_not_kept_by_a_dry_run(tmp_path: Path) -> None:
    environment = {**os.environ, "LONGVID_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "longvid_core", "make", "-f", "-", "--dry-run", "--size", "64x48", "--seconds", "2"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, input="A boat at sea.")
    assert done.returncode == 0 and "A boat at sea." in done.stdout
    assert list(tmp_path.iterdir()) == []
