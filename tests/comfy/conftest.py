"""One real ComfyUI for all tests here."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.comfy.client import Client
from tools.comfy_host import ComfyHost, comfyui_path

TINY = Path(__file__).parent / "tiny"
FAST = ["--fp32-text-enc"]
"""Without a GPU a text encoder of 16 bits takes ten times as long: every layer's weights are cast for every text."""


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComfyHost]:
    base = tmp_path_factory.mktemp("comfyui")
    with ComfyHost(base, environment={"LONGVID_HOME": str(base / "longvid"), "XDG_CONFIG_HOME": str(base)}) as running:
        yield running


@pytest.fixture
def comfy(host: ComfyHost) -> Client:
    """With whatever earlier tests left in the store."""
    return Client(host, Path(host.environment["LONGVID_HOME"]))


@pytest.fixture
def fresh(comfy: Client) -> Client:
    """With an empty store and no films."""
    shutil.rmtree(comfy.home, ignore_errors=True)
    shutil.rmtree(comfy.host.output / "longvid", ignore_errors=True)
    return comfy


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with Wan models and a checkpoint of a few megabytes, random weights at the true architecture."""
    folder = tmp_path_factory.mktemp("tiny") / "models"
    subprocess.run([sys.executable, TINY / "make.py", comfyui_path(), folder], check=True)
    return folder


def tiny_base(folder: Path, models: Path) -> Path:
    """A base folder for a ComfyUI with those models and the nodes that go with them."""
    shutil.copytree(models, folder / "models")
    (folder / "custom_nodes" / "tiny").mkdir(parents=True)
    shutil.copy(TINY / "nodes_pack.py", folder / "custom_nodes" / "tiny" / "__init__.py")
    return folder


def tiny_environment(base: Path) -> dict[str, str]:
    """Its store, and the file where each call of the diffusion model leaves a line. One thread: others test here, too."""
    own = {"LONGVID_HOME": str(base / "longvid"), "XDG_CONFIG_HOME": str(base), "TINY_LOG": str(base / "steps.log")}
    return {**own, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@pytest.fixture(scope="session")
def tiny_host(tmp_path_factory: pytest.TempPathFactory, tiny_models: Path) -> Iterator[ComfyHost]:
    """A ComfyUI with tiny Wan models and live previews."""
    base = tiny_base(tmp_path_factory.mktemp("wan"), tiny_models)
    with ComfyHost(base, environment=tiny_environment(base), arguments=["--preview-method", "latent2rgb", *FAST]) as running:
        yield running


@pytest.fixture
def tiny(tiny_host: ComfyHost, tiny_models: Path) -> Client:
    """With an empty store, the models as they were made, and nothing in ComfyUI's memory."""
    client = Client(tiny_host, tiny_host.base / "longvid")
    shutil.rmtree(client.home, ignore_errors=True)
    shutil.rmtree(tiny_host.output / "longvid", ignore_errors=True)
    for file in tiny_host.base.glob("steps.log*"):
        file.unlink()
    shutil.copytree(tiny_models, tiny_host.base / "models", dirs_exist_ok=True)
    client.free()
    return client
