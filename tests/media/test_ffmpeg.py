from __future__ import annotations

import os
import sys
import types
from pathlib import Path

import imageio_ffmpeg
import pytest

from longvid_core.errors import MissingTool, Unreadable
from longvid_core.media import ffmpeg as module
from longvid_core.media.ffmpeg import builder, ffmpeg_binary, run_ffmpeg, set_ffmpeg


def test_the_systems_ffmpeg_is_used_then_the_wheels_then_an_error_says_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = tmp_path / "ffmpeg"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ffmpeg_binary() == str(own)
    own.unlink()
    assert ffmpeg_binary() == imageio_ffmpeg.get_ffmpeg_exe()
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(MissingTool, match="install ffmpeg"):
        ffmpeg_binary()


def test_ctrl_c_in_a_terminal_is_not_for_ffmpeg() -> None:
    """It goes to everybody in the terminal's group: ffmpeg would fail, and its segment with it, before it is stopped."""
    child = module.Child(["-f", "lavfi", "-i", "nullsrc", "-f", "null", "-"])
    try:
        assert os.getpgid(child.process.pid) != os.getpgid(0)
    finally:
        child.kill()


def test_a_setting_wins_and_a_wrong_one_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_chosen", None)
    set_ffmpeg(imageio_ffmpeg.get_ffmpeg_exe())
    assert ffmpeg_binary() == imageio_ffmpeg.get_ffmpeg_exe()
    set_ffmpeg("/no/such/ffmpeg")
    with pytest.raises(MissingTool, match="/no/such/ffmpeg"):
        ffmpeg_binary()


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("exit 0", "says nothing"),
        ("echo; echo ffprobe version 5.1", "'ffprobe version 5.1'"),
        ("while :; do echo chatter; done", "'chatter'"),
        ("exec sleep 3600", "says nothing"),
        ("echo is a directory >&2; exit 1", "'is a directory'"),
    ],
)
def test_a_setting_that_names_another_program_says_what_was_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str, found: str
) -> None:
    monkeypatch.setattr(module, "_chosen", None)
    monkeypatch.setattr(module, "_ANSWER_S", 1 if "sleep" in script else 600)  # those that do answer are waited for
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    set_ffmpeg(program)
    with pytest.raises(MissingTool, match="no ffmpeg") as error:
        ffmpeg_binary()
    assert "the setting `ffmpeg` names" in error.value.what and str(program) in error.value.what and found in error.value.what


def test_a_setting_that_cannot_be_started_is_said_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "_chosen", None)
    (tmp_path / "program").write_bytes(b"\x7fELF and then nothing")
    (tmp_path / "program").chmod(0o755)
    set_ffmpeg(tmp_path / "program")
    with pytest.raises(MissingTool, match=r"the setting `ffmpeg` names .*program, .* cannot be started \(Exec format error\)"):
        ffmpeg_binary()


def test_another_package_under_ffmpeg_pythons_name_is_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ffmpeg", types.ModuleType("ffmpeg"))
    with pytest.raises(MissingTool, match="typed-ffmpeg"):
        builder()


def test_a_failure_says_what_ffmpeg_said(each_ffmpeg: str, tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="No such file") as error:
        run_ffmpeg(["-i", "/no/such/clip.mp4", str(tmp_path / "o.mp4")], what="trying")
    assert str(error.value).startswith("trying: ffmpeg failed")


def test_a_feeder_that_fails_ends_ffmpeg_and_is_raised(tmp_path: Path) -> None:
    def feed(pipe) -> None:
        pipe.write(bytes(96 * 64 * 3))
        raise KeyError("the sound of clip 3")

    args = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "96x64", "-i", "pipe:0", "-f", "null", "-"]
    with pytest.raises(KeyError, match="clip 3"):
        run_ffmpeg(args, stdin=feed)
