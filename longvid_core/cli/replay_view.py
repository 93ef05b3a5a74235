"""How a replay and a check are shown to people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ..manifest.findings import Checked, Finding, Replayed, SegmentAgain
    from ..media.delta import Delta


def findings(found: Checked) -> RenderableType:
    """What a check found, a line a thing."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    from .failures import clean

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
    for _ in range(2):
        table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in found.findings:
        table.add_row(Text(clean(finding.what), style="dim"), *_mark(finding))
    bad = sum(f.holds is False for f in found.findings)
    last = f"{bad} of what was looked at does not hold" if bad else "what could be looked at holds"
    return Group(table, Text(last, style="bold red" if bad else "green"))


def _mark(finding: Finding) -> tuple[RenderableType, RenderableType]:
    from rich.text import Text

    from .failures import clean

    word, style = {True: ("holds", "green"), False: ("no", "bold red"), None: ("–", "dim")}[finding.holds]
    return Text(word, style=style), Text(clean(finding.message))


def table(found: Replayed) -> RenderableType:
    """What a replay found, a line a segment, and what it comes to."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    from .failures import clean

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("segment", no_wrap=True)
    table.add_column("promised", no_wrap=True)
    table.add_column("again", no_wrap=True)
    table.add_column("", overflow="fold")
    for keyframe in found.keyframes:
        if keyframe.holds is False:
            table.add_row(Text(keyframe.what), "", Text("differs", style="bold red"), Text(clean(keyframe.message)))
    for segment in found.segments:
        style = "bold red" if not segment.holds else "yellow" if segment.result == "differs" else "green"
        result, said = Text(segment.result, style=style), Text(clean(said_of(segment)))
        table.add_row(f"{segment.index:02d} {segment.id}", segment.promised, result, said)
    if found.film is not None:
        same = found.film.result.startswith("identical")
        words = "; ".join(filter(None, [found.film.message, numbers(found.film.delta)]))
        table.add_row("film", "", Text(found.film.result, style="green" if same else "yellow"), Text(clean(words)))
    last = Text(verdict(found), style="green" if found.holds else "bold red")
    lines = [Text(f"film  {found.film.path}")] if found.film and found.film.path else []
    return Group(table, *lines, last)


def said_of(segment: SegmentAgain) -> str:
    """What is to be said of a segment, in one line."""
    of = f"films compared: {numbers(segment.delta)}" if segment.compared == "film" else numbers(segment.delta)
    return "; ".join(filter(None, [segment.message, of]))


def numbers(delta: Delta | None) -> str:
    """A delta in one line."""
    if delta is None:
        return ""
    if delta.equal:
        return "no sample differs"
    parts = [] if delta.frames[0] == delta.frames[1] else [f"{delta.frames[1]} frames instead of {delta.frames[0]}"]
    parts += [f"first differs at frame {delta.first}"] if delta.first is not None else []
    parts += [f"at most {delta.largest} of 255", f"mean {delta.mean:.3f}"]
    parts += [f"PSNR {delta.psnr_db:.1f} dB"] if delta.psnr_db is not None else []
    parts += [f"SSIM {delta.ssim:.4f}" if delta.ssim is not None else 'no SSIM: pip install "longvid[metrics]"']
    return ", ".join(parts)


def verdict(found: Replayed) -> str:
    """What it comes to, in words."""
    if found.failed:
        return "a segment could not be rendered"
    left = sum(s.result == "not repeated" for s in found.segments)
    if left:
        return f"{left} of {len(found.segments)} segments could not be repeated"
    if not found.holds:
        return "it did not come out as the manifest promises"
    if all(s.result.startswith("identical") for s in found.segments):
        return "the same film" if found.film else "the same clips"
    return "nothing that was promised is broken; what differs was not promised"
