"""The command line: `longvid …`. It parses, calls the core, and shows events; see `main`.

Every file here imports at its top only what is light: `longvid --help` must answer at once. What is heavy (pydantic, rich,
the stages) is imported inside the command that needs it.
"""

from .entry import main

__all__ = ["main"]
