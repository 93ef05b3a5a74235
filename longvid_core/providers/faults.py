"""What remote providers can answer besides a result, in three words: again, not like this, no."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from ..errors import RenderFailed


class ProviderFault(RenderFailed):
    """A remote provider gave no result. `sent`: the request may have been taken in, and be charged all the same."""

    sent = False


class Transient(ProviderFault):
    """It may go well another time. `retry_after`: the seconds the provider asked for; `busy`: too much was asked at once; `sent`:
    only the answer may be missing."""

    def __init__(
        self, what: str, *way_out: str, retry_after: float | None = None, busy: bool = False, sent: bool = False
    ) -> None:
        super().__init__(what, *way_out)
        self.retry_after, self.busy, self.sent = retry_after, busy, sent


class Moderated(ProviderFault):
    """The provider will not make this, for the `reason` it gave; other words may pass."""

    def __init__(self, what: str, *way_out: str, reason: str, sent: bool = False) -> None:
        super().__init__(what, *way_out)
        self.reason, self.sent = reason, sent


class Refused(ProviderFault):
    """No, and asking again changes nothing. `everything`: nothing else will be answered either (a wrong key, no credit)."""

    def __init__(self, what: str, *way_out: str, everything: bool = False, sent: bool = False) -> None:
        super().__init__(what, *way_out)
        self.everything, self.sent = everything, sent


def fault_of(name: str, status: int, message: str, headers: Mapping[str, str], *, key: str) -> Transient | Refused:
    """The fault behind an HTTP status other than success. `name`: the provider as people know it; `key`: where its key stands."""
    said = f"{name} answered {status}: {message}" if message else f"{name} answered {status}."
    wait = retry_after(headers)
    if status == 429:
        return Transient(said, f"{name} is asked too much at once; try again later.", retry_after=wait, busy=True)
    if status == 408 or status >= 500:  # of the others some mean that a gateway lost the answer (520, 524)
        return Transient(said, "Try again later.", retry_after=wait, sent=status not in (500, 503))
    if status == 401:
        return Refused(said, f"Check {key}.", everything=True)
    if status == 402:
        return Refused(said, f"Add credit to the {name} account, or choose another provider.", everything=True)
    if status == 403:
        return Refused(said, f"The account behind {key} may not do this.", everything=True)
    return Refused(said)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds out of a Retry-After header, which may also hold a date, by the provider's own clock where it tells that.

    None where there is none that can be read, and where it leaves no time to wait: then we wait as long as we see fit."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        at = _date(text)
        if at is None:
            return None
        seconds = (at - (_date(headers.get("date", "")) or datetime.datetime.now(datetime.timezone.utc))).total_seconds()
    return seconds if seconds > 0 else None


def _date(text: str) -> datetime.datetime | None:
    """A time as HTTP writes it; None for what is none."""
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=datetime.timezone.utc)
