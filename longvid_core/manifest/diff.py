"""What is otherwise in one film or plan than in another, by meaning; which segments that touches, and what those would cost."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field

from ..media.delta import Delta
from ..models.base import Frozen, MicroUsd
from ..models.manifest import Manifest
from ..models.plan import Plan, Segment
from ..planning.difference import Difference, changed_fields
from .facts import Facts, film_facts, keyframe_says, segment_facts
from .share import share, share_plan

FILM = "film"
"""What differences of the whole film go by in place of a segment's id."""

State = Literal["same", "changed", "added", "removed"]


@dataclass(frozen=True)
class Side:
    """One of the two that are compared: a plan, and the manifest and the film's file where there are such."""

    plan: Plan
    manifest: Manifest | None = None
    film: Path | None = None


class Price(Frozen):
    """What something would cost at the catalog's prices. `unpriced`: models of which the catalog knows none."""

    low_micro_usd: MicroUsd = 0
    high_micro_usd: MicroUsd = 0
    unpriced: tuple[str, ...] = ()


class Compared(Frozen):
    """A segment of one, the other or both. `index`: in the second one; where that has none, in the first."""

    id: str
    index: int
    state: State
    moved: bool = Field(False, description="It stands elsewhere among the segments that both have")
    before: str | None = Field(None, description="Its id in the first one; None: it is not in there")
    changes: tuple[Difference, ...] = ()
    touched: str | None = Field(
        None, description="Why a render of the second, after the first, renders it anew; None: it does not"
    )
    price: Price = Price()
    picture: Delta | None = Field(None, description="How its pictures differ, where both films are at hand")


class Comparison(Frozen):
    """Everything that is otherwise in the second one."""

    film: tuple[Difference, ...] = Field(description="Of the film as a whole")
    segments: tuple[Compared, ...] = Field(description="In the order of the second one; those it lost come where they were")
    keyframes: tuple[str, ...] = Field((), description="Keyframes that would be drawn anew")
    price: Price = Field(Price(), description="Of rendering and drawing what is touched")
    picture: Delta | None = Field(None, description="Of all segments that both films show")

    @property
    def equal(self) -> bool:
        """Whether nothing is otherwise."""
        same = all(s.state == "same" and not s.moved for s in self.segments)
        return not self.film and same and (self.picture is None or self.picture.equal)

    @property
    def touched(self) -> tuple[Compared, ...]:
        """The segments that would be rendered anew."""
        return tuple(s for s in self.segments if s.touched)


def compare(
    one: Side,
    other: Side,
    *,
    backend: str = "animatic",
    images: str = "card",
    interrupted: Callable[[], bool] = lambda: False,
) -> Comparison:
    """What is otherwise in `other`. Segments belong together by id, then, renumbered ones, by their place between those.

    backend, images: who would render and draw, for prices, where neither manifest says. With both films' files their pictures
    are compared, too. Unreadable where one of those cannot be decoded, Interrupted when asked for meanwhile.
    """
    from .prices import keyframe_price, segment_price, total

    one, other = _alike(one, other)
    pairs = matched(one.plan.segments, other.plan.segments)
    found = changed_fields(FILM, 0, *_both(film_facts(one.plan, one.manifest), film_facts(other.plan, other.manifest)))
    whole = [d.field for d in found if d.field in _KEYED_WHOLE]
    moved = _moved([(a, b) for a, b in pairs if a and b])
    renamed = {b.id: a.id for a, b in pairs if a and b}
    segments: list[Compared] = []
    for a, b in pairs:
        if b is None:
            assert a is not None
            segments.append(Compared(id=a.id, index=a.index, state="removed", before=a.id))
            continue
        changes: list[Difference] = []
        settled: set[str] = set()
        if a is not None:
            mine, theirs = segment_facts(one.plan, a, one.manifest), segment_facts(other.plan, b, other.manifest)
            changes = changed_fields(b.id, b.index, *_both(mine, theirs))
            settled = {end for end in _ENDS if _same(f"{end} picture", mine.known, theirs.known)}
            changes += _follows(one.plan, a, other.plan, b, renamed)
            if a.id != b.id:
                changes.insert(0, Difference(id=b.id, index=b.index, field="id", before=a.id, after=b.id))
        changes = without_consequences(changes)
        keyed = [*whole, *keyed_fields(changes, settled)]
        why = _touched(one, a, other, b, keyed, segments)
        price = segment_price(one, a, other, b, backend) if why else Price()
        segments.append(
            Compared(
                id=b.id, index=b.index, state="added" if a is None else "changed" if changes else "same", moved=b.id in moved,
                before=a.id if a else None, changes=tuple(changes), touched=why, price=price,
            )
        )  # fmt: skip
    if any(s.state != "same" for s in segments):
        found = [d for d in found if d.field != "picture"]
    anew = _keyframes_anew(one, other, segments)
    prices = [s.price for s in segments] + [keyframe_price(one, other, name, images) for name in anew]
    made = Comparison(film=tuple(found), segments=tuple(segments), keyframes=tuple(anew), price=total(prices))
    if one.film is None or other.film is None:
        return made
    from .pictures import with_pictures

    return with_pictures(made, one, other, interrupted)


def _alike(one: Side, other: Side) -> tuple[Side, Side]:
    """Both without their words, where one of them is: else every hash would be another word."""
    if not any(side.manifest is not None and side.manifest.shared for side in (one, other)):
        return one, other
    return _bare(one), _bare(other)


def _bare(side: Side) -> Side:
    if side.manifest is None:
        return Side(share_plan(side.plan), None, side.film)
    shared = share(side.manifest)
    return Side(shared.plan, shared, side.film)


def matched(old: Iterable[Segment], new: Iterable[Segment]) -> list[tuple[Segment | None, Segment | None]]:
    """The segments of both, in the new order: by id; what is left between two of those, one after the other."""
    old, new = list(old), list(new)
    shared = {s.id for s in old} & {s.id for s in new}
    left = _between(old, shared)
    right = _between(new, shared)
    known = {s.id: s for s in old}
    pairs: list[tuple[Segment | None, Segment | None]] = []
    for anchor in [None, *(s.id for s in new if s.id in shared)]:
        if anchor is not None:
            pairs.append((known[anchor], next(s for s in new if s.id == anchor)))
        mine, theirs = left.get(anchor, []), right.get(anchor, [])
        both = min(len(mine), len(theirs))
        pairs += zip(mine[:both], theirs[:both], strict=True)
        pairs += [(a, None) for a in mine[both:]] + [(None, b) for b in theirs[both:]]
    return pairs


def _between(segments: list[Segment], shared: set[str]) -> dict[str | None, list[Segment]]:
    """Those that only one has, by the id of the one before them that both have."""
    found: dict[str | None, list[Segment]] = {}
    anchor: str | None = None
    for segment in segments:
        if segment.id in shared:
            anchor = segment.id
        else:
            found.setdefault(anchor, []).append(segment)
    return found


def _moved(pairs: list[tuple[Segment, Segment]]) -> set[str]:
    """Ids, in the new plan, of the fewest segments that would have to be put elsewhere to give the old order."""
    order = [a.index for a, _ in pairs]
    tails: list[int] = []
    where: list[int] = []
    back: list[int | None] = []
    for i, value in enumerate(order):  # the longest rising run stays (patience sorting)
        at = bisect_left(tails, value)
        back.append(where[at - 1] if at else None)
        if at == len(tails):
            tails.append(value)
            where.append(i)
        else:
            tails[at], where[at] = value, i
    stays: set[int] = set()
    last = where[-1] if where else None
    while last is not None:
        stays.add(last)
        last = back[last]
    return {b.id for i, (_, b) in enumerate(pairs) if i not in stays}


def _both(mine: Facts, theirs: Facts) -> tuple[dict[str, str], dict[str, str]]:
    """What is compared: all that plans say, and of what only films record what both record."""
    shared = mine.recorded is not None and theirs.recorded is not None
    found = []
    for facts in (mine, theirs):
        own = {**facts.planned, **((facts.recorded or {}) if shared else {})}
        found.append({**own, **facts.known})
    for name in {*mine.known, *theirs.known}:
        if name not in mine.known or name not in theirs.known:  # a picture that is not drawn yet is no other picture
            for own in found:
                own.pop(name, None)
    return found[0], found[1]


def _follows(old: Plan, a: Segment, new: Plan, b: Segment, renamed: dict[str, str]) -> list[Difference]:
    """In a chain: that the clip begins on the end of another segment than before."""
    if new.mode != "chaining" or old.mode != "chaining":
        return []
    was = old.segments[a.index - 1].id if a.index and a.join == "continuous" else ""
    now = new.segments[b.index - 1].id if b.index and b.join == "continuous" else ""
    if was == renamed.get(now, "" if not now else "\0"):
        return []
    return [Difference(id=b.id, index=b.index, field="follows on", before=was, after=now)]


_KEYED_WHOLE = {"mode", "size", "frames a second", "fit"}
_UNKEYED = {
    "id",
    "join",
    "text",
    "complexity",
    "locked",
    "approved",
    "left out",
    "determinism",
    "stand-in",
    "seed returned",
    "clip",
}
_NOT_IN_KEYS = ("how ", "keyframe ")
_ENDS = ("opening", "ending")


def _touched(one: Side, a: Segment | None, other: Side, b: Segment, keyed: list[str], done: list[Compared]) -> str | None:
    """Why the segment would be rendered anew, in words; None where its clip stays. keyed: changed fields that change pixels."""
    if a is None:
        return "it is new"
    keys = [_key(side.manifest, segment.id) for side, segment in ((one, a), (other, b))]
    if None not in keys:
        return None if keys[0] == keys[1] else ", ".join(keyed) or "its key is another"
    if keyed:
        return ", ".join(keyed)
    before = next((s for s in reversed(done) if s.state != "removed"), None)
    if other.plan.mode == "chaining" and b.index and b.join == "continuous" and before is not None and before.touched:
        return f"it follows on segment {before.index}"
    return None


def keyed_fields(changes: Iterable[Difference], settled: Collection[str] = ()) -> list[str]:
    """Those changed fields that change pixels. settled: ends whose picture is there, and the same."""
    names = [d.field for d in changes if d.field not in _UNKEYED and not d.field.startswith(_NOT_IN_KEYS)]
    return [n for n in dict.fromkeys(names) if n.partition(" ")[0] not in settled]


def without_consequences(changes: list[Difference]) -> list[Difference]:
    """Without what only follows from something else that changed: other words are other words as sent, and another clip."""
    changed = {d.field for d in changes}
    keyed = bool(keyed_fields(changes))

    def follows(name: str) -> bool:
        asked = name.removeprefix("keyframe ").removesuffix(" as sent").replace(" words", "")
        return (asked != name and name.endswith(" as sent") and asked in changed) or (name == "clip" and keyed)

    return [d for d in changes if not follows(d.field)]


def _same(name: str, mine: Mapping[str, str], theirs: Mapping[str, str]) -> bool:
    return name in mine and mine[name] == theirs.get(name)


def _key(manifest: Manifest | None, name: str) -> str | None:
    return next((s.render_key for s in manifest.segments if s.id == name), None) if manifest else None


def _keyframes_anew(one: Side, other: Side, segments: list[Compared]) -> list[str]:
    """Keyframes of the second one that would have to be drawn: new ones, and those of other words, look, seed, references."""
    by_id = {s.id: s for s in other.plan.segments}
    before = {s.id: s for s in one.plan.segments}
    found: dict[str, None] = {}
    for compared in segments:
        segment = by_id.get(compared.id) if compared.state != "removed" else None
        if segment is None or not compared.touched:
            continue
        was = before.get(compared.before or "")
        for end in ("first_keyframe", "last_keyframe"):
            name, old = getattr(segment, end), getattr(was, end, None) if was else None
            if name is None or other.plan.keyframe(name).source == "user":
                continue
            if other.manifest is None and other.plan.keyframe(name).image is not None:
                continue  # drawn already
            if old is None or keyframe_says(one.plan, old) != keyframe_says(other.plan, name):
                found[name] = None
    return list(found)
