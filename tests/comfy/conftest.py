"""One real ComfyUI for all tests here."""

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
def comfy(host: ComfyHost) -> Client:
    """With whatever earlier tests left in the store."""
    return Client(host, Path(host.environment["LONGVID_HOME"]))


@pytest.fixture
def fresh(comfy: Client) -> Client:
    """With an empty store and no films."""
    shutil.rmtree(comfy.home, ignore_errors=True)
    shutil.rmtree(comfy.host.output / "longvid", ignore_errors=True)
    return comfy
