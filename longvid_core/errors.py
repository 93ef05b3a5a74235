"""One small tree of errors. Every message says what happened, why, and what to do; every class carries its exit code."""

from __future__ import annotations


class LongvidError(Exception):
    """Base of everything Longvid raises on purpose.

    `str(error)` is the whole text for a person: first line what and why, indented lines the way out.
    """

    exit_code = 2

    def __init__(self, what: str, *way_out: str) -> None:
        self.what = what
        self.way_out = way_out
        super().__init__("\n  ".join((what, *way_out)))


class BadInput(LongvidError):
    """A prompt, option, file or setting that cannot mean anything. Raised before any work."""


class UnknownName(BadInput):
    """A provider, model, node, segment or policy that does not exist."""


class NewerSchema(BadInput):
    """A file written by a newer Longvid than this one."""


class CannotRender(LongvidError):
    """A plan asks a model for something its catalog entry rules out. Raised before anything is spent."""


class Unreadable(LongvidError):
    """A picture, clip or film that cannot be decoded, or not to its end."""


class MissingTool(LongvidError):
    """A program, font or optional package that this step needs and this machine lacks."""


class StoreError(LongvidError):
    """The store cannot be read or written: full disk, read-only folder, damaged ledger."""


class NotEqual(LongvidError):
    """A check did not hold (replay, diff, verify, seams)."""

    exit_code = 1


class RenderFailed(LongvidError):
    """A provider refused or failed, and some segment has no clip."""

    exit_code = 3


class Unsettled(LongvidError):
    """A job may have been bought, and the answer that would tell is lost. A person settles it: `longvid jobs resolve`."""

    exit_code = 3


class OverBudget(LongvidError):
    """The estimate, or the next submit, exceeds the budget."""

    exit_code = 4


class Interrupted(LongvidError):
    """Stopped by the person or the host. What was finished is in the store; the same command goes on from there."""

    exit_code = 5
