"""Writing clips: lossless FFV1 as they are rendered, and the H.264 proxies that browsers play."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ..errors import BadInput, Interrupted
from ..files import whole_file
from .colour import BT709_TAGS, LEFT, MARK_BT709
from .ffmpeg import BITEXACT, THREADS, Child, builder, run_ffmpeg

if TYPE_CHECKING:
    import numpy as np

CLIP_SUFFIX = ".mkv"
"""What a clip made here is: FFV1 level 3 in Matroska."""

FFV1: dict[str, Any] = {
    "c:v": "ffv1", "level": 3, "g": 1, "slices": 4, "slicecrc": 1, "coder": 0, "context": 0, "threads:v": THREADS,
}  # fmt: skip
"""Every frame alone (`g` 1), four slices, each with its checksum. Golomb-Rice coding: twice as fast as the range coder here
(10 ms against 22 ms a frame of 832x480 on two cores) and the same size within 1 %."""


def exact_rate(fps: int | float | Fraction) -> Fraction:
    """`fps` as the exact rate it stands for (29.97 is 30000/1001)."""
    if isinstance(fps, (int, Fraction)):
        return Fraction(fps)
    from ..models.base import exact_fps

    return exact_fps(fps)


def rate_text(fps: Fraction) -> str:
    """The rate as ffmpeg reads it: `16` or `30000/1001`."""
    return str(fps)


class ClipWriter:
    """Writes one lossless clip, frame by frame; the file appears under its name only when it is whole.

        with ClipWriter(path, 832, 480, 16) as clip:
            clip.write(rgb)          # uint8, height x width x 3
        clip.frames, clip.frames_sha256

    Interrupted from `write` once `interrupted()` is true; StoreError when the disk is full. After either, or any other
    exception inside the block, nothing is left behind.
    """

    def __init__(
        self,
        target: str | Path,
        width: int,
        height: int,
        fps: int | float | Fraction,
        interrupted: Callable[[], bool] = lambda: False,
    ) -> None:
        self.target = Path(target)
        self.width, self.height, self.fps = width, height, exact_rate(fps)
        self.frames = 0
        self.frames_sha256 = ""
        self._interrupted = interrupted
        self._hash = hashlib.sha256(frames_header("bgr0", width, height))
        self._file: AbstractContextManager[Path] | None = None
        self._child: Child | None = None
        self._frame: np.ndarray | None = None

    def __enter__(self) -> ClipWriter:
        import numpy as np

        self._file = whole_file(self.target)
        temporary = self._file.__enter__()
        try:
            source = {"format": "rawvideo", "pix_fmt": "bgr0", "s": f"{self.width}x{self.height}"}
            stream = builder().input("pipe:0", framerate=rate_text(self.fps), **source)
            stream = stream.output(str(temporary), format="matroska", **FFV1, **BITEXACT)
            self._child = Child(stream.get_args(), stdin=True)
        except BaseException as error:
            self._file.__exit__(type(error), error, error.__traceback__)
            raise
        # The fourth byte is padding; FFV1 does not store it and every decoder gives it back as 0.
        self._frame = np.zeros((self.height, self.width, 4), np.uint8)
        return self

    def write(self, rgb: np.ndarray) -> None:
        """Append one frame: uint8, height x width x 3, RGB. BadInput for any other shape or type."""
        if self._frame is None or self._child is None:
            raise BadInput("ClipWriter.write outside its `with` block.")
        if rgb.shape != (self.height, self.width, 3) or rgb.dtype != "uint8":
            raise BadInput(
                f"frame {self.frames} of {self.target.name} is {rgb.dtype} {rgb.shape}; "
                f"it must be uint8 ({self.height}, {self.width}, 3)."
            )
        if self._interrupted():
            raise Interrupted(f"writing {self.target.name}: stopped at frame {self.frames}.", "Run it again to render it.")
        self._frame[..., :3] = rgb[..., ::-1]
        data = self._frame.data
        self._hash.update(data)
        try:
            self._child.stdin.write(data)
        except BrokenPipeError:
            self._child.close(f"writing {self.target}")
            raise
        self.frames += 1

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._child is not None and self._file is not None
        self._frame = None
        if kind is None:
            try:
                self._child.close(f"writing {self.target}")
                if self.frames == 0:
                    raise BadInput(f"no frame was written to {self.target}: a clip has at least one.")
            except BaseException as late:
                self._file.__exit__(type(late), late, late.__traceback__)
                raise
            self._file.__exit__(None, None, None)
            self.frames_sha256 = self._hash.hexdigest()
            return
        self._child.kill()
        try:
            self._file.__exit__(kind, error, trace)
        except BaseException as again:
            if again is not error:
                raise


def frames_header(pix_fmt: str, width: int, height: int) -> bytes:
    """What `frames_sha256` begins with: `bgr0 832 480` and a line feed, in ASCII."""
    return f"{pix_fmt} {width} {height}\n".encode("ascii")


_EVEN = f"scale=trunc(iw/2)*2:trunc(ih/2)*2:out_color_matrix=bt709:out_range=tv:out_{LEFT}:flags=bicubic,{MARK_BT709}"
PROXY: dict[str, Any] = {
    "format": "mp4", "vf": f"{_EVEN},setsar=1,format=yuv420p", "movflags": "+faststart",
    "c:v": "libx264", "preset": "veryfast", "crf": 20, "threads:v": THREADS, "c:a": "aac",
}  # fmt: skip
"""How previews are encoded."""


def make_proxy(source: str | Path, target: str | Path, interrupted: Callable[[], bool] = lambda: False) -> None:
    """An H.264 copy of the clip `source` that browsers play and start at once: yuv420p, even size, index in front."""
    with whole_file(Path(target)) as temporary:
        ffmpeg = builder()
        clip = ffmpeg.input(f"file:{Path(source).absolute()}")
        film = ffmpeg.output(clip["v:0"], clip["a:0?"], str(temporary), **PROXY, **BT709_TAGS, **BITEXACT)
        run_ffmpeg(film.get_args(), what=f"making a preview of {source}", interrupted=interrupted)


@contextmanager
def proxy_of_frames(
    target: Path, pix_fmt: str, width: int, height: int, fps: Fraction
) -> Iterator[Callable[[memoryview], object]]:
    """Makes a preview as `make_proxy` does, of frames that are decoded anyway: gives what to call with their planes in turn.

    The planes are unpadded, as `frames.count_and_hash` hands them on; frames come at a constant rate, without sound.
    """
    with whole_file(target) as temporary:
        source = {"format": "rawvideo", "pix_fmt": pix_fmt, "s": f"{width}x{height}"}
        frames = builder().input("pipe:0", framerate=rate_text(fps), **source)
        child = Child(frames.output(str(temporary), **PROXY, **BT709_TAGS, **BITEXACT).get_args(), stdin=True)
        try:
            yield child.stdin.write
        except BrokenPipeError:
            child.close(f"making a preview {target.name}")  # says why ffmpeg ended early
            raise
        except BaseException:
            child.kill()
            raise
        child.close(f"making a preview {target.name}")
