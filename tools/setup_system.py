"""What the set-up needs from the system: a Python that can make environments, ffmpeg, Chromium. Standard library only."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class GiveUp(Exception):
    """The set-up cannot go on; the text says why and what to do."""


def say(text: str) -> None:
    """One line to the person who waits."""
    print(f"set-up: {text}", file=sys.stderr, flush=True)


def need_venv_module(folder: Path) -> None:
    """Makes a virtual environment with pip in `folder`, replacing what is there.

    Debian and Ubuntu keep the needed module in a package of its own: it is installed where we may. Where that cannot be (no
    root, or a Python that is none of the system's) the Python's own pip puts one into the environment, else GiveUp says what
    to install.
    """
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    refusal = ""
    if not has_ensurepip() and can_apt():
        say(f"this Python cannot make environments; installing {package}.")
        try:
            apt_install(package)
        except GiveUp as error:
            refusal = f"\n  {error}"
    environment = dict(os.environ)
    if has_ensurepip():
        make = [[sys.executable, "-m", "venv", "--clear", str(folder)]]
    elif subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True).returncode == 0:
        say("that cannot be had here; this Python's own pip does it instead." if refusal else "this Python's own pip makes it.")
        packages = folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
        make = [
            [sys.executable, "-m", "venv", "--clear", "--without-pip", str(folder)],
            [sys.executable, "-m", "pip", "--quiet", "install", "--target", str(packages), "pip"],  # any pip knows --target
        ]
        environment |= {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}
    else:
        raise GiveUp(
            f"{sys.executable} has no module ensurepip and no pip, so it cannot make a virtual environment.\n"
            f"  Install {package} (Debian, Ubuntu: sudo apt-get install {package}), or name another Python: make PYTHON=... "
            + refusal
        )
    for command in make:
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        if done.returncode:
            raise GiveUp(f"no virtual environment could be made in {folder}:\n  {(done.stdout + done.stderr).strip()[-800:]}")


def has_ensurepip() -> bool:
    """Asked anew each time: it may just have been installed."""
    return subprocess.run([sys.executable, "-c", "import ensurepip, venv"], capture_output=True).returncode == 0


def need_programs() -> None:
    """ffmpeg and Chromium, from the system's packages where they are absent. GiveUp, naming them, where they cannot be had."""
    missing = []
    if not shutil.which("ffmpeg"):
        missing.append("ffmpeg")
    if not any(shutil.which(name) for name in BROWSERS):
        missing.append("chromium")
    if not missing:
        return
    names = " and ".join(missing)
    if not can_apt():
        raise GiveUp(
            f"the tests need {names}, which this machine does not have, and I may not install packages here.\n"
            f"  Install them (Debian, Ubuntu: sudo apt-get install {' '.join(missing)}) and run it again.\n"
            "  Nothing is skipped without them."
        )
    say(f"installing {names} for the tests from the system's packages.")
    apt_install(*missing)
    if not shutil.which("ffmpeg") or not any(shutil.which(name) for name in BROWSERS):
        raise GiveUp(f"{names}: installed, but still not on the PATH. Install them by hand and run it again.")


def can_apt() -> bool:
    """Whether apt-get is here and we are root, or may be without a password."""
    return shutil.which("apt-get") is not None and as_root() is not None


def as_root() -> list[str] | None:
    """What to put before a command that needs root; None where we cannot be root."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
        return ["sudo", "-n"]
    return None


def apt_install(*packages: str) -> None:
    """Installs system packages. GiveUp with apt's last words where that fails."""
    root = as_root()
    assert root is not None  # asked by can_apt
    prefix = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"]
    # The lists may be old, or absent in a fresh image. A source that cannot be reached need not matter: the install tells.
    subprocess.run([*prefix, "update"], capture_output=True)
    done = subprocess.run([*prefix, "install", "-y", "--no-install-recommends", *packages], capture_output=True, text=True)
    if done.returncode:
        raise GiveUp(
            f"apt-get could not install {' '.join(packages)}:\n  {(done.stdout + done.stderr).strip()[-800:]}\n"
            "  Install them by hand and run it again."
        )
