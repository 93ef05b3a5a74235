"""Tags in a film's container: ComfyUI's `prompt` and `workflow`, and Longvid's own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from ..errors import BadInput
from ..files import temporary_folder, whole_file
from .ffmpeg import builder, run_ffmpeg

TAG_FLAGS = "use_metadata_tags+faststart"
"""MP4 and MOV: keep tags of any name (as ComfyUI's own SaveVideo does), and put the index in front."""

_MUXERS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm"}


def tag_file(path: Path, tags: Mapping[str, str]) -> None:
    """Write `tags` in ffmpeg's own metadata format: a command line holds no more than 128 KB, a workflow may."""
    lines = [";FFMETADATA1"]
    for key, value in sorted(tags.items()):
        if not key or "\0" in key + value:
            raise BadInput(f"the tag {key!r} cannot be written: names are not empty, and nothing holds a zero byte.")
        lines.append(f"{_escaped(key)}={_escaped(value)}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")


def _escaped(text: str) -> str:
    return "".join("\\" + c if c in "=;#\\\n" else c for c in text)


def write_tags(path: str | Path, tags: Mapping[str, str], stale: Path | None = None, *, without: Collection[str] = ()) -> None:
    """Add `tags` to the film at `path`, or replace them, keeping its other ones; pictures and sound stay as they are.

    `without`: tags that go. The file is replaced whole or not at all. `stale`: a file that tells of the film as it was, such as
    its manifest; it goes the moment before. BadInput for a container that holds no tags.
    """
    path = Path(path)
    muxer = _MUXERS.get(path.suffix.lower())
    if muxer is None:
        raise BadInput(f"{path.name}: tags are kept in {', '.join(_MUXERS)} only.")
    everything = {name: text for name, text in {**read_tags(path), **tags}.items() if name not in without}
    with whole_file(path, stale=stale) as temporary, temporary_folder() as work:
        listing = work / "tags.txt"
        tag_file(listing, everything)
        ffmpeg = builder()
        film, texts = ffmpeg.input(f"file:{path.absolute()}"), ffmpeg.input(str(listing), format="ffmetadata")
        flags = {"movflags": TAG_FLAGS} if muxer in ("mp4", "mov") else {}
        out = ffmpeg.output(
            film["v?"], film["a?"], film["s?"], texts["t?"], str(temporary), format=muxer, c="copy", map_metadata=1,
            fflags="+bitexact", **flags,
        )  # fmt: skip
        run_ffmpeg(out.get_args(), what=f"writing tags into {path}")


def read_tags(path: str | Path) -> dict[str, str]:
    """The container's tags, without those that describe the container itself. Unreadable when it is no video."""
    from .opening import open_video

    with open_video(path) as container:
        tags = {k.lower() if "matroska" in container.format.name else k: v for k, v in container.metadata.items()}
    return {k: v for k, v in tags.items() if k not in ("major_brand", "minor_version", "compatible_brands", "encoder")}
