"""Entry point: runs a command, and turns whatever ends it into one message and an exit code."""

from __future__ import annotations

import io
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from . import failures, runs


def main(argv: Sequence[str] | None = None) -> int:
    """Run `longvid` with `argv` (default: the process's own) and return the exit code.

    0 done, 1 a check did not hold, 2 bad input, 3 a provider failed, 4 over budget, 5 interrupted. With `--json` in
    `argv` a failure is the last line on stdout, too, whatever failed: a usage error included.
    """
    args = list(sys.argv[1:] if argv is None else argv) or ["--help"]
    runs.remember_typed(args)
    failures.remember_log(None)
    failures.remember_resume(None)
    _stop_on_sigterm()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without a letter shows "?" and the run goes on
    try:
        code = 0 if _ran_quickly(args) else _run(args)
        sys.stdout.flush()
    except (BrokenPipeError, failures.ReaderGone):
        return failures.reader_gone()
    except (KeyboardInterrupt, Exception) as error:  # the only place where everything is caught: each becomes a message
        return failures.report(error, args)
    return code if isinstance(code, int) else 0


def _ran_quickly(args: list[str]) -> bool:
    """Whether it was a command that `quick` knows, and is done."""
    if args[0] != "concat" or "--copy" not in args:
        return False
    from . import quick

    return quick.ran(args)


def _run(args: list[str]) -> object:
    from .app import app

    return app(args=args, prog_name="longvid", standalone_mode=False)


def _stop_on_sigterm() -> None:
    """A SIGTERM ends a run as Ctrl-C does: children are stopped, nothing half-written stays."""

    def stop(signum: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    try:
        signal.signal(signal.SIGTERM, stop)
    except ValueError:  # not in the main thread: the host's own handling stands
        return
