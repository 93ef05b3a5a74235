"""What language models answered, kept in the store: each exchange as it was, and the answer that was taken for a question."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from ..files import writing

if TYPE_CHECKING:
    from ..render.session import Session
    from .language_models import Mode


class Kept:
    """The answers of one model in the store."""

    def __init__(self, model: str, session: Session) -> None:
        self._model, self._session, self._shelf = model, session, session.store.answers

    # -- answers that were taken -------------------------------------------------------------------------------------------

    def taken(self, key: str) -> tuple[dict[str, Any], str | None] | None:
        """The answer that was taken for a question, and the sha256 of the words it came in; None where there is no answer.

        An earlier Longvid did not write that hash down: None.
        """
        found = self._shelf.get(key)
        value = json.loads(found[0].read_bytes()) if found is not None else None
        return (value, found[1].get("answer_sha256")) if found is not None and isinstance(value, dict) else None

    def take(self, key: str, answer: dict[str, Any], words: str) -> str:
        """Keep the answer that was taken for a question, and the model's own words, under their sha256, which is returned.

        Nobody holds these keys: another run may take the same answer at the same time, and nothing of it may be cleared away.
        """
        raw = words.encode()
        sha256 = hashlib.sha256(raw).hexdigest()
        self._put(sha256, raw, ".txt", {}, clear=False)
        self._put(key, json.dumps(answer, ensure_ascii=False).encode(), ".taken.json", {"answer_sha256": sha256}, clear=False)
        return sha256

    def forget(self, key: str) -> None:
        """Let what is kept under a key not count any more."""
        self._shelf.forget(key)

    # -- exchanges ---------------------------------------------------------------------------------------------------------

    def response(self, key: str, *, vouched: bool) -> dict[str, Any] | None:
        """The answer to a request, as it came; None where there is none.

        vouched: somebody says what the model holds. An answer that had read too little, while nobody did, counts no more then:
        the model holds more now, or counts otherwise, and only a new answer tells which.
        """
        found = self._shelf.get(key)
        if found is None or (vouched and found[1].get("half_read")):
            return None
        response: dict[str, Any] = json.loads(found[0].read_bytes())["response"]
        return response

    def keep(self, key: str, request: dict[str, Any], response: dict[str, Any], mode: Mode, *, half_read: bool) -> None:
        """Keep an answer and what it answers. half_read: it had read too little. StoreError where it cannot be written."""
        exchange = json.dumps({"request": request, "response": response}, ensure_ascii=False).encode()
        self._put(key, exchange, ".answer.json", {"mode": mode, **({"half_read": True} if half_read else {})})

    def _put(self, key: str, data: bytes, suffix: str, facts: dict[str, Any], *, clear: bool = True) -> None:
        temporary = self._session.scratch / f"kept-{key[:16]}{suffix}"
        with writing(temporary):
            temporary.write_bytes(data)
        self._shelf.put(key, temporary, suffix, {"model": self._model, **facts}, clear=clear)
