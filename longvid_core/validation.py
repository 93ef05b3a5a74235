"""pydantic's findings in words a person can act on: one line a field."""

from __future__ import annotations

from pydantic import ValidationError


def describe(error: ValidationError, limit: int = 8) -> list[str]:
    """`field.path: what is wrong`, a line a finding, at most `limit` of them."""
    findings = error.errors(include_url=False, include_context=False)
    lines = [_line(f["loc"], f["type"], f["msg"]) for f in findings[:limit]]
    if len(findings) > limit:
        lines.append(f"... and {len(findings) - limit} more")
    return lines


def _line(location: tuple[int | str, ...], kind: str, message: str) -> str:
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    message = message.removeprefix("Value error, ")
    if kind == "extra_forbidden":
        message = "there is no such field"
    elif kind == "missing":
        message = "is missing"
    return f"{path}: {message}" if path else message
