"""What a run will cost, and what a provider lacks here: said before anything is rendered."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from ..catalog import Backend, entry_of
from ..estimate import Estimate, check_budget, estimate
from ..events import Estimated
from ..files import sha256_file
from ..models.plan import Plan
from ..providers.base import Ready, Surroundings
from .renderers import Renderers
from .session import Session

if TYPE_CHECKING:
    from ..settings import Settings


def agreed(plan: Plan, session: Session, *, backend: str) -> Estimate:
    """What rendering the plan's segments will cost, told to the world as `Estimated`.

    Raises, before anything is spent, OverBudget where that is more than the session's budget, and what `estimate` does.
    """
    costs = estimate(plan, session, backend=backend)
    new = [item for item in costs.segments if not item.cached]
    session.emit(
        Estimated(
            low_micro_usd=sum(item.low_micro_usd for item in new),
            high_micro_usd=sum(item.high_micro_usd for item in new),
            to_render=len(new),
            cached=len(costs.segments) - len(new),
            unpriced=costs.unpriced,
            checked=min((item.checked for item in new if item.checked and item.high_micro_usd), default=None),
        )
    )
    check_budget(costs, None if session.budget_micro_usd is None else session.budget_micro_usd / 1e6)
    return costs


def check_access(name: str, settings: Settings) -> None:
    """BadInput or MissingTool where the remote provider of PROVIDER[:MODEL] lacks its key or its package.

    Nothing is asked over the network. UnknownName where there is no such provider.
    """
    provider = name.partition(":")[0]
    catalog = entry_of(provider)
    model = catalog.default
    if not catalog.models[model].remote:
        return
    with contextlib.closing(Renderers(Surroundings(settings=settings, sha256_of=sha256_file))) as renderers:
        renderer = renderers.of(Backend(provider, model, catalog.models[model]))
        if isinstance(renderer, Ready):
            renderer.ready()
