"""A replay as one page of HTML that needs nothing else: frames side by side, and what differs between them."""

from __future__ import annotations

import itertools
from collections.abc import Collection
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from ..manifest.findings import SAME
from ..manifest.ranges import segment_ranges
from ..manifest.replay import Originals, clip_of
from .page import POLICY, STYLE
from .replay_view import numbers, said_of, verdict
from .stills import STILLS, side_by_side
from .storyboard import colour

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..manifest.findings import Replayed, SegmentAgain
    from ..models.clip import Outcome
    from ..models.manifest import Manifest


MOST = 24
"""Segments with stills on a page, at the most: some hundred kilobytes each."""


def save_page(
    found: Replayed, manifest: Manifest, outcomes: Collection[Outcome], originals: Originals, film: Path | None, path: Path
) -> None:
    """Write the page, whole or not at all. originals: the first clips and film; outcomes and film: the new ones."""
    from ..files import write_bytes

    shown = {s.id for s in sorted(found.segments, key=lambda s: s.result in SAME)[:MOST]}
    shots = "".join(
        _segment(s, _row(*_frames(s, manifest, outcomes, originals, film)) if s.id in shown else "") for s in found.segments
    )
    lines = [f"<li>{escape(line)}</li>" for line in (*found.environment, *found.cautions)]
    lines += [f"<li>{escape(k.what)}: {escape(k.message)}</li>" for k in found.keyframes if k.holds is False]
    told = f"<section><h2>Said before</h2><ul>{''.join(lines)}</ul></section>" if lines else ""
    again = f"<p>Film: {escape(found.film.result)} {escape(numbers(found.film.delta))}</p>" if found.film else ""
    again += f"<p>Stills of {MOST} segments, those that differ before the others.</p>" if len(found.segments) > MOST else ""
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<title>{escape(found.title)}, again</title><style>{STYLE}{STILLS}{_OWN}</style></head><body><main>"
        f"<header><h1>{escape(found.title)}</h1><p>{escape(verdict(found))}</p>{again}</header>{told}{shots}</main></body></html>\n"
    )
    write_bytes(path, page.encode())


def _frames(
    segment: SegmentAgain, manifest: Manifest, outcomes: Collection[Outcome], originals: Originals, film: Path | None
) -> tuple[int, Image | None, Image | None]:
    """The frame that is shown, by its number in what was compared, as it was and as it is: the one that differs most."""
    record = manifest.segments[segment.index]
    worst = segment.delta.worst if segment.delta else None
    ranges = segment_ranges(manifest)
    if segment.compared == "film" and film is not None and originals.film is not None and ranges is not None:
        at = worst if worst is not None else ranges[segment.index].start
        return at, _frame(originals.film, at), _frame(film, at)
    at = worst if worst is not None else (record.clip.frames // 2 if record.clip else 0)
    before, now = originals.clip(record), clip_of(outcomes, segment.id)
    return at, _frame(before, at) if before else None, _frame(Path(now.path), at) if now else None


def _frame(path: Path, at: int) -> Image | None:
    from ..media.frames import iterate_frames, rgb_image

    return next((rgb_image(frame) for frame in itertools.islice(iterate_frames(path), at, at + 1)), None)


def _row(at: int, before: Image | None, now: Image | None) -> str:
    captions = f"as it was, frame {at}", f"again, frame {at}"
    return side_by_side(before, now, captions, ("as it was, not here", "again, not rendered"))


def _segment(segment: SegmentAgain, row: str) -> str:
    state = "good" if segment.holds else "bad"
    return (
        f'<article style="--c:{colour(segment.index)}"><h3><b>{segment.index:02d}</b> <span>{escape(segment.id)}</span> '
        f"<em class={state}>{escape(segment.result)}</em> <i>promised: {escape(segment.promised)}</i></h3>"
        f"{row}<p class=dim>{escape(said_of(segment))}</p></article>"
    )


_OWN = """
em{font-style:normal;font-size:.85rem}
.good{color:light-dark(#1d6b37,#8fe0a5)}.bad{color:light-dark(#a3262b,#ff9a94)}
"""
