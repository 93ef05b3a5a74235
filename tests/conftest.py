"""What every test gets: a store, a configuration and an environment of its own."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

# Started in the background, a shell's child ignores Ctrl-C, and so would every process these tests stop with it.
signal.signal(signal.SIGINT, signal.default_int_handler)

_LONG = ("tests/comfy", "tests/browser", "tests/diffusion", "tests/test_remote_killed.py", "tests/providers/test_wan")
"""Where tests wait for minutes: they begin first, so that the short ones fill the time until they end."""

_SHARED = ("tiny_host", "host", "processor", "tiny_models")
"""Fixtures that take long to make, once a worker."""

_KEYS = ("_API_KEY", "_API_SECRET", "_API_TOKEN", "_BASE_URL")


@pytest.hookimpl(tryfirst=True)  # xdist reads the marks in a hook of the same name
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What shares a ComfyUI or a model goes to one worker, which makes it once; the rest file by file. For `--dist loadgroup`."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))
    items.sort(key=lambda item: not item.nodeid.startswith(_LONG))


def _group(item: pytest.Item) -> str:
    file = item.nodeid.partition("::")[0]
    for shared in _SHARED:
        if shared in getattr(item, "fixturenames", ()):
            return f"{Path(file).parts[1] if shared == 'host' else 'all'} {shared}"
    return file


def _isolate(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """No test may read the developer's settings or keys, or leave anything in their store."""
    for name in list(os.environ):
        if name.startswith(("LONGVID_", "GOOGLE_")) or name.endswith(_KEYS):
            patch.delenv(name)
    patch.setenv("LONGVID_HOME", str(folder / "longvid-home"))
    patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))


@pytest.fixture(scope="session", autouse=True)
def _own_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """For fixtures that outlive a test, a host that many tests talk to, say."""
    with pytest.MonkeyPatch.context() as patch:
        _isolate(patch, tmp_path_factory.mktemp("session"))
        yield


@pytest.fixture(autouse=True)
def _own_store(_own_environment: None, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A fresh store for each test, beside its `tmp_path`, so that a test may count what lies in either."""
    _isolate(monkeypatch, tmp_path_factory.mktemp("own"))
