"""What `longvid spend` adds up: payments, on whose word each is, and what may have been charged besides."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from ..models.job import Job
    from .ledgers import Books

Way = Literal["run", "provider", "day"]
_MOST = 100_000


@dataclass(frozen=True)
class Doubt:
    """Something that may have been charged, or was, for nobody knows how much. micro_usd None: there is no limit to tell.

    came: it was made, so that it was charged; only its price is not known. job: 0 for a call that is none, a picture's, say.
    """

    run: str
    item: str
    provider: str
    at: datetime.datetime
    micro_usd: int | None
    came: bool
    why: str
    job: int = 0

    @property
    def value(self) -> dict[str, Any]:
        """As JSON."""
        told = {"run": self.run, "item": self.item, "provider": self.provider, "at": self.at.isoformat()}
        return {"job": self.job or None, **told, "state": self.why, "micro_usd": self.micro_usd}


@dataclass
class Sum:
    """Micro-dollars that left, in parts, and what may have left besides. `prices`: the days of the prices we reckoned by."""

    payments: int = 0
    billed: int = 0
    reckoned: int = 0
    untold: int = 0
    prices: set[datetime.date] = field(default_factory=set)
    perhaps: int = 0
    doubtful: int = 0
    """How many things may have been charged."""
    limitless: int = 0
    """How many of those could have cost anything."""
    unpriced: int = 0
    """How many things came whose price nobody knows."""

    @property
    def paid(self) -> int:
        return self.billed + self.reckoned + self.untold

    def pay(self, payment: dict[str, Any]) -> None:
        """Add a payment, as `Payments.spending` gives it."""
        self.payments += 1
        if not payment["told"]:
            self.untold += payment["micro_usd"]
        elif payment["priced_on"] is None:
            self.billed += payment["micro_usd"]
        else:
            self.reckoned += payment["micro_usd"]
            self.prices.add(payment["priced_on"])

    def doubt(self, doubt: Doubt) -> None:
        """Add what may have been charged."""
        if doubt.came:
            self.unpriced += 1
        else:
            self.doubtful += 1
            self.perhaps += doubt.micro_usd or 0
            self.limitless += doubt.micro_usd is None

    @property
    def value(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "payments": self.payments,
            "micro_usd": self.paid,
            "billed_micro_usd": self.billed,
            "estimated_micro_usd": self.reckoned,
            "not_recorded_micro_usd": self.untold,
            "prices_of": sorted(day.isoformat() for day in self.prices),
            "perhaps_micro_usd": self.perhaps,
            "perhaps": self.doubtful,
            "unpriced": self.unpriced,
        }


def added_up(paid: Sequence[dict[str, Any]], doubts: Sequence[Doubt], way: Way) -> tuple[list[tuple[str, Sum]], Sum]:
    """A sum for each run, provider or day, and that of all: runs and days with the newest first, providers with the dearest."""
    events: list[tuple[datetime.datetime, dict[str, str], dict[str, Any] | Doubt]] = []
    for payment in paid:
        events.append((payment["at"], _names(payment["run"], payment["provider"], payment["at"]), payment))
    for doubt in doubts:
        events.append((doubt.at, _names(doubt.run, doubt.provider, doubt.at), doubt))
    found: dict[str, Sum] = {}
    total = Sum()
    for _, names, each in sorted(events, key=lambda event: event[0]):
        for added in (found.setdefault(names[way], Sum()), total):
            if isinstance(each, Doubt):
                added.doubt(each)
            else:
                added.pay(each)
    newest = list(reversed(found.items()))  # ids of runs begun in one second follow no order
    return (sorted(newest, key=lambda row: -row[1].paid) if way == "provider" else newest), total


def _names(run: str, provider: str, at: datetime.datetime) -> dict[str, str]:
    return {"run": run, "provider": provider, "day": at.astimezone().date().isoformat()}


def doubts_of(books: Books, since: datetime.datetime | None) -> list[Doubt]:
    """All that may have been charged since then beyond what is written down as paid, oldest first."""
    found = [*_of_jobs(books), *_of_calls(books)]
    return sorted((d for d in found if since is None or d.at >= since), key=lambda d: d.at)


def _of_jobs(books: Books) -> Iterator[Doubt]:
    for job in books.ledger.journal.jobs(limit=_MOST):
        lost = job.perhaps_paid or (job.state == "intent" and not books.at_work(job))
        if job.unpriced or (lost and (job.held_micro_usd or not _free(job))):
            why = job.state if lost else "unpriced"
            most = None if job.unpriced else job.held_micro_usd or None
            yield Doubt(job.run, job.segment, job.named, job.created, most, job.unpriced, why, job.id)


def _free(job: Job) -> bool:
    """Whether the job's model costs nothing, by the catalog alone."""
    from ..catalog import entry_of
    from ..errors import LongvidError

    try:
        entry = entry_of(job.provider).models.get(job.model)
    except LongvidError:  # a provider that is not installed any more
        return False
    return entry is not None and entry.price is not None and entry.price.unit == "free"


def _of_calls(books: Books) -> Iterator[Doubt]:
    for each in books.ledger.payments.doubts():
        came = each["kind"] == "unpriced"
        yield Doubt(each["run"], each["item"], each["provider"], each["at"], each["micro_usd"], came, each["kind"])
    for hold in books.ledger.journal.held():  # of runs that were killed, and of which no other took note yet
        if hold["job"] is None and not books.alive(hold["run"]):
            yield Doubt(hold["run"], hold["item"], hold["provider"], hold["at"], hold["micro_usd"] or None, False, "lost")


def held(books: Books, doubts: Sequence[Doubt]) -> int:
    """Micro-dollars held for jobs under way and for calls being made; of those that are doubtful nothing."""
    doubtful = {doubt.job for doubt in doubts if doubt.job}
    return sum(
        hold["micro_usd"]
        for hold in books.ledger.journal.held()
        if (hold["job"] not in doubtful if hold["job"] is not None else books.alive(hold["run"]))
    )
