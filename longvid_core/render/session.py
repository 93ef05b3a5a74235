"""One run: its store, its ledger, its log, and how it is told to stop."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..errors import Interrupted, LongvidError
from ..events import Emit, Event, JobChanged, Notice, Progress, RunStarted, Spent
from ..files import writing
from ..models.job import Decision, Job
from ..providers.base import Surroundings
from ..settings import Settings
from ..store import Store
from ..store.ledger import Ledger, ledger_url
from .renderers import Renderers

if TYPE_CHECKING:
    from PIL.Image import Image

_PROGRESS_EVERY_S = 0.1


@dataclass
class Session:
    """What every stage is handed. `emit` may be called from any thread."""

    settings: Settings
    store: Store
    ledger: Ledger
    run_id: str
    scratch: Path
    interrupted: Callable[[], bool]
    preview: Callable[[Image], None]
    """Shows what is being made, where someone can see it."""
    _emit: Emit
    _log: Callable[[Event], None]
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _last: dict[tuple[str, str | None], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.warnings: list[str] = []
        self.spent_micro_usd = 0
        self.budget_micro_usd: int | None = None
        """What this run, and whatever is at work beside it on the same ledger, may cost. None: no limit."""
        self.ask: Callable[[Job], Decision | None] = lambda job: None
        """Asks the person what to do about a job that may have been bought. None: there is nobody to ask."""
        self.held_by: set[str] = set()
        """Render keys of the clips that money is held for while their jobs are waited for: it may turn out to be too much."""
        self._asking = threading.Lock()
        self._told: set[str] = set()
        self.renderers = Renderers(
            Surroundings(
                settings=self.settings,
                sha256_of=self.sha256_of,
                sha256_known=lambda file: self.store.hashes.known(file),
                notice=lambda message: self.emit(Notice(message=message)),
                loading=lambda done, total: self.emit(Progress(stage="weights", unit="byte", done=done, total=total)),
                interrupted=self.interrupted,
                scratch=self.scratch,
            )
        )

    def sha256_of(self, file: Path) -> str:
        """The sha256 of a model's file, from the store's notes where it has not changed since. Shows progress."""

        def progress(done: int, total: int) -> None:
            self.check()
            self.emit(Progress(stage="weights", id=file.name, unit="byte", done=done, total=total))

        return self.store.hashes.sha256(file, progress)

    def emit(self, event: Event) -> None:
        """Hand an event on and write it to the run's log. Progress is thinned to ten a second; its last one always goes."""
        with self._lock:
            if isinstance(event, Notice) and event.level == "warning":
                self.warnings.append(event.message)
            if isinstance(event, Progress) and event.done < event.total:
                now, key = time.monotonic(), (event.stage, event.id)
                if now - self._last.get(key, -1.0) < _PROGRESS_EVERY_S:
                    return
                self._last[key] = now
            try:
                self._log(event)
            finally:  # what a full disk does not take, people are told all the same
                self._emit(event)

    def spend(
        self, id: str, provider: str, micro_usd: int, *, priced_on: datetime.date | None = None, hold: int | None = None
    ) -> None:
        """Write down money that left, on a segment, a keyframe or the plan (`id`), and tell of it. The rest as `Payments.pay`."""
        self.ledger.record_spend(self.run_id, id, provider, micro_usd, priced_on=priced_on, hold=hold)
        if micro_usd:
            self.spent_micro_usd += micro_usd
            self.emit(Spent(id=id, provider=provider, micro_usd=micro_usd, priced_on=priced_on))

    def tell_once(self, message: str, level: Literal["info", "warning"] = "info") -> None:
        """Tell people something, the first time in this run only."""
        if message not in self._told:
            self._told.add(message)
            self.emit(Notice(level=level, message=message))

    def decide(self, job: Job) -> Decision | None:
        """What the person says of a job that may have been bought. Call it from a thread: one question is asked at a time."""
        with self._asking:
            self.check()
            return self.ask(job)

    def told_of(self, job: Job, paid: int | None = None, priced_on: datetime.date | None = None) -> Job:
        """Tell the world of a job's step, and of what left with it (micro-dollars; `priced_on` as in `Spent`)."""
        self.emit(
            JobChanged(
                job=job.id, id=job.segment, index=job.index, provider=job.named, state=job.state, remote_id=job.remote_id
            )
        )  # fmt: skip
        if paid:
            self.spent_micro_usd += paid
            self.emit(Spent(id=job.segment, provider=job.named, micro_usd=paid, priced_on=priced_on))
        return job

    def check(self) -> None:
        """Raise Interrupted if the person or the host asked to stop."""
        if self.interrupted():
            raise Interrupted("interrupted.", "What was finished is kept; run the same again to go on from there.")


@contextlib.contextmanager
def open_session(
    settings: Settings,
    *,
    command: str,
    emit: Emit,
    interrupted: Callable[[], bool] = lambda: False,
    preview: Callable[[Image], None] = lambda image: None,
) -> Iterator[Session]:
    """A run on the settings' store, from its first line in ledger and log to its last.

    `command` is what a person types to do the same again; `preview` is handed pictures of what is being made. Raises
    StoreError where the store cannot be used.
    """
    if settings.ffmpeg:
        from ..media.ffmpeg import set_ffmpeg

        set_ffmpeg(settings.ffmpeg)
    store = Store(settings.store_home, lambda message: session.emit(Notice(level="warning", message=message)))
    ledger = Ledger(settings.ledger_url or ledger_url(store.home))
    run_id = f"{datetime.datetime.now(datetime.timezone.utc):%Y%m%d-%H%M%S}-{os.urandom(3).hex()}"
    try:
        with store.scratch(run_id) as scratch, _log_file(store.home / "runs" / run_id / "events.jsonl") as log:
            session = Session(settings, store, ledger, run_id, scratch, interrupted, preview, emit, log)
            ledger.settle_dead(store.at_work)
            ledger.start_run(run_id, command, os.getcwd())
            session.emit(RunStarted(run=run_id, command=command))
            try:
                with contextlib.closing(session.renderers):
                    yield session
            except BaseException as error:
                _settle(ledger, run_id, error)
                raise
            ledger.finish_run(run_id, "done")
    finally:
        ledger.close()


def _settle(ledger: Ledger, run_id: str, error: BaseException) -> None:
    stopped = isinstance(error, (Interrupted, KeyboardInterrupt))
    message = error.what if isinstance(error, LongvidError) else f"{type(error).__name__}: {error}"
    # The error under way is the one to be told; a ledger that cannot be written any more must not hide it.
    with contextlib.suppress(LongvidError):
        ledger.finish_run(run_id, "interrupted" if stopped else "failed", message)


@contextlib.contextmanager
def _log_file(path: Path) -> Iterator[Callable[[Event], None]]:
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = open(path, "a", encoding="utf-8")  # closed below: `writing` must not cover the whole run

    def log(event: Event) -> None:
        at = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
        with writing(path):
            file.write(json.dumps({"at": at, **event.json_value()}, ensure_ascii=False) + "\n")
            file.flush()

    with file:
        yield log
