"""What one call may cost: held while it is made, and settled as paid, as free, or as in doubt, whatever becomes of the call."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import Interrupted, LongvidError, OverBudget, RenderFailed, StoreError
from ..models.records import Cost
from ..providers.faults import ProviderFault

if TYPE_CHECKING:
    from .session import Session


@dataclass
class Bill:
    """One call at PROVIDER:MODEL for a segment, a keyframe or the plan (`item`). `most`: micro-dollars; 0 where nobody knows."""

    session: Session
    item: str
    provider: str
    most: int
    hold: int
    settled: bool = False
    doubted: int = 0
    """What it may have been charged, where that stays unknown."""

    def pay(self, micro_usd: int | None, priced_on: datetime.date | None = None) -> None:
        """The answer is there, and cost that (None: nobody says), as in `Payments.pay`."""
        self.settled = True
        if micro_usd is None:
            self.session.ledger.payments.doubt(self.hold, "unpriced", "")
        else:
            self.session.spend(self.item, self.provider, micro_usd, priced_on=priced_on, hold=self.hold)

    def end(self, error: BaseException) -> None:
        """There is no answer."""
        self.settled = True
        if perhaps_charged(error):
            self.doubted = self.most
            why = error.what if isinstance(error, LongvidError) else "it was stopped while it was asked"
            self.session.ledger.payments.doubt(self.hold, "lost", why)
        else:
            self.session.ledger.journal.release(self.hold)


@dataclass
class Tally:
    """What one thing cost, over every try at it. Micro-dollars."""

    paid: int = 0
    reckoned: int = 0
    priced_on: datetime.date | None = None
    perhaps: int = 0

    def add(self, micro_usd: int | None, priced_on: datetime.date | None) -> None:
        """Count a payment, as in `Bill.pay`."""
        self.paid += micro_usd or 0
        if micro_usd and priced_on is not None:
            self.reckoned += micro_usd
            self.priced_on = min(priced_on, self.priced_on or priced_on)

    def cost(self, estimated: int) -> Cost:
        """As it is recorded; `estimated`: what one try costs at most, by the catalog."""
        return Cost(
            paid=self.paid, estimated=estimated, reckoned=self.reckoned, priced_on=self.priced_on, perhaps=self.perhaps
        )  # fmt: skip


@contextlib.contextmanager
def billed(session: Session, item: str, provider: str, most: int | None, budget: int | None) -> Iterator[Bill]:
    """Make a call inside: up to `most` micro-dollars are held for it meanwhile, None where its price is not known.

    Inside, `Bill.pay` says what it cost, as soon as that is known. OverBudget, before anything is asked, as for `Journal.hold`,
    and for an unknown price where there is a `budget` (micro-dollars).
    """
    session.check()  # else it is asked for, perhaps paid, and thrown away
    if budget is not None and most is None:
        unknown = f"there is a budget, and the price of {provider} is not known."
        raise OverBudget(unknown, "Choose another, or leave the budget out.")
    hold = session.ledger.journal.hold(session.run_id, item, provider, most or 0, budget)
    bill = Bill(session, item, provider, most or 0, hold)
    try:
        yield bill
    except BaseException as error:
        if not bill.settled:
            with contextlib.suppress(StoreError):  # the error under way is the one to be told; what is held stays in doubt
                bill.end(error)
        raise
    if not bill.settled:
        session.ledger.journal.release(hold)


def perhaps_charged(error: BaseException) -> bool:
    """Whether a call that ended so may have been charged: its request may have been taken in."""
    if isinstance(error, ProviderFault):
        return error.sent
    if isinstance(error, (Interrupted, StoreError)):
        return True
    # of our own refusals, said before anything is sent, none costs anything; what nobody foresaw may have come at any time
    return not isinstance(error, LongvidError) or type(error) is RenderFailed
