"""`concat CLIP… --copy -o FILM` has a short way; `--seam cut`, which is the default, leads it the long way: both must agree."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from longvid_core.cli import quick
from tests.media.clips import encoded, ffmpeg, left_behind, numbers, pictures

from .conftest import PATIENCE_S, ROOT, Longvid, Ran

THE_LONG_WAY = ("--seam", "cut")
AWKWARD = ["it's a %d 100% [bold];#=.mp4", "new\nline ünï 日本 :smile:.mp4", '"q" \\ $x `y` .mp4', "~.mp4", "[x].mp4"]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clips good and bad, made once."""
    folder = tmp_path_factory.mktemp("shelf")
    for i in range(3):
        encoded(folder / f"{i}.mp4", pictures(10, first=10 * i))
    a = (folder / "0.mp4").read_bytes()
    encoded(folder / "hevc.mp4", pictures(4), "-c:v", "libx265", "-x265-params", "log-level=error")
    encoded(folder / "small.mp4", pictures(4, width=64, height=48))
    encoded(folder / "fast.mp4", pictures(4), fps="25")
    encoded(folder / "settings.mp4", pictures(4), "-x264-params", "ref=5:cabac=0")
    ffmpeg("-f", "lavfi", "-i", "sine=440:duration=0.6", folder / "tone.wav")
    for name in ("loud.mp4", "loud2.mp4"):
        encoded(folder / name, pictures(10), "-c:a", "aac", sound=folder / "tone.wav")
    ffmpeg("-i", folder / "0.mp4", "-c", "copy", "-movflags", "+faststart", folder / "first.mp4")
    (folder / "cut.mp4").write_bytes(a[:-300])
    (folder / "part.mp4").write_bytes((folder / "first.mp4").read_bytes()[:-300])
    (folder / "text.mp4").write_text("no film " * 200)
    (folder / "empty.mp4").touch()
    (folder / "folder.mp4").mkdir()
    shutil.copy(folder / "0.mp4", folder / "-dash.mp4")
    for name in AWKWARD:
        shutil.copy(folder / "0.mp4", folder / name)
    return folder


@pytest.fixture
def both(longvid: Longvid, shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Longvid:
    """Runs a command the short way and the long one, in two folders alike; fails where they differ."""
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)

    def run(*args: object) -> Ran:
        found: list[tuple[Ran, dict[Path, bytes]]] = []
        for extra in ((), THE_LONG_WAY):
            folder = tmp_path / "at"
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(shelf, folder)
            monkeypatch.chdir(folder)
            ran = longvid("concat", *extra, *args)
            assert left_behind(folder) == []
            files = {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
            found.append((ran, files))
        assert found[0] == found[1]
        return found[0][0]

    return run


GOOD = [
    ["0.mp4", "1.mp4", "2.mp4", "--copy", "-o", "film.mp4"],
    ["-o", "film.mov", "--copy", "0.mp4", "0.mp4"],
    ["0.mp4", "--output", "film.mkv", "1.mp4", "--copy"],
    ["--copy", "./0.mp4", "../at/1.mp4", "--output", "./film.m4v"],
    [*AWKWARD, "--copy", "-o", "new\nfilm [bold]x :smile: 日本.mp4"],
    ["0.mp4", "--copy", "-o", f"{'a long name, ' * 15}.mp4"],
    ["loud.mp4", "loud2.mp4", "--copy", "-o", "film.mp4"],
    ["hevc.mp4", "hevc.mp4", "--copy", "-o", "film.mp4"],
    ["0.mp4", "--copy", "--copy", "-o", "film.mp4"],
    ["0.mp4", "--copy", "-o", "a.mp4", "-o", "film.mp4"],
    ["--copy", "-ofilm.mp4", "0.mp4"],
    ["--copy", "--output=film.mp4", "0.mp4"],
    ["--copy", "-o", "film.mp4", "--", "-dash.mp4", "0.mp4"],
]
BAD = [
    ["0.mp4", "hevc.mp4", "--copy", "-o", "film.mp4"],
    ["0.mp4", "small.mp4", "--copy", "-o", "film.mp4"],
    ["0.mp4", "fast.mp4", "--copy", "-o", "film.mp4"],
    ["0.mp4", "settings.mp4", "--copy", "-o", "film.mp4"],
    ["0.mp4", "loud.mp4", "--copy", "-o", "film.mp4"],
    ["loud.mp4", "0.mp4", "--copy", "-o", "film.mp4"],
    *(["0.mp4", f"{name}.mp4", "--copy", "-o", "film.mp4"] for name in ("missing", "cut", "part", "text", "empty", "folder")),
    ["0.mp4", "tone.wav", "--copy", "-o", "film.mp4"],
    ["0.mp4", "1.mp4", "--copy", "-o", "1.mp4"],
    ["0.mp4", "--copy", "-o", "nowhere/film.mp4"],
    ["0.mp4", "--copy", "-o", "folder.mp4"],
    ["0.mp4", "--copy", "-o", "0.mp4/film.mp4"],
    ["0.mp4", "--copy", "-o", "film.avi"],
    ["0.mp4", "--copy", "-o", "film"],
    ["0.mp4", "--copy", "-o", "film.webm"],
    ["0.mp4", "--copy"],
    ["0.mp4", "--copy", "-o"],
    ["--copy", "-o", "film.mp4"],
    ["", "--copy", "-o", "film.mp4"],
    ["0.mp4", "--copy", "-o", ""],
    ["-dash.mp4", "--copy", "-o", "film.mp4"],
    ["0.mp4", "--copi", "-o", "film.mp4"],
    ["0.mp4", "--copy", "-o", "film.mp4", "--seam", "blend"],
]  # fmt: skip


@pytest.mark.parametrize("args", GOOD, ids=" ".join)
def test_both_ways_write_and_say_the_same(both: Longvid, args: list[str]) -> None:
    ran = both(*args)
    assert ran.code == 0 and ran.err == "" and " frames from " in ran.out and ran.out.count("\n") == ran.out.count("new") + 1


@pytest.mark.parametrize("args", BAD, ids=" ".join)
def test_both_ways_refuse_in_the_same_words(both: Longvid, args: list[str]) -> None:
    ran = both(*args)
    assert ran.code == 2 and ran.out == "" and ran.err.startswith("longvid: ") and not Path("film.mp4").exists()
    if args[0] == "0.mp4" and args[1].endswith(".mp4"):
        assert args[1] in ran.err


def imports(folder: Path, *args: str, **env: str) -> set[str]:
    """Which of the libraries of the long way a process took in to run a command."""
    code = f"""if True:
        import sys
        from longvid_core.cli import main
        main({list(args)!r})
        print(*{{"typer", "pydantic", "rich", "av"}} & set(sys.modules), file=sys.stderr)
    """
    kept = {name: value for name, value in os.environ.items() if name not in ("FORCE_COLOR", "TTY_COMPATIBLE")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env={**kept, "PYTHONPATH": str(ROOT), **env}, capture_output=True, text=True
    )
    return set(done.stderr.splitlines()[-1].split())


def test_the_short_way_imports_nothing_heavy_and_is_taken_only_where_nothing_else_has_a_say(shelf: Path, tmp_path: Path) -> None:
    words = ["concat", "0.mp4", "1.mp4", "--copy", "-o"]
    for name in ("0.mp4", "1.mp4"):
        shutil.copy(shelf / name, tmp_path)
    assert imports(tmp_path, *words, "film.mp4") == set()
    assert numbers(tmp_path / "film.mp4") == [*range(20)]
    for variable in ("LONGVID_FFMPEG", "longvid_fit", "LONGVID_FILM__CRF", "FORCE_COLOR"):
        assert "typer" in imports(tmp_path, *words, "film.mp4", **{variable: "crop"})
    config = tmp_path / "config" / "longvid"
    config.mkdir(parents=True)
    for file in (tmp_path / "longvid.yaml", config / "longvid.yaml"):
        file.write_text("fps: 24")
        assert "typer" in imports(tmp_path, *words, "film.mp4", XDG_CONFIG_HOME=str(config.parent))
        file.unlink()
    assert imports(tmp_path, *words, "film.mp4", XDG_CONFIG_HOME=str(config.parent)) == set()


def test_a_settings_file_is_heeded(longvid: Longvid, shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(shelf / "0.mp4", tmp_path)
    monkeypatch.setattr("longvid_core.media.ffmpeg._chosen", None)
    for settings, says in {"ffmpeg: /no/such/ffmpeg": "/no/such/ffmpeg", "fitt: crop": "fitt", "[": "is not YAML"}.items():
        (tmp_path / "longvid.yaml").write_text(settings)
        ran = longvid("concat", "0.mp4", "--copy", "-o", "film.mp4")
        assert ran.code == 2 and says in ran.err and not (tmp_path / "film.mp4").exists()
    (tmp_path / "longvid.yaml").unlink()
    monkeypatch.setenv("LONGVID_FFMPEG", "/no/such/ffmpeg")
    assert "/no/such/ffmpeg" in longvid("concat", "0.mp4", "--copy", "-o", "film.mp4").err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_both_ways_end_alike(
    process: Callable[..., subprocess.Popen[str]], shelf: Path, tmp_path: Path, number: signal.Signals
) -> None:
    shutil.copy(shelf / "0.mp4", tmp_path)
    slow = tmp_path / "bin" / "ffmpeg"
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\ntouch started\nexec sleep 3600\n")
    slow.chmod(0o755)
    said = []
    for extra in ((), THE_LONG_WAY):
        running = process("concat", *extra, "0.mp4", "--copy", "-o", "film.mp4", PATH=f"{slow.parent}:{os.environ['PATH']}")
        deadline = time.monotonic() + PATIENCE_S
        while not (tmp_path / "started").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        (tmp_path / "started").unlink()
        running.send_signal(number)
        out, err = running.communicate(timeout=PATIENCE_S)
        said.append((running.returncode, out, err))
        assert sorted(p.name for p in tmp_path.iterdir()) == ["0.mp4", "bin"]
    assert said[0] == said[1] and said[0][0] == 5 and "stopped" in said[0][2]


def test_only_the_plainest_words_are_read_here() -> None:
    plain = quick._read(["concat", "b.mp4", "--copy", "-o", "film.mp4", "a.mp4"])
    assert plain == ([Path("b.mp4"), Path("a.mp4")], Path("film.mp4"))
    for words in (["a", "--copy"], ["a", "-o", "f"], ["a", "--copy", "-o", "-x"], ["a", "-", "--copy", "-o", "f"]):
        assert quick._read(["concat", *words]) is None
    assert quick._read(["make", "a", "--copy", "-o", "f"]) is None
