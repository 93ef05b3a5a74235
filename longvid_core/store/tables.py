"""The ledger's tables: what was run, what became of each segment, every try, every job far away, every cent."""

from __future__ import annotations

import datetime
from typing import TypeVar

from sqlalchemy import BigInteger, Date, DateTime, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

At = TypeVar("At", datetime.datetime, "datetime.datetime | None")


def utc_now() -> datetime.datetime:
    """The time, as it is written."""
    return datetime.datetime.now(datetime.timezone.utc)


def utc(at: At) -> At:
    """A time as it is read: SQLite forgets the zone, and what is written is UTC."""
    return at.replace(tzinfo=datetime.timezone.utc) if at is not None and at.tzinfo is None else at


class Table(DeclarativeBase):
    """Base of the tables."""


class RunRow(Table):
    """One command, or one queued graph."""

    __tablename__ = "runs"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    command: Mapped[str] = mapped_column(Text)
    folder: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(16), default="running")
    message: Mapped[str | None] = mapped_column(Text)
    started: Mapped[datetime.datetime] = mapped_column(DateTime(timezone=True))
    finished: Mapped[datetime.datetime | None] = mapped_column(DateTime(timezone=True))


class SegmentRow(Table):
    """What became of a segment in a run."""

    __tablename__ = "segments"
    run: Mapped[str] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    index: Mapped[int] = mapped_column(Integer)
    render_key: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[str] = mapped_column(String(16))
    clip_sha256: Mapped[str | None] = mapped_column(String(64))


class AttemptRow(Table):
    """One try at rendering one key. Written as `rendering` before the work begins, and settled after."""

    __tablename__ = "attempts"
    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    run: Mapped[str] = mapped_column(ForeignKey("runs.id"))
    segment: Mapped[str] = mapped_column(String(80))
    render_key: Mapped[str] = mapped_column(String(64))
    provider: Mapped[str] = mapped_column(String(80))
    model: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(16), default="rendering")
    message: Mapped[str | None] = mapped_column(Text)
    started: Mapped[datetime.datetime] = mapped_column(DateTime(timezone=True))
    finished: Mapped[datetime.datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (Index("attempts_by_key", "render_key"),)


class SpendRow(Table):
    """Money that left."""

    __tablename__ = "spend"
    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    run: Mapped[str] = mapped_column(ForeignKey("runs.id"))
    segment: Mapped[str] = mapped_column(String(80))
    provider: Mapped[str] = mapped_column(String(80))
    micro_usd: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime.datetime] = mapped_column(DateTime(timezone=True))


class BillRow(Table):
    """Whose word a payment's amount is: the provider's where `priced_on` is null, else our price of that day.

    A payment that an earlier Longvid wrote down has none. A table of its own, so that a ledger of before is gone on with.
    """

    __tablename__ = "bills"
    spend: Mapped[int] = mapped_column(ForeignKey("spend.id"), primary_key=True, autoincrement=False)
    job: Mapped[int | None] = mapped_column(ForeignKey("jobs.id"))
    priced_on: Mapped[datetime.date | None] = mapped_column(Date)

    __table_args__ = (Index("bills_by_job", "job"),)


class DoubtRow(Table):
    """A call that may have been charged, or was, without anybody's knowing how much. Of jobs the `jobs` tell that themselves.

    `lost`: whether it was charged is not known, up to `micro_usd` (null: nor is that). `unpriced`: its answer came, and neither
    the provider nor the catalog says what it cost.
    """

    __tablename__ = "doubts"
    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    run: Mapped[str] = mapped_column(ForeignKey("runs.id"))
    item: Mapped[str] = mapped_column(String(80))
    provider: Mapped[str] = mapped_column(String(300))
    kind: Mapped[str] = mapped_column(String(16))
    micro_usd: Mapped[int | None] = mapped_column(BigInteger)
    message: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime.datetime] = mapped_column(DateTime(timezone=True))


class HoldRow(Table):
    """Money that may be about to leave: counted as spent until it is, or is not."""

    __tablename__ = "holds"
    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    run: Mapped[str] = mapped_column(ForeignKey("runs.id"))
    item: Mapped[str] = mapped_column(String(80))
    provider: Mapped[str] = mapped_column(String(300))
    micro_usd: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime.datetime] = mapped_column(DateTime(timezone=True))


class JobRow(Table):
    """One job at a remote provider. Written as `intent` before anything is sent; its journal is in `job_steps`."""

    __tablename__ = "jobs"
    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    run: Mapped[str] = mapped_column(ForeignKey("runs.id"))
    segment: Mapped[str] = mapped_column(String(80))
    index: Mapped[int] = mapped_column(Integer)
    render_key: Mapped[str] = mapped_column(String(64))
    provider: Mapped[str] = mapped_column(String(80))
    model: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(16))
    remote_id: Mapped[str | None] = mapped_column(Text)
    extra: Mapped[str] = mapped_column(Text, default="{}")
    prompt: Mapped[str] = mapped_column(Text, default="")
    seed_sent: Mapped[str | None] = mapped_column(String(20))
    seed_returned: Mapped[str | None] = mapped_column(String(20))
    hold: Mapped[int | None] = mapped_column(BigInteger().with_variant(Integer, "sqlite"))
    held_micro_usd: Mapped[int] = mapped_column(BigInteger, default=0)
    micro_usd: Mapped[int | None] = mapped_column(BigInteger)
    code: Mapped[str | None] = mapped_column(Text)
    message: Mapped[str | None] = mapped_column(Text)
    facts: Mapped[str] = mapped_column(Text, default="{}")
    file: Mapped[str | None] = mapped_column(Text)
    file_sha256: Mapped[str | None] = mapped_column(String(64))
    created: Mapped[datetime.datetime] = mapped_column(DateTime(timezone=True))
    submitted: Mapped[datetime.datetime | None] = mapped_column(DateTime(timezone=True))
    changed: Mapped[datetime.datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (Index("jobs_by_key", "render_key"), Index("jobs_by_state", "state"))


class JobStepRow(Table):
    """One step of a job, as it was taken. Rows are added and never changed."""

    __tablename__ = "job_steps"
    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    job: Mapped[int] = mapped_column(ForeignKey("jobs.id"))
    state: Mapped[str] = mapped_column(String(16))
    message: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime.datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (Index("job_steps_by_job", "job"),)
