"""`longvid plan --revise`: a plan changed by a wish in words, and what that changed, coloured."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from ..errors import BadInput
from . import runs
from .brief import backend_named, check_output
from .failures import clean
from .storyboard import colour

if TYPE_CHECKING:
    from ..models.plan import Plan
    from ..planning.difference import Difference
    from ..settings import Settings
    from .reporting import Reporter


def revise(
    plan_file: str | None,
    wish: str,
    settings: Settings,
    *,
    output: Path | None,
    html: Path | None,
    planner: str | None,
    backend: str | None,
    replan: bool,
    budget: float | None,
    as_json: bool,
    given: Sequence[str] = (),
) -> None:
    """Write the plan after `wish`, and show what became otherwise. `given`: options that mean nothing here, and are refused."""
    from ..planfile import load_plan
    from ..planning.brief import Limits
    from ..planning.choose import model_of
    from ..planning.difference import differences
    from ..planning.revise import revised

    if given:
        raise BadInput(f"{', '.join(given)} cannot go with --revise.", "Say in --revise what is to change, or edit the plan.")
    if not wish.strip():
        raise BadInput("--revise is empty.", 'Say what is to be otherwise: --revise "make the ending quieter".')
    if plan_file is None:
        way_out = 'Name its file: longvid plan --revise "make the ending quieter" PLAN.json -o NEW.json'
        raise BadInput("--revise needs a plan.", way_out)
    model = model_of(planner or settings.planner.name)
    if model is None:
        raise BadInput("a plan is revised by a language model, and the planner is offline.", "Name one: --planner openai:MODEL.")
    old = load_plan(Path(plan_file))
    video = backend_named(backend or settings.backend, "video", "--backend")
    limits = Limits.of(str(video), video.entry, old.fps)
    target = check_output(output, (".json",), "plan") if output else None
    pages = check_output(html, (".html", ".htm"), "page") if html else None
    with runs.run(settings, as_json, command=runs.command_line(), aside=target is None) as (session, out):
        new = runs.wait(revised(old, wish, limits, model, session, replan=replan, budget=budget))
        found = differences(old, new)
        out.show(shown(found), {"event": "revised", "differences": [d.json_value() for d in found]})
        leave(new, out, target=target, pages=pages, output=output, html=html)


def leave(plan: Plan, out: Reporter, *, target: Path | None, pages: Path | None, output: Path | None, html: Path | None) -> None:
    """The end of planning: plan and page into their files, or the plan to stdout, which is said. `output`, `html`: as typed."""
    from ..planfile import plan_json, save_plan
    from .page import save_page

    if target is not None:
        save_plan(plan, target)
    elif not runs.is_json(out):
        sys.stdout.write(plan_json(plan))
    if pages is not None:
        save_page(plan, pages)
    done = {"event": "done", "plan": str(target) if target else None, **({"html": str(pages)} if pages else {})}
    out.show("\n".join([*([f"plan {output}"] if target else []), *([f"page {html}"] if pages else [])]), done)


def shown(found: Sequence[Difference]) -> RenderableType:
    """Differences, segment by segment, in its colour: `[-words that went-]` and `{+words that came+}`, plain without colour."""
    lines: list[RenderableType] = []
    for number in dict.fromkeys(d.id for d in found):
        own = [d for d in found if d.id == number]
        lines.append(Text(f"segment {own[0].index:02d} {number}", style=f"bold {colour(own[0].index)}"))
        lines += field_lines(own)
    return Group(*lines) if lines else Text("nothing is otherwise", style="dim")


def field_lines(found: Sequence[Difference]) -> list[Text]:
    """A line for each field, under whatever it belongs to."""
    return [Text.assemble((f"  {clean(d.field)}  ", "dim"), _words(short(clean(d.before)), short(clean(d.after)))) for d in found]


def short(text: str) -> str:
    """Hashes cut to what people compare."""
    return re.sub(r"\b([0-9a-f]{12})[0-9a-f]{52}\b", r"\1", text)


def _words(before: str, after: str) -> Text:
    """Both texts in one, the differences marked word by word."""
    from ..planning.difference import worded

    line, last = Text(), "same"
    for kind, text in worded(before, after):
        if (last, kind) == ("gone", "came"):
            line.append(" ")
        if kind == "same":
            line.append(text)
        else:
            line.append(f"[-{text}-]" if kind == "gone" else f"{{+{text}+}}", _MARKS[kind])
        last = kind
    return line


_MARKS = {"gone": "red strike", "came": "green underline"}
