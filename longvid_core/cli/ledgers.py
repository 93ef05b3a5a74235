"""Reading the store's ledger from a command that starts no run."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..models.job import Job
    from ..render.renderers import Renderers
    from ..settings import Settings
    from ..store.home import Store
    from ..store.ledger import Ledger


@dataclass(frozen=True)
class Books:
    """A store, its ledger, and who renders, by the settings."""

    settings: Settings
    store: Store
    ledger: Ledger
    renderers: Renderers

    def runs(self, limit: int) -> list[dict[str, Any]]:
        """The newest runs, times in UTC. One that says `running` while its process is gone was killed."""
        from ..store.tables import utc

        found = self.ledger.runs(limit)
        for run in found:
            run |= {name: utc(run[name]) for name in ("started", "finished")}
            if run["state"] == "running" and not self.store.at_work(run["id"]):
                run["state"] = "killed"
        return found

    def at_work(self, job: Job) -> bool:
        """Whether the process of a job's run lives. It may be done with the job all the same."""
        return self.alive(job.run)

    def alive(self, run: str) -> bool:
        """Whether the process of a run lives."""
        found = self.ledger.run(run)
        return found is not None and found["state"] == "running" and self.store.at_work(run)


@contextlib.contextmanager
def looked_at(config: Path | None) -> Iterator[Books]:
    """To read only: the store, there or not, stays as it is."""
    from ..files import temporary_folder
    from ..settings import load_settings
    from ..store.looking import LookedAt, looked_at_ledger

    settings = load_settings(config)
    with temporary_folder() as aside, contextlib.closing(renderers_of(settings)) as renderers:
        ledger = looked_at_ledger(settings.store_home, settings.ledger_url, aside)
        with contextlib.closing(ledger):
            yield Books(settings, LookedAt(settings.store_home, aside), ledger, renderers)


@contextlib.contextmanager
def opened(config: Path | None) -> Iterator[Books]:
    """To write to."""
    from ..settings import load_settings
    from ..store import Store
    from ..store.ledger import Ledger, ledger_url

    settings = load_settings(config)
    store = Store(settings.store_home)
    with contextlib.closing(renderers_of(settings)) as renderers:
        with contextlib.closing(Ledger(settings.ledger_url or ledger_url(store.home))) as ledger:
            yield Books(settings, store, ledger, renderers)


def renderers_of(settings: Settings) -> Renderers:
    """Who renders by the settings, outside of any run. To be closed."""
    from ..files import sha256_file
    from ..providers.base import Surroundings
    from ..render.renderers import Renderers

    return Renderers(Surroundings(settings=settings, sha256_of=sha256_file))
