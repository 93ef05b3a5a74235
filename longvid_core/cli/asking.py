"""Asking the person at the terminal what became of a job whose answer is lost."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..models.job import Decision, Job
from ..money import amount
from .failures import clean

if TYPE_CHECKING:
    from .reporting import Reporter

_LOOK_EVERY_S = 0.2
_CHOICES = "  adopt ID: it is that job there · resubmit: buy it again · drop: give it up · Enter: leave it for now"


def asker(out: Reporter, interrupted: Callable[[], bool]) -> Callable[[Job], Decision | None] | None:
    """What asks, where somebody is at a terminal to read the question and to type an answer; None elsewhere."""
    try:
        if not (sys.stdin.isatty() and sys.stderr.isatty() and os.name == "posix"):
            return None
    except (AttributeError, ValueError):  # there is none, or it is closed
        return None

    def ask(job: Job) -> Decision | None:
        with out.paused():
            return _asked(job, interrupted)

    return ask


def _asked(job: Job, interrupted: Callable[[], bool]) -> Decision | None:
    _say(
        f"\nsegment {job.index} ({job.segment}): job {job.id} at {job.named} may have been bought "
        f"(up to {amount(job.held_micro_usd)}), and the answer is lost: {job.message or 'nothing more is known'}\n"
        f"  Look at your jobs on {job.provider}'s site, then say what became of it:\n{_CHOICES}"
    )
    while True:
        _say("> ", end="")
        line = _line(interrupted)
        words = line.split() if line else []
        if not words:
            _say("" if line else "\n", end="")
            return None
        if words[0] == "adopt" and len(words) == 2:
            return Decision(what="adopt", remote_id=words[1])
        if words in (["resubmit"], ["drop"]):
            return Decision.model_validate({"what": words[0]})
        _say(f"That is none of these.\n{_CHOICES}")


def _line(interrupted: Callable[[], bool]) -> str:
    """The next line that is typed; empty where there will be none: the terminal is closed, or one is told to stop."""
    while not interrupted():
        ready, _, _ = select.select([sys.stdin], [], [], _LOOK_EVERY_S)
        if ready:
            return sys.stdin.readline()
    return ""


def _say(text: str, end: str = "\n") -> None:
    print(clean(text), end=end, file=sys.stderr, flush=True)
