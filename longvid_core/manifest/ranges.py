"""Where each segment lies in its film, by what the manifest counts."""

from __future__ import annotations

from ..models.manifest import Manifest


def segment_ranges(manifest: Manifest) -> list[range] | None:
    """The frames of the film that each segment has, in order and without a gap; None where the counts do not add up.

    A continuous join leaves out the later clip's first frame, so that one begins with its second. Counts are those of the clips,
    else (clips at another rate than the film's) those of the plan.
    """
    drops = [int(s.index > 0 and s.join == "continuous") for s in manifest.plan.segments]
    planned = [s.frames for s in manifest.plan.segments]
    for counts in ([s.clip.frames if s.clip else 0 for s in manifest.segments], planned):
        if len(counts) == len(drops) and sum(counts) - sum(drops) == manifest.film.frames:
            found, at = [], 0
            for count, drop in zip(counts, drops, strict=True):
                found.append(range(at, at + count - drop))
                at += count - drop
            return found
    return None
