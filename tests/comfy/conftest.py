"""One real ComfyUI for all tests here; each test starts with an empty store."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.comfy.client import Client
from tools.comfy_host import ComfyHost


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComfyHost]:
    base = tmp_path_factory.mktemp("comfyui")
    with ComfyHost(base, environment={"LONGVID_HOME": str(base / "longvid"), "XDG_CONFIG_HOME": str(base)}) as running:
        yield running


@pytest.fixture
def comfy(host: ComfyHost) -> Iterator[Client]:
    home = Path(host.environment["LONGVID_HOME"])
    shutil.rmtree(home, ignore_errors=True)
    shutil.rmtree(host.output / "longvid", ignore_errors=True)
    yield Client(host, home)
