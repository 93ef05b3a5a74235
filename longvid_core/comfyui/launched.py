"""Runs a script so that it ends with the process that started it: `python launched.py SCRIPT ARGUMENTS...`, by ComfyUI's Python.

Its standard input is a pipe that nobody writes to. The system closes that when the other process is gone, however it went; then
this one ends, too. Nothing but the standard library is imported here, and not Longvid.
"""

import os
import runpy
import signal
import sys
import threading


def _end_with_the_other() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_end_with_the_other, daemon=True).start()
    del sys.argv[0]
    sys.path[0] = os.path.dirname(os.path.abspath(sys.argv[0]))
    runpy.run_path(sys.argv[0], run_name="__main__")
