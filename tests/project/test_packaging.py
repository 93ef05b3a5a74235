"""What a user installs: the dependencies, and the wheel."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement


def listed(path: Path) -> list[str]:
    """The requirements in a requirements file."""
    lines = (line.partition("#")[0].strip() for line in path.read_text().splitlines())
    return sorted(line for line in lines if line)


def declared() -> list[Requirement]:
    """What the installed longvid asks for, extras included."""
    return [Requirement(text) for text in metadata.requires("longvid") or []]


def test_requirements_txt_is_what_the_package_asks_for(root: Path) -> None:
    runtime = sorted(str(wanted) for wanted in declared() if "extra ==" not in str(wanted.marker or ""))
    assert sorted(str(Requirement(line)) for line in listed(root / "requirements.txt")) == runtime


def test_nothing_a_user_installs_replaces_their_torch() -> None:
    assert not {wanted.name for wanted in declared()} & {"torch", "torchvision", "torchaudio"}


def test_the_requirements_do_not_fight_comfyui(root: Path) -> None:
    """Each package both ask for has a version in the test set-up that satisfies both."""
    ours = {wanted.name: wanted for wanted in declared()}
    pins = {Requirement(line).name: Requirement(line) for line in listed(root / "tools" / "constraints.txt")}
    for name, wanted in ours.items():
        if name == "longvid" or name not in pins:
            continue
        (version,) = (spec.version for spec in pins[name].specifier)
        assert wanted.specifier.contains(version), f"{name} {version} is what the tests run, {wanted} what users get"


HOSTS_OWN = {"torch"}
"""What local models compute with. The user's own: `test_nothing_a_user_installs_replaces_their_torch`."""
FOR_DIFFUSERS = {"accelerate", "ftfy", "safetensors"}
"""What diffusers imports where our settings or Wan's pipeline ask for it, and does not bring along."""


def compiled(module: str) -> str:
    """The package of its own name that a module is all of: before Python 3.12 nothing lists those without Python files."""
    files = metadata.files(module) or []
    return module if any(file.name.startswith(f"{module}.") for file in files) else f"no package has {module}"


def test_every_import_of_the_core_is_a_dependency(root: Path) -> None:
    """And every dependency is imported somewhere: none is carried along for nothing."""
    imported = set()
    for file in (root / "longvid_core").rglob("*.py"):
        imported |= set(re.findall(r"^\s*(?:import|from) ([a-z_0-9A-Z]+)", file.read_text(), flags=re.MULTILINE))
    outside = imported - set(sys.stdlib_module_names) - {"longvid_core"}
    owners = metadata.packages_distributions()
    used = {re.sub(r"[-_.]+", "-", owner).lower() for module in outside for owner in owners.get(module) or [compiled(module)]}
    wanted = {re.sub(r"[-_.]+", "-", one.name).lower() for one in declared() if "test" not in str(one.marker or "")} - {"longvid"}
    assert used - HOSTS_OWN == wanted - FOR_DIFFUSERS


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The names in a wheel built from a clean copy of the tree."""
    copy, out = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("wheel")
    names = subprocess.run(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=root, check=True, capture_output=True)
    for name in names.stdout.decode().split("\0"):
        source = root / name
        if source.is_file() and (name.startswith("longvid_core/") or "/" not in name):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes(source.read_bytes())
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "-w", str(out)]
    subprocess.run([*build, str(copy)], check=True, capture_output=True, text=True)
    (built,) = out.glob("longvid-*.whl")
    return zipfile.ZipFile(built).namelist()


def test_the_wheel_holds_everything_the_package_reads(wheel: list[str], root: Path, files: list[Path]) -> None:
    core = {file.relative_to(root).as_posix() for file in files if file.is_relative_to(root / "longvid_core")}
    assert core <= set(wheel), f"left out: {sorted(core - set(wheel))}"


def test_the_wheel_holds_nothing_else(wheel: list[str]) -> None:
    assert {name.partition("/")[0] for name in wheel} == {"longvid_core", wheel[-1].partition("/")[0]}
