"""Money in the ledger: what left, and on whose word; what may have left besides."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Callable, Collection
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session as SqlSession

from .tables import BillRow, DoubtRow, HoldRow, JobRow, SpendRow, utc, utc_now

Transaction = Callable[[], contextlib.AbstractContextManager[SqlSession]]
Doubt = Literal["lost", "unpriced"]
KILLED = "the process ended while it was asked"


class Payments:
    """The payments of one ledger. `whole` False: one who only looks has the ledger of an earlier Longvid before them, which
    tells neither whose word an amount is nor what is in doubt."""

    def __init__(self, transaction: Transaction, *, whole: bool = True) -> None:
        self._transaction, self._whole = transaction, whole

    def pay(
        self,
        run: str,
        item: str,
        provider: str,
        micro_usd: int,
        *,
        priced_on: datetime.date | None = None,
        hold: int | None = None,
    ) -> None:
        """Write down what a call at PROVIDER:MODEL cost, and let go of what was held for it, both or neither.

        priced_on: the day of our price that it is reckoned by; None: the provider says so.
        """
        with self._transaction() as sql:
            if micro_usd:
                written(sql, run, item, provider, micro_usd, priced_on)
            if hold is not None:
                sql.execute(sa.delete(HoldRow).where(HoldRow.id == hold))

    def doubt(self, hold: int, kind: Doubt, message: str) -> None:
        """What is held for a call stays in doubt for ever."""
        with self._transaction() as sql:
            row = sql.get(HoldRow, hold)
            if row is not None:
                doubted(sql, row, kind, message)

    def found(self, run: str, item: str, provider: str, micro_usd: int | None, *, priced_on: datetime.date | None) -> bool:
        """The answer to a call that a killed process made is there after all: what it cost is no doubt any more. Gives whether
        it was one: else that process wrote the cost down itself."""
        of = (DoubtRow.run == run, DoubtRow.item == item, DoubtRow.provider == provider, DoubtRow.message == KILLED)
        with self._transaction() as sql:
            row = sql.scalars(sa.select(DoubtRow).where(*of).order_by(DoubtRow.id.desc()).limit(1)).first()
            if row is None:
                return False
            if micro_usd is None:
                row.kind, row.message, row.micro_usd = "unpriced", "", None
                return True
            sql.delete(row)
            if micro_usd:
                written(sql, run, item, provider, micro_usd, priced_on)
            return True

    def spending(self, since: datetime.datetime | None = None) -> list[dict[str, Any]]:
        """Every payment since then, oldest first: run, segment, provider (PROVIDER:MODEL), micro_usd, at (UTC), and whose word
        the amount is: `told` False where that was not written down, else `priced_on` as in `pay`."""
        with self._transaction() as sql:
            told: dict[int, datetime.date | None] = {}
            if self._whole:
                told = {bill.spend: bill.priced_on for bill in sql.scalars(sa.select(BillRow))}
            query = sa.select(SpendRow).order_by(SpendRow.id)
            if since is not None:
                query = query.where(SpendRow.at >= since.astimezone(datetime.timezone.utc))
            return [
                {
                    "run": row.run, "segment": row.segment, "provider": row.provider, "micro_usd": row.micro_usd,
                    "at": utc(row.at), "told": row.id in told, "priced_on": told.get(row.id),
                }
                for row in sql.scalars(query)
            ]  # fmt: skip

    def doubts(self, since: datetime.datetime | None = None) -> list[dict[str, Any]]:
        """Every call in doubt since then, oldest first: run, item, provider, kind, micro_usd (None: not known), message, at."""
        if not self._whole:
            return []
        with self._transaction() as sql:
            query = sa.select(DoubtRow).order_by(DoubtRow.id)
            if since is not None:
                query = query.where(DoubtRow.at >= since.astimezone(datetime.timezone.utc))
            names = ("run", "item", "provider", "kind", "micro_usd", "message")
            return [{**{n: getattr(row, n) for n in names}, "at": utc(row.at)} for row in sql.scalars(query)]

    def priced_on(self, jobs: Collection[int]) -> dict[int, datetime.date]:
        """Of those jobs, the ones whose cost is our reckoning: by the price of which day."""
        if not self._whole or not jobs:
            return {}
        with self._transaction() as sql:
            query = sa.select(BillRow.job, BillRow.priced_on).where(BillRow.job.in_(list(jobs)), BillRow.priced_on.is_not(None))
            return {int(job): day for job, day in sql.execute(query) if job is not None and day is not None}


def written(
    sql: SqlSession,
    run: str,
    item: str,
    provider: str,
    micro_usd: int,
    priced_on: datetime.date | None,
    *,
    job: int | None = None,
) -> None:
    """Write a payment down, within a transaction: as in `Payments.pay`."""
    row = SpendRow(run=run, segment=item, provider=provider, micro_usd=micro_usd, at=utc_now())
    sql.add(row)
    sql.flush()
    sql.add(BillRow(spend=row.id, job=job, priced_on=priced_on))


def doubted(sql: SqlSession, hold: HoldRow, kind: Doubt, message: str) -> None:
    """Turn a hold into a doubt, within a transaction."""
    most = hold.micro_usd if kind == "lost" else 0
    sql.add(
        DoubtRow(
            run=hold.run, item=hold.item, provider=hold.provider, kind=kind, micro_usd=most or None, message=message, at=hold.at
        )
    )  # fmt: skip
    sql.delete(hold)


def abandoned(sql: SqlSession, run: str) -> None:
    """A run's process is gone: the calls that it was making are in doubt. Its jobs, and what is held for them, go on."""
    of_jobs = sa.select(JobRow.hold).where(JobRow.hold.is_not(None))
    for hold in sql.scalars(sa.select(HoldRow).where(HoldRow.run == run, HoldRow.id.not_in(of_jobs))).all():
        doubted(sql, hold, "lost", KILLED)


def in_doubt(sql: SqlSession, runs: Any) -> int:
    """Micro-dollars that calls of those runs (a SELECT of their ids) may have been charged."""
    return int(sql.scalar(sa.select(sa.func.coalesce(sa.func.sum(DoubtRow.micro_usd), 0)).where(DoubtRow.run.in_(runs))) or 0)
