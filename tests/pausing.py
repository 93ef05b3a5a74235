"""A `longvid` that stops in its tracks once it has told of something: a signal meets it there, however busy the machine is."""

from __future__ import annotations

import os
import subprocess
import sys

_CODE = """
import os, signal, sys
from longvid_core.cli import main
from longvid_core.render.session import Session

emit, awaited = Session.emit, sys.argv.pop(1).split()

def told(self, event):
    emit(self, event)
    if awaited and awaited[0] in (event.event, getattr(event, "unit", None)):
        awaited.pop(0)
        if not awaited:
            os.kill(os.getpid(), signal.SIGSTOP)

Session.emit = told
sys.exit(main())
"""


def pausing(after: str) -> list[str]:
    """What starts it. `after`: events, or units of progress, one after the other; it stops once it told of the last."""
    return [sys.executable, "-c", _CODE, after]


def paused(process: subprocess.Popen[str]) -> None:
    """Wait until it has stopped."""
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status), f"it ended before ({status})"
