"""Asking what a run would do, without a run: for dry runs and estimates."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from ..errors import StoreError
from ..events import Emit, Notice
from ..files import temporary_folder, writing
from ..settings import Settings
from ..store.ledger import Ledger
from ..store.looking import LookedAt, looked_at_ledger
from .session import Session


@contextlib.contextmanager
def look(settings: Settings, *, emit: Emit, interrupted: Callable[[], bool] = lambda: False) -> Iterator[Session]:
    """A session on the settings' store that leaves no trace there: no run, no log, no folder, no repair of what is damaged.

    The store may be read-only, or not exist. Its ledger is a copy; an empty one, with a warning, where it cannot be read.
    StoreError where the system's folder for temporary files cannot be used.
    """
    with contextlib.ExitStack() as stack:
        aside = stack.enter_context(temporary_folder())
        scratch = aside / "scratch"
        with writing(scratch):
            scratch.mkdir()
        unread = None
        try:
            ledger = looked_at_ledger(settings.store_home, settings.ledger_url, aside)
        except StoreError as error:
            ledger, unread = Ledger("sqlite://"), error
        session = Session(
            settings=settings,
            store=LookedAt(settings.store_home, aside, lambda said: session.emit(Notice(level="warning", message=said))),
            ledger=stack.enter_context(contextlib.closing(ledger)),
            run_id="",
            scratch=scratch,
            interrupted=interrupted,
            preview=lambda image: None,
            _emit=emit,
            _log=lambda event: None,
        )
        stack.enter_context(contextlib.closing(session.renderers))
        if unread is not None:
            session.emit(Notice(level="warning", message=f"{unread.what} Jobs that are under way are not known of."))
        yield session
