"""The last thing a person sees of a film being made."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from rich.box import ROUNDED
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ..models.base import exact_fps
from .costs import dollars
from .failures import clean
from .storyboard import clock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..models.clip import Attempt, Outcome
    from ..models.film import Release


def finished(release: Release, manifest: Path, took: float) -> RenderableType:
    """The film, its manifest, what was rendered and what it cost."""
    film, plan, outcomes = release.film, release.rendered.plan, release.rendered.outcomes
    seconds = float(film.frames / exact_fps(film.fps))
    counts = Counter(o.outcome for o in outcomes)
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    facts.add_row("film", Text(_here(film.path), style=f"bold link file://{film.path}"))
    facts.add_row("", f"{clock(seconds)}, {film.frames} frames, {film.width}x{film.height} at {film.fps:g} fps")
    facts.add_row("manifest", Text(_here(str(manifest)), style=f"link file://{manifest}"))
    facts.add_row("segments", ", ".join(f"{number} {outcome}" for outcome, number in counts.items()))
    for outcome in outcomes:
        if outcome.outcome == "placeholder":
            why = (outcome.message or "nobody rendered it").partition("\n")[0]
            facts.add_row("placeholder", Text(f"{outcome.index:02d} {outcome.id}: {clean(why)}", style="yellow"))
    if counts["placeholder"]:
        facts.add_row("", "The same command again asks for these anew, and for nothing else.")
    facts.add_row("cost", _cost(outcomes))
    speed = f", {seconds / took:.1f} times real time" if counts["rendered"] == len(outcomes) and took > 0 else ""
    facts.add_row("took", clock(took) + speed)
    good = all(o.outcome in ("rendered", "cached") for o in outcomes)
    title = Text(f" {clean(plan.title)} ", style="bold")
    border = "green" if good else "yellow"
    panel = Panel(facts, title=title, title_align="left", border_style=border, box=ROUNDED, padding=(0, 1), expand=False)
    return Group(Text(), panel)


def _cost(outcomes: Sequence[Outcome]) -> str:
    """What was paid, and who did not say how much that is."""
    paid = sum(o.cost.paid for o in outcomes)
    silent = ", ".join(
        dict.fromkeys(
            f"{a.provider}:{a.model}"
            for o in outcomes
            for a in o.attempts
            if a.remote_id is not None and a.state == "rendered" and not (a.paid or o.cost.estimated or _priced(a))
        )
    )
    if not silent:
        return dollars(paid)
    return f"{f'{dollars(paid)}, and ' if paid else ''}what {silent} charges, which is not known"


def _priced(attempt: Attempt) -> bool:
    """Whether the catalog has a price of its model: it may be free."""
    from ..catalog import entry_of
    from ..errors import UnknownName

    try:
        listed = entry_of(attempt.provider).models.get(attempt.model)
    except UnknownName:  # a provider that is not installed any more
        return False
    return listed is not None and listed.price is not None


def _here(path: str) -> str:
    """A path as one would type it from here."""
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative
