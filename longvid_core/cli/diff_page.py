"""A comparison as one page of HTML that needs nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from .diff import heading, picture_line, price_text
from .page import POLICY, STYLE
from .storyboard import colour

if TYPE_CHECKING:
    from ..manifest.diff import Compared, Comparison
    from ..planning.difference import Difference


def save_page(found: Comparison, one: str, other: str, path: Path) -> None:
    """Write the page, whole or not at all. one, other: what was compared, as it was named."""
    from ..files import write_bytes

    write_bytes(path, page(found, one, other).encode())


def page(found: Comparison, one: str, other: str) -> str:
    """The page: what is otherwise in the film and in each segment, what a render would touch, how the pictures differ."""
    title = f"{Path(one).name} and {Path(other).name}"
    said = "nothing is otherwise" if found.equal else _summary(found)
    shots = "".join(_segment(s) for s in found.segments if heading(s) or s.touched)
    film = f"<article style='--c:var(--dim)'><h3>Film</h3>{_table(found.film)}</article>" if found.film else ""
    pictures = f"<p>Pictures: {escape(picture_line(found.picture))}</p>" if found.picture is not None else ""
    return "".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            f"<title>{escape(title)}</title><style>{STYLE}{_OWN}</style></head><body><main>",
            f"<header><h1>{escape(title)}</h1><p>{escape(said)}</p>{pictures}</header>",
            film,
            shots,
            "</main></body></html>\n",
        ]
    )


def _summary(found: Comparison) -> str:
    changed = sum(s.state == "changed" for s in found.segments)
    parts = [f"{changed} segment{'s' * (changed != 1)} changed"]
    for state in ("added", "removed"):
        count = sum(s.state == state for s in found.segments)
        parts += [f"{count} {state}"] if count else []
    moved = sum(s.moved for s in found.segments)
    parts += [f"{moved} moved"] if moved else []
    return f"{', '.join(parts)} · {len(found.touched)} to render anew: {price_text(found)}"


def _segment(segment: Compared) -> str:
    touched = f"rendered anew: {segment.touched}" if segment.touched else "stays as it is" if segment.state != "removed" else ""
    picture = f"<p>Picture: {escape(picture_line(segment.picture))}</p>" if segment.picture is not None else ""
    state = "moved" if segment.moved and segment.state == "same" else segment.state
    return (
        f'<article style="--c:{colour(segment.index)}"><h3><b>{segment.index:02d}</b> <span>{escape(segment.id)}</span> '
        f"<em>{state}</em> <i>{escape(touched)}</i></h3>{_table(segment.changes)}{picture}</article>"
    )


def _table(found: Sequence[Difference]) -> str:
    from ..planning.difference import worded
    from .revision import short

    def words(difference: Difference) -> str:
        tags = {"same": "{}", "gone": "<del>{}</del>", "came": "<ins>{}</ins>"}
        return " ".join(
            tags[kind].format(escape(text)) for kind, text in worded(short(difference.before), short(difference.after))
        )

    rows = "".join(f"<tr><th>{escape(d.field)}</th><td>{re.sub(r'  +', ' ', words(d))}</td></tr>" for d in found)
    return f"<table>{rows}</table>" if rows else ""


_OWN = """
table{border-collapse:collapse;width:100%}
th{text-align:left;font-weight:400;color:var(--dim);padding:.15rem 1rem .15rem 0;vertical-align:top;width:14rem}
td{padding:.15rem 0;overflow-wrap:anywhere}
h3 em{font-style:normal;font-size:.85rem;color:var(--dim)}
del{color:light-dark(#a3262b,#ff9a94);background:light-dark(#fbe3e2,#45201f)}
ins{color:light-dark(#1d6b37,#8fe0a5);background:light-dark(#dff3e3,#173a22);text-decoration:none;border-bottom:1px solid}
"""
