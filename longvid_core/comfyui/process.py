"""One ComfyUI process on this machine's loopback, with folders of its own for everything that it writes."""

from __future__ import annotations

import contextlib
import os
import random
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from ..errors import Interrupted, RenderFailed
from ..files import writing
from .installed import Installed

_STARTS_S = 600
"""The longest a start may take: some custom nodes install things then."""
_PORTS = range(10_000, 16_000)
"""Below those that systems hand out to whoever asks for any one, so that none is gone before ComfyUI is far enough to take it."""
_LINES = 12
_LAUNCHED = Path(__file__).with_name("launched.py")


class Process:
    """A ComfyUI that is started when its `url` is first asked for, and ends with `stop`, or with this process.

    folder: where it writes: its output, temp and user folders, its database, its log, and Longvid's store. The user's models,
    custom nodes and input folder are read.
    """

    def __init__(self, at: Installed, folder: Path, threads: int | None = None) -> None:
        self._at, self._folder, self._threads = at, folder, threads
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    @property
    def home(self) -> Path:
        """The store that the pack in it works on."""
        return self._folder / "store"

    @property
    def ledger_url(self) -> str:
        """The database of that store, whatever the environment says of another."""
        return f"sqlite:///{self.home / 'ledger.db'}"

    @property
    def running(self) -> bool:
        """Whether it was started and is still there."""
        return self._process is not None and self._process.poll() is None

    @property
    def ended(self) -> bool:
        """Whether it was started and is not there any more."""
        return self._process is not None and self._process.poll() is not None

    def url(self, interrupted: Callable[[], bool] = lambda: False) -> str:
        """Where it answers; it is started if need be. RenderFailed, with the end of its log, where it does not start."""
        if not self.running:
            self._start()
            try:
                self._wait(interrupted)
            except BaseException:
                self.stop()
                raise
        return f"http://127.0.0.1:{self._port}"

    def stop(self) -> None:
        """End it: asked first, killed when it has not within ten seconds."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdin is not None:
            process.stdin.close()

    def tail(self) -> str:
        """The last lines of its log."""
        try:
            lines = (self._folder / "comfyui.log").read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return ""
        return "\n".join(lines[-_LINES:])

    def _start(self) -> None:
        own = {name: self._folder / name for name in ("output", "temp", "user")}
        with writing(self._folder):
            for place in own.values():
                place.mkdir(parents=True, exist_ok=True)
        self._port = free_port()
        command = [
            str(self._at.python), str(_LAUNCHED), str(self._at.folder / "main.py"), *self._at.arguments,
            "--listen", "127.0.0.1", "--port", str(self._port), "--disable-auto-launch",
            "--output-directory", str(own["output"]), "--temp-directory", str(own["temp"]), "--user-directory", str(own["user"]),
            "--database-url", f"sqlite:///{own['user'] / 'comfyui.db'}",
        ]  # fmt: skip
        with writing(self._folder), (self._folder / "comfyui.log").open("wb") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self._at.folder,
                env=self._environment(),
                stdin=subprocess.PIPE,  # see `launched`
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in the terminal is ours; we stop it when its job is cancelled
            )

    def _environment(self) -> dict[str, str]:
        own = {
            "LONGVID_HOME": str(self.home),
            "LONGVID_LEDGER_URL": self.ledger_url,
            "LONGVID_FALLBACK": "[]",  # nobody may stand in for the one whose clips are compared
            "LONGVID_ON_FAILURE": "stop",
            "PYTHONUNBUFFERED": "1",
        }
        if self._threads is not None:
            own |= {name: str(self._threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
        return {**os.environ, **own}

    def _wait(self, interrupted: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _STARTS_S
        url = f"http://127.0.0.1:{self._port}/system_stats"
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while True:
            if interrupted():
                raise Interrupted("starting ComfyUI: stopped.", "Run it again to do it over.")
            if self._process is None or self._process.poll() is not None:
                raise RenderFailed(f"ComfyUI ended while it started. {self._last_words()}", "Start it by hand to see why.")
            try:
                with direct.open(url, timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                if time.monotonic() > deadline:
                    raise RenderFailed(f"ComfyUI did not start in {_STARTS_S} s. {self._last_words()}") from None
                time.sleep(0.1)

    def _last_words(self) -> str:
        words = self.tail()
        return f"Its log ends:\n{words}" if words else "Its log is empty."


def free_port() -> int:
    """A TCP port of the loopback that nothing listens on just now, and that only those who ask for it by number will."""
    for port in random.SystemRandom().sample(_PORTS, 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
