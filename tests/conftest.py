"""What every test gets: a store, a configuration and an environment of its own."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from imageio_ffmpeg import get_ffmpeg_exe

# Started in the background, a shell's child ignores Ctrl-C, and so would every process these tests stop with it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes to draw or to try says how busy the machine is, and nothing of what is tested.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

_TOGETHER = (
    "tests/browser/",
    "tests/comfy/test_wan|tests/comfy/test_checkpoint",
    "tests/comfy/test_stopping",
    "tests/comfy/test_remote",
    "tests/comfy/",
    "tests/diffusion/|tests/providers/test_wan|tests/providers/test_framepack",
    "tests/test_remote_killed",
    "tests/test_crashes",
    "tests/painting/test_cards",
)
"""What shares a ComfyUI, or models, runs on one worker. These take minutes, and begin first; the rest goes file by file."""

_KEYS = ("_API_KEY", "_API_SECRET", "_API_TOKEN", "_BASE_URL")


def _place(nodeid: str) -> str:
    found = (place for place in _TOGETHER if nodeid.startswith(tuple(place.split("|"))))
    return next(found, nodeid.partition("::")[0])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order = {place: at for at, place in enumerate(_TOGETHER)}
    items.sort(key=lambda item: order.get(_place(item.nodeid), len(order)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """One worker for each of `_TOGETHER`, and for each other file. The groups of xdist 3.8 itself do not work with pytest 9.2."""
    from xdist.scheduler import LoadScopeScheduling

    class ByPlace(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _place(nodeid)

    return ByPlace(config, log)


def _isolate(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """No test may read the developer's settings or keys, or leave anything in their store."""
    for name in list(os.environ):
        if name.startswith(("LONGVID_", "GOOGLE_")) or name.endswith(_KEYS):
            patch.delenv(name)
    patch.setenv("LONGVID_HOME", str(folder / "longvid-home"))
    patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))


@pytest.fixture(scope="session", autouse=True)
def _own_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """For fixtures that outlive a test, a host that many tests talk to, say.

    ffmpeg is the one of the wheel, which people without a system's have, on Windows say: one program, it starts in a fifth of the
    time that Debian's takes with its two hundred libraries. What tests/media asks of ffmpeg, it asks of the system's.
    """
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("session")
        _isolate(patch, folder)
        programs = folder / "programs"
        programs.mkdir()
        (programs / "ffmpeg").symlink_to(get_ffmpeg_exe())
        patch.setenv("PATH", str(programs), prepend=os.pathsep)
        yield


@pytest.fixture(autouse=True)
def _own_store(_own_environment: None, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A fresh store for each test, beside its `tmp_path`, so that a test may count what lies in either."""
    _isolate(monkeypatch, tmp_path_factory.mktemp("own"))
