"""A real ComfyUI and a real Chromium on it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.comfy.client import Client
from tools.browser import Canvas, open_canvas
from tools.comfy_host import ComfyHost


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComfyHost]:
    base = tmp_path_factory.mktemp("comfyui")
    with ComfyHost(base, environment={"LONGVID_HOME": str(base / "longvid"), "XDG_CONFIG_HOME": str(base)}) as running:
        yield running


@pytest.fixture
def comfy(host: ComfyHost) -> Client:
    home = Path(host.environment["LONGVID_HOME"])
    shutil.rmtree(home, ignore_errors=True)
    return Client(host, home)


@pytest.fixture
def canvas(host: ComfyHost) -> Iterator[Canvas]:
    with open_canvas(host.url) as opened:
        yield opened
