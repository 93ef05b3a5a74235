"""How a remote job stands, in words: its money, its age, and what to type next."""

from __future__ import annotations

import datetime
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..errors import LongvidError
from ..models.job import OPEN, UNSETTLED, Job
from ..money import amount
from .failures import clean

if TYPE_CHECKING:
    from ..models.job import JobNote
    from .ledgers import Books

STYLES = {
    "intent": "yellow", "unknown": "bold yellow", "resubmit": "yellow", "dropped": "yellow", "submitted": "cyan",
    "running": "cyan", "succeeded": "cyan", "downloaded": "cyan", "verified": "green", "refused": "dim", "failed": "red",
    "cancelled": "dim",
}  # fmt: skip


@dataclass(frozen=True)
class Standing:
    """A job as one looks at it now. at_work: its run's process lives. lists: whether its provider can tell what it has taken in.
    command: its run's; empty where that is not known."""

    job: Job
    at_work: bool
    lists: bool
    command: str

    @classmethod
    def of(cls, job: Job, books: Books) -> Standing:
        """How the job stands."""
        run = books.ledger.run(job.run)
        return cls(job, books.at_work(job), job.state in UNSETTLED and _lists(job, books), run["command"] if run else "")

    @property
    def lost(self) -> bool:
        """Whether nobody knows what became of it."""
        return self.job.state == "unknown" or (self.job.state == "intent" and not self.at_work)

    @property
    def money(self) -> str:
        """What was paid, may have been, or is held for it."""
        job = self.job
        if job.micro_usd is not None:
            return f"{amount(job.micro_usd)} paid"
        if job.unpriced:
            return "not known"
        if not job.held_micro_usd or job.state == "refused":
            return "-"
        if self.lost or job.perhaps_paid:
            return f"up to {amount(job.held_micro_usd)}"
        return f"{amount(job.held_micro_usd)} held" if job.state in OPEN else "-"

    @property
    def next(self) -> str | None:
        """What to type next; None where there is nothing to do."""
        job = self.job
        if job.state == "dropped":
            return f"longvid jobs resolve {job.id} resubmit"
        if job.state not in OPEN or self.at_work:
            return None
        if not self.lost:
            return self._again
        resolve = f"longvid jobs resolve {job.id} adopt REMOTE|resubmit|drop"
        return f"{self._again}   (looks it up), or {resolve}" if self.lists else resolve

    @property
    def said(self) -> str:
        """What that is about, in words; empty where there is nothing to say."""
        if self.job.state == "dropped":
            return "it was given up; this asks for it anew"
        if self.job.state not in OPEN:
            return ""
        if self.at_work:
            return f"run {self.job.run} is at work"
        return "it may have been bought, and the answer is lost" if self.lost else "goes on with it"

    @property
    def _again(self) -> str:
        return f"longvid jobs resume {self.job.run}" if typed(self.command) else "queue its workflow again"

    @property
    def value(self) -> dict[str, Any]:
        """As JSON."""
        return {**self.job.json_value(), "at_work": self.at_work, "next": self.next}


def typed(command: str) -> list[str]:
    """The words of a run's command line, `longvid` first; none where it was not started from one."""
    try:
        words = shlex.split(command)
    except ValueError:
        return []
    return words if words and words[0] == "longvid" else []


def age(since: datetime.datetime) -> str:
    """How long ago that was: `40 s`, `12 min`, `3 h`, `2 d`."""
    seconds = max(0.0, (datetime.datetime.now(datetime.timezone.utc) - since).total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def table(found: list[Standing]) -> RenderableType:
    """A line for each job, and after them what to type next."""
    jobs = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for name in ("job", "state", "segment", "model", "id there", "age", "money"):
        jobs.add_column(name, justify="right" if name == "job" else "left", no_wrap=name != "id there")
    todo = Table.grid(padding=(0, 2))
    todo.add_column(justify="right", no_wrap=True)
    todo.add_column(overflow="fold")
    for each in found:
        job = each.job
        state = Text(job.state, style=STYLES[job.state])
        where = f"{job.index:02d} {job.segment}"
        # the id gives way where there is no room for all: `jobs show` has it whole
        named = Text(clean(job.remote_id or "-"), no_wrap=True, overflow="ellipsis")
        jobs.add_row(str(job.id), state, where, job.named, named, age(job.created), each.money)
        if each.next or each.said:
            words = Text(each.next or "", style="bold")
            words.append(f"{'   ' if each.next else ''}{each.said}", style="dim")
            todo.add_row(str(job.id), words)
    return Group(jobs, Text(), todo) if todo.row_count else jobs


def details(standing: Standing, notes: list[JobNote]) -> RenderableType:
    """Everything about one job, and its journal."""
    job = standing.job
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    facts.add_row("job", Text.assemble((str(job.id), "bold"), "  ", (job.state, STYLES[job.state])))
    facts.add_row("segment", f"{job.index:02d} {clean(job.segment)}")
    facts.add_row("model", job.named)
    facts.add_row("id there", clean(job.remote_id or "-"))
    facts.add_row("run", job.run)
    facts.add_row("money", standing.money)
    seeds = "" if job.seed_returned is None else f", returned {job.seed_returned}"
    facts.add_row("seed", "-" if job.seed_sent is None else f"{job.seed_sent} sent{seeds}")
    facts.add_row("prompt", Text(clean(job.prompt)))
    if job.code or job.message:
        facts.add_row("said", Text(clean(": ".join(filter(None, (job.code, job.message))))))
    if standing.next or standing.said:
        facts.add_row("next", Text(f"{standing.next or ''}{'   ' if standing.next else ''}{standing.said}"))
    journal = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    journal.add_column("when", no_wrap=True)
    journal.add_column("step", no_wrap=True)
    journal.add_column("", overflow="fold")
    for note in notes:
        at = note.at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        journal.add_row(at, Text(note.state, style=STYLES[note.state]), Text(clean(note.message or "")))
    return Group(facts, Text(), journal)


def _lists(job: Job, books: Books) -> bool:
    from ..providers.jobs import Lists

    try:
        return isinstance(books.renderers.named(job.provider), Lists)
    except LongvidError:  # a provider that is not installed any more
        return False
