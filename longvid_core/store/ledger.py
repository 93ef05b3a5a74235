"""The ledger: runs, segments, attempts and spend in any SQL database; SQLite in the store by default."""

from __future__ import annotations

import contextlib
import datetime
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session as SqlSession

from ..errors import StoreError
from ..models.clip import Attempt, Outcome
from .journal import Journal, attempt_of
from .payments import Payments, abandoned
from .tables import AttemptRow, BillRow, DoubtRow, JobRow, RunRow, SegmentRow, Table, utc_now


def ledger_url(home: Path) -> str:
    """The default ledger of a store."""
    return f"sqlite:///{home / 'ledger.db'}"


_OTHER_SHAPE = re.compile(
    r"no (such )?(column|table)|column .* does not exist|unknown column|not[ -]null constraint|doesn't have a default",
    re.IGNORECASE,
)
"""What databases say of a table that is not as `tables` has it."""
_BUSY = re.compile(r"is locked", re.IGNORECASE)
_PATIENCE_S = 30
"""How long another writer is waited for."""
_ALONE = (
    "It alone knows what was spent, and which jobs are under way at providers: look for those on their sites before you render, "
    "or they are bought again."
)


class Ledger:
    """Every write is its own short transaction: what was told to the ledger is there after a crash.

    `look`: nothing will be written. Where no ledger is there, none is made, and an empty one in memory answers. `shown`: the URL
    that people know it by, where this is a copy.
    """

    def __init__(self, url: str, *, look: bool = False, shown: str | None = None) -> None:
        self._shown = _without_password(shown or url)
        with self._refusals():
            self._engine = sa.create_engine(url)
            if look and not sa.inspect(self._engine).has_table(JobRow.__tablename__):
                self._engine.dispose()
                self._engine, look = sa.create_engine("sqlite://"), False
            if self._engine.dialect.name == "sqlite":
                sa.event.listen(self._engine, "connect", _tune_sqlite)
            if not look:
                self._create_tables()
            newer = (BillRow.__tablename__, DoubtRow.__tablename__)
            whole = not look or all(sa.inspect(self._engine).has_table(name) for name in newer)
        self.journal = Journal(self._transaction, whole=whole)
        """The jobs at remote providers, and the money held for them."""
        self.payments = Payments(self._transaction, whole=whole)
        """What left, and what may have left besides."""

    def _create_tables(self) -> None:
        try:
            Table.metadata.create_all(self._engine)
        except (sa.exc.OperationalError, sa.exc.ProgrammingError):
            # Another process may be creating them, between this one's look and its leap. If that is not it, this raises again.
            from tenacity import Retrying, stop_after_attempt, wait_random

            for attempt in Retrying(stop=stop_after_attempt(8), wait=wait_random(0.02, 0.3), reraise=True):
                with attempt:
                    Table.metadata.create_all(self._engine)

    def close(self) -> None:
        """Give back the database's connections."""
        self._engine.dispose()

    # -- runs --------------------------------------------------------------------------------------------------------------

    def start_run(self, run: str, command: str, folder: str) -> None:
        """Write down that a run begins; `command` is what to type to do it again, `folder` where."""
        with self._transaction() as sql:
            sql.add(RunRow(id=run, command=command, folder=folder, started=utc_now()))

    def finish_run(self, run: str, state: str, message: str | None = None) -> None:
        """Settle a run as `done`, `failed` or `interrupted`."""
        with self._transaction() as sql:
            row = sql.get_one(RunRow, run)
            row.state, row.message, row.finished = state, message, utc_now()

    def settle_dead(self, alive: Callable[[str], bool]) -> None:
        """Settle every run that is written down as at work and is not: its process was killed."""
        with self._transaction() as sql:
            rows = sql.scalars(sa.select(RunRow).where(RunRow.state == "running")).all()
            for row in rows:
                if not alive(row.id):
                    row.state, row.message, row.finished = "killed", "the process ended while it was at work", utc_now()
                    abandoned(sql, row.id)

    def runs(self, limit: int = 50) -> list[dict[str, Any]]:
        """The newest runs first, each with its segments' outcomes counted."""
        with self._transaction() as sql:
            rows = sql.scalars(sa.select(RunRow).order_by(RunRow.started.desc(), RunRow.id.desc()).limit(limit)).all()
            counted = sa.select(SegmentRow.run, SegmentRow.outcome, sa.func.count()).group_by(SegmentRow.run, SegmentRow.outcome)
            counts: dict[str, dict[str, int]] = {}
            for run, outcome, count in sql.execute(counted.where(SegmentRow.run.in_([r.id for r in rows]))):
                counts.setdefault(run, {})[outcome] = count
            return [{**_columns(row), "outcomes": counts.get(row.id, {})} for row in rows]

    def run(self, run: str) -> dict[str, Any] | None:
        """One run by its id, or None."""
        with self._transaction() as sql:
            row = sql.get(RunRow, run)
            return _columns(row) if row else None

    # -- segments and attempts ---------------------------------------------------------------------------------------------

    def record_outcome(self, run: str, outcome: Outcome) -> None:
        """Write down what became of a segment in this run."""
        with self._transaction() as sql:
            sql.merge(
                SegmentRow(
                    run=run,
                    id=outcome.id,
                    index=outcome.index,
                    render_key=outcome.render_key,
                    outcome=outcome.outcome,
                    clip_sha256=outcome.clip.sha256 if outcome.clip else None,
                )
            )

    def start_attempt(self, run: str, segment: str, render_key: str, provider: str, model: str) -> int:
        """Write down that a render begins; gives the attempt's id.

        The caller holds the key's lock, so any attempt at it still open belongs to a process that died.
        """
        with self._transaction() as sql:
            lost = sa.update(AttemptRow).where(AttemptRow.render_key == render_key, AttemptRow.state == "rendering")
            sql.execute(lost.values(state="interrupted", message="the process ended while rendering", finished=utc_now()))
            row = AttemptRow(
                run=run, segment=segment, render_key=render_key, provider=provider, model=model, started=utc_now()
            )  # fmt: skip
            sql.add(row)
            sql.flush()
            return row.id

    def finish_attempt(self, attempt: int, state: str, message: str | None = None) -> None:
        """Settle an attempt as `rendered`, `failed` or `interrupted`."""
        with self._transaction() as sql:
            row = sql.get_one(AttemptRow, attempt)
            row.state, row.message, row.finished = state, message, utc_now()

    def attempts(self, render_key: str) -> tuple[Attempt, ...]:
        """Every settled try at a key, oldest first: those on this machine, and every job that was submitted."""
        with self._transaction() as sql:
            query = sa.select(AttemptRow).where(AttemptRow.render_key == render_key, AttemptRow.state != "rendering")
            rows = sql.scalars(query.order_by(AttemptRow.id)).all()
            here = [
                Attempt(number=number, provider=row.provider, model=row.model, state=row.state, message=row.message)
                for number, row in enumerate(rows, 1)
            ]
        jobs = self.journal.of(render_key)
        priced = self.payments.priced_on([job.id for job in jobs if job.micro_usd])
        return (*here, *(attempt_of(job, number, priced.get(job.id)) for number, job in enumerate(jobs, len(here) + 1)))

    # -- money -------------------------------------------------------------------------------------------------------------

    def record_spend(
        self,
        run: str,
        segment: str,
        provider: str,
        micro_usd: int,
        *,
        priced_on: datetime.date | None = None,
        hold: int | None = None,
    ) -> None:
        """Write down that money left, on a segment, a keyframe or the plan, at PROVIDER:MODEL. The rest as in `Payments.pay`."""
        self.payments.pay(run, segment, provider, micro_usd, priced_on=priced_on, hold=hold)

    def spending(self, since: datetime.datetime | None = None) -> list[dict[str, Any]]:
        """Every payment since then, as `Payments.spending` gives it."""
        return self.payments.spending(since)

    # -- plumbing ------------------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[SqlSession]:
        with self._refusals(), SqlSession(self._engine, expire_on_commit=False) as sql, sql.begin():
            yield sql

    @contextlib.contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.ArgumentError as error:
            raise StoreError(
                f"{self._shown} is no database URL.", "Mend LONGVID_LEDGER_URL, or unset it to use the store's own."
            ) from error
        except (sa.exc.NoSuchModuleError, ImportError) as error:
            raise StoreError(f"the ledger {self._shown} needs a driver that is not installed: {error}.", "Install it.") from error
        except sa.exc.DatabaseError as error:
            raise self._refusal(error) from error

    def _refusal(self, error: sa.exc.DatabaseError) -> StoreError:
        said = str(error.orig)
        if _OTHER_SHAPE.search(said):
            return StoreError(
                f"the ledger {self._shown} was made by another version of Longvid, or by another program: {said}.",
                "Upgrade Longvid, or name another ledger (LONGVID_LEDGER_URL); finished clips are found all the same.",
                _ALONE,
            )
        if _BUSY.search(said):
            return StoreError(
                f"the ledger {self._shown} cannot be used: {said}.",
                f"Another program has kept it to itself for {_PATIENCE_S} s. Let it end, then run the command again.",
            )
        if isinstance(error, (sa.exc.OperationalError, sa.exc.ProgrammingError)):
            return StoreError(
                f"the ledger {self._shown} cannot be used: {said}.",
                "Check that its folder can be written, its disk has space and its server answers; then run the command again.",
            )
        return StoreError(
            f"the ledger {self._shown} is damaged: {said}.",
            "Move that file away: a new one is begun, and finished clips are still found (they do not depend on it).",
            _ALONE,
        )


def _tune_sqlite(connection: Any, _record: Any) -> None:
    """WAL lets readers go on beside a writer; FULL makes a commit survive a power cut; the wait outlasts any other writer."""
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={1000 * _PATIENCE_S}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _columns(row: Table) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in sa.inspect(row).mapper.column_attrs}


def _without_password(url: str) -> str:
    try:
        return sa.make_url(url).render_as_string(hide_password=True)
    except sa.exc.ArgumentError:
        return "named by LONGVID_LEDGER_URL"
