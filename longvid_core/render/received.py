"""A picture that came and is not taken in yet: kept as it came, so that a run that is killed meanwhile buys it no second time."""

from __future__ import annotations

import contextlib
import datetime
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..files import copy_file, sha256_file, write_bytes, writing

if TYPE_CHECKING:
    from .session import Session


@dataclass(frozen=True)
class Received:
    """What the provider said of a picture that came, and the run that it came in."""

    run: str
    said: dict[str, Any]


def keep(session: Session, key: str, picture: Path, said: Mapping[str, Any]) -> None:
    """Keep a picture as it came. The caller holds its key. StoreError where it cannot be written."""
    file, note = _files(session, key)
    copy_file(picture, file, session.scratch)
    facts = {"sha256": sha256_file(file), "run": session.run_id, "said": dict(said)}
    write_bytes(note, json.dumps(facts, default=_day).encode(), session.scratch)


def back(session: Session, key: str, target: Path) -> Received | None:
    """The picture that came before, copied to `target`; None where none did, or not whole. The caller holds its key."""
    file, note = _files(session, key)
    try:
        facts = json.loads(note.read_bytes())
        whole = sha256_file(file) == facts["sha256"]
        found = Received(str(facts["run"]), {**facts["said"], "prompt_sent": str(facts["said"]["prompt_sent"])})
    except (OSError, ValueError, LookupError, TypeError):
        return None
    if not whole:
        return None
    with writing(target):
        shutil.copyfile(file, target)
    return found


def done(session: Session, key: str) -> None:
    """It is taken in, or nothing can be made of it: what was kept goes."""
    for path in reversed(_files(session, key)):
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def _files(session: Session, key: str) -> tuple[Path, Path]:
    return session.store.incoming(f"{key}.picture"), session.store.incoming(f"{key}.json")


def _day(value: object) -> str:
    if isinstance(value, datetime.date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not JSON")
