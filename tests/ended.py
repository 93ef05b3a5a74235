"""Processes that nobody may wait for, seen to their end."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

PATIENCE_S = 300


def over(pid: int) -> bool:
    """Whether it is gone, or dead and not yet taken away by whoever inherited it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:  # of a process that went away just now as well
        return True


def ends(pid: int) -> bool:
    """Whether it ends by itself; it is killed where it does not."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if over(pid):
            return True
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    return False
