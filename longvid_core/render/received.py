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

from pydantic import BaseModel, ConfigDict

from ..events import Notice
from ..files import copy_file, sha256_file, write_bytes, writing
from ..models.base import MicroUsd, Seed64

if TYPE_CHECKING:
    from .session import Session


class _Said(BaseModel):
    """What a provider says of a picture, as far as it is read again; see `providers.base.ImageProvider.draw`."""

    model_config = ConfigDict(extra="allow")
    prompt_sent: str
    seed: Seed64 | None = None
    micro_usd: MicroUsd | None = None
    priced_on: datetime.date | None = None
    size: str | None = None


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
    write_bytes(note, json.dumps(facts, default=str).encode(), session.scratch)


def back(session: Session, key: str, target: Path) -> Received | None:
    """The picture that came before, copied to `target`; None where none did. The caller holds its key.

    A damaged one is told of, and goes.
    """
    file, note = _files(session, key)
    try:
        facts = json.loads(note.read_bytes())
        whole = sha256_file(file) == facts["sha256"]
        found = Received(str(facts["run"]), _Said.model_validate(facts["said"]).model_dump())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, LookupError, TypeError):
        whole = False
    if not whole:
        session.emit(Notice(level="warning", message=f"incoming/{key[:12]} is damaged: that picture is asked for again."))
        done(session, key)
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
