"""The order in which segments are rendered: chains side by side, each from its beginning, through their backends' lanes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from ..catalog import Backend
from ..errors import Interrupted, LongvidError, RenderFailed, StoreError
from ..events import Progress
from ..models.asset import Asset
from ..models.clip import Clip, Outcome
from ..models.job import OPEN
from ..models.plan import Plan, Segment
from ..providers.base import Prepares, Ready, VideoRequest, Watch
from .lanes import settle_all
from .placeholder import without_mark
from .segment import Take
from .session import Session
from .settle import policy_of
from .walk import Known, ends_of, walk


@dataclass
class Rendering:
    """One call of `render_clips`: the plan, whose segments by which backend, and which of them are wanted."""

    plan: Plan
    session: Session
    backends: dict[str, Backend]
    wanted: frozenset[int]
    earlier: bool
    """Whether earlier clips will do; see `Take`."""
    starts: dict[str, Asset] = field(default_factory=dict)
    """By segment id, the picture it started on."""
    _in_order: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self._policy = policy_of(self.plan, self.session)

    async def check_ready(self) -> None:
        """Raise what a renderer lacks, a key say, before anything is rendered; what the store has needs nobody."""
        renderers = self.session.renderers
        for backend in dict.fromkeys(self.backends.values()):
            renderer = renderers.of(backend)
            if isinstance(renderer, Ready):
                try:
                    renderer.ready()
                except LongvidError:
                    if await asyncio.to_thread(self._lacks_clip_of, backend):
                        raise

    def _lacks_clip_of(self, backend: Backend) -> bool:
        """Whether the store lacks a clip that this backend is to render."""
        lacking = (k for k in self._known() if k.backend == backend and k.clip is None and k.segment.index in self.wanted)
        return any(k.take is None or self._policy.stood_in(k.take, self.session) is None for k in lacking)

    async def prepare(self) -> None:
        """Tell every renderer that wants to know what it will be asked for: whatever of it the store lacks."""
        renderers = self.session.renderers
        curious = {b: r for b in dict.fromkeys(self.backends.values()) if isinstance(r := renderers.of(b), Prepares)}
        if not curious:
            return
        coming: dict[Backend, list[VideoRequest]] = {b: [] for b in curious}
        for known in await asyncio.to_thread(self._known):
            if known.clip is None and known.segment.index in self.wanted and known.backend in coming:
                take = known.take or self._take(known.segment, None, None)
                coming[known.backend].append(take.request)

        def tell(done: int, total: int) -> None:
            self.session.emit(Progress(stage="prepare", unit="text", done=done, total=total))

        watch = Watch(progress=tell, preview=self.session.preview, interrupted=self.session.interrupted)
        for backend, requests in coming.items():
            if requests:
                await curious[backend].prepare(backend.model, requests, watch)

    def _known(self) -> list[Known]:
        return list(walk(self.plan, self.session, lambda s: self.backends[s.id], earlier=self.earlier))

    async def run(self) -> tuple[Outcome, ...]:
        """The wanted segments' outcomes, in order."""
        if self.session.budget_micro_usd is not None:
            await asyncio.to_thread(self._take_over)
        chains = await settle_all(self._chain(chain) for chain in _chains(self.plan))
        return tuple(outcome for chain in chains for outcome in chain)

    def _take_over(self) -> None:
        """Make this run's what dead ones have under way for its clips, so that nothing is bought before that is counted."""
        session, journal = self.session, self.session.ledger.journal
        if not journal.jobs(states=OPEN, limit=1):
            return
        for known in self._known():
            wanted = known.segment.index in self.wanted and known.backend.entry.remote
            job = journal.open_of(known.take.render_key) if wanted and known.take is not None else None
            if job is not None and not session.store.at_work(job.run):
                journal.take_over(job.id, session.run_id)

    async def _chain(self, chain: Sequence[Segment]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        before: Segment | None = None
        clip: Clip | None = None
        for segment in chain:
            wanted = segment.index in self.wanted
            take, broken = await self._next(segment, before, clip)
            if wanted:
                if broken is None and outcomes and outcomes[-1].outcome == "placeholder":
                    broken = f"segment {outcomes[-1].index} ({outcomes[-1].id}), which it goes on from, is a placeholder."
                outcome = await self._outcome(take, broken)
                outcomes.append(outcome)
                clip = without_mark(outcome.clip, self.session)
            else:
                clip = None if broken else take.stored(self.session)
            before = segment
        return outcomes

    async def _next(self, segment: Segment, before: Segment | None, clip: Clip | None) -> tuple[Take, str | None]:
        """The segment's take, after the one before it and its clip; and why it cannot be rendered, where it cannot."""
        if before is not None and clip is None:
            broken = f"it starts on the last frame of segment {before.index} ({before.id}), which has no clip."
            return self._take(segment, None, None), broken
        try:
            async with self._in_order:  # so that where one renders at a time, the film can be watched from its beginning
                first, last, _ = await asyncio.to_thread(ends_of, self.plan, segment, clip, self.session)
        except (Interrupted, StoreError):
            raise
        except LongvidError as error:
            return self._take(segment, None, None), error.what
        if first is not None:
            self.starts[segment.id] = first
        return self._take(segment, first, last), None

    async def _outcome(self, take: Take, broken: str | None) -> Outcome:
        if broken is not None:
            return await self._policy.without(take, [RenderFailed(broken)], self.session)
        return await self._policy.outcome(take, self.session)

    def _take(self, segment: Segment, first: Asset | None, last: Asset | None) -> Take:
        backend = self.backends[segment.id]
        record = self.session.renderers.record(backend)
        return Take.of(self.plan, segment, backend, first, last, record, earlier=self.earlier)


def _chains(plan: Plan) -> list[list[Segment]]:
    """Segments that must be rendered one after another. In keyframe mode every segment stands alone."""
    if plan.mode == "keyframe":
        return [[s] for s in plan.segments]
    number = 0
    starts = []
    for segment in plan.segments:
        number += segment.first_keyframe is not None
        starts.append((number, segment))
    return [[s for _, s in group] for _, group in groupby(starts, key=lambda pair: pair[0])]
