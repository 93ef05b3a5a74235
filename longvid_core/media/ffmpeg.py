"""The ffmpeg program: finding it, building its commands, running it so that it can be watched, stopped and believed."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import IO, Any

from ..errors import Interrupted, LongvidError, MissingTool, StoreError, Unreadable

THREADS = 4
"""For every encoder: x264's output depends on the number of threads, so it must not depend on the machine."""

BITEXACT: dict[str, Any] = {"fflags": "+bitexact", "flags:v": "+bitexact", "flags:a": "+bitexact", "map_metadata": -1}
"""Output options that keep versions and dates out of the file, so that its bytes repeat."""

_chosen: str | None = None


def set_ffmpeg(path: str | Path | None) -> None:
    """Use this ffmpeg and no other (the setting `ffmpeg`); None goes back to looking for one."""
    global _chosen
    _chosen = str(path) if path else None


def ffmpeg_binary() -> str:
    """The ffmpeg to run: the one set, else the system's, else the one the wheel `imageio-ffmpeg` ships. Else MissingTool."""
    if _chosen is not None:
        found = shutil.which(_chosen)
        if found is None:
            raise MissingTool(f"the setting `ffmpeg` names {_chosen}, which is not a program.", "Correct it or leave it out.")
        _check_setting(found)
        return found
    found = shutil.which("ffmpeg")
    if found is not None:
        return found
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError) as error:
        raise MissingTool(
            "ffmpeg is missing: it is not on the PATH, and the package imageio-ffmpeg has none for this machine.",
            "Install it with the system's packages (`apt install ffmpeg`, `brew install ffmpeg`),",
            "or `pip install imageio-ffmpeg`, or set `ffmpeg: /path/to/ffmpeg` in longvid.yaml.",
        ) from error


def ffmpeg_versions() -> tuple[str, dict[str, str]]:
    """The version that the ffmpeg in use calls itself, such as `5.1.8`, and those of its libraries: {"libavcodec": "59.37.100"}.

    MissingTool when there is none or it does not run.
    """
    program = ffmpeg_binary()
    file = os.stat(program)
    return _versions(program, file.st_size, file.st_mtime_ns)


@functools.lru_cache(maxsize=4)
def _versions(program: str, _size: int, _mtime_ns: int) -> tuple[str, dict[str, str]]:
    """Asked once while the program stays the same file: it loads some two hundred libraries only to answer."""
    said: list[str] = []
    answer = _answer(program, said)
    version = _VERSION.match(answer)
    if version is None:
        raise MissingTool(f"{program} is no ffmpeg that works: {answer}.", "Install ffmpeg again.")
    libraries = [match for line in said if (match := _LIBRARY.match(line))]
    return version[1], {match[1]: match[2].replace(" ", "") for match in libraries}


def ask_ahead() -> None:
    """Have ffmpeg say its versions beside other work, so that `ffmpeg_versions` need not wait. A fault is for that to tell."""

    def ask() -> None:
        with contextlib.suppress(MissingTool, OSError):
            ffmpeg_versions()

    threading.Thread(target=ask, daemon=True, name="longvid-ffmpeg-versions").start()


_VERSION = re.compile(r"ffmpeg version (\S+)")
_LIBRARY = re.compile(r"(lib\w+)\s+[\d. ]+/\s*([\d. ]+)$")  # the second number is of the library that was loaded
_ANSWER_S = 10
_ANSWER_BYTES = 16384


@functools.cache
def _check_setting(program: str) -> None:
    """MissingTool, naming the setting, where that program is no ffmpeg. Asked once for each program."""
    answer = _answer(program)
    if not _VERSION.match(answer):
        raise MissingTool(
            f"the setting `ffmpeg` names {program}, which is no ffmpeg: {answer}.",
            "Name an ffmpeg program, or leave the setting out to use the one on the PATH.",
        )


def _answer(program: str, lines: list[str] | None = None) -> str:
    """What a program says when it is asked for its version as ffmpeg is: that line of ffmpeg's, else what became of it.

    `lines` gets all that it says.
    """
    lines = [] if lines is None else lines
    try:
        said = _said(program)
    except OSError as error:
        return f"it cannot be started ({error.strerror})"
    lines += [line.strip() for line in said.splitlines() if line.strip()]
    own = next((line for line in lines if _VERSION.match(line)), None)
    return own or (f"asked for its version, it says {lines[0][:80]!r}" if lines else "asked for its version, it says nothing")


def _said(program: str) -> str:
    """All that a program says when it is asked for its version. OSError where it cannot be started."""
    child = subprocess.Popen([program, "-version"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    # It may be any program: one that never ends, or never stops talking.
    patience = threading.Timer(_ANSWER_S, child.kill)
    patience.start()
    try:
        assert child.stdout is not None
        with child.stdout:
            return child.stdout.read(_ANSWER_BYTES).decode("utf-8", "replace")
    finally:
        patience.cancel()
        child.kill()
        child.wait()


def builder() -> ModuleType:
    """The package ffmpeg-python, which builds the commands. MissingTool when another one sits under its name."""
    try:
        import ffmpeg
    except ImportError as error:
        raise MissingTool("the package ffmpeg-python is missing.", "pip install ffmpeg-python") from error
    if not (hasattr(ffmpeg, "input") and hasattr(ffmpeg, "get_args")):
        raise MissingTool(
            "the module `ffmpeg` is not ffmpeg-python's: typed-ffmpeg or python-ffmpeg install one of the same name.",
            "pip uninstall typed-ffmpeg python-ffmpeg; pip install --force-reinstall ffmpeg-python",
        )
    return ffmpeg


class Child:
    """A running ffmpeg. Its last error lines are kept; it dies with this process. frames: video frames written so far.

    stdin: it reads from us. raw: what it writes to pipe:1 is read by us; it then reports no frames. ignoring: error lines with
    any of these words tell of what was asked for.
    """

    def __init__(self, args: Sequence[str], *, stdin: bool = False, raw: bool = False, ignoring: Sequence[bytes] = ()) -> None:
        self.finished = threading.Event()
        self.frames = 0
        self._lines: deque[str] = deque(maxlen=12)
        self._ignoring = ignoring
        command = [ffmpeg_binary(), "-hide_banner", "-nostdin", "-nostats", "-y", "-v", "error"]
        command += [*([] if raw else ["-stats_period", "0.2", "-progress", "pipe:1"]), *args]
        try:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                preexec_fn=None if stdin else _dies_with_parent(),
                start_new_session=True,  # a terminal sends Ctrl-C to everybody in it: ffmpeg would fail before we stop it
            )
        except OSError as error:
            raise MissingTool(f"cannot start {command[0]}: {error.strerror}.", "Install ffmpeg again.") from error
        self._readers = [threading.Thread(target=self._read_errors, daemon=True)]
        if not raw:
            self._readers.append(threading.Thread(target=self._read_progress, daemon=True))
        for reader in self._readers:
            reader.start()

    @property
    def stdin(self) -> IO[bytes]:
        assert self.process.stdin is not None
        return self.process.stdin

    @property
    def stdout(self) -> IO[bytes]:
        assert self.process.stdout is not None
        return self.process.stdout

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if not any(words in line for words in self._ignoring):
                self._lines.append(line.decode("utf-8", "replace").rstrip())

    def _read_progress(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            name, _, value = line.partition(b"=")
            if name == b"frame" and value.strip().isdigit():
                self.frames = int(value)
        self.finished.set()

    def kill(self) -> None:
        """End it now, whatever it is doing."""
        self.process.kill()
        self._close()

    def _close(self) -> int:
        if self.process.stdin is not None:
            try:
                self.process.stdin.close()
            except BrokenPipeError:
                pass  # it ended first; its exit status says why
        status = self.process.wait()
        for reader in self._readers:
            reader.join()
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()
        return status

    def wait(
        self, what: str, interrupted: Callable[[], bool], progress: Callable[[int, int], None] | None = None, total: int = 0
    ) -> None:
        """Until it has nothing more to say, calling progress(frames, total) from this thread.

        Killed, and Interrupted raised, as soon as `interrupted()` is true; killed as well when either of them raises.
        """
        told = 0
        try:
            while True:
                if interrupted():
                    raise Interrupted(f"{what}: stopped.", "Nothing half-written was left behind; run it again to do it over.")
                if self.finished.wait(0.05):
                    break
                if progress is not None and self.frames > told:
                    told = self.frames
                    progress(min(told, total), total)
        except BaseException:
            self.kill()
            raise

    def close(self, what: str) -> None:
        """Wait for the end. Unreadable or StoreError, with what ffmpeg said, when it did not end well."""
        error = _failure(self._close(), list(self._lines), what)
        if error is not None:
            raise error


def run_ffmpeg(
    args: Sequence[str],
    *,
    what: str = "ffmpeg",
    frames_total: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    interrupted: Callable[[], bool] = lambda: False,
    stdin: Callable[[IO[bytes]], None] | None = None,
) -> int:
    """Run ffmpeg with `args` (inputs, outputs and their options; no program name) and wait for it.

    what: the subject of error messages, such as "joining FILM.mp4".
    progress(done, total): called from this thread as frames are written.
    stdin: a function that writes ffmpeg's standard input, run beside it; what it raises is raised here.
    Returns the number of video frames written. Interrupted as soon as `interrupted()` is true, with ffmpeg killed;
    Unreadable or StoreError with the end of its messages when it fails.
    """
    child = Child(args, stdin=stdin is not None)
    raised: list[BaseException] = []
    feeder = None
    if stdin is not None:
        feeder = threading.Thread(target=_feed, args=(stdin, child.stdin, raised), daemon=True)
        feeder.start()
    try:
        child.wait(what, lambda: bool(raised) or interrupted(), progress if frames_total else None, frames_total or 0)
    except Interrupted:
        if raised:
            raise raised[0] from None
        raise
    finally:
        if feeder is not None:
            feeder.join()
    child.close(what)
    if raised:
        raise raised[0]
    if progress is not None and frames_total:
        progress(frames_total, frames_total)
    return child.frames


def _feed(write: Callable[[IO[bytes]], None], pipe: IO[bytes], raised: list[BaseException]) -> None:
    try:
        try:
            write(pipe)
        finally:
            pipe.close()
    except BrokenPipeError:
        pass  # ffmpeg ended first; its exit status says why
    except BaseException as error:  # handed to the thread that waits
        raised.append(error)


def _failure(status: int, lines: list[str], what: str) -> LongvidError | None:
    text = "\n".join(lines)
    if "No space left on device" in text or "Disk quota exceeded" in text:
        return StoreError(f"{what}: the disk is full.", "Free some space, or write to another disk.")
    if "File too large" in text or status == -getattr(signal, "SIGXFSZ", 10**6):
        return StoreError(f"{what}: the file grew larger than this system allows.", "Write to another disk.")
    if "Read-only file system" in text or "Permission denied" in text:
        return StoreError(f"{what}: {lines[-1]}", "Make the folder writable, or write elsewhere.")
    if status == 0 and not any("Error writing" in line for line in lines):
        return None
    if status < 0:
        return StoreError(f"{what}: ffmpeg was ended by signal {-status}.", "Out of memory is the usual reason.", *lines[-4:])
    return Unreadable(f"{what}: ffmpeg failed (exit status {status}).", *(lines[-6:] or ["It said nothing."]))


def _dies_with_parent() -> Callable[[], None] | None:
    """On Linux: what makes a child that reads nothing from us end when this process is killed."""
    if not sys.platform.startswith("linux"):
        return None
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def prepare() -> None:
        libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            os._exit(1)

    return prepare
