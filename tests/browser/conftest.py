"""A real ComfyUI and a real Chromium on it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from tests.comfy.client import Client
from tests.comfy.conftest import FAST, tiny_base, tiny_environment, tiny_models
from tests.fake_runway import FakeRunway
from tools.browser import Canvas, open_browser, open_canvas
from tools.comfy_host import ComfyHost

__all__ = ["tiny_models"]  # a fixture here, too


@pytest.fixture(scope="session")
def service() -> Iterator[FakeRunway]:
    with FakeRunway(size=(64, 48)) as fake:
        yield fake


@pytest.fixture
def runway(service: FakeRunway) -> FakeRunway:
    """With no jobs, and done at once."""
    service.reset()
    service.seconds = 0.0
    return service


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory, tiny_models: Path, service: FakeRunway) -> Iterator[ComfyHost]:
    """With tiny models beside which the official files are missing, as they are for a newcomer, and a key for Runway alone."""
    base = tiny_base(tmp_path_factory.mktemp("comfyui"), tiny_models)
    environment = {**tiny_environment(base), **service.env, "LONGVID_POLL_INTERVAL": "0.1"}
    with ComfyHost(base, environment=environment, arguments=FAST) as running:
        yield running


@pytest.fixture
def comfy(host: ComfyHost) -> Client:
    home = Path(host.environment["LONGVID_HOME"])
    shutil.rmtree(home, ignore_errors=True)
    return Client(host, home)


@pytest.fixture(scope="module")
def chromium() -> Iterator[BrowserContext]:
    """Of one module alone: as long as it is open, nothing else in this thread can run an event loop."""
    with open_browser() as opened:
        yield opened


@pytest.fixture
def canvas(host: ComfyHost, chromium: BrowserContext) -> Iterator[Canvas]:
    with open_canvas(host.url, browser=chromium) as opened:
        yield opened
