"""A real ComfyUI in a scratch folder with this pack linked in: for the tests, `make demo` and `make serve`.

    python tools/comfy_host.py serve --base .host --port 8188
    python tools/comfy_host.py exec --base .host -- longvid submit workflow.json --url {url} -o out

The checkout is `COMFYUI_PATH`, else `.cache/ComfyUI`. Nothing is written into it: models, input, output, user and
custom_nodes live under the base folder.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

from longvid_core.comfyui import launched
from longvid_core.comfyui.process import free_port

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("models", "input", "output", "temp", "user", "custom_nodes")


class HostError(RuntimeError):
    """ComfyUI is missing, did not start or did not stop; the message says which and what to do."""


def comfyui_path() -> Path:
    """The ComfyUI checkout to run. HostError where there is none."""
    path = Path(os.environ.get("COMFYUI_PATH") or ROOT / ".cache" / "ComfyUI")
    if not (path / "main.py").is_file():
        raise HostError(f"no ComfyUI at {path}.\n  `make setup` gets one, or set COMFYUI_PATH to your own checkout.")
    return path.absolute()


def check_port(port: int) -> None:
    """HostError where something listens on `port` already: it would answer in our ComfyUI's place."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise HostError(
                f"port {port} is taken: {error.strerror}.\n  Stop what runs there, or choose another: --port."
            ) from error


class ComfyHost:
    """One ComfyUI process. `with ComfyHost(base) as host:` starts it, waits until it answers, and stops it by its pid.

    It ends with this process, too, however that ends.
    """

    def __init__(
        self,
        base: Path,
        *,
        port: int | None = None,
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        pack: Path = ROOT,
        log: Path | None = None,
    ) -> None:
        self.base = base.absolute()
        self.port = port or free_port()
        self.arguments = list(arguments)
        self.environment = dict(environment or {})
        self.pack = pack
        self.log = log or self.base / "comfyui.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> Path:
        return self.base / "output"

    def start(self, timeout: float = 600) -> ComfyHost:
        """Start, and return once it answers. HostError, with the end of the log, when it does not within `timeout` s."""
        for name in FOLDERS:
            (self.base / name).mkdir(parents=True, exist_ok=True)
        link_pack(self.pack, self.base / "custom_nodes" / "longvid")
        checkout = comfyui_path()
        check_port(self.port)
        command = [
            sys.executable, launched.__file__, str(checkout / "main.py"), "--listen", "127.0.0.1", "--port", str(self.port),
            "--base-directory", str(self.base), "--temp-directory", str(self.base),
            # Its default is in the checkout, where two hosts would fight over it.
            "--database-url", f"sqlite:///{self.base / 'user' / 'comfyui.db'}",
            *([] if has_accelerator() else ["--cpu"]), *self.arguments,
        ]  # fmt: skip
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", **self.environment}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, cwd=checkout, env=environment, stdin=subprocess.PIPE, stdout=log, stderr=log)
        try:
            self._wait(time.monotonic() + timeout)
        except BaseException:
            self.stop()
            raise
        return self

    def _wait(self, deadline: float) -> None:
        assert self.process is not None
        while True:
            if self.process.poll() is not None:
                raise HostError(f"ComfyUI ended with {self.process.returncode} while starting. Its log ends:\n{self.tail()}")
            try:
                with urllib.request.urlopen(f"{self.url}/system_stats", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                if time.monotonic() > deadline:
                    raise HostError(f"ComfyUI does not answer at {self.url}. Its log ends:\n{self.tail()}") from None
                time.sleep(0.1)

    def stop(self) -> None:
        """Ask it to end, and kill it when it has not within ten seconds."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._gone()

    def kill(self) -> None:
        """End it as a power cut would: SIGKILL, no goodbye."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self._gone()

    def _gone(self) -> None:
        assert self.process is not None and self.process.stdin is not None
        self.process.stdin.close()
        self.process = None

    def tail(self, lines: int = 40) -> str:
        """The last lines of its log."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])

    def __enter__(self) -> ComfyHost:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()


def link_pack(pack: Path, link: Path) -> None:
    """Let ComfyUI see the pack at `link`. A link to somewhere else is replaced; a real folder is left and refused."""
    if link.is_symlink():
        if link.resolve() == pack.resolve():
            return
        link.unlink()
    elif link.exists():
        raise HostError(f"{link} is in the way: it is not a link to this pack. Move it.")
    link.symlink_to(pack, target_is_directory=True)


def has_accelerator() -> bool:
    """Whether torch may find something better than the CPU; ComfyUI without --cpu does not start where it does not."""
    return sys.platform == "darwin" or shutil.which("nvidia-smi") is not None or Path("/dev/kfd").exists()


def _serve(host: ComfyHost) -> int:
    with host:
        print(f"ComfyUI with Longvid: {host.url}   (Ctrl-C stops it; its log: {host.log})", flush=True)
        assert host.process is not None
        try:
            return host.process.wait()
        except KeyboardInterrupt:
            return 0


def _exec(host: ComfyHost, command: list[str]) -> int:
    print("Starting ComfyUI ...", file=sys.stderr, flush=True)
    with host:
        return subprocess.call([part.replace("{url}", host.url) for part in command])


def stop_when_told() -> None:
    """Let SIGTERM end this process by way of its `with` blocks, so that no ComfyUI is left behind."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="A real ComfyUI in a scratch folder with this pack linked in.")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="run until Ctrl-C")
    run = commands.add_parser("exec", help="run a command against it ({url} is replaced), then stop it")
    for each in (serve, run):
        each.add_argument("--base", type=Path, default=ROOT / ".host", help="the scratch folder (default: .host)")
        each.add_argument("--port", type=int, help="default: 8188 for serve, a free one for exec")
        each.add_argument(
            "--comfy", action="append", default=[], metavar="ARG", help="an argument for ComfyUI: --comfy=--lowvram"
        )
    run.add_argument("argv", nargs=argparse.REMAINDER, metavar="-- COMMAND ...")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that ComfyUI is stopped, too
    try:
        if options.command == "serve":
            return _serve(ComfyHost(options.base, port=options.port or 8188, arguments=options.comfy))
        command = options.argv[1:] if options.argv[:1] == ["--"] else options.argv
        if not command:
            parser.error("exec needs a command: ... exec -- longvid submit ...")
        return _exec(ComfyHost(options.base, port=options.port, arguments=options.comfy), command)
    except HostError as error:
        print(f"comfy_host: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
