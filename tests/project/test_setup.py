"""The set-up scripts' own decisions; that they work as a whole is what every run of `make test` shows."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from tools import setup, setup_system


def archive(path: Path, files: dict[str, bytes]) -> Path:
    """A tar.gz with these files."""
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def test_only_the_wanted_folder_is_unpacked(tmp_path: Path) -> None:
    source = archive(
        tmp_path / "a.tar.gz", {"x-1/vendor/ComfyUI/main.py": b"run", "x-1/vendor/ComfyUI/a/b.py": b"b", "x-1/other.py": b"no"}
    )
    setup.unpack(source, "vendor/ComfyUI", tmp_path / "out")
    assert sorted(p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*.py")) == ["a/b.py", "main.py"]


def test_an_archive_that_points_outside_is_refused(tmp_path: Path) -> None:
    source = archive(tmp_path / "a.tar.gz", {"x/vendor/ComfyUI/../../../evil.py": b"!"})
    with pytest.raises(setup.GiveUp, match="out of its folder"):
        setup.unpack(source, "vendor/ComfyUI", tmp_path / "deep" / "out")
    assert not list(tmp_path.rglob("evil.py"))


def test_an_archive_without_a_comfyui_is_refused(tmp_path: Path) -> None:
    with pytest.raises(setup.GiveUp, match="holds no vendor/ComfyUI"):
        setup.unpack(archive(tmp_path / "a.tar.gz", {"x/readme": b"?"}), "vendor/ComfyUI", tmp_path / "out")


def test_the_pinned_host_gets_every_pin() -> None:
    pins = setup.CONSTRAINTS.read_text()
    assert setup.fitting_constraints("torch\nnumpy>=1.25.0\n") == pins


def test_a_newer_comfyui_of_ones_own_keeps_its_own_pins() -> None:
    fitting = setup.fitting_constraints("comfyui-frontend-package==99.1.0\ncomfyui_workflow_templates==99.2\ntorch\n")
    assert "comfyui-frontend-package==" not in fitting
    assert "comfyui-workflow-templates" not in fitting
    assert "\ntorch==" in fitting


def test_a_folder_that_is_no_comfyui_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMFYUI_PATH", str(tmp_path))
    with pytest.raises(setup.GiveUp, match="is not a ComfyUI"):
        setup.get_comfyui()


def test_missing_programs_fail_the_tests_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup_system.shutil, "which", lambda name: None)
    with pytest.raises(setup_system.GiveUp, match="ffmpeg and chromium"):
        setup_system.need_programs()


@pytest.fixture
def machine(tmp_path: Path):  # type: ignore[no-untyped-def]
    """A machine with next to nothing on its PATH and an apt-get that does what it is told to; runs Python there as root."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "env", "true", "touch", "chmod", "rm", "echo"):
        (programs / name).symlink_to(shutil.which(name))
    (programs / "sudo").write_text('#!/bin/sh\nshift\nexec "$@"\n')
    (tmp_path / "no").mkdir()
    (tmp_path / "no" / "ensurepip.py").write_text("raise ImportError\n")

    def run(apt: str, statement: str, **more: str) -> subprocess.CompletedProcess[str]:
        (programs / "apt-get").write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\ncd {tmp_path}\n{apt}\n')
        for file in (programs / "apt-get", programs / "sudo"):
            file.chmod(0o755)
        code = f"import sys\nfrom pathlib import Path\nfrom tools import setup, setup_system\n{statement}"
        environment = {"PATH": str(programs), "HOME": str(tmp_path), **more}
        return subprocess.run([sys.executable, "-c", code], cwd=setup.ROOT, env=environment, capture_output=True, text=True)

    return run


def test_missing_programs_are_installed_from_the_systems_packages(machine, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    apt = 'case "$*" in *install*) touch bin/ffmpeg bin/chromium; chmod +x bin/ffmpeg bin/chromium;; esac'
    done = machine(apt, "setup_system.need_programs()")
    assert done.returncode == 0 and "installing ffmpeg and chromium" in done.stderr, done.stderr
    assert (tmp_path / "asked").read_text().splitlines()[-1].endswith("install -y --no-install-recommends ffmpeg chromium")


def test_an_environment_is_made_with_debians_package(machine, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    done = machine(
        'case "$*" in *install*) rm no/ensurepip.py;; esac',
        f"setup_system.need_venv_module(Path({str(tmp_path / 'made')!r}))",
        PYTHONPATH=str(tmp_path / "no"),
    )
    assert done.returncode == 0, done.stderr
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    assert f"installing {package}" in done.stderr and (tmp_path / "asked").read_text().splitlines()[-1].endswith(package)
    assert list((tmp_path / "made").glob("lib/python*/site-packages/pip"))


def test_where_there_is_no_such_package_the_pythons_own_pip_makes_it(machine, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    links = tmp_path / "links"
    links.mkdir()
    pip = metadata.distribution("pip")
    with zipfile.ZipFile(links / f"pip-{pip.version}-py3-none-any.whl", "w") as wheel:
        for file in pip.files or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:
                wheel.write(file.locate(), file.as_posix())
    done = machine(
        'echo "E: Unable to locate package" >&2; exit 100',
        f"setup_system.need_venv_module(Path({str(tmp_path / 'made')!r}))",
        PYTHONPATH=str(tmp_path / "no"),
        PIP_NO_INDEX="1",
        PIP_FIND_LINKS=str(links),
    )
    assert done.returncode == 0, done.stderr
    asked = subprocess.run([tmp_path / "made" / "bin" / "python", "-m", "pip", "--version"], capture_output=True, text=True)
    assert asked.stdout.startswith(f"pip {pip.version} ") and str(tmp_path / "made") in asked.stdout


def test_a_failed_command_shows_the_end_of_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "CACHE", tmp_path)
    with pytest.raises(setup.GiveUp, match=r"trying failed \(exit 7\)[\s\S]*no such thing"):
        setup.run(["sh", "-c", "echo no such thing; exit 7"], "trying")


@pytest.fixture
def bin_with(tmp_path: Path):  # type: ignore[no-untyped-def]
    """Makes a folder of programs called python… that claim a version."""

    def make(**versions: str) -> Path:
        for name, version in versions.items():
            file = tmp_path / name.replace("_", ".")
            major, minor = version.split(".")
            file.write_text(
                f'#!/bin/sh\ncase "$1" in --version) echo "Python {version}";; esac\n'
                f"[ {major} -eq 3 ] && [ {minor} -ge 10 ] && [ {minor} -le 14 ]\n"
            )
            file.chmod(0o755)
        return tmp_path

    return make


def find_python(folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    script = setup.ROOT / "tools" / "find_python.sh"
    return subprocess.run(["/bin/sh", str(script)], env={"PATH": str(folder), **more}, capture_output=True, text=True)


def test_the_first_python_that_fits_is_taken(bin_with) -> None:  # type: ignore[no-untyped-def]
    folder = bin_with(python3="3.9", python3_12="3.12")
    assert find_python(folder).stdout.strip() == str(folder / "python3.12")


def test_an_old_python_is_refused_with_its_version(bin_with) -> None:  # type: ignore[no-untyped-def]
    answer = find_python(bin_with(python3="3.9"))
    assert answer.returncode == 1
    assert "needs Python 3.10 to 3.14; python3 here is: Python 3.9" in answer.stderr


def test_a_python_named_by_hand_must_fit(bin_with) -> None:  # type: ignore[no-untyped-def]
    folder = bin_with(python3="3.12", old="3.8")
    answer = find_python(folder, PYTHON=str(folder / "old"))
    assert answer.returncode == 1 and "is not a Python 3.10 to 3.14" in answer.stderr


KILLED_AT_WORK = """
import os, sys, threading, time
from pathlib import Path
from tools import setup
setup.CACHE = Path(sys.argv[1])
begun = setup.CACHE / "pid"

def die_once_it_works():
    while not begun.exists() or not begun.read_text().strip():
        time.sleep(0.01)
    os.kill(os.getpid(), 9)

threading.Thread(target=die_once_it_works).start()
with setup.one_at_a_time():
    setup.run(["sh", "-c", f"echo $$ > {begun}; exec sleep 3600"], "installing")
"""


def test_a_set_up_waits_for_the_pip_that_a_killed_one_left_at_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run([sys.executable, "-c", KILLED_AT_WORK, str(tmp_path)], cwd=setup.ROOT, capture_output=True)
    left_at_work = int((tmp_path / "pid").read_text())
    monkeypatch.setattr(setup, "CACHE", tmp_path)
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        os.kill(left_at_work, 9)

    monkeypatch.setattr(setup, "say", say)
    with setup.one_at_a_time():
        assert said == ["another set-up is at work in this folder; waiting for it."]
