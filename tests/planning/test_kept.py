"""Answers of language models in the store, where several runs take the same one."""

from __future__ import annotations

from pathlib import Path

import pytest

from longvid_core.planning.kept import Kept
from longvid_core.render.session import Session, open_session
from longvid_core.settings import Settings
from longvid_core.store import shelf

KEY = "a" * 64


def test_what_another_run_is_about_to_take_is_not_cleared_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its file is there a moment before its record; where it went, that run would end for want of it."""

    def beside(session: Session) -> Path:
        return session.store.answers.path(KEY, ".taken.json")

    with open_session(Settings(), command="longvid plan", emit=lambda event: None) as session:
        beside(session).parent.mkdir(parents=True)
        beside(session).write_text("{}")
        seen: list[bool] = []
        settle = shelf.settle

        def settled(temporary: Path, final: Path) -> None:
            seen.append(beside(session).exists())
            settle(temporary, final)

        monkeypatch.setattr(shelf, "settle", settled)
        Kept("test-1", session).take(KEY, {"prompt": "a boat"}, "A boat.")
        assert seen == [True, True], "the words, then the answer"
        assert Kept("test-1", session).taken(KEY) is not None
