"""Entry point: runs a command, and turns whatever ends it into one message and an exit code."""

from __future__ import annotations

import io
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from . import failures, runs
from .app import app


def main(argv: Sequence[str] | None = None) -> int:
    """Run `longvid` with `argv` (default: the process's own) and return the exit code.

    0 done, 1 a check did not hold, 2 bad input, 3 a provider failed, 4 over budget, 5 interrupted. With `--json` in
    `argv` a failure is the last line on stdout, too, whatever failed: a usage error included.
    """
    args = list(sys.argv[1:] if argv is None else argv) or ["--help"]
    runs.remember_typed(args)
    failures.remember_log(None)
    _stop_on_sigterm()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without a letter shows "?" and the run goes on
    try:
        code = app(args=args, prog_name="longvid", standalone_mode=False)
        sys.stdout.flush()
    except (BrokenPipeError, failures.ReaderGone):
        return failures.reader_gone()
    except (KeyboardInterrupt, Exception) as error:  # the only place where everything is caught: each becomes a message
        return failures.report(error, args)
    return code if isinstance(code, int) else 0


def _stop_on_sigterm() -> None:
    """A SIGTERM ends a run as Ctrl-C does: children are stopped, nothing half-written stays."""

    def stop(signum: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    try:
        signal.signal(signal.SIGTERM, stop)
    except ValueError:  # not in the main thread: the host's own handling stands
        return
