"""What seeds do at a backend: by asking, by rendering one segment twice, and by comparing films under several policies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from ..catalog import Backend
from ..errors import BadInput, CannotRender
from ..models.base import Frozen, Seed64
from ..models.clip import Clip, Determinism, Rendered
from ..models.plan import Keyframe, Plan, SeedPolicy, Segment
from ..providers.jobs import Checks, Difference
from .clips import render_clips
from .keyframes import draw_keyframes
from .session import Session, open_session

if TYPE_CHECKING:
    from ..estimate import Estimate, Item

Repeats = Literal["identical bytes", "identical frames", "differs"]
_PROMPT = "A red wooden ball rolls slowly across a plain table in soft daylight."
_SEED = 20_250_101


class SeedFinding(Frozen):
    """What is known of a backend's seed."""

    backend: str
    parameter: str | None = Field(description="What the model calls it; None: it takes none")
    promise: Literal["native", "accepted", "none"]
    determinism: Determinism
    range: tuple[Seed64, Seed64]
    source: str = Field(description="Where the catalog has this from")
    checked: str
    live: tuple[Difference, ...] | None = Field(None, description="What its published interface says otherwise; None: not asked")
    repeats: Repeats | None = Field(None, description="Of the same segment, rendered twice; None: it was not")
    psnr_db: float | None = None
    largest: int | None = Field(None, description="Largest difference of a sample, 0 to 255")
    verdict: str
    holds: bool = Field(description="Whether what was found agrees with the catalog")


class Compared(Frozen):
    """One policy's film."""

    policy: SeedPolicy
    seeds: tuple[Seed64, ...]
    clips: tuple[Clip, ...]


async def asked(backend: Backend, session: Session) -> SeedFinding:
    """What the catalog says, and, where the provider publishes interfaces, whether the model's agrees. It costs nothing."""
    entry = backend.entry
    live: tuple[Difference, ...] | None = None
    renderer = session.renderers.of(backend)
    if isinstance(renderer, Checks):
        live = tuple(d for d in await renderer.check(backend.model) if d.field.startswith("seed"))
    finding = SeedFinding(
        backend=str(backend),
        parameter=None if entry.seed.promise == "none" else entry.seed.parameter or "seed",
        promise=entry.seed.promise,
        determinism=entry.determinism,
        range=entry.seed.range,
        source=entry.source,
        checked=str(entry.checked),
        live=live,
        verdict="",
        holds=not live,
    )
    return finding.model_copy(update={"verdict": _verdict(finding)})


def cost_of_twice(backend: Backend, session: Session) -> Estimate:
    """What `rendered_twice` costs: once less where the store has the segment."""
    from ..estimate import estimate, total

    plan = one_segment(backend)
    first, second = (estimate(plan, known, backend=str(backend)) for known in (session, None))
    return total(first.keyframes, (*first.segments, *second.segments))


def cost_under_policies(
    plan: Plan, backend: Backend, policies: Sequence[SeedPolicy], session: Session, *, images: str
) -> Estimate:
    """What `under_policies` costs. A segment that has the same seed under several is one clip; what is stored is free."""
    from ..estimate import estimate, total, with_stored_pictures
    from ..seeds import segment_seed

    drawn = estimate(plan, session, backend=None, images=images)
    pictured = with_stored_pictures(plan, images, session)
    found: dict[tuple[str, int], Item] = {}
    for policy in policies:
        own = pictured.model_copy(update={"seed_policy": policy})
        items = estimate(own, session, backend=str(backend), images=images).segments
        for segment, item in zip(own.segments, items, strict=True):
            found.setdefault((segment.id, segment_seed(own, segment)), item)
    return total(drawn.keyframes, tuple(found.values()))


async def rendered_twice(finding: SeedFinding, backend: Backend, session: Session) -> SeedFinding:
    """The same segment rendered twice with one seed, the second time in a store where nothing can be found.

    The first may be of an earlier check. What it costs goes into the session's ledger.
    """
    from ..store.ledger import ledger_url

    plan = one_segment(backend)
    first = await _clip(plan, backend, session)
    settings = session.settings
    again = settings.model_copy(
        update={
            "home": session.scratch / "second",
            "ledger_url": settings.ledger_url or ledger_url(session.store.home),
            "fallback": (),
            "on_failure": "stop",
        }
    )
    with open_session(again, command="", emit=session.emit, interrupted=session.interrupted) as other:
        other.budget_micro_usd = session.budget_micro_usd
        second = await _clip(plan, backend, other)
        return _compared(finding, first, second)


async def under_policies(
    plan: Plan, backend: Backend, policies: Sequence[SeedPolicy], session: Session, *, images: str
) -> list[Compared]:
    """The plan's clips under each policy, between the same keyframes, which are drawn once. What is stored costs nothing.

    CannotRender for a model that takes no seed, BadInput for a plan of one segment; RenderFailed where a clip is missing.
    """
    from ..seeds import segment_seed
    from .film import require_clips

    if backend.entry.seed.promise == "none":
        raise CannotRender(f"{backend} takes no seed, so that every policy gives the same film.", "Compare at another backend.")
    if len(plan.segments) < 2:
        raise BadInput("one segment has no neighbour to be coherent with.", "Compare a plan of two or more.")
    drawn = await draw_keyframes(plan, session, images=images)
    found = []
    for policy in policies:
        own = drawn.model_copy(update={"seed_policy": policy})
        rendered: Rendered = require_clips(await render_clips(own, session, backend=backend))
        seeds = tuple(segment_seed(own, s) for s in own.segments)
        found.append(Compared(policy=policy, seeds=seeds, clips=rendered.clips))
    return found


def one_segment(backend: Backend) -> Plan:
    """The shortest segment that the model renders, as a plan. Its keyframes are cards."""
    entry = backend.entry
    fps = entry.native_fps or 16
    legal = entry.legal_frames(fps)
    frames = min(legal) if isinstance(legal, tuple) else legal.nearest(0) if legal else 17
    width, height = (int(n) for n in (entry.sizes[0] if entry.sizes and entry.any_size else "832x480").split("x"))
    last = None if entry.last_frame == "none" else "end"
    keyframes = [Keyframe(id="start", prompt=_PROMPT)]
    if last:
        keyframes.append(Keyframe(id="end", prompt=f"{_PROMPT} It has reached the other side."))
    return Plan(
        title="Seed check",
        mode="keyframe",
        fps=fps,
        width=width,
        height=height,
        seed=_SEED,
        seed_policy="universal",
        keyframes=tuple(keyframes),
        segments=(
            Segment(
                id="s00", index=0, join="cut", prompt=_PROMPT, frames=max(2, frames), first_keyframe="start", last_keyframe=last
            ),
        ),
    )


async def _clip(plan: Plan, backend: Backend, session: Session) -> Clip:
    from .film import require_clips

    drawn = await draw_keyframes(plan, session, images="card")
    return require_clips(await render_clips(drawn, session, backend=backend)).clips[0]


def _compared(finding: SeedFinding, first: Clip, second: Clip) -> SeedFinding:
    from ..media.delta import picture_delta

    repeats: Repeats = "differs"
    psnr, largest = None, None
    if first.sha256 == second.sha256:
        repeats, largest = "identical bytes", 0
    elif first.frames_sha256 == second.frames_sha256:
        repeats, largest = "identical frames", 0
    else:
        delta = picture_delta(Path(first.path), Path(second.path))
        psnr, largest = delta.psnr_db, delta.largest
    promised = finding.determinism == "bit-exact"
    update = {
        "repeats": repeats,
        "psnr_db": psnr,
        "largest": largest,
        "holds": finding.holds and not (promised and repeats == "differs"),
    }
    finding = finding.model_copy(update=update)
    return finding.model_copy(update={"verdict": _verdict(finding)})


def _verdict(finding: SeedFinding) -> str:
    """What it comes to, in words."""
    if finding.live:
        said = "; ".join(f"{d.field} is {d.live or 'not there'}, listed as {d.listed or 'nothing'}" for d in finding.live)
        return f"its published interface differs from the catalog: {said}."
    if finding.repeats is None:
        words = {
            "native": "the picture follows from the seed",
            "accepted": "the seed is taken, and nobody promises that it repeats",
            "none": "it takes no seed: every run is another take, and nothing makes the same one again",
        }[finding.promise]
        return f"{words}."
    if finding.repeats == "differs":
        how = (
            f"PSNR {finding.psnr_db:.1f} dB, at most {finding.largest} of 255 off" if finding.psnr_db is not None else "in length"
        )
        promised = "although bit-exact is promised" if finding.determinism == "bit-exact" else "as nobody promised otherwise"
        return f"the same seed gave another clip ({how}), {promised}."
    return f"the same seed gave the same clip twice ({finding.repeats})."
