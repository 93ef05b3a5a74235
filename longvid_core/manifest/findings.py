"""What a replay or a check comes to, as values."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..media.delta import Delta
from ..models.base import Frozen, MicroUsd, Sha256
from ..models.clip import OutcomeKind
from ..models.records import Bound, Determinism

Result = Literal["identical bytes", "identical frames", "within bound", "differs", "not repeated", "failed"]
SAME: tuple[Result, ...] = ("identical bytes", "identical frames")


class Finding(Frozen):
    """One thing that was looked at. holds None: it cannot be looked at here, which is nobody's fault."""

    what: str
    holds: bool | None
    message: str


class Checked(Frozen):
    """What `replay --check` found."""

    manifest_sha256: Sha256
    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing that could be looked at is wrong."""
        return all(finding.holds is not False for finding in self.findings)


class SegmentAgain(Frozen):
    """A segment rendered again, and how its clip compares with the first one."""

    index: int
    id: str
    promised: Determinism
    bound: Bound | None = Field(None, description="What the manifest promises; None: nothing")
    result: Result
    delta: Delta | None = Field(None, description="None: nothing differs, or the first clip is not at hand")
    compared: Literal["clip", "film"] | None = Field(None, description="What the delta is of: the lossless clips, or the films")
    message: str = ""
    outcome: OutcomeKind | None = Field(None, description="Of rendering it again; None: it was not")
    render_key: Sha256 | None = None
    clip_sha256: Sha256 | None = Field(None, description="Of the new clip")

    @property
    def holds(self) -> bool:
        """Whether what was promised of it was kept. Where nothing was promised, it was."""
        return self.result in (*SAME, "within bound") or (self.result == "differs" and self.bound is None)


class FilmAgain(Frozen):
    """The film joined again."""

    result: Result
    delta: Delta | None = None
    message: str = ""
    path: str | None = Field(None, description="Where it was put; None: nowhere")


class Replayed(Frozen):
    """A whole replay. film None: only a part was replayed, or a segment is missing."""

    title: str
    manifest_sha256: Sha256
    environment: tuple[str, ...] = Field((), description="What is another version here than there")
    cautions: tuple[str, ...] = ()
    keyframes: tuple[Finding, ...] = Field((), description="The keyframes that were drawn anew")
    segments: tuple[SegmentAgain, ...]
    film: FilmAgain | None = None
    paid_micro_usd: MicroUsd = 0

    @property
    def holds(self) -> bool:
        """Whether everything promised was kept, and nothing was left out."""
        bounded = all(s.bound is not None or s.result in SAME for s in self.segments)
        film = self.film is None or self.film.result in SAME or not bounded
        return film and all(s.holds for s in self.segments) and all(k.holds is not False for k in self.keyframes)

    @property
    def failed(self) -> bool:
        """Whether a provider failed."""
        return any(s.result == "failed" for s in self.segments)
