"""A film as a timeline that editors open: OpenTimelineIO, and a CMX 3600 edit decision list through its plug-in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ..canonical import sha256_of
from ..errors import BadInput, MissingTool
from ..files import whole_file, write_bytes
from ..media.seams import BLEND_FRAMES
from ..models.base import exact_fps
from .ranges import segment_ranges

if TYPE_CHECKING:
    from ..models.manifest import Manifest, SegmentRecord
    from ..models.plan import Segment

_HARD = ("drop",)
"""How seams are treated where one frame simply follows another."""

_COLOURS = ("CYAN", "ORANGE", "PURPLE", "GREEN", "RED", "BLUE", "PINK", "YELLOW")


def save_timeline(manifest: Manifest, film: str, target: Path, manifest_sha256: str | None = None) -> None:
    """Write the timeline as OpenTimelineIO's JSON, whole or not at all. The rest as in `timeline_of`."""
    timeline = timeline_of(manifest, film, manifest_sha256=manifest_sha256)
    write_bytes(target, (timeline.to_json_string(indent=2) + "\n").encode())


def save_edl(manifest: Manifest, film: str, target: Path) -> None:
    """Write the timeline as an edit decision list, whole or not at all.

    MissingTool without the plug-in; BadInput for a rate that timecode does not count in. Errors as in `timeline_of`.
    """
    otio = _otio()
    try:
        from otio_cmx3600_adapter import cmx_3600
    except ImportError as error:
        raise MissingTool("edit decision lists need a plug-in of OpenTimelineIO.", _INSTALL) from error
    rate = exact_fps(manifest.film.fps)
    if not otio.opentime.RationalTime.is_smpte_timecode_rate(float(rate)):
        raise BadInput(
            f"an edit decision list counts in timecode, and there is none at {manifest.film.fps:g} frames a second.",
            "Write a timeline instead (--otio), or make the film at 24, 25 or 30 frames a second.",
        )
    timeline = timeline_of(manifest, film)
    timeline.name = " ".join("".join(c if c.isprintable() else " " for c in timeline.name).split())  # it has a line to itself
    for clip in timeline.find_clips():
        clip.media_reference.target_url = film  # the list shows it to people, who do not read URLs
    with whole_file(target) as temporary:
        temporary.write_text(cmx_3600.write_to_string(timeline), encoding="utf-8", newline="\n")


def timeline_of(
    manifest: Manifest, film: str, blends: Mapping[int, int] | None = None, *, manifest_sha256: str | None = None
) -> Any:
    """The `opentimelineio.schema.Timeline` of a film: a clip for each segment, without a gap, as it lies in the film.

    film: the film's file, as the timeline is to find it. Each clip has a marker with its prompt and, as metadata, the hashes of
    the manifest. blends: by index of the segment that begins there, frames on each side over which a join dissolves; default:
    those that the manifest tells of. Both sides of such a transition are of the film itself, so it shows what the film shows.
    manifest_sha256: of the file that the manifest was read from, which may be an earlier Longvid's; default: of this manifest.
    MissingTool without the extra, BadInput where the manifest does not tell which frames are whose.
    """
    otio = _otio()
    ranges = segment_ranges(manifest)
    if ranges is None:
        raise BadInput("the manifest does not tell which frames of its film are whose.", "Make the film again.")
    blends = _blended(manifest) if blends is None else blends
    rate = float(exact_fps(manifest.film.fps))

    def span(frames: range) -> Any:
        return otio.opentime.TimeRange(*(otio.opentime.RationalTime(n, rate) for n in (frames.start, len(frames))))

    timeline = otio.schema.Timeline(manifest.plan.title, global_start_time=otio.opentime.RationalTime(0, rate))
    timeline.metadata["longvid"] = _whole(manifest, manifest_sha256 or sha256_of(manifest.json_value()))
    track = otio.schema.Track("film", kind=otio.schema.TrackKind.Video)
    timeline.tracks.append(track)
    for segment, record, frames in zip(manifest.plan.segments, manifest.segments, ranges, strict=True):
        if reach := _reach(blends, segment.index, ranges):
            offset = otio.opentime.RationalTime(reach, rate)
            track.append(otio.schema.Transition("join", "SMPTE_Dissolve", offset, offset))
        media = otio.schema.ExternalReference(quote(film, safe="/"), span(range(manifest.film.frames)))
        media.name = Path(film).name
        clip = otio.schema.Clip(segment.id, media, span(frames))
        clip.metadata["longvid"] = _own(segment, record)
        colour = getattr(otio.schema.MarkerColor, _COLOURS[segment.index % len(_COLOURS)])
        marker = otio.schema.Marker(segment.id, span(frames), colour, comment=segment.prompt)
        marker.metadata["longvid"] = {"prompt": segment.prompt, "text": segment.text, "prompt_sent": record.prompt_sent}
        clip.markers.append(marker)
        track.append(clip)
    return timeline


def _otio() -> ModuleType:
    try:
        import opentimelineio
    except ImportError as error:
        raise MissingTool("timelines need OpenTimelineIO.", _INSTALL) from error
    return opentimelineio


_INSTALL = 'Install it: pip install "longvid[timeline]"'


def _blended(manifest: Manifest) -> dict[int, int]:
    return {seam.index: BLEND_FRAMES for seam in manifest.seams or () if seam.treatment not in _HARD}


def _reach(blends: Mapping[int, int], index: int, ranges: list[range]) -> int:
    """Frames on each side of a join that dissolve: no more than half of either segment."""
    if not index or index not in blends:
        return 0
    return min(blends[index], len(ranges[index - 1]) // 2, len(ranges[index]) // 2)


def _whole(manifest: Manifest, sha256: str) -> dict[str, Any]:
    film = manifest.film
    return {
        "schema": manifest.schema_,
        "manifest_sha256": sha256,
        "film_sha256": film.sha256,
        "frames_sha256": film.frames_sha256,
        "seed": str(manifest.plan.seed),
    }


def _own(segment: Segment, record: SegmentRecord) -> dict[str, Any]:
    return {
        "index": segment.index,
        "join": segment.join,
        "render_key": record.render_key,
        "clip_sha256": record.clip.sha256 if record.clip else None,
        "frames_sha256": record.clip.frames_sha256 if record.clip else None,
        "seed": str(record.seed.sent) if record.seed.sent is not None else None,
        "model": f"{record.model.provider}:{record.model.id}",
        "determinism": record.determinism,
    }
