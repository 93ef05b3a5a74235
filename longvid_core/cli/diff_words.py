"""What a comparison says of a segment, its pictures and its price, in a line each: for the terminal and for the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..manifest.diff import Compared, Comparison
    from ..media.delta import Delta


def heading(segment: Compared) -> str:
    """What became of a segment, in a line; nothing where all of it is as it was."""
    named = f"segment {segment.index:02d} {segment.id}"
    if segment.state in ("added", "removed"):
        return f"{named}  {segment.state}"
    moved = "  moved" if segment.moved else ""
    unlike = segment.picture is not None and not segment.picture.equal
    return named + moved if segment.changes or moved or unlike else ""


def picture_line(delta: Delta) -> str:
    """How far pictures are from each other, in a line."""
    if delta.equal:
        return f"the same in all {delta.frames[0]} frames"
    lengths = "" if delta.frames[0] == delta.frames[1] else f"{delta.frames[0]} frames against {delta.frames[1]}"
    if delta.first is None:
        return lengths + ", as far as both go the same"
    far = f"PSNR {delta.psnr_db:.1f} dB, error at most {delta.largest} of 255, {delta.mean:.3f} on average"
    where = f"{delta.differing} of {min(delta.frames)} frames differ, the first is {delta.first}"
    return "; ".join(filter(None, [far, where, lengths]))


def price_text(found: Comparison) -> str:
    """What rendering and drawing anew would cost."""
    from ..money import dollars

    price = found.price
    known = dollars(price.low_micro_usd, price.high_micro_usd)
    if not price.unpriced:
        return known
    unknown = f"no price known of {', '.join(price.unpriced)}"
    return f"{known} and more: {unknown}" if price.high_micro_usd else unknown
