"""A film as numbered pictures with a hash and a timecode each: what compositing calls a plate."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..errors import BadInput, CannotRender, Interrupted, MissingTool, NotEqual, StoreError, Unreadable
from ..files import sha256_file, whole_file, write_bytes, writing
from .ranges import segment_ranges

if TYPE_CHECKING:
    from collections.abc import Generator

    import av
    import numpy as np

    from ..models.manifest import Manifest
    from ..store.home import Store

PLATES_SCHEMA = "longvid.frames/1"
LIST = "frames.json"

Depth = Literal[8, 16]
Format = Literal["png", "exr"]

_HOW = {
    ("png", 8): "8-bit RGB as the film shows it",
    ("png", 16): "16-bit RGB; what has 8 bits is scaled exactly: each sample times 257",
    ("exr", 16): "16-bit floating point, linear light: decoded by the sRGB curve (IEC 61966-2-1), 1.0 is white",
}


@dataclass(frozen=True)
class Plates:
    """A plate that was written. kept: how many of its frames were there already."""

    folder: Path
    frames: int
    kept: int


@dataclass(frozen=True)
class _Source:
    """Where frames come from, how many there are, and what that is called in the list."""

    frames: Callable[[], Generator[np.ndarray, None, None]]
    count: int
    named: dict[str, Any]


def write_plates(
    manifest: Manifest,
    folder: Path,
    *,
    film: Path | None = None,
    store: Store | None = None,
    depth: Depth = 8,
    form: Format = "png",
    progress: Callable[[int, int], None] = lambda done, total: None,
    interrupted: Callable[[], bool] = lambda: False,
) -> Plates:
    """Write the film's frames into `folder` as `frame_000000.png` and so on, and `frames.json`, which lists them.

    They come from `film`, or, without one, from the lossless clips in `store`, joined as the film joins them. One frame is in
    memory at a time. A frame that is there already and right is kept, so a stopped run goes on from there; a file that is another
    one is never replaced. Each hash is over the line "FORMAT WIDTH HEIGHT\\n" and the samples, row by row, RGB, little-endian:
    of `rgb24`, `rgb48le` or `rgbf16le`.
    NotEqual where the film's frames are not the manifest's, BadInput where other files are in the way or nothing is there to
    read, CannotRender for a depth that a format has not, MissingTool for EXR without its extra, Interrupted when asked for.
    """
    how = _HOW.get((form, depth))
    if how is None:
        raise CannotRender(f"{form} of {depth} bits: there is no such picture.", "EXR has 16 bits (--depth 16); PNG has 8 or 16.")
    encode = _exr() if form == "exr" else _png16 if depth == 16 else _png8
    source = _of_film(manifest, film, depth) if film is not None else _of_clips(manifest, store)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    what = {
        "schema": PLATES_SCHEMA, "source": source.named, "width": manifest.film.width, "height": manifest.film.height,
        "fps": manifest.film.fps, "format": form, "depth": depth, "samples": how,
    }  # fmt: skip
    _check_list(folder / LIST, what)
    owners = _owners(manifest)
    kept = done = 0
    with whole_file(folder / LIST) as listed, open(listed, "w", encoding="utf-8", newline="\n") as out:
        out.write(json.dumps(what, indent=2, ensure_ascii=False)[:-2] + ',\n  "frames": [')
        with closing(source.frames()) as frames:
            for frame in frames:
                if interrupted():
                    raise Interrupted(f"writing frames: stopped at {done}.", "Run it again: the frames that are there are kept.")
                name = f"frame_{done:06d}.{form}"
                data, sha256 = encode(frame)
                kept += _put(folder / name, data, sha256)
                entry = {"index": done, "file": name, "sha256": sha256, "timecode": _timecode(done, manifest), **owners(done)}
                out.write(("," if done else "") + "\n    " + json.dumps(entry))
                done += 1
                progress(done, source.count)
        if done != source.count:
            raise Unreadable(f"{done} frames could be read where {source.count} were expected.", "Is this the manifest's film?")
        out.write("\n  ]\n}\n")
    return Plates(folder, done, kept)


def _put(path: Path, data: bytes, sha256: str) -> bool:
    """Write the file, whole or not at all; True: its picture is there already. BadInput where something else is."""
    try:
        there = path.read_bytes()
    except FileNotFoundError:
        write_bytes(path, data)
        return False
    except OSError:
        there = b""
    if there != data and frame_sha256(path) != sha256:  # another machine may write the same picture in other bytes
        raise BadInput(f"{path} is there already, and is another picture.", "Move it away, or write into another folder.")
    return True


def _check_list(path: Path, what: dict[str, Any]) -> None:
    """BadInput unless there is no list in the folder, or that of the same plate."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        found = {name: value[name] for name in what}
    except FileNotFoundError:
        return
    except (OSError, ValueError, TypeError, KeyError):
        found = {}
    if found != json.loads(json.dumps(what)):
        raise BadInput(f"{path} is there already, and lists other frames.", "Write into another folder.")


def _owners(manifest: Manifest) -> Callable[[int], dict[str, Any]]:
    """Which segment a frame belongs to, where the manifest tells."""
    ranges = segment_ranges(manifest)
    if ranges is None:
        return lambda frame: {}
    ids = [s.id for s in manifest.plan.segments]
    at = 0

    def owner(frame: int) -> dict[str, Any]:
        nonlocal at
        while at + 1 < len(ranges) and frame >= ranges[at].stop:
            at += 1
        return {"segment": ids[at]}

    return owner


def _timecode(frame: int, manifest: Manifest) -> str:
    from ..painting.slate import timecode

    return timecode(frame, manifest.film.fps)


# -- where frames come from ----------------------------------------------------------------------------------------------------


def _of_film(manifest: Manifest, film: Path, depth: Depth) -> _Source:
    """The film's own frames; deeper than 8 bits where the film is, and that is asked for."""
    from ..media.frames import FramesHash, count_and_hash, iterate_frames, rgb_array

    if not film.is_file():
        raise BadInput(f"there is no film {film}.", "Check the path, or leave it out to take the clips from the store.")

    wanted = manifest.film.frames_sha256
    other = NotEqual(f"{film} is not the manifest's film: its frames are others.", "Name the film that was made with it.")
    if sha256_file(film) != manifest.film.sha256 and count_and_hash(film)[1] != wanted:
        raise other  # a signed one has other bytes, and the same frames

    def frames() -> Generator[np.ndarray, None, None]:
        seen = FramesHash()
        for frame in iterate_frames(film):
            seen.add(frame)
            yield rgb_array(frame, deep=depth == 16 and _bits(frame) > 8)
        if seen.hexdigest() != wanted:
            raise other

    return _Source(frames, manifest.film.frames, {"frames_sha256": wanted})


def _bits(frame: av.VideoFrame) -> int:
    return max(c.bits for c in frame.format.components)


def _of_clips(manifest: Manifest, store: Store | None) -> _Source:
    """The frames of the store's clips in the film's order, a continuous join's repeated one left out, dissolved where it was."""
    from ..media.conform import conformed_frames
    from ..media.probe import probe
    from ..media.seams import Dissolve
    from ..media.shape import Shape
    from ..models.base import exact_fps

    if store is None:
        raise BadInput("the film is not here.", "Name it: --film FILE; or set LONGVID_HOME to the store with its clips.")
    plan = manifest.plan
    shape = Shape(manifest.film.width, manifest.film.height, Fraction(exact_fps(manifest.film.fps)), plan.fit)
    blended = {seam.index for seam in manifest.seams or () if seam.treatment == "blend"}
    clips, drops, missing = [], [], []
    for segment, record in zip(plan.segments, manifest.segments, strict=True):
        clip = store.clip(record.render_key, thorough=True)
        if clip is None or record.clip is None or clip.sha256 != record.clip.sha256:
            missing.append(f"segment {segment.index} ({segment.id})")
        else:
            clips.append(probe(clip.path))
            drops.append(int(segment.index > 0 and segment.join == "continuous"))
    if missing:
        raise StoreError(
            f"the store does not have the clip of {', '.join(missing)}.", "Take the frames from the film: --film FILE."
        )

    def frames() -> Generator[np.ndarray, None, None]:
        dissolve = Dissolve(clips, shape, [i in blended for i in range(len(clips))], drops)
        for i, drop in enumerate(drops):
            with closing(dissolve.frames(i)) as own:
                yield from islice(own, drop, None)

    count = sum(conformed_frames(clip, shape.fps) for clip in clips) - sum(drops)
    return _Source(frames, count, {"clips_sha256": [s.clip.sha256 for s in manifest.segments if s.clip]})


# -- what they become ----------------------------------------------------------------------------------------------------------


def _hash(kind: str, samples: np.ndarray) -> str:
    height, width, _ = samples.shape
    return hashlib.sha256(f"{kind} {width} {height}\n".encode() + samples.tobytes()).hexdigest()


def _png8(frame: np.ndarray) -> tuple[bytes, str]:
    return _encoded(frame, "rgb24", "rgb24"), _hash("rgb24", frame)


def _png16(frame: np.ndarray) -> tuple[bytes, str]:
    samples = _sixteen(frame)
    return _encoded(samples, "rgb48le", "rgb48be"), _hash("rgb48le", samples)


def _sixteen(frame: np.ndarray) -> np.ndarray:
    """Samples of 16 bits, little-endian: those of 8 times 257, so that black and white stay black and white, exactly."""
    import numpy as np

    return (frame.astype("<u2") * np.uint16(257)).astype("<u2") if frame.dtype == np.uint8 else frame.astype("<u2")


def _encoded(samples: np.ndarray, source: str, stored: str) -> bytes:
    """The samples as a PNG, the same bytes for the same samples."""
    import av
    import numpy as np

    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(samples), format=source)
    frame = frame.reformat(format=stored) if source != stored else frame
    encoder = av.CodecContext.create("png", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = frame.width, frame.height, stored, Fraction(1, 25)
    return b"".join(bytes(packet) for packet in (*encoder.encode(frame), *encoder.encode(None)))


def _exr() -> Callable[[np.ndarray], tuple[bytes, str]]:
    try:
        import OpenEXR
    except ImportError as error:
        raise MissingTool("EXR needs OpenEXR.", 'Install it: pip install "longvid[exr]", or write PNG.') from error
    from ..files import temporary_folder

    def encode(frame: np.ndarray) -> tuple[bytes, str]:
        import numpy as np

        samples = _linear(_sixteen(frame))
        header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
        with temporary_folder() as folder:
            file = folder / "frame.exr"
            with OpenEXR.File(header, {"RGB": np.ascontiguousarray(samples)}) as image:
                image.write(str(file))
            return file.read_bytes(), _hash("rgbf16le", samples)

    return encode


def _linear(samples: np.ndarray) -> np.ndarray:
    """16-bit samples as linear light, half precision: enough to tell all 256 values of 8 bits apart."""
    import numpy as np

    value = samples.astype(np.float64) / 65535
    light = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return light.astype("<f2")


def frame_sha256(path: Path) -> str | None:
    """The hash of a plate's picture, over its samples as they are read back; None where it is no such picture."""
    import av
    import numpy as np

    try:
        if path.suffix == ".exr":
            import OpenEXR

            with OpenEXR.File(str(path)) as image:
                return _hash("rgbf16le", np.ascontiguousarray(image.channels()["RGB"].pixels.astype("<f2")))
        (frame, *_) = av.CodecContext.create("png", "r").decode(av.Packet(path.read_bytes()))
        kind = "rgb24" if frame.format.name == "rgb24" else "rgb48le"
        return _hash(kind, frame.to_ndarray(format=kind))
    except (OSError, ValueError, KeyError, RuntimeError, MemoryError):
        return None


def listed_frames(folder: Path) -> Iterator[dict[str, Any]]:
    """The frames that a plate's list names. BadInput where it has none."""
    try:
        yield from json.loads((folder / LIST).read_text(encoding="utf-8"))["frames"]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BadInput(f"{folder} holds no list of frames.", f"`longvid export` writes {LIST}.") from error
