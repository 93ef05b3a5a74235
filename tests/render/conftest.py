"""Fixtures of the executors' tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from longvid_core.catalog import registry
from tests.films import Studio

PLUGIN = Path(__file__).parents[1] / "plugin"


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    """A film studio with an empty store."""
    return Studio(tmp_path / "home")


@pytest.fixture
def moody(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The outside provider of tests/plugin, installed as pip would: on the path, with its entry point."""

    def forget() -> None:
        for cached in (registry._outside, registry.entry_of, registry.load_provider):
            cached.cache_clear()
        sys.modules.pop("longvid_moody", None)

    monkeypatch.syspath_prepend(str(PLUGIN))
    forget()
    yield
    forget()
