"""The journal of jobs at remote providers, and the money that is held for them. Part of the ledger.

Every step is written, in a transaction of its own, before the next one is taken: what is in here after a crash is what is
known of each job.
"""

from __future__ import annotations

import contextlib
import datetime
import json
from collections.abc import Callable, Collection
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.orm import Session as SqlSession

from ..errors import OverBudget, StoreError
from ..models.clip import Attempt
from ..models.job import GIVEN_UP, OPEN, PERHAPS_PAID, Job, JobNote, JobStep
from ..money import amount
from .payments import in_doubt, written
from .tables import HoldRow, JobRow, JobStepRow, RunRow, SpendRow, utc, utc_now

Transaction = Callable[[], contextlib.AbstractContextManager[SqlSession]]

_SETTLED_BY = {"micro_usd", "code", "message", "remote_id", "seed_returned", "prompt", "file", "file_sha256", "submitted"}


class Journal:
    """The jobs of one ledger. Any number of processes may write at once."""

    def __init__(self, transaction: Transaction, *, whole: bool = True) -> None:
        self._transaction, self._whole = transaction, whole

    # -- jobs ----------------------------------------------------------------------------------------------------------------

    def intend(
        self,
        *,
        run: str,
        segment: str,
        index: int,
        render_key: str,
        provider: str,
        model: str,
        prompt: str,
        seed: int | None,
        hold: int,
        budget: int | None,
    ) -> Job:
        """Write down that a job is about to be submitted, and hold what it may cost at most (`hold`, micro-dollars).

        OverBudget, and nothing is written, where that and everything that `committed` counts is more than `budget`.
        """
        with self._transaction() as sql:
            held = self._hold(sql, run, segment, f"{provider}:{model}", hold, budget)
            now = utc_now()
            row = JobRow(
                run=run,
                segment=segment,
                index=index,
                render_key=render_key,
                provider=provider,
                model=model,
                state="intent",
                prompt=prompt,
                seed_sent=None if seed is None else str(seed),
                hold=held,
                held_micro_usd=hold,
                created=now,
                changed=now,
            )
            sql.add(row)
            sql.flush()
            sql.add(JobStepRow(job=row.id, state="intent", at=now))
            return _job(row)

    def step(
        self,
        job: int,
        state: JobStep,
        message: str | None = None,
        *,
        paid: int | None = None,
        priced_on: datetime.date | None = None,
        extra: dict[str, Any] | None = None,
        facts: dict[str, Any] | None = None,
        **values: Any,
    ) -> Job:
        """Write down the next step of a job, and what is known with it; gives the job as it is now.

        paid: micro-dollars that left with it, by our price of `priced_on`, or None: by the provider's word. They are written to
        the spending, once for a job, and what was held is free again, as it is when the job is settled in any other way. values:
        of the fields remote_id, submitted, seed_returned, prompt, code, file, file_sha256.
        """
        unknown = set(values) - _SETTLED_BY
        if unknown:
            raise TypeError(f"a job has no {', '.join(sorted(unknown))}")
        with self._transaction() as sql:
            now = utc_now()
            row = self._ours(sql, job, now)
            row.state = state
            if message is not None:
                row.message = message
            if extra is not None:
                row.extra = json.dumps(extra, sort_keys=True)
            if facts is not None:
                row.facts = json.dumps(facts, sort_keys=True)
            if values.get("seed_returned") is not None:
                values["seed_returned"] = str(values["seed_returned"])
            for name, value in values.items():
                setattr(row, name, value)
            if paid is not None and row.micro_usd is None:
                row.micro_usd = paid
                if paid:
                    written(sql, row.run, row.segment, f"{row.provider}:{row.model}", paid, priced_on, job=row.id)
            if row.hold is not None and (row.micro_usd is not None or state not in OPEN):
                sql.execute(sa.delete(HoldRow).where(HoldRow.id == row.hold))
                row.hold = None
            sql.add(JobStepRow(job=row.id, state=state, message=message, at=now))
            return _job(row)

    def take_over(self, job: int, run: str) -> Job:
        """Let `run` go on with a job that another, dead one began: it and what is held for it are now of `run`."""
        with self._transaction() as sql:
            row = self._ours(sql, job, utc_now())
            if row.run != run:
                row.run = run
                if row.hold is not None:
                    sql.execute(sa.update(HoldRow).where(HoldRow.id == row.hold).values(run=run))
            return _job(row)

    @staticmethod
    def _ours(sql: SqlSession, job: int, now: datetime.datetime) -> JobRow:
        """The job, for this transaction alone to change. Writing comes first: whoever else wants to write waits from here on, so
        that what is read then is still so when the rest is written."""
        sql.execute(sa.update(JobRow).where(JobRow.id == job).values(changed=now))
        return sql.get_one(JobRow, job, populate_existing=True)

    def job(self, job: int) -> Job | None:
        """One job by its number."""
        with self._transaction() as sql:
            row = sql.get(JobRow, job)
            return _job(row) if row else None

    def of(self, render_key: str) -> list[Job]:
        """Every job there ever was for a clip, oldest first."""
        with self._transaction() as sql:
            rows = sql.scalars(sa.select(JobRow).where(JobRow.render_key == render_key).order_by(JobRow.id)).all()
            return [_job(row) for row in rows]

    def open_of(self, render_key: str) -> Job | None:
        """The job to go on with for a clip: the newest that is not settled."""
        return next((job for job in reversed(self.of(render_key)) if job.state in OPEN), None)

    def kept(self, render_key: str) -> None:
        """The clip is in the store: settle the job that a crash left one step before that."""
        for job in self.of(render_key):
            if job.state == "downloaded":
                self.step(job.id, "verified")

    def jobs(self, *, states: Collection[JobStep] | None = None, limit: int = 1000) -> list[Job]:
        """The newest jobs first, those in one of `states` only."""
        with self._transaction() as sql:
            query = sa.select(JobRow).order_by(JobRow.id.desc()).limit(limit)
            if states is not None:
                query = query.where(JobRow.state.in_(sorted(states)))
            return [_job(row) for row in sql.scalars(query).all()]

    def notes(self, job: int) -> list[JobNote]:
        """A job's steps, as they were taken."""
        with self._transaction() as sql:
            rows = sql.scalars(sa.select(JobStepRow).where(JobStepRow.job == job).order_by(JobStepRow.id)).all()
            return [JobNote.model_validate({"job": r.job, "state": r.state, "message": r.message, "at": utc(r.at)}) for r in rows]

    def remote_ids(self, provider: str) -> set[str]:
        """The ids of all jobs that are known by one at a provider."""
        with self._transaction() as sql:
            query = sa.select(JobRow.remote_id).where(JobRow.provider == provider, JobRow.remote_id.is_not(None))
            return {str(name) for name in sql.scalars(query)}

    def called(self, provider: str, remote_id: str) -> list[Job]:
        """The jobs that go by that id at a provider, oldest first."""
        with self._transaction() as sql:
            query = sa.select(JobRow).where(JobRow.provider == provider, JobRow.remote_id == remote_id).order_by(JobRow.id)
            return [_job(row) for row in sql.scalars(query)]

    # -- money ---------------------------------------------------------------------------------------------------------------

    def hold(self, run: str, item: str, provider: str, micro_usd: int, budget: int | None) -> int:
        """Hold money for a call that is about to be made; gives the hold's number. OverBudget as for `intend`."""
        with self._transaction() as sql:
            return self._hold(sql, run, item, provider, micro_usd, budget)

    def release(self, hold: int) -> None:
        """The call is over, and what it cost is written down."""
        with self._transaction() as sql:
            sql.execute(sa.delete(HoldRow).where(HoldRow.id == hold))

    def held(self) -> list[dict[str, Any]]:
        """All that is held now: run, item, provider, micro_usd, at and, where a job holds it, that job's number."""
        with self._transaction() as sql:
            query = sa.select(HoldRow, JobRow.id).outerjoin(JobRow, JobRow.hold == HoldRow.id).order_by(HoldRow.id)
            return [
                {"run": h.run, "item": h.item, "provider": h.provider, "micro_usd": h.micro_usd, "at": utc(h.at), "job": job}
                for h, job in sql.execute(query)
            ]

    def committed(self, run: str) -> int:
        """Micro-dollars spent, held and perhaps charged (an answer is lost, a failure came without a bill), by this run and by
        every other that is at work, or was at any time since it began."""
        with self._transaction() as sql:
            return self._committed(sql, run)

    def _hold(self, sql: SqlSession, run: str, item: str, provider: str, micro_usd: int, budget: int | None) -> int:
        if sql.get_bind().dialect.name == "postgresql":
            sql.execute(sa.text("LOCK TABLE holds IN EXCLUSIVE MODE"))
        # The insert comes first: on SQLite it takes the one place for writers, so that two processes never count at once.
        row = HoldRow(run=run, item=item, provider=provider, micro_usd=micro_usd, at=utc_now())
        sql.add(row)
        sql.flush()
        if budget is not None:
            committed = self._committed(sql, run)
            if committed > budget:
                raise OverBudget(
                    f"{item} at {provider} may cost {amount(micro_usd)}, and with {amount(committed - micro_usd)} spent "
                    f"or promised that is over the budget of {amount(budget)}; it was not asked for.",
                    "What is finished is kept. Raise --budget and run the same again, or choose a cheaper backend.",
                )
        return row.id

    def _committed(self, sql: SqlSession, run: str) -> int:
        began = sa.select(RunRow.started).where(RunRow.id == run).scalar_subquery()
        beside = sa.select(RunRow.id).where(sa.or_(RunRow.id == run, RunRow.state == "running", RunRow.finished >= began))
        sums = (
            sql.scalar(sa.select(sa.func.coalesce(sa.func.sum(row.micro_usd), 0)).where(row.run.in_(beside)))
            for row in (SpendRow, HoldRow)
        )
        ended = sa.and_(JobRow.state.in_(PERHAPS_PAID), JobRow.remote_id.is_not(None))
        perhaps = sa.select(sa.func.sum(JobRow.held_micro_usd)).where(
            JobRow.run.in_(beside), JobRow.micro_usd.is_(None), sa.or_(JobRow.state.in_(GIVEN_UP), ended)
        )
        return sum(int(each or 0) for each in (*sums, sql.scalar(perhaps))) + (in_doubt(sql, beside) if self._whole else 0)


_ATTEMPTS: dict[JobStep, Any] = {
    "verified": "rendered",
    "refused": "failed",
    "failed": "failed",
    "cancelled": "interrupted",
    "intent": "unknown",
    "unknown": "unknown",
    "resubmit": "unknown",
    "dropped": "unknown",
}


def attempt_of(job: Job, number: int, priced_on: datetime.date | None = None) -> Attempt:
    """A job as the manifest tells of it. One that is still open ended without us: `interrupted`. priced_on: of what was paid."""
    return Attempt(
        number=number,
        provider=job.provider,
        model=job.model,
        state=_ATTEMPTS.get(job.state, "interrupted"),
        message=None if job.state == "verified" else job.message,
        code=job.code,
        remote_id=job.remote_id,
        prompt=job.prompt,
        seed_sent=job.seed_sent,
        seed_returned=job.seed_returned,
        paid=job.micro_usd or 0,
        priced_on=priced_on,
        perhaps=job.held_micro_usd if job.perhaps_paid else 0,
    )


def _job(row: JobRow) -> Job:
    values = {name: getattr(row, name) for name in Job.model_fields}
    values |= {name: json.loads(values[name] or "{}") for name in ("extra", "facts")}
    values |= {name: utc(values[name]) for name in ("created", "submitted", "changed")}
    try:
        return Job.model_validate(values)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))} {e['input']!r}" for e in error.errors(include_url=False))
        raise StoreError(
            f"job {row.id} in the ledger was written by another version of Longvid: {wrong}.",
            "Upgrade Longvid, or name another ledger (LONGVID_LEDGER_URL); finished clips are found all the same.",
        ) from error
