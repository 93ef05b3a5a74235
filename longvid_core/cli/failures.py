"""What a person reads when something went wrong: one message, on stderr, and the exit code that goes with it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import NamedTuple

from ..errors import Interrupted, LongvidError
from ..files import in_words

GO_ON = "What was finished is kept; run the same command to go on from there."
UNEXPECTED = 3
"""The contract's nearest code for a fault of our own: nothing is wrong with the input, and no film was made."""


_log: str | None = None


def remember_log(path: str | None) -> None:
    """From now on a fault of our own is reported together with this log's place (None: there is none)."""
    global _log
    _log = path


_resume: str | None = None
_UNFINISHED = (3, 4, 5)
"""Exit codes of a run that can be gone on with."""


def remember_resume(way: str | None) -> None:
    """From now on a run that does not come to its end is told to be gone on with in this way, and not by what was typed: that
    would begin another one, and buy everything anew. None: what was typed will do."""
    global _resume
    _resume = way


class Failure(NamedTuple):
    """An exit code and the whole text for a person."""

    code: int
    message: str


def report(error: BaseException, args: Sequence[str]) -> int:
    """Say what went wrong and return the exit code."""
    failure = explain(error)
    if "--debug" in args:
        import traceback

        traceback.print_exception(error)
    if wants_json(args):
        print(json.dumps({"event": "failed", "code": failure.code, "message": failure.message}), flush=True)
    _print_red("longvid: ", failure.message)
    return failure.code


def wants_json(args: Sequence[str]) -> bool:
    """Whether the command line asks for JSON lines. Read from the raw words, because a usage error has no parsed ones."""
    words = list(args)
    return "--json" in (words[: words.index("--")] if "--" in words else words)


def explain(error: BaseException) -> Failure:
    """The exit code and text for any exception that ended a command."""
    found = _explained(error)
    if _resume is None or found.code not in _UNFINISHED:
        return found
    return Failure(found.code, f"{found.message}\n  {_resume}")


def _explained(error: BaseException) -> Failure:
    if isinstance(error, Interrupted) and not error.way_out:
        return Failure(error.exit_code, f"{error}\n  {GO_ON}")
    if isinstance(error, LongvidError):
        return Failure(error.exit_code, str(error))
    if isinstance(error, KeyboardInterrupt):
        return Failure(Interrupted.exit_code, f"stopped.\n  {GO_ON}")
    usage = getattr(error, "format_message", None)
    if usage is not None:  # typer's own errors; older versions raise click's, which are alike
        return Failure(2, _usage(error, usage()))
    if type(error).__name__ == "Abort":
        return Failure(Interrupted.exit_code, f"stopped.\n  {GO_ON}")
    if type(error).__name__ == "ValidationError":  # asked by name first, so that a usage error does not wake pydantic
        from pydantic import ValidationError

        from ..validation import describe

        if isinstance(error, ValidationError):
            return Failure(2, "this does not hold:\n  " + "\n  ".join(describe(error)))
    if isinstance(error, RecursionError):
        return Failure(2, "the file is nested too deeply to be read.")
    if isinstance(error, OSError):
        return Failure(2, _system(error))
    return Failure(UNEXPECTED, _unexpected(error))


class ReaderGone(Exception):
    """Nobody reads our stdout any more (`longvid … | head`)."""


def reader_gone() -> int:
    """What ReaderGone comes to: nothing where all that was asked for was text, a run that stopped where one was under way."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else the interpreter complains while closing it
    if _log is None:
        return 0
    _print_red("longvid: ", f"stopped: whoever read the output went away.\n  {_resume or GO_ON}")
    return Interrupted.exit_code


def _usage(error: BaseException, message: str) -> str:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "longvid"
    text = message.strip().replace("\n\t", " ")
    return f"{text[:1].lower()}{text[1:]}\n  See {command} --help."


def _system(error: OSError) -> str:
    why, way_out = in_words(error)
    name = error.filename if isinstance(error.filename, str) else None
    what = f"{name}: {why}." if name else f"{why}."
    return f"{what}\n  {way_out}" if way_out else what


def _unexpected(error: BaseException) -> str:
    text = " ".join(str(error).split()) or "no message"
    where = f"The run's log is {_log}. " if _log else ""
    return f"a fault in Longvid: {type(error).__name__}: {text}\n  {where}`longvid --debug …` shows where it happened."


def _print_red(prefix: str, message: str) -> None:
    red = sys.stderr.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    print(f"\x1b[1;31m{prefix}\x1b[0m{clean(message)}" if red else prefix + clean(message), file=sys.stderr, flush=True)


def clean(text: str) -> str:
    """`text` without control characters (a file's name may hold some), which a terminal would obey. Line ends stay."""
    return "".join(c if c == "\n" or c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
