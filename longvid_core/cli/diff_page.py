"""A comparison as one page of HTML that needs nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from .diff_words import heading, picture_line, price_text
from .page import POLICY, STYLE
from .stills import STILLS, side_by_side
from .storyboard import colour

if TYPE_CHECKING:
    from ..manifest.diff import Compared, Comparison, Side
    from ..planning.difference import Difference


MOST = 24
"""Segments with stills on a page, at the most: some hundred kilobytes each."""


def save_page(
    found: Comparison, names: tuple[str, str], sides: tuple[Side, Side], path: Path, interrupted: Callable[[], bool]
) -> None:
    """Write the page, whole or not at all. names: what was compared, as it was named. Errors as in `manifest.diff.compare`."""
    from ..files import write_bytes
    from ..manifest.stills import stills

    short = [Path(name).name for name in names]
    if short[0] == short[1]:
        short = list(names)
    otherwise = f"not in {short[0]}", f"not in {short[1]}"
    rows: dict[str, str] = {}
    for still in stills(found, *sides, most=MOST, interrupted=interrupted):
        captions = [
            f"{name}, frame {at}" if p else name for name, at, p in zip(short, still.at, (still.was, still.now), strict=True)
        ]
        rows[still.id] = side_by_side(still.was, still.now, (captions[0], captions[1]), otherwise)
    write_bytes(path, page(found, (short[0], short[1]), rows).encode())


def page(found: Comparison, names: tuple[str, str], rows: Mapping[str, str]) -> str:
    """The page: what is otherwise in the film and in each segment, what a render would touch, how the pictures differ.

    rows: stills by segment, or of the whole film.
    """
    from ..manifest.diff import FILM
    from ..manifest.stills import told_apart

    title = " and ".join(names)
    said = "nothing is otherwise" if found.equal else _summary(found)
    shots = "".join(_segment(s, rows.get(s.id, "")) for s in found.segments if heading(s) or s.touched)
    whole = _table(found.film) + rows.get(FILM, "")
    film = f"<article style='--c:var(--dim)'><h3>Film</h3>{whole}</article>" if whole else ""
    pictures = f"<p>Pictures: {escape(picture_line(found.picture))}</p>" if found.picture is not None else ""
    if len(told_apart(found)) > len(rows) > 0:
        pictures += f"<p>Stills of the {len(rows)} segments that differ most.</p>"
    return "".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            f"<title>{escape(title)}</title><style>{STYLE}{STILLS}{_OWN}</style></head><body><main>",
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


def _segment(segment: Compared, row: str) -> str:
    touched = f"rendered anew: {segment.touched}" if segment.touched else "stays as it is" if segment.state != "removed" else ""
    picture = f"<p>Picture: {escape(picture_line(segment.picture))}</p>" if segment.picture is not None else ""
    state = "moved" if segment.moved and segment.state == "same" else segment.state
    return (
        f'<article style="--c:{colour(segment.index)}"><h3><b>{segment.index:02d}</b> <span>{escape(segment.id)}</span> '
        f"<em>{state}</em> <i>{escape(touched)}</i></h3>{_table(segment.changes)}{row}{picture}</article>"
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
