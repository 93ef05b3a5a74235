"""`longvid concat CLIP… --copy -o FILM` without the libraries that read options, settings and events.

ffmpeg copies two dozen clips in less time than those take to be imported. So this one command is known here by its words, and
only where nothing else has a say: no other option, no settings file, no variable that sets something, no terminal, which gets
a live screen. Everything that can fail is done by what `clips.concat` calls, too, so that both say and write the same.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ..media.concat import ConcatResult, concat
from ..media.copying import MUXERS
from . import runs
from .brief import check_output
from .failures import clean

_ABOUT_THE_STORE = ("LONGVID_HOME", "LONGVID_LEDGER_URL")
_ABOUT_TERMINALS = ("FORCE_COLOR", "TTY_COMPATIBLE")


class Asked(NamedTuple):
    """Clips to copy one after the other, and the film's file as it was typed."""

    clips: list[Path]
    output: Path


def copy_target(output: Path) -> Path:
    """The film's file, absolute. BadInput unless it can be written there; ffmpeg refuses what does not go into its container."""
    return check_output(output, tuple(MUXERS), "film")


def finished(asked: Asked, film: ConcatResult) -> str:
    """The line that says that the film is there."""
    return f"{asked.output}: {film.frames} frames from {len(asked.clips)} clips"


def ran(args: Sequence[str]) -> bool:
    """Whether `args` are that command, and it is done. False: nothing was done. Raises what `clips.concat` raises."""
    asked = _read(args)
    if asked is None or not _nothing_is_set() or not _is_read_by_machines():
        return False
    target = copy_target(asked.output)
    with runs.stoppable() as interrupted:
        film = concat(asked.clips, target, copy=True, interrupted=interrupted)
        print(clean(finished(asked, film)), flush=True)
    return True


def _read(args: Sequence[str]) -> Asked | None:
    """What `args` ask for, if it is that and in the plainest words; None leaves them to the parser that knows every form."""
    command, *words = args
    clips, outputs, copy = [], [], False
    while words:
        word = words.pop(0)
        if word in ("-o", "--output") and words:
            word = words.pop(0)
            outputs.append(word)
        elif word == "--copy":
            copy = True
            continue
        else:
            clips.append(word)
        if not word or word.startswith("-"):
            return None
    if command != "concat" or not clips or not copy or len(outputs) != 1:
        return None
    return Asked([Path(clip) for clip in clips], Path(outputs[0]))


def _nothing_is_set() -> bool:
    """Whether no setting differs from its default: what `settings.load_settings` would read is not there."""
    import platformdirs

    if any(name.upper().startswith("LONGVID_") and name.upper() not in _ABOUT_THE_STORE for name in os.environ):
        return False
    places = (Path(), Path(platformdirs.user_config_dir("longvid", appauthor=False)))
    return not any((place / "longvid.yaml").is_file() for place in places)


def _is_read_by_machines() -> bool:
    return sys.stdout is not None and not sys.stdout.isatty() and not any(name in os.environ for name in _ABOUT_TERMINALS)
