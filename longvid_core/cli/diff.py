"""`longvid diff`: what is otherwise in one film or plan than in another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import options as o
from .diff_words import heading, picture_line, price_text

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

    from ..manifest.diff import Comparison

A_FILE = "A plan, a manifest, or a film with its manifest beside it."


def diff(
    one: Annotated[Path, typer.Argument(metavar="A", help=A_FILE)],
    other: Annotated[Path, typer.Argument(metavar="B", help="What it is compared with, likewise.")],
    film_a: Annotated[
        Path | None, typer.Option("--film-a", metavar="FILM", help="A's film (default: the one beside its manifest).")
    ] = None,
    film_b: Annotated[
        Path | None, typer.Option("--film-b", metavar="FILM", help="B's film (default: the one beside its manifest).")
    ] = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write it as a page, too.")] = None,
    backend: o.Backend = None,
    images: o.Images = None,
    config: o.Config = None,
    as_json: o.Json = False,
) -> int:
    """Say what changed from A to B by meaning, which segments that touches, and what rendering those would cost.

    Where both films are at hand their pictures are compared, too. --backend and --images count for prices, where neither manifest
    says who renders. Exit code 0: nothing differs; 1: something does.
    """
    from ..manifest.diff import compare
    from ..manifest.sides import read_side
    from ..settings import load_settings
    from . import runs
    from .brief import check_output
    from .reporting import reporter

    settings = load_settings(config)
    sides = read_side(one, film_a), read_side(other, film_b)
    page = check_output(html, (".html", ".htm"), "page") if html else None
    with runs.stoppable() as interrupted:
        out = reporter(as_json, interrupted=interrupted)
        try:
            found = compare(
                *sides, backend=backend or settings.backend, images=images or settings.images.backend, interrupted=interrupted
            )
            if page is not None:
                from .diff_page import save_page

                save_page(found, (str(one), str(other)), sides, page, interrupted)
            value = {"event": "done", "equal": found.equal, "page": str(page) if page else None, **found.json_value()}
            out.show(shown(found), value)
        finally:
            out.close()
    return 0 if found.equal else 1


def shown(found: Comparison) -> RenderableType:
    """The comparison as people read it: the film, its segments, what would be rendered anew, the pictures."""
    from rich.console import Group
    from rich.text import Text

    from .failures import clean
    from .revision import field_lines
    from .storyboard import colour

    if found.equal:
        return Text("nothing is otherwise", style="green")
    lines: list[Text] = []
    if found.film:
        lines += [Text("film", style="bold"), *field_lines(found.film)]
    for segment in found.segments:
        if head := heading(segment):
            lines.append(Text(clean(head), style=f"bold {colour(segment.index)}"))
            lines += field_lines(segment.changes)
            if segment.picture is not None and not segment.picture.equal:
                lines.append(Text.assemble(("  picture  ", "dim"), picture_line(segment.picture)))
    if found.picture is not None:
        lines.append(Text.assemble(("pictures  ", "dim"), picture_line(found.picture)))
    return Group(*lines, *_anew(found))


def _anew(found: Comparison) -> list[Text]:
    from rich.text import Text

    from .failures import clean

    if not found.touched:
        return [Text("no segment would be rendered anew", style="dim")]
    lines = [Text(f"  {s.index:02d} {s.id}: {clean(s.touched or '')}", style="dim") for s in found.touched]
    count = f"{len(found.touched)} of {sum(s.state != 'removed' for s in found.segments)} segments would be rendered anew"
    drawn = f", {len(found.keyframes)} keyframe{'s' * (len(found.keyframes) != 1)} drawn" if found.keyframes else ""
    return [Text.assemble((count + drawn, "bold"), f": {price_text(found)}"), *lines]


def register(app: typer.Typer) -> None:
    app.command()(diff)
